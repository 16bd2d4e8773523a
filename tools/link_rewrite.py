"""The linker's second half: writes a source file for its place in an image (link_modules.py)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from tools import nodes
from tools.link_source import (
    KNOWN,
    PACKAGE,
    Module,
    bound,
    defined_only,
    drop_annotations,
    failure,
    in_image,
    inside,
    is_text,
    parameters,
    pruned,
    reached,
)

_NATIVE = "micropython"  # of the decorators that only the compiler sees


@dataclass
class Statement:
    """One of a module, as it is to be written."""

    node: ast.stmt
    defines: set[str]  # the names for whose sake alone it is there
    needs: set[tuple[str, str]]  # global names: module and name, as they are in the source


class Linker(Protocol):
    modules: dict[str, Module]

    def imported(
        self, module: Module, node: ast.ImportFrom | ast.Import
    ) -> Iterator[tuple[str, tuple[str, str | None]]]: ...

    def resolve(self, source: str, name: str) -> tuple[Module, str]: ...


class Rewriter(ast.NodeTransformer):
    """Writes one module for its place in the target."""

    def __init__(self, linker: Linker, module: Module) -> None:
        self._linker = linker
        self._module = module
        # Of each function around: its own names, and what the names of its imports stand for.
        self._scopes: list[tuple[set[str], dict[str, tuple[str, str | None]]]] = []
        self._needs: set[tuple[str, str]] = set()

    def rewritten(self) -> list[Statement]:
        found = []
        for node in self._module.tree.body:
            if is_text(node):
                continue
            defines = defined_only(node)
            self._needs = set()
            new = self.visit(node)
            for one in new if isinstance(new, list) else [new]:
                if not isinstance(one, ast.Pass):
                    found.append(Statement(one, defines, self._needs))
        return found

    def _meaning(self, name: str) -> tuple[str, str | None] | None:
        """(module, name in it or None) of a name, or None if it is local or not ours."""
        for own, aliases in reversed(self._scopes):
            if name in aliases:
                return aliases[name]
            if name in own:
                return None
        if name in self._module.aliases:
            return self._module.aliases[name]
        is_known = name in self._module.names or f"{self._module.name}.{name}" in KNOWN
        return (self._module.name, name) if is_known else None

    def _reference(self, node: ast.expr, source: str, name: str) -> ast.expr:
        module, name = self._linker.resolve(source, name)
        self._need(module, name)
        if isinstance(node.ctx, ast.Load):  # type: ignore[attr-defined]
            if f"{module.name}.{name}" in KNOWN:
                return ast.Constant(KNOWN[f"{module.name}.{name}"])
            if name in module.constants and module is not self._module:
                return module.constants[name]
        elif module.target == self._module.target and module is not self._module:
            raise failure(self._module, node, f"assigns to {name} of another module")
        return ast.Name(module.names[name], node.ctx)  # type: ignore[attr-defined]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        meaning = self._meaning(node.id)
        if meaning is None:
            return node
        if meaning[1] is None:
            if self._linker.modules[meaning[0]].target in (PACKAGE, self._module.target):
                raise failure(self._module, node, f"the module {node.id} is used as an object")
            return node
        self._check_stays(node, meaning[0], meaning[1])
        return self._reference(node, meaning[0], meaning[1])

    def _check_stays(self, node: ast.Name, source: str, name: str) -> None:
        """What is always in memory has no import of what comes and goes, but in a function."""
        resolved, name = self._linker.resolve(source, name)
        if self._module.target != PACKAGE or resolved.target == PACKAGE:
            return
        if name not in resolved.constants and not any(node.id in a for _, a in self._scopes):
            what = f"{node.id} is of {resolved.name}, which comes and goes: modules.use() has it"
            raise failure(self._module, node, what)

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(in_image(node.value)) if isinstance(node.value, str) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name):
            meaning = self._meaning(node.value.id)
            if meaning is not None and meaning[1] is None:
                new = self._reference(node, meaning[0], node.attr)
                target = self._linker.modules[meaning[0]].target
                if isinstance(new, ast.Name) and target != self._module.target:
                    owner = ast.Name(PACKAGE, ast.Load()) if target == PACKAGE else node.value
                    return ast.Attribute(owner, new.id, node.ctx)
                return new
        self.generic_visit(node)
        return node

    def visit_Global(self, node: ast.Global) -> ast.Global:
        return ast.Global([self._module.names[name] for name in node.names])

    def visit_ImportFrom(self, node: ast.ImportFrom):
        """Goes if it is from the same target, else it says where the names are now."""
        module = self._module
        source = module.absolute(node)
        if source.partition(".")[0] != PACKAGE:
            return node
        found = dict(self._linker.imported(module, node))
        if found and not self._scopes and node not in module.tree.body:
            raise failure(module, node, "an import in a block of the module")
        wanted: list[ast.stmt] = []
        by_target: dict[str, ast.ImportFrom] = {}
        for item in node.names:
            local = item.asname or item.name
            if local not in found:  # it fails when the program comes here
                inner = f"{source}.{item.name}".removeprefix(PACKAGE + ".").replace(".", "_")
                wanted.append(ast.ImportFrom(PACKAGE, [ast.alias(inner, local)], 0))
                continue
            origin, name = found[local]
            if name is None:
                wanted += self._module_import(self._linker.modules[origin].target, local)
                continue
            place = self._place(origin, name)
            if place is not None:
                empty = ast.ImportFrom(place[0], [], 0)
                by_target.setdefault(place[0], empty).names.append(ast.alias(place[1]))
        wanted += by_target.values()
        return wanted or ast.Pass()

    def _module_import(self, target: str, local: str) -> Iterator[ast.stmt]:
        if target != self._module.target:
            package, _, leaf = target.rpartition(".")
            alias = ast.alias(leaf, None if leaf == PACKAGE else local)
            yield ast.ImportFrom(package, [alias], 0) if package else ast.Import([alias])

    def _place(self, source: str, name: str) -> tuple[str, str] | None:
        """Where a name is to be imported from, or None: it is here, or a value."""
        origin, name = self._linker.resolve(source, name)
        self._need(origin, name)
        is_value = f"{origin.name}.{name}" in KNOWN or name in origin.constants or name == "const"
        if is_value or origin.target == self._module.target:
            return None
        return origin.target, origin.names[name]

    def _need(self, origin: Module, name: str) -> None:
        if name != "const":  # mpy-cross knows it
            self._needs.add((origin.name, name))

    def _function(self, node):
        if not any(isinstance(one, ast.Attribute) for one in node.decorator_list):
            node.returns = None  # else the types of the native emitters
            drop_annotations(node.args)
        node.decorator_list = [
            one if isinstance(one, ast.Attribute) else self.visit(one)
            for one in node.decorator_list
        ]
        self._defaults(node.args)
        own, aliases = parameters(node.args), {}
        for inner in inside(node.body):
            if isinstance(inner, ast.ImportFrom):
                aliases.update(self._linker.imported(self._module, inner))
            if isinstance(inner, ast.Global):
                own -= set(inner.names)
        own |= set(bound(node.body)) - {
            name
            for inner in inside(node.body)
            if isinstance(inner, ast.Global)
            for name in inner.names
        }
        meaning = None if self._scopes else self._meaning(node.name)
        if meaning is not None:
            node.name = self._module.names[node.name]
        self._scopes.append((own, aliases))
        body = [one for one in node.body if not is_text(one)]
        left = pruned(body, self._module.name, self._is_micropython)
        node.body = self._statements(list(reached(left)))
        self._scopes.pop()
        return node

    def _is_micropython(self, name: str) -> bool | None:
        meaning = self._meaning(name)
        if meaning is None or meaning[1] is None:
            return None
        return KNOWN.get(f"{meaning[0]}.{meaning[1]}")

    def _statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for node in body:
            new = self.visit(node)
            found += new if isinstance(new, list) else [new]
        kept = [node for node in found if not isinstance(node, ast.Pass)]
        return kept or [ast.Pass()]

    def _defaults(self, arguments: ast.arguments) -> None:
        arguments.defaults = [self.visit(one) for one in arguments.defaults]
        arguments.kw_defaults = [one and self.visit(one) for one in arguments.kw_defaults]

    visit_FunctionDef = visit_AsyncFunctionDef = _function

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        self._defaults(node.args)
        self._scopes.append((parameters(node.args), {}))
        node.body = self.visit(node.body)
        self._scopes.pop()
        return node

    def _comprehension(self, node):
        own = {
            name.id
            for part in node.generators
            for name in nodes.walk(part.target)
            if isinstance(name, ast.Name)
        }
        first = node.generators[0]
        first.iter = self.visit(first.iter)
        self._scopes.append((own, {}))
        for part in node.generators:
            if part is not first:
                part.iter = self.visit(part.iter)
            part.ifs = [self.visit(one) for one in part.ifs]
        for name in ("elt", "key", "value"):
            if hasattr(node, name):
                setattr(node, name, self.visit(getattr(node, name)))
        self._scopes.pop()
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.bases = [self.visit(one) for one in node.bases]
        if not self._scopes:
            node.name = self._module.names[node.name]
        own = set(bound(node.body))
        body: list[ast.stmt] = []
        for inner in node.body:
            if is_text(inner):
                continue
            # A method does not see the names of its class, all else in the class does.
            is_method = isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_method:
                name = inner.name
                self._scopes.append((set(), {}))
                new = self.visit(inner)
                new.name = name
            else:
                self._scopes.append((own, {}))
                new = self.visit(inner)
            self._scopes.pop()
            body.append(new)
        node.body = body or [ast.Pass()]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign):
        if node.value is None:
            return ast.Pass()
        return self.visit(ast.Assign([node.target], node.value, lineno=0))

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        self.generic_visit(node)
        return node
