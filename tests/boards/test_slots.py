"""The slots of the real boards: where they are, and when a station can't be updated.

The updates themselves are in tests/ota; here a whole one goes through each board's devices.
"""

import subprocess
import sys
import types
from hashlib import sha256
from os import urandom
from pathlib import Path

import pytest

from chargepoint.crypto.steps import finish
from chargepoint.ota import container, receiving, slots
from chargepoint.store.files import FileStore
from tests.support import images
from tests.support.flash import Flash
from tests.support.rom_segments import RomSegments
from tools import boards, stand_ins
from tools.portable_tests import INTERPRETER, ROOT

CONTENT = images.payload(2, 9001)
OLD = images.payload(1)
PRODUCT = "none"  # of boards/common/image.py, which an image has another in place of
UPDATABLE = ("esp32_generic", "esp32_poe", "esp32_s3", "nucleo_f767zi", "nucleo_h743zi")


def signed(content: bytes) -> bytes:
    return images.header(content, product=PRODUCT) + content


@pytest.fixture
def booted(monkeypatch):
    """boot.py has mounted the first slot."""
    monkeypatch.setitem(sys.modules, "booted", 0)


def composed(name: str, tmp_path: Path, monkeypatch, config=None, keys=b"\x03" + images.PUBLIC):
    board = boards.load(name)
    common = board.folder.parent / "common"
    monkeypatch.syspath_prepend(str(common))
    if keys is not None:
        (tmp_path / "update_keys.bin").write_bytes(b"CPK\x01" + keys)
    load = stand_ins.importlib.import_module

    def with_keys(module):
        found = load(module)
        if "updates" in sys.modules:
            vars(sys.modules["updates"])["KEYS"] = str(tmp_path / "update_keys.bin")
        return found

    monkeypatch.setattr(stand_ins.importlib, "import_module", with_keys)
    return stand_ins.composed(board.folder, board.pins, board.is_esp32, tmp_path, config)


@pytest.mark.parametrize("name", boards.names())
def test_which_boards_can_be_updated(name, booted, tmp_path, monkeypatch, capsys):
    slot = signed(OLD)
    (tmp_path / "rom_0.partition").write_bytes(slot + b"\xff" * (131072 - len(slot)))
    with composed(name, tmp_path, monkeypatch) as (station, _):
        updater = station.runtime.station.updater
    assert (updater is not None) == (name in UPDATABLE)
    assert station.runtime.station.model.has_feature("firmware") == (name in UPDATABLE)
    assert "no updates" not in capsys.readouterr().out
    if updater is not None:
        places = updater.places
        assert (places.product, places.hardware, places.running) == (PRODUCT, "A", 0)
        assert container.keys(places.update_keys) == [(3, images.PUBLIC)]
        assert updater.version == ("1.0.0" if boards.load(name).is_esp32 else None)
        assert updater.subprotocol() is None


@pytest.mark.parametrize(
    "config, keys, running, why",
    [
        ({"hardware": None}, b"\x03" + images.PUBLIC, 0, "station.json has no hardware revision"),
        ({}, None, 0, "the image has no update_keys.bin"),
        ({}, b"\x03" + images.PUBLIC, None, "the running image has no header"),
    ],
)
@pytest.mark.parametrize("name", ["esp32_poe", "nucleo_f767zi"])
def test_a_station_that_cant_be_updated_says_why(
    name, config, keys, running, why, tmp_path, monkeypatch, capsys
):
    if running is not None:
        monkeypatch.setitem(sys.modules, "booted", running)
    with composed(name, tmp_path, monkeypatch, config, keys) as (station, _):
        assert station.runtime.station.updater is None
    assert capsys.readouterr().out.splitlines() == [f"no updates: {why}"]


def test_an_image_on_trial_without_keys_can_give_itself_up(booted, tmp_path, monkeypatch, capsys):
    slot = signed(OLD)
    (tmp_path / "rom_0.partition").write_bytes(slot + b"\xff" * (131072 - len(slot)))
    with composed("esp32_poe", tmp_path, monkeypatch) as (station, _):
        records = station.runtime.station.updater.places.records
        state = slots.State()
        state.slots[0].set(slots.TRIAL, boots=1, deadline_s=600)
        records.save(state)
    (tmp_path / "update_keys.bin").unlink()
    with composed("esp32_poe", tmp_path, monkeypatch, keys=None) as (station, _):
        assert station.runtime.station.updater.trial_s == 0
    assert "no updates: the image has no update_keys.bin" in capsys.readouterr().out


def update(updater) -> None:
    """All of an update, but the connection: received, written, put on trial."""
    receive(updater, images.header(CONTENT, product=PRODUCT, counter=6) + CONTENT)
    assert finish(updater.install()) is None
    records, views = updater.places.records, updater.places.views
    state = records.load()
    assert [slot.state for slot in state.slots] == [slots.CONFIRMED, slots.TRIAL]
    assert slots.decide(state, (views[0], now(views[1]))) == (1, True)


def receive(updater, data: bytes) -> None:
    work = receiving.Receiving(updater, "http://server/file", True)
    work.opened(0, len(data))
    for at in range(0, len(data), 700):
        finish(work.taking(data[at : at + 700]))
    finish(work.ending())
    assert work.digest == sha256(data).digest()


def now(view):
    """What boot.py sees there; the map of a partition at the desk is a copy."""
    return view.read_bytes() if isinstance(view, Path) else view


def test_an_update_of_an_esp32(booted, tmp_path, monkeypatch, capsys):
    slot = signed(OLD)
    (tmp_path / "rom_0.partition").write_bytes(slot + b"\xff" * (131072 - len(slot)))
    with composed("esp32_poe", tmp_path, monkeypatch) as (station, _):
        made = station.runtime.station.updater
        made.places.views[1] = tmp_path / "rom_1.partition"
        update(made)
    data = (tmp_path / "rom_1.partition").read_bytes()
    assert slots.is_whole(data) and data[4096:13097] == CONTENT
    assert slots.Records(Kept((tmp_path / "slots.partition").read_bytes())).load() is not None


@pytest.mark.parametrize("stays", [True, False])
def test_the_whole_firmware_of_an_esp32(stays, booted, tmp_path, monkeypatch, capsys):
    """The boot loader goes back from what nobody has confirmed."""
    slot = signed(OLD)
    (tmp_path / "rom_0.partition").write_bytes(slot + b"\xff" * (131072 - len(slot)))
    content = b"\xe9" + images.payload(5, 20000)
    with composed("esp32_poe", tmp_path, monkeypatch) as (station, _):
        updater = station.runtime.station.updater
        data = images.header(content, product=PRODUCT, counter=6, kind=2) + content
        receive(updater, data)
        assert finish(updater.install()) is None
        assert (tmp_path / "ota_1.partition").read_bytes()[: len(content)] == content
    with composed("esp32_poe", tmp_path, monkeypatch) as (station, _):
        updater = station.runtime.station.updater
        assert (updater.places.system.running, updater.trial_s) == ("ota_1", 900)
        if stays:
            updater.confirm()
    with composed("esp32_poe", tmp_path, monkeypatch) as (station, _):
        updater = station.runtime.station.updater
        shown = updater.places.system.running, updater.trial_s, updater.fell_back
        back = ("ota_0", None, "the boot loader went back")
        assert shown == (("ota_1", None, None) if stays else back)


class Kept:
    """Sectors of 4 KiB, to be read."""

    def __init__(self, data: bytes):
        self._data = data

    def readblocks(self, block, buffer, offset=0):
        buffer[:] = self._data[block * 4096 + offset :][: len(buffer)]


def stm32(tmp_path: Path, monkeypatch, is_new: bool, is_idle=lambda: True):
    """(the module slots_stm32, its Places, both flashes)"""
    sectors, size = (4, 4096) if is_new else (1, 16384)
    flashes = [Flash(sectors, size, align=32) for _ in (0, 1)]
    slot = signed(OLD)
    flashes[0].data[: len(slot)] = slot
    vfs = types.ModuleType("vfs")
    vars(vfs)["rom_ioctl"] = RomSegments(flashes, is_new).rom_ioctl
    monkeypatch.setitem(sys.modules, "vfs", vfs)
    common = ROOT / "boards" / "common"
    for place in (common, common / "frozen_stm32"):
        monkeypatch.syspath_prepend(str(place))
    for module in ("romslot", "updates", "slots_stm32", "image"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "slots", slots)  # frozen beside boot.py
    import romslot
    import slots_stm32  # pyright: ignore[reportMissingImports]
    import updates  # pyright: ignore[reportMissingImports]

    (tmp_path / "update_keys.bin").write_bytes(b"CPK\x01\x03" + images.PUBLIC)
    monkeypatch.setattr(updates, "KEYS", str(tmp_path / "update_keys.bin"))
    monkeypatch.setattr(romslot, "_FOLDER", str(tmp_path) + "/")
    store = FileStore(str(tmp_path), urandom)
    station = types.SimpleNamespace(
        store=store, profile=types.SimpleNamespace(SUBPROTOCOL="ocpp1.6")
    )
    files = (None, None, None)
    made = slots_stm32.open_updater(station, None, files, "A", is_idle)
    assert made.subprotocol() == "ocpp1.6"
    return made, flashes


@pytest.mark.parametrize("is_new", [False, True])
def test_an_update_of_a_stm32(is_new, booted, tmp_path, monkeypatch):
    """A slot is one sector for MicroPython 1.25; it is programmed by 32 bytes, each once."""
    updater, flashes = stm32(tmp_path, monkeypatch, is_new)
    device = updater.places.devices[1]
    assert (device.ioctl(4, 0), device.ioctl(5, 0)) == ((4, 4096) if is_new else (1, 16384))
    update(updater)
    assert slots.is_whole(flashes[1].data)
    assert flashes[1].data[4096:13097] == CONTENT
    # The first sector once more before the header comes into it.
    assert flashes[1].erases == ([2, 1, 1, 1] if is_new else [1])
    assert flashes[0].operations == 0
    assert sorted(path.name for path in tmp_path.glob("slots_*")) == ["slots_0", "slots_1"]


def test_a_slot_is_not_erased_while_a_car_charges(booted, tmp_path, monkeypatch):
    is_idle = [False]
    updater, flashes = stm32(tmp_path, monkeypatch, False, lambda: is_idle[0])
    with pytest.raises(OSError) as told:
        updater.places.devices[1].ioctl(6, 0)
    assert told.value.args == (16,) and flashes[1].operations == 0
    is_idle[0] = True
    updater.places.devices[1].ioctl(6, 0)
    assert flashes[1].erases == [1]


def test_what_the_segment_refuses_is_told(booted, tmp_path, monkeypatch):
    updater, _ = stm32(tmp_path, monkeypatch, False)
    with pytest.raises(OSError) as told:
        updater.places.devices[1].writeblocks(0, bytes(32), 16384)
    assert told.value.args == (22,)


# On MicroPython: the record of a STM32 as files of a littlefs whose power fails.
FILES = """
import sys, vfs
sys.path[:0] = [{root!r}, {root!r} + "/firmware", {frozen!r}]
from chargepoint.ota import slots
from tests.support.flash import PARTS, Flash, PowerCut
import romslot

def mounted(flash):
    try:
        files = vfs.VfsLfs2(flash, progsize=32, readsize=32)
    except OSError:
        vfs.VfsLfs2.mkfs(flash, progsize=32, readsize=32)
        files = vfs.VfsLfs2(flash, progsize=32, readsize=32)
    vfs.mount(files, "/flash")
    return slots.Records(romslot.records())

cuts = at = 0
done = False
while not done:
    for part in range(PARTS):
        flash = Flash(sectors=8)
        records = mounted(flash)
        assert records.load() is None
        state = slots.State()
        for counter in (1, 2, 3):
            state.counter = counter
            records.save(state)
        assert records.load().counter == 3
        flash.cut_after(at, part)
        state.counter = 4
        try:
            records.save(state)
            done = True
        except (PowerCut, OSError):
            cuts += 1
        vfs.umount("/flash")
        flash.power_up()
        records = mounted(flash)
        found = records.load()
        assert found and found.counter in ((4,) if done else (3, 4)), (at, part, found)
        state.counter = 5
        records.save(state)
        assert records.load().counter == 5
        vfs.umount("/flash")
        if done:
            break
    at += 1
print("points cut:", cuts)
"""


def test_the_record_of_a_stm32_outlives_each_power_cut(tmp_path: Path):
    frozen = ROOT / "boards" / "common" / "frozen_stm32"
    code = FILES.format(root=str(ROOT), frozen=str(frozen))
    done = subprocess.run([INTERPRETER, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.rpartition(" ")[2]) >= 16
