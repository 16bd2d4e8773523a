"""The ROMFS image: what is in it, always the same bytes, and that MicroPython reads it."""

import subprocess
from pathlib import Path

import pytest

from tools import application_names, build_romfs
from tools.portable_tests import INTERPRETER, ROOT


def run(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [str(INTERPRETER), "-c", code, *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_numbers_have_seven_bits_a_byte():
    assert build_romfs.number(0) == b"\x00"
    assert build_romfs.number(127) == b"\x7f"
    assert build_romfs.number(128) == b"\x81\x00"
    assert build_romfs.number(65535) == b"\x83\xff\x7f"


def test_image_is_read_by_micropython(tmp_path: Path):
    files = {"a.txt": b"one", "d/e/b.txt": b"two" * 100, "d/c.txt": b""}
    image = build_romfs.image(files)
    assert len(image) % 2 == 0
    assert image == build_romfs.image(dict(reversed(files.items())))
    path = tmp_path / "x.romfs"
    path.write_bytes(image)
    code = (
        "import sys, vfs, os\n"
        f"vfs.mount(vfs.VfsRom(open({str(path)!r}, 'rb').read()), '/rom')\n"
        "print(sorted(os.listdir('/rom')), sorted(os.listdir('/rom/d')))\n"
        "print(open('/rom/a.txt').read(), len(open('/rom/d/e/b.txt').read()))\n"
    )
    assert run(code) == "['a.txt', 'd'] ['c.txt', 'e']\none 300\n"


def test_application_has_resident_and_transient_modules():
    data, sizes = build_romfs.build("armv7m")
    assert {"chargepoint/__init__.mpy", "chargepoint/station_reset.mpy"} <= set(sizes)
    assert len(data) > sum(sizes.values()) > 100_000


def test_of_the_resident_modules_it_has_what_is_needed(tmp_path: Path):
    main = tmp_path / "main.py"
    main.write_text("from chargepoint.hal.lock import Lock\nprint(Lock)\n")
    files = build_romfs.modules("armv7m", add=tmp_path)
    names = application_names.Mpy(files["cp/__init__.mpy"]).names
    assert "Lock" in names and "Pilot" not in names


def test_a_dialect_can_be_left_out(tmp_path: Path):
    files = build_romfs.module_files(ROOT, ("ocpp201",))
    names = {file.relative_to(ROOT / "firmware").as_posix() for file in files}
    assert "chargepoint/profiles/ocpp201/schema.py" in names
    assert "chargepoint/profiles/__init__.py" in names
    assert not [name for name in names if "ocpp16" in name]


def test_a_boards_own_files_stand_beside_the_package(tmp_path: Path):
    (tmp_path / "drivers").mkdir()
    (tmp_path / "main.py").write_text("print('hello')\n")
    (tmp_path / "drivers" / "lamp.py").write_text("")
    _, sizes = build_romfs.build("x64", add=tmp_path)
    assert {"main.mpy", "drivers/lamp.mpy"} <= set(sizes)


def test_what_does_not_compile_is_named(tmp_path: Path):
    (tmp_path / "main.py").write_text("def f(:\n")
    with pytest.raises(build_romfs.Failure, match=r"main\.py, line 1: SyntaxError"):
        build_romfs.build("x64", add=tmp_path)


def test_bad_options_are_one_line(tmp_path: Path, capsys):
    assert build_romfs.main(["--add", str(tmp_path / "no")]) == 1
    assert capsys.readouterr().err == f"build_romfs: {tmp_path / 'no'} is no folder\n"


def test_command_writes_the_image(tmp_path: Path, capsys):
    output, keys = tmp_path / "out" / "app.romfs", tmp_path / "keys.bin"
    options = ["--arch", "x64", "--output", str(output), "--sizes", "--keys", str(keys)]
    assert build_romfs.main(options) == 1
    assert capsys.readouterr().err == f"build_romfs: {keys} is no file\n"
    keys.write_bytes(b"keys")
    assert build_romfs.main(options) == 0
    assert output.read_bytes()[:3] == b"\xd2\xcd\x31"
    found = build_romfs.files_in(output.read_bytes())
    assert found["update_keys.bin"] == b"keys"
    assert build_romfs.image(found) == output.read_bytes()
    assert "chargepoint/link_url.mpy" in capsys.readouterr().out
