"""What a build can't use is left out of its sources: unseen by the station, for the sake of flash.

Of the package, with the dialects and blocks of the build:

- tables: schemas of messages that nobody sends or answers (the names stay, so that an action of a
  block that is not there is still told from an unknown one), variables and keys of blocks that
  are not there, variables that only OCPP 2.0.1 could show, routes and names of modules;
- branches for CPython, and the plain twins of native code; without the block `firmware` there is
  no updater, and what is done with one goes;
- functions, methods, classes and imports that no other source names. What is found by a computed
  name must stand in `roots`.

Ids of variables stay as they are: they are what flash holds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tools import kept, link_cold, link_source, looked_up, nodes
from tools.tailor_tables import (
    cut,
    function_name,
    is_text,
    name_of,
    path_of,
    route,
    used_variables,
    uses,
    value_of,
    words_of,
)

# Methods that MicroPython calls: of streams, block devices and drivers.
_PROTOCOLS = frozenset(
    "ioctl read readinto readline write close flush readblocks writeblocks".split()
)
_TWINS = {
    "chargepoint/link/masking.py": ("chargepoint/link/masking_native.py", "mask, ascii_count")
}
_COMPUTED = frozenset(("chargepoint/station/router.py", "chargepoint/modules.py"))

UPDATES = "firmware"  # the block
_UPDATERS = ("updater", "_updater")  # attributes

# By statement: the names in it, and what it names as somebody's attribute or imports.
_Said = dict[ast.stmt, tuple[set[str], set[str]]]


class Failure(Exception):
    """What can't be tailored, for the person who called."""


@kept.kept()
def tailored(
    sources: dict[str, str], dialects: Iterable[str], blocks: Iterable[str]
) -> dict[str, str]:
    """The sources, by their paths in the image, as this build needs them. Raises Failure.

    What stands beside the package is the board's, and decides what of the package is needed.
    """
    dialects, blocks = tuple(dialects), tuple(blocks)
    trees = {path: _parse(path, text) for path, text in sources.items()}
    fold = _Fold(UPDATES in blocks)
    for path, tree in trees.items():
        fold.visit(tree)
        _check_names(path, tree)
    for path, (twin, names) in _TWINS.items():
        if path in trees and twin in trees:
            module = twin.rpartition("/")[2].removesuffix(".py")
            trees[path] = ast.parse(f"from .{module} import {names}")
    intents = route(trees, dialects, blocks)
    reached = _reached(trees)
    trees = {path: tree for path, tree in trees.items() if path in reached}
    used = frozenset().union(*[used_variables(sources[path]) for path in trees])
    cut(trees, dialects, blocks, used, intents)
    _shake(trees, {"run", link_cold.BIND, *map(function_name, intents)})
    return {path: ast.unparse(ast.fix_missing_locations(tree)) for path, tree in trees.items()}


def _parse(path: str, text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise Failure(f"{path}: SyntaxError: {error}") from None


def _reached(trees: dict[str, ast.Module]) -> set[str]:
    """The paths that the board's modules need, by import, by use() or by the router."""
    found: set[str] = set()
    waiting = [path for path in trees if not path.startswith("chargepoint/")]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for name in _needed(path, trees[path]):
            parts = name.split(".")
            for n in range(1, len(parts) + 1):
                place = "/".join(parts[:n])
                waiting += [p for p in (f"{place}.py", f"{place}/__init__.py") if p in trees]
    return found


def _needed(path: str, tree: ast.Module) -> list[str]:
    """Dotted names of what may be modules."""
    found = []
    package = path.split("/")[:-1]
    for node in nodes.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*base, *([node.module] if node.module else [])])
            found += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    found += [f"chargepoint.{name}" for name in uses(tree)]
    if path == path_of("station.router"):
        lines = value_of(tree, "_BLOCKS").split("\n")[1:-1]
        found += ["chargepoint." + line.rpartition(" ")[2] for line in lines]
    return found


# ---- branches


class _Fold(ast.NodeTransformer):
    """Take the branches of MicroPython; drop what says nothing to it."""

    def __init__(self, updates: bool) -> None:
        self._updates = updates

    def visit_If(self, node: ast.If):
        test = self._known(node.test)
        self.generic_visit(node)
        if test is None:
            return node
        return (node.body if test else node.orelse) or ast.Pass()

    def visit_IfExp(self, node: ast.IfExp):
        test = self._known(node.test)
        self.generic_visit(node)
        return node if test is None else node.body if test else node.orelse

    def visit_Expr(self, node: ast.Expr):
        return ast.Pass() if is_text(node) else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign):
        self.generic_visit(node)
        return ast.Pass() if node.value is None else ast.Assign([node.target], node.value)

    def visit_Assign(self, node: ast.Assign):
        """`A, B = const(1), const(2)` in two: so the compiler folds them."""
        self.generic_visit(node)
        target, value = node.targets[0], node.value
        if not (isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)):
            return node
        if not all(ast.unparse(item).startswith("const(") for item in value.elts):
            return node
        return [ast.Assign([t], v) for t, v in zip(target.elts, value.elts, strict=True)]

    def visit_FunctionDef(self, node: ast.FunctionDef):
        self.generic_visit(node)
        node.body = list(link_source.reached(node.body))
        if not node.decorator_list:  # to viper they are code
            node.returns = None
            for argument in nodes.walk(node.args):
                if isinstance(argument, ast.arg):
                    argument.annotation = None
        return node

    def _known(self, test: ast.expr) -> bool | None:
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self._known(test.operand)
            return None if inner is None else not inner
        if isinstance(test, ast.Name):
            return {"MICROPYTHON": True, "_TYPE_CHECKING": False}.get(test.id)
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            return False if False in map(self._known, test.values) else None
        if isinstance(test, ast.Compare) and not self._updates:
            return _of_no_updater(test)
        return None


def _of_no_updater(test: ast.Compare) -> bool | None:
    """What `x.updater is None` comes to, or `is not`; None for another test."""
    is_none = ast.unparse(test.comparators[0]) == "None"
    if not isinstance(test.left, ast.Attribute) or test.left.attr not in _UPDATERS or not is_none:
        return None
    return isinstance(test.ops[0], ast.Is)


# ---- what nobody names


def _shake(trees: dict[str, ast.Module], roots: set[str]) -> None:
    """Take away definitions and imports until all that is left is named by something."""
    for tree in trees.values():
        for node in tree.body:
            if isinstance(node, ast.ImportFrom):
                node.names = [alias for alias in node.names if alias.name != "const"]
        tree.body = [
            node
            for node in tree.body
            if name_of(node) != "__all__"
            and not (isinstance(node, ast.ImportFrom) and not node.names)
        ]
    said: _Said = {}
    while True:
        statements = [node for tree in trees.values() for node in tree.body]
        for node in statements:
            if node not in said:
                said[node] = _names_in(node)
        outside = roots.union(*[said[node][1] for node in statements])
        if not sum([_shake_module(tree, outside, said) for tree in trees.values()]):
            return


def _check_names(path: str, tree: ast.Module) -> None:
    """What looks names up must spell them, but for the router, whose names are roots."""
    places = dict.fromkeys(looked_up.BY_TEXT, 1) | {"modules.use": 0}
    for node in nodes.walk(tree):
        if isinstance(node, ast.Call) and path not in _COMPUTED:
            place = places.get(ast.unparse(node.func))
            mapping = any(word.arg is None for word in node.keywords)
            if mapping or (place is not None and not isinstance(node.args[place], ast.Constant)):
                raise Failure(f"{path}: {ast.unparse(node)}: the name must be spelled out")


def _names_in(node: ast.stmt) -> tuple[set[str], set[str]]:
    names: set[str] = set()
    outside: set[str] = set()
    for inner in nodes.walk(node):
        if isinstance(inner, ast.Name):
            names.add(inner.id)
        elif isinstance(inner, ast.Global):
            names.update(inner.names)
        elif isinstance(inner, ast.Attribute):
            outside.add(inner.attr)
        elif isinstance(inner, ast.ImportFrom):
            outside.update([alias.name for alias in inner.names])
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
            if inner.func.id.endswith("attr"):
                outside |= words_of(inner)
    return names, outside


def _shake_module(tree: ast.Module, outside: set[str], said: _Said) -> int:
    """Take away what is not named, and forget what that said; how much it was."""
    count = 0
    named = [said[node][0] for node in tree.body]
    kept: list[ast.stmt] = []
    for number, node in enumerate(tree.body):
        others = outside.union(*[names for n, names in enumerate(named) if n != number])
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            before = len(node.names)
            node.names = [a for a in node.names if (a.asname or a.name.split(".")[0]) in others]
            if len(node.names) < before:
                count += before - len(node.names)
                del said[node]
            if node.names:
                kept.append(node)
            continue
        name = name_of(node)
        if isinstance(node, ast.Pass) or (name and name not in others and _is_silent(node)):
            count += 1
            continue
        if isinstance(node, ast.ClassDef):
            methods = [
                method
                for method in node.body
                if not isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef))
                or method.name in outside | _PROTOCOLS
                or method.name.startswith("__")
            ]
            if len(methods) < len(node.body):
                count += len(node.body) - len(methods)
                node.body = methods or [ast.Pass()]
                del said[node]
        kept.append(node)
    tree.body = kept
    return count


def _is_silent(node: ast.AST) -> bool:
    """Whether the definition does nothing but define."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return not node.decorator_list
    value = getattr(node, "value", None)
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "const":
        value = value.args[0]
    return isinstance(value, (ast.Constant, ast.Name, ast.UnaryOp)) or (
        isinstance(value, ast.Tuple) and all(isinstance(e, ast.Constant) for e in value.elts)
    )
