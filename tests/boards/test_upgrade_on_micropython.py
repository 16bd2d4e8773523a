"""A real upgrade on the emulated Cortex-M3, from an image with OCPP 1.6 only to one with both
dialects: downloaded while a car charges, verified, booted, confirmed. Then an image for other
hardware, and one that crashes at its boot: the one before is back. At last it goes to 2.0.1."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from chargepoint.ota import container
from host_sim.client import SimulatorProcess
from host_sim.csms import Csms
from host_sim.file_server import FileServer
from host_sim.qemu import BUILT_VARIABLE
from tests.scenarios.stage import Stage, sampled, whole
from tools import build_qemu, build_romfs, qemu_image

pytestmark = pytest.mark.usefixtures("emulated")
STATION_TOML = """\
[variables]
"SampledDataCtrlr.TxUpdatedInterval" = 10
"""
PAST = "2026-01-01T00:00:00Z"
CRASHES = {"main.py": b"import machine\nmachine.reset()\n"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the firmware, and in app.img the 1.6-only image with which the station is made."""
    folder = tmp_path_factory.mktemp("upgrade")
    build_qemu.build(("ocpp16",), folder=folder)
    old = (folder / build_qemu.IMAGE).read_bytes()
    new = (build_qemu.RESULT / build_qemu.IMAGE).read_bytes()
    crashing = build_romfs.image(CRASHES)
    images = {
        "app.img": qemu_image.signed(old, "1.0.0", 1, subprotocols=["ocpp1.6"]),
        "new.img": qemu_image.signed(new, "1.1.0", 2),
        "crashing.img": qemu_image.signed(crashing, "1.2.0", 2),
        "other.img": qemu_image.signed(crashing, "1.2.0", 2, hardware=["B", "C"]),
    }
    for name, image in images.items():
        (folder / name).write_bytes(image)
    (folder / "station.toml").write_text(STATION_TOML)
    return folder


@contextlib.asynccontextmanager
async def upgraded(folder: Path, *options: str):
    """(stage, file server) of a station that is accepted."""
    async with Csms(loud=False) as csms, FileServer(folder) as files:
        config = ("--config", str(folder / "station.toml"), "--csms", csms.url)
        more = ("--target", "qemu", "--speed", "max", *options)
        simulator = await SimulatorProcess.start(*config, *more, quiet=True)
        stage = Stage(csms, simulator, "1.6")
        try:
            await stage.quiet()
            yield stage, files
        finally:
            status = await simulator.stop()
        assert status == 0
        assert not csms.violations, csms.violations


async def update(s: Stage, files: FileServer, image: str, **more) -> None:
    location = files.url + image
    await s.call("UpdateFirmware", {"location": location, "retrieveDate": PAST, **more})


def statuses(s: Stage) -> list[str]:
    return [told["status"] for told in s.station.payloads("FirmwareStatusNotification")]


async def told(s: Stage, *wanted: str) -> None:
    """Wait for the last of these statuses; they must be all, in this order."""
    await s.told(lambda: wanted[-1] in statuses(s)[-1:], wanted[-1])
    assert statuses(s) == list(wanted)


def events(s: Stage) -> list[tuple[str, str]]:
    told = s.station.payloads("SecurityEventNotification")
    return [(event["type"], event.get("techInfo", "")) for event in told]


def booted(s: Stage) -> list[str]:
    """The version that each BootNotification had."""
    return [told["firmwareVersion"] for told in s.station.payloads("BootNotification")]


async def firmware(s: Stage) -> tuple[str, str, bool]:
    found = (await s.simulator.state())["firmware"]
    return found["version"], found["slot"], found["trial"]


async def upgrade(folder: Path) -> None:
    async with upgraded(folder, "--ocpp", "ocpp1.6") as (s, files):
        assert await firmware(s) == ("1.0.0", "a", False)
        keys = (await s.call("GetConfiguration", {}))["configurationKey"]
        assert {"HeartbeatInterval", "NetworkProfile1"} <= {key["key"] for key in keys}
        await s.charge(evse=2)
        files.break_after = 40_000
        await update(s, files, "new.img", retries=2, retryInterval=1)
        await s.told(lambda: "Downloaded" in statuses(s), "the download")
        assert [first for _, first in files.requests[:2]] == [None, 0]  # its header again
        assert 30_000 < (files.requests[2][1] or 0) < 40_000  # it goes on where it was
        await s.clock(25)
        assert (await firmware(s))[0] == "1.0.0"  # not as long as a car charges
        await s.unplug(2)
        await told(s, "Downloading", "Downloaded", "Installing", "Installed")
        session = await s.ended()
        whole(session, 0, (await s.evse(2))["energy_wh"])
        sampled(session, 10, 2)
        assert booted(s) == ["1.0.0", "1.1.0"]
        assert ("FirmwareUpdated", "1.1.0") in events(s)
        assert await firmware(s) == ("1.1.0", "b", False)

        await update(s, files, "other.img")  # for other hardware: refused, and the station works
        failed = ("FirmwareUpdateFailed", f"InstallVerificationFailed: {container.WRONG_HARDWARE}")
        await s.told(lambda: failed in events(s), "the refusal")
        await s.quiet()
        assert await firmware(s) == ("1.1.0", "b", False)

        await update(s, files, "crashing.img")
        failed = ("FirmwareUpdateFailed", "InstallationFailed: boots used up")
        await s.told(lambda: failed in events(s), "the rollback")
        assert booted(s) == ["1.0.0", "1.1.0", "1.1.0"]
        assert await firmware(s) == ("1.1.0", "b", False)

        for key, value in (
            ("NetworkProfile1", "OCPP20 0 " + s.csms.url),
            ("NetworkConfigurationPriority", "1,0"),
        ):
            answer = await s.call("ChangeConfiguration", {"key": key, "value": value})
            assert answer == {"status": "RebootRequired"}
        assert await s.call("Reset", {"type": "Soft"}) == {"status": "Accepted"}
        await s.until(lambda state: state["connection"]["subprotocol"] == "ocpp2.0.1", "2.0.1")
        await s.quiet()
        assert await firmware(s) == ("1.1.0", "b", False)


def test_an_upgrade_from_one_dialect_to_both_and_a_rollback(folder, monkeypatch):
    monkeypatch.setenv(BUILT_VARIABLE, str(folder))
    asyncio.run(upgrade(folder))
