"""Who may charge: offline, with invalid answers late, and with cars that come and go."""

from tests.support.pair import Ev, Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
TRUE, FALSE = "true", "false"


def online(dialect, variables=None, **options):
    pair = Pair(dialect, variables, **options)
    pair.connect()
    return pair


def invalid(pair, status="Invalid"):
    """The server finds out when the transaction starts."""
    if pair.subprotocol == V16:
        pair.csms.answers["StartTransaction"] = {
            "transactionId": 1001,
            "idTagInfo": {"status": status},
        }
    else:
        pair.csms.answers["TransactionEvent"] = {"idTokenInfo": {"status": status}}


def end(pair):
    """stoppedReason of the one transaction that has ended, or None."""
    stops = [stop["reason"] for stop in pair.sent("StopTransaction")]
    for event in pair.sent("TransactionEvent"):
        if event["eventType"] == "Ended":
            stops.append(event["transactionInfo"]["stoppedReason"])
    assert len(stops) <= 1
    return stops[0] if stops else None


def closed(pair):
    return pair.drivers[0].contactor.closed()


def charge(pair):
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(5)


def test_C15_offline_an_unknown_token_charges_only_where_that_is_allowed():
    for dialect in DIALECTS:
        for allowed in TRUE, FALSE:
            pair = online(dialect, {"AuthCtrlr.OfflineTxForUnknownIdEnabled": allowed})
            pair.disconnect()
            charge(pair)
            assert closed(pair) == (allowed == TRUE)


def test_C13_offline_a_cached_token_charges_where_that_is_allowed():
    for dialect in DIALECTS:
        for allowed in TRUE, FALSE:
            pair = online(dialect, {"AuthCtrlr.LocalAuthorizeOffline": allowed})
            charge(pair)
            pair.unplug(1)
            pair.run(5)
            pair.disconnect()
            charge(pair)
            assert closed(pair) == (allowed == TRUE)


def test_offline_a_token_that_was_refused_before_stays_out():
    for dialect in DIALECTS:
        key = "idTagInfo" if dialect == V16 else "idTokenInfo"
        pair = online(dialect, {"AuthCtrlr.OfflineTxForUnknownIdEnabled": TRUE})
        pair.csms.answers["Authorize"] = {key: {"status": "Blocked"}}
        charge(pair)
        pair.disconnect()
        pair.run(5)
        pair.token("04aabbcc", 1)
        pair.run(5)
        assert not closed(pair)


def test_a_session_begun_offline_is_judged_when_it_is_told():
    for dialect in DIALECTS:
        pair = online(dialect, {"AuthCtrlr.OfflineTxForUnknownIdEnabled": TRUE})
        pair.disconnect()
        charge(pair)
        pair.run(600)
        invalid(pair)
        pair.connect()
        pair.run(10)
        assert not closed(pair)
        assert end(pair) == "DeAuthorized"


def test_E05_StopTxOnInvalidId_ends_the_transaction():
    for dialect in DIALECTS:
        for status in "Invalid", "Blocked", "Expired", "ConcurrentTx":
            pair = online(dialect, {"TxCtrlr.StopTxOnInvalidId": TRUE})
            invalid(pair, status)
            charge(pair)
            assert not closed(pair) and end(pair) == "DeAuthorized", status


def test_E05_without_it_only_the_energy_ends():
    for dialect in DIALECTS:
        variables = {"TxCtrlr.StopTxOnInvalidId": FALSE, "TxCtrlr.MaxEnergyOnInvalidId": "0"}
        pair = online(dialect, variables)
        invalid(pair)
        charge(pair)
        pair.run(60)
        assert not closed(pair) and end(pair) is None
        if dialect == V16:
            assert pair.statuses()[-1] == "SuspendedEVSE"
        else:
            states = [e["transactionInfo"]["chargingState"] for e in pair.sent("TransactionEvent")]
            assert states[-1] == "SuspendedEVSE"
        pair.unplug(1)
        pair.run(5)
        assert end(pair) is not None


def test_E05_MaxEnergyOnInvalidId_lets_that_much_through():
    for dialect in DIALECTS:
        variables = {"TxCtrlr.StopTxOnInvalidId": FALSE, "TxCtrlr.MaxEnergyOnInvalidId": "500"}
        pair = online(dialect, variables, meter_ms=1000)
        invalid(pair)
        charge(pair)
        assert closed(pair)
        pair.run(300)
        assert not closed(pair) and end(pair) is None
        assert 500 <= pair.energy_wh(1) <= 510


def test_E09_StopTxOnEVSideDisconnect_ends_it_when_the_car_goes():
    for dialect in DIALECTS:
        for socket in "cType2", "sType2":
            variables = {"TxCtrlr.StopTxOnEVSideDisconnect": TRUE}
            pair = online(dialect, variables, connectors=(socket,))
            charge(pair)
            assert closed(pair)
            pair.evs[0] = None  # the car's end; the plug stays in the station
            pair.run(5)
            assert not closed(pair) and end(pair) == "EVDisconnected"


def test_E10_without_it_the_session_waits_for_the_car():
    for dialect in DIALECTS:
        variables = {
            "TxCtrlr.StopTxOnEVSideDisconnect": FALSE,
            "TxCtrlr.TxStopPoint": "Authorized",
            "TxCtrlr.EVConnectionTimeOut": "60",
        }
        pair = online(dialect, variables)
        charge(pair)
        register = pair.energy_wh(1)
        pair.evs[0] = None
        pair.run(30)
        assert not closed(pair) and end(pair) is None
        pair.evs[0] = Ev()
        pair.run(30)
        assert closed(pair) and pair.energy_wh(1) > register
        pair.evs[0] = None
        pair.run(61)
        assert end(pair) is not None  # E10.FR.02


def test_E10_FR_02_the_car_does_not_come_back_to_a_fixed_cable():
    for dialect in DIALECTS:
        variables = {
            "TxCtrlr.StopTxOnEVSideDisconnect": FALSE,
            "TxCtrlr.TxStopPoint": "Authorized",
        }
        pair = online(dialect, variables)
        charge(pair)
        pair.unplug(1)
        pair.run(59)
        assert end(pair) is None
        pair.run(2)
        assert end(pair) == ("EVDisconnected" if dialect == V16 else "Timeout")
        if dialect == V201:  # TC_E_27
            assert pair.sent("TransactionEvent")[-1]["triggerReason"] == "EVConnectTimeout"


def test_E03_FR_05_no_car_within_EVConnectionTimeOut():
    for dialect in DIALECTS:
        variables = {"TxCtrlr.TxStartPoint": "Authorized", "TxCtrlr.EVConnectionTimeOut": "60"}
        pair = online(dialect, variables, evses=1)
        pair.token("04AABBCC", 1)
        pair.run(59)
        assert end(pair) is None
        pair.run(2)
        if dialect == V201:
            event = pair.sent("TransactionEvent")[-1]
            assert event["transactionInfo"]["stoppedReason"] == "Timeout"
            assert event["triggerReason"] == "EVConnectTimeout"
        else:
            assert end(pair) == "Other"
            assert pair.statuses()[-1] == "Available"
        pair.plug(1)
        pair.run(5)
        assert not closed(pair)


def test_start_and_stop_points_decide_the_bounds_of_a_transaction():
    """(start, stop) -> what begins it and what ends it in plug, card, charge, card, unplug."""
    cases = (
        ("EVConnected", "EVConnected", "plug", "unplug"),
        ("EVConnected", "Authorized", "plug", "card"),
        ("Authorized", "Authorized", "card", "card"),
        ("Authorized", "EVConnected", "card", "unplug"),
        ("PowerPathClosed", "PowerPathClosed", "card", "card"),
        ("EnergyTransfer", "EnergyTransfer", "power", "card"),
        ("PowerPathClosed", "EVConnected,Authorized", "card", "card"),
    )
    for start, stop, begins, ends in cases:
        variables = {"TxCtrlr.TxStartPoint": start, "TxCtrlr.TxStopPoint": stop}
        pair = online(V201, variables)
        marks = {}

        def count(pair=pair):
            return [event["eventType"] for event in pair.sent("TransactionEvent")]

        pair.plug(1)
        pair.run(5)
        marks["plug"] = count()
        pair.evs[0].wants_energy = False
        pair.token("04AABBCC", 1)
        pair.run(5)
        marks["card"] = count()
        pair.evs[0].wants_energy = True
        pair.run(60)
        marks["power"] = count()
        assert closed(pair)
        pair.token("04AABBCC", 1)
        pair.run(5)
        assert not closed(pair)
        after_card = count()
        pair.unplug(1)
        pair.run(5)
        events = pair.sent("TransactionEvent")
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        kinds = count()
        assert kinds.count("Started") == kinds.count("Ended") == 1, (start, stop, kinds)
        for mark in "plug", "card", "power":
            if mark == begins:
                break
            assert marks[mark] == [], (start, stop, mark)
        assert "Started" in marks[begins], (start, stop)
        assert ("Ended" in after_card) == (ends == "card"), (start, stop)
        assert kinds[-1] == "Ended"


def test_1_6_has_one_start_and_one_stop_whatever_the_points_are():
    for start in "EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer":
        for stop in "EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer":
            variables = {"TxCtrlr.TxStartPoint": start, "TxCtrlr.TxStopPoint": stop}
            pair = online(V16, variables)
            pair.plug(1)
            pair.run(5)
            pair.token("04AABBCC", 1)
            pair.run(600)
            pair.token("04AABBCC", 1)
            pair.run(5)
            pair.unplug(1)
            pair.run(5)
            starts, stops = pair.sent("StartTransaction"), pair.sent("StopTransaction")
            assert len(starts) == len(stops) == 1, (start, stop)
            assert stops[0]["transactionId"] == 1001
            assert stops[0]["meterStop"] == pair.energy_wh(1) > 3600
            assert pair.statuses()[-1] == "Available"
