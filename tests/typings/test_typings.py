"""The ports' stubs say what MicroPython's C files say; make check finds what they refuse."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import boards, build_qemu

ROOT = Path(__file__).resolve().parents[2]
# Not MicroPython's own: names without a module, what compat.py has a twin of, our Protocols, our C
# module.
_OURS = ("__builtins__", "micropython", "peripherals", "romslot")
STUBS = sorted(
    path.relative_to(ROOT / "typings").as_posix()
    for path in (ROOT / "typings").rglob("*.pyi")
    if path.stem not in _OURS
)
_SOURCES = re.compile(r"#((?: (?:ports|extmod)/[a-z0-9_/]+\.[ch])+)$")


def named(stub: Path) -> list[tuple[str, str, bool, str]]:
    """(where, name, whether it is an argument by position too, the C files) of all in a stub."""
    lines = stub.read_text().splitlines()
    found = []

    def sources(node: ast.stmt) -> str:
        told = _SOURCES.search(lines[node.lineno - 1])
        assert told, f"{stub.name}:{node.lineno}: which C file is it from?"
        return told[1]

    def take(node: ast.stmt, files: str) -> None:
        where = f"{stub.name}:{node.lineno}"
        if isinstance(node, ast.AnnAssign):
            found.append((where, ast.unparse(node.target), False, files))
        elif isinstance(node, ast.FunctionDef):
            if not node.name.startswith("__"):
                found.append((where, node.name, False, files))
            found.extend((where, each.arg, True, files) for each in node.args.args)
            found.extend((where, each.arg, False, files) for each in node.args.kwonlyargs)

    for node in ast.parse(stub.read_text()).body:
        if isinstance(node, ast.ClassDef):
            for member in node.body:
                take(member, sources(node))
        elif isinstance(node, (ast.AnnAssign, ast.FunctionDef)):
            take(node, sources(node))
    return [each for each in found if each[1] != "self"]


@pytest.mark.parametrize("name", STUBS)
def test_a_stub_says_what_the_port_says(name: str):
    tree = build_qemu.source()
    wrong = []
    for where, word, by_position, files in named(ROOT / "typings" / name):
        text = "".join((tree / file).read_text() for file in files.split())
        uses = re.findall(rf"\bMP_QSTR_{word}\b.*", text)
        if not uses or by_position and all("KW_ONLY" in use for use in uses):
            wrong.append(f"{where}: {word}")
    assert wrong == []


def test_an_invented_name_is_found(tmp_path: Path):
    text = (ROOT / "typings" / "stm32" / "machine.pyi").read_text()
    (tmp_path / "machine.pyi").write_text(text.replace("rxbuf", "rxbuffer"))
    tree = build_qemu.source()
    uart = (tree / "ports" / "stm32" / "machine_uart.c").read_text()
    words = [word for _, word, _, files in named(tmp_path / "machine.pyi") if "uart" in files]
    assert [word for word in words if f"MP_QSTR_{word}," not in uart.replace(")", ",")]


def test_every_board_has_the_stubs_of_its_port():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    places = {
        each["root"]: each["extraPaths"][0]
        for each in config["tool"]["basedpyright"]["executionEnvironments"]
        if "extraPaths" in each
    }
    for name in boards.names():
        port = boards.load(name).chip.port
        assert places.get(f"boards/{name}") == f"typings/{port}", f"pyproject.toml: {name}"


# file, what stands there, what is put there, what the checker says of it
MISTAKES = [
    ("boards/esp32_generic/board.py", "freq=1000", "frequency=1000", '"frequency"'),
    ("boards/esp32_generic/board.py", "Pin(39, Pin.IN)", "Pin(39, Pin.ANALOG)", '"ANALOG"'),
    ("boards/esp32_poe/board.py", "trip=Pin(35, Pin.IN)", "trip=ADC(Pin(35))", '"InterruptPin"'),
    ("boards/esp32_poe/board.py", "mdc=Pin(23)", "mcd=Pin(23)", '"mcd"'),
    ("boards/esp32_s3/board.py", "atten=ADC.ATTN_11DB", "ADC.ATTN_11DB", "positional"),
    ("boards/pybd_sf6/board.py", "UART(1, 9600,", "UART(1, 9600, tx=1,", '"tx"'),
    ("boards/pybd_sf6/board.py", 'ADC(Pin("X11"))', 'ADC(Pin("X11"), atten=3)', '"atten"'),
    ("boards/common/nucleo144.py", "network.LAN()", "network.LAN(mdc=1)", '"mdc"'),
    ("boards/common/stm32.py", "pulse_width=wide", "duty_u16=wide", '"duty_u16"'),
    ("firmware/chargepoint/hal/meter_modbus.py", "uart.flush()", "uart.drain()", '"drain"'),
    ("firmware/chargepoint/hal/rtc.py", "rtc.datetime()", "rtc.now()", '"now"'),
    ("firmware/chargepoint/hal/indicator.py", "pin.value(", "pin.high(", '"high"'),
]


def test_what_a_port_does_not_have_is_found(tmp_path: Path):
    for folder in ("boards", "typings", "firmware"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    config = (ROOT / "pyproject.toml").read_text()
    include = sorted({path for path, *_ in MISTAKES})
    config = re.sub(
        r"(?m)^include = \[\"firmware\".*$", f"include = {json.dumps(include)}", config
    )
    (tmp_path / "pyproject.toml").write_text(config)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    expected = {}
    for path, old, new, said in MISTAKES:
        text = (tmp_path / path).read_text()
        assert old in text, f"{path}: {old}"
        (tmp_path / path).write_text(text.replace(old, new, 1))
        expected[path, new] = said
    checker = Path(sys.executable).with_name("basedpyright")
    done = subprocess.run(
        [checker, "--outputjson", "--project", tmp_path], capture_output=True, text=True
    )
    assert done.returncode == 1
    found = []
    for error in json.loads(done.stdout)["generalDiagnostics"]:
        file = Path(error["file"])
        line = file.read_text().splitlines()[error["range"]["start"]["line"]]
        found.append((file.relative_to(tmp_path).as_posix(), line, error["message"]))
    for (path, new), said in expected.items():
        assert [1 for place, line, told in found if place == path and new in line and said in told]
    assert len(found) == len(expected), found
