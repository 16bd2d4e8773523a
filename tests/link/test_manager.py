"""Every scenario with real servers on the loopback, on CPython and on MicroPython."""

import asyncio
import os

import pytest

from tests.link import scenarios
from tests.link.servers import running
from tools.portable_tests import INTERPRETER, ROOT

NAMES = [name[9:] for name in vars(scenarios) if name.startswith("scenario_")]
PLAIN = [name for name in NAMES if not name.startswith(("tls", "names"))]


async def on_cpython(name: str, ports, files=()):
    scheme, host = ("wss", "localhost") if files else ("ws", "127.0.0.1")
    urls = [f"{scheme}://{host}:{port}" for port in ports]
    await getattr(scenarios, "scenario_" + name)(*urls, *files)


async def on_micropython(name: str, ports, files=()):
    assert INTERPRETER.exists(), "no MicroPython interpreter; run `make micropython`"
    process = await asyncio.create_subprocess_exec(
        *(str(INTERPRETER), "-X", "heapsize=1M", "tests/link/scenarios.py", name),
        *(str(port) for port in ports),
        *files,
        cwd=ROOT,
        env={**os.environ, "MICROPYPATH": ".frozen:firmware:."},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
    assert (process.returncode, output.decode()) == (0, "done\n"), output.decode()


INTERPRETERS = pytest.mark.parametrize("run", [on_cpython, on_micropython])


@INTERPRETERS
@pytest.mark.parametrize("name", PLAIN)
def test_scenario(name, run):
    async def play():
        async with running() as ports:
            await run(name, ports)

    asyncio.run(play())
