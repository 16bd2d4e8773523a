"""Signed updates of simulated stations, with the real download, checks and slots: both dialects,
CPython and MicroPython."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from chargepoint import VERSION
from host_sim.client import SimulatorProcess
from host_sim.csms import Csms
from host_sim.file_server import FileServer
from tests.scenarios.stage import DIALECTS, Stage
from tools import build_romfs, image_container, image_keys, image_ocpp

PAST = "2026-01-01T00:00:00Z"
STATION_TOML = """\
[firmware]
keys = "update_keys.bin"
product = "host-sim"
hardware = "A"
roots = "root.pem"

[variables]
"SecurityCtrlr.AllowPkcs1FirmwareSignature" = true
"""
SEQUENCE = "Downloading Downloaded SignatureVerified Installing InstallRebooting Installed".split()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The images, the keys, and the manufacturer's certificates of both kinds."""
    folder = tmp_path_factory.mktemp("signed")
    key = image_keys.new_key("rsa3072")
    (folder / "update_keys.bin").write_bytes(image_keys.key_file([key.public_key()]))
    payload = build_romfs.image({"a.txt": bytes(30000)})
    for name, version, hardware in (("new", "9.1.0", "A"), ("other", "9.2.0", "B")):
        description = image_container.Description("host-sim", [hardware], version, 2)
        image = image_container.signed(description, payload, key)
        (folder / f"{name}.img").write_bytes(image)
    roots = b""
    for algorithm in "p256", "rsa3072":
        (folder / algorithm).mkdir()
        image_ocpp.write_certificates(folder / algorithm, algorithm)
        roots += (folder / algorithm / "root.pem").read_bytes()
    (folder / "root.pem").write_bytes(roots)
    (folder / "station.toml").write_text(STATION_TOML)
    return folder


def fields(folder: Path, image: str, algorithm: str, scheme: str) -> dict[str, str]:
    """signingCertificate and signature."""
    pki = folder / algorithm
    certificate, key = pki / "leaf.pem", image_keys.read_private(pki / "leaf.key")
    data = (folder / image).read_bytes()
    return image_ocpp.request_fields(data, certificate.read_bytes(), key, scheme)


async def update(s: Stage, url: str, request_id: int, signed: dict[str, str]) -> str:
    action = "SignedUpdateFirmware" if s.is_1_6 else "UpdateFirmware"
    firmware = {"location": url, "retrieveDateTime": PAST, **signed}
    return (await s.call(action, {"requestId": request_id, "firmware": firmware}))["status"]


def statuses(s: Stage, request_id: int) -> list[str]:
    action = "SignedFirmwareStatusNotification" if s.is_1_6 else "FirmwareStatusNotification"
    told = s.station.payloads(action)
    return [each["status"] for each in told if each["requestId"] == request_id]


def events(s: Stage) -> list[tuple[str, Any]]:
    told = s.station.payloads("SecurityEventNotification")
    return [(event["type"], event.get("techInfo")) for event in told]


async def scenario(s: Stage, folder: Path, kind: tuple[str, str]) -> None:
    async with FileServer(folder) as files:
        url = files.url + "new.img"
        await s.charge()
        signed = fields(folder, "other.img", *kind)
        assert await update(s, files.url + "other.img", 1, signed) == "Accepted"
        await s.told(lambda: "InstallScheduled" in statuses(s, 1), "the download")
        await s.unplug()
        failed = "FirmwareUpdateFailed", "InstallVerificationFailed: wrong hardware"
        await s.told(lambda: failed in events(s), "the refusal")
        wanted = [*SEQUENCE[:3], "InstallScheduled", "Installing", "InstallVerificationFailed"]
        await s.told(lambda: statuses(s, 1) == wanted, "the refusal's status")

        assert await update(s, url, 2, signed) == "Accepted"  # signed, but another file
        await s.told(lambda: statuses(s, 2)[-1:] == ["InvalidSignature"], "the wrong signature")
        firmware = (await s.simulator.state())["firmware"]
        assert (firmware["version"], firmware["slot"]) == (VERSION, "a")

        signed = fields(folder, "new.img", "rsa3072", "pkcs1" if s.is_1_6 else "pss")
        files.break_after = 20_000
        assert await update(s, url, 3, signed) == "Accepted"
        await s.told(lambda: statuses(s, 3)[-1:] == ["Downloading"], "the download")
        await s.clock(61)  # to the next attempt
        await s.told(lambda: statuses(s, 3) == SEQUENCE, "the installation")
        await s.told(lambda: ("FirmwareUpdated", "9.1.0") in events(s), "the security event")
        boot = s.station.payloads("BootNotification")[-1]
        assert "9.1.0" in (boot.get("firmwareVersion"), *boot.get("chargingStation", {}).values())
        firmware = (await s.simulator.state())["firmware"]
        assert (firmware["version"], firmware["slot"], firmware["trial"]) == ("9.1.0", "b", False)
        await s.quiet()


async def play(target: str, dialect: str, folder: Path) -> None:
    async with Csms(loud=False) as csms:
        simulator = await SimulatorProcess.start(
            *("--config", str(folder / "station.toml"), "--csms", csms.url),
            *("--ocpp", f"ocpp{dialect}", "--target", target, "--speed", "max"),
        )
        stage = Stage(csms, simulator, dialect)
        try:
            await stage.quiet()
            # On P-256 it takes MicroPython many seconds of a PC's, with RSA one.
            kind = ("p256", "ecdsa") if target == "cpython" else ("rsa3072", "pss")
            await scenario(stage, folder, kind)
        finally:
            status = await simulator.stop()
        assert status == 0
        assert not csms.violations, csms.violations


@pytest.mark.parametrize(
    "target, dialect", [*(("cpython", each) for each in DIALECTS), ("unix", DIALECTS[0])]
)
def test_refused_wrongly_signed_and_installed(target, dialect, folder):
    asyncio.run(play(target, dialect, folder))
