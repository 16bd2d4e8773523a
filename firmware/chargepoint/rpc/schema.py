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

It does not check addresses (format uri), nor anything that the schemas don't say.
"""

from ..compat import const

_ANY = const(0x61)
_BOOLEAN = const(0x62)
_DATE_TIME = const(0x64)
_ENUM = const(0x65)
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

_DIGITS = const(528)  # 11 * 0x30, what two digits as bytes have too much
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
    response = name.endswith("Response")
    action = name[:-8] if response else name
    at = _find(table, (table[0] | table[1] << 8) + 3, 0xFE, action)
    if not at:
        raise KeyError(name)
    if not isinstance(payload, dict):
        return "FormatViolation", ""
    at = table[at] | table[at + 1] << 8
    if response:
        at += 2
    return _check(table, table[at] | table[at + 1] << 8, payload)


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
            child = _find(table, at + 3, 0xFE, name)
            if child:
                child = table[child] | table[child + 1] << 8
            elif flags & _CUSTOM and name == "customData":
                child = table[2] | table[3] << 8
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
        valid = len(value) <= most or most == _NO_LIMIT or _characters(value) <= most
    elif kind == _ENUM:
        valid = _find(table, at + 1, 0xFF, value) > 0
    else:
        valid = _date_time(value.encode("utf-8", "replace").lower())
    if valid is None:
        return "TypeConstraintViolation", ""
    return None if valid else ("PropertyConstraintViolation", "")


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
    return code, step + path if not path or path[0] == "[" else step + "." + path


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


def _characters(text):
    """Length in code points. MicroPython makes two characters of a pair \\ud83d\\ude00 in JSON."""
    count = 0
    high = False
    for character in text:
        code = ord(character)
        if not (high and 0xDC00 <= code <= 0xDFFF):
            count += 1
        high = 0xD800 <= code <= 0xDBFF
    return count


def _date_time(text):
    """RFC 3339 in lower case, a day that exists; no second 60: no clock of ours can hold it."""
    end = len(text)
    if end < 20 or not _digits(text, 0, b"9999-19-39t29:59:59"):
        return False
    year = (text[0] * 10 + text[1] - _DIGITS) * 100 + text[2] * 10 + text[3] - _DIGITS
    month = text[5] * 10 + text[6] - _DIGITS
    day = text[8] * 10 + text[9] - _DIGITS
    last = 30 + ((month ^ month >> 3) & 1)
    if month == 2:
        last = 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    if not (year and 1 <= month <= 12 and 1 <= day <= last and text[11:13] < b"24"):
        return False
    at = 19
    if text[at] == 0x2E:
        at += 1
        while at < end and 0x30 <= text[at] <= 0x39:
            at += 1
        if at == 20 or at == end:
            return False
    if text[at] == 0x7A:  # z
        return at + 1 == end
    if text[at] not in b"+-" or at + 6 != end:
        return False
    return _digits(text, at + 1, b"29:59") and text[at + 1 : at + 3] < b"24"


def _digits(text, at, most):
    """Whether the text from `at` is like `most`, with digits not above the digits there."""
    for i in range(len(most)):
        byte = text[at + i]
        if byte != most[i] and not 0x30 <= byte <= most[i] <= 0x39:
            return False
    return True
