"""What the heap of the emulated board has in it before a station lives, measured there.

The board has simulated drivers and a line to the simulator, which are not the station's. A program
in place of its main imports and builds these alone, and throws the drivers' definitions out of the
loaded application; on its way it sees what the interpreter takes, and what the application's
definitions do.
"""

from __future__ import annotations

import ast
from pathlib import Path

from tools import footprint_images as images

DRIVERS = "simulated drivers"
LINE = "line to the simulator"
INTERPRETER = "interpreter, asyncio, file system"
DEFINITIONS = "definitions that are always in memory"
_DRIVER_MODULES = ("hal/sim.py", "hal/sim_clock.py")
# Each step in a function of its own: what a frame had on its stack looks as if it were in use.
_MAIN = """\
import asyncio
import gc
import sys
import machine
def used():
    gc.collect()
    return gc.mem_alloc()
def forget():
    for name in list(sys.modules):
        if name in ("board", "channel", "memory", "host") or name.startswith("host."):
            del sys.modules[name]
def definitions():
    import chargepoint
    before = used()
    for name in {names}:
        chargepoint.__dict__.pop(name, None)
    return before - used()
def drivers():
    import board
    import chargepoint
    before = used()
    evses = [chargepoint.SimEvse(), chargepoint.SimEvse()]
    for evse in evses:
        evse.changed = board.Board._reporter(None, 1, evse)
    others = [chargepoint.SimReader(), chargepoint.SimClock(1, 0)]
    return used() - before
def line():
    before = used()
    import board
    import channel
    line = channel.Channel()
    network = channel.Network(line)
    listening = line.run()
    return used() - before
def look():
    start = used()
    import chargepoint
    application = used() - start
    line_bytes = line()
    driver_bytes = drivers()
    forget()
    definition_bytes = definitions()
    print("{interpreter}", start)
    print("{definitions}", application - definition_bytes)
    print("{line}", line_bytes)
    print("{drivers}", driver_bytes + definition_bytes)
try:
    look()
    print("end")
except Exception as error:
    sys.print_exception(error, sys.stdout)
machine.reset()
"""


def program() -> str:
    text = _MAIN.replace("{names}", repr(tuple(names())))
    told = {"interpreter": INTERPRETER, "definitions": DEFINITIONS, "line": LINE}
    for key, name in {**told, "drivers": DRIVERS}.items():
        text = text.replace(f"{{{key}}}", name)
    return text


def names(root: Path = images.ROOT) -> list[str]:
    """The global names of the simulated drivers, also as linking may have changed them."""
    found = []
    for path in _DRIVER_MODULES:
        module = path.rpartition("/")[2].removesuffix(".py")
        for node in ast.parse((root / "firmware" / "chargepoint" / path).read_text()).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                found += [node.name, f"{module}_{node.name}"]
    return found


def measure(elf: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Bytes of heap: of the simulator's parts, and of what every station stands on."""
    texts = images.sources(images.DIALECTS["both"], {"main.py": program()})
    found = images.console(images.folder("probe", images.image(texts), elf))
    return (
        {name: found[name] for name in (DRIVERS, LINE)},
        {name: found[name] for name in (INTERPRETER, DEFINITIONS)},
    )
