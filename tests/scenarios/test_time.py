"""The time: across its jumps, after weeks of ticks, and of servers with a wrong one."""

import json

from chargepoint import timestamp
from tests.support.moments import after, moments, taken
from tests.support.pair import START_EPOCH_S, Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
CARD = "04AABBCC"
DAY_S = 86400


def steps(pair):
    """techInfo of each SettingSystemTime."""
    return [
        event["techInfo"]
        for event in pair.sent("SecurityEventNotification")
        if event["type"] == "SettingSystemTime"
    ]


def heartbeat(pair, time):
    pair.csms.answers["Heartbeat"] = {"currentTime": time}
    pair.call("TriggerMessage", {"requestedMessage": "Heartbeat"})


# ---- jumps


def jumped(dialect, to, variables=None):
    """A transaction of 630 s in whose middle, after 315 s, the clock is set."""
    given = {"AlignedDataCtrlr.Interval": "120", "SampledDataCtrlr.TxUpdatedInterval": "60"}
    given.update(variables or {})
    pair = Pair(dialect, given, evses=1)
    pair.connect()
    pair.plug(1)
    pair.token(CARD, 1)
    pair.run(315)
    heartbeat(pair, to)
    pair.run(315)
    return pair


def test_sampled_data_counts_ticks_and_aligned_data_goes_on_at_the_next_moment():
    for dialect in DIALECTS:
        for to, wanted in (
            ("2026-05-01T13:30:07Z", ("13:32:00", "13:34:00")),
            ("2026-05-01T07:31:53Z", ("07:32:00", "07:34:00", "07:36:00")),
            ("2026-05-03T23:59:59Z", ("00:00:00", "00:02:00", "00:04:00")),
        ):
            pair = jumped(dialect, to)
            assert len(steps(pair)) == 1
            aligned = [time[11:19] for time in taken(pair, "Sample.Clock")]
            assert aligned == ["10:02:00", "10:04:00"] + list(wanted)
            jump_s = timestamp.parse(to) - START_EPOCH_S - 315
            assert taken(pair, "Sample.Periodic") == [
                after(60 * n + (jump_s if n > 5 else 0)) for n in range(1, 11)
            ]


def test_a_jump_that_crosses_many_moments_makes_no_burst():
    for dialect in DIALECTS:
        pair = jumped(dialect, "2026-09-01T00:00:30Z")
        per_minute = {}
        for time_ms, _ in pair.times:
            per_minute[time_ms // 60000] = per_minute.get(time_ms // 60000, 0) + 1
        assert max([count for minute, count in per_minute.items() if minute > 0]) <= 4


def test_small_corrections_are_no_events_and_cost_no_aligned_sample():
    for dialect in DIALECTS:
        for drift_s in 3, -3, 14, -14:
            variables = {"AlignedDataCtrlr.Interval": "300"}
            pair = Pair(dialect, variables, evses=1)
            pair.connect()
            pair.plug(1)
            pair.token(CARD, 1)
            pair.forget()
            for n in range(1, 40):  # a clock that needs that correction every 150 s
                pair.run(150 - drift_s)
                heartbeat(pair, after(150 * n + (1 if drift_s > 0 else -1)))
            assert steps(pair) == []
            aligned = [timestamp.parse(time) for time in taken(pair, "Sample.Clock")]
            late_s = [epoch_s % 300 for epoch_s in aligned]
            assert max(late_s) <= 15
            slots = [epoch_s // 300 for epoch_s in aligned]
            assert slots == list(range(slots[0], slots[0] + 19)), drift_s


# ---- weeks of ticks


def test_after_weeks_of_ticks_all_is_as_on_the_first_day():
    for dialect in DIALECTS:
        for wrap_ms in 1 << 30, 1 << 31, 1 << 32:  # 12.4, 24.8 and 49.7 days
            slow = {"status": "Accepted", "currentTime": after(0), "interval": DAY_S}
            pair = Pair(dialect, evses=1, answers={"BootNotification": slow})
            pair.connect()
            pair.run(wrap_ms // 1000 - 200)
            pair.forget()
            pair.plug(1)
            pair.token(CARD, 1)
            pair.run(400)
            pair.disconnect()
            pair.token(CARD, 1)
            pair.run(60)
            pair.connect()
            pair.run(10)
            began_s = wrap_ms // 1000 - 200
            told = [entry for entry in moments(pair) if entry[0] not in ("Updated", "sample")]
            assert [time for _, time in told] == [after(began_s), after(began_s + 400)]
            if dialect == V201:
                ended = pair.sent("TransactionEvent")[-1]
                assert ended["transactionInfo"]["timeSpentCharging"] == 400
                assert ended["offline"] is True
            samples = [time for what, time in moments(pair) if what == "sample"]
            for n in range(1, 7):
                assert after(began_s + 60 * n) in samples


# ---- servers with a wrong clock


def test_what_is_no_time_changes_nothing():
    for dialect in DIALECTS:
        pair = Pair(dialect, evses=1)
        pair.connect()
        for wrong in (
            "1970-01-01T00:00:00Z",
            "2000-01-01T00:00:00Z",
            "2200-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "now",
            "",
            "2026-05-01",
            "2026-05-01T10:00:00",
            "2026-13-01T10:00:00Z",
            "2026-02-30T10:00:00Z",
        ):
            heartbeat(pair, wrong)
            assert pair.station.clock_epoch_s(pair.now) == START_EPOCH_S, wrong
        assert steps(pair) == []


def test_the_offset_of_the_servers_zone_counts():
    for dialect in DIALECTS:
        for text in (
            "2026-05-01T12:00:00+02:00",
            "2026-05-01T02:30:00-07:30",
            "2026-05-01T10:00:00.999Z",
            "2026-05-02T00:00:00.5+14:00",
            "2026-05-01t10:00:00z",
        ):
            boot = {"status": "Accepted", "currentTime": text, "interval": 300}
            pair = Pair(dialect, evses=1, answers={"BootNotification": boot})
            pair.connect()
            assert pair.station.clock_epoch_s(pair.now) == START_EPOCH_S, text
            heartbeat(pair, text)
            assert steps(pair) == []


def test_a_clock_that_leaps_with_each_answer_is_reported_twice_an_hour():
    for dialect in DIALECTS:
        pair = Pair(dialect, evses=1)
        pair.connect()
        leaps = []

        def leap(payload, pair=pair, leaps=leaps):
            leaps.append(0)
            return {"currentTime": after(len(leaps) % 2 * 40000)}

        pair.csms.answers["Heartbeat"] = leap
        pair.run(6 * 3600)
        assert len(leaps) >= 70
        assert len(steps(pair)) == 12
        assert len([line for line in pair.log if "clock set" in line]) == len(leaps) - 12
        assert json.dumps(steps(pair)[0]) == '"from %s to %s"' % (after(300), after(40000))


def test_a_wrong_time_and_its_correction_are_both_reported():
    for dialect in DIALECTS:
        pair = Pair(dialect, evses=1)
        pair.connect()
        heartbeat(pair, after(40000))
        pair.run(60)
        heartbeat(pair, after(60))
        assert len(steps(pair)) == 2 and steps(pair)[1].endswith("to " + after(60))
