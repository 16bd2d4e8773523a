"""What of the heap is not the station's, measured on the emulated board by tools/footprint.py.

The station there has simulated drivers and a line to the simulator. A program in place of its main
imports and builds these alone, and throws the drivers' definitions out of the loaded application.
"""

from __future__ import annotations

import ast
from pathlib import Path

from tools import footprint_images as images

DRIVERS = "simulated drivers"
LINE = "line to the simulator"
_DRIVER_MODULES = ("hal/sim.py", "hal/sim_clock.py")
_MAIN = """\
import gc
import sys
import machine
def used():
    gc.collect()
    return gc.mem_alloc()
def look():
    import chargepoint
    before = used()
    import board
    import channel
    modules = used()
    line = channel.Channel()
    network = channel.Network(line)
    line_objects = used()
    drivers = [chargepoint.SimEvse(), chargepoint.SimEvse(), chargepoint.SimReader()]
    drivers.append(chargepoint.SimClock(1, 0))
    driver_objects = used()
    drivers = None
    line = network = board = channel = None
    del sys.modules["board"], sys.modules["channel"]
    for name in list(sys.modules):
        if name == "host" or name.startswith("host."):
            del sys.modules[name]
    whole = used()
    for name in {names}:
        chargepoint.__dict__.pop(name, None)
    print("line to the simulator", line_objects - before)
    print("simulated drivers", driver_objects - line_objects + whole - used())
try:
    look()
    print("end")
except Exception as error:
    sys.print_exception(error, sys.stdout)
machine.reset()
"""


def names(root: Path = images.ROOT) -> list[str]:
    """The global names of the simulated drivers, also as linking may have changed them."""
    found = []
    for path in _DRIVER_MODULES:
        module = path.rpartition("/")[2].removesuffix(".py")
        for node in ast.parse((root / "firmware" / "chargepoint" / path).read_text()).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                found += [node.name, f"{module}_{node.name}"]
    return found


def measure(elf: Path) -> dict[str, int]:
    """Bytes of heap of the simulated drivers and of the line to the simulator."""
    text = _MAIN.replace("{names}", repr(tuple(names())))
    texts = images.sources(images.DIALECTS["both"], {"main.py": text})
    built = images.folder("probe", images.image(texts), elf)
    found = images.console(built)
    return {name: found[name] for name in (DRIVERS, LINE)}
