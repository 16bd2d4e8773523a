"""Frames of OCPP-J: the JSON array around a payload, parsed and formatted (OCPP-J 2.0.1, 4.2).

    CALL        [2, message id, action, payload]
    CALLRESULT  [3, message id, payload]
    CALLERROR   [4, message id, error code, description, details]

What was received is read where the link has put it, and never copied as a whole. Its text is JSON
to the letter (RFC 8259), which neither interpreter's parser asks for. A payload to be sent is a
dict, or an iterator of `str` pieces of its JSON text, so that a large one is never whole in
memory. Payloads are not checked here (see `schema`).
"""

import json

from ..compat import MICROPYTHON, const

_CALL = const(2)
_CALLRESULT = const(3)
_CALLERROR = const(4)

_MAX_ID = const(36)
_MAX_ECHO = const(255)  # characters of a wrong id that an error answer still repeats
_MAX_DESCRIPTION = const(255)
_HEAD = const(512)  # bytes in which type and id of a broken message are looked for

_VALUE = b'"{[-0123456789tfn'  # bytes that begin a value
_DEEPEST = const(0x0FFFFFFF)  # 27 levels, those of the message itself included


class FrameError(Exception):
    """A text that is no proper OCPP-J message.

    args: a neutral code, what is wrong, its message type number or None, its message id or None.
    """


def parse(text) -> tuple:
    """What a message says: a str, or a view of its bytes, which are UTF-8 and may be changed.

    (2, id, action, payload), (3, id, payload, None) or (4, id, error code, description).

    An answer's payload of null is an empty one, a request's is none (4.1.5). A CALLERROR is taken
    in any shape that has an id. Raises FrameError for all else.
    """
    if isinstance(text, str):
        text = memoryview(bytearray(text.encode()))
    try:
        _check(text)
        frame = json.loads(text if MICROPYTHON else str(text, "utf-8"))
    except (ValueError, IndexError, MemoryError) as error:
        end = min(len(text), _HEAD)
        while 0 < end < len(text) and text[end] & 0xC0 == 0x80:  # not inside a character
            end -= 1
        kind, message_id = head(str(text[:end], "utf-8"))
        code, problem = "FormatViolation", "the message is not valid JSON"
        if isinstance(error, MemoryError):  # ours, not the peer's
            code, problem = "InternalError", "no memory to read the message"
        elif message_id is None:
            code = "RpcFrameworkError"
        raise FrameError(code, problem, kind, message_id) from None
    kind = message_id = None
    if frame and type(frame[0]) is int:  # a bool is an int too
        kind = frame[0]
        if len(frame) > 1 and isinstance(frame[1], str) and len(frame[1]) <= _MAX_ECHO:
            message_id = frame[1]
    code, problem = "RpcFrameworkError", None
    if kind is None:
        problem = "a message is an array that begins with its type"
    elif kind not in (_CALL, _CALLRESULT, _CALLERROR):
        code, problem = "MessageTypeNotSupported", "message type %d" % kind
    elif message_id is None:
        problem = "the message id is no string of at most 36 characters"
    elif kind == _CALLERROR:
        return kind, message_id, _text(frame, 2) or "GenericError", _text(frame, 3)
    elif len(frame) != 6 - kind:
        problem = "a message of type %d has %d elements" % (kind, 6 - kind)
    elif len(message_id) > _MAX_ID:
        problem = "the message id is longer than 36 characters"
    elif kind == _CALL and not isinstance(frame[2], str):
        problem = "the action is no string"
    elif not isinstance(frame[-1], dict) and (kind == _CALL or frame[-1] is not None):
        code, problem = "FormatViolation", "the payload is no object"
    if problem is not None:
        raise FrameError(code, problem, kind, message_id)
    payload = frame[-1] or {}
    if kind == _CALL:
        return kind, message_id, frame[2], payload
    return kind, message_id, payload, None


def head(text: str) -> tuple:
    """(message type, message id) as far as they can be read off `text`, a message's beginning."""
    start, comma = text.find("["), text.find(",", 0, _MAX_ECHO)
    if not 0 <= start < comma or text[:start].strip():
        return None, None
    try:
        kind = int(text[start + 1 : comma])
    except ValueError:
        return None, None
    start = text.find('"', comma)
    end = text.find('"', start + 1, start + 2 + _MAX_ECHO)
    if start < 0 or end < 0 or text[comma + 1 : start].strip() or "\\" in text[start:end]:
        return kind, None
    return kind, text[start + 1 : end]


def call(message_id: str, action: str, payload):
    """Text of a CALL, or an iterator of its pieces where the payload is one."""
    return _frame([_CALL, message_id, action], payload)


def result(message_id: str, payload):
    """Text of a CALLRESULT, or an iterator of its pieces where the payload is one."""
    return _frame([_CALLRESULT, message_id], payload)


def error(message_id: str, code: str, description: str):
    """Text of a CALLERROR; `code` as the dialect spells it."""
    return _frame([_CALLERROR, message_id, code, description[:_MAX_DESCRIPTION]], {})


def _check(text: memoryview) -> None:
    """See that the text is one JSON array. Raises ValueError, or IndexError for one that is cut.

    A pair of surrogates that is escaped is written out in its place: MicroPython's parser would
    make two characters of it, which no UTF-8 can say.
    """
    at, allowed = 0, b"["
    nested = 1  # and for each level a bit, which is 1 for an object
    while at < len(text):
        byte = text[at]
        at += 1
        if byte not in allowed:
            if byte in b" \t\r\n":
                continue
            raise ValueError
        if byte == 0x22:
            at = _string(text, at)
            if 0x5B not in allowed:  # it is the name of a member
                allowed = b":"
                continue
        elif byte in b":,":
            allowed = b'"' if byte == 0x2C and nested & 1 else _VALUE
            continue
        elif byte in b"[{":
            nested = nested << 1 | (byte == 0x7B)
            if nested > _DEEPEST:
                raise ValueError
            allowed = b'"}' if byte == 0x7B else _VALUE + b"]"
            continue
        elif byte in b"]}":
            nested >>= 1
        elif byte in b"tfn":
            start = at - 1
            at += 4 if byte == 0x66 else 3
            if str(text[start:at], "utf-8") not in "true false null":
                raise ValueError
        else:
            at = _number(text, at - 1)
        allowed = b"" if nested == 1 else b",}" if nested & 1 else b",]"
    if nested != 1 or allowed:
        raise ValueError


def _string(text: memoryview, at: int) -> int:
    """Where it goes on behind the string whose first character is at `at`.

    Nothing is made for an escaped character, for a message may be full of them: garbage that is
    collected takes its time, and what `chr` makes stays for ever on MicroPython.
    """
    escaped = 0
    for byte in text[at:]:
        at += 1
        if (byte == 0x22 or byte == 0x5C or byte < 0x20) and at != escaped:
            if byte == 0x22:
                return at
            letter = text[at]
            if byte != 0x5C or letter not in b'"\\/bfnrtu':
                raise ValueError
            escaped = at + 1
            if letter == 0x75:  # its digits are looked at here, and passed over by the loop
                high = _four_digits(text, at + 1) - 0xD800
                if 0 <= high < 0x800:
                    _join(text, at - 1, high)
    return at


def _join(text: memoryview, at: int, high: int) -> None:
    """Write the character out whose pair of surrogates is at `at`."""
    low = _four_digits(text, at + 8) - 0xDC00
    if high >= 0x400 or text[at + 6] != 0x5C or text[at + 7] != 0x75 or not 0 <= low < 0x400:
        raise ValueError  # half a pair, which is no character
    high += 0x40
    text[at] = 0xF0 | high >> 8
    text[at + 1] = 0x80 | high >> 2 & 63
    text[at + 2] = 0x80 | high << 4 & 48 | low >> 6
    text[at + 3] = 0x80 | low & 63
    text[at + 4 : -8] = text[at + 12 :]
    text[-8:] = b"        "


def _four_digits(text: memoryview, at: int) -> int:
    code = 0
    for place in range(at, at + 4):
        digit = text[place] - 0x30
        if digit > 9:
            digit = (digit & 0xDF) - 7
            if not 9 < digit < 16:
                digit = -1
        if digit < 0:
            raise ValueError
        code = code << 4 | digit
    return code


def _number(text: memoryview, at: int) -> int:
    """Where it goes on behind the number that begins at `at`."""
    if text[at] == 0x2D:
        at += 1
    at = at + 1 if text[at] == 0x30 else _digits(text, at)
    if text[at] == 0x2E:
        at = _digits(text, at + 1)
    if text[at] in b"eE":
        at = _digits(text, at + 2 if text[at + 1] in b"+-" else at + 1)
    return at


def _digits(text: memoryview, at: int) -> int:
    start = at
    while 0x30 <= text[at] <= 0x39:
        at += 1
    if at == start:
        raise ValueError
    return at


def _frame(frame: list, payload):
    if isinstance(payload, dict):
        frame.append(payload)
        return _sendable(json.dumps(frame, separators=(",", ":")))
    return _pieces(json.dumps(frame, separators=(",", ":"))[:-1] + ",", payload)


def _pieces(beginning: str, payload):
    yield _sendable(beginning)
    for piece in payload:
        yield _sendable(piece)
    yield "]"


def _sendable(text: str) -> str:
    """`text` with the mark of what is no character (U+FFFD) for each half of a pair of surrogates.

    MicroPython's writer says such halves as they are, which is no UTF-8; CPython's escapes them.
    No text brings one in any more, but what was journalled before may have one.
    """
    data = text.encode() if MICROPYTHON else b""
    if data.find(b"\xed") < 0:
        return text
    data = bytearray(data)
    for at in range(len(data) - 2):
        if data[at] == 0xED and data[at + 1] >= 0xA0:
            data[at : at + 3] = b"\xef\xbf\xbd"
    return str(data, "utf-8")


def _text(frame: list, at: int) -> str:
    return frame[at] if len(frame) > at and isinstance(frame[at], str) else ""
