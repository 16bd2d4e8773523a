"""RSA signatures, right and mutated, as `cryptography` judges them."""

import random
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from chargepoint.crypto.rsa import verify_pkcs1, verify_pss
from tests.conftest import SOAK
from tests.support import rsa_keys

HASH = Prehashed(hashes.SHA256())
PKCS1 = padding.PKCS1v15()
ALLOWED = (2048, 2049, 2055, 3072, 4096)
CASES = 2000 if SOAK else 200  # of each size and scheme


def pss(salt_bytes=None):
    length = padding.PSS.AUTO if salt_bytes is None else salt_bytes
    return padding.PSS(padding.MGF1(hashes.SHA256()), length)


def private_key(bits: int, e: int = rsa_keys.E65537):
    p, q = rsa_keys.primes(bits)
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public
    ).private_key()


def oracle(key, digest: bytes, signature: bytes, scheme) -> bool:
    try:
        key.verify(signature, digest, scheme, HASH)
    except InvalidSignature:
        return False
    return True


def mutated(seeded: random.Random, good: bytes, digest: bytes) -> tuple[bytes, bytes]:
    """(signature, digest), one of them changed, or neither."""
    kind = seeded.randrange(8)
    if kind == 0:
        return good, digest
    if kind == 1:
        return good, sha256(digest).digest()
    if kind == 2:
        return good[: seeded.randrange(len(good))], digest
    if kind == 3:
        return good + seeded.randbytes(seeded.randrange(1, 9)), digest
    if kind == 4:
        return seeded.randbytes(len(good)), digest
    changed = bytearray(good)
    changed[seeded.randrange(len(good))] ^= 1 << seeded.randrange(8)
    return bytes(changed), digest


@pytest.mark.parametrize("bits", ALLOWED)
@pytest.mark.parametrize("scheme", ["pss", "pss of any salt", "pkcs1"])
def test_signatures_and_what_is_made_of_them(bits: int, scheme: str):
    seeded = random.Random(f"{bits} {scheme}")
    private, n = private_key(bits), rsa_keys.modulus(bits)
    public = private.public_key()
    right = salt_bytes = 0
    made = signed = b""
    for case in range(CASES):
        digest = seeded.randbytes(32)
        if case % 8 == 0:  # making one takes much longer than checking one
            salt_bytes = seeded.choice((0, 1, 20, 32, 33, (bits + 6) // 8 - 34))
            used = PKCS1 if scheme == "pkcs1" else pss(salt_bytes)
            signed, made = digest, private.sign(digest, used, HASH)
        signature, digest = mutated(seeded, made, signed)
        if scheme == "pkcs1":
            found = verify_pkcs1(n, 65537, digest, signature)
            expected = oracle(public, digest, signature, PKCS1)
        else:
            wanted = None if scheme == "pss of any salt" else seeded.choice((salt_bytes, 32))
            found = verify_pss(n, 65537, digest, signature, wanted)
            expected = oracle(public, digest, signature, pss(wanted))
        assert found == expected, (case, signature.hex(), digest.hex())
        right += found
    assert CASES // 30 < right < CASES // 3


@pytest.mark.parametrize("bits", ALLOWED)
def test_own_padding_is_that_of_the_oracle(bits: int):
    """What the tests sign with is no other scheme."""
    public = private_key(bits).public_key()
    digest = sha256(b"x").digest()
    assert oracle(public, digest, rsa_keys.sign_pkcs1(bits, digest), PKCS1)
    assert oracle(public, digest, rsa_keys.sign_pss(bits, digest, b"salt"), pss(4))
    assert not oracle(public, digest, rsa_keys.sign_pss(bits, digest, b"salt"), pss(5))


@pytest.mark.parametrize("bits", ALLOWED)
def test_padded_blocks_with_a_byte_changed(bits: int):
    """Signed with the private key, so that only the padding is wrong."""
    seeded = random.Random(bits)
    public, n = private_key(bits).public_key(), rsa_keys.modulus(bits)
    digest = sha256(b"x").digest()
    blocks = (rsa_keys.padded_pkcs1(bits, digest), rsa_keys.padded_pss(bits, digest, bytes(32)))
    for case in range(400 if SOAK else 12):
        block = bytearray(blocks[case % 2])
        # Everywhere, but more often where the padding has its marks.
        at = seeded.choice((0, 1, -1, -33, seeded.randrange(-len(block), 0)))
        block[at] ^= 1 << seeded.randrange(8)
        number = int.from_bytes(block, "big")
        if number >= int.from_bytes(n, "big"):
            continue
        signature = rsa_keys.raw_sign(bits, number)
        assert verify_pkcs1(n, 65537, digest, signature) == oracle(
            public, digest, signature, PKCS1
        )
        assert verify_pss(n, 65537, digest, signature, 32) == oracle(
            public, digest, signature, pss(32)
        )


@pytest.mark.parametrize("bits", [1024, 2047, 4104])
def test_sizes_that_the_oracle_takes_and_we_do_not(bits: int):
    public, n = private_key(bits).public_key(), rsa_keys.modulus(bits)
    digest = sha256(b"x").digest()
    by_pkcs1 = rsa_keys.sign_pkcs1(bits, digest)
    by_pss = rsa_keys.sign_pss(bits, digest, bytes(32))
    assert oracle(public, digest, by_pkcs1, PKCS1) and oracle(public, digest, by_pss, pss(32))
    assert not verify_pkcs1(n, 65537, digest, by_pkcs1)
    assert not verify_pss(n, 65537, digest, by_pss, 32)


@pytest.mark.parametrize("e", [3, 65537])
def test_exponents(e: int):
    private, n = private_key(2048, e), rsa_keys.modulus(2048)
    digest = sha256(b"x").digest()
    assert verify_pkcs1(n, e, digest, private.sign(digest, PKCS1, HASH))
    assert verify_pss(n, e, digest, private.sign(digest, pss(32), HASH), 32)
