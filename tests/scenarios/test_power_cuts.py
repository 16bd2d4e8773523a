"""The power fails in each phase of a session: nothing is lost, and the register is right."""

from tests.support.pair import Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
VARIABLES = {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}


def online(dialect):
    pair = Pair(dialect, VARIABLES)
    pair.connect()  # its transcript must have all that is told
    return pair


def charge(pair, seconds=0):
    pair.plug(1)
    pair.token("04AABBCC", 1)
    if seconds:
        pair.run(seconds)


def stop(pair):
    pair.token("04AABBCC", 1)
    pair.run(1)


def transactions(pair):
    """{transaction: (register at start, reason, register at end)}, each message once by its id."""
    found, seen, starts = {}, [], []
    for direction, message in pair.transcript:
        if direction != "out" or message[0] != 2 or message[1] in seen:
            continue
        seen.append(message[1])
        action, payload = message[2], message[3]
        if action == "StartTransaction":
            starts.append(payload["meterStart"])
        elif action == "StopTransaction":
            start = starts[len(found)]
            found[payload["transactionId"]] = (start, payload["reason"], payload["meterStop"])
        elif action == "TransactionEvent":
            info = payload["transactionInfo"]
            name = info["transactionId"]
            values = [v["sampledValue"][0]["value"] for v in payload.get("meterValue", ())]
            if payload["eventType"] == "Started":
                starts.append(name)
                found[name] = (values[0], None, None)
            elif payload["eventType"] == "Ended":
                found[name] = (found[name][0], info["stoppedReason"], values[-1])
    assert len(starts) == len(found), "a start without an end"
    return sorted(found.values())


def after_the_cut(pair, reason="PowerUp"):
    """The power comes back after an hour; what has been told of the one transaction by then."""
    pair.wall_ms += 3600000
    pair._metered_ms = pair.wall_ms
    pair.power_up(reason)
    pair.csms.slow = False
    pair.csms.answers = {}
    pair.run(5)
    pair.connect()
    pair.run(60)
    assert not pair.drivers[0].contactor.closed()
    assert pair.station.outbox.counts() == [0, 0]
    told = transactions(pair)
    assert len(told) == 1
    return told[0]


def cut(pair):
    pair.update_meters()
    for evse in pair.drivers:
        evse.meter.power_w = 0


def check(happens, reason="PowerLoss", boot_reason="PowerUp"):
    """A cut after `happens(pair)`: the one transaction is told whole, and ended for that reason.
    What the meter showed at the cut, by dialect."""
    energy = []
    for dialect in DIALECTS:
        pair = online(dialect)
        happens(pair)
        cut(pair)
        assert after_the_cut(pair, boot_reason) == (0, reason, pair.energy_wh(1))
        energy.append(pair.energy_wh(1))
    return energy


def test_before_the_start_is_told():
    def happens(pair):
        pair.csms.slow = True
        pair.plug(1)
        pair.csms.slow = False
        pair.deliver()
        action = "StartTransaction" if pair.subprotocol == V16 else "TransactionEvent"
        pair.csms.answers[action] = None
        pair.token("04AABBCC", 1)
        pair.run(10)

    assert min(check(happens)) > 0


def test_right_after_the_start():
    assert check(charge) == [0, 0]


def test_in_the_middle_with_energy_that_nobody_was_told_of():
    for seconds in 30, 59, 61, 1000, 7300:
        energy = check(lambda pair, seconds=seconds: charge(pair, seconds))
        assert energy == [22080 * seconds // 3600] * 2


def test_while_offline():
    def happens(pair):
        pair.disconnect()
        charge(pair, 500)

    check(happens)


def test_offline_since_the_middle():
    def happens(pair):
        charge(pair, 500)
        pair.disconnect()
        pair.run(500)

    check(happens)


def test_after_the_end_before_it_is_told():
    def happens(pair):
        charge(pair, 500)
        pair.disconnect()
        stop(pair)

    check(happens, "Local")


def test_after_the_end_is_told_but_not_acknowledged():
    def happens(pair):
        charge(pair, 500)
        pair.csms.slow = True
        stop(pair)

    check(happens, "Local")


def test_after_all_is_over_nothing_is_told_again():
    def happens(pair):
        charge(pair, 500)
        pair.unplug(1)
        pair.run(5)

    check(happens, "EVDisconnected")


def test_twice_in_a_row():
    def happens(pair):
        charge(pair, 500)
        cut(pair)
        pair.power_up()
        pair.power_up()

    check(happens)


def test_a_watchdog_is_no_power_loss():
    check(lambda pair: charge(pair, 500), "Reboot", "Watchdog")


def test_with_entries_in_the_journal_that_cannot_be_read():
    def happens(pair):
        charge(pair, 500)
        for garbage in b"", b"\x01", b"\x01" + bytes(90), b"\x09xyz":
            pair.store.journal.append(garbage)

    check(happens)


def test_the_energy_of_both_sessions_around_a_cut_adds_up():
    for dialect in DIALECTS:
        pair = online(dialect)
        charge(pair, 500)
        cut(pair)
        pair.power_up()
        pair.connect()
        pair.run(10)
        pair.unplug(1)
        charge(pair, 300)
        pair.unplug(1)
        pair.run(10)
        told = transactions(pair)
        assert [reason for _, reason, _ in told] == ["PowerLoss", "EVDisconnected"]
        assert told[0][2] == told[1][0] and told[1][2] == pair.energy_wh(1)
