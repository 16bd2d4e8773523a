"""Short names for the modules of an image: a path takes its length in the image's directory, in
the module itself, and in each module that imports it or asks `modules.use` for it.

    chargepoint/__init__.py          cp/__init__.py
    chargepoint/station_reset.py     cp/a_.py
    chargepoint/cold_Lamp.py         cp/cold_Lamp.py, for it is found by the name of the class
    chargepoint/timestamp.py         cp/timestamp.py, for not each text that says so is a module

Modules outside of the package keep their names: the firmware and the board's prompt know them.
`repack_mpy.py` never gives a name that a module has (short_names.py).
"""

from __future__ import annotations

import ast
import itertools
import re
import string
from collections.abc import Iterable, Iterator, Mapping

from tools.link_cold import MARK
from tools.link_source import PACKAGE, Failure

SHORT_PACKAGE = "cp"
_DIALECT = "profiles_"
_DOTTED = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)+")

# Linked modules by their paths: each statement with the path of its source.
Bodies = dict[str, list[tuple[str, ast.stmt]]]


def table(paths: Iterable[str]) -> dict[str, str]:
    """The modules of the package in an image, as in `chargepoint.station_reset`, and what each is
    called in it, as in `cp.a_`. paths: of all that is in the image. Raises Failure."""
    names = [path.partition(".")[0].removesuffix("/__init__").replace("/", ".") for path in paths]
    if SHORT_PACKAGE in names:
        raise Failure(f"{SHORT_PACKAGE} is what the package is called in an image")
    found = {PACKAGE: SHORT_PACKAGE}
    free = _free()
    # A dialect comes before its modules: they go with it, see modules.drop.
    for name in sorted(name for name in names if name.startswith(PACKAGE + ".")):
        leaf = name.removeprefix(PACKAGE + ".")
        above, _, own = leaf.rpartition("_")
        if leaf.startswith(MARK + "_") or "_" not in leaf:
            short = leaf
        elif f"{PACKAGE}.{above}" in found and above.startswith(_DIALECT):
            short = f"{found[f'{PACKAGE}.{above}'].partition('.')[2]}_{own[0]}"
        else:
            short = next(free)
        found[name] = f"{SHORT_PACKAGE}.{short}"
    if len(set(found.values())) < len(found):
        raise Failure("two modules of a dialect begin with the same letter")
    return found


def _free() -> Iterator[str]:
    for length in itertools.count(1):
        for letters in itertools.product(string.ascii_letters, repeat=length):
            yield "".join(letters) + "_"


def shortened(bodies: Bodies) -> Bodies:
    """The same modules, called by short names. Raises Failure."""
    names = table(bodies)
    short = _Shortener(names)
    return {
        short_path(path, names): [(source, short.visit(node)) for source, node in body]
        for path, body in bodies.items()
    }


def short_path(path: str, names: Mapping[str, str]) -> str:
    """Where a file is in the image, a .py or a .mpy."""
    stem, dot, end = path.partition(".")
    name = stem.removesuffix("/__init__")
    new = names.get(name.replace("/", "."), "").replace(".", "/")
    return (new or name) + stem.removeprefix(name) + dot + end


def long_path(path: str, names: Mapping[str, str]) -> str:
    """The other way. names: what the short names in an image stand for, see long_names.py."""
    package, slash, file = path.partition("/")
    if package != SHORT_PACKAGE or not slash:
        return path
    leaf, dot, end = file.partition(".")
    return names.get(leaf, f"{PACKAGE}.{leaf}").replace(".", "/") + dot + end


class _Shortener(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._leaves = {
            name.partition(".")[2]: short.partition(".")[2] for name, short in names.items()
        }

    def visit_Import(self, node: ast.Import) -> ast.Import:
        for one in node.names:
            one.name = self._names.get(one.name, one.name)
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._names.get(node.id, node.id), node.ctx)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        for one in node.names:
            if f"{node.module}.{one.name}" in self._names:
                one.asname = one.asname or one.name
                one.name = self._leaves[one.name]
        node.module = self._names.get(node.module or "", node.module)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """What `modules.use` is asked for, the names in a table, those of the dialects."""
        text = node.value
        if not isinstance(text, str):
            return node
        if "\n" in text:
            return ast.Constant(_DOTTED.sub(self._in_table, text))
        if _DOTTED.fullmatch(text) or text.startswith(_DIALECT):
            return ast.Constant(self._leaves.get(text.replace(".", "_"), text))
        return node

    def _in_table(self, found: re.Match[str]) -> str:
        return self._leaves.get(found[0].replace(".", "_"), found[0])
