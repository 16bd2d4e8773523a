"""What the linker wants to know of one source file (link_modules.py): names, scopes, constants."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from tools import nodes

PACKAGE = "chargepoint"
# What is known of the interpreter.
KNOWN = {f"{PACKAGE}.compat.MICROPYTHON": True, f"{PACKAGE}.modules._LINKED": True}
# Transient modules that run one after the other, but not when the heap is at its peak, are one in
# an image, for they have many names in common: the one that is named first.
TOGETHER = {
    "ota.installation": ("ota.receiving", "ota.slots", "ota.trial"),
    "station.firmware": (
        "station.firmware_record",
        "station.firmware_request",
        "station.firmware_status",
    ),
}
_FIRST = {name: first for first, others in TOGETHER.items() for name in others}
_DOTTED = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)+")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_CLOSED = (*_SCOPES, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.ClassDef)


class Failure(Exception):
    """A source that can't be linked: where, and what."""


@dataclass
class Module:
    """One source file."""

    name: str
    tree: ast.Module
    is_package: bool
    target: str  # the module it becomes part of
    methods: frozenset[str] = frozenset()  # global names that objects find, and stay as they are
    names: dict[str, str] = field(default_factory=dict)  # its global names in the target
    constants: dict[str, ast.Constant] = field(default_factory=dict)  # by its global names
    # What its global names stand for that come from elsewhere: a module, or a name of one.
    aliases: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    def absolute(self, node: ast.ImportFrom) -> str:
        """The module that is imported from."""
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        up = node.level - self.is_package
        base = parts[: len(parts) - up] if up else parts
        return ".".join([*base, *(node.module.split(".") if node.module else ())])


def together(name: str) -> str:
    """The module of an image that a transient one is in; both below the package."""
    return _FIRST.get(name, name)


def in_image(text: str) -> str:
    """A text that is a module's name, or a table of lines with such names, as an image has it."""
    if "\n" in text:
        return _DOTTED.sub(lambda found: together(found[0]), text)
    return together(text)


def failure(module: Module, node: ast.AST, what: str) -> Failure:
    return Failure(f"{module.name}, line {getattr(node, 'lineno', 0)}: {what}")


def is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def constant_of(node: ast.stmt) -> ast.Constant | None:
    """The value of NAME = const(number)."""
    if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
        return None
    call = node.value
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
        return None
    if call.func.id != "const" or len(call.args) != 1:
        return None
    try:
        value = _number(call.args[0])
    except ValueError:
        return None
    return ast.Constant(value)


def defined_only(node: ast.stmt) -> set[str]:
    """The names that it only defines: nothing else comes of it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        is_plain = isinstance(node.value, ast.Constant | ast.Name | ast.Tuple)
        return {node.targets[0].id} if is_plain or constant_of(node) else set()
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(item.asname or item.name).partition(".")[0] for item in node.names}
    return set()


def _number(node: ast.expr) -> int:
    value = eval(compile(ast.Expression(node), "", "eval"), {"__builtins__": {}})  # noqa: S307
    if type(value) is not int:
        raise ValueError
    return value


def pruned(
    body: list[ast.stmt], module: str, known: Callable[[str], bool | None] | None = None
) -> Iterator[ast.stmt]:
    """Without what is for another interpreter, or for the type checker.

    known: of a function's body, what is known of a name in it.
    """
    for node in body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name):
            name = node.test.id
            value = KNOWN.get(f"{PACKAGE}.compat.{name}") if known is None else known(name)
            if name == "_TYPE_CHECKING":
                value = False
            if value is not None:
                yield from pruned(node.body if value else node.orelse, module, known)
                continue
        if (
            known is None
            and isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
        ):
            name = node.targets[0].id
            if f"{module}.{name}" in KNOWN or name in ("_TYPE_CHECKING", "__all__"):
                continue
        yield node


def reached(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Without what stands behind a return: a branch that is always taken may have had it."""
    for node in body:
        yield node
        if isinstance(node, ast.Return | ast.Raise):
            return


def single(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """With each constant of `A, B = const(1), const(2)` alone: so mpy-cross knows them."""
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            target = node.targets[0]
            if isinstance(target, ast.Tuple) and len(target.elts) == len(node.value.elts):
                pairs = zip(target.elts, node.value.elts, strict=True)
                new = [ast.Assign([name], value, lineno=node.lineno) for name, value in pairs]
                if all(constant_of(one) for one in new):
                    yield from new
                    continue
        yield node


def bound(body: Iterable[ast.stmt]) -> Iterator[str]:
    """The names that these statements bind in their scope."""
    for node in inside(body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for item in node.names:
                yield (item.asname or item.name).partition(".")[0]


def outside(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """Global names that stand for something of another program, and what that is."""
    for inner in inside([node]):
        if isinstance(inner, ast.Import):
            for item in inner.names:
                yield item.asname or item.name, f"import {item.name}"
        elif isinstance(inner, ast.ImportFrom) and not inner.level and inner.module:
            if inner.module.partition(".")[0] != PACKAGE:
                for item in inner.names:
                    yield item.asname or item.name, f"from {inner.module} import {item.name}"


def outside_names(module: Module) -> set[str]:
    return {name for node in module.tree.body for name, _ in outside(node)}


def local_names(tree: ast.Module) -> Iterator[str]:
    """All names that are local somewhere."""
    for node in nodes.walk(tree):
        if isinstance(node, _SCOPES):
            yield from parameters(node.args)
            if not isinstance(node, ast.Lambda):
                yield from bound(node.body)
        elif isinstance(node, ast.comprehension):
            for name in nodes.walk(node.target):
                if isinstance(name, ast.Name):
                    yield name.id


def inside(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes of a scope, without those of the scopes in it."""
    return nodes.walk(*body, closed=_CLOSED)


def drop_annotations(arguments: ast.arguments) -> None:
    for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        one.annotation = None


def parameters(arguments: ast.arguments) -> set[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [one for one in (arguments.vararg, arguments.kwarg) if one]
    return {one.arg for one in every}
