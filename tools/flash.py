"""Put everything onto a board: firmware, partition table, application, and who the station is.

    python tools/flash.py esp32_poe --port /dev/ttyUSB0 --station station.toml [--dry-run]

The firmware is the one that `make firmware` has built, or --firmware FILE --sha256 HASH. All files
are checked before anything is written, then chip and size of the flash by esptool, or the memory
that dfu-util shows. A firmware without slots for the application's image (MicroPython's own) gets
the application as .mpy files on its file system, which takes more of the RAM.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __package__ in (None, ""):
    sys.path[:0] = [str(ROOT), str(ROOT / "firmware")]

from chargepoint.ota import container  # noqa: E402
from tools import (  # noqa: E402
    boards,
    build_app,
    build_firmware,
    certificates,
    partitions,
    provision,
    sign_app,
)
from tools.boards import Failure  # noqa: E402

ESPTOOL = ROOT / ".venv" / "bin" / "esptool"
# The names of our firmware begin so (mpconfigboard.h).
OURS = b"Charge point, "
_CHIP_IDS = {0: "ESP32", 2: "ESP32-S2", 5: "ESP32-C3", 9: "ESP32-S3", 13: "ESP32-C6"}
_IMAGE_MAGIC = 0xE9
_ALL = 1 << 32  # bytes
_NO_ROMFS = (
    "note: this firmware has no slots for the application's image, so the modules go onto the file"
    " system: their code is then loaded into RAM, which takes some 40 kB of the heap"
)


def firmware(board: boards.Board, path: Path | None, sha256: str, dry_run: bool) -> Path:
    """The firmware's file, checked by its hash if it is a given one. Raises Failure.

    A dry run goes on with the firmware that could be built.
    """
    if path is None:
        path = build_firmware.result(board)
        if not path.exists() and dry_run:
            print(f"note: {path} is still to be built: make firmware BOARD={board.name}")
        elif not path.exists():
            raise Failure(
                f"there is no firmware: make firmware BOARD={board.name} MPY_DIR=..., or name one"
                " with MPY_FIRMWARE=file MPY_SHA256=hash"
            )
        return path
    if not path.is_file():
        raise Failure(f"MPY_FIRMWARE={path}: there is no such file")
    found = hashlib.sha256(read(path)).hexdigest()
    if found != sha256.lower():
        wrong = f"is not the MPY_SHA256={sha256} asked for" if sha256 else "needs MPY_SHA256="
        raise Failure(f"MPY_FIRMWARE={path} {wrong}; its hash is {found}")
    return path


def read(path: Path) -> bytes:
    """Raises Failure."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failure(f"{path}: {error.strerror or error}: the firmware can't be read") from None


def esptool() -> str:
    if ESPTOOL.exists():
        return str(ESPTOOL)
    found = shutil.which("esptool")
    if found is None:
        raise Failure("esptool is missing: python tools/get_flash_tools.py")
    return found


def read_esp32(board: boards.Board, path: Path) -> list[partitions.Partition]:
    """The partition table in a firmware that is whole and for this chip. Raises Failure."""
    data = read(path)
    offset = board.chip.bootloader
    if len(data) < partitions.TABLE_OFFSET or data[0] != _IMAGE_MAGIC:
        raise Failure(
            f"{path} is no firmware of an ESP32: take the .bin that has boot loader, partition"
            f" table and MicroPython for {board.chip.title} in one"
        )
    number = int.from_bytes(data[12:14], "little")
    chip = _CHIP_IDS.get(number, f"chip {number}")
    if chip != board.chip.title:
        raise Failure(f"{path} is for {chip}, and {board.name} has {board.chip.title}")
    try:
        table = partitions.decode(data[partitions.TABLE_OFFSET - offset :])
    except partitions.Failure as failure:
        raise Failure(f"{path}: {failure}: take the .bin file that has all in one") from None
    programs = [p for p in table if p.kind == 0]
    if not programs or len(data) <= programs[0].offset - offset:
        raise Failure(f"{path} ends before MicroPython begins: it is cut off")
    check_program(path, data[programs[0].offset - offset :])
    return table


def check_program(path: Path, program: bytes) -> None:
    """Checksum and hash, by esptool. Raises Failure."""
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(program)
        file.flush()
        command = [esptool(), "image-info", file.name]
        done = subprocess.run(command, capture_output=True, text=True)
    if "(valid)" not in done.stdout or "(invalid" in done.stdout:
        raise Failure(f"{path}: MicroPython in it is damaged (esptool image-info): get it anew")


def read_stm32(board: boards.Board, path: Path) -> bool:
    """Whether the DfuSe file has slots for the application. Raises Failure."""
    data = read(path)
    if data[:5] != b"DfuSe" or data[-8:-5] != b"UFD":
        raise Failure(f"{path} is no whole DfuSe file: take MicroPython's .dfu file")
    return OURS in data


def check_chip(board: boards.Board, text: str, needed: int) -> None:
    """What `esptool flash-id` said, against the board. Raises Failure."""
    chip = re.search(r"(?:Connected to|Detecting chip type\.+)\s*(ESP32\S*)", text)
    if chip is None:
        raise Failure("esptool has not said which chip is there: is the board in boot mode?")
    if chip[1] != board.chip.title:
        raise Failure(
            f"at the port is {chip[1]}, and {board.name} has {board.chip.title}:"
            " choose another BOARD="
        )
    size = re.search(r"Detected flash size:\s*(\d+)(KB|MB)", text)
    if size is None:
        raise Failure("esptool has not found out how large the flash is: check its connection")
    there = int(size[1]) * (1024 if size[2] == "KB" else 1024 * 1024)
    if there < needed:
        raise Failure(
            f"the flash has {there // 1024} kB and the firmware's partition table needs"
            f" {needed // 1024} kB: build it with another FLASH=, or take a larger module"
        )


def check_dfu(board: boards.Board, text: str) -> None:
    """What `dfu-util --list` said, against the board. Raises Failure."""
    found = re.findall(r'name="([^"]*)"', text)
    if not found:
        raise Failure(f"no board in DFU mode is connected: see boards/{board.name}/README.md")
    if not [name for name in found if board.dfu in name]:
        raise Failure(
            f"the board in DFU mode has {found[0]!r}, and {board.name} has {board.dfu!r}: choose"
            " another BOARD="
        )


def asked(command: list[str], dry_run: bool) -> str | None:
    """What a command says that changes nothing; None in a dry run. Raises Failure."""
    print(shlex.join(command), flush=True)
    if dry_run:
        return None
    program = esptool() if command[0] == "esptool" else command[0]
    try:
        done = subprocess.run([program, *command[1:]], capture_output=True, text=True)
    except FileNotFoundError:
        raise Failure(f"{command[0]} is missing (Debian: apt install {command[0]})") from None
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["no answer"]
        told = next((line for line in said if "rror" in line), said[-1])
        raise Failure(f"{command[0]}: {told.strip()}")
    return done.stdout


def run(command: list[str], dry_run: bool) -> None:
    """Show a command and call it. Raises Failure."""
    if command[0] == "esptool" and not dry_run:
        print(shlex.join(command), flush=True)
        if subprocess.run([esptool(), *command[1:]]).returncode:
            raise Failure("esptool failed, see above: the board is not complete, flash it again")
        return
    provision.run(command, dry_run)


def files_commands(board: boards.Board, port: str, folder: Path) -> list[list[str]]:
    """The application onto the file system."""
    to = ":" if board.is_esp32 else ":/flash/"
    inside = sorted(str(path) for path in folder.iterdir())
    return [["mpremote", "connect", port, "fs", "cp", "-r", *inside, to]]


def plan_esp32(
    board: boards.Board,
    path: Path,
    port: str,
    erase: bool,
    size: str = "",
    how: sign_app.Signing | None = None,
) -> tuple[list[str], int, list[list[str]]]:
    """(the command that asks for the chip, the flash that is needed, the commands that write)."""
    wanted = board.table(board.flash_size(size))
    table = read_esp32(board, path) if path.exists() else wanted
    if size and partitions.end(table) != partitions.end(wanted):
        raise Failure(
            f"FLASH={size}: {path} has a partition table for {partitions.end(table) >> 20} MB:"
            f" make firmware BOARD={board.name} FLASH={size}, or leave FLASH out"
        )
    call = ["esptool", "--port", port]
    write = ["esptool", "--chip", board.chip_name, "--port", port, "--baud", "460800"]
    put = [f"{board.chip.bootloader:#x}", str(path)]
    slot, after = partitions.find(table, "rom_0"), []
    if slot is not None:
        image = build_app.build(board, slot.size, how)
        put += [f"{slot.offset:#x}", str(image)]
    else:
        print(_NO_ROMFS)
        after = files_commands(board, port, build_app.build_files(board))
    first = []
    # Else the boot loader goes on with another firmware, and boot.py with another image.
    for label, most in (("otadata", _ALL), ("slots", _ALL), ("rom_1", container.HEADER_BYTES)):
        found = partitions.find(table, label)
        if found is not None and not erase:
            region = f"{found.offset:#x}", f"{min(found.size, most):#x}"
            first.append([*write, "erase-region", *region])
    option = ["--erase-all"] if erase else []
    commands = [*first, [*write, "write-flash", *option, *put], *after]
    return [*call, "flash-id"], partitions.end(table), commands


def plan_stm32(
    board: boards.Board, path: Path, port: str, how: sign_app.Signing | None = None
) -> tuple[list[str], list[list[str]]]:
    """(the command that asks for the board, the commands that write)."""
    commands, after = [], []
    if not path.exists() or read_stm32(board, path):
        image = build_app.build(board, board.slot_bytes, how)
        blank = image.parent / "blank.bin"  # for the other slot: else what is in it may boot
        blank.write_bytes(b"\xff" * container.HEADER_BYTES)
        for slot, content in zip(board.slots, (image, blank), strict=True):
            address = f"{slot:#010x}"
            put = ["dfu-util", "--alt", "0", "--dfuse-address", address, "-D", str(content)]
            commands.append(put)
    else:
        print(_NO_ROMFS)
        after = files_commands(board, port, build_app.build_files(board))
    commands.append(["dfu-util", "--alt", "0", "--dfuse-address", ":leave", "-D", str(path)])
    return ["dfu-util", "--list"], commands + after


def flash(board: boards.Board, options: argparse.Namespace) -> None:
    """Raises Failure; then nothing was written, or it says that the board is not complete."""
    dry_run, port = options.dry_run, options.port or "PORT"
    files = (options.ca, options.cert, options.key)
    how = sign_app.signing(options)
    station = None
    if options.station is None:
        names = ("WIFI", "CA", "CERT", "KEY", "MANUFACTURER_ROOTS")
        given = zip(names, (options.wifi, *files, options.manufacturer_roots), strict=True)
        for name in [name for name, value in given if value]:
            raise Failure(f"{name}= says something of a station: name it with STATION=file")
    else:
        station = provision.content(
            board, options.station, options.wifi, files, None, options.hardware
        )
        certificates.check_roots(options.manufacturer_roots)
    path = firmware(board, options.firmware, options.sha256, dry_run)
    if not dry_run and (board.is_esp32 or station is not None):
        provision.check_port(options.port)
    if board.is_esp32:
        ask, needed, commands = plan_esp32(board, path, port, options.erase, options.flash, how)
        said = asked(ask, dry_run)
        if said is not None:
            check_chip(board, said, needed)
    else:
        board.flash_size(options.flash)  # there is one only
        ask, commands = plan_stm32(board, path, port, how)
        said = asked(ask, dry_run)
        if said is not None:
            check_dfu(board, said)
    if how is None:
        print(sign_app.BARE)
    for command in commands:
        run(command, dry_run)
    if station is not None:
        run(["mpremote", "sleep", "5"], dry_run)  # the new firmware makes its file system
        roots = options.manufacturer_roots
        provision.provision(board, options.port, station, files, dry_run, roots)
    else:
        print("the board does not know who it is yet: STATION=station.toml, or tools/provision.py")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Put everything onto a board.")
    parser.add_argument("board", metavar="BOARD")
    parser.add_argument("--firmware", type=Path, help="instead of the one that was built")
    parser.add_argument("--sha256", default="", help="its hash")
    parser.add_argument("--flash", default="", help="size of the flash that it must be for")
    parser.add_argument("--erase", action="store_true", help="all of the flash first: ESP32")
    provision.add_arguments(parser)
    sign_app.add_arguments(parser)
    options = parser.parse_args(arguments)
    try:
        board = boards.load(options.board)
        found = boards.problems(board)
        if found:
            raise Failure(found[0])
        flash(board, options)
    except Failure as failure:
        print(f"flash: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
