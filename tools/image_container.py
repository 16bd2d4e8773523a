"""The signed container of an image, made on the host: header and payload (docs/ota.md)."""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec, utils

from chargepoint.ota import container
from tools import image_keys
from tools.image_keys import Failure

KINDS = {"app": container.APP, "system": container.SYSTEM}
SUBPROTOCOLS = ("ocpp1.6", "ocpp2.0.1")
_LAYOUT = "<4sBBBBHHI32s8sIIHH32s32s64s48s"
_WORD = re.compile(r"[!-~]+\Z")


@dataclass
class Description:
    """What the header says, but for what follows from payload and key."""

    product: str
    hardware: list[str]
    version: str
    counter: int
    subprotocols: list[str] = field(default_factory=lambda: list(SUBPROTOCOLS))
    kind: str = "app"
    boot_version: int = 1
    store_format: int = 1
    downgrade_from: int = 0


def signed_part(description: Description, payload: bytes, key: image_keys.Public) -> bytes:
    """The header up to its signature. Raises Failure."""
    algorithm, public = image_keys.as_pinned(key)
    if not payload:
        raise Failure("the payload is empty")
    for name, most in (
        ("counter", 0xFFFFFFFF),
        ("boot_version", 0xFFFF),
        ("store_format", 0xFFFF),
    ):
        if not 0 <= getattr(description, name) <= most:
            raise Failure(f"{name.replace('_', ' ')}: 0 to {most}")
    below = description.downgrade_from
    if below and not description.counter < below <= 0xFFFFFFFF:
        raise Failure("downgrade from: a counter above the image's own")
    return struct.pack(
        _LAYOUT,
        b"CPIM",
        1,
        KINDS[description.kind],
        algorithm,
        container.DOWNGRADE if below else 0,
        container.SIGNED_BYTES,
        384 if algorithm == container.RSA_3072 else 64,
        len(payload),
        hashlib.sha256(payload).digest(),
        container.key_id(algorithm, public),
        description.counter,
        below,
        description.boot_version,
        description.store_format,
        _text("product", [description.product], 32),
        _text("version", [description.version], 32),
        _text("hardware", description.hardware, 64),
        _text("subprotocols", description.subprotocols, 48),
    )


def signed(description: Description, payload: bytes, key: image_keys.Private) -> bytes:
    """Header and payload. Raises Failure."""
    body = signed_part(description, payload, key.public_key())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = utils.decode_dss_signature(image_keys.signature(key, body, "ecdsa"))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    else:
        signature = image_keys.signature(key, body, "pss")
    header = body + signature
    return header + b"\xff" * (container.HEADER_BYTES - len(header)) + payload


def _text(name: str, words: list[str], room: int) -> bytes:
    if not words:
        raise Failure(f"{name}: at least one is needed")
    for word in words:
        if not _WORD.match(word):
            raise Failure(f"{name}: {word!r} is not printable ASCII without spaces")
    text = " ".join(words).encode()
    if len(text) > room:
        raise Failure(f"{name}: more than {room} characters")
    return text.ljust(room, b"\0")
