"""Every scenario with real servers on the loopback, on CPython and on MicroPython."""

import asyncio
import os

import pytest

from tests.link import scenarios, watch_scenarios
from tests.link.play import urls
from tests.link.servers import running
from tools.portable_tests import INTERPRETER, ROOT


def names(module) -> list[str]:
    return [name[9:] for name in vars(module) if name.startswith("scenario_")]


async def on_cpython(module, name: str, ports, files=()):
    await getattr(module, "scenario_" + name)(*urls(ports[0], ports[1], files), *files)


async def on_micropython(module, name: str, ports, files=()):
    assert INTERPRETER.exists(), "no MicroPython interpreter; run `make micropython`"
    process = await asyncio.create_subprocess_exec(
        *(str(INTERPRETER), "-X", "heapsize=1M", "tests/link/play.py"),
        *(module.__name__.rpartition(".")[2], name),
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
@pytest.mark.parametrize(
    "module, name", [(m, name) for m in (scenarios, watch_scenarios) for name in names(m)]
)
def test_scenario(module, name, run):
    async def play():
        async with running() as ports:
            await run(module, name, ports)

    asyncio.run(play())
