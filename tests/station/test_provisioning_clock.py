"""The wall clock of a whole station, as its server and its own clock set it, in both dialects."""

from tests.support.pair import Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)


def boot(status, interval=300, time=None):
    """An answer to BootNotification."""

    def answer(payload):
        return {
            "status": status,
            "currentTime": time or "2026-05-01T10:00:00Z",
            "interval": interval,
        }

    return answer


def test_B01_FR_06_the_clock_follows_the_server():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": boot("Accepted", 300)})
        pair.connect()
        pair.run(10)
        pair.plug(1)
        assert pair.sent("StatusNotification")[-1]["timestamp"] == "2026-05-01T10:00:10Z"
        pair.csms.answers["Heartbeat"] = {"currentTime": "2026-05-01T12:00:00.500+02:00"}
        pair.forget()
        assert pair.call("TriggerMessage", {"requestedMessage": "Heartbeat"})["status"]
        pair.unplug(1)
        assert pair.sent("StatusNotification")[-1]["timestamp"] == "2026-05-01T10:00:00Z"


def test_an_answer_that_was_long_on_its_way_moves_the_clock_no_further_than_it_must():
    for dialect in DIALECTS:
        # What the server wrote 20 s before it arrives; the clock then says 10:00:30.
        for told, then in (
            ("10:00:09", "10:00:29"),  # the clock is ahead of all that it may mean
            ("10:00:10", "10:00:30"),  # written at once
            ("10:00:30", "10:00:30"),  # written at the last moment
            ("10:00:31", "10:00:31"),  # the clock is behind
        ):
            pair = Pair(dialect, answers={"BootNotification": boot("Accepted", 300)})
            pair.connect()
            pair.run(10)
            pair.csms.slow = True
            pair.csms.answers["Heartbeat"] = {"currentTime": "2026-05-01T%sZ" % told}
            pair.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
            pair.run(20)
            pair.csms.slow = False
            pair.deliver()
            pair.plug(1)
            assert pair.sent("StatusNotification")[-1]["timestamp"][11:19] == then


def test_the_first_time_that_was_long_on_its_way_is_taken_for_its_middle():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"BootNotification": boot("Accepted", 300)})
        pair.csms.slow = True
        pair.connect()
        pair.run(20)
        pair.csms.slow = False
        pair.deliver()
        assert pair.sent("StatusNotification")[0]["timestamp"] == "2026-05-01T10:00:10Z"


def test_a_step_of_the_clock_beyond_the_threshold_is_a_security_event():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.connect()
        pair.forget()
        for step, reported in (("10:00:19", False), ("10:01:00", True), ("09:00:00", True)):
            pair.csms.answers["Heartbeat"] = {"currentTime": "2026-05-01T%sZ" % step}
            pair.forget()
            pair.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
            events = [e["type"] for e in pair.sent("SecurityEventNotification")]
            assert events == (["SettingSystemTime"] if reported else [])


def test_a_time_that_cannot_be_right_is_not_taken():
    for dialect in DIALECTS:
        for wrong in "1970-01-01T00:00:00Z", "2000-01-01T00:00:00Z", "9999-12-31T23:59:59Z":
            pair = Pair(dialect, answers={"BootNotification": boot("Accepted", 9, wrong)})
            pair.connect()
            pair.plug(1)
            pair.token("04AABBCC", 1)
            assert pair.drivers[0].contactor.closed()
            assert pair.actions().count("BootNotification") == 1, wrong
            assert "Authorize" in pair.actions()  # the status counts
            start = "StartTransaction" if dialect == V16 else "TransactionEvent"
            assert not pair.sent("SecurityEventNotification") + pair.sent(start)
            told = [status.get("timestamp") for status in pair.sent("StatusNotification")]
            assert told == ([None] * len(told) if dialect == V16 else [])
            pair.run(60)
            assert pair.sent(start)[0]["timestamp"] == "2026-05-01T10:00:00Z"
            pair.csms.answers = {"Heartbeat": {"currentTime": wrong}}
            pair.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
            pair.forget()
            pair.plug(2)
            assert pair.sent("StatusNotification")[-1]["timestamp"][:10] == "2026-05-01"


def test_TimeSource_says_whose_clock_counts():
    for source, own in (("Heartbeat,RealTimeClock", False), ("RealTimeClock,Heartbeat", True)):
        pair = Pair(V201, {"ClockCtrlr.TimeSource": source})
        pair.station.provisioning.set_clock(1000, pair.now)
        pair.connect()
        stamp = pair.sent("StatusNotification")[0]["timestamp"]
        assert stamp[:10] == ("2020-01-01" if own else "2026-05-01")
    # A clock that never knew the time leaves it to the server, and then follows it.
    pair = Pair(V201, {"ClockCtrlr.TimeSource": "RealTimeClock,Heartbeat"})
    pair.connect()
    pair.csms.answers["Heartbeat"] = {"currentTime": "2026-05-01T10:00:15Z"}
    pair.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
    pair.plug(1)
    assert pair.sent("StatusNotification")[-1]["timestamp"] == "2026-05-01T10:00:15Z"
