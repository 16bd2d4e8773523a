"""Repacked .mpy files are smaller, and do the same."""

import ast
import subprocess
from pathlib import Path

import pytest

from tools import looked_up, repack_mpy
from tools.application_names import Mpy
from tools.build_romfs import CROSS, compiled
from tools.mpy import constant
from tools.portable_tests import INTERPRETER

# All kinds of jump, near and far; functions with and without names in their calls.
PROGRAM = """
import sys
class Account:
    def __init__(self, _balance=0):
        self._balance = _balance
        self._hidden_history = []
        self.__dunder_like = 1
    def _private_method(self, amount, times=1, *, label="none"):
        for _ in range(times):
            self._balance += amount
            self._hidden_history.append((label, self._balance))
        else:
            self._hidden_history.append("else")
        return self._balance
    @property
    def history(self):
        return self._hidden_history
def passes(first_parameter, second_parameter, *rest, **named):
    return first_parameter - second_parameter, rest, sorted(named.items())
def closure(outer_value):
    def inner(inner_value):
        nonlocal outer_value
        outer_value += inner_value
        return outer_value
    return inner
def generator(limit):
    n = 0
    while True:
        try:
            if n >= limit:
                return
            if n % 3 == 1:
                continue
            got = yield n
            if got: print("got", got)
        finally:
            n += 1
class Manager:
    def __enter__(self): print("enter"); return self
    def __exit__(self, kind, value, trace): print("exit", kind is None); return True
def errors(x):
    try:
        if x == 0: raise ValueError("zero")
        if x == 1: return "one"
        if x == 2: {}["missing"]
    except ValueError as error:
        return "value " + str(error)
    except (KeyError, TypeError) as error:
        return "key " + repr(error)
    finally:
        print("finally", x)
    with Manager():
        for y in range(5):
            if y == 3: break
            with Manager() as m:
                if y == 1: raise OSError(y)
    return [a * b for a in range(3) for b in (1, 2) if a != b] or None
def far(n):
    while n:
        n -= 1
        if n == 2:
            MANY
        elif n == 1:
            return n
    return "end"
a = Account(5)
print(a._private_method(2, times=3, label="x"), a._private_method(1), a.history)
print(passes(1, 2), passes(second_parameter=5, first_parameter=9), passes(1, 2, 3, z=4, a=5))
i = closure(10); print(i(1), i(2))
g = generator(5); print(next(g), g.send("hello"), list(g))
print([errors(n) for n in range(4)], far(10), far(0))
print({k: v for k, v in zip("ab", (1, 2))}, "%s-%s" % (1, 2), 1 if a else 2, not a or a and 3)
print(-70000 * 3, 100000000000000000000, 1.5, b"bytes", (1, "two", None), sys.path is None)
print(hasattr(a, "history"), len([name for name in dir(a) if name[:2] != "__"]))
"""
MANY = "\n            ".join(f"name_{n} = 'text {n}'; print(len(name_{n}))" for n in range(150))
PROGRAM = PROGRAM.replace("MANY", MANY)


def mpy(tmp_path: Path, text: str, name: str = "m.py", optimize: int = 3) -> bytes:
    source = tmp_path / "source.py"
    source.write_text(text)
    return compiled(source, name, CROSS, "x64", optimize)


def repacked(files: dict[str, bytes], *sources: str) -> dict[str, bytes]:
    """Of an image with these sources."""
    return repack_mpy.repacked(files, looked_up.words(map(ast.parse, sources)))


def run(tmp_path: Path, files: dict[str, bytes], module: str = "m") -> str:
    for path, data in files.items():
        (tmp_path / path).write_bytes(data)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {module}"
    done = subprocess.run([INTERPRETER, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_program_does_the_same_and_is_smaller(tmp_path: Path):
    before = {"m.mpy": mpy(tmp_path, PROGRAM)}
    said = run(tmp_path, before)
    after = repacked(before, PROGRAM)
    assert run(tmp_path, after) == said and said.count("\n") > 150
    assert len(after["m.mpy"]) < len(before["m.mpy"])


def test_what_is_repacked_twice_stays_as_it_is(tmp_path: Path):
    once = repacked({"m.mpy": mpy(tmp_path, PROGRAM)}, PROGRAM)
    assert repacked(once, PROGRAM) == once


def test_names_that_are_looked_up_stay_as_they_are(tmp_path: Path):
    names = set(Mpy(repacked({"m.mpy": mpy(tmp_path, PROGRAM)}, PROGRAM)["m.mpy"]).names)
    assert {"history", "Account", "Manager", "__dunder_like"} <= names
    assert {"label", "times"} <= names  # parameters that are given by name
    assert not {"_hidden_history", "_balance", "_private_method"} & names


def test_comprehensions_and_lambdas_have_no_name(tmp_path: Path):
    before = mpy(tmp_path, "print([n for n in (lambda x: x)((1, 2)) if n])")
    after = repacked({"m.mpy": before})["m.mpy"]
    assert {"<listcomp>", "<lambda>"} <= set(Mpy(before).names)
    assert not {"<listcomp>", "<lambda>"} & set(Mpy(after).names)
    assert run(tmp_path, {"m.mpy": after}) == "[1, 2]\n"


def test_an_import_says_its_names_once(tmp_path: Path):
    text = "try:\n  from lib.inner import first, second as other\nexcept ImportError as error:\n"
    text += "  print(error)\nfrom lib import inner\nprint(first(), other(), inner.first())\n"
    (tmp_path / "lib").mkdir()
    inner = "def first():\n  return 1\ndef second():\n  return 2\n"
    before = {
        "m.mpy": mpy(tmp_path, text),
        "lib/__init__.mpy": mpy(tmp_path, "", "lib/__init__.py"),
        "lib/inner.mpy": mpy(tmp_path, inner, "lib/inner.py"),
    }
    after = repacked(before, text, inner)
    assert run(tmp_path, after) == "1 2 1\n"
    assert len(after["m.mpy"]) < len(before["m.mpy"]) - 10


def test_parameters_that_no_call_names_share_a_name(tmp_path: Path):
    names = set(Mpy(repacked({"m.mpy": mpy(tmp_path, PROGRAM)}, PROGRAM)["m.mpy"]).names)
    assert not {"inner_value", "outer_value", "limit"} & names
    assert {"first_parameter", "second_parameter", "x"} <= names


def test_the_files_of_an_image_name_each_others_parameters(tmp_path: Path):
    first = "class A:\n  def __init__(self, long_parameter):\n    self._attribute = long_parameter"
    second = "from n import A\nprint(A(long_parameter=3)._attribute)"
    files = {"n.mpy": mpy(tmp_path, first, "n.py"), "m.mpy": mpy(tmp_path, second)}
    after = repacked(files, first, second)
    assert run(tmp_path, after) == "3\n"
    assert all("long_parameter" in Mpy(data).names for data in after.values())


def test_machine_code_stays(tmp_path: Path):
    text = "import micropython\n@micropython.viper\ndef f(n: int) -> int:\n  return n * n\n"
    text += "print(f(7))"
    before = mpy(tmp_path, text)
    after = repacked({"m.mpy": before})
    assert run(tmp_path, after) == "49\n"
    assert repack_mpy.machine_code(after["m.mpy"]) == repack_mpy.machine_code(before) != []


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda data: b"X" + data, "no .mpy of format 6"),
        (lambda data: data + b"\0", "it goes on behind its end"),
    ],
)
def test_what_is_no_mpy_is_told(change, said: str, tmp_path: Path):
    with pytest.raises(repack_mpy.Failure, match=f"^m.mpy: {said}"):
        repacked({"m.mpy": change(mpy(tmp_path, "a = 1"))})


def test_native_code_is_refused(tmp_path: Path):
    text = "import micropython\n@micropython.native\ndef f(n):\n  return n.x"
    with pytest.raises(repack_mpy.Failure, match="machine code that is more than viper"):
        repacked({"m.mpy": mpy(tmp_path, text)})


def test_a_file_is_told_by_its_definitions_and_constants(tmp_path: Path):
    text = (
        "A = b'0123456789'\ndef near(x):\n  return x\nclass Far:\n  def far(self):\n    return A\n"
    )
    files = {"m.mpy": mpy(tmp_path, text)}
    data = repacked(files, text)["m.mpy"]
    names = repack_mpy.names(files, ["Far"])
    functions, constants = repack_mpy.parts(data)
    assert [names.get(name, name) for name, _ in functions] == ["near", "Far"]
    assert 0 < functions[0][1] < functions[1][1]  # a class with its method
    assert sum(size for _, size in functions) < len(data)
    assert constants == [constant(b"0123456789")]
    assert constants[0] in data
