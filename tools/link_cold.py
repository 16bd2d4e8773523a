"""The linker's first step: methods that are `@cold` go into a transient module of their class.

    class Lamp:                                 class Lamp:
        def shine(self): ...                        def shine(self): ...
        @cold                            ->         def __getattr__(self, name):
        def repair(self, tool): ...                     return bind(self, "lamp_Lamp", name)

and the module `lamp_Lamp` has the function `cold_repair(self, tool)`. So a method that seldom runs
takes no memory while it doesn't, and nobody who calls it has to know.
"""

from __future__ import annotations

import ast

from tools.link_source import PACKAGE, Module, bound, failure

MARK = "cold"
BIND = "bind"  # of modules.py


def split(modules: dict[str, Module]) -> None:
    """Take the cold methods out of these modules, and add those with them."""
    for module in list(modules.values()):
        if module.name.partition(".")[0] != PACKAGE:
            continue
        for node in list(module.tree.body):
            if isinstance(node, ast.ClassDef):
                methods = _take(module, node)
                if methods:
                    new = _module(module, node, methods)
                    modules[new.name] = new


def _take(module: Module, node: ast.ClassDef) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The cold methods of a class, which then has them no more."""
    cold: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
    for method in list(node.body):
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
            marks = [ast.unparse(one) for one in method.decorator_list]
            if marks == [MARK]:
                method.decorator_list = []
                method.name = f"{MARK}_{method.name}"  # no name that the module knows otherwise
                node.body.remove(method)
                cold.append(method)
            elif MARK in marks or (method.name == "__getattr__" and cold):
                raise failure(module, method, f"{method.name} can't be cold, or its class not")
    _check_calls(module, node, cold)
    if cold:
        name = f"{module.name.removeprefix(PACKAGE + '.')}_{node.name}"
        call = ast.parse(f"def __getattr__(self, name):\n    return {BIND}(self, {name!r}, name)")
        node.body.append(call.body[0])
        depth = module.name.count(".") - module.is_package
        source = ast.ImportFrom("modules", [ast.alias(BIND)], depth, lineno=0)
        if BIND not in bound(module.tree.body):
            module.tree.body.insert(0, source)
    return cold


def _check_calls(module: Module, node: ast.ClassDef, cold: list) -> None:
    """Whoever holds a cold method holds its whole module: an object must not, from its making."""
    names = {method.name.removeprefix(f"{MARK}_") for method in cold}
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            inside = list(ast.walk(method))
            called = {id(inner.func) for inner in inside if isinstance(inner, ast.Call)}
            for inner in inside:
                if isinstance(inner, ast.Attribute) and inner.attr in names:
                    if id(inner) not in called and isinstance(inner.ctx, ast.Load):
                        raise failure(module, inner, f"{inner.attr} is cold, and is kept")


def _module(module: Module, node: ast.ClassDef, methods: list) -> Module:
    """That of the methods, with the imports that they need."""
    used = {inner.id for one in methods for inner in ast.walk(one) if isinstance(inner, ast.Name)}
    for inner in (inner for one in methods for inner in ast.walk(one)):
        if isinstance(inner, ast.Global) or (isinstance(inner, ast.Name) and inner.id == "super"):
            raise failure(module, inner, "a cold method has no `global` and no `super`")
    body: list[ast.stmt] = []
    taken = set()
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
    name = f"{module.name}_{node.name}"
    target = f"{PACKAGE}.{name.removeprefix(PACKAGE + '.').replace('.', '_')}"
    return Module(name, ast.Module([*body, *methods], []), False, target)
