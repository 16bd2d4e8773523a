"""Images for tests, signed on P-256 with the station's own code. Runs on both interpreters."""

import struct
from hashlib import sha256

from chargepoint.crypto import p256
from chargepoint.ota import container

LAYOUT = "<4sBBBBHHI32s8sIIHH32s32s64s48s"
PRIVATE = p256.private_key(b"the key of the tests, and of nothing but the tests")
OTHER_PRIVATE = p256.private_key(b"another key of the tests, and of nothing else here")
PUBLIC = p256.public_point(PRIVATE)
OTHER_PUBLIC = p256.public_point(OTHER_PRIVATE)
ROMFS = b"\xd2\xcd\x31"
_BODY_BYTES = 244


def payload(seed: int, count: int = 5000) -> bytes:
    """Bytes that begin as a ROMFS image does."""
    made = ROMFS
    block = bytes((seed,))
    while len(made) < count:
        block = sha256(block).digest()
        made += block
    return made[:count]


def text(value: str, room: int) -> bytes:
    return value.encode() + bytes(room - len(value))


def header(
    content: bytes,
    private: bytes = PRIVATE,
    public: bytes = PUBLIC,
    magic: bytes = b"CPIM",
    form: int = 1,
    kind: int = 1,
    algorithm: int = 3,
    flags: int = 0,
    signed_bytes: int = _BODY_BYTES,
    signature_bytes: int = 64,
    payload_bytes: int = -1,
    counter: int = 5,
    downgrade_from: int = 0,
    boot_version: int = 1,
    store_format: int = 1,
    product: str = "box",
    version: str = "1.0.0",
    hardware: str = "A B",
    subprotocols: str = "ocpp1.6 ocpp2.0.1",
    padding: bytes = b"\xff",
) -> bytes:
    """The sector before the payload `content`; as wrong as it is asked for, but well signed."""
    body = struct.pack(
        LAYOUT,
        magic,
        form,
        kind,
        algorithm,
        flags,
        signed_bytes,
        signature_bytes,
        len(content) if payload_bytes < 0 else payload_bytes,
        sha256(content).digest(),
        container.key_id(algorithm, public),
        counter,
        downgrade_from,
        boot_version,
        store_format,
        text(product, 32),
        text(version, 32),
        text(hardware, 64),
        text(subprotocols, 48),
    )
    body += p256.sign_ecdsa(private, sha256(body).digest())
    return body + padding * (container.HEADER_BYTES - len(body))


def station(**changes) -> container.Station:
    """One that the images above are for."""
    found = container.Station([(container.P256, PUBLIC)], "box", "B", 5, 1, 1, 100000)
    for name, value in changes.items():
        setattr(found, name, value)
    return found


def refusal(function, *arguments) -> str:
    """Why it was refused, or "" if it was not."""
    try:
        function(*arguments)
    except container.Refused as refused:
        return str(refused)
    return ""


class Part:
    """Some sectors of a flash, as a block device of their own."""

    def __init__(self, flash, first: int, sectors: int):
        self.flash = flash
        self._first = first
        self._sectors = sectors

    def view(self) -> memoryview:
        """As memory, as a boot sees it."""
        size = self.flash.sector_bytes
        return memoryview(self.flash.data)[
            self._first * size : (self._first + self._sectors) * size
        ]

    def readblocks(self, block, buffer, offset=0):
        assert block < self._sectors
        self.flash.readblocks(self._first + block, buffer, offset)

    def writeblocks(self, block, buffer, offset=None):
        assert block < self._sectors
        self.flash.writeblocks(self._first + block, buffer, offset)

    def ioctl(self, operation, argument):
        if operation == 4:
            return self._sectors
        if operation == 6:
            assert argument < self._sectors
            argument += self._first
        return self.flash.ioctl(operation, argument)
