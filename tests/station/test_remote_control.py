"""Remote start, stop and unlock through the whole station, in both dialects."""

from tests.support.pair import online

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)


def start(pair, evse_id=1, token="REMOTE01", remote_start_id=7, token_type="Central"):
    """Status of a remote start, and the rest of its answer."""
    if pair.subprotocol == V16:
        payload = {"idTag": token}
        if evse_id:
            payload["connectorId"] = evse_id
        return pair.call("RemoteStartTransaction", payload)
    id_token = {"idToken": token, "type": token_type}
    payload = {"idToken": id_token, "remoteStartId": remote_start_id}
    if evse_id:
        payload["evseId"] = evse_id
    return pair.call("RequestStartTransaction", payload)


def stop(pair, transaction_id):
    if pair.subprotocol == V16:
        return pair.call("RemoteStopTransaction", {"transactionId": transaction_id})["status"]
    return pair.call("RequestStopTransaction", {"transactionId": transaction_id})["status"]


def unlock(pair, evse_id=1, connector_id=1):
    if pair.subprotocol == V16:
        result = pair.call("UnlockConnector", {"connectorId": evse_id})
    else:
        result = pair.call("UnlockConnector", {"evseId": evse_id, "connectorId": connector_id})
    return result and result["status"]


def begun(pair):
    """The start as it was told, or None."""
    told = pair.sent("StartTransaction") + pair.sent("TransactionEvent")
    return told[0] if told else None


def test_F01_a_remote_start_after_the_plug_charges():
    for dialect in DIALECTS:
        pair = online(dialect)
        pair.plug(1)
        assert start(pair)["status"] == "Accepted"
        pair.run(2)
        assert pair.drivers[0].contactor.closed()
        told = begun(pair)
        if dialect == V16:
            assert told["idTag"] == "REMOTE01" and told["connectorId"] == 1
        else:
            assert told["idToken"] == {"idToken": "REMOTE01", "type": "Central"}
            assert told["transactionInfo"]["remoteStartId"] == 7
            assert told["triggerReason"] == "RemoteStart"


def test_F02_a_remote_start_before_the_plug_waits_for_it():
    for dialect in DIALECTS:
        pair = online(dialect)
        assert start(pair)["status"] == "Accepted"
        pair.run(30)
        if dialect == V16:
            assert pair.statuses() == ["Preparing"]
        pair.plug(1)
        pair.run(2)
        assert pair.drivers[0].contactor.closed()
        assert not pair.drivers[1].contactor.closed()
        events = pair.sent("TransactionEvent")
        starts = [e["transactionInfo"].get("remoteStartId") for e in events]
        assert starts.count(7) == (1 if dialect == V201 else 0)


def test_F02_without_a_plug_in_time_the_authorization_ends():
    for dialect in DIALECTS:
        pair = online(dialect, {"TxCtrlr.EVConnectionTimeOut": "30"})
        start(pair)
        pair.run(31)
        pair.plug(1)
        pair.run(5)
        assert not pair.drivers[0].contactor.closed()
        assert start(pair)["status"] == "Accepted"
        pair.run(1)
        assert pair.drivers[0].contactor.closed()


def test_a_remote_start_without_an_evse_takes_the_one_with_the_car():
    for dialect in DIALECTS:
        pair = online(dialect)
        pair.plug(2)
        assert start(pair, 0)["status"] == "Accepted"
        pair.run(2)
        assert pair.drivers[1].contactor.closed() and not pair.drivers[0].contactor.closed()


def test_F01_FR_24_an_evse_that_is_not_free_rejects_it():
    for dialect in DIALECTS:
        pair = online(dialect)
        pair.plug(1)
        pair.token("LOCAL001", 1)
        assert start(pair)["status"] == "Rejected"
        assert start(pair, 3)["status"] == "Rejected"
        pair.fault(2, "GroundFailure")
        assert start(pair, 2)["status"] == "Rejected"
        pair.fault(2, "GroundFailure", False)
        assert start(pair, 2)["status"] == "Accepted"


def test_F01_FR_23_an_inoperative_evse_rejects_it():
    for dialect in DIALECTS:
        pair = online(dialect)
        if dialect == V16:
            pair.call("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
        else:
            pair.call(
                "ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}}
            )
        assert start(pair)["status"] == "Rejected"
        assert start(pair, 2)["status"] == "Accepted"


def test_F01_FR_01_AuthorizeRemoteStart_asks_the_server_first():
    for dialect in DIALECTS:
        pair = online(dialect, {"AuthCtrlr.AuthorizeRemoteStart": "true"})
        pair.plug(1)
        pair.forget()
        start(pair, 1, "REMOTE01", 7, "ISO14443")
        pair.run(2)
        assert pair.actions()[0] == "Authorize"
        assert pair.drivers[0].contactor.closed()
        pair = online(dialect, {"AuthCtrlr.AuthorizeRemoteStart": "true"})
        key = "idTagInfo" if dialect == V16 else "idTokenInfo"
        pair.csms.answers["Authorize"] = {key: {"status": "Blocked"}}
        pair.plug(1)
        assert start(pair, 1, "REMOTE01", 7, "ISO14443")["status"] == "Accepted"
        pair.run(2)
        assert not pair.drivers[0].contactor.closed() and begun(pair) is None


def test_C05_FR_01_a_token_of_the_server_needs_no_authorization():
    pair = online(V201, {"AuthCtrlr.AuthorizeRemoteStart": "true"})
    pair.plug(1)
    start(pair)
    pair.run(2)
    assert "Authorize" not in pair.actions() and pair.drivers[0].contactor.closed()


def test_F01_FR_02_without_it_nobody_is_asked():
    for dialect in DIALECTS:
        pair = online(dialect, {"AuthCtrlr.AuthorizeRemoteStart": "false"})
        pair.plug(1)
        start(pair)
        pair.run(2)
        assert "Authorize" not in pair.actions()
        assert pair.drivers[0].contactor.closed()


def test_F01_FR_13_a_transaction_that_waits_for_its_driver_is_named():
    pair = online(V201, {"TxCtrlr.TxStartPoint": "EVConnected"})
    pair.plug(1)
    transaction_id = pair.sent("TransactionEvent")[0]["transactionInfo"]["transactionId"]
    result = start(pair)
    assert result == {"status": "Accepted", "transactionId": transaction_id}
    pair.run(2)
    event = pair.sent("TransactionEvent")[1]
    assert event["transactionInfo"]["remoteStartId"] == 7  # F01.FR.25
    assert event["transactionInfo"]["transactionId"] == transaction_id
    assert event["idToken"]["idToken"] == "REMOTE01"


def test_an_id_beyond_32_bits_is_refused():
    pair = online(V201)
    pair.plug(1)
    for remote_start_id in 2**31, -(2**31), 2**70:
        assert start(pair, 1, "A", remote_start_id)[0] == "PropertyConstraintViolation"
    pair.run(1)
    assert begun(pair) is None
    for remote_start_id in 2**31 - 1, 0, -1:
        assert start(pair, 1, "A", remote_start_id)["status"] == "Accepted"
        pair.run(1)
        found = pair.sent("TransactionEvent")[0]["transactionInfo"]["remoteStartId"]
        assert found == remote_start_id
        pair = online(V201)
        pair.plug(1)


def test_F03_a_remote_stop_ends_the_transaction():
    for dialect in DIALECTS:
        pair = online(dialect)
        pair.plug(1)
        pair.token("LOCAL001", 1)
        pair.run(60)
        transaction_id = 1001 if dialect == V16 else pair.station.evses[0].transaction.id
        assert stop(pair, transaction_id) == "Accepted"
        pair.run(1)
        assert not pair.drivers[0].contactor.closed()
        if dialect == V16:
            told = pair.sent("StopTransaction")[0]
            assert told["reason"] == "Remote" and "idTag" not in told
        else:
            told = pair.sent("TransactionEvent")[-1]
            assert told["triggerReason"] == "RemoteStop" and "idToken" not in told
            assert told["transactionInfo"]["stoppedReason"] == "Remote"
        assert stop(pair, transaction_id) == "Rejected"


def test_a_transactionId_compares_without_case():
    pair = online(V201)
    pair.plug(1)
    pair.token("LOCAL001", 1)
    pair.run(60)
    transaction_id = pair.station.evses[0].transaction.id.upper()
    assert transaction_id != transaction_id.lower()
    status = pair.call("GetTransactionStatus", {"transactionId": transaction_id})
    assert status == {"ongoingIndicator": True, "messagesInQueue": False}
    assert stop(pair, transaction_id) == "Accepted"
    pair.run(1)
    assert not pair.drivers[0].contactor.closed()


def test_F03_FR_08_an_unknown_transaction_is_not_stopped():
    for dialect in DIALECTS:
        pair = online(dialect)
        pair.plug(1)
        pair.token("LOCAL001", 1)
        for wrong in (-1, 0, 1002, 2**40) if dialect == V16 else ("", "x" * 36, "1001"):
            assert stop(pair, wrong) == "Rejected"
        assert pair.drivers[0].contactor.closed()


def test_F03_a_transaction_without_a_driver_can_be_stopped():
    pair = online(V201, {"TxCtrlr.TxStartPoint": "EVConnected"})
    pair.plug(1)
    assert stop(pair, pair.station.evses[0].transaction.id) == "Accepted"
    assert begun(pair)["eventType"] == "Started"


def test_F05_FR_04_a_locked_cable_is_unlocked():
    for dialect in DIALECTS:
        pair = online(dialect, connectors=("sType2",))
        pair.plug(1)
        pair.drivers[0].lock.lock()
        pair.run(1)
        assert unlock(pair) == "Unlocked"
        assert not pair.drivers[0].lock.locked()


def test_F05_FR_06_unlocking_is_tried_without_a_cable_too():
    for dialect in DIALECTS:
        pair = online(dialect, connectors=("sType2",))
        assert unlock(pair) == "Unlocked"


def test_F05_FR_05_a_stuck_lock_is_reported():
    for dialect in DIALECTS:
        pair = online(dialect, connectors=("sType2",))
        pair.plug(1)
        pair.drivers[0].lock.lock()
        pair.drivers[0].lock.stuck = True
        pair.run(1)
        assert unlock(pair) == "UnlockFailed"


def test_7_46_a_cable_of_the_station_has_no_lock_and_nothing_is_stopped():
    for dialect in DIALECTS:
        pair = online(dialect)
        unsupported = "NotSupported" if dialect == V16 else "UnlockFailed"
        assert unlock(pair) == unsupported
        pair.plug(1)
        pair.token("LOCAL001", 1)
        pair.run(10)
        pair.forget()
        in_use = "NotSupported" if dialect == V16 else "OngoingAuthorizedTransaction"  # F05.FR.02
        assert unlock(pair) == in_use
        pair.run(10)
        assert pair.drivers[0].contactor.closed() and pair.station.evses[0].transaction
        assert not [what for kind, what in pair.world if what[0] == "lock"]


def test_an_unlocking_that_can_not_be_tried_stops_nothing():
    pair = online(V16, connectors=("sType2",))
    for evse_id in 1, 2:
        pair.plug(evse_id)
        pair.token("LOCAL00%d" % evse_id, evse_id)
        pair.run(10)
    pair.drivers[0].contactor.weld(True)
    assert unlock(pair) is None
    assert unlock(pair, 2) == "UnlockFailed"
    pair.run(1)
    assert pair.drivers[1].contactor.closed()


def test_F05_FR_03_an_unknown_connector_is_refused():
    pair = online(V201)
    for evse_id, connector_id in ((0, 1), (3, 1), (1, 2), (1, 0), (-1, 1), (1, -1)):
        assert unlock(pair, evse_id, connector_id) == "UnknownConnector"
    pair = online(V16)
    for connector_id in 3, 99:
        assert unlock(pair, connector_id) == "NotSupported"


def test_F05_FR_02_during_an_authorized_transaction_nothing_is_unlocked():
    pair = online(V201, connectors=("sType2",))
    pair.plug(1)
    pair.token("LOCAL001", 1)
    pair.run(10)
    assert pair.drivers[0].lock.locked()
    assert unlock(pair) == "OngoingAuthorizedTransaction"
    assert pair.drivers[0].lock.locked() and pair.drivers[0].contactor.closed()


def test_5_18_in_1_6_the_transaction_is_stopped_first():
    pair = online(V16, connectors=("sType2",))
    pair.plug(1)
    pair.token("LOCAL001", 1)
    pair.run(10)
    pair.forget()
    assert unlock(pair) == "Unlocked"
    assert not pair.drivers[0].lock.locked()
    commands = [what for kind, what in pair.world if kind == "command"]
    opened = commands.index(("contactor", 1, False))
    assert opened < commands.index(("lock", 1, False))
    assert pair.sent("StopTransaction")[0]["reason"] == "UnlockCommand"


def test_a_cable_under_power_is_never_unlocked():
    pair = online(V16, connectors=("sType2",))
    pair.plug(1)
    pair.token("LOCAL001", 1)
    pair.run(10)
    pair.drivers[0].contactor.weld(True)
    pair.call("UnlockConnector", {"connectorId": 1})
    pair.run(11)
    assert pair.drivers[0].lock.locked()
    results = [m[2] for kind, m in pair.transcript if kind == "out" and m[0] == 3]
    assert results[-1] == {"status": "UnlockFailed"}


def test_a_second_unlock_does_not_disturb_the_first():
    pair = online(V201, connectors=("sType2",))
    pair.plug(1)
    pair.token("LOCAL001", 1)
    pair.run(10)
    pair.drivers[0].contactor.weld(True)
    transaction_id = pair.station.evses[0].transaction.id
    assert stop(pair, transaction_id) == "Accepted"
    pair.run(5)
    assert pair.call("UnlockConnector", {"evseId": 1, "connectorId": 1}) is None
    second = pair.call("UnlockConnector", {"evseId": 2, "connectorId": 1})
    assert second == {"status": "UnlockFailed"}
    pair.run(11)
    results = [m[2] for kind, m in pair.transcript if kind == "out" and m[0] == 3]
    assert results[-1] == {"status": "UnlockFailed"}


def test_a_link_lost_while_unlocking_leaves_no_answer_behind():
    pair = online(V201, connectors=("sType2",))
    pair.plug(1)
    pair.token("LOCAL001", 1)
    pair.run(10)
    pair.drivers[0].contactor.weld(True)
    stop(pair, pair.station.evses[0].transaction.id)
    pair.run(5)
    pair.call("UnlockConnector", {"evseId": 1, "connectorId": 1})
    pair.disconnect()
    pair.connect()
    pair.forget()
    pair.run(15)
    assert [m for kind, m in pair.transcript if kind == "out" and m[0] != 2] == []
