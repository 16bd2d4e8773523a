"""What each way to save flash or heap is worth, for tools/footprint.py.

Each is measured by building without it. Tables are measured as tuples and dicts that have no text
in them but numbers in its place: what the objects alone take, where bytes take next to nothing.
"""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path

from tools import boards, build_qemu, build_romfs, generate_variables
from tools import footprint_images as images

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


def image_ways(texts: dict[str, dict[str, str]], sizes: dict[str, int]) -> dict[str, str]:
    """In flash. texts, sizes: of the images."""
    whole = build_romfs.image(build_qemu.compile_modules())
    with_lines = images.image(texts["both"], optimize=0)
    return {
        "no line numbers and assertions (mpy-cross -O3)": flash(len(with_lines), sizes["both"]),
        "nothing that the build can't use (tools/tailor.py)": flash(len(whole), sizes["both"]),
        "only OCPP 1.6 in the image": flash(sizes["both"], sizes["1.6"]),
        "only OCPP 2.0.1 in the image": flash(sizes["both"], sizes["2.0.1"]),
    }


def table_ways(texts: dict[str, str], elf: Path) -> dict[str, str]:
    """In heap: tables as bytes, against the same as objects. texts: of the image with both."""
    modules = {}
    for package in _TABLES.values():
        text = texts[f"chargepoint/profiles/{package}/schema.py"]
        modules[f"{package}_bytes"] = text
        modules[f"{package}_objects"] = schema_objects(_table(text))
    modules["variables_bytes"] = texts["chargepoint/device_model/table.py"]
    modules["variables_objects"] = variable_objects()
    found = images.console(images.folder("tables", _image(modules), elf))
    ways = {}
    for dialect, package in _TABLES.items():
        name = f"schemas of {dialect} as bytes"
        ways[name] = heap(found[f"{package}_objects"], found[f"{package}_bytes"])
    ways["variables as bytes"] = heap(found["variables_objects"], found["variables_bytes"])
    return ways


def flash(without: int, with_it: int) -> str:
    return f"flash: {without - with_it:,} ({without:,} without it)"


def heap(without: int, with_it: int) -> str:
    return f"heap: {without - with_it:,} ({without:,} without it, {with_it:,} with it)"


def keep_transient(text: str) -> str:
    """modules.py, changed so that no module is ever dropped after a message."""
    before = "    if _used:\n"
    if text.count(before) != 1:
        raise images.Failure("modules.py: release() is not as footprint_worth.py knows it")
    return text.replace(before, "    if _used < 0:\n")


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


def _image(modules: dict[str, str]) -> bytes:
    names = tuple(name for name in modules)
    texts = modules | {"main": _MAIN.replace("{names}", repr(names))}
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder) / "x.py"
        for name, text in texts.items():
            scratch.write_text(text)
            files[f"{name}.mpy"] = build_romfs.compiled(
                scratch, f"{name}.py", build_romfs.CROSS, "armv7m", 3
            )
    return build_romfs.image(files)
