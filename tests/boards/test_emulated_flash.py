"""The emulated board's flash, on the board: what it does, and what it does not let pass."""

from pathlib import Path

import pytest

from tools import build_qemu, build_romfs, emulator

pytestmark = pytest.mark.usefixtures("emulated")
PROGRAM = """
import machine, nor
flash = nor.Flash(528, 3)
view = nor.view(528, 3)
for sector in range(3):
    flash.ioctl(6, sector)
def read(sector, at, count):
    found = bytearray(count)
    flash.readblocks(sector, found, at)
    return bytes(found)
try:
%s
except Exception as error:
    print(type(error).__name__, error)
print("end")
machine.reset()
"""


def said(tmp_path: Path, *lines: str) -> list[str]:
    text = PROGRAM % "\n".join(f"    {line}" for line in lines)
    image = tmp_path / "image"
    image.write_bytes(build_romfs.image({"main.py": text.encode()}))
    found = emulator.console(build_qemu.RESULT / "firmware.elf", image, {}, 60)
    assert found is not None, "the emulator did not end"
    return found[0].splitlines()


def test_it_is_erased_by_sectors_and_programmed_in_place(tmp_path: Path):
    lines = said(
        tmp_path,
        "print(flash.ioctl(4, 0), flash.ioctl(5, 0))",
        "flash.writeblocks(1, b'abcdefgh', 8)",
        "flash.writeblocks(1, b'ijkl', 16)",
        "print(read(1, 4, 20), bytes(view[4104:4112]))",
        "flash.writeblocks(2, b'mnop' * 1024)",
        "flash.ioctl(6, 1)",
        "print(read(1, 8, 4), read(2, 4092, 4))",
        "flash.writeblocks(2, b'qrst' * 1024)",
        "print(read(2, 0, 4))",
    )
    assert lines == [
        "3 4096",
        "b'\\xff\\xff\\xff\\xffabcdefghijkl\\xff\\xff\\xff\\xff' b'abcdefgh'",
        "b'\\xff\\xff\\xff\\xff' b'mnop'",
        "b'qrst'",
        "end",
    ]


@pytest.mark.parametrize(
    "line, why",
    [
        ("flash.writeblocks(0, b'abcd' * 2, 4)", "programmed without an erase at 0x21210004"),
        ("flash.writeblocks(0, b'abcd', 2)", "no whole units programmed at 0x21210002"),
        ("flash.writeblocks(0, b'abcdef', 8)", "no whole units programmed at 0x21210008"),
        ("flash.writeblocks(0, b'', 8)", "no whole units programmed at 0x21210008"),
        ("flash.writeblocks(0, b'abcd' * 2, 4092)", "beyond the sector at 0x00000ffc"),
        ("flash.writeblocks(3, b'abcd', 0)", "outside the device at 0x00000003"),
        ("flash.writeblocks(-1, b'abcd', 0)", "outside the device at 0xffffffff"),
        ("flash.ioctl(6, 3)", "outside the device at 0x00000003"),
        ("read(1, 4090, 8)", "beyond the sector at 0x00001ffa"),
    ],
)
def test_what_no_flash_does_ends_the_run(tmp_path: Path, line: str, why: str):
    begin = "flash.writeblocks(0, b'\\0\\0\\0\\0', 4)"
    assert said(tmp_path, begin, line) == [f"flash: {why}"]


@pytest.mark.parametrize(
    "line, error",
    [
        ("view[0] = 1", "TypeError"),
        ("flash.ioctl(7, 0)", "OSError [Errno 22]"),
        ("nor.Flash(4096, 1)", "ValueError no such sectors"),
        ("nor.view(4000, 97)", "ValueError no such sectors"),
    ],
)
def test_what_is_a_mistake_of_the_program(tmp_path: Path, line: str, error: str):
    first, end = said(tmp_path, line)
    assert first.startswith(error) and end == "end"
