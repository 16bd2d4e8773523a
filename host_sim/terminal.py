"""OCPP messages as lines for people: one message, one line, whatever it holds.

`segments` puts a message into words, `Transcript` prints them with colours and cuts each line at
the terminal's width. A message that nobody foresaw is shown by its simple fields. Colours are
used when the stream is a terminal and NO_COLOR is not set.
"""

from __future__ import annotations

import os
import shutil
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO

_COLOURS = {
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "bold": "1",
    "dim": "2",
}
_WIDTH_OF_A_PIPE = 120
_ENERGY = "Energy.Active.Import.Register"
# The event itself says as much.
_PLAIN_CONTEXTS = (None, "Sample.Periodic", "Transaction.Begin", "Transaction.End")
_BAD_STATUSES = frozenset(
    "Rejected Invalid Blocked Expired ConcurrentTx Unknown UnknownVendorId UnknownMessageId "
    "UnknownComponent UnknownVariable NotSupported NotSupportedAttributeType NotImplemented "
    "Failed UnlockFailed NoCredit NotAllowedTypeEVSE NotAtThisLocation NotAtThisTime Faulted "
    "Occupied Unavailable VersionMismatch".split()
)

Segment = tuple[str, str]  # (colour or "", text)


def uses_colour(stream: TextIO) -> bool:
    """True when escape sequences are wanted on this stream."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def paint(colour: str, text: str, stream: TextIO) -> str:
    """The text in a colour of `_COLOURS`, or as it is where the stream takes none."""
    if not colour or not uses_colour(stream):
        return text
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


def width_of(stream: TextIO) -> int:
    """Columns of the terminal; a pipe counts as wide unless COLUMNS says otherwise."""
    fallback = (80 if stream.isatty() else _WIDTH_OF_A_PIPE, 24)
    return max(20, shutil.get_terminal_size(fallback).columns)


# One message in words


def segments(direction: str, frame: Any, asked: str | None = None) -> list[Segment]:
    """A message as coloured pieces, the time left out.

    Args:
        direction: the station's, "out" or "in".
        frame: the OCPP-J array.
        asked: for an answer, the action of the CALL it belongs to, where known.
    """
    arrow = ("green", "→") if direction == "out" else ("magenta", "←")
    kind = frame[0] if isinstance(frame, list) and frame else None
    if kind == 2 and len(frame) >= 4:
        action, payload = _text(frame[2]), frame[3]
        return [arrow, ("bold", action), *_words(facts(action, payload))]
    if kind == 3 and len(frame) >= 3:
        is_good, words = answer_facts(asked or "", frame[2])
        mark = ("green", "✓") if is_good else ("yellow", "✗")
        if not words:
            return [arrow, mark, ("dim", "done")]
        return [arrow, mark, ("" if is_good else "yellow", "  ".join(words))]
    if kind == 4 and len(frame) >= 3:
        words = [_text(part) for part in frame[2:4] if part]
        return [arrow, ("red", "✗ " + "  ".join(words))]
    return [arrow, ("red", "not an OCPP message:"), ("", _text(frame))]


def facts(action: str, payload: Any) -> list[str]:
    """The essential facts of a request, in either dialect; the simple fields when unknown."""
    tell = _FACTS.get(action)
    return [word for word in (tell or _simple_fields)(payload) if word]


def answer_facts(action: str, payload: Any) -> tuple[bool, list[str]]:
    """Whether an answer is a yes, and its essential facts."""
    words: list[str] = []
    status = _get(payload, "status")
    for info in ("idTagInfo", "idTokenInfo"):
        status = status or _get(payload, info, "status")
    is_good = not isinstance(status, str) or status not in _BAD_STATUSES
    if isinstance(status, str):
        words.append(_text(status))
    if action == "BootNotification":
        words.append(_if(_get(payload, "interval"), "interval {} s"))
    elif action == "StartTransaction":
        words.append(_if(_get(payload, "transactionId"), "transaction {}"))
    elif action == "Heartbeat":
        words.append(_text(_get(payload, "currentTime")))
    elif action in ("GetVariables", "SetVariables"):
        list_name = "getVariableResult" if action == "GetVariables" else "setVariableResult"
        for item in _list(payload, list_name):
            item_status = _get(item, "attributeStatus")
            is_good = is_good and item_status in ("Accepted", "RebootRequired")
            words.append(_variable(item) + _if(_get(item, "attributeValue"), " = {}"))
            if item_status != "Accepted":
                words.append(_text(item_status))
    elif action == "GetConfiguration":
        for item in _list(payload, "configurationKey"):
            words.append(_text(_get(item, "key")) + _if(_get(item, "value"), " = {}"))
        unknown = _list(payload, "unknownKey")
        is_good = is_good and not unknown
        words += [f"unknown {_text(key)}" for key in unknown]
    elif not words:
        words = _simple_fields(payload)
    return is_good, [word for word in words if word]


def _boot(p: Any) -> Iterable[str]:
    station = _get(p, "chargingStation")
    yield _text(_get(p, "chargePointVendor") or _get(station, "vendorName"))
    yield _text(_get(p, "chargePointModel") or _get(station, "model"))
    yield _if(_get(p, "firmwareVersion") or _get(station, "firmwareVersion"), "version {}")
    yield _text(_get(p, "reason"))


def _status(p: Any) -> Iterable[str]:
    yield _place(p)
    yield _text(_get(p, "connectorStatus") or _get(p, "status"))
    error = _get(p, "errorCode")
    yield _text(error) if error != "NoError" else ""
    yield _text(_get(p, "info"))


def _transaction_event(p: Any) -> Iterable[str]:
    info = _get(p, "transactionInfo")
    yield _text(_get(p, "eventType"))
    yield _place(p)
    yield _text(_get(p, "idToken", "idToken"))
    yield from _meter(p)
    is_over = _get(p, "eventType") == "Ended"
    state = _get(info, "stoppedReason" if is_over else "chargingState")
    reasons = (_get(p, "triggerReason"), state)
    words = [_text(reason) for reason in reasons if reason]
    yield f"({', '.join(words)})" if words else ""
    yield "offline" if _get(p, "offline") is True else ""


def _start(p: Any) -> Iterable[str]:
    yield _place(p)
    yield _text(_get(p, "idTag"))
    yield _if(_get(p, "meterStart"), "{} Wh")


def _stop(p: Any) -> Iterable[str]:
    yield _if(_get(p, "transactionId"), "transaction {}")
    yield _text(_get(p, "idTag"))
    yield _if(_get(p, "meterStop"), "{} Wh")
    yield _if(_get(p, "reason"), "({})")


def _meter_values(p: Any) -> Iterable[str]:
    yield _place(p)
    yield _if(_get(p, "transactionId"), "transaction {}")
    yield from _meter(p)


def _meter(p: Any) -> Iterable[str]:
    """Energy, power and state of charge of the last entry, and what the occasion was."""
    entries = _list(p, "meterValue")
    if not entries:
        return
    context = None
    for value in _list(entries[-1], "sampledValue"):
        context = context or _get(value, "context")
        if _get(value, "phase"):
            continue
        unit = _text(_get(value, "unit") or _get(value, "unitOfMeasure", "unit"))
        number = _text(_get(value, "value"))
        measurand = _get(value, "measurand") or _ENERGY
        if measurand == _ENERGY:
            yield f"{number} {unit or 'Wh'}"
        elif measurand in ("Power.Active.Import", "Current.Import"):
            yield f"{number} {unit or {'P': 'W', 'C': 'A'}[measurand[0]]}"
        elif measurand == "SoC":
            yield f"{number} %"
    if context not in _PLAIN_CONTEXTS:
        yield _text(context)
    if len(entries) > 1:
        yield f"[{len(entries)} samples]"


def _report(p: Any) -> Iterable[str]:
    yield _if(_get(p, "requestId"), "request {}")
    yield _if(_get(p, "seqNo"), "part {}")
    yield f"{len(_list(p, 'reportData'))} variables"
    yield "more follows" if _get(p, "tbc") is True else "the last"


def _variables(p: Any) -> Iterable[str]:
    for item in _list(p, "getVariableData") + _list(p, "setVariableData"):
        yield _variable(item) + _if(_get(item, "attributeValue"), " = {}")


def _variable(item: Any) -> str:
    names = []
    for part in (_get(item, "component"), _get(item, "variable")):
        names.append(_text(_get(part, "name")) + _if(_get(part, "instance"), "[{}]"))
    return ".".join(names)


def _configuration(p: Any) -> Iterable[str]:
    if _get(p, "value") is not None:
        yield f"{_text(_get(p, 'key'))} = {_text(_get(p, 'value'))}"
    elif isinstance(_get(p, "key"), list):
        yield from (_text(key) for key in _list(p, "key"))
    else:
        yield "all keys"


def _remote_start(p: Any) -> Iterable[str]:
    yield _place(p) or _if(_get(p, "evseId"), "evse {}")
    yield _text(_get(p, "idTag") or _get(p, "idToken", "idToken"))
    yield _if(_get(p, "remoteStartId"), "remote start {}")


def _simple_fields(p: Any) -> list[str]:
    """Every field that is neither list nor object, by name; the rest by its name alone."""
    if not isinstance(p, dict):
        return [_text(p)]
    words = []
    for key, value in p.items():
        simple = not isinstance(value, (dict, list))
        words.append(f"{_text(key)} {_text(value)}" if simple else f"{_text(key)} …")
    return words


_FACTS: dict[str, Callable[[Any], Iterable[str]]] = {
    "BootNotification": _boot,
    "StatusNotification": _status,
    "Authorize": lambda p: [_text(_get(p, "idTag") or _get(p, "idToken", "idToken"))],
    "TransactionEvent": _transaction_event,
    "StartTransaction": _start,
    "StopTransaction": _stop,
    "MeterValues": _meter_values,
    "NotifyReport": _report,
    "SecurityEventNotification": lambda p: [_text(_get(p, "type")), _text(_get(p, "techInfo"))],
    "GetVariables": _variables,
    "SetVariables": _variables,
    "GetConfiguration": _configuration,
    "ChangeConfiguration": _configuration,
    "RemoteStartTransaction": _remote_start,
    "RequestStartTransaction": _remote_start,
}


def _place(p: Any) -> str:
    """Where: the EVSE with its connector, or 1.6's flat connector."""
    evse = _get(p, "evse", "id") or _get(p, "evseId")
    connector = _get(p, "evse", "connectorId") or _get(p, "connectorId")
    if evse is None:
        return _if(connector, "connector {}") if connector != 0 else "station"
    return f"evse {_text(evse)}" + _if(connector, "/{}")


def _get(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _list(value: Any, name: str) -> list[Any]:
    found = _get(value, name)
    return found if isinstance(found, list) else []


def _if(value: Any, text: str) -> str:
    return "" if value is None else text.replace("{}", _text(value))


def _text(value: Any) -> str:
    """Any value without control characters, which could play with the terminal."""
    if value is None:
        return ""
    return "".join(c if c.isprintable() else "·" for c in str(value))


def _words(words: list[str]) -> list[Segment]:
    return [("", word) for word in words]


# Printing


class Transcript:
    """Prints messages as they come, and remembers open CALLs so that answers make sense."""

    def __init__(
        self,
        stream: TextIO,
        width: int | None = None,
        on_closed: Callable[[], None] = lambda: None,
    ) -> None:
        """`width` in columns; None follows the terminal, also when it is resized. `on_closed` is
        called once when nobody reads any more, as with `| head`; what follows is not printed."""
        self._stream = stream
        self._width = width
        self._on_closed = on_closed
        self._is_closed = False
        self._open: dict[tuple[str, str], str] = {}  # (direction, message id) -> action

    def message(self, clock: str, direction: str, frame: Any) -> None:
        """Shows one message. `clock` is printed in front, e.g. "12:00:04"."""
        asked = None
        if isinstance(frame, list) and len(frame) > 2 and isinstance(frame[1], str):
            if frame[0] == 2:
                self._open[direction, frame[1]] = _text(frame[2])
            else:
                caller = "in" if direction == "out" else "out"
                asked = self._open.pop((caller, frame[1]), None)
        self._line([("dim", _text(clock)), *segments(direction, frame, asked)])

    def heading(self, text: str) -> None:
        self._line([])
        self._line([("bold", f"── {text} ")], fill="─")

    def note(self, text: str, colour: str = "") -> None:
        """In as many lines as it takes: nothing of it is cut off."""
        for line in textwrap.wrap(text, self._width or width_of(self._stream)) or [""]:
            self._line([(colour, line)])

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Rows of equal length, the first being the heads; columns as wide as they need."""
        widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
        for index, row in enumerate(rows):
            cells = [
                cell + " " * (width - columns(cell))
                for cell, width in zip(row, widths, strict=True)
            ]
            self._line([("bold" if index == 0 else "", "  ".join(cells).rstrip())])

    def _line(self, pieces: list[Segment], fill: str = "") -> None:
        limit = self._width or width_of(self._stream)
        used = 0
        painted = []
        for colour, text in cut(pieces, limit):
            used += columns(text)
            painted.append(paint(colour, text, self._stream))
        if self._is_closed:
            return
        try:
            print("".join(painted) + fill * (limit - used), file=self._stream, flush=True)
        except BrokenPipeError:
            self._is_closed = True
            self._on_closed()


def columns(text: str) -> int:
    """How many columns the text takes; wide characters take two, combining ones none."""
    total = 0
    for c in text:
        if not unicodedata.combining(c):
            total += 2 if unicodedata.east_asian_width(c) in "WF" else 1
    return total


def cut(pieces: list[Segment], limit: int) -> list[Segment]:
    """The pieces with two blanks between them, cut to `limit` columns with "…" at the end."""
    spaced = [
        (colour, ("  " if index else "") + text) for index, (colour, text) in enumerate(pieces)
    ]
    if sum(columns(text) for _, text in spaced) <= limit:
        return spaced
    left = limit - 1
    kept: list[Segment] = []
    for colour, text in spaced:
        end = 0
        while end < len(text) and columns(text[: end + 1]) <= left:
            end += 1
        kept.append((colour, text[:end]))
        left -= columns(text[:end])
        if end < len(text):
            break
    return [*kept, ("dim", "…")]
