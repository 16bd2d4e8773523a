"""A tailored build lacks what it can't use, and nothing else."""

import ast
import struct

import pytest

from chargepoint.rpc import schema
from tools import (
    boards,
    build_app,
    generate_schemas,
    generate_variables,
    kept,
    tailor,
    tailor_tables,
)
from tools.application_names import Mpy
from tools.build_romfs import CROSS, compiled_texts


def shaken(*sources: str, blocks=(), **package: str) -> str:
    """Text of the first source, beside the board's others and those of the package."""
    texts = {f"board{n}.py": text for n, text in enumerate(sources)}
    texts |= {f"chargepoint/{name}.py": text for name, text in package.items()}
    return tailor.tailored(texts, ("ocpp16",), blocks)["board0.py"]


def defined(text: str) -> set[str]:
    return {getattr(node, "name", "") for node in ast.walk(ast.parse(text))} - {""}


def values(texts: dict[str, str], path: str, name: str):
    return tailor_tables.value_of(ast.parse(texts[f"chargepoint/{path}.py"]), name)


@pytest.fixture(scope="module", params=[("ocpp16",), ("ocpp201",), ("ocpp16", "ocpp201")])
def build(request) -> tuple[tuple[str, ...], dict[str, str]]:
    board = boards.load("esp32_generic")
    board.dialects = request.param
    texts = tailor.tailored(build_app.sources(board), board.dialects, board.blocks)
    return board.dialects, texts


def test_what_nobody_names_goes_with_what_only_it_named():
    text = "import os\nimport json\ndef a():\n  b()\ndef b():\n  os.x\ndef c():\n  json.x\nc()"
    assert shaken(text) == "import json\n\ndef c():\n    json.x\nc()"


def test_what_another_module_names_stays():
    assert defined(shaken("def a(): pass", "from board0 import a\na()")) == {"a"}
    assert defined(shaken("def a(): pass", "import board0\nboard0.a()")) == {"a"}
    assert defined(shaken("def a(): pass", "getattr(None, 'a')()")) == {"a"}
    assert defined(shaken("def a(): pass", "a = 1\nprint(a)")) == set()


def test_what_stands_behind_a_return_that_is_always_reached():
    text = "def a():\n  if MICROPYTHON:\n    return 1\n  import ssl\n  return ssl.x\na()"
    assert shaken(text) == "def a():\n    return 1\na()"


def test_methods():
    text = "class A:\n  def __init__(self): pass\n  def ioctl(self): pass\n  def f(self): pass\n"
    assert defined(shaken(text + "A()")) == {"A", "__init__", "ioctl"}
    assert defined(shaken(text + "A().f()")) == {"A", "__init__", "ioctl", "f"}
    assert shaken("class A:\n  def f(self): pass\nA()") == "class A:\n    pass\nA()"


def test_a_definition_that_does_something_stays():
    assert shaken("a = print(1)\nb = 2\n@print\ndef c(): pass") == (
        "a = print(1)\n\n@print\ndef c():\n    pass"
    )


def test_branches_for_cpython_go():
    text = "if MICROPYTHON:\n  x()\nelse:\n  y()\nif not MICROPYTHON:\n  z()\n"
    text += "u(1 if MICROPYTHON else 2)"
    assert shaken(text) == "x()\nu(1)"


def test_what_is_done_with_an_updater_goes_where_nothing_is_updated():
    text = "if a.updater is not None and b:\n  x()\nif a._updater is None:\n  y()\n"
    text += "z(None if a.updater is None else 1)\nif a.updater and b:\n  u()"
    assert shaken(text) == "y()\nz(None)\nif a.updater and b:\n    u()"
    assert shaken(text, blocks=("firmware",)) == ast.unparse(ast.parse(text))


def test_constants_that_the_compiler_could_not_fold_are_parted():
    text = 'const = None\n_A, _B = const(1), const(2)\n"""x"""\nprint(_A, _B)'
    assert "_A = const(1)\n_B = const(2)" in shaken(text)


def test_a_name_that_is_made_up_is_refused():
    with pytest.raises(tailor.Failure, match=r"^board0.py: getattr\(x, y\): the name must be"):
        shaken("getattr(x, y)")
    with pytest.raises(tailor.Failure, match=r"^board0.py: modules.use\(x\): the name must be"):
        shaken("modules.use(x)")
    with pytest.raises(tailor.Failure, match=r"^board0.py: f\(\*\*x\): the name must be"):
        shaken("f(**x)")
    with pytest.raises(tailor.Failure, match="^board0.py: SyntaxError: "):
        shaken("def (")


def test_modules_that_nothing_reaches_go():
    package = {"a": "", "b": "from . import c", "c": "", "d": "", "e": ""}
    texts = {f"chargepoint/{name}.py": text for name, text in package.items()}
    texts["main.py"] = "from chargepoint import b\nmodules.use('d')"
    left = tailor.tailored(texts, ("ocpp16",), ())
    assert set(left) == {"main.py", *(f"chargepoint/{name}.py" for name in "bcd")}


def test_the_same_sources_give_the_same_texts(build, monkeypatch):
    monkeypatch.setattr(kept, "FOLDER", None)
    board = boards.load("esp32_generic")
    board.dialects = build[0]
    assert tailor.tailored(build_app.sources(board), board.dialects, board.blocks) == build[1]


def test_what_a_dialect_uses_is_there(build):
    for path, text in build[1].items():
        if path.startswith("chargepoint/profiles/"):
            for name in tailor_tables.uses(ast.parse(text)):
                assert tailor_tables.path_of(name) in build[1], f"{path} uses {name}"


def test_no_constant_is_left_for_the_station_to_look_up(build):
    files = compiled_texts(build[1], CROSS, "armv7m")
    assert [path for path, data in files.items() if "const" in Mpy(data).names] == []


def test_what_only_one_dialect_asks_for(build):
    dialects, texts = build
    for name in ("device_model/report", "device_model/variables"):
        assert (f"chargepoint/{name}.py" in texts) == ("ocpp201" in dialects)
    remote_control = texts["chargepoint/station/remote_control.py"]
    assert ("def get_transaction_status(" in remote_control) == ("ocpp201" in dialects)
    routes = values(texts, "station/router", "_BLOCKS")
    assert (",GetVariables,SetVariables," in routes) == ("ocpp201" in dialects)
    assert ",RequestStartTransaction,RequestStopTransaction,UnlockConnector," in routes
    transient = values(texts, "modules", "TRANSIENT").split()
    assert {f"chargepoint/{name.replace('.', '/')}.py" for name in transient} <= set(texts)
    assert "station.snapshot" not in transient and "station.trigger" in transient


def test_blocks_that_are_not_named():
    board = boards.load("esp32_generic")
    board.blocks = ("data_transfer",)
    texts = tailor.tailored(build_app.sources(board), board.dialects, board.blocks)
    routes = values(texts, "station/router", "_BLOCKS")
    assert ",DataTransfer," in routes and ",Reset," in routes and "TriggerMessage" not in routes
    assert values(texts, "device_model/model", "BUILT") == ("data_transfer",)
    assert b"AuthCacheCtrlr" not in values(texts, "device_model/table", "TABLE")
    assert b"AuthorizationCacheEnabled" not in values(texts, "profiles/ocpp16/keys", "KEYS")
    assert "chargepoint/station/cache.py" not in texts


def test_all_actions_stay_known_and_those_of_the_station_are_checked(build):
    dialects, texts = build
    for dialect in dialects:
        table = values(texts, f"profiles/{dialect}/schema", "TABLE")
        for name in generate_schemas.load({"ocpp16": "v16", "ocpp201": "v201"}[dialect]):
            if not name.endswith("Response"):
                assert schema.known(table, name)
        assert not schema.known(table, "Nonsense")
        for name in ("Reset", "ChangeAvailability", "TriggerMessage", "BootNotificationResponse"):
            assert schema.check(table, name, {"x": 1}) is not None, name
        for name in ("SendLocalList", "ResetResponse"):
            assert schema.check(table, name, {"x": 1}) is None, name


def test_every_answer_that_a_station_reads_is_checked(build):
    dialects, texts = build
    told = {
        "ocpp16": "Authorize BootNotification DiagnosticsStatusNotification Heartbeat MeterValues "
        "SecurityEventNotification StartTransaction StatusNotification StopTransaction",
        "ocpp201": "Authorize BootNotification Heartbeat MeterValues NotifyReport "
        "SecurityEventNotification StatusNotification TransactionEvent",
    }
    for dialect in dialects:
        table = values(texts, f"profiles/{dialect}/schema", "TABLE")
        for action in told[dialect].split():
            assert schema.check(table, action + "Response", {"x": 1}) is not None, action


def test_variables_keep_their_numbers(build):
    dialects, texts = build
    table = values(texts, "device_model/table", "TABLE")
    offset, count, size = struct.unpack_from("<HHH", table)
    found = {}
    for number in range(1, size):
        (row,) = struct.unpack_from("<H", table, 6 + 2 * number)
        if row:
            at = struct.unpack_from("<8H", table, offset + 20 * (row - 1))
            found[number] = tuple(
                table[n + 1 : n + 1 + table[n]].decode() if n else "" for n in at[1:4]
            )
            assert at[0] == number
    assert len(found) == count
    rows = generate_variables.read_rows(generate_variables.VARIABLES)
    built = ("", *boards.built())
    for row in rows:
        names = (row["component"], row["variable"], row["instance"])
        assert found.get(int(row["id"]), names) == names
        if "ocpp201" in dialects:
            assert (int(row["id"]) in found) == (row["feature"] in built)
    assert {57, 74, 92} <= set(found)  # read by the station
    assert (17 in found) == ("ocpp201" in dialects)  # Connector.Available: shown, never read
