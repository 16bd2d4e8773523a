"""The real time clock of the controller or of its board, as a source of time that may be unset.

rtc: as machine.RTC: datetime() gives (year, month, day, weekday, hour, minute, second, part) in
UTC, datetime(tuple) sets it. After a loss of power it shows a year long past: a time before the
firmware was made, or past the station's range, is none. Two readings must agree to a second, for
some ports read the registers one after the other.
"""

from .. import modules
from ..compat import const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import RTC

_DAY_S = const(86400)
_EPOCH_DAYS = const(737730)  # days_before(2020, 1, 1)
_FIRST_YEAR = const(2026)
_LAST_YEAR = const(2053)


class Rtc:
    """earliest_s: seconds since 2020 before which no time is believed."""

    def __init__(self, rtc: "RTC", earliest_s: int = 189388800):  # 2026-01-01
        self._rtc = rtc
        self.earliest_s = earliest_s

    def epoch_s(self):
        """Seconds since 2020-01-01T00:00:00Z, or None if the clock was not set."""
        first, second = self._read(), self._read()
        if first is None or second is None or not 0 <= second - first <= 1:
            return None
        return second if second >= self.earliest_s else None

    def set(self, epoch_s: int) -> None:
        """Set it by the server's time. Raises ValueError for a time not to be believed."""
        if epoch_s < self.earliest_s:
            raise ValueError("time before the firmware was made")
        days, second = divmod(epoch_s, _DAY_S)
        # Monday is 1, as STM32 wants it; ESP32 works it out by itself. Day 0 was a Wednesday.
        weekday = (days + 2) % 7 + 1
        days_before = modules.use("timestamp").days_before
        year = 2020
        while days_before(year + 1, 1, 1) - _EPOCH_DAYS <= days:
            year += 1
        month = 1
        while month < 12 and days_before(year, month + 1, 1) - _EPOCH_DAYS <= days:
            month += 1
        day = days - (days_before(year, month, 1) - _EPOCH_DAYS) + 1
        self._rtc.datetime(
            (year, month, day, weekday, second // 3600, second // 60 % 60, second % 60, 0)
        )

    def _read(self):
        year, month, day, _, hour, minute, second = self._rtc.datetime()[:7]
        if not (_FIRST_YEAR <= year <= _LAST_YEAR and 1 <= month <= 12 and 1 <= day <= 31):
            return None
        if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
            return None
        days = modules.use("timestamp").days_before(year, month, day) - _EPOCH_DAYS
        return days * _DAY_S + hour * 3600 + minute * 60 + second
