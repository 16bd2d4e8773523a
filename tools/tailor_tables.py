"""The tables of a tailored build (tailor.py): routes, variables, keys, schemas, modules."""

from __future__ import annotations

import ast
import re

from tools import generate_schemas, generate_variables, nodes, variable_ids

_SCHEMAS = {"ocpp16": "v16", "ocpp201": "v201"}
_ANYTHING = {"$schema": "draft-06"}
_WORD = re.compile(r"\w+")


def used_variables(text: str) -> frozenset[int]:
    """The ids of the variables that a source names."""
    known = variable_ids.read_ids()
    return frozenset(
        known[match[4]]
        for match in map(variable_ids.LINE.match, text.split("\n"))
        if match and match[4] in known
    )


def path_of(module: str) -> str:
    return f"chargepoint/{module.replace('.', '/')}.py"


def route(trees: dict[str, ast.Module], dialects, blocks) -> list[str]:
    """Cut down the router, and take away the modules that it has no line for any more, but for
    those that a dialect of the build uses by itself.

    The intents that are left: of blocks that are named, and that a dialect of the build knows.
    """
    router = trees.get(path_of("station.router"))
    if router is None:
        return []
    known = _words(trees, "chargepoint/profiles/ocpp16/")
    intents: list[str] = []
    lines, answering, left = [], set(), set()
    for line in value_of(router, "_BLOCKS").split("\n")[1:-1]:
        names, block, module = line.split(" ")
        found = [n for n in names.strip(",").split(",") if "ocpp201" in dialects or n in known]
        answering.add(path_of(module))
        if found and block in ("-", *blocks):
            intents += found
            left.add(path_of(module))
            lines.append(f",{','.join(found)}, {block} {module}")
    _replace(router, "_BLOCKS", "\n".join(["", *lines, ""]))
    for path, tree in trees.items():
        if path.startswith("chargepoint/profiles/"):
            left.update(path_of(name) for name in uses(tree))
    for path in answering - left:
        trees.pop(path, None)
    return intents


def uses(tree: ast.Module) -> list[str]:
    """The names of transient modules that it uses, where they are constants."""
    return [
        str(node.args[0].value)
        for node in nodes.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("modules.use")
        and isinstance(node.args[0], ast.Constant)
    ]


def cut(
    trees: dict[str, ast.Module], dialects, blocks, used: frozenset[int], intents: list[str]
) -> None:
    """Cut the tables down to what this build has."""

    def module(path: str) -> ast.Module | None:
        return trees.get(f"chargepoint/{path}.py")

    keys = generate_variables.read_rows(generate_variables.KEYS)
    keys = [key for key in keys if key["feature"] in ("", *blocks)]
    table = module("device_model/table")
    if table is not None:
        rows = _rows(dialects, blocks, used, keys)
        _replace(table, "TABLE", generate_variables.table_bytes(rows, partial=True))
    model = module("device_model/model")
    if model is not None:
        _replace(model, "BUILT", ast.Tuple([ast.Constant(block) for block in blocks], ast.Load()))
    key_table = module("profiles/ocpp16/keys")
    if key_table is not None:
        ids = variable_ids.read_ids()
        _replace(key_table, "KEYS", generate_variables.keys_bytes(keys, ids))
    for dialect in dialects:
        schema = module(f"profiles/{dialect}/schema")
        if schema is not None:
            _replace(schema, "TABLE", _schema(trees, dialect, intents))
    names = module("modules")
    if names is not None:
        there = [name for name in value_of(names, "TRANSIENT").split() if path_of(name) in trees]
        _replace(names, "TRANSIENT", " ".join(there))
        for kind in ("RESIDENT", "SHELL"):
            _replace(names, kind, None)


def _rows(dialects, blocks, used: frozenset[int], keys) -> list[dict[str, str]]:
    """The variables that something in this build reads, sets or shows."""
    rows = generate_variables.read_rows(generate_variables.VARIABLES)
    rows = [row for row in rows if row["feature"] in ("", *blocks)]
    if "ocpp201" in dialects:
        return rows
    shown = {key[column] for key in keys for column in ("variable", "also")}
    return [row for row in rows if int(row["id"]) in used or variable_ids.address(row) in shown]


def _schema(trees: dict[str, ast.Module], dialect: str, intents: list[str]) -> bytes:
    """The dialect's table with the requests that are answered and the answers that are read."""
    schemas = generate_schemas.load(_SCHEMAS[dialect])
    profile = f"chargepoint/profiles/{dialect}/"
    taken = set(intents)
    if dialect == "ocpp16":
        taken = words_of(_function(trees[profile + "requests.py"], "decode"))
    other = [path for path in trees if path.startswith("chargepoint/profiles/")]
    told: set[str] = set()
    for path, tree in trees.items():
        if path not in other or path.startswith(profile):
            told |= words_of(tree, without=("LOST", "_BLOCKS", "_WITHOUT", "decode"))
    told -= taken - {"DataTransfer"}  # which alone goes both ways
    if "DataTransfer" in intents:
        told.add("DataTransfer")
    found = {}
    for name, schema in schemas.items():
        wanted = told if name.endswith("Response") else taken
        found[name] = schema if name.removesuffix("Response") in wanted else _ANYTHING
    return generate_schemas.compile_table(found, _SCHEMAS[dialect])


def _words(trees: dict[str, ast.Module], folder: str) -> set[str]:
    found: set[str] = set()
    for path, tree in trees.items():
        if path.startswith(folder):
            found |= words_of(tree)
    return found


def words_of(tree: ast.AST, without: tuple[str, ...] = ()) -> set[str]:
    """The words in a tree's texts, without docstrings and these definitions of its own."""
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if name_of(node) in without or is_text(node):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(_WORD.findall(node.value))
        waiting += nodes.children(node)
    return found


def name_of(node: ast.AST) -> str | None:
    """What a statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        node = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        node = node.target
    else:
        return None
    return node.id if isinstance(node, ast.Name) else None


def is_text(node: ast.AST) -> bool:
    """A docstring, or a constant that stands by itself."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _function(tree: ast.Module, name: str) -> ast.AST:
    return next(node for node in tree.body if name_of(node) == name)


def value_of(tree: ast.Module, name: str):
    node = _function(tree, name)
    assert isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None
    return ast.literal_eval(node.value)


def _replace(tree: ast.Module, name: str, value) -> None:
    """Give a constant another value; None: take it away."""
    node = _function(tree, name)
    assert isinstance(node, (ast.Assign, ast.AnnAssign))
    if value is None:
        tree.body.remove(node)
    else:
        node.value = value if isinstance(value, ast.expr) else ast.Constant(value)


def function_name(intent: str) -> str:
    """As station/router.py has it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", intent).lower()
