"""Downloads by MicroPython from servers on the loopback: links that break, TLS, wrong roots."""

import asyncio
from pathlib import Path

import pytest

from tests.link.test_tls import folder, server_context
from tests.ota.downloads import FILE, SIGNATURE
from tests.ota.file_server import Ftp, Server, Web
from tests.support.interpreter import on_micropython

__all__ = ("folder",)  # a fixture
BREAKS = [0, 100, 5000, 9001, 40000, 60000]


async def fetched_by_micropython(server: Server, location: str, *files: str) -> list[str]:
    """What it printed."""
    async with server:
        arguments = "tests/ota/downloads.py", location % server.port, *files
        path = ".frozen:firmware:."
        status, output = await on_micropython(*arguments, heap="2M", path=path)
    assert status == 0, output
    return output.splitlines()


def run(server: Server, location: str, *files: str) -> list[str]:
    return asyncio.run(fetched_by_micropython(server, location, *files))


@pytest.mark.parametrize("behaviour", ["", "chunked", "no ranges"])
def test_http(behaviour):
    server = Web(FILE)
    server.behaviour, server.breaks = behaviour, list(BREAKS)
    lines = run(server, "http://127.0.0.1:%d/x?SIGNATURE")  # of 1936 characters
    assert {target for target, _ in server.asked} == {"/x?" + SIGNATURE}
    assert lines == ["file: the connection ended before the file"] * len(BREAKS) + ["True None"]


def test_ftp():
    server = Ftp(FILE)
    server.behaviour, server.breaks = "no EPSV", list(BREAKS)
    lines = run(server, "ftp://localhost:%d/fw/app.img")
    # Of a file of which it wants the header only this server sends all: also there it breaks.
    assert set(lines) == {"file: 426 broken", "True None"} and lines[-1] == "True None"


def test_https(folder: Path):
    server = Web(FILE, server_context(folder, "server"))
    server.breaks = list(BREAKS)
    lines = run(server, "https://localhost:%d/x", str(folder / "roots.pem"))
    assert lines[-1] == "True None" and 2 < len(lines) <= len(BREAKS) + 1


def test_https_without_a_length(folder: Path):
    server = Web(FILE, server_context(folder, "server"))
    server.behaviour, server.content = "until close", b"short"
    lines = run(server, "https://localhost:%d/x", str(folder / "roots.pem"), "once")
    assert lines == ["request: no Content-Length"]


def test_https_with_a_root_that_is_not_the_servers(folder: Path):
    server = Web(FILE, server_context(folder, "server"))
    lines = run(server, "https://localhost:%d/x", str(folder / "other.pem"), "once")
    assert lines == ["request: The certificate is not correctly signed by the trusted CA"]
    assert server.asked == []
