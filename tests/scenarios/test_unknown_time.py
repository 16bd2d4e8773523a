"""What happens before the time is known is told with its own moments, as far as they are known."""

from tests.support.moments import after, moments
from tests.support.pair import Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
CARD = "04AABBCC"
DAY_S = 86400
UNREGISTERED = {
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    "TxCtrlr.TxBeforeAcceptedEnabled": "true",
    "SampledDataCtrlr.TxEndedInterval": "60",
}


def never_decreases(pair):
    told = [time for what, time in moments(pair) if what != "sample"]
    assert told == sorted(told)
    for _, time in moments(pair):
        assert time[:4] == "2026", time
    return True


def charge_unregistered(pair, seconds=300):
    pair.plug(1)
    pair.token(CARD, 1)
    pair.run(seconds)


def test_what_happened_before_is_told_with_its_own_moments():
    for dialect in DIALECTS:
        pair = Pair(dialect, UNREGISTERED, evses=1)
        pair.run(40)
        charge_unregistered(pair)
        pair.unplug(1)
        pair.run(20)
        assert pair.transcript == []
        pair.connect()
        pair.run(10)
        told = moments(pair)
        if dialect == V16:
            wanted = [("Start", after(40))]
            wanted += [("sample", after(40 + 60 * n)) for n in range(1, 6)]
            wanted += [("StopT", after(340))]
        else:
            wanted = [("Started", after(40)), ("sample", after(40)), ("Updated", after(40))]
            for n in range(1, 6):
                wanted += [("Updated", after(40 + 60 * n)), ("sample", after(40 + 60 * n))]
            wanted += [("Updated", after(340)), ("Ended", after(340))]
            told = [entry for entry in told if entry[0] != "Updated"]
            wanted = [entry for entry in wanted if entry[0] != "Updated"]
        wanted += [("sample", after(40 + 60 * n)) for n in range(6)] + [("sample", after(340))]
        assert told == wanted
        startup = pair.sent("SecurityEventNotification")[0]
        assert startup["timestamp"] == after(0)


def test_a_transaction_that_goes_on_tells_both_halves_by_their_own_clock():
    for dialect in DIALECTS:
        pair = Pair(dialect, UNREGISTERED, evses=1)
        charge_unregistered(pair, 150)
        pair.connect()
        pair.run(150)
        pair.unplug(1)
        pair.run(5)
        told = [time for what, time in moments(pair) if what == "sample"][-7:]
        assert told == [after(60 * n) for n in range(6)] + [after(300)]
        assert never_decreases(pair)


def test_an_earlier_boot_that_learned_the_time_is_exact():
    for dialect in DIALECTS:
        pair = Pair(dialect, UNREGISTERED, evses=1)
        pair.run(30)
        charge_unregistered(pair, 200)
        refused = {"status": "Rejected", "currentTime": pair.wall_time(), "interval": 3600}
        pair.csms.answers["BootNotification"] = refused
        pair.connect()  # it has the time from here on, and tells nothing
        pair.unplug(1)
        pair.disconnect()
        pair.run(100)
        pair.csms.answers = {}
        pair.power_cut()
        pair.run(50)
        pair.connect()
        pair.run(10)
        told = moments(pair)
        assert told[0][1] == after(30)
        assert told[-1] == ("sample", after(230)) and told[-2] == ("sample", after(210))
        assert never_decreases(pair)


def test_what_was_reckoned_becomes_exact_with_its_samples():
    for dialect in DIALECTS:
        pair = Pair(dialect, UNREGISTERED, evses=1)
        pair.connect()
        pair.run(10)
        pair.wall_ms += 3600000  # the time without power, of which the next boot knows nothing
        pair._metered_ms = pair.wall_ms
        pair.power_cut()
        charge_unregistered(pair, 100)
        pair.csms.answers["BootNotification"] = {
            "status": "Rejected",
            "currentTime": pair.wall_time(),
            "interval": 3600,
        }
        pair.connect()  # from here on it knows, but records nothing
        pair.run(10)
        pair.csms.answers = {}
        pair.power_cut()
        pair.forget()
        pair.run(10)
        pair.connect()
        pair.run(10)
        told = moments(pair)
        assert told[0][1] == after(3610)
        assert told[-1] == ("sample", after(3670)) and told[-3][1] == after(3670)


def test_of_a_boot_that_never_learned_it_order_and_bounds_count():
    for dialect in DIALECTS:
        pair = Pair(dialect, UNREGISTERED, evses=1)
        pair.connect()
        pair.run(100)
        pair.plug(1)
        pair.token(CARD, 1)
        pair.run(500)
        pair.unplug(1)
        pair.disconnect()
        pair.forget()
        pair.wall_ms += 3600000
        pair._metered_ms = pair.wall_ms
        pair.power_cut()  # boot 2: 4200 s after the beginning, if only it knew
        pair.run(40)
        charge_unregistered(pair)
        pair.unplug(1)
        pair.run(10)
        pair.power_cut()  # boot 3, no wiser
        charge_unregistered(pair, 100)
        pair.unplug(1)
        pair.power_cut()  # boot 4
        boot_s = pair.wall_ms // 1000
        pair.connect()
        pair.run(10)
        starts = ("Start", "Started")
        began = [time for what, time in moments(pair) if what in starts]
        # The latest known moment is the end of the session in boot 1, 600 s after the beginning.
        assert began == [after(640), after(940)]
        assert never_decreases(pair)
        assert moments(pair)[-1][1] == after(1040) < after(boot_s)


def test_the_latest_known_moment_is_a_day_old_at_most():
    for dialect in DIALECTS:
        boot = {"status": "Accepted", "currentTime": after(0), "interval": DAY_S}
        pair = Pair(dialect, UNREGISTERED, evses=1, answers={"BootNotification": boot})
        pair.connect()
        pair.run(10 * DAY_S + 3000)
        pair.csms.answers = {}
        pair.power_cut()
        charge_unregistered(pair)
        pair.unplug(1)
        pair.forget()
        pair.power_cut()
        pair.run(DAY_S)
        pair.connect()
        pair.run(10)
        assert after(9 * DAY_S) < moments(pair)[0][1] <= after(10 * DAY_S + 3000)


def test_without_any_known_moment_it_is_the_beginning_of_the_boot_that_tells():
    for dialect in DIALECTS:
        pair = Pair(dialect, UNREGISTERED, evses=1)
        charge_unregistered(pair)
        pair.unplug(1)
        pair.power_cut()
        pair.run(7)
        pair.connect()
        pair.run(10)
        assert {time for _, time in moments(pair)} == {after(300)}


def test_a_transaction_across_boots_that_never_learned_it_never_goes_back():
    for dialect in DIALECTS:
        for known_before in True, False:
            pair = Pair(dialect, UNREGISTERED, evses=1)
            if known_before:
                pair.connect()
                pair.run(10)
                pair.disconnect()
            charge_unregistered(pair, 200)
            pair.power_cut()
            pair.run(100)
            pair.power_cut()
            pair.run(100)
            pair.connect()
            pair.run(10)
            assert never_decreases(pair)
            ends = [time for what, time in moments(pair) if what in ("Ended", "StopT")]
            recorded_s = 190 if known_before else 200  # else the beginning of boot 3 is the bound
            assert ends == [after(recorded_s if known_before else 300)]


def test_weeks_of_ticks_before_the_time_is_known():
    for dialect in DIALECTS:
        for wrap_ms in 1 << 30, 1 << 31, 1 << 32:
            pair = Pair(dialect, UNREGISTERED, evses=1)
            pair.run(wrap_ms // 1000 - 100)
            charge_unregistered(pair)
            pair.unplug(1)
            pair.connect()
            pair.run(10)
            began_s = wrap_ms // 1000 - 100
            told = moments(pair)
            assert (told[0][1], told[-1][1]) == (after(began_s), after(began_s + 300))
            samples = [time for what, time in told if what == "sample"][-7:]
            assert samples == [after(began_s + 60 * n) for n in range(6)] + [after(began_s + 300)]
