"""A simulated station is updated: the version and the slot that it shows, and its way back."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chargepoint import VERSION
from host_sim.client import SimulatorProcess
from host_sim.csms import Csms
from host_sim.file_server import FileServer
from tests.scenarios.stage import Stage
from tools import build_romfs, image_container, image_keys

PAYLOAD = build_romfs.image({"main.py": bytes(60_000)})
PAST = "2026-01-01T00:00:00Z"
KEY = image_keys.new_key("p256")


def image(version: str, **others) -> bytes:
    named = {"product": "host-sim", "hardware": ["A"], "counter": 2, **others}
    description = image_container.Description(version=version, **named)
    return image_container.signed(description, PAYLOAD, KEY)


def play(
    folder: Path,
    target: str,
    dialect: str,
    scenario: Callable[[Stage, FileServer], Awaitable[None]],
    ocpp: str = "",
) -> None:
    """Run a scenario from the moment the station is accepted. ocpp: what it offers."""

    async def body() -> None:
        async with Csms(loud=False) as csms, FileServer(folder) as files:
            simulator = await SimulatorProcess.start(
                *("--config", str(folder / "station.toml"), "--csms", csms.url),
                *("--ocpp", ocpp or f"ocpp{dialect}", "--target", target, "--speed", "max"),
                *("--state-dir", str(folder / "state")),
                quiet=True,
            )
            stage = Stage(csms, simulator, dialect)
            try:
                await stage.quiet()
                await scenario(stage, files)
            finally:
                status = await simulator.stop()
            assert status == 0
            assert not csms.violations, csms.violations

    asyncio.run(body())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keys").write_bytes(image_keys.key_file([KEY.public_key()]))
    (tmp_path / "station.toml").write_text('[firmware]\nkeys = "keys"\n')
    (tmp_path / "new.img").write_bytes(image("7.1.0"))
    return tmp_path


async def update(s: Stage, files: FileServer, name: str = "new.img") -> None:
    location = files.url + name
    if s.is_1_6:
        await s.call("UpdateFirmware", {"location": location, "retrieveDate": PAST})
    else:
        firmware = {"location": location, "retrieveDateTime": PAST}
        answer = await s.call("UpdateFirmware", {"requestId": 5, "firmware": firmware})
        assert answer == {"status": "Accepted"}


async def last(s: Stage, wanted: str) -> None:
    def is_it() -> bool:
        told = s.station.payloads("FirmwareStatusNotification")
        return bool(told) and told[-1]["status"] == wanted

    await s.told(is_it, wanted)
    await s.quiet()


async def firmware(s: Stage) -> dict:
    return (await s.simulator.state())["firmware"]


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_a_new_image_is_told_to_the_server_and_shown(folder, dialect):
    async def scenario(s: Stage, files: FileServer) -> None:
        assert await firmware(s) == {"version": VERSION, "slot": "a", "trial": False}
        await update(s, files)
        await last(s, "Installed")
        assert await firmware(s) == {"version": "7.1.0", "slot": "b", "trial": False}
        boot = s.station.payloads("BootNotification")[-1]
        assert boot.get("chargingStation", boot)["firmwareVersion"] == "7.1.0"
        await s.post("power", cycle=True)
        await s.quiet()
        (folder / "newer.img").write_bytes(image("7.2.0"))
        await update(s, files, "newer.img")
        await s.until(lambda state: state["firmware"]["version"] == "7.2.0", "the next one")
        await last(s, "Installed")
        assert await firmware(s) == {"version": "7.2.0", "slot": "a", "trial": False}

    play(folder, "cpython", dialect, scenario)


def test_on_micropython_too(folder):
    async def scenario(s: Stage, files: FileServer) -> None:
        await update(s, files)
        await last(s, "Installed")
        assert await firmware(s) == {"version": "7.1.0", "slot": "b", "trial": False}

    play(folder, "unix", "2.0.1", scenario)


def test_an_image_that_the_server_does_not_accept_goes_after_its_deadline(folder):
    async def scenario(s: Stage, files: FileServer) -> None:
        s.csms.boot_script[s.simulator.id] = [("Rejected", 400)] * 3
        await update(s, files)
        await s.until(lambda state: state["firmware"]["trial"], "the trial")
        assert await firmware(s) == {"version": "7.1.0", "slot": "b", "trial": True}
        await last(s, "InstallationFailed")
        assert await firmware(s) == {"version": VERSION, "slot": "a", "trial": False}
        told = s.station.payloads("SecurityEventNotification")
        why = [event.get("techInfo") for event in told if event["type"] == "FirmwareUpdateFailed"]
        assert why == ["InstallationFailed: deadline passed"]

    play(folder, "cpython", "2.0.1", scenario)


def test_a_download_that_breaks_off_and_a_power_cut(folder):
    async def scenario(s: Stage, files: FileServer) -> None:
        files.break_after = 50_000
        await update(s, files)
        await s.told(lambda: files.break_after is None, "the first part")
        flash = folder / "state" / "flash"
        await s.until(lambda _: len(files.requests) > 1 or any(flash.glob("download.*")), "a note")
        await s.post("power", cycle=True)
        await last(s, "Installed")
        assert await firmware(s) == {"version": "7.1.0", "slot": "b", "trial": False}
        assert files.requests[0] == ("/new.img", None)
        assert max(first or 0 for _, first in files.requests) > 30_000

    play(folder, "cpython", "2.0.1", scenario)


def test_the_image_decides_what_the_station_offers(folder):
    (folder / "new.img").write_bytes(image("7.1.0", subprotocols=["ocpp1.6"]))

    async def scenario(s: Stage, files: FileServer) -> None:
        assert (await s.simulator.state())["connection"]["subprotocol"] == "ocpp2.0.1"
        refused = []

        def is_refused() -> bool:
            told = s.station.payloads("SecurityEventNotification")
            refused[:] = [e.get("techInfo") for e in told if e["type"] == "FirmwareUpdateFailed"]
            return bool(refused)

        await update(s, files)  # 2.0.1 is in use
        await s.told(is_refused, "the refusal")
        assert refused == ["InstallVerificationFailed: lacks the subprotocol in use"]

    play(folder, "cpython", "2.0.1", scenario, "ocpp2.0.1,ocpp1.6")

    async def again(s: Stage, files: FileServer) -> None:
        assert (await s.simulator.state())["connection"]["subprotocol"] == "ocpp1.6"
        await update(s, files)
        await last(s, "Installed")
        assert await firmware(s) == {"version": "7.1.0", "slot": "b", "trial": False}

    play(folder, "cpython", "1.6", again, "ocpp1.6,ocpp2.0.1")


def test_without_a_key_every_image_is_refused(folder):
    (folder / "station.toml").write_text("")

    async def scenario(s: Stage, files: FileServer) -> None:
        await update(s, files)
        await last(s, "InstallVerificationFailed")
        assert await firmware(s) == {"version": VERSION, "slot": "a", "trial": False}

    play(folder, "cpython", "2.0.1", scenario)
