"""The modules of an update as they are in an image: linked, compiled, run by MicroPython."""

import subprocess
from pathlib import Path

from tests.support import images
from tools import build_romfs
from tools.portable_tests import INTERPRETER

PROGRAM = """
import sys, vfs
vfs.mount(vfs.VfsRom(open({image!r}, "rb").read()), "/rom")
sys.path.insert(0, "/rom")
import updating
updating.run({header!r}, {payload!r}, {public!r})
"""
# The board's own module: a slot and a record in memory.
UPDATING = """
from chargepoint import modules
from chargepoint.ota import container, installation, slots, trial
from chargepoint.ota.updater import Places

class Memory:
    def __init__(self):
        self.data = bytearray(8 * 4096)
    def ioctl(self, operation, argument):
        if operation == 6:
            self.data[argument * 4096 : argument * 4096 + 4096] = bytes(b"\\xff" * 4096)
        return 4096
    def readblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        buffer[:] = self.data[at : at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        self.data[at : at + len(buffer)] = buffer

def run(header, payload, public):
    slot = Memory()
    record = Memory()
    records = slots.Records(record)
    running = header + payload
    places = Places(record, (None, slot), (running, slot.data), 0, b"", "box", "A")
    station = container.Station([(3, public)], "box", "A", 5, 1, 1, 28672)
    for wrong in (header[:300] + b"?" + header[301:], header[:100] + b"B" + header[101:]):
        try:
            container.check(wrong, station)
        except container.Refused as refused:
            print("refused:", refused)
    work = installation.Installation(places, container.check(header, station))
    for steps in (work.beginning(), work.writing(payload), work.completing(), work.finishing()):
        for _ in steps:
            pass
    trial.put_on_trial(records, 1, 2, 60)
    state = records.load()
    print(slots.decide(state, (running, slot.data)))
    records.save(state)
    places.running = 1
    print(trial.confirm(places), records.load().slots[1].state)
"""


def test_an_update_by_the_linked_modules(tmp_path: Path):
    (tmp_path / "added").mkdir()
    (tmp_path / "added" / "updating.py").write_text(UPDATING)
    data, sizes = build_romfs.build("x64", add=tmp_path / "added")
    assert {"chargepoint/ota_container.mpy", "chargepoint/crypto_p256.mpy"} <= set(sizes)
    image = tmp_path / "app.romfs"
    image.write_bytes(data)
    content = images.payload(2, 9001)
    program = PROGRAM.format(
        image=str(image), header=images.header(content), payload=content, public=images.PUBLIC
    )
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run(
        [str(INTERPRETER), str(tmp_path / "program.py")], capture_output=True, text=True
    )
    assert done.stdout.splitlines() == [
        "refused: wrong signature",
        "refused: wrong signature",
        "(1, True)",
        "True 3",
    ], done.stdout + done.stderr
