"""What the application in an image would do with the update after it (docs/ota.md).

A station that has confirmed an image takes the next one only by what is in that image: its key
file, its code for updates, its product. So whoever signs or verifies looks inside.
"""

from __future__ import annotations

from chargepoint.ota import container
from tools import build_romfs, tailor
from tools.image_keys import Failure

_MODULE = "image.mpy"  # the board's blocks, product and subprotocols


def pinned(payload: bytes) -> list[tuple[int, bytes]]:
    """The keys that the next image may be signed with; none without a key file.

    Raises Failure if it is no ROMFS image, or the key file is none.
    """
    try:
        data = build_romfs.files_in(payload).get(build_romfs.KEY_FILE)
        return [] if data is None else container.keys(data)
    except build_romfs.Failure as failure:
        raise Failure(str(failure)) from None
    except container.Refused as refused:
        raise Failure(f"its {build_romfs.KEY_FILE}: {refused}") from None


def check(payload: bytes, key_id: bytes, product: str, subprotocols: list[str]) -> None:
    """Raises Failure if no image with that key and product could follow, or if it does not speak
    what its header says."""
    keys = pinned(payload)
    if not keys:
        raise Failure(
            f"it has no {build_romfs.KEY_FILE}, and takes no update after this one:"
            " build it with --keys, or say that it is the last (--last)"
        )
    if key_id not in [container.key_id(*key) for key in keys]:
        raise Failure(
            f"its {build_romfs.KEY_FILE} has not the key that it is signed with, which no other"
            " could be signed with after this one: say that it is the last (--last)"
        )
    module = build_romfs.files_in(payload).get(_MODULE)
    if module is None:  # no board's
        return
    if not _has(module, tailor.UPDATES):
        raise Failure(
            f"it is built without the block {tailor.UPDATES}, and takes no update after this one:"
            " say that it is the last (--last)"
        )
    for word in (product, *subprotocols):
        if not _has(module, word):
            raise Failure(f"it is not built for {word}, as its header would say")


def _has(module: bytes, word: str) -> bool:
    """Whether the module has this text: short ones are among its names, others are objects."""
    text = word.encode()
    return any(bytes((size,)) + text + b"\0" in module for size in (len(text), 2 * len(text)))
