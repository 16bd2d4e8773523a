"""Every scenario with real servers on the loopback, on CPython and on MicroPython."""

import asyncio

import pytest

from tests.link import scenarios, watch_scenarios
from tests.link.play import urls
from tests.link.servers import running
from tests.support import interpreter


def names(module) -> list[str]:
    return [name[9:] for name in vars(module) if name.startswith("scenario_")]


async def on_cpython(module, name: str, ports, files=()):
    await getattr(module, "scenario_" + name)(*urls(ports[0], ports[1], files), *files)


async def on_micropython(module, name: str, ports, files=()):
    arguments = module.__name__.rpartition(".")[2], name, *(str(port) for port in ports), *files
    program = "tests/link/play.py"
    path = ".frozen:firmware:."
    done = await interpreter.on_micropython(program, *arguments, heap="1M", path=path)
    assert done == (0, "done\n"), done


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
