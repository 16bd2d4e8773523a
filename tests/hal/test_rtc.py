"""The real time clock: set, unset, and read in the middle of a carry."""

from chargepoint.hal.rtc import Rtc
from chargepoint.timestamp import parse


class MachineRtc:
    """As machine.RTC; refuses what no date is."""

    def __init__(self, *shown):
        self.shown = list(shown) or [(2000, 1, 1, 5, 0, 0, 0, 0)]

    def datetime(self, value=None):
        if value is None:
            return self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]
        year, month, day, weekday, hour, minute, second, part = value
        assert 2000 <= year < 2100 and 1 <= month <= 12 and 1 <= day <= 31 and 1 <= weekday <= 7
        assert 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and part == 0
        self.shown = [value]


def test_a_clock_that_was_never_set_has_no_time():
    assert Rtc(MachineRtc()).epoch_s() is None
    assert Rtc(MachineRtc((2015, 1, 1, 3, 0, 0, 0, 0))).epoch_s() is None
    assert Rtc(MachineRtc((2026, 0, 0, 3, 0, 0, 0, 0))).epoch_s() is None
    assert Rtc(MachineRtc((2099, 1, 1, 3, 0, 0, 0, 0))).epoch_s() is None


def test_what_is_set_is_read():
    for text, weekday in (
        ("2026-01-01T00:00:00Z", 4),
        ("2026-11-20T12:34:56Z", 5),
        ("2028-02-29T23:59:59Z", 2),
        ("2028-12-31T23:59:59Z", 7),
        ("2050-03-01T00:00:01Z", 2),
    ):
        part = MachineRtc()
        rtc = Rtc(part)
        rtc.set(parse(text))
        year, month, day, shown_weekday, hour, minute, second, _ = part.shown[0]
        date = "%04d-%02d-%02dT%02d:%02d:%02dZ" % (year, month, day, hour, minute, second)
        assert date == text and shown_weekday == weekday
        assert rtc.epoch_s() == parse(text)


def test_a_time_before_the_firmware_is_none_and_is_not_set():
    earliest_s = parse("2026-11-01T00:00:00Z")
    rtc = Rtc(MachineRtc((2026, 10, 31, 5, 23, 59, 59, 0)), earliest_s)
    assert rtc.epoch_s() is None
    try:
        rtc.set(earliest_s - 1)
    except ValueError:
        return
    raise AssertionError("it was set")


def test_readings_that_do_not_agree_are_none():
    rtc = Rtc(MachineRtc((2026, 11, 20, 4, 12, 59, 59, 0), (2026, 11, 20, 4, 12, 0, 0, 0)))
    assert rtc.epoch_s() is None
    rtc = Rtc(MachineRtc((2026, 11, 20, 4, 12, 59, 59, 0), (2026, 11, 20, 4, 13, 0, 0, 0)))
    assert rtc.epoch_s() == parse("2026-11-20T13:00:00Z")
