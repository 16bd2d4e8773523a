"""A simulated station on one of the targets and the built-in CSMS, for scenarios that all obey.

    def test_it(target, dialect, capfd):
        stage.play(target, dialect, scenario, capfd)

What holds for every scenario is looked at here: no violation of the specification, what the CSMS
has of the energy is what the meter showed, no error on the station's console, an orderly end.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from host_sim.client import SimulatorProcess
from host_sim.csms import CallError, Csms
from host_sim.csms_records import Station, Transaction

DIALECTS = ("2.0.1", "1.6")
TOKEN = "04AABBCC"
PATIENCE_S = 90  # a guard against a test that hangs, on a machine that is busy
STATION_TOML = """\
[variables]
"SampledDataCtrlr.TxUpdatedInterval" = 60
"AuthCtrlr.OfflineTxForUnknownIdEnabled" = true
"OCPPCommCtrlr.MessageAttempts[TransactionEvent]" = 5
"OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]" = 10
"""
# What the console may say: a connection that a scenario prevents is no error.
EXPECTED = ("no connection: ", "host_sim.network: ", "another dialect")


class Stage:
    """What a scenario has in hand."""

    def __init__(self, csms: Csms, simulator: SimulatorProcess, dialect: str) -> None:
        self.csms = csms
        self.simulator = simulator
        self.dialect = dialect

    @property
    def station(self) -> Station:
        """What the CSMS knows of it."""
        return self.csms.stations[self.simulator.id]

    @property
    def is_1_6(self) -> bool:
        return self.dialect == "1.6"

    async def post(self, path: str, **body: Any) -> None:
        await self.simulator.post("/v1/" + path, **body)

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        return await self.csms.call(self.simulator.id, action, payload, PATIENCE_S)

    async def is_refused(self, action: str, payload: dict[str, Any]) -> bool:
        """Whether the answer to this CALL, which may be against the schema, is a CALLERROR."""
        try:
            await self.call(action, payload)
        except CallError:
            return True
        except ValueError:  # the CSMS would not send it as its own
            text = json.dumps([2, f"raw-{len(self.csms.messages)}", action, payload])
            await self.csms.send_raw(self.simulator.id, text)
            kind, message_id = json.loads(text)[:2]

            def answers() -> list[list[Any]]:
                frames = [m.frame for m in self.csms.messages if m.direction == "out"]
                return [frame for frame in frames if frame[0] != kind and frame[1] == message_id]

            (frame,) = await self.told(answers, f"the answer to {text[:80]}")
            return frame[0] == 4
        return False

    async def until(self, predicate: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
        return await self.simulator.wait_for(predicate, PATIENCE_S, what)

    async def told(self, predicate: Callable[[], Any], what: str) -> Any:
        return await self.csms.wait_for(predicate, PATIENCE_S, what)

    async def quiet(self) -> dict[str, Any]:
        """The station is accepted and has told all that it had to tell."""
        return await self.until(
            lambda s: (
                s["connection"]["online"]
                and s["connection"]["boot"] == "Accepted"
                and not any(s["queue"].values())
            ),
            "the station to be online and to have told all",
        )

    async def present(self, token: str = TOKEN, evse: int = 1) -> None:
        await self.post("token", id_token=token, type="ISO14443", evse=evse)

    async def plug(self, evse: int = 1) -> None:
        await self.post("plug", evse=evse, connector=1, ev={"max_kw": 22, "battery_kwh": 80})

    async def unplug(self, evse: int = 1) -> None:
        await self.post("unplug", evse=evse, connector=1)

    async def charge(self, token: str = TOKEN, evse: int = 1) -> dict[str, Any]:
        """Plug in, present a card, and wait until energy flows."""
        await self.plug(evse)
        await self.present(token, evse)
        return await self.until(lambda s: s["evses"][evse - 1]["power_w"] > 0, "power")

    async def evse(self, evse: int = 1) -> dict[str, Any]:
        return (await self.simulator.state())["evses"][evse - 1]

    async def clock(self, seconds: float) -> None:
        await self.post("clock", advance_s=seconds)

    async def ended(self, count: int = 1) -> Transaction:
        """The last of `count` sessions that are over and told, of which none is left."""
        await self.told(lambda: len(self.station.sessions) == count, f"{count} sessions to end")
        await self.quiet()
        assert len(self.station.transactions) == count
        return self.station.sessions[-1]


def whole(session: Transaction, start_wh: int, stop_wh: int, reason: str | None = None) -> None:
    """The session must have this energy, never less on its way, and this stop reason."""
    told = session.start_wh, session.stop_wh
    assert told == (start_wh, stop_wh), f"told {told} Wh, the meter had {start_wh}, {stop_wh} Wh"
    levels = [start_wh, *(s.energy_wh for s in session.periodic_samples), stop_wh]
    known = [level for level in levels if level is not None]
    assert known == sorted(known) and len(known) == len(levels), levels
    assert reason in (None, session.stopped_reason), session.stopped_reason


def sampled(session: Transaction, interval_s: int, least: int) -> None:
    """The session must have a sample at every interval of its length, at least so many."""
    times = [session.started, *(s.timestamp for s in session.periodic_samples), session.ended]
    seconds = [datetime.fromisoformat(time or "").timestamp() for time in times]
    gaps = [after - before for before, after in pairwise(seconds)]
    assert all(abs(gap - interval_s) <= 1 for gap in gaps[:-1]), gaps
    assert 0 <= gaps[-1] <= interval_s + 1 and len(gaps) > least, gaps


@contextlib.contextmanager
def configured(text: str = STATION_TOML) -> Iterator[Path]:
    with TemporaryDirectory(prefix="ocpp-scenario-") as folder:
        path = Path(folder) / "station.toml"
        path.write_text(text)
        yield path


def play(
    target: str,
    dialect: str,
    scenario: Callable[[Stage], Awaitable[None]],
    capfd: pytest.CaptureFixture[str],
    *options: str,
    expected: tuple[str, ...] = EXPECTED,
) -> None:
    """Run a scenario from the moment the station is accepted. options: more of `run`."""

    async def body(config: Path) -> None:
        async with Csms(loud=False) as csms:
            simulator = await SimulatorProcess.start(
                *("--config", str(config), "--csms", csms.url, "--ocpp", f"ocpp{dialect}"),
                *("--target", target, "--speed", "max", *options),
            )
            stage = Stage(csms, simulator, dialect)
            try:
                await stage.quiet()
                await scenario(stage)
            finally:
                status = await simulator.stop()
            assert status == 0
            assert not csms.violations, csms.violations

    with configured() as config:
        asyncio.run(body(config))
    said = capfd.readouterr().err.splitlines()
    wrong = [line for line in said if not any(word in line for word in expected)]
    assert not wrong, wrong
