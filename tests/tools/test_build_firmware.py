"""`make firmware`: what is put together and called, and one clear line for what is missing."""

import os
import stat
from pathlib import Path

import pytest

from tools import boards, build_firmware

MAKE = """#!/bin/sh
echo "$@" >> "$CALLS"
for word in "$@"; do
  case "$word" in BUILD=*) folder="${word#BUILD=}" ;; esac
done
[ -z "$folder" ] || { mkdir -p "$folder"; echo firmware > "$folder/$PRODUCT"; }
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch) -> Path:
    """What looks like MicroPython's tree and the SDKs, with a `make` that notes its calls."""
    monkeypatch.setattr(boards, "RESULT", tmp_path / "boards")
    tree = tmp_path / "micropython"
    for folder in ("py", "ports/esp32", "lib/stm32lib/STM32F7xx_HAL_Driver"):
        (tree / folder).mkdir(parents=True)
    for name in ("NUCLEO_F767ZI", "NUCLEO_H743ZI", "PYBD_SF6"):
        folder = tree / "ports/stm32/boards" / name
        folder.mkdir(parents=True)
        for file in ("pins.csv", "stm32f7xx_hal_conf.h", "board_init.c", "mpconfigboard.h"):
            (folder / file).write_text(name)
    version(tree, 25)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("make", "idf.py", "arm-none-eabi-gcc"):
        (tools / name).write_text(MAKE if name == "make" else "#!/bin/sh\n")
        (tools / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setenv("IDF_PATH", str(tmp_path))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("PRODUCT", "firmware.bin")
    monkeypatch.setenv("MAKEFLAGS", "n")  # of the make that calls us; not for MicroPython's
    return tree


def version(tree: Path, minor: int) -> None:
    (tree / "py/mpconfig.h").write_text(
        f"#define MICROPY_VERSION_MAJOR 1\n#define MICROPY_VERSION_MINOR {minor}\n"
    )


def call(board: str, tree: Path, *options: str) -> int:
    return build_firmware.main([board, "--mpy-dir", str(tree), *options])


def test_esp32(tree: Path, tmp_path: Path, capsys):
    assert call("esp32_generic", tree, "--flash", "8MB") == 0
    folder = tmp_path / "boards/esp32_generic"
    definition = folder / "definition/esp32_generic"
    cross, make = (tmp_path / "calls").read_text().splitlines()
    assert cross == f"-C {tree}/mpy-cross"
    common = boards.BOARDS / "common"
    assert make == (
        f"-C {tree}/ports/esp32 BOARD_DIR={definition} BUILD={folder}/build"
        f" FROZEN_MANIFEST={folder}/names/manifest.py"
        f" USER_C_MODULES={common}/c_esp32/micropython.cmake"
    )
    table = (definition / "partitions.csv").read_text()
    assert table == (common / "partitions-8MiB.csv").read_text()
    options = (definition / "sdkconfig.flash").read_text()
    assert "CONFIG_ESPTOOLPY_FLASHSIZE_8MB=y\n" in options
    assert '"${MICROPY_BOARD_DIR}/partitions.csv"' in options
    for line in (definition / "mpconfigboard.cmake").read_text().splitlines():
        if "MICROPY_BOARD_DIR" in line:
            assert (definition / line.strip().rpartition("/")[2]).exists()
    frozen = (folder / "names/manifest.py").read_text()
    assert f'include("{boards.BOARDS}/esp32_generic/manifest.py")' in frozen
    assert f'freeze_mpy("{folder}/names", "application_names.mpy")' in frozen
    assert b"Mfrc522\0" in (folder / "names/application_names.mpy").read_bytes()
    assert (folder / "firmware.bin").read_text() == "firmware\n"
    assert "SHA-256" in capsys.readouterr().out


def test_the_usual_flash_is_what_micropython_says_itself():
    assert "4MB=\n" not in build_firmware.flash_options("4MB")
    assert "4MB=\n" in build_firmware.flash_options("8MB")


def test_stm32(tree: Path, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("PRODUCT", "firmware.dfu")
    assert call("nucleo_f767zi", tree) == 0
    definition = tmp_path / "boards/nucleo_f767zi/definition/nucleo_f767zi"
    names = {path.name for path in definition.iterdir()}
    assert {"pins.csv", "board_init.c", "slots.ld", "mpconfigboard.mk"} <= names
    ours = (definition / "mpconfigboard.h").read_text()
    assert "MICROPY_HW_ROMFS_ENABLE_PART1 (1)" in ours and ours != "NUCLEO_F767ZI"
    assert "USER_C_MODULES" not in (tmp_path / "calls").read_text()


@pytest.mark.parametrize("name", boards.names())
def test_a_dry_run_needs_nothing(name: str, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(boards, "RESULT", tmp_path / "boards")
    assert build_firmware.main([name, "--dry-run"]) == 0
    told, cross, make = capsys.readouterr().out.splitlines()
    assert "MPY_DIR=" in told and cross == "make -C MPY_DIR/mpy-cross"
    assert make.startswith("make -C MPY_DIR/ports/") and "/names/manifest.py" in make
    assert not (tmp_path / "boards").exists()


def test_a_dry_run_for_a_tree_that_is_not_there_is_refused(tree: Path, tmp_path: Path, capsys):
    assert call("esp32_poe", tree, "--dry-run") == 0
    assert f"make -C {tree}/mpy-cross\n" in capsys.readouterr().out
    assert call("esp32_poe", tmp_path / "nowhere", "--dry-run") == 1
    told = capsys.readouterr()
    assert told.out == "" and "is no MicroPython tree" in told.err


@pytest.mark.parametrize("name", boards.names())
def test_our_firmware_is_known_by_its_name(name: str):
    text = (boards.BOARDS / name / "mpconfigboard.h").read_text()
    assert '"Charge point, ' in text


@pytest.mark.parametrize(
    "board, spoil, said",
    [
        ("esp32_poe", "version", "MicroPython 1.25 or newer is needed"),
        ("esp32_poe", "tree", "is no MicroPython tree: git clone"),
        ("esp32_poe", "idf", "ESP-IDF is missing: install the version that"),
        ("nucleo_h743zi", "gcc", "arm-none-eabi-gcc is missing (Debian: apt install"),
        ("nucleo_h743zi", "library", "submodules BOARD=NUCLEO_H743ZI"),
        ("nucleo_h743zi", "board", "this MicroPython does not know the board"),
        ("nucleo_h743zi", "make", "MicroPython's build failed"),
        ("nucleo_h743zi", "product", "the build has left no"),
    ],
)
def test_what_is_missing_is_one_line(board, spoil, said, tree: Path, monkeypatch, capsys):
    tools = tree.parent / "bin"
    if spoil == "version":
        version(tree, 24)
    elif spoil == "tree":
        os.remove(tree / "py/mpconfig.h")
    elif spoil == "idf":
        monkeypatch.delenv("IDF_PATH")
    elif spoil == "gcc":
        monkeypatch.setattr("shutil.which", lambda name: None)
    elif spoil == "library":
        os.rmdir(tree / "lib/stm32lib/STM32F7xx_HAL_Driver")
    elif spoil == "board":
        for path in (tree / "ports/stm32/boards/NUCLEO_H743ZI").iterdir():
            path.unlink()
    elif spoil == "make":
        (tools / "make").write_text("#!/bin/sh\nexit 2\n")
    assert call(board, tree) == 1
    text = capsys.readouterr().err
    assert said in text and text.count("\n") == 1


def test_the_tree_must_be_named(capsys):
    assert build_firmware.main(["esp32_poe"]) == 1
    assert "MPY_DIR= is missing" in capsys.readouterr().err
