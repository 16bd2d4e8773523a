"""Timestamps and the seconds that the station counts in.

`epoch_s` is seconds since 2020-01-01T00:00:00Z: it stays a small integer (31 bits) on a 32-bit
MicroPython until 2054, where seconds since 1970 would be an object on the heap. On the wire a
timestamp of ours is UTC, ends in `Z` and has no fraction (part 2, 3.1). What a peer writes is read
in the forms of ISO 8601 that servers use (OCPP 1.6, 3.15), of which RFC 3339 has some.
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
    """Whole seconds of a date and time with any offset; one without a zone is UTC.

    T may be small or a blank, the seconds may be left out, a fraction is dropped. Raises
    ValueError for anything else, also for a date that does not exist.
    """
    try:
        if len(bytes(text, "utf-8")) > len(text):  # each of its characters that is looked at would
            raise ValueError  # stay for ever on MicroPython: ASCII has few
        year, month, day = _number(text, 0, 4), _number(text, 5, 7), _number(text, 8, 10)
        hour, minute, second = _number(text, 11, 13), _number(text, 14, 16), 0
        if text[4] + text[7] + text[13] != "--:" or text[10] not in "Tt ":
            raise ValueError
        at = 16
        if text[at:17] == ":":
            second = _number(text, 17, 19)
            at = 19
            if text[at:20] in (".", ","):
                _number(text, 20, 21)
                at = 21
                while "0" <= text[at : at + 1] <= "9":
                    at += 1
        zone = text[at:]
        offset_s = 0
        if zone not in ("", "Z", "z"):
            if zone[0] not in "+-" or not (
                len(zone) in (3, 5) or len(zone) == 6 and zone[3] == ":"
            ):
                raise ValueError
            hours, minutes = _number(zone, 1, 3), 0
            if len(zone) > 3:
                minutes = _number(zone, len(zone) - 2, len(zone))
            if hours > 23 or minutes > 59:
                raise ValueError
            offset_s = hours * 3600 + minutes * 60
            if zone[0] == "-":
                offset_s = -offset_s
        days = days_before(year, month, day)
        if not 1 <= month <= 12 or hour > 23 or minute > 59 or second > 60:
            raise ValueError
        if day < 1 or days >= days_before(year + month // 12, month % 12 + 1, 1):
            raise ValueError
    except (IndexError, ValueError, TypeError):
        raise ValueError("not a date and time: %r" % (text,)) from None
    return (days - _EPOCH_DAYS) * _DAY_S + hour * 3600 + minute * 60 + second - offset_s


def is_rfc_3339(text: str) -> bool:
    """Whether it is a date and time in the one form that RFC 3339 has; no second 60."""
    try:
        parse(text)
    except ValueError:
        return False
    return (
        text[:4] != "0000"
        and text[10] != " "
        and text[16:17] == ":"
        and text[17:19] != "60"
        and "," not in text
        and (text[-1] in "Zz" or text[-6] in "+-" and text[-3] == ":")
    )


def _number(text: str, start: int, end: int) -> int:
    value = 0
    for at in range(start, end):
        value = value * 10 + "0123456789".index(text[at])
    return value
