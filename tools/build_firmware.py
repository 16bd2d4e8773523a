"""Build a board's MicroPython firmware from a MicroPython tree that you have.

    python tools/build_firmware.py esp32_poe --mpy-dir ../micropython [--flash 8MB] [--dry-run]

Our definition of the board lies outside that tree, which is not changed: it is put together in
build/boards/BOARD/definition from boards/BOARD, boards/common and, for STM32, the files of
MicroPython's own board that ours is made from. ESP32 needs ESP-IDF (`. $IDF_PATH/export.sh`
first), STM32 arm-none-eabi-gcc.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

if __package__ in (None, ""):
    sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from tools import application_names, boards, build_app

LEAST = (1, 25)
_UPSTREAM = ("pins.csv", "*_hal_conf.h", "board_init.c", "bdev.c")
_PRODUCTS = {"esp32": "firmware.bin", "stm32": "firmware.dfu"}


def result(board: boards.Board) -> Path:
    """The firmware that `make flash` takes, once it is built."""
    return boards.RESULT / board.name / _PRODUCTS[board.chip.port]


def named(mpy_dir: str) -> Path:
    """The tree that was named, which is one and new enough. Raises Failure."""
    if not mpy_dir:
        raise boards.Failure("MPY_DIR= is missing: name the folder of a MicroPython tree")
    tree = Path(mpy_dir).expanduser().absolute()
    if version(tree) < LEAST:
        raise boards.Failure(f"MPY_DIR={tree}: MicroPython 1.25 or newer is needed")
    return tree


def version(tree: Path) -> tuple[int, int]:
    """MicroPython's version in its tree. Raises Failure."""
    try:
        text = (tree / "py" / "mpconfig.h").read_text()
    except OSError:
        raise boards.Failure(
            f"MPY_DIR={tree} is no MicroPython tree: git clone"
            " https://github.com/micropython/micropython, then name that folder"
        ) from None
    found = re.findall(r"#define MICROPY_VERSION_(?:MAJOR|MINOR) (\d+)", text)
    return int(found[0]), int(found[1])


def check(board: boards.Board, mpy_dir: str) -> Path:
    """The tree, if all that the build needs is there. Raises Failure."""
    tree = named(mpy_dir)
    port = tree / "ports" / board.chip.port
    if board.is_esp32:
        if not os.environ.get("IDF_PATH") or not shutil.which("idf.py"):
            raise boards.Failure(
                "ESP-IDF is missing: install the version that ports/esp32/README.md of MicroPython"
                " names, then `. $IDF_PATH/export.sh`"
            )
        return tree
    if not shutil.which("arm-none-eabi-gcc"):
        raise boards.Failure(
            "arm-none-eabi-gcc is missing (Debian: apt install gcc-arm-none-eabi"
            " libnewlib-arm-none-eabi)"
        )
    if not any((tree / "lib" / "stm32lib").glob("STM32*")):
        raise boards.Failure(
            f"{tree}/lib/stm32lib is empty: make -C {port} submodules BOARD={board.upstream}"
        )
    return tree


def stage(board: boards.Board, tree: Path, size: str) -> Path:
    """Put the board's definition together; its folder, named as the board. Raises Failure."""
    folder = boards.RESULT / board.name / "definition" / board.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if board.upstream:
        upstream = tree / "ports" / board.chip.port / "boards" / board.upstream
        files = [path for pattern in _UPSTREAM for path in upstream.glob(pattern)]
        if not files:
            raise boards.Failure(
                f"{upstream} is missing: this MicroPython does not know the board"
            )
        for path in files:
            shutil.copy2(path, folder)
    for pattern in ("mpconfigboard.*", "sdkconfig.*", "slots.ld"):
        for path in sorted(board.folder.glob(pattern)):
            shutil.copy2(path, folder)
    if board.is_esp32:
        shutil.copy2(board.folder.parent / "common" / "sdkconfig.esp32", folder)
        shutil.copy2(board.table_file(size), folder / "partitions.csv")
        (folder / "sdkconfig.flash").write_text(flash_options(size))
    return folder


def flash_options(size: str) -> str:
    """ESP-IDF's options for the size of the flash and its partition table."""
    lines = [f"CONFIG_ESPTOOLPY_FLASHSIZE_{size}=y"]
    if size != "4MB":  # which MicroPython's own options say
        lines.insert(0, "CONFIG_ESPTOOLPY_FLASHSIZE_4MB=")
    lines.append("CONFIG_PARTITION_TABLE_CUSTOM=y")
    lines.append('CONFIG_PARTITION_TABLE_CUSTOM_FILENAME="${MICROPY_BOARD_DIR}/partitions.csv"')
    return "\n".join(lines) + "\n"


def manifest(board: boards.Board) -> Path:
    """Of all that is frozen: the board's manifest.py, and the application's names. Raises Failure.

    The names are then static strings, for which the application takes no heap.
    """
    folder = boards.RESULT / board.name / "names"
    names = application_names.write(build_app.files(board), folder)
    path = folder / "manifest.py"
    path.write_text(
        f'include("{board.folder / "manifest.py"}")\n'
        f'freeze_mpy("{names.parent}", "{names.name}")\n'
    )
    return path


def commands(board: boards.Board, tree: Path, definition: Path, manifest: Path) -> list[list[str]]:
    """What is called, in order."""
    build = boards.RESULT / board.name / "build"
    make = ["make", "-C", str(tree / "ports" / board.chip.port)]
    make += [f"BOARD_DIR={definition}", f"BUILD={build}"]
    make += [f"FROZEN_MANIFEST={manifest}"]
    if board.is_esp32:
        module = board.folder.parent / "common" / "c_esp32" / "micropython.cmake"
        make.append(f"USER_C_MODULES={module}")
    return [["make", "-C", str(tree / "mpy-cross")], make]


def build(board: boards.Board, mpy_dir: str, size: str, dry_run: bool) -> Path | None:
    """Build it; the firmware's file, or None after a dry run. Raises Failure."""
    if dry_run:
        tree = named(mpy_dir) if mpy_dir else Path("MPY_DIR")
        if not mpy_dir:
            print("firmware: MPY_DIR below stands for a MicroPython tree: MPY_DIR= names it")
        definition = boards.RESULT / board.name / "definition" / board.name
        frozen = boards.RESULT / board.name / "names" / "manifest.py"
    else:
        tree = check(board, mpy_dir)
        definition = stage(board, tree, size)
        frozen = manifest(board)
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    environment.pop("MFLAGS", None)
    for command in commands(board, tree, definition, frozen):
        print(shlex.join(command), flush=True)
        if not dry_run and subprocess.run(command, env=environment).returncode:
            raise boards.Failure("MicroPython's build failed, see above")
    if dry_run:
        return None
    product = boards.RESULT / board.name / "build" / _PRODUCTS[board.chip.port]
    if not product.exists():
        raise boards.Failure(f"the build has left no {product}")
    shutil.copy2(product, result(board))
    return result(board)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Build a board's MicroPython firmware.")
    parser.add_argument("board", metavar="BOARD")
    parser.add_argument("--mpy-dir", default="", metavar="FOLDER")
    parser.add_argument("--flash", default="", help="size of the flash, where a board has several")
    parser.add_argument("--dry-run", action="store_true", help="print the commands only")
    options = parser.parse_args(arguments)
    try:
        board = boards.load(options.board)
        found = boards.problems(board)
        if found:
            raise boards.Failure(found[0])
        size = board.flash_size(options.flash)
        path = build(board, options.mpy_dir, size, options.dry_run)
    except boards.Failure as failure:
        print(f"firmware: {failure}", file=sys.stderr)
        return 1
    if path is not None:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{path}: {path.stat().st_size} bytes, SHA-256 {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
