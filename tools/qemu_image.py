"""Signed images of the emulated board, and its flash as it leaves the factory.

The key is for tests only: made here at its first use, beside what is built, for this checkout.
"""

from __future__ import annotations

import fcntl
from pathlib import Path

from chargepoint import VERSION
from tools import image_container, image_keys

ROOT = Path(__file__).resolve().parent.parent
KEY = ROOT / "build" / "qemu" / "image.key"
PRODUCT = "qemu_mps2"
HARDWARE = "A"
FLASH_BYTES = 16 << 20
# As boards/qemu_mps2/frozen/romslot.py has it.
SLOT_BYTES = 1 << 20
CERTIFICATES_AT = 5 << 20  # 64 kB at most
_ROMFS = b"\xd2\xcd\x31"
_CONTAINER = b"CPIM"


def key() -> image_keys.Private:
    """The private key of the images."""
    KEY.parent.mkdir(parents=True, exist_ok=True)
    with KEY.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not KEY.exists():
            image_keys.write_private(KEY, image_keys.new_key("p256"))
    return image_keys.read_private(KEY)


def key_file() -> bytes:
    """What an image pins."""
    return image_keys.key_file([key().public_key()])


def signed(payload: bytes, version: str = VERSION, counter: int = 1, **others) -> bytes:
    """The container of an image that fits the board; others: of image_container.Description."""
    named = {"product": PRODUCT, "hardware": [HARDWARE], **others}
    description = image_container.Description(version=version, counter=counter, **named)
    return image_container.signed(description, payload, key())


def flash(image: bytes) -> bytes:
    """The flash with an image in its first slot: a container, a ROMFS that is signed here, or
    nothing that could be mounted."""
    if image.startswith(_ROMFS):
        image = signed(image)
    elif not image.startswith(_CONTAINER):
        image = b""
    if len(image) > SLOT_BYTES:
        raise image_keys.Failure(f"the image has {len(image)} bytes, its slot {SLOT_BYTES}")
    return image.ljust(CERTIFICATES_AT, b"\xff")
