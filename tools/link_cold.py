"""The linker's first step: methods that are `@cold` go into a transient module of their class.

    class Lamp:                                 class Lamp:
        def shine(self): ...                        def shine(self): ...
        @cold                            ->         __getattr__ = bind
        def repair(self, tool): ...

and the module `cold_Lamp` has the function `repair(self, tool)`. So a method that seldom runs
takes no memory while it doesn't, and nobody who calls it has to know. Private functions that only
such methods use go with them. Modules of functions that only transient modules use come and go
too (`follow`).
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable

from tools import nodes
from tools.link_source import PACKAGE, Module, bound, constant_of, failure, is_text

MARK = "cold"
BIND = "bind"  # of modules.py


def split(modules: dict[str, Module]) -> dict[str, str]:
    """Take the cold methods out of these modules, and add those with them: their names, each with
    that of the module of its class."""
    added = {}
    for module in list(modules.values()):
        if module.name.partition(".")[0] != PACKAGE:
            continue
        taken: dict[str, list] = {}  # by class
        for node in list(module.tree.body):
            if isinstance(node, ast.ClassDef):
                taken[node.name] = _take(module, node)
        for name, found in taken.items():
            if found:
                _check_names(module, found)
                own = _own_functions(module, name, taken)
                new = _module(module, name, found, own)
                if new.name in modules:
                    raise failure(module, found[0], f"two classes {name} have cold methods")
                modules[new.name] = new
                added[new.name] = module.name
    _check_bases(modules, {name.removeprefix(f"{PACKAGE}.{MARK}_") for name in added})
    return added


def _check_bases(modules: dict[str, Module], cold: set[str]) -> None:
    """The methods are found by the name of the object's class, so there is no class below it."""
    for module in modules.values():
        for node in nodes.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                for base in (ast.unparse(one).rpartition(".")[2] for one in node.bases):
                    if base in cold:
                        what = f"{base} has cold methods, so {node.name} can't be derived from it"
                        raise failure(module, node, what)


def _take(module: Module, node: ast.ClassDef) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The cold methods of a class, which then has them no more."""
    cold: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
    for method in list(node.body):
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
            marks = [ast.unparse(one) for one in method.decorator_list]
            if marks == [MARK]:
                method.decorator_list = []
                node.body.remove(method)
                cold.append(method)
            elif MARK in marks or (method.name == "__getattr__" and cold):
                raise failure(module, method, f"{method.name} can't be cold, or its class not")
    _check_calls(module, node, cold)
    if cold:
        node.body += ast.parse(f"__getattr__ = {BIND}").body
        depth = module.name.count(".") - module.is_package
        source = ast.ImportFrom("modules", [ast.alias(BIND)], depth, lineno=0)
        if BIND not in bound(module.tree.body):
            module.tree.body.insert(0, source)
    return cold


def _check_calls(module: Module, node: ast.ClassDef, cold: list) -> None:
    """Whoever holds a cold method holds its whole module: an object must not, from its making."""
    names = {method.name for method in cold}
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            inside = list(nodes.walk(method))
            called = {id(inner.func) for inner in inside if isinstance(inner, ast.Call)}
            for inner in inside:
                if isinstance(inner, ast.Attribute) and inner.attr in names:
                    if id(inner) not in called and isinstance(inner.ctx, ast.Load):
                        raise failure(module, inner, f"{inner.attr} is cold, and is kept")


def _check_names(module: Module, cold: list) -> None:
    """In their module they are functions, and called by nobody there without an object."""
    others = {*bound(module.tree.body), *dir(builtins)}
    for method in cold:
        if method.name in others and method.name in _names(cold):
            what = f"{method.name} is cold, and {module.name} has another one"
            raise failure(module, method, what)


def _module(module: Module, owner: str, methods: list, own: list) -> Module:
    """That of these functions of a class, with the imports that they need."""
    functions = [*methods, *own]
    for inner in nodes.walk(*functions):
        if isinstance(inner, ast.Global) or (isinstance(inner, ast.Name) and inner.id == "super"):
            raise failure(module, inner, "a cold method has no `global` and no `super`")
    used = _names(functions)
    body: list[ast.stmt] = []
    taken: set[str] = set()
    for one in module.tree.body:
        if isinstance(one, ast.Import | ast.ImportFrom):
            wanted = [n for n in one.names if (n.asname or n.name).partition(".")[0] in used]
            taken |= {(n.asname or n.name).partition(".")[0] for n in wanted}
            if wanted and isinstance(one, ast.Import):
                body.append(ast.Import(wanted))
            elif wanted and isinstance(one, ast.ImportFrom):
                source = module.absolute(one) if one.level else one.module
                body.append(ast.ImportFrom(source, wanted, 0, lineno=one.lineno))
    own = sorted((used & set(bound(module.tree.body))) - taken)
    if own:
        body.append(ast.ImportFrom(module.name, [ast.alias(name) for name in own], 0, lineno=0))
    name = f"{PACKAGE}.{MARK}_{owner}"
    names = frozenset(method.name for method in methods)
    return Module(name, ast.Module([*body, *functions], []), False, name, names)


def _own_functions(module: Module, owner: str, taken: dict[str, list]) -> list:
    """The private functions that only the class's cold methods use, out of their module's body."""
    body, found = module.tree.body, []
    elsewhere = _names(one for name, methods in taken.items() if name != owner for one in methods)
    while True:
        inside = _names([*taken[owner], *found])
        for one in body:
            is_function = isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
            if not is_function or not one.name.startswith("_") or one.decorator_list:
                continue
            others = elsewhere | _names(other for other in body if other is not one)
            if one.name in inside and one.name not in others and not _has_global(one):
                body.remove(one)
                found.append(one)
                break
        else:
            return found


def _names(trees: Iterable[ast.AST]) -> set[str]:
    return {inner.id for inner in nodes.walk(*trees) if isinstance(inner, ast.Name)}


def _has_global(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Global) for inner in nodes.walk(node))


def follow(
    modules: dict[str, Module],
    users: Callable[[Module], Iterable[str]],
    transient: set[str],
) -> None:
    """A module of functions that only transient modules use is transient too; of one, a part.

    users: the names of the modules that a module takes names from; transient: the targets that
    come and go.
    """
    moved = True
    while moved:
        moved = False
        targets: dict[str, set[str]] = {}
        for module in modules.values():
            for name in users(module):
                targets.setdefault(name, set()).add(module.target)
        for name, module in modules.items():
            wanted = targets.get(name, set())
            if module.target == PACKAGE and wanted and wanted <= transient:
                if _keeps_nothing(module):
                    own = f"{PACKAGE}.{name.removeprefix(PACKAGE + '.').replace('.', '_')}"
                    module.target = own if len(wanted) > 1 else wanted.pop()
                    transient.add(module.target)
                    moved = True


def _keeps_nothing(module: Module) -> bool:
    """Functions and constants: to nobody does it matter if they come and go."""
    for one in module.tree.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            if one.decorator_list or _has_global(one):
                return False
        elif isinstance(one, ast.Assign):
            if not isinstance(one.value, ast.Constant) and constant_of(one) is None:
                return False
        elif not (isinstance(one, ast.Import | ast.ImportFrom) or is_text(one)):
            return False
    return not module.is_package
