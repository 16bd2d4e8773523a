"""The linker: few modules that do what the many did. MicroPython runs what it writes."""

import subprocess
from pathlib import Path

import pytest

from tools import link_modules, link_source
from tools.portable_tests import INTERPRETER, ROOT

COMPAT = (ROOT / "firmware" / "chargepoint" / "compat.py").read_text()
MODULES = (ROOT / "firmware" / "chargepoint" / "modules.py").read_text()
EMPTY = {"chargepoint/__init__.py": "", "chargepoint/compat.py": COMPAT}


def linked(*transient: str, **texts: str) -> dict[str, str]:
    """Of texts by module name, `__` for the dot; those of `main` and others are no part of it."""
    sources = dict(EMPTY)
    for name, text in texts.items():
        path = name.replace("__", "/")
        sources[f"{path}.py" if path == "main" else f"chargepoint/{path}.py"] = text
    return link_modules.link(sources, transient)


def run(folder: Path, files: dict[str, str]) -> str:
    """What main.py prints on MicroPython."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    command = [str(INTERPRETER), "main.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + str(files)
    return done.stdout


def test_two_modules_become_one(tmp_path: Path):
    files = linked(
        lamp="from .socket import Socket\nclass Lamp:\n  def __init__(self): self.s = Socket()\n",
        socket="class Socket:\n  volts = 230\n",
        main="from chargepoint.lamp import Lamp\nprint(Lamp().s.volts)\n",
    )
    assert set(files) == {"chargepoint/__init__.py", "main.py"}
    assert run(tmp_path, files) == "230\n"


def test_names_that_are_the_same_stay_apart(tmp_path: Path):
    files = linked(
        a="_limit = [1]\ndef read():\n  return _limit\n",
        b="from . import a\n_limit = [2]\ndef read():\n  return _limit + a.read()\n",
        main="from chargepoint.b import read\nprint(read())\n",
    )
    assert run(tmp_path, files) == "[2, 1]\n"


def test_a_local_name_hides_no_name_of_another_module(tmp_path: Path):
    files = linked(
        message="def error(text):\n  return 'error ' + text\n",
        endpoint="from . import message\ndef send(error):\n  return message.error(error)\n",
        main="from chargepoint.endpoint import send\nprint(send('x'))\n",
    )
    assert run(tmp_path, files) == "error x\n"


def test_modules_beside_the_package_keep_their_names(tmp_path: Path):
    main = (
        "from other import Board as Other\nclass Board(Other):\n  amps = 32\nprint(Board.volts)\n"
    )
    sources = EMPTY | {
        "chargepoint/base.py": "class Board:\n  volts = 230\n",
        "other.py": "from chargepoint.base import Board\n",
        "main.py": main,
    }
    files = link_modules.link(sources, ())
    assert files["main.py"].startswith("from other import Board as Other")
    assert run(tmp_path, files) == "230\n"


def test_scopes_are_those_of_python(tmp_path: Path):
    files = linked(
        # The names of a class, a comprehension, a lambda and a closure are not the module's.
        a="""
value = 1
used = 0
def step():
    return 10
class Thing:
    value = 2
    tens = step()
    def read(self, step=step):
        return value, self.value, step(), [value for value in (3, 4)], (lambda value: value)(5)
    @property
    def used(self):
        return self.tens
def count():
    global used
    used += 1
    total = 0
    def add():
        nonlocal total
        total += used
        return total
    return add(), add()
""",
        b="value = 7\nused = 8\ndef step():\n  return value, used\n",
        main="""
from chargepoint.a import Thing, count
from chargepoint.b import step
print(Thing().read(), Thing().used, count(), count(), step())
""",
    )
    assert run(tmp_path, files) == "(1, 2, 10, [3, 4], 5) 10 (1, 2) (2, 4) (7, 8)\n"


def test_what_stands_behind_a_return_that_is_always_reached():
    a = """
from .compat import MICROPYTHON
TABLE = "long"
def f():
    if MICROPYTHON:
        return 1
    return TABLE
"""
    text = linked(a=a, main="from chargepoint.a import f\nprint(f())\n")
    assert "TABLE" not in text["chargepoint/__init__.py"]


def test_a_transient_module_stays_alone(tmp_path: Path):
    files = linked(
        "station.reset",
        errors="class Refused(Exception):\n  pass\ndef code():\n  return 'Busy'\n",
        station__reset="""
from .. import errors
from ..errors import Refused
def reset():
    raise Refused(errors.code())
""",
        main="""
from chargepoint.errors import Refused
def go():
    from chargepoint.station.reset import reset
    try:
        reset()
    except Refused as refused:
        print(refused)
go()
""",
    )
    assert "chargepoint/station_reset.py" in files
    assert run(tmp_path, files) == "Busy\n"


def test_a_constant_becomes_its_value(tmp_path: Path):
    files = linked(
        frames="from .compat import const\nTEXT = const(1 << 4)\n_A, _B = const(1), const(2)\n"
        "def kind():\n  return TEXT, _A, _B\n",
        main="from chargepoint.frames import TEXT, kind\nprint(TEXT, kind())\n",
    )
    assert "TEXT" not in files["main.py"]
    files["chargepoint/__init__.py"] = (
        "from micropython import const\n" + files["chargepoint/__init__.py"]
    )  # which only the compiler must know
    assert run(tmp_path, files) == "16 (16, 1, 2)\n"


def test_what_nothing_needs_is_left_out():
    files = linked(
        a="from .b import needed\nNAMES = 'one two'\ndef unused():\n  return other()\ndef other():"
        "\n  return 1\ndef used():\n  return needed()\n",
        b="import os\ndef needed():\n  return 2\ndef lost():\n  return os\n",
        main="from chargepoint.a import used\nused()\n",
    )
    text = files["chargepoint/__init__.py"]
    assert "def needed" in text and "def used" in text
    for name in ("unused", "other", "lost", "import os", "NAMES"):
        assert name not in text


def test_transient_modules_may_be_one_in_an_image(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(link_source, "_FIRST", {"b.c": "a.b"})
    monkeypatch.setattr(link_source, "TOGETHER", {"a.b": ("b.c",)})
    monkeypatch.setattr(link_modules, "TOGETHER", {"a.b": ("b.c",)})
    texts = {
        "modules": "def use(name):\n    return __import__('chargepoint.' + name.replace('.', '_'),"
        " None, None, ('',))\n",
        "a__b": "from ..b import c\nfrom ..b.c import third\ndef _one():\n    return 1\n"
        "def first():\n    return _one(), c.second(), third\n",
        "b__c": "from .. import modules\nthird = 3\ndef _one():\n    return 2\n"
        "def second():\n    return _one()\ndef again():\n    return modules.use('a.b').first()\n",
    }
    main = "from chargepoint import modules\n"
    main += "print(modules.use('a.b').first(), modules.use('b.c').again())\n"
    files = linked("a.b", "b.c", main=main, **texts)
    assert set(files) == {"chargepoint/__init__.py", "chargepoint/a_b.py", "main.py"}
    assert run(tmp_path, files) == "(1, 2, 3) (1, 2, 3)\n"
    texts["a__b"] += "def other(second):\n    return c.second()\n"
    with pytest.raises(link_modules.Failure, match="b.c: second: who asks for it would not find"):
        linked("a.b", "b.c", main=main, **texts)


def test_what_stays_must_not_import_from_what_comes_and_goes():
    """The import would be gone when the image is loaded, and the name with it."""
    a = "from .days import count, MOST\ndef f():\n    return count()\n"
    days = "MOST = const(3)\ndef count():\n    return 1\n"
    main = "from chargepoint.a import f\nf()\n"
    with pytest.raises(link_modules.Failure, match="a, line 3: count is of chargepoint.days, wh"):
        linked("days", a=a, days=days, main=main)
    linked("days", a=a.replace("count()", "MOST"), days=days, main=main)
    inside = "def f():\n    from .days import count\n    return count()\n"
    linked("days", a=inside, days=days, main=main)


def test_what_only_cpython_needs_is_left_out():
    files = linked(
        a="""
from .compat import MICROPYTHON
if MICROPYTHON:
    import gc
else:
    import socket
def f():
    if MICROPYTHON:
        return gc
    return socket
""",
        main="from chargepoint.a import f\nf()\n",
    )
    text = files["chargepoint/__init__.py"]
    assert "import gc" in text and "import socket" not in text
    assert "const" not in text and "class micropython" not in text


def test_a_module_that_is_left_out_fails_where_it_is_asked_for(tmp_path: Path):
    files = linked(
        profiles__loader="def load():\n  from . import ocpp16 as profile\n  return profile\n",
        main="""
from chargepoint.profiles.loader import load
try:
    load()
except ImportError:
    print("left out")
""",
    )
    assert run(tmp_path, files) == "left out\n"


@pytest.mark.parametrize(
    "texts, said",
    [
        ({"a": "import chargepoint.b\n"}, "chargepoint.a, line 1: say `from` what it imports"),
        ({"a": "\nfrom .b import c\n"}, "chargepoint.a, line 2: there is no chargepoint.b.c"),
        (
            {"a": "from . import b\ndef f():\n  return b\n", "b": ""},
            "chargepoint.a, line 3: the module b is used as an object",
        ),
        (
            {"a": "from . import b\ndef f():\n  b.x = 2\n", "b": "x = 1\n"},
            "chargepoint.a, line 3: assigns to x of another module",
        ),
        (
            {"a": "try:\n  from .b import x\nexcept ImportError:\n  pass\n", "b": "x = 1\n"},
            "chargepoint.a, line 2: an import in a block of the module",
        ),
    ],
)
def test_what_can_not_be_linked_is_named(texts: dict[str, str], said: str):
    with pytest.raises(link_modules.Failure, match=said):
        linked(**texts)


TYPES = {
    "a": "class T:\n  volts = 12\ndef read():\n  return T.volts\n",
    "b": "class T:\n  volts = 230\ndef read():\n  return T.volts\n",
}
BOTH = """\
from {0}a import T, read
from {0}b import T as T2, read as read2
"""


@pytest.mark.parametrize("first, second", [("T", "T as T2"), ("T as TA", "T as TB")])
def test_two_things_of_a_name_imported_by_a_board(first: str, second: str, tmp_path: Path):
    main = f"from chargepoint.a import {first}\nfrom chargepoint.b import {second}\n"
    main += f"class Both:\n  pair = {first[-2:].strip()}.volts, {second[-2:]}.volts\n"
    main += f"def later():\n  return {first[-2:].strip()}.volts, {second[-2:]}.volts\n"
    main += "print(Both.pair, later())\n"
    assert run(tmp_path, linked(main=main, **TYPES)) == "(12, 230) (12, 230)\n"


def test_two_things_of_a_name_imported_by_a_module_of_the_package(tmp_path: Path):
    text = BOTH.format(".") + "def both():\n  return T.volts, T2.volts, read(), read2()\n"
    late = "def late():\n" + "".join(f"  {line}\n" for line in BOTH.format(".").splitlines())
    text += late + "  return T.volts, T2.volts, read(), read2()\n"
    main = "from chargepoint.c import both, late\nprint(both(), late())\n"
    files = linked(c=text, main=main, **TYPES)
    assert run(tmp_path, files) == "(12, 230, 12, 230) (12, 230, 12, 230)\n"


def test_two_things_of_a_name_imported_by_a_transient_module(tmp_path: Path):
    text = BOTH.format(".") + "def both():\n  return T.volts, T2.volts, read(), read2()\n"
    main = "from chargepoint import modules\nprint(modules.use('c').both())\n"
    files = linked("c", c=text, modules=MODULES, main=main, **TYPES)
    assert run(tmp_path, files) == "(12, 230, 12, 230)\n"


def test_a_name_that_is_imported_over_one_that_is_defined(tmp_path: Path):
    """A board's own T is not that of the package, in whatever order they come."""
    main = "from chargepoint.a import T as Low\nclass T(Low):\n  amps = 32\n"
    main += "from chargepoint.b import T as High\nprint(T.volts, T.amps, Low.volts, High.volts)\n"
    assert run(tmp_path, linked(main=main, **TYPES)) == "12 32 12 230\n"


def test_each_statement_of_a_linked_module_has_its_source():
    cold = (
        "from .compat import cold\nclass Lamp:\n  @cold\n  def mend(self):\n    return volts()\n"
    )
    sources = {
        "chargepoint/__init__.py": "",
        "chargepoint/compat.py": "def cold(method):\n  return method\n",
        "chargepoint/modules.py": "def bind(instance, name):\n  return print\n",
        "chargepoint/lamp.py": f"from .mains import volts\n{cold}",
        "chargepoint/mains.py": "def volts():\n  return [230]\n",
        "main.py": "from chargepoint.lamp import Lamp\nfrom chargepoint.mains import volts\n",
    }
    found = link_modules.parts(sources, ())
    assert {path: link_modules.written(body) for path, body in found.items()} == link_modules.link(
        sources, ()
    )
    names = {getattr(node, "name", ""): source for body in found.values() for source, node in body}
    assert names["Lamp"] == names["mend"] == "chargepoint/lamp.py"
    assert names["volts"] == "chargepoint/mains.py"
