"""The images of a simulated station as it leaves the factory: files that are its flash.

    images/a, images/b    two slots; the first has an image of the version that the firmware says
    images/record         what is in the slots: nothing yet

What runs is the firmware of the checkout, whichever slot boots: the image decides by its header
which version that is and which subprotocols it has.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from chargepoint import VERSION
from host_sim.config import FirmwareConfig

_SLOT_BYTES = 512 * 1024
_RECORD_BYTES = 2 * 4096


def put_images(flash: Path, config: FirmwareConfig) -> None:
    """Unless there are images already."""
    images = flash / "images"
    if images.exists():
        return
    from tools import build_romfs, image_container, image_keys

    key = image_keys.new_key("p256")  # of nobody: the first image is not checked by any
    description = image_container.Description(config.product, [config.hardware], VERSION, 1)
    image = image_container.signed(description, build_romfs.image({}), key)
    new = flash / "images.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    (new / "a").write_bytes(image.ljust(_SLOT_BYTES, b"\xff"))
    (new / "b").write_bytes(b"\xff" * _SLOT_BYTES)
    (new / "record").write_bytes(b"\xff" * _RECORD_BYTES)
    new.rename(images)
