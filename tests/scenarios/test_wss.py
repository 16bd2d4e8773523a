"""WSS to the CSMS, with its certificate and name checked, on every target: who is trusted charges,
who is not is refused, and the CSMS that is trusted later hears of it."""

import asyncio
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from host_sim.client import SimulatorProcess
from host_sim.csms import Csms
from tests.link.test_tls import certificate, pem
from tests.scenarios import stage
from tests.scenarios.stage import Stage, whole


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """root.pem, and certificates with their keys: good, station, and what is wrong."""
    path = tmp_path_factory.mktemp("wss")
    root, other = certificate("root"), certificate("other")
    (path / "root.pem").write_bytes(root[0].public_bytes(serialization.Encoding.PEM))
    made: dict[str, tuple[x509.Certificate, object]] = {
        "good": certificate("localhost", root),
        "unknown": certificate("localhost", other),
        "name": certificate("csms.example", root),
        "expired": certificate("localhost", root, days=-1),
        "station": certificate("CP 1", root),
    }
    for name, (shown, key) in made.items():
        (path / f"{name}.pem").write_bytes(shown.public_bytes(serialization.Encoding.PEM))
        (path / f"{name}.key").write_bytes(pem(key))
    return path


def context(folder: Path, name: str, asks: bool = False) -> ssl.SSLContext:
    """Of a server that shows this certificate; asks: it wants to see one of the station."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    if asks:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(folder / "root.pem")
    return made


async def session(s: Stage) -> None:
    """A station that is online charges, on the one connection."""
    await s.quiet()
    await s.charge()
    await s.clock(200)
    await s.present()
    await s.unplug()
    whole(await s.ended(), 0, (await s.evse())["energy_wh"], "Local")
    assert s.station.connections == 1


def play(target, dialect, folder, server, scenario, *options) -> None:
    """Run a scenario with a CSMS that shows the certificate `server`."""

    async def body(config: Path) -> None:
        csms = Csms(loud=False, ssl=context(folder, server, bool(options)))
        await csms.start()
        url = f"wss://localhost:{csms.port}/ocpp"
        simulator = await SimulatorProcess.start(
            *("--config", str(config), "--csms", url, "--ocpp", f"ocpp{dialect}"),
            *("--target", target, "--speed", "max", "--ca", str(folder / "root.pem"), *options),
        )
        try:
            await scenario(Stage(csms, simulator, dialect))
            assert not csms.violations, csms.violations
        finally:
            await simulator.stop()
            await csms.stop()

    with stage.configured() as config:
        asyncio.run(body(config))


@pytest.mark.parametrize("dialect", stage.DIALECTS)
def test_A00_FR_307_a_session_with_a_trusted_server(target, dialect, folder):
    play(target, dialect, folder, "good", session)


def test_A00_FR_401_a_session_of_a_station_that_shows_its_certificate(target, folder):
    own = ("--cert", str(folder / "station.pem"), "--key", str(folder / "station.key"))
    play(target, "2.0.1", folder, "good", session, *own)


@pytest.mark.parametrize("server", ["unknown", "name", "expired"])
def test_A00_FR_310_a_server_that_is_not_trusted_is_refused_and_told_of(target, server, folder):
    async def scenario(s: Stage):
        await s.until(lambda state: state["queue"]["security_events"] == 2, "the security event")
        state = await s.simulator.state()
        assert not state["connection"]["online"] and s.simulator.id not in s.csms.stations
        port = s.csms.port
        await s.csms.stop()
        s.csms = Csms(loud=False, ssl=context(folder, "good"))
        await s.csms.start(port=port)
        await s.told(lambda: s.simulator.id in s.csms.stations, "a connection")
        await s.quiet()
        events = [event["type"] for event in s.station.payloads("SecurityEventNotification")]
        assert events == ["StartupOfTheDevice", "InvalidCsmsCertificate"]
        await session(s)
        assert not s.csms.violations
        await s.csms.stop()

    play(target, "2.0.1", folder, server, scenario)
