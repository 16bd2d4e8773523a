"""Which test files run on MicroPython too, and running them there.

    python tools/portable_tests.py                 run all of them
    python tools/portable_tests.py tests/rpc/...   run these
    python tools/portable_tests.py --why           say of every test file if it is one, or why not

A test file is portable if it imports only the device package, the standard library that both
interpreters have, and modules of tests.support for which the same is true, and if no test asks
for a pytest fixture. Nobody has to list it anywhere.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INTERPRETER = ROOT / "build" / "micropython" / "micropython"
RUNNER = "tests/run_on_micropython.py"
HEAP = "16M"  # what a test keeps of a day of messages is in it too
TIMEOUT_S = 300
STANDARD_LIBRARY = frozenset(
    "array asyncio binascii collections errno gc hashlib heapq io json math os random re select"
    " socket struct sys time".split()
)


def imported_names(tree: ast.AST) -> list[str]:
    """The dotted names of all modules imported anywhere but for the types' sake; a relative import
    gives a leading dot."""
    names = []
    waiting = [tree]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "_TYPE_CHECKING":
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names.append(module)
            if module == "tests.support":
                names += [f"{module}.{alias.name}" for alias in node.names]
    return names


def obstacle(path: Path, root: Path = ROOT, seen: frozenset[Path] = frozenset()) -> str | None:
    """Why this file can't run on MicroPython, or None if it can."""
    tree = ast.parse(path.read_text())
    for name in imported_names(tree):
        top = name.partition(".")[0]
        if top == "chargepoint" or name in STANDARD_LIBRARY:
            continue
        if name != "tests.support" and not name.startswith("tests.support."):
            return f"imports {name}"
        support = root.joinpath(*name.split(".")).with_suffix(".py")
        if support.exists() and support not in seen:
            below = obstacle(support, root, seen | {path, support})
            if below:
                return f"{name} {below}"
    for function in test_functions(tree):
        arguments = function.args
        if arguments.posonlyargs or arguments.args or arguments.kwonlyargs:
            return f"{function.name} asks for a fixture"
        if isinstance(function, ast.AsyncFunctionDef):
            return f"{function.name} is a coroutine"
    return None


def test_functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [n for n in tree.body if isinstance(n, kinds) and n.name.startswith("test_")]


def test_files(root: Path = ROOT) -> list[Path]:
    return sorted((root / "tests").rglob("test_*.py"))


def portable_files(root: Path = ROOT) -> list[Path]:
    return [path for path in test_files(root) if obstacle(path, root) is None]


def run(path: Path, root: Path = ROOT) -> str | None:
    """Run one file on MicroPython; None if all its tests passed, else what there is to say."""
    if not INTERPRETER.exists():
        return "no MicroPython interpreter; run `make micropython`"
    name = path.relative_to(root).as_posix()
    command = [str(INTERPRETER), "-X", f"heapsize={HEAP}", str(ROOT / RUNNER), name]
    environment = {**os.environ, "MICROPYPATH": ".frozen:firmware:."}
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as expired:
        return f"{name}: not done after {TIMEOUT_S} s\n{expired.stdout or ''}"
    expected = len(test_functions(ast.parse(path.read_text())))
    counted = re.search(r"^.*: (\d+) ok, 0 failed$", done.stdout, re.MULTILINE)
    if done.returncode == 0 and counted and int(counted.group(1)) == expected > 0:
        return None
    return f"{done.stdout}{name}: exit status {done.returncode}, {expected} tests expected"


def main(arguments: list[str]) -> int:
    if arguments == ["--why"]:
        for path in test_files():
            print(f"{path.relative_to(ROOT)}: {obstacle(path) or 'both interpreters'}")
        return 0
    files = [Path(name).resolve() for name in arguments] or portable_files()
    failures = 0
    for path in files:
        problem = run(path)
        failures += problem is not None
        print(problem or f"{path.relative_to(ROOT)}: ok", flush=True)
    print(f"on MicroPython: {len(files)} files, {failures} failed")
    return 1 if failures or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
