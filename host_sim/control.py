"""The HTTP interface that drives a station: `/v1/...`, JSON in and out.

Each call answers once the simulated hardware has taken the action: 200, or 400 for a bad
argument or a request that a web page may have made (see `control_guard`), 404 for something that
is not there, 409 where the state forbids it, each with {"error": one line}.
"""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import Awaitable, Callable

from microdot import microdot
from microdot.microdot import HTTPException, Microdot, Request, Response

from host_sim import control_guard
from host_sim.control_calls import Handlers, Refused
from host_sim.control_state import whole_state
from host_sim.simulator import Simulator
from host_sim.station_life import PowerIsOff

_LOG = logging.getLogger("host_sim.control")
_JSON = {"Content-Type": "application/json; charset=UTF-8"}
_EVENTS_KEPT = 10_000
_LAST_ANSWERS_S = 1


def _tell(error: BaseException) -> None:
    """In place of Microdot's traceback: what is no HTTP request is the client's mistake."""
    place = error.__traceback__ and error.__traceback__.tb_next
    if place is not None and place.tb_frame.f_code is Request.create.__code__:
        _LOG.info("not an HTTP request: %s", error)
    else:
        traceback.print_exception(error)


microdot.print_exception = _tell  # pyright: ignore[reportAttributeAccessIssue]


class _App(Microdot):
    """Knows the connections it serves, so that they can end in order."""

    def __init__(self) -> None:
        super().__init__()
        self.serving: set[asyncio.Task] = set()

    async def handle_request(self, reader, writer):
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)
        try:
            await super().handle_request(reader, writer)
        except asyncio.CancelledError:
            writer.close()  # the end; asyncio's streams of 3.11 complain of a cancelled task


class Control:
    """The server of one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._app = _App()
        self._task: asyncio.Task | None = None
        self._streams: set[asyncio.Queue] = set()
        handlers = Handlers(simulator)
        for path in (
            "plug",
            "unplug",
            "ev",
            "token",
            "fault",
            "network",
            "power",
            "clock",
            "meter",
            "variable",
        ):
            self._post(path, getattr(handlers, path))
        self._post("stop", handlers.stop)
        self._app.before_request(self._guard)
        self._app.get("/v1/state")(self._answering(lambda _: whole_state(simulator)))
        self._app.get("/v1/messages")(self._answering(handlers.messages))
        self._app.get("/v1/variables")(self._answering(handlers.variables))
        self._app.get("/v1/events")(self._events)
        for status, told, text in (  # the interface promises 400, 404 and 409 and no other
            (400, 400, "bad request"),
            (404, 404, "no such path"),
            (405, 404, "no such method for this path"),
            (413, 400, "the body is too large"),
            (500, 500, "internal error"),
        ):
            self._app.errorhandler(status)(_failure(told, text))

    async def start(self, host: str, port: int) -> str:
        """Listen; the base URL. Raises OSError."""
        self._task = asyncio.create_task(self._app.start_server(host=host, port=port))
        while self._app.server is None:
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0)
        port = self._app.server.sockets[0].getsockname()[1]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def stop(self) -> None:
        for queue in self._streams:
            queue.put_nowait(None)
        if self._app.serving:  # the answer to /v1/stop is on its way, streams see their end
            await asyncio.wait(self._app.serving, timeout=_LAST_ANSWERS_S)
        for serving in self._app.serving:
            serving.cancel()
        if self._task is not None:
            self._task.cancel()

    async def _guard(self, request: Request):
        own_host = self._simulator.config.control[0]
        why = control_guard.refusal(request.method, request.headers, own_host)
        return None if why is None else _answer(400, {"error": why})

    def _post(self, path: str, handler: Callable[[dict], Awaitable[dict]]) -> None:
        async def handle(request: Request) -> dict:
            return await handler(_body(request, optional=path == "stop"))

        self._app.post("/v1/" + path)(self._answering(handle))

    def _answering(self, handler: Callable[[Request], Awaitable[dict]]):
        async def answer(request: Request):
            with self._simulator.request():
                try:
                    value = await handler(request)
                except Refused as refusal:
                    return _answer(refusal.status, {"error": str(refusal)})
                except PowerIsOff:
                    return _answer(409, {"error": "the power is off"})
                return _answer(200, value)

        return answer

    async def _events(self, request: Request):
        """Messages and states as they happen, as server-sent events named so."""
        queue: asyncio.Queue = asyncio.Queue(_EVENTS_KEPT)
        simulator = self._simulator

        def listen(name: str, data: dict) -> None:
            if queue.full():
                queue.get_nowait()  # a reader that does not read loses the oldest
            queue.put_nowait((name, data))

        async def stream():
            self._streams.add(queue)
            simulator.listeners.add(listen)
            try:
                listen("state", await whole_state(simulator))
                while (event := await queue.get()) is not None:
                    yield f"event: {event[0]}\ndata: {json.dumps(event[1])}\n\n".encode()
            finally:
                simulator.listeners.discard(listen)
                self._streams.discard(queue)

        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        return Response(body=stream(), headers=headers)  # pyright: ignore[reportArgumentType]


def _body(request: Request, optional: bool) -> dict:
    if optional and not request.body:
        return {}
    try:
        body = json.loads(request.body or b"", parse_constant=_no_constant)
        json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not valid JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, "the body is not a JSON object")
    return body


def _no_constant(text: str) -> None:
    raise ValueError(text)


def _answer(status: int, value: dict):
    return json.dumps(value), status, _JSON


def _failure(status: int, text: str):
    def handler(request: Request, exception: HTTPException | Exception | None = None):
        return _answer(status, {"error": text})

    return handler
