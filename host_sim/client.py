"""A simulator in its own process, driven from outside as any other program would drive it.

`SimulatorProcess` starts `python -m host_sim run`, reads the line that tells where the control
interface is, and speaks HTTP + JSON with it (docs/simulator.md). The demo and the interop tests
use it.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from host_sim.station_process import die_with_parent

_ROOT = Path(__file__).resolve().parent.parent
_START_S = 90  # also on a machine that is busy with other things
_STOP_S = 20
_CALL_S = 60

Payload = dict[str, Any]


class SimulatorError(Exception):
    """The simulator did not start, or ended when it should not."""


class ControlError(Exception):
    """An answer of the control interface that is not 200."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status


class SimulatorProcess:
    """One running simulator. `observers` are called in the event loop with each live event."""

    def __init__(self, process: asyncio.subprocess.Process, hello: Payload) -> None:
        self.process = process
        self.control: str = hello["control"]
        self.id: str = hello["id"]
        self.pid: int = hello["pid"]
        self.observers: list[Callable[[Payload], None]] = []
        self._loop = asyncio.get_running_loop()
        self._waiting: list[asyncio.Future[None]] = []
        parts = urlsplit(self.control)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port
        self._events = threading.Thread(target=self._follow, daemon=True)
        self._events_connection = http.client.HTTPConnection(self._host, self._port)

    @classmethod
    async def start(cls, *options: str, quiet: bool = False) -> SimulatorProcess:
        """Starts one with these options of `run`; `quiet` drops its log. Raises SimulatorError."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "host_sim",
            "run",
            *options,
            cwd=_ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL if quiet else None,
            preexec_fn=die_with_parent,
            process_group=0,  # Ctrl-C in the terminal is for the program that drives it
        )
        assert process.stdout is not None
        line = b""
        try:
            async with asyncio.timeout(_START_S):
                line = await process.stdout.readline()
        except TimeoutError:
            pass  # told below
        finally:
            if not line:  # also when the wait for it is broken off
                if process.returncode is None:
                    process.terminate()
                await process.wait()
        if not line:
            raise SimulatorError(f"the simulator did not start (exit status {process.returncode})")
        simulator = cls(process, json.loads(line))
        simulator._events.start()
        return simulator

    async def get(self, path: str) -> Payload:
        return await asyncio.to_thread(self._request, "GET", path, None)

    async def post(self, path: str, **body: Any) -> Payload:
        return await asyncio.to_thread(self._request, "POST", path, body)

    async def state(self) -> Payload:
        return await self.get("/v1/state")

    async def wait_for(
        self, predicate: Callable[[Payload], Any], timeout_s: float, what: str
    ) -> Payload:
        """The state as soon as the predicate is true of it, looked at after each live event.
        Raises TimeoutError, and SimulatorError when the simulator ends."""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    waiter: asyncio.Future[None] = self._loop.create_future()
                    self._waiting.append(waiter)
                    state = await self.state()
                    if predicate(state):
                        return state
                    await waiter
        except TimeoutError:
            raise TimeoutError(f"waited {timeout_s:g} s for {what}") from None
        except OSError as error:
            raise SimulatorError(f"the simulator has gone while waiting for {what}") from error

    async def stop(self) -> int:
        """Orderly shutdown; the exit status. Kills what does not end in time."""
        if self._events_connection.sock is not None:
            self._events_connection.sock.shutdown(socket.SHUT_RDWR)  # ends the thread's reading
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_S):
                return await self.process.wait()
        except TimeoutError:
            self.process.kill()
            return await self.process.wait()

    def _request(self, method: str, path: str, body: Payload | None) -> Payload:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_CALL_S)
        try:
            text = None if body is None else json.dumps(body)
            headers = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, text, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ControlError(response.status, answer.get("error", ""))
        return answer

    # Live events, read by a thread because the standard library's HTTP client blocks

    def _follow(self) -> None:
        connection = self._events_connection
        try:
            connection.request("GET", "/v1/events")
            response = connection.getresponse()
            while not response.readline().startswith(b"data:"):
                continue  # the first event: from here on nothing is missed
            last = 0
            for entry in self._request("GET", "/v1/messages?since=0", None)["messages"]:
                last = entry["n"]  # what was said before anyone listened
                self._loop.call_soon_threadsafe(self._happened, entry)
            while line := response.readline():
                if line.startswith(b"data:"):
                    event = json.loads(line[5:])
                    if event.get("n", last + 1) > last:
                        self._loop.call_soon_threadsafe(self._happened, event)
        except (OSError, http.client.HTTPException, RuntimeError):
            return  # the simulator, or the loop, has ended: nobody waits for events any more
        finally:
            connection.close()
            try:
                self._loop.call_soon_threadsafe(self._happened, {})  # whoever waits, waits no more
            except RuntimeError:
                pass  # the loop is closed: nobody waits

    def _happened(self, event: Payload) -> None:
        for observer in self.observers:
            observer(event)
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)
