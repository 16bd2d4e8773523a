"""Signed images of the emulated board, and its flash."""

import pytest

from chargepoint.ota import container, slots
from tools import build_romfs, image_keys, qemu_image

ROMFS = build_romfs.image({"main.py": b"pass"})


def station():
    return container.Station(
        container.keys(qemu_image.key_file()),
        qemu_image.PRODUCT,
        qemu_image.HARDWARE,
        *(1, slots.BOOT_VERSION, 1),
        qemu_image.SLOT_BYTES - container.HEADER_BYTES,
    )


def test_a_station_that_pins_the_key_takes_the_image():
    header = container.check(qemu_image.signed(ROMFS, "7.0"), station())
    assert header.version == "7.0" and header.payload_bytes == len(ROMFS)


def test_the_key_is_made_once_and_is_its_owners_only():
    assert qemu_image.key_file() == qemu_image.key_file()
    assert qemu_image.KEY.stat().st_mode & 0o77 == 0
    assert qemu_image.KEY.is_relative_to(qemu_image.ROOT / "build")


def test_a_romfs_is_signed_for_the_flash_and_a_container_stays_as_it_is():
    made = qemu_image.flash(ROMFS)
    assert container.check(made[: container.HEADER_BYTES], station()).counter == 1
    assert slots.is_whole(made[: qemu_image.SLOT_BYTES])
    other = qemu_image.signed(ROMFS, counter=9)
    assert qemu_image.flash(other).startswith(other)
    assert qemu_image.flash(bytes(4)) == b"\xff" * qemu_image.CERTIFICATES_AT


def test_an_image_that_is_too_large_for_its_slot():
    with pytest.raises(image_keys.Failure, match="its slot 1048576"):
        qemu_image.flash(qemu_image.signed(bytes(qemu_image.SLOT_BYTES)))
