"""The application as `make flash` and `make app` put it into a slot: signed, if a key is given.

An image with a header and the keys of updates in it can be updated later; a bare one can't
(docs/ota.md).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from chargepoint import VERSION
from chargepoint.ota import container
from tools import boards, build_romfs, image_container, image_keys, tailor

BARE = (
    "note: without IMAGE_KEY= the image is not signed and has no key in it, and a station that"
    " runs it refuses updates"
)


@dataclass
class Signing:
    """key: of the image, private; pinned: the file update_keys.bin, None: of this key alone."""

    key: Path
    hardware: str
    counter: int
    pinned: Path | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """But --hardware, which is the station's too."""
    parser.add_argument("--image-key", type=Path, help="private key of images: sign with it")
    parser.add_argument(
        "--update-keys", type=Path, help="key file for the image; else of that key"
    )
    parser.add_argument("--counter", type=int, default=1, help="security counter of the image")


def signing(options: argparse.Namespace) -> Signing | None:
    """None: the image is to be bare. Raises Failure."""
    boards.check_revision(options.hardware)
    if options.image_key is None:
        if options.update_keys is not None:
            raise boards.Failure("UPDATE_KEYS= is for a signed image: IMAGE_KEY= is missing")
        return None
    if not options.hardware:
        raise boards.Failure("IMAGE_KEY= needs HARDWARE=, the revision of the board")
    return Signing(options.image_key, options.hardware, options.counter, options.update_keys)


def signed(board: boards.Board, files: dict[str, bytes], how: Signing) -> bytes:
    """The application's files as a signed image, with the keys in it. Raises Failure."""
    if tailor.UPDATES not in board.blocks:
        raise boards.Failure(
            f"IMAGE_KEY= is for an image that can be updated: boards/{board.name}/manifest.py"
            f" leaves out the block {tailor.UPDATES}"
        )
    try:
        key = image_keys.read_private(how.key)
        own = image_keys.key_file([key.public_key()])
        pinned = own if how.pinned is None else image_keys.read(how.pinned)
        if container.keys(own)[0] not in container.keys(pinned):
            raise boards.Failure(f"{how.pinned} does not have the public key of {how.key}")
        payload = build_romfs.image({**files, build_romfs.KEY_FILE: pinned})
        subprotocols = [boards.SUBPROTOCOLS[name] for name in board.dialects]
        description = image_container.Description(
            board.name, [how.hardware], VERSION, how.counter, subprotocols
        )
        return image_container.signed(description, payload, key)
    except container.Refused as refused:
        raise boards.Failure(f"{how.pinned}: {refused}") from None
    except image_keys.Failure as failure:
        raise boards.Failure(str(failure)) from None
