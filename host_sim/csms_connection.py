"""One WebSocket of one station at the built-in CSMS: parsing, calls and answers both ways.

Every frame is parsed strictly, every payload checked; what is wrong goes to `Csms.violate`, and a
CALL that is wrong gets a CALLERROR. Answers run as tasks, so that a held back answer does not
stop the receiving.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from host_sim import csms_schema
from host_sim.csms_answers import DEFAULT_ANSWERS
from host_sim.csms_rules import StationRules

if TYPE_CHECKING:
    from host_sim.csms import Csms

Payload = dict[str, Any]

SUBPROTOCOLS = {"ocpp2.0.1": "2.0.1", "ocpp1.6": "1.6"}  # name on the wire -> dialect

_CALL, _RESULT, _ERROR = 2, 3, 4
_FRAME_LENGTHS = {_CALL: 4, _RESULT: 3, _ERROR: 5}
_MAX_ID = 36
_MAX_DESCRIPTION = 255


class CallError(Exception):
    """A CALLERROR: raised by `Csms.call`, and by an answer function to send one."""

    def __init__(self, code: str, description: str = "", details: Payload | None = None) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.details = details or {}


class Connection:
    """One WebSocket of one station: calls and answers, both ways."""

    def __init__(self, csms: Csms, rules: StationRules, socket: ServerConnection) -> None:
        self.csms = csms
        self.rules = rules
        self.station = rules.station
        self.socket = socket
        assert socket.subprotocol is not None
        self.dialect = SUBPROTOCOLS[socket.subprotocol]
        self._calls = asyncio.Lock()  # one CALL of ours at a time
        self._asked: dict[str, tuple[str, Payload, asyncio.Future[Payload]]] = {}
        self._late: set[str] = set()  # ids of ours that are given up, or sent raw
        self._tasks: set[asyncio.Task[None]] = set()
        self._next_id = 1

    async def run(self) -> None:
        """Receives until the connection ends."""
        self.rules.connected(self.dialect)
        self.station.is_connected = True
        self.station.connections += 1
        self.csms.notify()
        try:
            async for text in self.socket:
                await self._receive(text)
                self.csms.notify()
        except ConnectionClosed:
            pass  # the loss is told by the records
        finally:
            for _, _, future in self._asked.values():
                if not future.done():
                    future.set_exception(ConnectionError(f"{self.station.station_id} has gone"))
            for task in self._tasks:
                task.cancel()

    async def call(self, action: str, payload: Payload, timeout_s: float) -> Payload:
        async with self._calls:
            message_id = f"csms-{self.station.connections}-{self._next_id}"
            self._next_id += 1
            future: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
            self._asked[message_id] = (action, payload, future)
            self.rules.asking(action, payload)
            try:
                await self._send([_CALL, message_id, action, payload])
                async with asyncio.timeout(timeout_s):
                    return await future
            except TimeoutError:
                self._late.add(message_id)
                raise TimeoutError(f"no answer to {action} within {timeout_s} s") from None
            except ConnectionClosed as error:
                raise ConnectionError(f"{self.station.station_id} has gone") from error
            finally:
                self._asked.pop(message_id, None)

    async def send_raw(self, text: str | bytes) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            frame = [text if isinstance(text, str) else text.hex()]
        if isinstance(frame, list) and len(frame) > 1 and isinstance(frame[1], str):
            self._late.add(frame[1])
        self._late.add("-1")
        self.csms.saw(self.station, "in", frame if isinstance(frame, list) else [frame])
        await self.socket.send(text)

    async def _send(self, frame: list[Any]) -> None:
        self.csms.saw(self.station, "in", frame)
        await self.socket.send(json.dumps(frame, separators=(",", ":")))

    def _violate(self, rule: str, text: str) -> bool:
        return self.csms.violate(self.station, rule, text)

    # Receiving

    async def _receive(self, text: str | bytes) -> None:
        try:
            frame = _parse(text)
        except ValueError as error:
            self.csms.saw(self.station, "out", [str(text)[:200]])
            self._violate("frame", str(error))
            if self.dialect != "1.6":  # 1.6 has no answer to a message without an id
                code = csms_schema.format_violation(self.dialect)
                await self._send([_ERROR, "-1", code, str(error)[:_MAX_DESCRIPTION], {}])
            return
        self.csms.saw(self.station, "out", frame)
        if frame[0] == _CALL:
            self._receive_call(frame[1], frame[2], frame[3])
        elif frame[0] == _RESULT:
            self._receive_result(frame[1], frame[2])
        else:
            self._receive_error(frame[1], frame[2], frame[3])

    def _receive_call(self, message_id: str, action: str, payload: Payload) -> None:
        wrong: tuple[str, str] | None = None  # code and description of a CALLERROR
        if self.rules.open_call is not None:
            text = f"{action} {message_id} while {self.rules.open_call} waits for its answer"
            if self._violate("outstanding", text):
                wrong = ("GenericError", text)
        self.rules.open_call = f"{action} {message_id}"
        invalid = csms_schema.check(self.dialect, action, payload, False)
        if invalid is not None:
            if self._violate("schema", f"{action} {invalid[1]}"):
                wrong = invalid
        elif (self.dialect, action) not in DEFAULT_ANSWERS:
            if self._violate("direction", f"{action} is not a station's to send"):
                wrong = ("NotSupported", f"{action} is not a station's to send")
        elif not self.rules.is_retry(message_id, action, payload):
            for rule, text in self.rules.call(message_id, action, payload):
                if self._violate(rule, text):
                    code = "SecurityError" if rule == "boot" else "PropertyConstraintViolation"
                    wrong = wrong or (code, text)
        task = asyncio.create_task(self._answer(message_id, action, payload, wrong))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _receive_result(self, message_id: str, payload: Payload) -> None:
        asked = self._asked.get(message_id)
        if asked is None:
            self._unexpected(message_id, "CALLRESULT")
            return
        action, request, future = asked
        invalid = csms_schema.check(self.dialect, action, payload, True)
        if invalid is not None:
            self._violate("schema", f"answer to {action} {invalid[1]}")
        else:
            # Here and not in call(): the station's next message may follow in the same packet.
            self.rules.asked(action, request, payload)
        if not future.done():
            future.set_result(payload)

    def _receive_error(self, message_id: str, code: str, description: str) -> None:
        if code not in csms_schema.ERROR_CODES[self.dialect]:
            self._violate("error_code", f"{code!r} is not an error code of OCPP {self.dialect}")
        if len(description) > _MAX_DESCRIPTION:
            self._violate("error_code", f"errorDescription has {len(description)} characters")
        asked = self._asked.get(message_id)
        if asked is None:
            self._unexpected(message_id, f"CALLERROR {code}")
        elif not asked[2].done():
            asked[2].set_exception(CallError(code, description))

    def _unexpected(self, message_id: str, what: str) -> None:
        if message_id not in self._late:
            self._violate("answer", f"{what} {message_id!r} answers no CALL")

    # Answering

    async def _answer(
        self, message_id: str, action: str, payload: Payload, wrong: tuple[str, str] | None
    ) -> None:
        try:
            if wrong is None:
                frame = await self._answer_frame(message_id, action, payload)
            else:
                frame = [_ERROR, message_id, wrong[0], wrong[1][:_MAX_DESCRIPTION], {}]
            disturbance = self.csms.disturbance(self.station.station_id, action)
            if disturbance is not None:
                if disturbance.until is not None:
                    await disturbance.until.wait()
                if disturbance.drop:
                    self.rules.open_call = None
                    return
                if disturbance.error is not None:
                    frame = [_ERROR, message_id, disturbance.error, "disturbed", {}]
            self.rules.open_call = None
            if disturbance is not None and disturbance.text is not None:
                await self.send_raw(disturbance.text.replace("{id}", message_id))
                return
            if action == "BootNotification" and frame[0] == _RESULT:
                self.station.boot_status = frame[2]["status"]
            await self._send(frame)
        except ConnectionClosed:
            pass  # the station went away before its answer; it will ask again
        finally:
            self.csms.notify()

    async def _answer_frame(self, message_id: str, action: str, payload: Payload) -> list[Any]:
        """The CALLRESULT, or the CALLERROR that an answer function raised."""
        try:
            override = self.csms.answers.get((self.dialect, action))
            if override is None:
                answer = DEFAULT_ANSWERS[self.dialect, action](self.csms, self.rules, payload)
            else:
                given = override(self.station, payload)
                answer = given if isinstance(given, dict) else await given
        except CallError as error:
            return [_ERROR, message_id, error.code, error.description, error.details]
        except Exception as error:
            # A broken answer function is a mistake of the test: loud, and the station is told.
            self._violate("csms", f"its answer to {action} failed: {error!r}")
            return [_ERROR, message_id, "InternalError", repr(error)[:_MAX_DESCRIPTION], {}]
        invalid = csms_schema.check(self.dialect, action, answer, True)
        if invalid is not None:
            self._violate("csms", f"its answer to {action} is against the schema: {invalid[1]}")
        return [_RESULT, message_id, answer]


def _parse(text: str | bytes) -> list[Any]:
    """A well formed OCPP-J frame, or ValueError that says what is wrong with it."""
    if isinstance(text, bytes):
        raise ValueError("a binary message")
    try:
        frame = json.loads(text)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(frame, list) or not frame:
        raise ValueError("not a JSON array")
    length = _FRAME_LENGTHS.get(frame[0]) if isinstance(frame[0], int) else None
    if length is None:
        raise ValueError(f"message type {frame[0]!r}")
    if len(frame) != length:
        raise ValueError(f"{len(frame)} elements in a message of type {frame[0]}")
    if not isinstance(frame[1], str) or not 0 < len(frame[1]) <= _MAX_ID:
        raise ValueError(f"message id {frame[1]!r}")
    if any(not isinstance(part, str) for part in frame[2:-1]):
        raise ValueError("an action or error text that is no string")
    if not isinstance(frame[-1], dict):
        raise ValueError("a payload that is no object")
    return frame
