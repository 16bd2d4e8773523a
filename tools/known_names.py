"""Names that others than our images may use: those of MicroPython and of what a firmware freezes.

    python tools/known_names.py    writes known_names.txt, which short_names.py reads

From the sources of MicroPython, which the emulated board is built from, with all its ports that we
have boards for, and from our C and frozen Python.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import build_qemu, short_names

ROOT = Path(__file__).resolve().parent.parent
_PORTS = ("esp32", "qemu", "stm32", "unix")
_FROZEN = ("modules", "boards")
_SLOTS = "firmware/chargepoint/ota/slots.py"  # which boot.py has too
_C = ("py", "extmod", "shared", "drivers", *[f"ports/{name}" for name in _PORTS])
_PYTHON = ("extmod", "drivers", *[f"ports/{name}/{part}" for name in _PORTS for part in _FROZEN])
_OURS = ("boards/*/c*/*.[ch]", "boards/*/frozen*/*.py", "firmware/*.py", _SLOTS)
_IN_C = re.compile(r"MP_QSTR_(\w+)|\b[CQX]\((\w+)\)")  # or made of a macro's argument


def text(tree: Path) -> str:
    """All of the names, in lines. tree: MicroPython's sources."""
    return textwrap.fill(" ".join(sorted(_names(tree))), 99, break_on_hyphens=False) + "\n"


def _names(tree: Path) -> set[str]:
    found: set[str] = set()
    for path in _files(tree):
        if path.suffix == ".py":
            found |= _in_python(path.read_text())
        else:
            for match in _IN_C.finditer(path.read_text(errors="replace")):
                found.add(match[1] or match[2])
    return found


def _files(tree: Path) -> Iterator[Path]:
    for name in _C:
        for suffix in ("c", "h", "cpp"):
            yield from (tree / name).rglob(f"*.{suffix}")
    for name in _PYTHON:
        yield from (tree / name).rglob("*.py")
    for pattern in _OURS:
        yield from ROOT.glob(pattern)


def _in_python(text: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(text)):
        for name in ("id", "name", "attr", "arg", "asname"):
            if isinstance(value := getattr(node, name, None), str):
                found.add(value)
    return found


if __name__ == "__main__":
    short_names.KNOWN.write_text(text(build_qemu.source()))
