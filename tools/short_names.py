"""Short names for what an image names itself: attributes, functions, global names.

A name takes its length and two bytes in each module that uses it, which is a fourth of an image.
Names stay where somebody else may know them:

- those of MicroPython, its ports and what our boards freeze into the firmware (known_names.txt,
  which `python tools/known_names.py` writes), those that the image takes from a module which it
  has not itself, and any that it does not define;
- those that its sources look up by a text (looked_up.py), and the functions that are found by the
  name of a message;
- those with two underscores in front, and of modules.

A text that is spelled like a name, a key of a dict for one, stays a text.

The same files give the same names; `build_romfs.long_names` has them, to read a traceback with.
"""

from __future__ import annotations

import itertools
import keyword
import string
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

from tools import mpy

KNOWN = Path(__file__).with_name("known_names.txt")
_STORES = (mpy.STORE_NAME, mpy.STORE_GLOBAL, mpy.STORE_ATTRIBUTE)


def table(files: Mapping[str, mpy.File], looked_up: Collection[str]) -> dict[str | int, str]:
    """Long name -> short name, of the files of one image by their paths; looked_up: by a text."""
    modules = {path.removesuffix(".mpy").removesuffix("/__init__") for path in files}
    defined: set[str | int] = set()
    taken: set[str | int] = {*known(), *looked_up}
    uses: Counter[str | int] = Counter()
    for file in files.values():
        uses.update(file.names)
        taken.add(file.names[0])
        for code in file.code.all():
            defined.update(file.names[number] for number in code.names[:1])
            source = ""
            for opcode, operand, _ in code.instructions:
                if operand is None or mpy.kind_of(opcode) != mpy.NAME:
                    continue
                name = file.names[operand]
                if opcode in _STORES:
                    defined.add(name)
                elif opcode == mpy.IMPORT_NAME:
                    source = str(name).replace(".", "/")
                if opcode == mpy.IMPORT_NAME:
                    taken.add(name)
                elif opcode == mpy.IMPORT_FROM and source not in modules:
                    taken.add(name)
    words = b"".join(constant for file in files.values() for constant in file.constants)
    chosen = [
        name
        for name in defined
        if isinstance(name, str) and name not in taken and _may_change(name, words)
    ]
    chosen.sort(key=lambda name: (-uses[name], name))
    everything = taken | set(uses)
    # A keyword could not be written at the board's prompt.
    short = (n for n in _shortest() if n not in everything and not keyword.iskeyword(n))
    return {name: new for name, new in zip(chosen, short, strict=False) if len(new) < len(name)}


@cache
def known() -> frozenset[str]:
    """Names that others than the image may use."""
    return frozenset(KNOWN.read_text().split())


def _may_change(name: str, words: bytes) -> bool:
    """The router finds the function of an intent by its name, in a list with commas."""
    intent = "".join([part.capitalize() for part in name.split("_")])
    return name.isidentifier() and name[:2] != "__" and f",{intent},".encode() not in words


def _shortest() -> Iterator[str]:
    letters = string.ascii_letters
    yield from letters
    for first, second in itertools.product(letters, letters + string.digits):
        yield first + second
