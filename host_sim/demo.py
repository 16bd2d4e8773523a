"""`make sim`: a charging session in each dialect, shown message by message, then a station to try.

The demo drives a simulator in a process of its own through the control interface, as a user's
program would. The sessions run fast; the station that stays up afterwards runs in real time.
A session counts as whole only if the station's messages, the server's record (of the built-in
CSMS) and the simulated meter agree.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from host_sim import session as sessions
from host_sim.client import ControlError, SimulatorError, SimulatorProcess
from host_sim.config import TARGETS
from host_sim.config_connection import ConfigError, csms_url
from host_sim.csms import Csms
from host_sim.session import NEEDED_SAMPLES, Session
from host_sim.terminal import Transcript

_DESCRIPTION = "A charging session in each dialect, message by message; then a station to try."
_DIALECTS = ("2.0.1", "1.6")
_TOKEN = "04AABBCC"
_EVSE = 1
_BROKEN_OFF = 130  # as a shell says it of a program that Ctrl-C ended
_NO_ROUTE = "no route to"  # as boards/host/channel.py says it
_ATTEMPTS = 2  # to connect, until a server counts as not to be reached
_STEP_S = 60  # real time for one step, on a machine that is busy with other things
_SHOWN_SAMPLES = NEEDED_SAMPLES + 1
_METER_TOLERANCE_WH = 1  # the register counts finer than a Wh, the messages do not

# One sample every second at the demo's speed.
_STATION_TOML = """\
[variables]
"SampledDataCtrlr.TxUpdatedInterval" = 20
"""
_SPEED = "20"


@dataclass
class DemoOptions:
    """What `make sim` can be told. An empty `csms` means the built-in one."""

    dialects: tuple[str, ...] = _DIALECTS
    csms: str = ""
    once: bool = False
    token: str = _TOKEN
    target: str = "cpython"
    ca: Path | None = None


class _Unconnected(Exception):
    """The station gets no connection; why, in one line."""


@dataclass
class _Result:
    session: Session
    problems: list[str]
    violations: int
    is_server_there: bool = True


def main(arguments: list[str]) -> int:
    """`python -m host_sim demo`: reads the options and runs the demo; the exit status."""
    parser = _Parser(prog="host_sim demo", description=_DESCRIPTION)
    parser.add_argument("--ocpp", default=",".join(_DIALECTS), help="2.0.1, 1.6 or both")
    parser.add_argument("--csms", default="", help="endpoint URL without the identity")
    parser.add_argument("--ca", type=Path, help="root of its certificate, with wss://")
    parser.add_argument("--once", action="store_true", help="end after the sessions")
    parser.add_argument("--token", default=_TOKEN, help="the card that is presented")
    parser.add_argument("--target", default="cpython", choices=TARGETS)
    given = parser.parse_args(arguments)
    dialects = tuple(name.strip().removeprefix("ocpp") for name in given.ocpp.split(","))
    if not set(dialects) <= set(_DIALECTS) or len(set(dialects)) != len(dialects):
        parser.error(f"--ocpp {given.ocpp!r}: allowed: 2.0.1, 1.6 or both, as 2.0.1,1.6")
    try:
        url = "" if given.csms in ("", "builtin") else csms_url("--csms", given.csms)
    except ConfigError as error:
        parser.error(str(error))
    if url.startswith("wss:") and given.ca is None:
        parser.error(f"--csms {url}: needs --ca FILE (CA= with make), the root of its certificate")
    if given.ca is not None and not given.ca.is_file():
        parser.error(f"--ca {given.ca}: allowed: an existing file in PEM form")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without arrows gets question marks
    return asyncio.run(
        demo(DemoOptions(dialects, url, given.once, given.token, given.target, given.ca))
    )


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


async def demo(options: DemoOptions) -> int:
    """Runs the sessions, then, unless `once`, a station until Ctrl-C. The exit status: 0 when
    every session was whole and correct."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    csms = None if options.csms else Csms()
    if csms is not None:
        await csms.start()
    try:
        with tempfile.TemporaryDirectory(prefix="ocpp-sim-") as directory:
            show = _Demo(options, csms, Path(directory), stopping)
            work = asyncio.create_task(show.run())
            stop = asyncio.create_task(stopping.wait())
            await asyncio.wait((work, stop), return_when=asyncio.FIRST_COMPLETED)
            stop.cancel()
            if not show.is_over:
                work.cancel()  # a session is broken off; the station that stays up ends by itself
            try:
                return await work
            except asyncio.CancelledError:
                return _BROKEN_OFF
    finally:
        if csms is not None:
            await csms.stop()


class _Demo:
    def __init__(
        self, options: DemoOptions, csms: Csms | None, directory: Path, stopping: asyncio.Event
    ) -> None:
        self.is_over = False  # the sessions are; what follows ends when `stopping` is set
        self._stopping = stopping
        self._options = options
        self._csms = csms
        self._url = options.csms or (csms.url if csms else "")
        self._directory = directory
        self._transcript = Transcript(sys.stdout, on_closed=self._nobody_reads)
        (directory / "station.toml").write_text(_STATION_TOML)

    async def run(self) -> int:
        results: list[_Result] = []
        for dialect in self._options.dialects:
            kind = "built-in CSMS" if self._csms else "CSMS"
            self._transcript.heading(f"OCPP {dialect}, {kind} at {self._url}")
            results.append(await self._session(dialect))
            if not results[-1].is_server_there:
                break  # in the other dialect neither
        self.is_over = True
        is_good = self._summary(results)
        if not self._options.once:
            await self._stay_up()
        return 0 if is_good else 1

    async def _start(self, dialects: tuple[str, ...], speed: str) -> SimulatorProcess:
        ocpp = ",".join(f"ocpp{dialect}" for dialect in dialects)
        options = {
            "--config": str(self._directory / "station.toml"),
            "--state-dir": str(self._directory / "flash"),
            "--csms": self._url,
            "--ocpp": ocpp,
            "--speed": speed,
            "--target": self._options.target,
        }
        if self._options.ca is not None:
            options["--ca"] = str(self._options.ca.absolute())
        simulator = await SimulatorProcess.start(*(x for pair in options.items() for x in pair))
        simulator.observers.append(self._show)
        return simulator

    def _nobody_reads(self) -> None:
        """Ends as by Ctrl-C; what Python flushes at its end goes nowhere."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        self._stopping.set()

    def _show(self, event: dict[str, Any]) -> None:
        if "message" in event:
            self._transcript.message(event["time"][11:19], event["direction"], event["message"])

    def _act(self, clock: str, text: str) -> None:
        self._transcript.note(f"{clock[11:19]}  ●  {text}", "cyan")

    # One session

    async def _session(self, dialect: str) -> _Result:
        """Plug, token, charge, token, unplug; then compare what everyone says of it."""
        before = len(self._csms.violations) if self._csms else 0
        problems: list[str] = []
        messages: list[dict[str, Any]] = []
        meter_wh: tuple[float, float] | None = None
        station_id = ""
        try:
            simulator = await self._start((dialect,), _SPEED)
            station_id = simulator.id
            simulator.observers.append(lambda e: messages.append(e) if "message" in e else None)
            try:
                meter_wh = await self._drive(simulator, dialect, messages)
            finally:
                await simulator.stop()
        except (TimeoutError, SimulatorError, ControlError, OSError, _Unconnected) as error:
            problems.append(str(error))
        session = sessions.read(dialect, messages)
        problems += session.wrong if problems else session.missing()
        violations = len(self._csms.violations) - before if self._csms else 0
        if violations:
            problems.append(f"{violations} violations of the specification")
        if meter_wh is not None and session.record is not None:
            told = (session.record.start_wh, session.record.stop_wh)
            problems += _differences("the station's messages", told, meter_wh)
            if self._csms is not None:
                record = self._csms.stations[station_id].sessions[-1:]
                told = (record[0].start_wh, record[0].stop_wh) if record else (None, None)
                problems += _differences("the CSMS's record", told, meter_wh)
        for problem in problems:
            self._transcript.note(f"✗ {problem}", "red")
        is_server_there = not any(_NO_ROUTE in problem for problem in problems)
        return _Result(session, problems, violations, is_server_there)

    async def _drive(
        self, simulator: SimulatorProcess, dialect: str, messages: list[dict[str, Any]]
    ) -> tuple[float, float] | None:
        """The user's part of a session. Gives the meter before and after, in Wh; None when the
        server refuses the card."""

        async def until(predicate: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
            return await simulator.wait_for(predicate, _STEP_S, what)

        def story() -> Session:
            return sessions.read(dialect, messages)

        state = await until(
            lambda s: (
                s["network"]["failures"] >= _ATTEMPTS
                or (
                    s["connection"]["boot"] == "Accepted"
                    and story().statuses
                    and not story().waiting
                    and s["queue"]["security_events"] == 0
                )
            ),
            "the station to be accepted by the CSMS",
        )
        if state["network"]["failures"]:
            raise _Unconnected(f"no connection to {self._url}: {state['network']['trouble']}")
        meter_before = _evse(state)["energy_wh"]
        self._act(state["clock"], f"an electric car is plugged in at EVSE {_EVSE}")
        await simulator.post("/v1/plug", evse=_EVSE, connector=1)
        state = await until(
            lambda s: story().statuses[-1] != "Available", "the plugged connector's status"
        )
        self._act(state["clock"], f"the card {self._options.token} is presented")
        await self._present_token(simulator)
        await until(
            lambda s: len(story().samples) >= _SHOWN_SAMPLES or story().refused,
            f"{_SHOWN_SAMPLES} meter samples of a transaction",
        )
        if story().refused:
            return None
        state = await simulator.state()
        self._act(state["clock"], "the card is presented again")
        await self._present_token(simulator)
        state = await until(
            lambda s: _evse(s)["transaction"] is None or story().is_stopped,
            "the end of the transaction",
        )
        self._act(state["clock"], "the car is unplugged")
        await simulator.post("/v1/unplug", evse=_EVSE, connector=1)
        state = await until(
            lambda s: (
                story().statuses[-1] == "Available"
                and story().is_stopped
                and not story().waiting
                and s["queue"]["transaction_messages"] == 0
            ),
            "the connector to be available and all messages to be answered",
        )
        return meter_before, _evse(state)["energy_wh"]

    async def _present_token(self, simulator: SimulatorProcess) -> None:
        token = self._options.token
        await simulator.post("/v1/token", id_token=token, type="ISO14443", evse=_EVSE)

    # Afterwards

    def _summary(self, results: list[_Result]) -> bool:
        self._transcript.heading("Summary")
        rows = [("OCPP", "energy", "samples", "duration", "violations", "result")]
        for result in results:
            session = result.session
            energy = session.record.energy_wh if session.record else None
            minutes, seconds = divmod(round(session.duration_s), 60)
            rows.append(
                (
                    session.dialect,
                    "-" if energy is None else f"{energy:g} Wh",
                    str(len(session.samples)),
                    f"{minutes} min {seconds:02} s",
                    str(result.violations) if self._csms else "-",
                    "not whole" if result.problems else "whole",
                )
            )
        self._transcript.table(rows)
        return all(not result.problems for result in results)

    async def _stay_up(self) -> None:
        simulator = await self._start(self._options.dialects, "1")
        try:
            control, write = simulator.control, self._transcript.note
            self._transcript.heading("The station stays up, in real time")
            write(f"Control interface: {control}   (Ctrl-C ends)", "bold")
            write(f"  curl {control}/v1/state")
            write(f'  curl {control}/v1/plug -d \'{{"evse":1,"connector":1}}\'')
            token = f'{{"id_token":"{self._options.token}","type":"ISO14443","evse":1}}'
            write(f"  curl {control}/v1/token -d '{token}'")
            gone = asyncio.create_task(simulator.process.wait())
            stop = asyncio.create_task(self._stopping.wait())
            await asyncio.wait((gone, stop), return_when=asyncio.FIRST_COMPLETED)
            stop.cancel()
            gone.cancel()
        finally:
            await simulator.stop()


def _evse(state: dict[str, Any]) -> dict[str, Any]:
    return state["evses"][_EVSE - 1]


def _differences(
    who: str, told: tuple[float | None, float | None], meter_wh: tuple[float, float]
) -> list[str]:
    """What someone says of the meter at start and stop against what the meter reads."""
    found = []
    for name, said, reads in zip(("start", "stop"), told, meter_wh, strict=True):
        if said is None:
            found.append(f"{who} has no energy at the {name}")
        elif abs(said - reads) > _METER_TOLERANCE_WH:
            found.append(f"{who} has {said:g} Wh at the {name}, the meter {reads:g} Wh")
    return found
