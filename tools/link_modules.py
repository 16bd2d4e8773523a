"""Make few modules of many, for an image: a module costs some 300 bytes of heap, a name in it ten.

What is always in memory (`modules.py`: resident and shell) becomes one module, the package itself;
each dialect becomes one with its schemas; each transient module stays alone, and is called by its
path with `_` in place of `.`, so that no package is needed above it. The sources do not change:

    from ..rpc.errors import CallError      goes, where both are in the package itself,
    from chargepoint import CallError       is what a transient module then says, and
    message.parse(text)                     is parse(text)

Two global names that are the same get the module before them, a constant of another module its
value, and what only CPython needs is left out. This module knows only what our sources use: what
it can't link, it refuses with file and line.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator

from tools import link_cold, nodes
from tools.link_rewrite import Rewriter, Statement
from tools.link_source import (
    KNOWN,
    PACKAGE,
    TOGETHER,
    Failure,
    Module,
    bound,
    constant_of,
    failure,
    local_names,
    outside,
    outside_names,
    pruned,
    single,
    together,
)

__all__ = ("Failure", "link", "parts", "written")


def link(sources: dict[str, str], transient: Iterable[str]) -> dict[str, str]:
    """Source texts by their paths in the image -> those of the linked modules, by theirs.

    transient: names, below the package, of the modules that stay alone. Raises Failure.
    """
    return {path: written(body) for path, body in parts(sources, transient).items()}


def parts(
    sources: dict[str, str], transient: Iterable[str]
) -> dict[str, list[tuple[str, ast.stmt]]]:
    """As link, but the statements of each linked module, and the path of the source of each."""
    return _Linker(sources, set(transient)).linked()


def written(body: list[tuple[str, ast.stmt]]) -> str:
    return ast.unparse(ast.Module([node for _, node in body], [])) + "\n"


def _goes(module: Module) -> bool:
    """Whether it is a transient module that is one with others."""
    inner = module.name.removeprefix(PACKAGE + ".")
    return inner in TOGETHER or together(inner) != inner


def _asked(other: Module, module: Module) -> set[str]:
    """The global names of a module that another one uses."""
    found = {inner for source, inner in other.aliases.values() if source == module.name and inner}
    own = {name for name, meaning in other.aliases.items() if meaning == (module.name, None)}
    for node in nodes.walk(other.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in own:
                found.add(node.attr)
    return found


def _joined(node: ast.ImportFrom, imports: dict[str, ast.ImportFrom]) -> bool:
    """Whether another import from the same module has taken the names over. imports: those that
    there are, by their modules."""
    first = imports.setdefault(node.module or "", node)
    if first is not node:
        known = {(item.name, item.asname) for item in first.names}
        first.names += [item for item in node.names if (item.name, item.asname) not in known]
    return first is not node


class _Linker:
    def __init__(self, sources: dict[str, str], transient: set[str]) -> None:
        self.modules: dict[str, Module] = {}
        self._paths: dict[str, str] = {}
        for path, text in sources.items():
            name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            try:
                tree = ast.parse(text, path)
            except SyntaxError as error:
                raise Failure(f"{path}, line {error.lineno}: SyntaxError: {error.msg}") from None
            is_package = path.endswith("/__init__.py")
            self._paths[name] = path
            self.modules[name] = Module(name, tree, is_package, self._target(name, transient))
        cold = link_cold.split(self.modules)
        self._paths |= {name: self._paths[origin] for name, origin in cold.items()}
        for module in self.modules.values():
            module.tree.body = list(single(pruned(module.tree.body, module.name)))
            module.names = {name: name for name in bound(module.tree.body)}
        for module in self.modules.values():
            self._read(module)
        targets = {self.modules[name].target for name in cold}
        targets |= {m.target for n, m in self.modules.items() if n.partition(".")[2] in transient}
        link_cold.follow(self.modules, self._used, targets)
        self.groups: dict[str, list[Module]] = {}
        for module in self._in_order():
            self.groups.setdefault(module.target, []).append(module)
        for group in self.groups.values():
            self._name(group)

    @staticmethod
    def _target(name: str, transient: set[str]) -> str:
        package, _, inner = name.partition(".")
        if package != PACKAGE:
            return name
        if inner in transient:
            return f"{PACKAGE}.{together(inner).replace('.', '_')}"
        parts = inner.split(".")
        if parts[0] == "profiles" and len(parts) > 1:  # one of a dialect
            return f"{PACKAGE}.{'_'.join(parts[:2])}"
        return PACKAGE

    def _read(self, module: Module) -> None:
        """What its global names are."""
        for node in module.tree.body:
            if isinstance(node, ast.ImportFrom | ast.Import):
                module.aliases.update(self.imported(module, node))
            value = constant_of(node)
            if value is not None:
                module.constants[node.targets[0].id] = value  # type: ignore[attr-defined]
        for name in module.aliases:
            module.names.pop(name, None)

    def imported(
        self, module: Module, node: ast.ImportFrom | ast.Import
    ) -> Iterator[tuple[str, tuple[str, str | None]]]:
        """The names that it binds, and what they stand for, as far as it is linked."""
        if isinstance(node, ast.Import):
            for item in node.names:
                if item.name.partition(".")[0] == PACKAGE:
                    raise failure(module, node, "say `from` what it imports")
            return
        source = module.absolute(node)
        if source.partition(".")[0] != PACKAGE:
            return
        for item in node.names:
            inner = f"{source}.{item.name}"
            if inner in self.modules:
                yield item.asname or item.name, (inner, None)
            elif source in self.modules and self._has(self.modules[source], item.name):
                yield item.asname or item.name, (source, item.name)
            elif node in module.tree.body:
                raise failure(module, node, f"there is no {inner} in this image")

    def _used(self, module: Module) -> Iterator[str]:
        """The modules that it takes names from, wherever they are imported."""
        names = {inner.id for inner in nodes.walk(module.tree) if isinstance(inner, ast.Name)}
        for node in nodes.walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                for name, (source, inner) in self.imported(module, node):
                    if name in names:
                        yield source if inner is None else self.resolve(source, inner)[0].name

    @staticmethod
    def _has(module: Module, name: str) -> bool:
        return name in module.names or name in module.aliases or f"{module.name}.{name}" in KNOWN

    def _in_order(self) -> list[Module]:
        """Each after those that it imports from while it is loaded."""
        done: dict[str, Module] = {}

        def visit(module: Module) -> None:
            if module.name not in done:
                done[module.name] = module
                for source, _ in module.aliases.values():
                    visit(self.modules[source])
                done[module.name] = done.pop(module.name)

        for name in sorted(self.modules):
            visit(self.modules[name])
        return list(done.values())

    def _name(self, group: list[Module]) -> None:
        """Give each global name of a group one that is its own."""
        taken: dict[str, str] = dict.fromkeys(dir(builtins), "")
        for module in group:
            for node in module.tree.body:
                for name, what in outside(node):
                    taken.setdefault(name, what)
            for name in module.methods:
                taken[name] = f"{module.name}.{name}"
            for name, (source, inner) in module.aliases.items():
                if self.modules[source].target != module.target and _goes(module):
                    taken.setdefault(name, f"from {source} import {inner}")
        self._check_builtins(group)
        # A name of one module may be a local one in a function of another.
        local = {module.name: set(local_names(module.tree)) for module in group}
        for module in group:
            others: set[str] = set()
            for other in group:
                if other is not module:
                    asked = _asked(other, module) if _goes(module) else local[other.name]
                    others |= local[other.name] & asked
            for name in module.names:
                constant = module.constants.get(name)
                what = f"{module.name}.{name}" if constant is None else ast.dump(constant)
                new = name
                if constant is not None and not name.startswith("_"):
                    new = "_" + name  # it needs no place in memory then
                if name in outside_names(module) or name in module.methods:
                    continue
                if new in others or taken.setdefault(new, what) != what:
                    head = "_" if name.startswith("_") or constant is not None else ""
                    leaf = module.name.removeprefix(PACKAGE + ".").replace(".", "_")
                    new = f"{head}{leaf}_{name.lstrip('_')}"
                    if taken.setdefault(new, what) != what:
                        raise Failure(f"{module.name}: {name}: no free name for it")
                    if f"{PACKAGE}.{link_cold.MARK}_{name}" in self.modules:  # see modules.bind
                        raise Failure(f"{name}, which has cold methods, needs another name")
                    if module.target != PACKAGE and not head and _goes(module):
                        raise Failure(f"{module.name}: {name}: who asks for it would not find it")
                module.names[name] = new

    @staticmethod
    def _check_builtins(group: list[Module]) -> None:
        """A method that is a function there hides what MicroPython has by its name."""
        hidden = {name for module in group for name in module.methods} & set(dir(builtins))
        for module in group if hidden else ():
            known = {*module.names, *local_names(module.tree)}
            for node in nodes.walk(module.tree):
                if isinstance(node, ast.Name) and node.id in hidden - known:
                    raise failure(module, node, f"{node.id} is a cold method in its module")

    def resolve(self, source: str, name: str) -> tuple[Module, str]:
        """Where a global name of a module is really from."""
        module = self.modules[source]
        while name in module.aliases:
            source, inner = module.aliases[name]
            if inner is None:
                raise Failure(f"{module.name}: {name} is a module, and is passed on")
            module, name = self.modules[source], inner
        if name not in module.names and f"{module.name}.{name}" not in KNOWN:
            raise Failure(f"{module.name} has no {name}")
        return module, name

    def linked(self) -> dict[str, list[tuple[str, ast.stmt]]]:
        statements = {
            module.name: Rewriter(self, module).rewritten() for module in self.modules.values()
        }
        needed = self._needed(statements)
        found = {}
        for target, group in self.groups.items():
            body: list[tuple[str, ast.stmt]] = []
            seen: set[str] = set()
            imports: dict[str, ast.ImportFrom] = {}
            for module in group:
                source = self._paths[module.name]
                for one in statements[module.name]:
                    if one.defines and not needed & {(module.name, n) for n in one.defines}:
                        continue
                    text = ast.unparse(one.node)
                    if isinstance(one.node, ast.Import | ast.ImportFrom) or constant_of(one.node):
                        if text in seen:
                            continue
                        seen.add(text)
                    if isinstance(one.node, ast.ImportFrom) and _joined(one.node, imports):
                        continue
                    body.append((source, one.node))
            path = target.replace(".", "/")
            path += "/__init__.py" if target == PACKAGE else ".py"
            if body or not target.startswith(PACKAGE + "."):
                found[path] = body
        return found

    def _needed(self, statements: dict[str, list[Statement]]) -> set[tuple[str, str]]:
        """The global names that something needs which is not one itself: (module, name)."""
        needed: set[tuple[str, str]] = set()
        waiting: list[tuple[str, str]] = []
        definers: dict[tuple[str, str], list[Statement]] = {}
        for name, body in statements.items():
            # Others are found by name while the program runs.
            is_closed = self.modules[name].target == PACKAGE
            for one in body:
                if not is_closed or not one.defines:
                    one.defines = set()
                    waiting += one.needs
                for defined in one.defines:
                    definers.setdefault((name, defined), []).append(one)
        while waiting:
            key = waiting.pop()
            if key not in needed:
                needed.add(key)
                for one in definers.get(key, ()):
                    waiting += one.needs
        return needed
