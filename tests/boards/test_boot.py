"""What is frozen into the firmware, on MicroPython: the image is mounted, the station started."""

import subprocess
from pathlib import Path

from tools import build_romfs
from tools.portable_tests import INTERPRETER, ROOT

IMAGE = build_romfs.image({"start.py": b"def run():\n    print('runs from', __file__)\n"})
# The C module of the ESP32 firmware, with these as its slots.
SLOTS = """
import sys
class romslot:
    @staticmethod
    def map(label):
        if rom[label] is None:
            raise OSError(2)
        return rom[label]
sys.modules["romslot"] = romslot
rom = {"rom_0": %r, "rom_1": %r}
"""
EMPTY = b"\xff" * 64
# What is frozen beside boot.py.
BESIDE = f"import sys\nsys.path.append({str(ROOT / 'firmware' / 'chargepoint' / 'ota')!r})\n"


def boot(tmp_path: Path, before: str, after: str = "print(sys.path)") -> str:
    code = before + BESIDE
    for name in ("boot.py", "main.py"):
        code += f"exec(open({str(ROOT / 'firmware' / name)!r}).read())\n"
    command = [str(INTERPRETER), "-c", code + after]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_first_slot_is_mounted(tmp_path: Path):
    said = boot(tmp_path, SLOTS % (IMAGE, EMPTY))
    assert said.startswith("runs from /rom/start.py\n['/rom', ")


def test_an_empty_slot_is_passed_over(tmp_path: Path):
    assert boot(tmp_path, SLOTS % (EMPTY, IMAGE)).startswith("runs from /rom/start.py\n")


def test_no_file_takes_the_place_of_the_image(tmp_path: Path):
    (tmp_path / "start.py").write_text("def run():\n    print('another')\n")
    assert boot(tmp_path, SLOTS % (IMAGE, EMPTY)).startswith("runs from /rom/start.py\n")


def test_what_was_mounted_before_is_taken_off(tmp_path: Path):
    other = build_romfs.image({"start.py": b"def run():\n    print('old')\n"})
    before = (
        f"import vfs, sys\nvfs.mount(vfs.VfsRom({other!r}), '/rom')\nsys.path.append('/rom')\n"
    )
    said = boot(tmp_path, before + SLOTS % (IMAGE, EMPTY))
    assert said.startswith("runs from /rom/start.py\n") and said.count("/rom'") == 1


def test_without_an_image_it_is_told(tmp_path: Path):
    said = boot(tmp_path, SLOTS % (EMPTY, EMPTY))
    assert said.startswith("no application (") and "make flash" in said
    assert boot(tmp_path, SLOTS % (EMPTY, None)).startswith("no application (")


def test_a_firmware_without_romfs_has_the_application_on_its_file_system(tmp_path: Path):
    (tmp_path / "start.py").write_text("def run():\n    print('from a file')\n")
    assert boot(tmp_path, "").startswith("from a file\n")
