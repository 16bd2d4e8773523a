"""Flashing: what is called in which order, and all that is refused before anything is written.

esptool is the real one where it works on files. At the port stands a script that says what a chip
would say, and notes how it was called.
"""

import hashlib
import stat
from pathlib import Path

import pytest

from tests.tools import esp32_images
from tools import boards, build_app, build_firmware, flash, partitions, provision

GOOD = """
[station]
id = "CP-1"
csms = ["ws://127.0.0.1:9000/ocpp"]
"""
# As MicroPython's own firmware has it.
PLAIN = """
nvs,      data, nvs,     0x9000,  0x6000
phy_init, data, phy,     0xf000,  0x1000
factory,  app,  factory, 0x10000, 0x1F0000
vfs,      data, fat,     0x200000, 0x200000
"""
DFU = 'Found DFU: [0483:df11] alt=0, name="@Internal Flash  /{layout}", serial="1"\n'


@pytest.fixture(scope="module")
def compiled():
    """build_app.files that compiles each board's application once, which takes seconds."""
    real, known = build_app.files, {}

    def files(board: boards.Board, **options) -> dict[str, bytes]:
        key = (board.name, *options)
        if key not in known:
            known[key] = real(board, **options)
        return known[key]

    return files


@pytest.fixture
def desk(tmp_path: Path, monkeypatch, compiled):
    """A folder with a port, a station and programs that note their calls in `calls`."""
    monkeypatch.setattr(boards, "RESULT", tmp_path / "boards")
    monkeypatch.setattr(build_app, "files", compiled)
    (tmp_path / "port").touch()
    (tmp_path / "station.toml").write_text(GOOD)
    (tmp_path / "calls").touch()
    return tmp_path


def program(desk: Path, monkeypatch, name: str, said: str, status: int = 0) -> None:
    """A stand-in of a program; `esptool image-info` goes to the real one."""
    path = desk / "bin" / name
    path.parent.mkdir(exist_ok=True)
    (desk / f"{name}.out").write_text(said)
    path.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = image-info ] && exec "{flash.ESPTOOL}" "$@"\n'
        f'echo {name} "$@" >> "{desk}/calls"\n'
        f'cat "{desk}/{name}.out"\n'
        f"exit {status}\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    if name == "esptool":
        monkeypatch.setattr(flash, "ESPTOOL", path)
    elif name == "mpremote":
        monkeypatch.setattr(provision, "MPREMOTE", path)
    else:
        monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")


def firmware(desk: Path, name: str, text: str | None = None, chip_id: int | None = None) -> Path:
    """The board's firmware as if it had been built, or one with the partition table `text`."""
    board = boards.load(name)
    table = partitions.parse(text) if text else board.table(board.flash[0])
    number = {"ESP32": 0, "ESP32-S3": 9}[board.chip.title] if chip_id is None else chip_id
    path = build_firmware.result(board) if text is None else desk / "ready.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(esp32_images.firmware(table, number, board.chip.bootloader))
    return path


def dfuse(desk: Path, name: str, inside: bytes) -> Path:
    path = build_firmware.result(boards.load(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"DfuSe\x01" + inside + b"\x00\x00\x00\x00\x83\x04\x1a\x01UFD\x10\x00\x00\x00\x00"
    )
    return path


def said_by(chip: str, size: str) -> str:
    return (
        f"Connected to {chip} on /dev/ttyUSB0:\n"
        f"Chip type:          {chip}-D0WD-V3 (revision v3.1)\nDetected flash size: {size}\n"
    )


def call(desk: Path, *arguments: str) -> int:
    return flash.main([arguments[0], "--port", str(desk / "port"), *arguments[1:]])


def calls(desk: Path) -> list[str]:
    return (desk / "calls").read_text().splitlines()


def one_line(capsys) -> str:
    text = capsys.readouterr().err
    assert text.count("\n") == 1 and text.startswith("flash: ")
    return text


def test_esp32_whole(desk: Path, monkeypatch, capfd):
    program(desk, monkeypatch, "esptool", said_by("ESP32", "4MB"))
    program(desk, monkeypatch, "mpremote", "")
    firmware(desk, "esp32_poe")
    assert call(desk, "esp32_poe", "--station", str(desk / "station.toml")) == 0
    done = [line.replace(str(desk), "") for line in calls(desk)]
    write = "esptool --chip esp32 --port /port --baud 460800"
    assert done[:6] == [
        "esptool --port /port flash-id",
        f"{write} erase-region 0xd000 0x2000",
        f"{write} erase-region 0x3d0000 0x2000",  # what the slots were
        f"{write} erase-region 0x350000 0x1000",  # the header of the other one
        f"{write} write-flash 0x1000 /boards/esp32_poe/firmware.bin"
        " 0x310000 /boards/esp32_poe/app.romfs",
        "mpremote sleep 5",
    ]
    assert done[6].startswith("mpremote connect /port fs cp ")
    assert done[6].endswith("/station.json :station.json")
    assert done[7:] == ["mpremote connect /port reset"]
    assert (desk / "boards/esp32_poe/app.romfs").read_bytes()[:3] == b"\xd2\xcd\x31"


def test_everything_can_be_erased_first(desk: Path, capsys):
    assert call(desk, "esp32_s3", "--dry-run", "--erase") == 0
    text = capsys.readouterr().out
    assert "write-flash --erase-all 0x0 " in text and "erase-region" not in text
    assert " 0x410000 " in text


@pytest.mark.parametrize("name", boards.names())
def test_a_dry_run_prints_and_calls_nothing(name: str, desk: Path, monkeypatch, capsys):
    for tool in ("esptool", "mpremote", "dfu-util"):
        program(desk, monkeypatch, tool, "")
    monkeypatch.setenv("OCPP_WIFI_KEY", "hidden-from-all")
    wifi = ["--wifi", "net"] if boards.load(name).network == "wifi" else []
    options = ["--dry-run", "--station", str(desk / "station.toml"), *wifi]
    assert flash.main([name, *options]) == 0
    text = capsys.readouterr().out
    assert "app.romfs" in text and "station.json" in text and "connect PORT" in text
    assert "mpremote sleep 5\n" in text
    assert "hidden-from-all" not in text
    assert calls(desk) == []


def test_ready_made_firmware_gets_modules_on_the_file_system(desk: Path, monkeypatch, capfd):
    program(desk, monkeypatch, "esptool", said_by("ESP32", "4MB"))
    program(desk, monkeypatch, "mpremote", "")
    path = firmware(desk, "esp32_poe", PLAIN)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert call(desk, "esp32_poe", "--firmware", str(path), "--sha256", digest.upper()) == 0
    assert "some 40 kB of the heap" in capfd.readouterr().out
    done = calls(desk)
    assert len(done) == 3 and "romfs" not in done[1]
    assert done[1].endswith(f"write-flash 0x1000 {path}")
    folder = desk / "boards/esp32_poe/files"
    assert f"fs cp -r {folder}/board.mpy " in done[2] and f" {folder}/cp " in done[2]
    assert f"{folder}/main.py" in done[2] and done[2].endswith(" :")
    assert (folder / "cp/__init__.mpy").read_bytes()[:1] == b"M"


def test_stm32_whole(desk: Path, monkeypatch, capfd):
    board = boards.load("nucleo_h743zi")
    program(desk, monkeypatch, "dfu-util", DFU.format(layout=board.dfu))
    program(desk, monkeypatch, "mpremote", "")
    path = dfuse(desk, board.name, flash.OURS)
    assert call(desk, board.name, "--station", str(desk / "station.toml")) == 0
    done = calls(desk)
    image = desk / "boards/nucleo_h743zi/app.romfs"
    assert image.with_name("blank.bin").read_bytes() == b"\xff" * 4096
    assert done[:5] == [
        "dfu-util --list",
        f"dfu-util --alt 0 --dfuse-address 0x08100000 -D {image}",
        f"dfu-util --alt 0 --dfuse-address 0x08140000 -D {image.with_name('blank.bin')}",
        f"dfu-util --alt 0 --dfuse-address :leave -D {path}",
        "mpremote sleep 5",
    ]
    assert "VfsLfs2.mkfs" in "\n".join(done[5:])
    assert done[-1].endswith("reset") and ":/flash/station.json" in done[-2]


def test_stm32_of_others_gets_modules(desk: Path, capsys):
    dfuse(desk, "pybd_sf6", b"PYBD-SF6W")
    assert flash.main(["pybd_sf6", "--dry-run"]) == 0
    text = capsys.readouterr().out
    assert "some 40 kB of the heap" in text and "romfs" not in text and ":/flash/" in text


# What is refused. Nothing but the question for the chip may have been called.


@pytest.mark.parametrize(
    "said, text",
    [
        (said_by("ESP32-S3", "8MB"), "at the port is ESP32-S3, and esp32_poe has ESP32: choose"),
        (
            said_by("ESP32", "2MB"),
            "the flash has 2048 kB and the firmware's partition table needs",
        ),
        (said_by("ESP32", "512KB"), "the flash has 512 kB"),
        ("", "has not said which chip"),
        (said_by("ESP32", "Unknown"), "has not found out how large"),
    ],
)
def test_another_chip_or_flash(said: str, text: str, desk: Path, monkeypatch, capsys):
    program(desk, monkeypatch, "esptool", said)
    firmware(desk, "esp32_poe")
    assert call(desk, "esp32_poe") == 1
    assert text in one_line(capsys)
    assert calls(desk) == [f"esptool --port {desk}/port flash-id"]


def test_no_chip_answers(desk: Path, monkeypatch, capsys):
    program(desk, monkeypatch, "esptool", "\nA fatal error occurred: No serial data\nbye\n", 2)
    firmware(desk, "esp32_poe")
    assert call(desk, "esp32_poe") == 1
    assert one_line(capsys) == "flash: esptool: A fatal error occurred: No serial data\n"


@pytest.mark.parametrize("port", ["", "no/such/port"])
def test_a_port_that_is_not_there(port: str, desk: Path, monkeypatch, capsys):
    program(desk, monkeypatch, "esptool", "")
    firmware(desk, "esp32_poe")
    assert flash.main(["esp32_poe", "--port", port]) == 1
    assert "PORT=" in one_line(capsys)
    assert calls(desk) == []


def broken(data: bytes, how: str) -> bytes:
    if how == "program":
        at = data.rindex(b"Charge point")
        return data[:at] + b"X" + data[at + 1 :]
    if how == "table":
        return data[:0x7000] + b"\xff" * 0xC00 + data[0x7C00:]
    if how == "entry":
        return data[:0x7004] + b"\x55" + data[0x7005:]
    return {"cut": data[:0xE000], "short": data[:100], "else": b"\x7fELF" + data[4:]}[how]


@pytest.mark.parametrize(
    "how, text",
    [
        ("program", "MicroPython in it is damaged"),
        ("table", "there is no partition table"),
        ("entry", "checksum of the partition table"),
        ("cut", "ends before MicroPython begins"),
        ("short", "is no firmware of an ESP32"),
        ("else", "is no firmware of an ESP32"),
    ],
)
def test_firmware_that_can_not_be_read(how: str, text: str, desk: Path, monkeypatch, capsys):
    program(desk, monkeypatch, "esptool", said_by("ESP32", "4MB"))
    path = firmware(desk, "esp32_poe")
    path.write_bytes(broken(path.read_bytes(), how))
    assert call(desk, "esp32_poe") == 1
    assert text in one_line(capsys)
    assert calls(desk) == []


def test_firmware_for_another_chip(desk: Path, capsys):
    firmware(desk, "esp32_poe", chip_id=9)
    assert call(desk, "esp32_poe") == 1
    assert "is for ESP32-S3, and esp32_poe has ESP32" in one_line(capsys)


def test_no_firmware(desk: Path, capsys):
    assert call(desk, "esp32_poe") == 1
    assert "make firmware BOARD=esp32_poe MPY_DIR=" in one_line(capsys)


@pytest.mark.parametrize("digest, text", [("", "needs MPY_SHA256="), ("00", "is not the MPY_SHA")])
def test_ready_made_firmware_needs_its_hash(digest: str, text: str, desk: Path, capsys):
    path = firmware(desk, "esp32_poe", PLAIN)
    assert call(desk, "esp32_poe", "--firmware", str(path), "--sha256", digest) == 1
    line = one_line(capsys)
    assert text in line and hashlib.sha256(path.read_bytes()).hexdigest() in line


def test_ready_made_firmware_that_is_not_there(desk: Path, capsys):
    assert call(desk, "esp32_poe", "--firmware", "no.bin") == 1
    assert "MPY_FIRMWARE=no.bin: there is no such file" in one_line(capsys)


def test_a_file_that_can_not_be_read(desk: Path, capsys):
    build_firmware.result(boards.load("esp32_poe")).mkdir(parents=True)
    assert call(desk, "esp32_poe") == 1
    assert "Is a directory: the firmware can't be read" in one_line(capsys)


def test_a_board_is_needed(capsys):
    assert flash.main([""]) == 1
    assert one_line(capsys).startswith("flash: BOARD= is missing; known: esp32_generic, ")


def test_the_size_of_the_flash_that_was_asked_for(desk: Path, capsys):
    assert flash.main(["esp32_generic", "--dry-run", "--flash", "8MB"]) == 0
    assert " 0x410000 " in capsys.readouterr().out
    firmware(desk, "esp32_generic")
    assert call(desk, "esp32_generic", "--flash", "8MB") == 1
    assert "has a partition table for 4 MB: make firmware BOARD=esp32_generic" in one_line(capsys)
    assert call(desk, "esp32_generic", "--flash", "16MB") == 1
    assert "FLASH=16MB: esp32_generic knows 4MB, 8MB" in one_line(capsys)
    assert call(desk, "pybd_sf6", "--dry-run", "--flash", "8MB") == 1
    assert "pybd_sf6 has one size only" in one_line(capsys)


@pytest.mark.parametrize("option", ["wifi", "ca", "cert", "key"])
def test_what_only_a_station_needs_is_refused_without_one(option: str, desk: Path, capsys):
    assert call(desk, "esp32_poe", "--dry-run", f"--{option}", "x") == 1
    line = one_line(capsys)
    assert (
        line
        == f"flash: {option.upper()}= says something of a station: name it with STATION=file\n"
    )


def test_a_slot_too_small_for_the_application(desk: Path, capsys):
    text = boards.load("esp32_poe").table_file("4MB").read_text()
    small = text.replace("0x310000, 0x40000", "0x310000, 0x10000")
    path = firmware(desk, "esp32_poe", small)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert call(desk, "esp32_poe", "--firmware", str(path), "--sha256", digest) == 1
    assert "leave out a dialect or blocks" in one_line(capsys)


@pytest.mark.parametrize(
    "said, text",
    [
        ("", "no board in DFU mode"),
        (DFU.format(layout="0x08000000/04*016Kg,01*64Kg,07*128Kg"), "choose another BOARD="),
        (DFU.format(layout=boards.load("nucleo_f767zi").dfu), "choose another BOARD="),
    ],
)
def test_another_board_in_dfu_mode(said: str, text: str, desk: Path, monkeypatch, capsys):
    program(desk, monkeypatch, "dfu-util", said)
    dfuse(desk, "nucleo_h743zi", flash.OURS)
    assert call(desk, "nucleo_h743zi") == 1
    assert text in one_line(capsys)
    assert calls(desk) == ["dfu-util --list"]


def test_a_dfu_file_that_is_none(desk: Path, capsys):
    dfuse(desk, "nucleo_h743zi", b"").write_bytes(b"DfuSe\x01 cut off")
    assert call(desk, "nucleo_h743zi") == 1
    assert "is no whole DfuSe file" in one_line(capsys)


def test_dfu_util_that_is_missing(desk: Path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(desk))
    dfuse(desk, "nucleo_h743zi", flash.OURS)
    assert call(desk, "nucleo_h743zi") == 1
    assert "apt install dfu-util" in one_line(capsys)


def test_a_failure_while_writing_says_so(desk: Path, monkeypatch, capsys):
    board = boards.load("nucleo_h743zi")
    program(desk, monkeypatch, "dfu-util", DFU.format(layout=board.dfu))
    dfuse(desk, board.name, flash.OURS)
    path = desk / "bin" / "dfu-util"
    path.write_text(path.read_text().replace("exit 0", '[ "$1" = --list ]'))
    assert call(desk, board.name) == 1
    assert "dfu-util failed" in capsys.readouterr().err
    assert len(calls(desk)) == 2
