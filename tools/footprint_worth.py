"""What each way to save flash or heap is worth, for tools/footprint.py.

An image is built without each. They run on a firmware that carries the names of all of them, for
new names would be paid in heap. Tables are measured as tuples and dicts that have no text in them
but numbers in its place: what the objects alone take, where bytes take next to nothing.
"""

from __future__ import annotations

import ast
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools import (
    boards,
    build_qemu,
    build_romfs,
    generate_variables,
    link_modules,
    looked_up,
    repack_mpy,
)
from tools import footprint_images as images
from tools.footprint_ceilings import ROOMY_BYTES
from tools.footprint_figures import Figures, Worth
from tools.footprint_search import Pool
from tools.footprint_station import AFTER, Plan

USUAL = "usual"
_MODULES = "chargepoint/modules.py"
# Put behind it: so no module goes after its message, and so none of cold methods.
_KEEP_TRANSIENT = """
def _is_transient(full):
    return full.startswith(_PREFIX + "cold_")
def done(name):
    pass
"""
_KEEP_COLD = """
_may_go = _is_transient
def _is_transient(full):
    return _may_go(full) and not full.startswith(_PREFIX + "cold_")
"""
_COLD = re.compile(r"^ *@cold\n", re.MULTILINE)

_MAIN = """\
import gc
import machine
import sys
def look(name):
    gc.collect()
    before = gc.mem_alloc()
    __import__(name)
    gc.collect()
    print(name, gc.mem_alloc() - before)
try:
    for name in {names}:
        look(name)
    print("end")
except Exception as error:
    sys.print_exception(error, sys.stdout)
machine.reset()
"""
_REQUIRED = 0x8000
_TABLES = {"1.6": "ocpp16", "2.0.1": "ocpp201"}


def measure(pool: Pool, texts: dict[str, str], elf: Path) -> dict[str, Worth]:
    """All but what a dialect less is worth. texts, elf: of the image with both dialects."""
    found = variants(texts)
    every = images.firmware("all-names", all_names(found))
    lives = {}
    for name, variant in found.items():
        image = build_romfs.image(variant.files)
        lives[name] = pool.live(_plan(images.folder(f"worth-{name}", image, every)))
    nameless = images.firmware("without-names", {})
    image = build_romfs.image(found[USUAL].files)
    without = pool.live(_plan(images.folder("worth-nameless", image, nameless)))
    heap = {name: life.result().moments[AFTER].used for name, life in lives.items()}
    flash = {name: variant.flash_bytes for name, variant in found.items()}
    ways = {
        variant.way: Worth(flash[name] - flash[variant.usual], heap[name] - heap[variant.usual])
        for name, variant in found.items()
        if name != USUAL
    }
    unknown = without.result().moments[AFTER].used - heap[USUAL]
    ways["the application's names, carried by the firmware"] = Worth(heap=unknown)
    return ways | table_ways(texts, elf)


def _plan(built: Path) -> Plan:
    return Plan(built, "2.0.1", ROOMY_BYTES, short=True)


def single_dialects(figures: Figures) -> dict[str, Worth]:
    """What leaving out the other dialect is worth, at idle."""
    ways = {}
    for image in ("1.6", "2.0.1"):
        flash = figures.image_bytes["both"] - figures.image_bytes[image]
        heap = figures.idle(("both", image)) - figures.idle((image, image))
        ways[f"only OCPP {image} in the image"] = Worth(flash, heap)
    return ways


@dataclass(frozen=True)
class Variant:
    """An image that is built without a way to save. usual: the variant that it is compared with;
    flash: the image to compare of a way that costs flash only where it is built in."""

    way: str
    files: dict[str, bytes]
    usual: str = USUAL
    flash: dict[str, bytes] | None = None

    @property
    def flash_bytes(self) -> int:
        return len(build_romfs.image(self.files if self.flash is None else self.flash))


def variants(texts: dict[str, str]) -> dict[str, Variant]:
    """By name; each without one way. texts: of the image with both dialects."""
    warm = {path: _COLD.sub("", text) for path, text in texts.items()}
    bodies = build_romfs.linked(texts)
    linked = {path: link_modules.written(body) for path, body in bodies.items()}
    plain = _compiled(linked, 3)

    def keeping(more: str) -> dict[str, bytes]:
        return images.modules(texts | {_MODULES: texts[_MODULES] + more})

    usual, _ = images.compiled(bodies)
    return {
        USUAL: Variant("", usual),
        "transient": Variant(
            "transient modules: dropped after their message",
            keeping(_KEEP_TRANSIENT),
            flash=usual,  # what is put behind modules.py is no part of the way
        ),
        "cold": Variant(
            "cold methods: in memory only while they run",
            keeping(_KEEP_COLD),
            flash=images.modules(warm),
        ),
        "unlinked": Variant(
            "linking: few modules of many (link_modules.py)",
            repack_mpy.repacked(
                _compiled(warm, 3), looked_up.words(map(ast.parse, warm.values()))
            ),
            "cold",  # without linking no method is cold
        ),
        "plain": Variant("repacking: short names, short operands (repack_mpy.py)", plain),
        "lines": Variant(
            "no line numbers and assertions (mpy-cross -O3)", _compiled(linked, 0), "plain"
        ),
        "whole": Variant(
            "tailoring: nothing that the build can't use (tailor.py)", build_qemu.compile_modules()
        ),
    }


def _compiled(texts: dict[str, str], optimize: int) -> dict[str, bytes]:
    """Each alone."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder) / "x.py"
        for name, text in texts.items():
            scratch.write_text(text)
            found[name.removesuffix(".py") + ".mpy"] = build_romfs.compiled(
                scratch, name, build_romfs.CROSS, "armv7m", optimize
            )
    return found


def all_names(found: dict[str, Variant]) -> dict[str, bytes]:
    """The modules of all variants, so that a firmware can carry the names of each."""
    modules: dict[str, bytes] = {}
    for name, variant in found.items():
        modules |= {
            f"{name}/{path}" if path in modules else path: data
            for path, data in variant.files.items()
        }
    return modules


def table_ways(texts: dict[str, str], elf: Path) -> dict[str, Worth]:
    """Tables as bytes, against the same as objects. texts: of the image with both dialects."""
    pairs = {"variables": (texts["chargepoint/device_model/table.py"], variable_objects())}
    for dialect, package in _TABLES.items():
        text = texts[f"chargepoint/profiles/{package}/schema.py"]
        pairs[f"schemas of {dialect}"] = (text, schema_objects(_table(text)))
    modules = {}
    for n, (as_bytes, as_objects) in enumerate(pairs.values()):
        modules |= {f"bytes_{n}.py": as_bytes, f"objects_{n}.py": as_objects}
    names = tuple(path.removesuffix(".py") for path in modules)
    main = _MAIN.replace("{names}", repr(names))
    data = build_romfs.image(_compiled(modules | {"main.py": main}, 3))
    found = images.console(images.folder("tables", data, elf))
    return {
        f"{name}: as bytes, read in place": Worth(heap=found[f"objects_{n}"] - found[f"bytes_{n}"])
        for n, name in enumerate(pairs)
    }


def schema_objects(table: bytes) -> str:
    """A module with the same schemas as tuples and dicts; nodes that are shared stay shared."""
    lines: list[str] = []
    known: dict[int, str] = {}

    def number(at: int) -> int:
        return int.from_bytes(table[at : at + 2], "little")

    def node(at: int) -> str:
        if at not in known:
            text = built(at)
            known[at] = f"n{len(known)}"
            lines.append(f"{known[at]} = {text}")
        return known[at]

    def built(at: int) -> str:
        kind = chr(table[at])
        if kind == "s":
            return f"(1, {number(at + 1)})"
        if kind == "e":
            words = table[at + 3 : at + 3 + number(at + 1)].split(b"\xff")[1:-1]
            return f"(2, {tuple(range(len(words)))})"
        if kind == "n":
            return f"(3, {table[at + 1]}, {table[at + 2]}, {table[at + 3]})"
        if kind == "l":
            return f"(4, {node(number(at + 1))}, {table[at + 3]}, {number(at + 4)})"
        if kind == "o":
            children = [
                f"{key}: ({node(reference & ~_REQUIRED)}, {bool(reference & _REQUIRED)})"
                for key, (_, reference) in enumerate(properties(at))
            ]
            return f"(5, {table[at + 1]}, {{{', '.join(children)}}})"
        return f"({ord(kind)},)"

    def properties(at: int) -> list[tuple[str, int]]:
        end, at = at + 5 + number(at + 3), at + 5
        found = []
        while at < end:
            mark = table.index(b"\xfe", at)
            found.append((table[at + 1 : mark].decode(), number(mark + 1)))
            at = mark + 3
        return found

    pairs = [
        f"{key}: ({', '.join(node(n) for n in (number(at), number(at + 2)) if n)},)"
        for key, (_, at) in enumerate(properties(number(0)))
        if at
    ]
    return "\n".join([*lines, f"TABLE = {{{', '.join(pairs)}}}", ""])


def variable_objects() -> str:
    """A module with a tuple for each variable of a block that there is."""
    features = {"", *boards.built()}
    rows = generate_variables.read_rows(images.ROOT / "tools" / "variables.csv")
    rows = [row for row in rows if row["feature"] in features]
    tuples = [tuple(range(n, n + len(row))) for n, row in enumerate(rows)]
    return f"ROWS = {tuple(tuples)!r}\n"


def _table(text: str) -> bytes:
    """The constant TABLE of a generated module."""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "TABLE":
            return ast.literal_eval(statement.value)
    raise images.Failure("a schema module has no TABLE")
