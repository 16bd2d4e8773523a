"""Reset through the whole station: what it tells before, and what after."""

from tests.support.pair import Pair, charging, online

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)


def reset(pair, kind):
    return pair.call("Reset", {"type": kind})["status"]


def test_B11_without_a_transaction_it_reboots_after_the_answer():
    for dialect, kinds in ((V16, ("Hard", "Soft")), (V201, ("Immediate", "OnIdle"))):
        for kind in kinds:
            pair = online(dialect)
            assert reset(pair, kind) == "Accepted"
            assert pair.reboots == ["RemoteReset"]
            pair.forget()
            pair.connect()
            assert pair.actions()[0] == "BootNotification"
            if dialect == V201:
                assert pair.sent("BootNotification")[0]["reason"] == "RemoteReset"
            types = [e["type"] for e in pair.sent("SecurityEventNotification")]
            assert types == ["StartupOfTheDevice", "ResetOrReboot"]
            assert pair.statuses() == ["Available"]


def test_B12_FR_04_immediate_ends_the_transaction_and_tells_it_before():
    pair = charging(V201)
    register = pair.energy_wh(1)
    assert reset(pair, "Immediate") == "Accepted"
    assert pair.reboots == ["RemoteReset"]
    ended = pair.sent("TransactionEvent")[-1]
    assert (ended["eventType"], ended["triggerReason"]) == ("Ended", "ResetCommand")
    info = ended["transactionInfo"]
    assert (info["stoppedReason"], info["chargingState"]) == ("ImmediateReset", "EVConnected")
    assert "idToken" not in ended
    assert ended["meterValue"][-1]["sampledValue"][0]["value"] == register
    pair.forget()
    pair.connect()
    pair.run(10)
    assert pair.sent("TransactionEvent") == []
    assert pair.sent("BootNotification")[0]["reason"] == "RemoteReset"
    assert pair.statuses() == ["Occupied"]


def test_1_6_hard_and_soft_differ_in_the_reason():
    for kind in "Hard", "Soft":
        pair = charging(V16)
        assert reset(pair, kind) == "Accepted"
        assert pair.reboots == ["RemoteReset"]
        stop = pair.sent("StopTransaction")[0]
        assert (stop["reason"], stop["meterStop"]) == (kind + "Reset", pair.energy_wh(1))
        pair.forget()
        pair.connect()
        pair.run(10)
        assert pair.sent("StopTransaction") == []


def test_B12_FR_01_on_idle_waits_for_the_end_of_all_transactions():
    pair = charging(V201)
    pair.plug(2)
    pair.token("BBBB", 2)
    assert reset(pair, "OnIdle") == "Scheduled"
    pair.run(600)
    pair.token("04AABBCC", 1)
    pair.unplug(1)
    pair.run(60)
    assert pair.reboots == [] and pair.drivers[1].contactor.closed()
    pair.token("BBBB", 2)
    pair.run(5)
    assert pair.reboots == ["ScheduledReset"]
    ended = [e for e in pair.sent("TransactionEvent") if e["eventType"] == "Ended"]
    assert [e["transactionInfo"]["stoppedReason"] for e in ended] == ["Local", "Local"]
    pair.forget()
    pair.connect()
    assert pair.sent("BootNotification")[0]["reason"] == "ScheduledReset"


def test_on_idle_waits_for_a_cable_that_is_locked_in():
    pair = online(V201, connectors=("sType2",))
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(10)
    assert pair.drivers[0].lock.locked()
    assert reset(pair, "OnIdle") == "Scheduled"
    pair.drivers[0].lock.stuck = True
    pair.token("04AABBCC", 1)
    pair.run(60)
    assert pair.reboots == []
    pair.drivers[0].lock.stuck = False
    pair.drivers[0].lock.unlock()
    pair.run(5)
    assert pair.reboots == ["ScheduledReset"]


def test_an_immediate_reset_overtakes_one_that_waits():
    pair = charging(V201)
    reset(pair, "OnIdle")
    assert reset(pair, "Immediate") == "Accepted"
    assert pair.reboots == ["RemoteReset"]


def test_B12_FR_05_a_silent_server_holds_the_reboot_up_for_a_while_only():
    for dialect in DIALECTS:
        pair = charging(dialect)
        action = "StopTransaction" if dialect == V16 else "TransactionEvent"
        pair.csms.answers[action] = None
        assert reset(pair, "Hard" if dialect == V16 else "Immediate") == "Accepted"
        pair.run(9)
        assert pair.reboots == []
        pair.run(2)
        assert pair.reboots == ["RemoteReset"]
        told = pair.sent(action)
        assert len(told) == 1
        pair.csms.answers = {}
        pair.forget()
        pair.connect()
        pair.run(5)
        again = pair.sent(action)
        if dialect == V201:
            assert again[0].pop("offline") is True
        assert again == told


def test_offline_a_decided_reset_still_ends_the_transaction_first():
    for dialect in DIALECTS:
        pair = charging(dialect)
        pair.csms.slow = True
        pair.plug(2)  # something to wait for
        reset(pair, "Hard" if dialect == V16 else "Immediate")
        pair.disconnect()
        pair.run(5)
        assert pair.reboots == ["RemoteReset"]
        pair.csms.slow = False
        pair.forget()
        pair.connect()
        pair.run(5)
        if dialect == V16:
            assert pair.sent("StopTransaction")[0]["reason"] == "HardReset"
        else:
            ended = pair.sent("TransactionEvent")[-1]
            assert ended["transactionInfo"]["stoppedReason"] == "ImmediateReset"


def test_a_welded_contactor_does_not_hold_the_reboot_up_for_ever():
    for dialect in DIALECTS:
        pair = charging(dialect)
        pair.drivers[0].contactor.weld(True)
        reset(pair, "Hard" if dialect == V16 else "Immediate")
        pair.run(11)
        assert pair.reboots == ["RemoteReset"]


def test_B11_FR_09_a_single_evse_is_not_reset():
    pair = charging(V201)
    for kind in "Immediate", "OnIdle":
        result = pair.call("Reset", {"type": kind, "evseId": 1})
        assert result["status"] == "Rejected"
    pair.run(60)
    assert pair.reboots == [] and pair.drivers[0].contactor.closed()
    wanted = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AllowReset"}}
    result = pair.call("GetVariables", {"getVariableData": [wanted]})["getVariableResult"][0]
    assert result["attributeValue"] == "false"  # B11.FR.10: the device model does not promise it


def test_a_reset_is_possible_before_the_acceptance():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.csms.answers["BootNotification"] = {
            "status": "Pending",
            "currentTime": "2026-05-01T10:00:00Z",
            "interval": 60,
        }
        pair.connect()
        assert reset(pair, "Hard" if dialect == V16 else "Immediate") == "Accepted"
        assert pair.reboots == ["RemoteReset"]


def test_B11_FR_02_what_was_inoperative_stays_so():
    pair = online(V201)
    pair.call("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}})
    reset(pair, "Immediate")
    pair.forget()
    pair.connect()
    assert pair.statuses(1) == ["Unavailable"] and pair.statuses(2) == ["Available"]


def test_while_a_reset_waits_for_one_car_no_other_may_begin():
    pair = charging(V201)
    assert reset(pair, "OnIdle") == "Scheduled"
    pair.plug(2)
    pair.token("BBBB", 2)
    pair.run(5)
    assert pair.station.evses[1].transaction is None and not pair.drivers[1].contactor.closed()
    pair.token("04AABBCC", 1)
    pair.run(30)
    assert pair.reboots == ["ScheduledReset"]


SOCKET = ("sType2",)


def forgotten(dialect, **variables):
    """A pair whose EV has gone and left its cable behind, locked in its socket (E09.FR.03)."""
    variables["OCPPCommCtrlr.UnlockOnEVSideDisconnect"] = "false"
    pair = charging(dialect, variables, connectors=SOCKET)
    pair.evs[0] = None
    pair.step()
    assert pair.drivers[0].lock.locked() and pair.station.evses[0].transaction is None
    return pair


def test_a_cable_that_is_pulled_while_it_charges_leaves_an_idle_station():
    for dialect, kind in ((V16, "Soft"), (V201, "OnIdle")):
        pair = charging(dialect, connectors=SOCKET)
        pair.unplug(1)
        assert not pair.drivers[0].lock.locked() and pair.station.idle()
        assert reset(pair, kind) == "Accepted" and pair.reboots == ["RemoteReset"]


def test_E09_FR_03_a_reset_on_idle_waits_for_a_forgotten_cable_as_long_as_the_operator_says():
    pair = forgotten(V201, **{"TxCtrlr.LockedCableTimeout": "7200"})
    assert reset(pair, "OnIdle") == "Scheduled"
    pair.run(7000)
    assert pair.reboots == [] and pair.drivers[0].lock.locked()
    pair.run(300)
    assert pair.reboots == ["ScheduledReset"]


def test_a_forgotten_cable_is_waited_for_for_ever_where_the_operator_wants_that():
    pair = forgotten(V201, **{"TxCtrlr.LockedCableTimeout": "0"})
    assert reset(pair, "OnIdle") == "Scheduled"
    pair.run(200000)
    assert pair.reboots == []
    pair.token("04AABBCC", 1)  # the owner has come
    pair.run(1)
    assert pair.reboots == ["ScheduledReset"]
