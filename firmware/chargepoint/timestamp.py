"""RFC 3339 timestamps and the seconds that the station counts in.

`epoch_s` is seconds since 2020-01-01T00:00:00Z: it stays a small integer (31 bits) on a 32-bit
MicroPython until 2054, where seconds since 1970 would be an object on the heap. On the wire a
timestamp is UTC, ends in `Z` and has no fraction (part 2, 3.1).
"""

from .compat import const

_DAY_S = const(86400)
_EPOCH_DAYS = const(737730)  # days_before(2020, 1, 1)


def days_before(year: int, month: int, day: int) -> int:
    """Days from 0000-03-01 to the date, the year beginning in March so that the leap day ends
    it."""
    if month < 3:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day - 1


def format(epoch_s: int) -> str:
    """`epoch_s` as `2026-05-01T10:00:00Z`."""
    days, second = divmod(epoch_s, _DAY_S)
    days += _EPOCH_DAYS
    year = (400 * days + 591) // 146097
    of_year = days - (365 * year + year // 4 - year // 100 + year // 400)
    if of_year < 0:
        year -= 1
        of_year = days - (365 * year + year // 4 - year // 100 + year // 400)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month += 3
    if month > 12:
        month -= 12
        year += 1
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % (
        year,
        month,
        day,
        second // 3600,
        second // 60 % 60,
        second % 60,
    )


def parse(text: str) -> int:
    """Whole seconds of an RFC 3339 timestamp with any offset; a fraction is dropped.

    Raises ValueError for anything else, also for a date that does not exist.
    """
    try:
        year, month, day = _number(text, 0, 4), _number(text, 5, 7), _number(text, 8, 10)
        hour, minute, second = _number(text, 11, 13), _number(text, 14, 16), _number(text, 17, 19)
        if text[4] + text[7] + text[10] + text[13] + text[16] not in ("--T::", "--t::", "-- ::"):
            raise ValueError
        at = 19
        if text[at] == ".":
            at += 1
            while text[at] in "0123456789":
                at += 1
            if at == 20:
                raise ValueError
        offset_s = 0
        if text[at] in "+-":
            if text[at + 3] != ":" or len(text) != at + 6:
                raise ValueError
            offset_s = _number(text, at + 1, at + 3) * 3600 + _number(text, at + 4, at + 6) * 60
            if text[at] == "-":
                offset_s = -offset_s
        elif text[at] not in "Zz" or len(text) != at + 1:
            raise ValueError
        days = days_before(year, month, day)
        if not 1 <= month <= 12 or hour > 23 or minute > 59 or second > 60:
            raise ValueError
        if day < 1 or days >= days_before(year + month // 12, month % 12 + 1, 1):
            raise ValueError
    except (IndexError, ValueError, TypeError):
        raise ValueError("not an RFC 3339 timestamp: %r" % (text,)) from None
    return (days - _EPOCH_DAYS) * _DAY_S + hour * 3600 + minute * 60 + second - offset_s


def _number(text: str, start: int, end: int) -> int:
    value = 0
    for at in range(start, end):
        value = value * 10 + "0123456789".index(text[at])
    return value
