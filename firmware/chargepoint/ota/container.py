"""The header of an image, 4096 bytes before its payload: read strictly, and checked.

docs/ota.md has it field by field. A refusal has one reason, a text of this module; what a server
is told for it is not decided here.
"""

import struct
from hashlib import sha256

from ..compat import const

HEADER_BYTES = const(4096)
SIGNED_BYTES = const(244)
HEAD_BYTES = const(628)  # the longest header without what is unused behind it
APP = const(1)  # kinds
SYSTEM = const(2)  # kinds
RSA_3072 = const(1)  # algorithms: as the schemes of crypto.signature
P256 = const(3)  # algorithms: as the schemes of crypto.signature
DOWNGRADE = const(1)  # flag
_FORMAT = const(1)
_MAGIC = b"CPIM"
_LAYOUT = "<4sBBBBHHI32s8sIIHH32s32s64s48s"
_SALT_BYTES = const(32)
_EXPONENT = const(65537)

NO_IMAGE = "no image"
UNKNOWN_FORMAT = "unknown format"
MALFORMED = "malformed header"
TRUNCATED = "truncated"
UNKNOWN_KEY = "unknown key"
WRONG_SIGNATURE = "wrong signature"
WRONG_KIND = "wrong kind of image"
WRONG_PRODUCT = "wrong product"
WRONG_HARDWARE = "wrong hardware"
OLDER_COUNTER = "older security counter"
NEWER_BOOT = "needs a newer boot version"
NEWER_STORE = "does not read this store"
OTHER_PROTOCOL = "lacks the subprotocol in use"
TOO_LARGE = "too large for the slot"
WRONG_HASH = "wrong hash"
TRAILING = "more than the payload"


class Refused(Exception):
    """With the reason, one of the texts above."""


class Header:
    """The fields of the header in `data`. Raises Refused.

    is_blank: `data` is its first HEAD_BYTES bytes only, and whether all behind them is 0xff.
    digest: of the payload; hardware, subprotocols: lists; downgrade_from: with the flag, the
    highest counter of a station that may go back to this image.
    """

    def __init__(self, data, is_blank: "bool | None" = None):
        if len(data) < (HEADER_BYTES if is_blank is None else HEAD_BYTES):
            raise Refused(TRUNCATED)
        (
            magic,
            form,
            self.kind,
            self.algorithm,
            self.flags,
            header_bytes,
            signature_bytes,
            self.payload_bytes,
            self.digest,
            self.key_id,
            self.counter,
            self.downgrade_from,
            self.boot_version,
            self.store_format,
            product,
            version,
            hardware,
            subprotocols,
        ) = struct.unpack(_LAYOUT, data[:SIGNED_BYTES])
        if magic != _MAGIC:
            raise Refused(NO_IMAGE)
        if form != _FORMAT:
            raise Refused(UNKNOWN_FORMAT)
        self.signed = data[:SIGNED_BYTES]
        end = SIGNED_BYTES + signature_bytes
        self.signature = data[SIGNED_BYTES:end]  # of P-256 r and s, 32 bytes each
        if (
            header_bytes != SIGNED_BYTES
            or self.kind not in (APP, SYSTEM)
            or not self.payload_bytes
            or signature_bytes != _signature_bytes(self.algorithm)
            or self.flags & ~DOWNGRADE
            or (self.downgrade_from <= self.counter if self.flags else self.downgrade_from)
            or is_blank is False
            or not is_unused(data[end:HEADER_BYTES])
        ):
            raise Refused(MALFORMED)
        self.product = _words(product, 1)[0]
        self.version = _words(version, 1)[0]
        self.hardware = _words(hardware)
        self.subprotocols = _words(subprotocols)


class Station:
    """What an image has to fit. keys: see `keys`; counter: the security counter reached; room:
    bytes of the slot behind the header; subprotocol: the one in use, None if none is."""

    def __init__(
        self,
        keys,
        product,
        hardware,
        counter,
        boot_version,
        store_format,
        room,
        subprotocol=None,
        kind=APP,
    ):
        self.keys = keys
        self.product = product
        self.hardware = hardware
        self.counter = counter
        self.boot_version = boot_version
        self.store_format = store_format
        self.room = room
        self.subprotocol = subprotocol
        self.kind = kind


def check(data, station: Station, verify=None, is_blank: "bool | None" = None) -> Header:
    """The header, if all is right but the payload, which is not there yet. Raises Refused.

    data, is_blank: as of Header; verify: as crypto.signature.verify, which it is if it is not
    given.
    """
    from ..crypto.steps import finish

    return finish(checking(data, station, verify, is_blank))


def checking(data, station: Station, verify=None, is_blank: "bool | None" = None):
    """The same as a generator of steps, which returns it. With `verify` that is one step."""
    header = Header(data, is_blank)
    for algorithm, public in station.keys:
        if header.key_id == key_id(algorithm, public) and header.algorithm == algorithm:
            break
    else:
        raise Refused(UNKNOWN_KEY)
    signature, exponent = header.signature, _EXPONENT
    if algorithm == P256:
        from ..crypto.der import element, unsigned

        r, s = unsigned(bytes(signature[:32])), unsigned(bytes(signature[32:]))
        signature, exponent = element(0x30, r, s), 0
    digest = sha256(header.signed).digest()
    arguments = (algorithm, (public, exponent), digest, signature, _SALT_BYTES)
    if verify is None:
        from ..crypto.signature import verifying

        is_right = yield from verifying(*arguments)
    else:
        is_right = verify(*arguments)
    if not is_right:
        raise Refused(WRONG_SIGNATURE)
    reason = _unfit(header, station)
    if reason:
        raise Refused(reason)
    return header


def _unfit(header: Header, station: Station) -> "str | None":
    """Why an image that is well signed is not for this station."""
    if header.kind != station.kind:
        return WRONG_KIND
    if header.product != station.product:
        return WRONG_PRODUCT
    if station.hardware not in header.hardware:
        return WRONG_HARDWARE
    if header.counter < station.counter and station.counter > header.downgrade_from:
        return OLDER_COUNTER
    if header.boot_version > station.boot_version:
        return NEWER_BOOT
    if header.store_format > station.store_format:
        return NEWER_STORE
    if station.subprotocol and station.subprotocol not in header.subprotocols:
        return OTHER_PROTOCOL
    return TOO_LARGE if header.payload_bytes > station.room else None


def is_unused(data) -> bool:
    """Whether all of it is 0xff."""
    view = memoryview(data)
    blank = b"\xff" * 64
    for at in range(0, len(view), 64):
        piece = view[at : at + 64]
        if piece != (blank if len(piece) == 64 else blank[: len(piece)]):
            return False
    return True


def key_id(algorithm: int, public) -> bytes:
    return sha256(bytes((algorithm,)) + bytes(public)).digest()[:8]


def keys(data) -> list:
    """[(algorithm, public key)] of the two slots of a key file, empty ones left out.

    A public key is the modulus of RSA-3072, whose exponent is 65537, or the point on P-256.
    Raises Refused.
    """
    found = []
    at = 4
    if bytes(data[:at]) != b"CPK\x01":
        raise Refused("no key file")
    while at < len(data):
        algorithm = data[at]
        size = {RSA_3072: 384, P256: 65}.get(algorithm, 0)
        public = data[at + 1 : at + 1 + size]
        if not size or len(public) < size or len(found) == 2:
            raise Refused("malformed key file")
        found.append((algorithm, bytes(public)))
        at += 1 + size
    if not found:
        raise Refused("no key in the key file")
    return found


def _signature_bytes(algorithm: int) -> int:
    """-1: there is no such algorithm."""
    return 384 if algorithm == RSA_3072 else 64 if algorithm == P256 else -1


def _words(field: bytes, most: int = 99) -> list:
    """The words of a text of printable ASCII with zeros behind it, one space between them."""
    text = field.rstrip(b"\0")
    words = text.split(b" ")
    for word in words:
        if not word or not all([0x20 < byte < 0x7F for byte in word]):
            raise Refused(MALFORMED)
    if len(words) > most:
        raise Refused(MALFORMED)
    return [word.decode() for word in words]
