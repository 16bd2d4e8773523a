"""After a power cut a transaction goes on if that is wanted, and if nothing stands against it."""

from tests.support.pair import START_EPOCH_S, Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
TIMEOUT = {"TxCtrlr.ResumptionTimeout": "300"}
CARD = "04AABBCC"


def charging(dialect, seconds=500, variables=None, **options):
    given = dict(TIMEOUT)
    given.update(variables or {})
    pair = Pair(dialect, given, evses=1, **options)
    pair.connect()
    pair.plug(1)
    pair.token(CARD, 1)
    pair.run(seconds)
    return pair


def cut(pair, off_s=60, reason="PowerUp", then=None):
    """The power fails and comes back; `then(pair)` is done while it is off."""
    pair.update_meters()
    pair.drivers[0].meter.power_w = 0
    pair.wall_ms += off_s * 1000
    pair._metered_ms = pair.wall_ms
    if then is not None:
        then(pair)
    pair.power_up(reason)


def back(pair, **how):
    """The same, and after a while the server is there again."""
    cut(pair, **how)
    pair.run(3)
    pair.connect()
    pair.run(10)


def starts(pair):
    if pair.subprotocol == V16:
        return len(pair.sent("StartTransaction"))
    return len([e for e in events(pair) if e["eventType"] == "Started"])


def events(pair):
    return pair.sent("TransactionEvent")


def ends(pair):
    """(stoppedReason, register, time) of each end."""
    if pair.subprotocol == V16:
        return [
            (stop["reason"], stop["meterStop"], stop["timestamp"])
            for stop in pair.sent("StopTransaction")
        ]
    return [
        (
            event["transactionInfo"]["stoppedReason"],
            event["meterValue"][-1]["sampledValue"][0]["value"],
            event["timestamp"],
        )
        for event in events(pair)
        if event["eventType"] == "Ended"
    ]


def samples(pair):
    """(context, register, time) of each sample that was told while the transaction ran."""
    if pair.subprotocol == V16:
        values = [value for told in pair.sent("MeterValues") for value in told["meterValue"]]
    else:
        values = [
            value
            for event in events(pair)
            if event["eventType"] == "Updated"
            for value in event.get("meterValue", ())
        ]
    return [
        (v["sampledValue"][0]["context"], int(v["sampledValue"][0]["value"]), v["timestamp"])
        for v in values
    ]


def charges(pair):
    return pair.drivers[0].contactor.closed()


def has_ended(pair, reason="PowerLoss", register=None):
    """One transaction was told, and so was its end, and it gets no more energy."""
    assert starts(pair) == 1 and not charges(pair)
    ((told, energy_wh, _),) = ends(pair)
    assert told == reason
    assert energy_wh == (pair.energy_wh(1) if register is None else register)
    assert pair.station.evses[0].transaction is None
    return True


def test_it_goes_on_and_its_end_tells_the_whole():
    for dialect in DIALECTS:
        pair = charging(dialect)
        before_wh = pair.energy_wh(1)
        back(pair)
        assert charges(pair) and starts(pair) == 1 and ends(pair) == []
        pair.run(600)
        pair.unplug(1)
        pair.run(5)
        assert has_ended(pair, "EVDisconnected") and pair.energy_wh(1) > before_wh + 3000
        assert samples(pair)[8:10] == [
            ("Interruption.Begin", 2944, "2026-05-01T10:08:00Z"),
            ("Interruption.End", before_wh, "2026-05-01T10:09:23Z"),
        ]
        if dialect == V201:
            told = events(pair)
            assert [event["seqNo"] for event in told] == list(range(len(told)))
            assert len({event["transactionInfo"]["transactionId"] for event in told}) == 1
            assert [event["idToken"]["idToken"] for event in told if "idToken" in event] == [CARD]
            assert len([event for event in told if "evse" in event]) == 1
            # Of the 500 s before the cut 480 are recorded, and all of those after it but 3 to 13.
            assert told[-1]["transactionInfo"]["timeSpentCharging"] == 480 + 610
            resumed = [e for e in told if e["triggerReason"] == "AbnormalCondition"]
            assert [e["transactionInfo"]["chargingState"] for e in resumed] == ["EVConnected"]
            assert told[-1]["meterValue"][0]["sampledValue"][0]["context"] == "Transaction.Begin"
            assert told[-1]["meterValue"][0]["sampledValue"][0]["value"] == 0


def test_it_may_be_cut_off_again_and_again():
    for dialect in DIALECTS:
        pair = charging(dialect)
        for reason in "PowerUp", "Watchdog", "PowerUp", "ApplicationReset":
            back(pair, reason=reason)
            assert charges(pair)
            pair.run(200)
        pair.token(CARD, 1)
        pair.run(5)
        assert has_ended(pair, "Local")


def test_the_interruption_may_take_as_long_as_the_timeout():
    for dialect in DIALECTS:
        for off_s, goes_on in (
            (277, True),
            (278, False),
        ):  # and 20 s since the record, 3 s of boot
            pair = charging(dialect)
            back(pair, off_s=off_s)
            assert charges(pair) == goes_on, off_s
            assert goes_on or has_ended(pair)
            assert goes_on or ends(pair)[0][2] == "2026-05-01T10:08:00Z"


def test_with_a_timeout_of_0_it_ends():
    for dialect in DIALECTS:
        for reason, told in (("PowerUp", "PowerLoss"), ("Watchdog", "Reboot")):
            pair = charging(dialect, variables={"TxCtrlr.ResumptionTimeout": "0"})
            back(pair, off_s=0, reason=reason)
            assert has_ended(pair, told)


def test_it_ends_if_the_car_is_gone_or_in_another_socket():
    def gone(pair):
        pair.evs[0] = None

    def moved(pair):
        pair.sockets[0] = 2

    for dialect in DIALECTS:
        for then in gone, moved:
            pair = charging(dialect, connectors=("cType2", "cType2"))
            back(pair, then=then)
            assert has_ended(pair)


def test_a_car_that_is_seen_in_a_few_seconds_is_soon_enough():
    for dialect in DIALECTS:
        for wait_s, goes_on in ((4, True), (6, False)):
            pair = charging(dialect)
            car, pair.evs[0] = pair.evs[0], None
            cut(pair)
            pair.connect()
            pair.run(wait_s)
            pair.plug(1, car)
            pair.run(10)
            assert charges(pair) == goes_on and (ends(pair) == []) == goes_on
            assert goes_on or ends(pair)[0][:2] == ("PowerLoss", pair.energy_wh(1))


def test_while_the_time_is_not_known_there_is_no_energy():
    for dialect in DIALECTS:
        pair = charging(dialect)
        cut(pair)
        pair.run(200)
        assert not charges(pair) and pair.station.evses[0].transaction is not None
        pair.connect()
        pair.run(1)
        assert charges(pair)
        pair = charging(dialect)
        cut(pair)
        pair.run(299)
        assert pair.station.evses[0].transaction is not None
        pair.run(1)
        assert pair.station.evses[0].transaction is None
        pair.connect()
        pair.run(60)
        assert has_ended(pair)


def test_a_car_that_leaves_while_it_waits_for_the_time():
    for dialect in DIALECTS:
        pair = charging(dialect)
        cut(pair)
        pair.run(100)
        pair.unplug(1)
        pair.connect()
        pair.run(5)
        assert has_ended(pair)


def test_a_clock_of_its_own_makes_it_go_on_without_a_server():
    for dialect in DIALECTS:
        pair = charging(dialect)
        cut(pair)
        pair.station.provisioning.set_clock(START_EPOCH_S + pair.wall_ms // 1000, pair.now)
        pair.run(1)
        assert charges(pair)
        pair.run(100)
        pair.connect()
        pair.unplug(1)
        pair.run(10)
        assert has_ended(pair, "EVDisconnected")


def test_a_meter_that_shows_less_or_nothing():
    def replaced(pair):
        pair._meters_wms[0] = 0

    for dialect in DIALECTS:
        pair = charging(dialect)
        back(pair, then=replaced)
        assert has_ended(pair, register=2944)
        pair = charging(dialect)
        pair.power_up = without_meter(pair, pair.power_up)
        back(pair)
        assert has_ended(pair, register=2944)


def without_meter(pair, power_up):
    """A `power_up` after which the meter does not answer."""
    step = pair.step

    def silent():
        pair.drivers[0].meter.broken = True
        step()

    def dead(reason="PowerUp"):
        pair.step = silent
        power_up(reason)

    return dead


def test_what_is_inoperative_or_faulted_ends():
    for dialect in DIALECTS:
        for evse_id in 0, 1:
            pair = charging(dialect)
            if dialect == V16:
                request = {"connectorId": evse_id, "type": "Inoperative"}
            else:
                request = {"operationalStatus": "Inoperative"}
                if evse_id:
                    request["evse"] = {"id": evse_id}
            pair.call("ChangeAvailability", request)
            assert charges(pair)
            back(pair)
            assert has_ended(pair)
        pair = charging(dialect)
        cut(pair)
        pair.fault(1, "GroundFailure")
        pair.connect()
        pair.run(10)
        assert has_ended(pair)


def test_its_own_card_ends_it_and_no_other_does():
    for dialect in DIALECTS:
        pair = charging(dialect)
        back(pair)
        pair.token("04FFFFFF", 1)
        pair.run(5)
        assert charges(pair)
        pair.token(CARD, 1)
        pair.run(5)
        assert has_ended(pair, "Local")


def test_a_card_of_its_group_ends_it():
    def group(answer):
        key = "parentIdTag" if answer == V16 else "groupIdToken"
        return {key: "FLEET" if answer == V16 else {"idToken": "FLEET", "type": "Central"}}

    for dialect in DIALECTS:
        info = dict(group(dialect), status="Accepted")
        key = "idTagInfo" if dialect == V16 else "idTokenInfo"
        pair = charging(dialect, answers={"Authorize": {key: info}})
        back(pair)
        assert charges(pair)
        pair.token("04FFFFFF", 1)
        pair.run(5)
        assert has_ended(pair, "Local")


def test_energy_may_be_kept_off():
    for dialect in DIALECTS:
        variables = {"TxCtrlr.AllowEnergyTransferResumption": "false"}
        pair = charging(dialect, variables=variables)
        back(pair)
        assert not charges(pair) and ends(pair) == []
        if dialect == V201:
            assert events(pair)[-1]["transactionInfo"]["chargingState"] == "SuspendedEVSE"
        pair.token(CARD, 1)
        pair.run(5)
        assert has_ended(pair, "Local")


def test_the_limit_of_an_invalid_card_holds_over_the_cut():
    for dialect in DIALECTS:
        variables = {
            "TxCtrlr.StopTxOnInvalidId": "false",
            "TxCtrlr.MaxEnergyOnInvalidId": "4000",
        }
        pair = Pair(dialect, dict(TIMEOUT, **variables), evses=1)
        pair.connect()
        if dialect == V16:
            invalid = {"transactionId": 7, "idTagInfo": {"status": "Invalid"}}
            pair.csms.answers["StartTransaction"] = invalid
        else:
            pair.csms.answers["TransactionEvent"] = lambda payload: (
                {"idTokenInfo": {"status": "Invalid"}} if "idToken" in payload else {}
            )
        pair.plug(1)
        pair.token(CARD, 1)
        pair.run(500)
        back(pair)
        assert charges(pair)
        pair.run(1000)
        assert not charges(pair) and 4000 <= pair.energy_wh(1) < 4100


def test_what_was_about_to_end_does_not_go_on():
    for dialect in DIALECTS:
        pair = charging(dialect)
        pair.drivers[0].contactor.welded = True  # Ended waits for it
        pair.token(CARD, 1)
        assert pair.station.evses[0].transaction.final
        back(pair)
        assert has_ended(pair, "Local")


def test_nobody_is_authorized_who_was_not():
    for dialect in DIALECTS:
        variables = {"TxCtrlr.TxStartPoint": "EVConnected", "TxCtrlr.TxStopPoint": "EVConnected"}
        pair = charging(dialect, variables=variables)
        if dialect == V16:
            stop = {"transactionId": 1001}
            pair.call("RemoteStopTransaction", stop)
        else:
            transaction_id = events(pair)[0]["transactionInfo"]["transactionId"]
            pair.call("RequestStopTransaction", {"transactionId": transaction_id})
        pair.run(60)
        assert not charges(pair) and ends(pair) == []
        back(pair)
        assert not charges(pair) and ends(pair) == []
        pair.unplug(1)
        pair.run(5)
        assert has_ended(pair, "Remote")


def test_the_cable_in_a_socket_stays_its_owners():
    for dialect in DIALECTS:
        pair = charging(dialect, connectors=("sType2",))
        assert pair.drivers[0].lock.locked()
        cut(pair)
        commands = [e[1] for e in pair.world if e[0] == "command"][-3:]
        pair.run(100)
        assert ("lock", 1, False) not in commands and pair.drivers[0].lock.locked()
        pair.token(CARD, 1)  # he does not want to wait for the time
        pair.run(1)
        assert not pair.drivers[0].lock.locked()
        pair.connect()
        pair.run(10)
        assert has_ended(pair)
