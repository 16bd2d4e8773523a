"""The simulated station's flash: its images as it leaves the factory, and which of them boots."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from chargepoint import VERSION
from chargepoint.ota import container, slots
from host_sim import factory
from host_sim.config import FirmwareConfig

ROOT = Path(__file__).resolve().parent.parent.parent


def module() -> Any:
    """boards/host/memory.py."""
    path = ROOT / "boards" / "host" / "memory.py"
    spec = importlib.util.spec_from_file_location("host_memory", path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


memory = module()


def opened(flash: Path):
    firmware = {"keys": "0102", "product": "p", "hardware": "h", "roots": None}
    return memory.open_slots({"flash": str(flash), "firmware": firmware})


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    factory.put_images(tmp_path, FirmwareConfig(product="box", hardware="B"))
    return tmp_path


def test_the_first_image_says_the_version_of_the_firmware(flash):
    places = opened(flash)
    assert places.running == 0
    assert (places.update_keys, places.product, places.hardware) == (b"\1\2", "p", "h")
    header = container.Header(places.views[0][:4096])
    assert (header.version, header.product, header.hardware) == (VERSION, "box", ["B"])
    assert header.subprotocols == ["ocpp1.6", "ocpp2.0.1"]
    assert slots.image(places.views[1]) is None


def test_images_that_are_there_stay(flash):
    before = (flash / "images" / "a").read_bytes()
    factory.put_images(flash, FirmwareConfig())
    assert (flash / "images" / "a").read_bytes() == before


@pytest.mark.parametrize("name", ["a", "b", "record"])
def test_of_a_file_that_is_short_or_gone_the_rest_is_erased_flash(flash, name):
    file = flash / "images" / name
    whole = file.read_bytes()
    for damaged in (whole[:10], b"", None):
        file.unlink() if damaged is None else file.write_bytes(damaged)
        factory.put_images(flash, FirmwareConfig())
        assert file.read_bytes() == (damaged or b"").ljust(len(whole), b"\xff")
        places = opened(flash)
        assert (places is None) == (name == "a")


def test_without_images_there_are_no_slots(tmp_path):
    assert opened(tmp_path) is None
    factory.put_images(tmp_path, FirmwareConfig())
    (tmp_path / "images" / "a").write_bytes(b"\xff" * 524288)
    assert opened(tmp_path) is None


def test_a_trial_uses_up_its_boots_and_the_other_is_back(flash):
    images = flash / "images"
    (images / "b").write_bytes((images / "a").read_bytes())
    places = opened(flash)
    state = slots.State()
    for slot, view in zip(state.slots, places.views, strict=True):
        slot.digest = slots.header_digest(view)
    state.slots[0].set(slots.CONFIRMED)
    state.slots[1].set(slots.TRIAL, boots=2)
    places.records.save(state)
    assert [opened(flash).running for _ in range(4)] == [1, 1, 0, 0]
    found = opened(flash).records.load()
    assert (found.slots[1].state, found.slots[1].why) == (slots.BAD, slots.BOOTS_USED_UP)


def test_it_is_erased_by_sectors_and_programmed_in_place(flash):
    device = opened(flash).devices[1]
    assert (device.ioctl(4, 0), device.ioctl(5, 0)) == (128, 4096)
    device.writeblocks(1, b"abcdefgh", 8)
    device.writeblocks(127, b"ijkl" * 1024)
    found = bytearray(8)
    device.readblocks(1, found, 8)
    assert found == b"abcdefgh"
    assert opened(flash).views[1][4104:4108] == b"abcd"  # in the file at once
    device.ioctl(6, 1)
    device.readblocks(1, found, 8)
    assert found == b"\xff" * 8
    device.writeblocks(127, b"mnop" * 1024)  # which erases
    device.readblocks(127, found, 4088)
    assert found == b"mnopmnop"


@pytest.mark.parametrize(
    "write, why",
    [
        (lambda device: device.writeblocks(0, b"abcd" * 2, 4), "programmed without an erase"),
        (lambda device: device.writeblocks(0, b"abcd", 10), "no whole units"),
        (lambda device: device.writeblocks(0, b"abcdef", 8), "no whole units"),
        (lambda device: device.writeblocks(0, b"", 8), "no whole units"),
        (lambda device: device.writeblocks(0, b"abcd" * 2, 4092), "beyond the sector"),
        (lambda device: device.writeblocks(128, b"abcd", 0), "outside the flash"),
        (lambda device: device.writeblocks(-1, b"abcd", 0), "outside the flash"),
        (lambda device: device.ioctl(6, 128), "outside the flash"),
        (lambda device: device.ioctl(7, 0), "ioctl 7"),
    ],
)
def test_what_no_flash_does_is_an_error(flash, write, why):
    device = opened(flash).devices[1]
    device.writeblocks(0, b"\0\0\0\0", 4)
    with pytest.raises(AssertionError, match=why):
        write(device)
