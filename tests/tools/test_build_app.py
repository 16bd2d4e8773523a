"""A board's application: what is in it, always the same bytes, and that MicroPython runs it."""

import dataclasses
import re
import subprocess
from pathlib import Path

import pytest

from tools import application_names, boards, build_app, build_romfs, kept, long_names
from tools.portable_tests import INTERPRETER


@pytest.fixture
def board(tmp_path: Path, monkeypatch) -> boards.Board:
    monkeypatch.setattr(boards, "RESULT", tmp_path)
    return boards.load("esp32_poe")


def test_the_same_bytes_twice(board, monkeypatch):
    first = build_app.build(board, 0x40000).read_bytes()
    monkeypatch.setattr(kept, "FOLDER", None)
    assert build_app.build(board, 0x40000).read_bytes() == first


def test_the_same_for_boards_alike():
    f767, h743 = (build_app.files(boards.load(f"nucleo_{chip}zi")) for chip in ("f767", "h743"))
    assert {name for name in f767 if f767[name] != h743[name]} == {"image.mpy"}  # the product


def test_what_is_in_it(board):
    files = build_app.files(board)
    names = set(files)
    assert {"board.mpy", "start.mpy", "composed.mpy", "image.mpy"} <= names
    assert not {"stm32.mpy", "nucleo144.mpy", "main.mpy"} & names
    resident = set(application_names.Mpy(files["cp/__init__.mpy"]).names)
    assert {"Pn532", "Station"} <= resident
    assert not {"SimEvse", "Mfrc522"} & resident


def test_a_board_may_leave_out_dialects_and_blocks(board):
    whole = modules(board)
    board.dialects, board.blocks = ("ocpp201",), ("data_transfer",)
    less = modules(board)
    assert not [name for name in less if "ocpp16" in name]
    assert "chargepoint.station_trigger" not in less
    assert "chargepoint.station_data_transfer" in less
    assert less < whole
    assert len(build_app.files(board)) < len(whole)


def modules(board: boards.Board, **options: bool) -> set[str]:
    """Of the package, in the image, as they are called in the sources."""
    names = long_names.read(build_app.names(board, **options)).values()
    return {name for name in names if name.startswith("chargepoint.")}


def test_a_board_that_is_never_updated_carries_nothing_of_updates(board):
    """Not even what checks an image; of the cryptography only what TLS reads its files with."""

    def of_updates(**options) -> set[str]:
        names = {*modules(board, **options), *build_app.files(board, **options)}
        return {name for name in names if re.search("ota|crypto|firmware|updates", name)}

    assert of_updates() > {"chargepoint.ota_http", "chargepoint.station_firmware"}
    pem = {"chargepoint.crypto_der", "chargepoint.crypto_pem"}
    assert of_updates(is_other=True) == pem  # it has no slots
    board.blocks = tuple(name for name in board.blocks if name != "firmware")
    assert of_updates() == pem


def run(image: Path, code: str) -> str:
    """On MicroPython's unix port, with the image at /rom."""
    start = (
        "import sys, vfs\n"
        f"vfs.mount(vfs.VfsRom(open({str(image)!r}, 'rb').read()), '/rom')\n"
        "sys.path.insert(0, '/rom')\n"
    )
    done = subprocess.run([INTERPRETER, "-c", start + code], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_micropython_reads_it(board, tmp_path: Path):
    board.dialects, board.blocks = ("ocpp16",), ()
    board.chip = dataclasses.replace(board.chip, mpy="x64")
    path = build_app.build(board, 0x40000)
    names = long_names.read(path.with_suffix(".names").read_text())
    features, subprotocols = [
        short for short in names if names[short] in ("FEATURES", "SUBPROTOCOLS")
    ]
    code = (
        "import image, interface\n"
        "from cp import Pn532, Station\n"
        f"print(image.{features}, image.{subprotocols})\n"
    )
    assert run(path, code) == "() ('ocpp1.6',)\n"


def test_files_for_a_firmware_without_romfs(board):
    folder = build_app.build_files(board)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == set(build_app.files(board, is_other=True)) | {"main.py"}
    # There is no partition for the journal either.
    assert "cp/cold_FileJournal.mpy" in names
    assert "cp/cold_FileJournal.mpy" not in build_app.files(board)
    assert not [name for name in modules(board, is_other=True) if "store_ring" in name]


def test_an_image_that_does_not_fit_its_slot(board):
    with pytest.raises(boards.Failure, match="leave out a dialect or blocks in boards/esp32_poe"):
        build_app.build(board, 1000)


def test_a_bare_image_leaves_room_for_a_header(board):
    size = build_app.build(board, 0x40000).stat().st_size
    build_app.build(board, size + 4096)
    with pytest.raises(boards.Failure, match=f"has {size + 4096} bytes, with its header"):
        build_app.build(board, size + 4095)


def test_without_a_compiler(board, tmp_path: Path):
    with pytest.raises(boards.Failure, match="make micropython"):
        build_app.files(board, tmp_path / "mpy-cross")


@pytest.mark.parametrize("name", ["esp32_s3", "pybd_sf6"])
def test_the_command(name: str, board, capsys):
    assert build_app.main([name]) == 0
    assert "% of its slot" in capsys.readouterr().out
    magic = (boards.RESULT / name / "app.romfs").read_bytes()[:3]
    assert magic == build_romfs.image({})[:3]


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["esp32"], "there is no such board"),
        (["esp32_poe", "--flash", "8MB"], "FLASH=8MB: esp32_poe knows 4MB"),
        (["pybd_sf6", "--flash", "8MB"], "has one size only"),
    ],
)
def test_bad_options_are_one_line(arguments: list[str], said: str, capsys):
    assert build_app.main(arguments) == 1
    text = capsys.readouterr().err
    assert said in text and text.count("\n") == 1
