"""OCPP 1.6's SecurityProfile is raised step by step, over real TLS at the same address: what is
accepted is tried, and what does not work leaves the station where it was (A05)."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from host_sim.client import SimulatorProcess
from host_sim.csms import Csms
from tests.link.test_tls import certificate, pem
from tests.scenarios import stage
from tests.scenarios.stage import Stage

_HANDSHAKE = b"\x16"  # the first byte of a TLS client
STATION_TOML = """\
[station]
security_profile = 0
[variables]
"OCPPCommCtrlr.RetryBackOffWaitMinimum" = 1
"""


class Front:
    """The server's one address: with and without TLS, as the client begins. `seen`: of each
    connection "ws", "wss", or "wss" and the name in the client's certificate."""

    def __init__(self, folder: Path) -> None:
        self.seen: list[str] = []
        self.has_tls = False
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self._context.load_verify_locations(folder / "root.pem")
        self._context.verify_mode = ssl.CERT_OPTIONAL

    @contextlib.asynccontextmanager
    async def before(self, port: int) -> AsyncIterator[int]:
        """In front of what listens at this port; its own port."""
        inside = await asyncio.start_server(self._secure, "127.0.0.1", ssl=self._context)
        door = await asyncio.start_server(self._any, "127.0.0.1")
        self._plain_port = port
        self._secure_port = inside.sockets[0].getsockname()[1]
        try:
            yield door.sockets[0].getsockname()[1]
        finally:
            for server in (door, inside):
                server.close()

    async def _any(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(1)
        is_tls = first == _HANDSHAKE
        if is_tls and not self.has_tls:
            writer.close()
            return
        if not is_tls:
            self.seen.append("ws")
        await _join(reader, writer, self._secure_port if is_tls else self._plain_port, first)

    async def _secure(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown = writer.get_extra_info("peercert")
        names = dict(pair for part in shown["subject"] for pair in part) if shown else {}
        self.seen.append(" ".join(["wss", *names.values()]))
        await _join(reader, writer, self._plain_port, b"")


async def _join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, first: bytes
) -> None:
    onward, back = await asyncio.open_connection("127.0.0.1", port)
    back.write(first)
    await asyncio.gather(_pipe(reader, back), _pipe(onward, writer))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(4096):
            writer.write(data)
    writer.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("raised")
    root = certificate("root")
    made = {
        "root": root,
        "server": certificate("localhost", root),
        "station": certificate("CP 1", root),
    }
    for name, (shown, key) in made.items():
        (path / f"{name}.pem").write_bytes(shown.public_bytes(serialization.Encoding.PEM))
        (path / f"{name}.key").write_bytes(pem(key))
    return path


@pytest.mark.parametrize("target", ["cpython", "unix"])
def test_A05_each_security_profile_that_is_accepted_is_tried(target, folder):
    front = Front(folder)

    async def changed(s: Stage, level: int, key: str = "") -> None:
        """It is accepted, and the station is back by a new connection."""
        before = s.station.connections
        payload = {"key": "SecurityProfile", "value": str(level)}
        if key:
            payload = {"key": "AuthorizationKey", "value": key}
        assert await s.call("ChangeConfiguration", payload) == {"status": "Accepted"}
        await s.told(lambda: s.station.connections > before, f"security profile {level}")
        await s.quiet()

    async def profile(s: Stage) -> str:
        answer = await s.call("GetConfiguration", {"key": ["SecurityProfile"]})
        return answer["configurationKey"][0]["value"]

    async def scenario(s: Stage) -> None:
        payload = {"key": "SecurityProfile", "value": "1"}
        assert await s.call("ChangeConfiguration", payload) == {"status": "Rejected"}
        await changed(s, 0, "00112233445566778899aabbccddeeff")
        await changed(s, 1)
        assert await profile(s) == "1" and set(front.seen) == {"ws"}

        front.seen.clear()
        await changed(s, 2)  # in vain: the server has no TLS
        assert await profile(s) == "1" and front.seen == ["ws"]
        await s.told(
            lambda: [
                event["techInfo"]
                for event in s.station.payloads("SecurityEventNotification")
                if event["type"] == "NetworkProfileFailed"
                and event["techInfo"].startswith("slot 0, security profile 2: ")
                and event["techInfo"].endswith("; slot 0, security profile 1 is used")
            ],
            "why",
        )
        front.has_tls = True
        front.seen.clear()
        await changed(s, 2)
        assert await profile(s) == "2" and front.seen == ["wss"]
        await changed(s, 3)
        assert await profile(s) == "3" and front.seen == ["wss", "wss CP 1"]
        await s.post("power", cycle=True)
        await s.told(lambda: len(front.seen) == 3, "the connection after a reboot")
        await s.quiet()
        assert front.seen[2] == "wss CP 1"
        await s.charge()

    async def body(config: Path) -> None:
        async with Csms(loud=False) as csms, front.before(csms.port) as port:
            simulator = await SimulatorProcess.start(
                *("--config", str(config), "--csms", f"ws://localhost:{port}/ocpp"),
                *("--ocpp", "ocpp1.6", "--target", target, "--speed", "max"),
                *("--ca", str(folder / "root.pem"), "--cert", str(folder / "station.pem")),
                *("--key", str(folder / "station.key")),
            )
            try:
                s = Stage(csms, simulator, "1.6")
                await s.quiet()
                await scenario(s)
            finally:
                await simulator.stop()
            assert not csms.violations, csms.violations

    with stage.configured(STATION_TOML) as config:
        asyncio.run(body(config))
