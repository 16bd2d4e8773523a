"""`make qemu`: boot the station in the emulator, charge in each dialect, print what it took.

    python tools/run_qemu.py [--heap BYTES] [--dialects 2.0.1 1.6]

Bytes of heap are those in use after a collection, with all that the interpreter, asyncio and the
line to the simulator take; what these take is told too. Virtual time: a session takes seconds.
Exit status 1 if a session is not whole, or the server's record is not what the meter shows. The
footprint in full, with peaks and the budgets, is tools/footprint.py.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if __package__ in (None, ""):
    sys.path[:0] = [str(ROOT), str(ROOT / "firmware")]

from host_sim import session as sessions  # noqa: E402
from host_sim.client import ControlError, SimulatorError, SimulatorProcess  # noqa: E402
from host_sim.csms import Csms  # noqa: E402
from host_sim.csms_records import Transaction  # noqa: E402
from host_sim.station_process import HEAP_VARIABLE  # noqa: E402
from tools import build_qemu, build_romfs, footprint_images, footprint_rooms  # noqa: E402

_STEP_S = 60
_SAMPLES = 3
_TOKENS = ("04AABBCC", "04DDEEFF")
_STATION_TOML = """\
[variables]
"SampledDataCtrlr.TxUpdatedInterval" = 20
"""


def differences(
    records: Sequence[Transaction], meters: Mapping[int, tuple[int, int]]
) -> list[str]:
    """What the server's record has otherwise than the meters. meters: before and after, in Wh,
    by the number of the EVSE (in 1.6 of its connector, which is the same here)."""
    found = []
    by_evse = {record.evse_id: record for record in records}
    if len(records) != len(meters) or set(by_evse) != set(meters):
        told = ", ".join(str(record.evse_id) for record in records) or "none"
        return [f"the CSMS has sessions that have ended at EVSE {told}; wanted: one at each"]
    for evse, (before, after) in meters.items():
        record = by_evse[evse]
        levels = [record.start_wh, *(s.energy_wh for s in record.periodic_samples), record.stop_wh]
        known = [level for level in levels if level is not None]
        if len(known) != len(levels) or known != sorted(known):
            found.append(f"EVSE {evse}: the energy is missing, or falls: {levels}")
        if (record.start_wh, record.stop_wh) != (before, after) or before == after:
            found.append(
                f"EVSE {evse}: the CSMS has {record.start_wh} to {record.stop_wh} Wh,"
                f" the meter {before} to {after} Wh"
            )
    return found


async def charge(dialect: str, folder: Path) -> tuple[dict[str, int], list[str]]:
    """A session on each EVSE: the heap at its moments, and what was not as it should be."""
    csms = Csms()
    await csms.start()
    messages: list[dict[str, Any]] = []
    heap: dict[str, int] = {}
    before: list[int] = []
    after: list[int] = []
    try:
        (folder / "station.toml").write_text(_STATION_TOML)
        options = ["--config", str(folder / "station.toml"), "--state-dir", str(folder / dialect)]
        options += ["--csms", csms.url, "--ocpp", f"ocpp{dialect}"]
        simulator = await SimulatorProcess.start(*options, "--speed", "max", "--target", "qemu")
        simulator.observers.append(lambda e: messages.append(e) if "message" in e else None)

        async def until(predicate, what: str) -> dict[str, Any]:
            return await simulator.wait_for(predicate, _STEP_S, what)

        def charging(evse: int):
            return lambda s: (s["evses"][evse - 1]["transaction"] or {}).get("energy_wh")

        async def note(moment: str) -> None:
            told = (await simulator.state())["firmware"]["heap"]
            heap["before the application"] = told["boot"]
            heap[moment] = told["used"]

        try:
            state = await until(
                lambda s: (
                    s["connection"]["boot"] == "Accepted" and not s["queue"]["security_events"]
                ),
                "the station to be accepted by the CSMS",
            )
            before = [evse["energy_wh"] for evse in state["evses"]]
            await note("idle, online")
            for evse, token in enumerate(_TOKENS, 1):
                await simulator.post("/v1/plug", evse=evse, connector=1)
                await simulator.post("/v1/token", id_token=token, type="ISO14443", evse=evse)
                await until(charging(evse), f"energy at EVSE {evse}")
                await note(f"charging on EVSE {evse}" if evse == 1 else "charging on both EVSEs")
                if evse == 1:
                    await until(
                        lambda s: len(sessions.read(dialect, messages).samples) >= _SAMPLES,
                        "meter samples",
                    )
            for evse, token in reversed(list(enumerate(_TOKENS, 1))):
                await simulator.post("/v1/token", id_token=token, type="ISO14443", evse=evse)
                await simulator.post("/v1/unplug", evse=evse, connector=1)
            state = await until(
                lambda s: (
                    not any(e["transaction"] for e in s["evses"])
                    and not s["queue"]["transaction_messages"]
                    and all(e["status"] == "Available" for e in s["evses"])
                ),
                "the end of the transactions",
            )
            after = [evse["energy_wh"] for evse in state["evses"]]
            await note("afterwards")
        finally:
            await simulator.stop()
    except (TimeoutError, SimulatorError, ControlError, ConnectionError) as error:
        return heap, [str(error)]
    finally:
        await csms.stop()
    problems = [f"violation: {violation}" for violation in csms.violations]
    meters = dict(enumerate(zip(before, after, strict=True), 1))
    problems += differences(csms.stations[simulator.id].sessions, meters)
    return heap, problems


def rooms() -> dict[str, int]:
    """Bytes in the image, the largest first."""
    bodies = build_romfs.linked(footprint_images.sources(build_romfs.DIALECTS))
    found = footprint_rooms.rooms(footprint_images.by_source(bodies))
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def show(title: str, rows: dict[str, int]) -> None:
    print(title)
    for name, size in rows.items():
        print(f"  {size:8,}  {name}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Charge once in each dialect in the emulator.")
    parser.add_argument("--heap", type=int, default=build_qemu.HEAP_BYTES, help="bytes")
    parser.add_argument(
        "--dialects", nargs="+", choices=("2.0.1", "1.6"), default=("2.0.1", "1.6")
    )
    parser.add_argument("--without-names", action="store_true", help="as of another application")
    options = parser.parse_args(arguments)
    try:
        build_qemu.build(with_names=not options.without_names)
        by_room = rooms()
    except (footprint_rooms.Failure, *footprint_images.FAILURES) as failure:
        print(f"qemu: {failure}", file=sys.stderr)
        return 1
    application = sum(by_room.values()) - by_room.pop(footprint_rooms.SIMULATED)
    show("bytes in the ROMFS image:", {"application": application, **by_room})
    os.environ[HEAP_VARIABLE] = str(options.heap)
    failed = False
    for dialect in options.dialects:
        with tempfile.TemporaryDirectory(prefix="ocpp-qemu-") as folder:
            heap, problems = asyncio.run(charge(dialect, Path(folder)))
        outcome = "not whole" if problems else f"whole, on each of {len(_TOKENS)} EVSEs"
        print(f"\nOCPP {dialect}: sessions {outcome}")
        for problem in problems:
            print(f"  {problem}")
        show(f"bytes of heap in use, of {options.heap:,}, simulated board included:", heap)
        failed |= bool(problems)
    print("\nPeaks, smallest heap and budgets: make footprint")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
