"""Faults while it charges: the contactor opens before anything else is done or said. An ordinary
stop gives the EV time to stop drawing first."""

from tests.support.pair import Ev, Pair, charging, online

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
OPEN = ("command", ("contactor", 1, False))


def ended(pair):
    """(reason, register) of the one end that was told, or None."""
    if pair.subprotocol == V16:
        told = [(s["reason"], s["meterStop"]) for s in pair.sent("StopTransaction")]
    else:
        told = []
        for event in pair.sent("TransactionEvent"):
            if event["eventType"] == "Ended":
                register = event["meterValue"][-1]["sampledValue"][0]["value"]
                told.append((event["transactionInfo"]["stoppedReason"], register))
    assert len(told) <= 1
    return told[0] if told else None


def test_a_fault_opens_the_contactor_before_it_is_told():
    for dialect in DIALECTS:
        for code, reason in (
            ("GroundFailure", "GroundFault"),
            ("OverCurrentFailure", "OvercurrentFault"),
            ("OverVoltage", "PowerQuality"),
            ("HighTemperature", "Other"),
            ("InternalError", "Other"),
        ):
            pair = charging(dialect)
            register = pair.energy_wh(1)
            pair.fault(1, code)
            assert not pair.drivers[0].contactor.closed()
            assert pair.world[0] == OPEN, pair.world[0]
            assert ended(pair) == (reason if dialect == V201 else "Other", register)
            assert pair.statuses()[-1] == "Faulted"
            pair.fault(1, code, False)
            pair.run(60)
            assert not pair.drivers[0].contactor.closed(), "it starts again by itself"


def test_a_bad_pilot_opens_the_contactor_first():
    for dialect in DIALECTS:
        pair = charging(dialect)
        update = pair._update_evs

        def broken():
            update()  # noqa: B023 - of this round
            pair.drivers[0].pilot.pilot_state = "F"  # noqa: B023

        pair._update_evs = broken
        pair.step()
        assert not pair.drivers[0].contactor.closed()
        assert pair.world[0] == OPEN


def test_the_plug_that_is_pulled_opens_the_contactor_first():
    for dialect in DIALECTS:
        pair = charging(dialect)
        register = pair.energy_wh(1)
        pair.unplug(1)
        assert pair.world[0] == OPEN
        assert ended(pair) == ("EVDisconnected", register)


def test_every_way_to_stop_opens_first():
    for dialect in DIALECTS:
        for way in "card", "remote", "reset":
            pair = charging(dialect)
            if way == "card":
                pair.token("04AABBCC", 1)
            elif way == "reset":
                pair.call("Reset", {"type": "Hard" if dialect == V16 else "Immediate"})
            elif dialect == V16:
                pair.call("RemoteStopTransaction", {"transactionId": 1001})
            else:
                transaction_id = pair.station.evses[0].transaction.id
                pair.call("RequestStopTransaction", {"transactionId": transaction_id})
            pair.run(1)
            told = [
                n
                for n, (kind, m) in enumerate(pair.world)
                if kind == "out" and m[0] == 2 and m[2] in ("StopTransaction", "TransactionEvent")
            ]
            assert pair.world.index(OPEN) < told[0]
            assert ended(pair)[1] == pair.energy_wh(1)


SOCKET = ("sType2",)
NEVER_MS = 3600000


def charging_ev(dialect, stop_ms, variables=None):
    """A pair whose EV needs so long to stop when the offer is withdrawn, at a socket."""
    pair = online(dialect, variables, connectors=SOCKET)
    pair.plug(1, Ev(stop_ms=stop_ms))
    pair.token("04AABBCC", 1)
    pair.run(60)
    assert pair.drivers[0].meter.power_w
    pair.forget()
    return pair


def stop(pair, way):
    is_16 = pair.subprotocol == V16
    if way == "card":
        pair.token("04AABBCC", 1)
    elif way == "reset":
        pair.call("Reset", {"type": "Soft" if is_16 else "Immediate"})
    elif way == "unlock":  # 2.0.1 refuses it while somebody is authorized
        pair.call("UnlockConnector", {"connectorId": 1})
    elif is_16:
        pair.call("RemoteStopTransaction", {"transactionId": 1001})
    else:
        transaction_id = pair.station.evses[0].transaction.id
        pair.call("RequestStopTransaction", {"transactionId": transaction_id})


def of_hardware(pair):
    return [command for kind, command in pair.world if kind == "command"]


def test_an_ordinary_stop_waits_until_the_ev_draws_nothing():
    for dialect in DIALECTS:
        for way in ("card", "remote", "reset") + (("unlock",) if dialect == V16 else ()):
            for stop_ms, waits_s in ((2500, 2), (NEVER_MS, 5)):
                pair = charging_ev(dialect, stop_ms)
                stop(pair, way)
                pair.run(waits_s)
                assert of_hardware(pair) == [("offer", 1, 0)], (dialect, way)
                assert pair.drivers[0].contactor.closed() and pair.drivers[0].lock.locked()
                assert ended(pair) is None and pair.reboots == []
                pair.run(1)
                assert not pair.drivers[0].contactor.closed()
                if stop_ms != NEVER_MS:
                    assert pair.evs[0].until_ms and not pair.evs[0].offered_ma
                assert ended(pair)[1] == pair.energy_wh(1)
                assert of_hardware(pair)[1:3] == [("contactor", 1, False), ("lock", 1, False)]
                assert pair.reboots == (["RemoteReset"] if way == "reset" else [])


def test_a_fault_in_an_ordinary_stop_opens_at_once():
    for dialect in DIALECTS:
        for happens in (
            lambda pair: pair.fault(1, "GroundFailure"),
            lambda pair: pair.unplug(1),
        ):
            pair = charging_ev(dialect, NEVER_MS)
            pair.token("04AABBCC", 1)
            pair.run(1)
            before = len(of_hardware(pair))
            happens(pair)
            assert of_hardware(pair)[before] == ("contactor", 1, False)
            assert ended(pair)[1] == pair.energy_wh(1)


def test_a_power_cut_in_an_ordinary_stop_gives_nobody_energy_again():
    for dialect in DIALECTS:
        for stop_point in "EVConnected,Authorized", "EVConnected":
            variables = {
                "TxCtrlr.ResumptionTimeout": "600",
                "TxCtrlr.TxStopPoint": stop_point,
                "TxCtrlr.StopTxOnInvalidId": "true",
            }
            for way in "card", "refusal":
                pair = charging_ev(dialect, NEVER_MS, variables)
                transactions, evse = pair.station.transactions, pair.station.evses[0]
                if way == "card":
                    pair.token("04AABBCC", 1)
                else:
                    transactions.stop(evse, "DeAuthorized", "Deauthorized", pair.now)
                    pair.step()
                pair.run(1)
                assert pair.drivers[0].contactor.closed()
                pair.power_cut()
                pair.connect()
                pair.run(60)
                assert ("contactor", 1, True) not in of_hardware(pair), (stop_point, way)


def test_a_harmless_fault_leaves_the_power_on():
    for dialect in DIALECTS:
        pair = charging(dialect)
        pair.fault(1, "ReaderFailure")
        pair.run(60)
        assert pair.drivers[0].contactor.closed() and ended(pair) is None


def test_a_welded_contactor_is_a_fault_and_the_end_is_told():
    for dialect in DIALECTS:
        pair = charging(dialect)
        pair.drivers[0].contactor.weld(True)
        pair.token("04AABBCC", 1)
        pair.run(5)
        assert ended(pair) is not None
        assert pair.statuses()[-1] == "Faulted"
        pair.drivers[0].contactor.weld(False)
        pair.run(5)
        assert pair.statuses()[-1] != "Faulted"


def test_a_broken_meter_stops_the_charging():
    for dialect in DIALECTS:
        pair = charging(dialect)
        pair.drivers[0].meter.broken = True
        pair.run(20)
        assert not pair.drivers[0].contactor.closed()
        assert ended(pair) is not None


def test_the_network_can_hold_no_contactor_closed():
    for dialect in DIALECTS:
        pair = charging(dialect)
        pair.csms.slow = True
        pair.fault(1, "GroundFailure")
        assert not pair.drivers[0].contactor.closed()
        pair = charging(dialect)
        pair.disconnect()
        pair.unplug(1)
        assert not pair.drivers[0].contactor.closed()


def test_a_fault_before_the_session_lets_none_begin():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.connect()
        pair.fault(1, "GroundFailure")
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(30)
        assert not pair.drivers[0].contactor.closed()
        assert ended(pair) is None
        assert [c for kind, c in pair.world if kind == "command" and c[0] == "contactor"] == []
