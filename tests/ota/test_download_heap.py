"""The heap of a download by the linked modules, on MicroPython's unix port.

Pointers there have 64 bits: a microcontroller needs about half. `pytest -s` prints the figures.
"""

import asyncio
import json
from pathlib import Path

import pytest

from tests.ota.downloads import FILE
from tests.ota.file_server import Ftp, Server, Web
from tests.support import images
from tests.support.interpreter import on_micropython
from tools import build_romfs

PROGRAM = """
import sys, vfs
vfs.mount(vfs.VfsRom(open({image!r}, "rb").read()), "/rom")
sys.path.insert(0, "/rom")
import downloading
downloading.run({location!r}, {public!r}, {running!r})
"""
# The board's own module: slots, record and store in memory.
DOWNLOADING = """
import asyncio, gc, json
from chargepoint import modules
from chargepoint.ota.updater import Places, Updater

class Memory:
    def __init__(self, sectors):
        self.data = bytearray(b"\\xff" * (sectors * 4096))
        self.sectors = sectors
    def ioctl(self, operation, argument):
        if operation == 6:
            for n in range(argument * 4096, argument * 4096 + 4096, 64):
                self.data[n : n + 64] = _BLANK
        return self.sectors if operation == 4 else 4096
    def readblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        buffer[:] = memoryview(self.data)[at : at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        self.data[at : at + len(buffer)] = buffer

_BLANK = b"\\xff" * 64

class Slots:
    saved = None
    def load(self, name):
        return self.saved
    def save(self, name, data):
        self.saved = bytes(data)
        return True
    def delete(self, name):
        self.saved = None

class Store:
    def __init__(self):
        self.slots = Slots()

class Network:
    async def resolve(self, host, port):
        return "127.0.0.1", port

def used():
    gc.collect()
    return gc.mem_alloc()

async def ended(updater, figures, name):
    most = turns = 0
    while not updater.news:
        await asyncio.sleep(0)
        modules.release()  # as the loop of the station does
        turns += 1
        if turns % 20 == 0:
            most = max(most, used())
    figures[name] = most
    return updater.take()

async def main(location, keys, running):
    slots = Memory(4), Memory(20)
    slots[0].data[: len(running)] = running
    places = Places(Memory(2), slots, (slots[0].data, slots[1].data), 0, keys, "box", "B")
    updater = Updater(places, Store(), Network(), (None, None, None))
    for n in range(3):  # the first brings in names that stay
        figures = {}
        modules.release()
        before = used()
        updater.fetch(location, True)
        result = await ended(updater, figures, "downloading")
        assert result[0] == "fetched", result
        result = None
        modules.release()
        figures["left by a download"] = used() - before
        updater.run(updater.install())
        result = await ended(updater, figures, "installing")
        assert result == ("ran", None), result
        result = None
        modules.release()
        figures["left after all"] = used() - before
        for name in ("downloading", "installing"):
            figures[name] -= before
    print(json.dumps(figures))

def run(location, keys, running):
    asyncio.run(main(location, keys, running))
"""
OLD = images.payload(1, 6000)
RUNNING = images.header(OLD) + OLD
# Bytes at most beyond those of a station that does nothing. The most is while the signature of the
# header is checked, with all of the download around it. TLS has its own memory, and is not in it.
MOST = {Web: 44000, Ftp: 39000}
MOST_INSTALLING = 30000
# A task that is over, and what it knew, may be found in memory until the next one takes its place.
LEFT = 2500


async def served(server: Server, program: Path) -> str:
    async with server:
        location = (
            f"{'ftp' if isinstance(server, Ftp) else 'http'}://localhost:{server.port}/fw/app.img"
        )
        text = PROGRAM.format(
            image=str(program.parent / "app.romfs"),
            location=location,
            public=b"CPK\x01\x03" + images.PUBLIC,
            running=RUNNING,
        )
        program.write_text(text)
        return (await on_micropython(str(program), heap="2M", path=".frozen"))[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("image")
    (path / "added").mkdir()
    (path / "added" / "downloading.py").write_text(DOWNLOADING)
    (path / "app.romfs").write_bytes(build_romfs.build("x64", add=path / "added")[0])
    return path


@pytest.mark.parametrize("kind", [Web, Ftp])
def test_a_download_fits_and_leaves_nothing_behind(folder: Path, kind):
    output = asyncio.run(served(kind(FILE), folder / "program.py"))
    assert output.startswith("{"), output
    figures = json.loads(output)
    print("\n", kind.__name__, figures)
    assert figures["downloading"] < MOST[kind] and figures["installing"] < MOST_INSTALLING
    assert figures["left by a download"] <= LEFT
    assert figures["left after all"] <= LEFT
