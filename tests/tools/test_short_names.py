"""Which names of an image become short, and that it does the same."""

import io
import subprocess
from pathlib import Path

import pytest

from tests.tools.test_repack_mpy import mpy, repacked, run
from tools import build_qemu, known_names, long_names, repack_mpy, short_names
from tools.application_names import Mpy
from tools.portable_tests import INTERPRETER

LAMP = """
from errno import EIO
def switch(lamp, brightness_percent):
    lamp.brightness_percent = brightness_percent
    lamp.wrap_socket = lamp.watts = EIO
def get_brightness(lamp):
    return lamp.brightness_percent
class Lamp:
    def __init__(self):
        self.is_shining = True
        self.dimmer_level = self.__serial = 3
INTENTS = ",GetBrightness,Reset,"
"""
MAIN = """
from lamp import Lamp, switch
import lamp
def dim(lamp, to_level):
    lamp.dimmer_level = to_level
one = Lamp()
switch(one, 50)
dim(one, to_level=7)
word = "get_" + "brightness"
print(getattr(lamp, word)(one), hasattr(one, "is_shining"), one.dimmer_level, one.watts)
"""


def files(folder: Path) -> dict[str, bytes]:
    return {"lamp.mpy": mpy(folder, LAMP, "lamp.py"), "m.mpy": mpy(folder, MAIN)}


def names(after: dict[str, bytes]) -> set[str]:
    return {name for data in after.values() for name in Mpy(data).names}


def test_a_program_with_short_names_does_the_same(tmp_path: Path):
    before = files(tmp_path)
    after = repacked(before, LAMP, MAIN)
    assert run(tmp_path, before) == run(tmp_path, after) == "50 True 7 5\n"
    assert not {"switch", "brightness_percent", "dimmer_level", "watts", "dim"} & names(after)


def test_a_text_that_is_spelled_like_a_name_stays(tmp_path: Path):
    lamp = "class Lamp:\n  def __init__(self, level_now):\n    self.level_now = level_now\n"
    text = "from lamp import Lamp\none = Lamp(3)\nprint({'level_now': one.level_now})\n"
    before = {"lamp.mpy": mpy(tmp_path, lamp, "lamp.py"), "m.mpy": mpy(tmp_path, text)}
    after = repacked(before, lamp, text)
    assert run(tmp_path, before) == run(tmp_path, after) == "{'level_now': 3}\n"
    assert "level_now" in Mpy(after["m.mpy"]).names
    assert "level_now" not in Mpy(after["lamp.mpy"]).names


@pytest.mark.parametrize(
    "name",
    [
        "EIO",  # of a module that is not in the image
        "wrap_socket",  # MicroPython may look for it
        "is_shining",  # hasattr asks for it
        "to_level",  # an argument passed by name
        "Lamp",  # its objects tell it
        "get_brightness",  # the function of an intent
        "__serial",
        "lamp",  # a module
    ],
)
def test_a_name_that_others_may_know_stays(name: str, tmp_path: Path):
    assert name in names(repacked(files(tmp_path), LAMP, MAIN))


def test_the_same_files_give_the_same_names_and_no_two_share_one(tmp_path: Path):
    table = repack_mpy.names(files(tmp_path), ())
    assert table == repack_mpy.names(dict(reversed(files(tmp_path).items())), ())
    assert len(set(table.values())) == len(table) and not set(table) & short_names.known()
    assert all(len(short) < len(table[short]) for short in table)


def test_no_name_is_a_keyword(tmp_path: Path):
    lamps = "\n".join(f"lamp_number_{n} = {n}" for n in range(100))
    after = names(repacked({"m.mpy": mpy(tmp_path, lamps)}, lamps))
    assert {"ar", "au"} <= after and "as" not in after


def test_what_others_know_is_as_the_sources_say():
    assert known_names.text(build_qemu.source()) == short_names.KNOWN.read_text()
    assert {"append", "EIO", "_io_queue", "readinto", "BOOT_VERSION"} <= short_names.known()


def test_a_traceback_can_be_read(tmp_path: Path, monkeypatch, capsys):
    text = "class A:\n  def fail_with(self):\n    return self.missing_part\nA().fail_with()\n"
    before = {"m.mpy": mpy(tmp_path, text + "A.missing_part = 1\n")}
    (tmp_path / "m.mpy").write_bytes(repacked(before, text)["m.mpy"])
    done = subprocess.run([INTERPRETER, "-m", "m"], cwd=tmp_path, capture_output=True, text=True)
    assert "fail_with" not in done.stderr
    table = tmp_path / "app.names"
    table.write_text(long_names.written(repack_mpy.names(before, ["A"])))
    monkeypatch.setattr("sys.stdin", io.StringIO(done.stderr))
    assert long_names.main([str(table)]) == 0
    said = capsys.readouterr().out
    assert "in fail_with\n" in said and "no attribute 'missing_part'" in said


def test_what_is_no_table_of_names(tmp_path: Path, capsys):
    (tmp_path / "x").write_text("a b c\n")
    assert long_names.main([str(tmp_path / "x")]) == 1
    assert "x is no table of names" in capsys.readouterr().err
    assert long_names.main([]) == 2
