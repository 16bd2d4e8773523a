"""Certificates with whatever is asked in them, right or wrong. Both interpreters.

Keys on P-256 are made of small numbers; they are nobody's.
"""

from hashlib import sha256

from chargepoint.crypto import p256
from chargepoint.crypto.der import element, unsigned

ECDSA = bytes.fromhex("300a06082a8648ce3d040302")
PKCS1 = bytes.fromhex("300d06092a864886f70d01010b0500")
_SHA256 = bytes.fromhex("300d06096086480165030402010500")
_MGF1 = bytes.fromhex("301a06092a864886f70d010108") + _SHA256
P256 = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
RSA = bytes.fromhex("300d06092a864886f70d0101010500")
BASIC, KEY_USAGE, PURPOSES = b"\x55\x1d\x13", b"\x55\x1d\x0f", b"\x55\x1d\x25"
CA = bytes.fromhex("30030101ff")


def pss(salt_bytes: int = 32, hash=_SHA256, mgf=_MGF1, rest: bytes = b"") -> bytes:
    """Its AlgorithmIdentifier."""
    salt = element(0xA2, unsigned(salt_bytes.to_bytes(2, "big")))
    parameters = element(0x30, element(0xA0, hash), element(0xA1, mgf), salt, rest)
    return element(0x30, bytes.fromhex("06092a864886f70d01010a"), parameters)


def private(number: int) -> bytes:
    return number.to_bytes(32, "big")


def public(number: int) -> bytes:
    """SubjectPublicKeyInfo."""
    return element(0x30, P256, element(3, b"\0", p256.public_point(private(number))))


def rsa_public(modulus: bytes, exponent: bytes = b"\1\0\1") -> bytes:
    numbers = element(0x30, unsigned(modulus), unsigned(exponent))
    return element(0x30, RSA, element(3, b"\0", numbers))


def name(common_name: str, organization: str = "") -> bytes:
    parts = [(b"\x55\x04\x0a", organization)] if organization else []
    sets = []
    for part, text in parts + [(b"\x55\x04\x03", common_name)]:
        attribute = element(0x30, element(6, part), element(0x0C, text.encode()))
        sets.append(element(0x31, attribute))
    return element(0x30, *sets)


def extension(ident: bytes, value: bytes, critical: bytes = b"\x01\x01\xff") -> bytes:
    return element(0x30, element(6, ident), critical, element(4, value))


def ca(path_length=None) -> bytes:
    limit = b"" if path_length is None else unsigned(bytes((path_length,)))
    return extension(BASIC, element(0x30, b"\x01\x01\xff", limit))


def key_usage(first: int) -> bytes:
    return extension(KEY_USAGE, element(3, b"\0", bytes((first,))))


def purposes(*ids) -> bytes:
    return extension(PURPOSES, element(0x30, *[element(6, each) for each in ids]), b"")


def time(text: str) -> bytes:
    return element(0x17 if len(text) == 13 else 0x18, text.encode())


def certificate(
    subject="leaf",
    issuer="root",
    key=2,
    signer=1,
    extensions=(),
    not_before="260101000000Z",
    not_after="460101000000Z",
    serial=b"\x02\x02\x12\x34",
    version=b"\xa0\x03\x02\x01\x02",
    algorithm=ECDSA,
    inner_algorithm=None,
    public_key=None,
    more=b"",
    sign=None,
) -> bytes:
    """DER. signer: the number of the issuer's key; sign: what signs instead; the rest as the
    fields are called."""
    body = element(
        0x30,
        version,
        serial,
        inner_algorithm or algorithm,
        issuer if isinstance(issuer, bytes) else name(issuer),
        element(0x30, time(not_before), time(not_after)),
        subject if isinstance(subject, bytes) else name(subject),
        public_key or public(key),
        more,
        element(0xA3, element(0x30, *extensions)) if extensions else b"",
    )
    digest = sha256(body).digest()
    signature = sign(digest) if sign else ecdsa(signer, digest)
    return element(0x30, body, algorithm, element(3, b"\0", signature))


def ecdsa(signer: int, digest: bytes) -> bytes:
    raw = p256.sign_ecdsa(private(signer), digest)
    return element(0x30, unsigned(raw[:32]), unsigned(raw[32:]))
