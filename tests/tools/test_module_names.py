"""Modules have short names in an image, wherever they are named, and a table to read them with."""

import ast

import pytest

from tools import link_modules, module_names
from tools.long_names import translated

PATHS = [
    "main.py",
    "chargepoint/__init__.py",
    "chargepoint/cold_Lamp.py",
    "chargepoint/link_url.py",
    "chargepoint/profiles_ocpp16.py",
    "chargepoint/profiles_ocpp16_keys.py",
    "chargepoint/station_reset.py",
    "chargepoint/timestamp.py",
]
NAMES = module_names.table(PATHS)


def short(text: str, path: str = "main.py") -> str:
    bodies = {one: [] for one in PATHS}
    bodies[path] = [(path, node) for node in ast.parse(text).body]
    new = module_names.shortened(bodies)
    assert [module_names.short_path(one, NAMES) for one in PATHS] == list(new)
    return link_modules.written(new[module_names.short_path(path, NAMES)]).strip()


def test_each_has_a_name_of_its_own():
    assert NAMES == {
        "chargepoint": "cp",
        "chargepoint.cold_Lamp": "cp.cold_Lamp",
        "chargepoint.link_url": "cp.a_",
        "chargepoint.profiles_ocpp16": "cp.b_",
        "chargepoint.profiles_ocpp16_keys": "cp.b__k",
        "chargepoint.station_reset": "cp.c_",
        "chargepoint.timestamp": "cp.timestamp",
    }
    many = [f"chargepoint/x_{n}.py" for n in range(200)]
    assert len(set(module_names.table(many).values())) == 201


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import chargepoint as modules", "import cp as modules"),
        ("import chargepoint\n    chargepoint.use(x)", "import cp\n    cp.use(x)"),
        ("from chargepoint.link_url import parse", "from cp.a_ import parse"),
        ("from chargepoint import link_url", "from cp import a_ as link_url"),
        ("from chargepoint import link_url as url", "from cp import a_ as url"),
        ("from chargepoint import release", "from cp import release"),
        ("modules.use('station.reset').poll(1)", "modules.use('c_').poll(1)"),
        ("drop('profiles.ocpp16')", "drop('b_')"),
        ("modules_done('link.url')", "modules_done('a_')"),  # two functions had that name
        ("use('timestamp')", "use('timestamp')"),
        ("use('not.there')", "use('not.there')"),
        ("use('cold_' + name)", "use('cold_' + name)"),
        ("X = ('profiles_ocpp16', 'profiles_other')", "X = ('b_', 'profiles_other')"),
        ("X = ',Reset, - station.reset\\n'", "X = ',Reset, - c_\\n'"),
        ("X = 'station.other', 'timestamp'", "X = ('station.other', 'timestamp')"),
        ("import link_url, json", "import link_url, json"),
    ],
)
def test_wherever_it_is_named(text: str, expected: str):
    assert short(text.replace("\n    ", "\n")) == expected.replace("\n    ", "\n")
    assert short(f"def f():\n    {text}") == f"def f():\n    {expected}"


def test_a_path_and_back():
    names = {new.rpartition(".")[2]: old for old, new in NAMES.items()}
    for path in PATHS:
        path = path.replace(".py", ".mpy")
        assert module_names.long_path(module_names.short_path(path, NAMES), names) == path


def test_a_traceback_is_read_with_the_table():
    names = {new.rpartition(".")[2]: old for old, new in NAMES.items()} | {"q": "reset_now"}
    line = """  File "c_", in q"""
    assert translated(line, names) == """  File "chargepoint.station_reset", in reset_now"""
    line = "ImportError: no module named 'cp.b_'"
    assert translated(line, names) == "ImportError: no module named 'chargepoint.profiles_ocpp16'"


def test_what_would_have_the_same_name_is_refused():
    with pytest.raises(link_modules.Failure, match="cp is what the package is called"):
        module_names.table(["cp.py", "chargepoint/__init__.py"])
    with pytest.raises(link_modules.Failure, match="begin with the same letter"):
        module_names.table([*PATHS, "chargepoint/profiles_ocpp16_knobs.py"])
