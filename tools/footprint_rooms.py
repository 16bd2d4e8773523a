"""Which part of the program takes how many bytes of an image's flash, for tools/footprint.py.

A linked module has statements of many sources. A function, a class and a table belong to the
source that they are from, with the bytes that they have in the image. What the module has in
common, its names and what runs when it is imported, is shared in proportion to its functions and
classes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from tools import build_romfs, link_source, module_names, mpy, repack_mpy

SIMULATED = "simulated board"
DIRECTORY = "directory of the image"
_DATA = ("profiles/ocpp16/schema", "profiles/ocpp201/schema", "device_model/table")
_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

# Statements, each with the path of its source.
Body = list[tuple[str, ast.stmt]]


class Failure(Exception):
    """What does not fit together; one line."""


def by_source(
    files: Mapping[str, bytes], bodies: Mapping[str, Body], names: Mapping[str, str]
) -> dict[str, int]:
    """Bytes in the image of each source, by its path, and of the image's directory.

    files: the modules of the image; bodies: the same as build_romfs.linked() has them; names: what
    the short ones in the files stand for.
    """
    found = {DIRECTORY: len(build_romfs.image(dict(files))) - sum(map(len, files.values()))}
    modules = module_names.table(bodies)
    for path, body in bodies.items():
        data = files[module_names.short_path(path, modules).removesuffix(".py") + ".mpy"]
        code, tables = _own(path, data, body, names)
        common = shared(len(data) - sum(code.values()) - sum(tables.values()), code)
        for source in code:
            size = code[source] + tables[source] + common[source]
            found[source] = found.get(source, 0) + size
    return found


def _own(
    path: str, data: bytes, body: Body, long: Mapping[str, str]
) -> tuple[dict[str, int], dict[str, int]]:
    """Bytes of the functions and classes, and of the tables, of each source in a module."""
    code = dict.fromkeys([source for source, _ in body] or [path], 0)
    tables = dict.fromkeys(code, 0)
    functions, constants = repack_mpy.parts(data)
    count = 0
    for source, node in body:
        for name in _names(node):
            found = functions[count][0] if count < len(functions) else None
            if found is None or long.get(found, found) not in ("", name):
                raise Failure(f"{path}: its .mpy has no {name} where its source has it")
            code[source] += functions[count][1]
            count += 1
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, bytes):
                value = mpy.constant(inner.value)
                if value in constants:
                    constants.remove(value)
                    tables[source] += len(value)
    if count != len(functions):
        raise Failure(f"{path}: its .mpy has {len(functions)} definitions, its source {count}")
    return code, tables


def _names(node: ast.stmt) -> Iterable[str]:
    """Of what becomes code of its own, as the compiler calls it."""
    for inner in link_source.inside([node]):
        if isinstance(inner, _DEFINITIONS):
            yield inner.name
        elif isinstance(inner, _SCOPES):
            yield repack_mpy.ANONYMOUS


def shared(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """The total in whole parts, in proportion to the weights."""
    whole = sum(weights.values())
    found, before, at = {}, 0, 0
    for name, weight in weights.items():
        at += weight if whole else 1
        upto = total * at // (whole or len(weights))
        found[name] = upto - before
        before = upto
    return found


def room(path: str) -> str:
    """The part of the program that a source belongs to: the source itself in station/ and of a
    table, else its folder."""
    if path == DIRECTORY:
        return path
    if not path.startswith("chargepoint/") or "/hal/sim" in path:
        return SIMULATED
    name = path.removeprefix("chargepoint/").removesuffix(".py")
    folder = name.rpartition("/")[0] or "runtime"
    return name if folder == "station" or name in _DATA else folder


def rooms(sizes: Mapping[str, int]) -> dict[str, int]:
    """Bytes of each room, by name."""
    total: dict[str, int] = {}
    for path, size in sizes.items():
        total[room(path)] = total.get(room(path), 0) + size
    return dict(sorted(total.items()))
