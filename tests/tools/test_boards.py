"""A board that can't work is told before anything is built: one line, what and how to mend it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import boards, build_qemu
from tools.build_firmware import stage


@pytest.fixture
def copy(tmp_path: Path):
    """A board, changed: copy(name, file, old, new) -> boards.problems of it."""

    def changed(name: str, file: str = "board.py", old: str = "", new: str = "") -> list[str]:
        root = tmp_path / "boards"
        for folder in (name, "common"):
            shutil.copytree(boards.BOARDS / folder, root / folder, dirs_exist_ok=True)
        (tmp_path / "firmware").symlink_to(boards.ROOT / "firmware")
        path = root / name / file if (root / name / file).exists() else root / "common" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return boards.problems(boards.load(name, root))

    return changed


def test_all_boards_are_found():
    assert boards.names() == [
        "esp32_generic",
        "esp32_poe",
        "esp32_s3",
        "nucleo_f767zi",
        "nucleo_h743zi",
        "pybd_sf6",
    ]


def test_a_copy_is_as_good(copy):
    assert copy("nucleo_h743zi") == []


@pytest.mark.parametrize(
    "name, old, new, said",
    [
        ("esp32_generic", "Pin(26,", "Pin(27,", "pin 27 is used twice: output, input"),
        ("esp32_generic", "Pin(26,", "Pin(6,", "pin 6 (output): flash"),
        ("esp32_generic", "Pin(26,", "Pin(24,", "pin 24 (output): no such pin"),
        ("esp32_generic", "Pin(26, Pin.OUT", "Pin(0, Pin.OUT", "read at reset"),
        ("esp32_generic", "Pin(33, Pin.OUT", "Pin(34, Pin.OUT", "pin 34 is used twice"),
        ("esp32_generic", "Pin(27, Pin.IN, Pin", "Pin(1, Pin.IN, Pin", "pin 1 (input): console"),
        ("esp32_generic", "ADC(Pin(34)", "ADC(Pin(15)", "pin 15 has no ADC"),
        ("esp32_generic", "Pin(36, Pin.IN)", "Pin(36, Pin.OUT)", "pin 36 is an input only"),
        ("esp32_generic", "Pin(39, Pin.IN)", "Pin(39, Pin.IN, Pin.PULL_UP)", "no pull resistor"),
        ("esp32_generic", "rxbuf=256", "rxbuf=128", "UART 2: needs timeout=0 and rxbuf=256"),
        ("esp32_poe", "Pin(5, ", "Pin(25, ", "pin 25 is used twice: Ethernet, output"),
        ("esp32_poe", "UART(2,", "UART(1,", "UART 1 is used twice"),
        ("esp32_s3", "Pin(5, ", "Pin(35, ", "eight bit flash or PSRAM"),
        ("pybd_sf6", 'Pin("Y3"', 'Pin("Z3"', "pin Z3 (output): no such pin"),
        ("pybd_sf6", 'timer_pwm(2, 1, "X1")', 'timer_pwm(2, 2, "X1")', "not channel 2 of timer 2"),
        ("pybd_sf6", "SPI(1,", "SPI(3,", "SPI 3: the board has no such"),
        ("pybd_sf6", 'Pin("X2"', 'Pin("Y1"', "pin Y1 is used twice"),
    ],
)
def test_pins_that_can_not_be(copy, name: str, old: str, new: str, said: str):
    problems = copy(name, "board.py", old, new)
    assert [problem for problem in problems if said in problem], problems
    assert all(problem.startswith(f"boards/{name}/") for problem in problems)


@pytest.mark.parametrize("new", ["STALLS = True", "FLASH_STALLS = None"])
def test_a_board_says_whether_its_flash_stalls(copy, new: str):
    problems = copy("nucleo_f767zi", "nucleo144.py", "FLASH_STALLS = True", new)
    assert [problem for problem in problems if "FLASH_STALLS is missing" in problem]


def test_pins_in_a_shared_module(copy):
    problems = copy("nucleo_f767zi", "nucleo144.py", "cpu.E10", "cpu.A13")
    assert "boards/nucleo_f767zi/board.py: pin A13 (output): debugger" in problems


@pytest.mark.parametrize(
    "new, said",
    [
        ('Pin("D12")', "pin D12 is one of the header: take Pin.cpu.D12"),
        ("cpu.F12", "pin F12 (output): not in MicroPythons list of both boards"),
        ("cpu.D13", "pin D13 is not channel 1 of timer 4"),
        ("cpu.C1", "pin C1 is used twice"),
    ],
)
def test_names_of_the_header_are_not_those_of_the_controller(copy, new: str, said: str):
    problems = copy("nucleo_h743zi", "nucleo144.py", "cpu.D12", new)
    assert [problem for problem in problems if said in problem], problems


def test_a_driver_that_is_not_there(copy):
    problems = copy("esp32_poe", "board.py", "hal.reader_pn532", "hal.reader_pn533")
    assert problems == [
        "boards/esp32_poe/board.py:13: there is no driver chargepoint.hal.reader_pn533"
    ]


def test_a_driver_without_that_name(copy):
    problems = copy("esp32_poe", "board.py", "import Pn532", "import Pn533 as Pn532")
    assert len(problems) == 1 and "cannot import name 'Pn533'" in problems[0]


def test_an_argument_that_the_driver_does_not_have(copy):
    problems = copy("esp32_poe", "board.py", "slope_mv=90", "slop_mv=90")
    assert len(problems) == 1 and "TypeError" in problems[0] and "slop_mv" in problems[0]


def test_wiring_that_the_readme_does_not_tell(copy):
    problems = copy("esp32_poe", "README.md", "GPIO33", "GPIO2")
    assert problems == ["boards/esp32_poe/README.md: GPIO33 (output) is not in the wiring"]


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("rom_1, ", "rom_2, ", "partitions-4MiB.csv: rom_1: there is no such partition"),
        ("0x3d2000, 0x2e000", "0x3d2000, 0x40000", "needs 0x412000 bytes, the flash has 0x400000"),
        ("0x310000, 0x40000", "0x310000, 0x30000", "rom_0 and rom_1 must be of one size"),
        ("vfs, ", "vfs ", "partitions-4MiB.csv: line 12: name, type"),
    ],
)
def test_a_partition_table_that_can_not_be(copy, old: str, new: str, said: str):
    problems = copy("esp32_poe", "partitions-4MiB.csv", old, new)
    assert [problem for problem in problems if said in problem], problems


@pytest.mark.parametrize(
    "file, old, new, said",
    [
        ("manifest.py", "data_transfer", "data_transfr", "'data_transfr' is unknown; known: auth"),
        ("manifest.py", "ocpp16", "ocpp15", "'ocpp15' is unknown; known: ocpp201, ocpp16"),
        ("manifest.py", "ocpp201 ocpp16", "", "DIALECTS: at least one of ocpp201, ocpp16"),
        ("manifest.py", "BLOCKS", "BLOKS", 'needs BLOCKS = "..."'),
        ("manifest.py", "BLOCKS", "BLOCKS =", "invalid syntax"),
        ("board.py", "import", "import (", "board.py, line "),
        ("board.toml", '"esp32"', '"esp8266"', "chip: known: esp32, esp32s3"),
        ("board.toml", "flash", "flsh", "flsh: known: chip"),
        ("board.toml", "4MB", "3MB", "flash: known: 2MB"),
        ("board.toml", "ethernet", "token ring", 'network: known: "wifi", "ethernet"'),
        ("board.toml", "chip =", "chip", "board.toml: "),
    ],
)
def test_a_board_that_nobody_knows(copy, file: str, old: str, new: str, said: str):
    with pytest.raises(boards.Failure) as failure:
        copy("esp32_poe", file, old, new)
    text = str(failure.value)
    assert said in text and "\n" not in text and text.startswith("boards/esp32_poe/")


def test_an_unknown_board_is_told_with_the_known_ones(capsys):
    assert boards.main(["esp32"]) == 1
    assert "known: esp32_generic, esp32_poe" in capsys.readouterr().err


def test_the_command_checks_all(capsys):
    assert boards.main([]) == 0
    assert capsys.readouterr().out == "boards: 6, 0 problems\n"


def test_blocks_that_may_be_left_out_are_those_of_the_router():
    built = boards.built()
    assert built["remote_trigger"] == ("station.trigger",)
    assert built["data_transfer"] == ("station.data_transfer",)


def test_an_image_has_only_the_drivers_of_its_board():
    left_out = boards.without(boards.load("esp32_poe"))
    assert {"hal.sim", "hal.reader_mfrc522", "hal.meter_s0", "hal.proximity"} <= set(left_out)
    assert not {"hal.reader", "hal.reader_pn532", "hal.lock", "hal.hardware"} & set(left_out)


@pytest.fixture(scope="module")
def tree() -> Path:
    return build_qemu.source()


@pytest.mark.parametrize("name", boards.names())
def test_micropythons_own_tool_resolves_the_manifest(name: str, tree: Path):
    board = boards.load(name)
    command = [sys.executable, str(tree / "tools" / "manifestfile.py"), "--freeze"]
    command += ["--port", str(tree / "ports" / board.chip.port), "--board", str(board.folder)]
    command += [str(board.folder / "manifest.py")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    targets = set(re.findall(r"target_path='([^']*)'", done.stdout))
    assert {"boot.py", "main.py", "asyncio/core.py"} <= targets
    assert ("_boot.py" in targets) == board.is_esp32


@pytest.mark.parametrize("name", [name for name in boards.names() if boards.load(name).upstream])
def test_micropython_has_the_board_that_ours_is_made_from(name: str, tree: Path):
    board = boards.load(name)
    names = {path.name for path in stage(board, tree, "").iterdir()}
    assert {"mpconfigboard.h", "mpconfigboard.mk", "pins.csv", "board_init.c"} <= names
    upstream = tree / "ports/stm32/boards" / board.upstream
    for line in (board.folder / "mpconfigboard.h").read_text().splitlines():
        if line.startswith("#include"):
            assert (tree / "ports/stm32" / line.split('"')[1]).exists()
    pins = (upstream / "pins.csv").read_text()
    if name == "pybd_sf6":  # the names that tools/chips.py has for it
        for pin in (f"{row}{n}" for row in "XY" for n in range(1, 13)):
            assert f"\n{pin},P" in pins
