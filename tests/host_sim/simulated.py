"""A simulator process and what a test needs to drive it: calls, and waiting on live events."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 90  # a guard against a test that hangs, on a machine that is busy


class Simulated:
    """`python -m host_sim run` with options; a context manager that ends it.

    errors: its standard error is `process.stderr`, and is not shown.
    """

    def __init__(self, *options: str, errors: bool = False) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "host_sim", "run", *options],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if errors else None,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"exit status {self.process.wait()}"
        self.hello = json.loads(line)
        self._address = urlsplit(self.hello["control"]).netloc

    def __enter__(self) -> Simulated:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.terminate()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        """As a power cut of the whole machine."""
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """(status, JSON); a body of bytes is sent as it is."""
        connection = http.client.HTTPConnection(self._address, timeout=PATIENCE_S)
        try:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body)
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        status, value = self.request("GET", path)
        assert status == 200, value
        return value

    def post(self, path: str, **body: Any) -> Any:
        status, value = self.request("POST", path, body)
        assert status == 200, value
        return value

    def status(self, path: str, **body: Any) -> int:
        status, value = self.request("POST", path, body)
        assert status == 200 or (set(value) == {"error"} and "\n" not in value["error"])
        return status

    def state(self) -> dict:
        return self.get("/v1/state")

    def evse(self, evse_id: int = 1) -> dict:
        return self.state()["evses"][evse_id - 1]

    def messages(self, since: int = 0) -> list[dict]:
        return self.get(f"/v1/messages?since={since}")["messages"]

    def calls(self, action: str) -> list[dict]:
        """Payloads of the CALLs of the station with this action."""
        return [
            entry["message"][3]
            for entry in self.messages()
            if entry["direction"] == "out" and entry["message"][0] == 2
            if entry["message"][2] == action
        ]

    def wait(self, predicate: Callable[[dict], Any]) -> dict:
        """The first state for which the predicate is true, looked at after each live event."""
        connection = http.client.HTTPConnection(self._address, timeout=PATIENCE_S)
        try:
            connection.request("GET", "/v1/events")
            response = connection.getresponse()
            name = ""
            for line in response:
                if line.startswith(b"event: "):
                    name = line[7:].strip().decode()
                elif line.startswith(b"data: ") and name == "state":
                    state = json.loads(line[6:])
                    if predicate(state):
                        return state
            raise AssertionError("the simulator ended")
        finally:
            connection.close()

    def wait_online(self) -> dict:
        """The station has booted and has told its statuses."""
        return self.wait(
            lambda state: (
                state["connection"]["boot"] == "Accepted" and state["connection"]["online"]
            )
        )

    def charge(self, token: str = "04AABB", evse: int = 1) -> dict:
        """Plug in, present a card, and wait until energy flows."""
        self.post("/v1/plug", evse=evse)
        self.post("/v1/token", id_token=token, evse=evse)
        return self.wait(lambda state: state["evses"][evse - 1]["power_w"] > 0)


def failure(*options: str) -> str:
    """The one line with which `run` refuses these options; the exit status must be 2."""
    result = subprocess.run(
        [sys.executable, "-m", "host_sim", "run", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert result.returncode == 2, result
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1 and result.stderr.endswith("\n"), result.stderr
    return result.stderr
