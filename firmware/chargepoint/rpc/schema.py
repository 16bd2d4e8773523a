"""Checks payloads against a dialect's schema table, in place.

A table is one bytes constant made by tools/generate_schemas.py; nothing of it is copied, so
it costs no heap beyond the constant. All numbers are little endian:

    header   u16 reference of the directory, u16 reference of customData's type (0: none)
    nodes    a reference is an offset in the table; nodes that are equal are shared
    directory, an object node with the actions as its properties; each refers to
             a pair  u16 request node, u16 response node

    node     first byte says the kind:
    'a'      anything
    'b'      boolean
    'd'      string, date-time of RFC 3339
    't'      string, date-time of ISO 8601
    's'      string            u16 most characters (0xFFFF: no limit)
    'e'      string of a list  u16 size, then  FF value FF value ... FF
    'n'      number            u8 flags, u8 minimum, u8 maximum
    'l'      list              u16 reference of the items, u8 fewest, u16 most (0xFFFF: no limit)
    'o'      object            u8 flags, u8 number of required properties, u16 size, then for each
                               property  FF name FE u16 reference (bit 15: required)

FE and FF occur in no UTF-8 text, so a find() and a look at both ends finds a name or a value.

Which error code (OCPP-J 1.6 4.2.3, OCPP-J 2.0.1 4.3), in the spelling of 2.0.1:

    FormatViolation               payload is no object; a property the message doesn't have
    OccurrenceConstraintViolation required property missing; too few or too many items
    TypeConstraintViolation       another JSON type, a fraction for an integer; null is a type
    PropertyConstraintViolation   enumeration, length, minimum, maximum, tenths, date-time, and
                                  a number that is not finite (1e999)

The texts leave room. 1.6 calls a missing field also ProtocolError ("incomplete") and 2.0.1 an
unknown one ProtocolError ("not conform the PDU structure"); the codes above are the more
specific ones and the same in both dialects. With several errors in a payload the first one
met is told; which that is may differ between interpreters, as the order of a dict does.

A valid payload is left with an int wherever the schema says integer: 1.0 is one in 2.0.1.

An answer of the peer is not checked but read, for it is too late to refuse it: `read` leaves of it
what can be understood.

It does not check addresses (format uri), nor anything that the schemas don't say.
"""

from .. import modules
from ..compat import const

_ANY = const(0x61)
_BOOLEAN = const(0x62)
_DATE_TIME = const(0x64)
_ENUM = const(0x65)
_ISO_DATE_TIME = const(0x74)
_LIST = const(0x6C)
_NUMBER = const(0x6E)
_OBJECT = const(0x6F)
_STRING = const(0x73)

_NO_LIMIT = const(0xFFFF)
_REQUIRED = const(0x8000)
# Flags of an object.
_OPEN = const(1)  # other properties are allowed
_CUSTOM = const(2)  # customData is allowed
# Flags of a number.
_INTEGER = const(1)  # JSON schema draft 4: 1.0 is no integer
_WHOLE = const(2)  # from draft 6 on: 1.0 is one
_TENTHS = const(4)
_MINIMUM = const(8)
_MAXIMUM = const(16)

_MAX_DIGITS = const(10)  # of an integer that is written as a text
_LONGEST = const(50)  # characters; no name and no value of a list is longer


def known(table: bytes, action: str) -> bool:
    """Whether the dialect of the table has this action ("Heartbeat", not "HeartbeatResponse")."""
    return _find(table, (table[0] | table[1] << 8) + 3, 0xFE, action) != 0


def check(table: bytes, name: str, payload):
    """None when the payload is valid, else (error code, path).

    name: the action for a request, the action + "Response" for its answer; KeyError when the
    dialect has no such message. payload: what json.loads() gave, whatever it is.
    The path is like "meterValue[0].sampledValue[2].value"; "" is the payload itself.
    """
    at = _message(table, name)
    if not isinstance(payload, dict):
        return "FormatViolation", ""
    return _check(table, at, payload)


def read(table: bytes, name: str, payload: dict) -> list:
    """Leave of an answer, in place, what can be understood of it. Returns the names of the fields
    that were not to the letter.

    Dropped are fields that the message doesn't have, null, and what can't be read, be it required
    or not. A whole number is one also as 7.0 or "7". A date and time stays as it is, and an object
    that is none becomes an empty one: its reader must not take it for one that was left out.
    """
    found = []
    _read(table, _message(table, name), payload, "", found)
    return found


def _message(table: bytes, name: str) -> int:
    """The node of a message, as `check` names it."""
    response = name.endswith("Response")
    at = _find(table, (table[0] | table[1] << 8) + 3, 0xFE, name[:-8] if response else name)
    if not at:
        raise KeyError(name)
    at = table[at] | table[at + 1] << 8
    if response:
        at += 2
    return table[at] | table[at + 1] << 8


def _find(table, at, close, name):
    """Where it goes on behind FF name close, 0 when the list with its size at `at` lacks it."""
    if len(name) > _LONGEST:
        return 0
    # "replace" is for CPython, which refuses to encode a lone surrogate.
    name = name.encode("utf-8", "replace")
    # Without the last byte, which belongs to no name: so there is one to look at behind a match.
    end = at + 1 + (table[at] | table[at + 1] << 8)
    at = table.find(name, at + 2, end)
    while at >= 0:
        behind = at + len(name)
        if table[at - 1] == 0xFF and table[behind] == close:
            return behind + 1
        at = table.find(name, at + 1, end)
    return 0


def _check(table, at, value):
    """Check a value against the node at `at`. The depth is that of the schemas (below 10)."""
    kind = table[at]
    if kind == _OBJECT:
        if not isinstance(value, dict):
            return "TypeConstraintViolation", ""
        flags = table[at + 1]
        missing = table[at + 2]
        for name in value:
            child = _child(table, at, name)
            if child:
                if child & _REQUIRED:
                    missing -= 1
                child &= ~_REQUIRED
                error = _check(table, child, value[name])
                if error:
                    return _inside(name, error)
                if type(value[name]) is float:
                    _make_whole(table, child, value, name)
            elif not flags & _OPEN:
                return "FormatViolation", name[:_LONGEST]
        return _first_missing(table, at, value) if missing else None

    if kind == _LIST:
        if not isinstance(value, list):
            return "TypeConstraintViolation", ""
        if not table[at + 3] <= len(value) <= table[at + 4] | table[at + 5] << 8:
            return "OccurrenceConstraintViolation", ""
        child = table[at + 1] | table[at + 2] << 8
        for i in range(len(value)):
            error = _check(table, child, value[i])
            if error:
                return _inside("[%d]" % i, error)
            if type(value[i]) is float:
                _make_whole(table, child, value, i)
        return None

    if kind == _ANY:
        return None
    if kind == _NUMBER:
        valid = _number(table[at + 1], table[at + 2], table[at + 3], value)
    elif kind == _BOOLEAN:
        valid = True if isinstance(value, bool) else None
    elif not isinstance(value, str):
        valid = None
    elif kind == _STRING:
        most = table[at + 1] | table[at + 2] << 8
        valid = len(value) <= most or most == _NO_LIMIT
    elif kind == _ENUM:
        valid = _find(table, at + 1, 0xFF, value) > 0
    else:
        valid = _date_time(kind, value)
    if valid is None:
        return "TypeConstraintViolation", ""
    return None if valid else ("PropertyConstraintViolation", "")


def _child(table: bytes, at: int, name: str) -> int:
    """Reference of a property of the object node at `at`; 0 where it has none of that name."""
    child = _find(table, at + 3, 0xFE, name)
    if child:
        return table[child] | table[child + 1] << 8
    if table[at + 1] & _CUSTOM and name == "customData":
        return table[2] | table[3] << 8
    return 0


def _read(table: bytes, at: int, value, name: str, found: list):
    """What the value of the field `name` says by the node at `at`, or None."""
    kind = table[at]
    if kind == _OBJECT:
        if not isinstance(value, dict):
            found.append(name)
            return {}
        for name in list(value):
            child, item = _child(table, at, name), value[name]
            if not child and table[at + 1] & _OPEN:
                continue
            if child and (item is not None or child & _REQUIRED):
                item = value[name] = _read(table, child & ~_REQUIRED, item, name, found)
            if not child or item is None:
                found.append(name)
                del value[name]
        missing = _first_missing(table, at, value)
        if missing and missing[1] not in found:
            found.append(missing[1])
        return value

    if kind == _LIST:
        if not isinstance(value, list):
            return None
        child = table[at + 1] | table[at + 2] << 8
        items = [_read(table, child, item, name, found) for item in value]
        if None in items:
            found.append(name)
            items = [item for item in items if item is not None]
        return items if len(items) >= table[at + 3] else None

    if kind == _NUMBER and table[at + 1] & (_INTEGER | _WHOLE):
        whole = value
        if isinstance(value, str) and len(value) <= _MAX_DIGITS:
            try:
                whole = int(value)
            except ValueError:
                pass  # then it is as wrong as any other text
        elif type(value) is float and value + 1 != value and value % 1 == 0:  # and exact
            whole = int(value)
        if whole is not value:
            found.append(name)
            value = whole
    elif kind == _DATE_TIME or kind == _ISO_DATE_TIME:
        if isinstance(value, str):
            # One that looks like ours needs no closer look here: it is read where it is used.
            if value[10:11] + value[-1:] != "TZ" and not _date_time(kind, value):
                found.append(name)
            return value
    return None if _check(table, at, value) else value


def _first_missing(table, at, value):
    """The error for an object that lacks a required property."""
    at += 5
    end = at + (table[at - 2] | table[at - 1] << 8)
    while at < end:
        close = table.find(b"\xfe", at, end)
        if table[close + 2] & 0x80:
            name = str(table[at + 1 : close], "utf-8")
            if name not in value:
                return "OccurrenceConstraintViolation", name
        at = close + 3
    return None


def _inside(step, error):
    """The error with a step put before its path."""
    code, path = error
    return code, step + path if path[:1] in "[" else step + "." + path


def _number(flags, minimum, maximum, value):
    """True, False for a value that isn't allowed, None for a type that isn't."""
    if type(value) is float:
        if value - value != 0:  # infinite, or not a number
            return False
        whole = value % 1 == 0
        if flags & _INTEGER or flags & _WHOLE and not whole:
            return None
        if flags & _TENTHS and not whole:
            # The nearest tenth may differ in the last bits, as not every parser rounds well. An
            # eighth of such a difference is lost in the sum, with 32 bits and with 64.
            tenth = round(value * 10) / 10
            if value + (value - tenth) / 8 != value:
                return False
    elif type(value) is not int:  # a bool is none
        return None
    if flags & _MINIMUM and value < minimum:
        return False
    return not (flags & _MAXIMUM and value > maximum)


def _make_whole(table, at, container, place):
    """Put the int in the place of a float that a schema takes for an integer, as 1.0."""
    if table[at] == _NUMBER and table[at + 1] & _WHOLE:
        container[place] = int(container[place])


def _date_time(kind: int, text: str) -> bool:
    timestamp = modules.use("timestamp")
    if kind == _DATE_TIME:
        return timestamp.is_rfc_3339(text)
    try:
        timestamp.parse(text)
    except ValueError:
        return False
    return True
