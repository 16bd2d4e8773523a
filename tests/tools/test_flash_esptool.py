"""esptool itself, on files: it agrees with what tools/flash.py reads in them."""

import subprocess
from pathlib import Path

from tests.tools import esp32_images
from tools import boards, flash, partitions


def test_esptool_reads_what_we_call_a_program(tmp_path: Path):
    path = tmp_path / "x.bin"
    path.write_bytes(esp32_images.program(9))
    done = subprocess.run(
        [flash.esptool(), "image-info", str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0 and "ESP32-S3" in done.stdout
    assert "invalid" not in done.stdout


def test_esptool_puts_the_parts_where_we_look_for_them(tmp_path: Path):
    board = boards.load("esp32_poe")
    table = board.table("4MB")
    parts = {
        "boot": (0x1000, esp32_images.program()),
        "table": (0x8000, partitions.encode(table)),
        "program": (0x10000, esp32_images.program()),
    }
    command = [flash.esptool(), "--chip", "esp32", "merge-bin", "--target-offset", "0x1000"]
    command += ["--output", str(tmp_path / "all.bin")]
    for name, (offset, data) in parts.items():
        (tmp_path / name).write_bytes(data)
        command += [hex(offset), str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert flash.read_esp32(board, tmp_path / "all.bin") == table
