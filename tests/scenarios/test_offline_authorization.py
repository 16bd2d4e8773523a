"""Who may charge while the server can't be asked, in both dialects: by the cache, or unknown."""

from chargepoint import timestamp
from tests.support.pair import START_EPOCH_S, Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
TRUE, FALSE = "true", "false"
LOCAL, UNKNOWN = "AuthCtrlr.LocalAuthorizeOffline", "AuthCtrlr.OfflineTxForUnknownIdEnabled"
PRE = "AuthCtrlr.LocalPreAuthorize"
AFTER = "AuthCacheCtrlr.DisablePostAuthorize"


def info(dialect, status="Accepted", group=None, expires_s=None):
    """What the server says of every token; expires_s: after the beginning of the test."""
    said = {"status": status}
    date = None if expires_s is None else timestamp.format(START_EPOCH_S + expires_s)
    if dialect == V16:
        if group:
            said["parentIdTag"] = group
        if date:
            said["expiryDate"] = date
        return {
            "Authorize": {"idTagInfo": said},
            "StartTransaction": {"idTagInfo": said, "transactionId": 7},
        }
    if group:
        said["groupIdToken"] = {"idToken": group, "type": "Central"}
    if date:
        said["cacheExpiryDateTime"] = date
    return {"Authorize": {"idTokenInfo": said}}


def knowing(dialect, tokens, variables=None, **said):
    """A station that has asked about these tokens, now without a link."""
    pair = Pair(dialect, dict({LOCAL: TRUE, UNKNOWN: FALSE, PRE: FALSE}, **(variables or {})))
    pair.connect()
    pair.run(1)
    pair.csms.answers.update(info(dialect, **said))
    for token in tokens:
        pair.plug(1)
        pair.token(token, 1)
        pair.run(5)
        pair.unplug(1)
        pair.run(5)
    pair.csms.answers = {}
    pair.disconnect()
    return pair


def charges(pair, token, evse_id=1):
    pair.plug(evse_id)
    pair.token(token, evse_id)
    pair.run(2)
    closed = pair.drivers[evse_id - 1].contactor.closed()
    pair.unplug(evse_id)
    pair.run(5)
    return closed


def test_what_the_station_knows_decides_at_once():
    for dialect in DIALECTS:
        for status, local, unknown, known_charges, new_charges in (
            ("Accepted", TRUE, FALSE, True, False),
            ("Accepted", FALSE, TRUE, False, True),
            ("Accepted", TRUE, TRUE, True, True),
            ("Blocked", TRUE, TRUE, False, True),
            ("Expired", TRUE, TRUE, False, True),
        ):
            pair = knowing(dialect, ["KNOWN"], {LOCAL: local, UNKNOWN: unknown}, status=status)
            asked = len(pair.sent("Authorize"))
            assert charges(pair, "KNOWN") == known_charges, (dialect, status, local, unknown)
            assert charges(pair, "known") == known_charges  # case says nothing
            assert charges(pair, "NEW") == new_charges
            assert len(pair.sent("Authorize")) == asked


def test_the_cache_outlives_power_cuts():
    for dialect in DIALECTS:
        pair = knowing(dialect, ["ONE", "TWO"])
        for _ in range(3):
            pair.power_cut()
            pair.run(5)
        assert charges(pair, "ONE") and charges(pair, "TWO") and not charges(pair, "THREE")
        pair.connect()
        pair.run(5)
        assert pair.call("ClearCache", {}) == {"status": "Accepted"}
        pair.disconnect()
        pair.power_cut()
        assert not charges(pair, "ONE")


def test_a_token_whose_date_is_over_is_not_unknown():
    """OCPP 1.6, 3.5.4: who is expired by the passage of time must be rejected."""
    for dialect in DIALECTS:
        for unknown in FALSE, TRUE:
            pair = knowing(dialect, ["DATED"], {UNKNOWN: unknown, PRE: TRUE}, expires_s=3600)
            assert charges(pair, "DATED")
            pair.run(3600)
            assert not charges(pair, "DATED")


def test_online_a_token_whose_date_is_over_is_asked_about():
    for dialect in DIALECTS:
        for variables in {PRE: TRUE}, {PRE: TRUE, AFTER: TRUE}:
            pair = knowing(dialect, ["DATED"], variables, expires_s=3600)
            pair.run(3600)
            pair.connect()
            pair.run(5)
            pair.forget()
            assert charges(pair, "DATED"), dialect
            assert len(pair.sent("Authorize")) == 1


def test_C12_LocalPreAuthorize_waits_for_no_server_dead_or_alive():
    for dialect in DIALECTS:
        for slow in False, True:
            pair = knowing(dialect, ["KNOWN"], {PRE: TRUE})
            pair.connect()
            pair.run(5)
            pair.csms.slow = slow
            pair.forget()
            assert charges(pair, "KNOWN")
            assert pair.sent("Authorize") == []


def test_a_dead_link_decides_by_the_cache_after_one_time_out_and_a_half():
    for dialect in DIALECTS:
        pair = knowing(dialect, ["KNOWN"])
        pair.connect()
        pair.run(5)
        pair.csms.slow = True
        pair.plug(1)
        pair.token("KNOWN", 1)
        pair.run(44)
        assert not pair.drivers[0].contactor.closed()
        pair.run(2)
        assert pair.drivers[0].contactor.closed()


def test_a_link_that_is_lost_while_the_server_is_asked_decides_at_once():
    for dialect in DIALECTS:
        pair = knowing(dialect, ["KNOWN"])
        pair.connect()
        pair.run(5)
        pair.csms.slow = True
        pair.plug(1)
        pair.token("KNOWN", 1)
        assert not pair.drivers[0].contactor.closed()
        pair.disconnect()
        assert pair.drivers[0].contactor.closed()


def test_C09_one_of_the_group_stops_what_another_has_started():
    for dialect in DIALECTS:
        pair = knowing(dialect, ["MOTHER", "CHILD"], group="FAMILY")
        pair.power_cut()
        pair.plug(1)
        pair.token("MOTHER", 1)
        pair.run(60)
        assert pair.drivers[0].contactor.closed()
        pair.token("STRANGER", 1)
        pair.run(5)
        assert pair.drivers[0].contactor.closed()
        pair.token("CHILD", 1)
        pair.run(5)
        assert not pair.drivers[0].contactor.closed()


def test_two_drivers_at_a_time():
    for dialect in DIALECTS:
        pair = knowing(dialect, ["ONE", "TWO"])
        for evse_id in 1, 2:
            pair.plug(evse_id)
        pair.token("ONE", 1)
        pair.token("TWO", 2)
        pair.run(60)
        assert [evse.contactor.closed() for evse in pair.drivers] == [True, True]
        pair.token("ONE", 2)  # not his
        pair.run(5)
        assert [evse.contactor.closed() for evse in pair.drivers] == [True, True]
        pair.token("TWO", 2)
        pair.run(5)
        assert [evse.contactor.closed() for evse in pair.drivers] == [True, False]
        pair.forget()
        pair.connect()
        pair.run(30)
        assert pair.station.outbox.counts() == [0, 0]
        assert pair.drivers[0].contactor.closed()


def test_who_proves_invalid_when_the_link_is_back_is_stopped_and_stays_out():
    for dialect in DIALECTS:
        pair = knowing(dialect, [], {UNKNOWN: TRUE})
        pair.plug(1)
        pair.token("NEW", 1)
        pair.run(60)
        assert pair.drivers[0].contactor.closed()
        said = info(dialect, "Invalid")
        pair.csms.answers.update(said, TransactionEvent=said["Authorize"])
        pair.connect()
        pair.run(5)
        assert not pair.drivers[0].contactor.closed()
        pair.unplug(1)
        pair.run(5)
        pair.disconnect()
        assert not charges(pair, "NEW")
