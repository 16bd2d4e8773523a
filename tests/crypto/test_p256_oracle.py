"""ECDSA on P-256, right and mutated, as `cryptography` judges it."""

import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chargepoint.crypto import p256, signature
from tests.conftest import SOAK

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ECDSA = ec.ECDSA(Prehashed(hashes.SHA256()))
CASES = 4000 if SOAK else 120  # in each of four parts
EDGES = (1, 2, 3, N - 1, N - 2, N // 2, N // 2 + 1, 1 << 128, (1 << 256) - N)


def oracle(point: bytes, digest: bytes, der: bytes) -> bool:
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        key.verify(der, digest, ECDSA)
    except (InvalidSignature, ValueError):
        return False
    return True


def number(seeded: random.Random) -> int:
    """From 1 to n - 1, now and then one with few or many ones."""
    kind = seeded.randrange(8)
    if kind == 0:
        return seeded.choice(EDGES)
    if kind == 1:
        return 1 << seeded.randrange(255)
    if kind == 2:
        return N - (1 << seeded.randrange(255))
    if kind == 3:  # runs of ones
        return ((1 << seeded.randrange(1, 255)) - 1 ^ (1 << seeded.randrange(255)) - 1) or 1
    return seeded.randrange(1, N)


def digest_of(seeded: random.Random) -> bytes:
    edges = (0, 1, N - 1, N, N + 1, (1 << 256) - 1)
    if seeded.randrange(6) == 0:
        return seeded.choice(edges).to_bytes(32, "big")
    return seeded.randbytes(32)


def mutated(seeded: random.Random, der: bytes) -> bytes:
    """Other bytes, as many or more or fewer."""
    kind = seeded.randrange(5)
    if kind == 0:
        at = seeded.randrange(len(der))
        return der[:at] + der[at + seeded.randrange(1, 4) :]
    if kind == 1:
        at = seeded.randrange(len(der) + 1)
        return der[:at] + seeded.randbytes(seeded.randrange(1, 4)) + der[at:]
    changed = bytearray(der)
    at = seeded.randrange(len(der)) if kind > 2 else seeded.choice((0, 1, 2, 3, 4, -1))
    changed[at] = changed[at] ^ 1 << seeded.randrange(8) if kind == 2 else seeded.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("part", range(4))
def test_own_signatures_are_those_of_the_key(part: int):
    seeded = random.Random(part)
    for case in range(CASES // 2):
        secret, digest = number(seeded), digest_of(seeded)
        private = secret.to_bytes(32, "big")
        key = ec.derive_private_key(secret, ec.SECP256R1()).public_key()
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        assert p256.public_point(private) == point, secret
        signed = signature.sign(private, digest)
        assert oracle(point, digest, signed), (case, secret)
        assert signature.verify(signature.ECDSA, (point, 0), digest, signed), (case, secret)


@pytest.mark.parametrize("part", range(4))
def test_foreign_signatures_and_what_is_made_of_them(part: int):
    seeded = random.Random(100 + part)
    right = 0
    for case in range(CASES):
        secret, digest = number(seeded), digest_of(seeded)
        private = ec.derive_private_key(secret, ec.SECP256R1())
        key = private.public_key()
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        signed = private.sign(digest, ECDSA)
        kind = seeded.randrange(4)
        if kind == 1:
            signed = mutated(seeded, signed)
        elif kind == 2:
            digest = digest_of(seeded)
        elif kind == 3:
            changed = bytearray(point)
            changed[seeded.randrange(65)] ^= 1 << seeded.randrange(8)
            point = bytes(changed)
        if point[0] == 4:  # the oracle knows compressed keys
            found = signature.verify(signature.ECDSA, (point, 0), digest, signed)
            assert found == oracle(point, digest, signed), (case, secret, signed.hex())
            right += found
    assert CASES // 6 < right < CASES // 2


@pytest.mark.parametrize("part", range(4))
def test_any_r_and_s(part: int):
    """Nearly all are wrong; that they are costs as much as with a right one."""
    seeded = random.Random(200 + part)
    for case in range(CASES // 2):
        key = ec.derive_private_key(number(seeded), ec.SECP256R1()).public_key()
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        digest = digest_of(seeded)
        r, s = (
            seeded.choice((0, N, N + number(seeded), number(seeded), number(seeded)))
            for _ in range(2)
        )
        signed = encode_dss_signature(r, s)
        found = signature.verify(signature.ECDSA, (point, 0), digest, signed)
        assert found == oracle(point, digest, signed), (case, r, s)
