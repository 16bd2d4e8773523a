"""Frames of OCPP-J: the JSON array around a payload, parsed and formatted (OCPP-J 2.0.1, 4.2).

    CALL        [2, message id, action, payload]
    CALLRESULT  [3, message id, payload]
    CALLERROR   [4, message id, error code, description, details]

What was received is read where the link has put it, and never copied as a whole. A payload to be
sent is a dict, or an iterator of `str` pieces of its JSON text, so that a large
one is never whole in memory. Payloads are not checked here (see `schema`).
"""

import json

from ..compat import MICROPYTHON, const, utf8

_CALL = const(2)
_CALLRESULT = const(3)
_CALLERROR = const(4)

_MAX_ID = const(36)
_MAX_ECHO = const(255)  # characters of a wrong id that an error answer still repeats
_MAX_DESCRIPTION = const(255)
_HEAD = const(512)  # bytes in which type and id of a broken message are looked for


class FrameError(Exception):
    """A text that is no proper OCPP-J message.

    args: a neutral code, what is wrong, its message type number or None, its message id or None.
    """


def parse(text) -> tuple:
    """What a message says: a str, or a view of its bytes, which are UTF-8.

    (2, id, action, payload), (3, id, payload, None) or (4, id, error code, description).

    A payload of null is an empty one (4.1.5). A CALLERROR is taken in any shape that has an id.
    Raises FrameError for all else.
    """
    if isinstance(text, str):
        text = utf8(text)
    try:
        end = len(text)
        while end and text[end - 1] in b" \t\r\n":
            end -= 1
        if not end or text[end - 1] != 0x5D:  # MicroPython's takes what is cut off for whole
            raise ValueError
        if MICROPYTHON:
            frame = json.loads(text)
        else:
            frame = json.loads(str(text, "utf-8"))
    except (ValueError, RuntimeError, MemoryError) as error:  # RuntimeError: nested too deep
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
    if isinstance(frame, list) and frame and type(frame[0]) is int:  # a bool is an int too
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
    elif not isinstance(frame[-1], dict) and frame[-1] is not None:
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


def _frame(frame: list, payload):
    if isinstance(payload, dict):
        frame.append(payload)
        return json.dumps(frame, separators=(",", ":"))
    return _pieces(json.dumps(frame, separators=(",", ":"))[:-1] + ",", payload)


def _pieces(beginning: str, payload):
    yield beginning
    yield from payload
    yield "]"


def _text(frame: list, at: int) -> str:
    return frame[at] if len(frame) > at and isinstance(frame[at], str) else ""
