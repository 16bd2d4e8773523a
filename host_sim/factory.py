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
_SIZES = {"a": _SLOT_BYTES, "b": _SLOT_BYTES, "record": _RECORD_BYTES}


def put_images(flash: Path, config: FirmwareConfig) -> None:
    """Unless there are images already; where a file of them is short the flash is erased."""
    images = flash / "images"
    if images.exists():
        for name, size in _SIZES.items():
            file = images / name
            data = file.read_bytes() if file.exists() else b""
            if len(data) != size:
                file.write_bytes(data[:size].ljust(size, b"\xff"))
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
