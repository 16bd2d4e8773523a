"""RSA signatures over SHA-256 (RFC 8017), verified. Keys of 2048 to 4096 bits.

verifying_...: a generator of steps that returns what verify_... does. Nothing here is secret, so
nothing needs to take constant time.
"""

from hashlib import sha256

from .steps import finish

_PREFIX = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"


def verify_pss(modulus, exponent: int, digest, signature, salt_bytes: "int | None") -> bool:
    """RSASSA-PSS with MGF1-SHA-256. salt_bytes: how long the salt must be, None: any length.

    modulus: its bytes, without a zero before them; digest: the SHA-256 of the message.
    """
    return finish(verifying_pss(modulus, exponent, digest, signature, salt_bytes))


def verify_pkcs1(modulus, exponent: int, digest, signature) -> bool:
    """RSASSA-PKCS1-v1_5. The padding is not parsed: there is one that is right."""
    return finish(verifying_pkcs1(modulus, exponent, digest, signature))


def verifying_pss(modulus, exponent: int, digest, signature, salt_bytes: "int | None"):
    message = yield from _message(modulus, exponent, digest, signature)
    if message is None:
        return False
    bits = 8 * len(modulus) - 1
    top = modulus[0]
    while top < 0x80:
        top <<= 1
        bits -= 1
    if message >> bits:
        return False
    encoded = message.to_bytes((bits + 7) // 8, "big")
    size = len(encoded) - 33
    proof = encoded[size:-1]
    if encoded[-1] != 0xBC:
        return False
    block = int.from_bytes(encoded[:size], "big") ^ int.from_bytes(_mask(proof, size), "big")
    block &= (1 << bits - 264) - 1
    salt = block.to_bytes(size, "big").lstrip(b"\0")
    if salt[:1] != b"\x01" or (salt_bytes is not None and len(salt) != salt_bytes + 1):
        return False
    made = sha256(bytes(8))
    made.update(digest)
    made.update(salt[1:])
    return made.digest() == proof


def verifying_pkcs1(modulus, exponent: int, digest, signature):
    message = yield from _message(modulus, exponent, digest, signature)
    size = len(modulus)
    padded = b"\0\x01" + b"\xff" * (size - 54) + b"\0" + _PREFIX + bytes(digest)
    return message is not None and message.to_bytes(size, "big") == padded


def _message(modulus, exponent: int, digest, signature):
    """What was signed, padded; None if key, digest or signature can't be. In steps."""
    if not 256 <= len(modulus) <= 512 or len(signature) != len(modulus) or len(digest) != 32:
        return None
    n, s = int.from_bytes(modulus, "big"), int.from_bytes(signature, "big")
    # Not below 2048 bits (A00.FR.502), and not for ever.
    if not modulus[0] or not n >> 2047 or not n & exponent & 1 or not 2 < exponent < 1 << 32:
        return None
    if s >= n:
        return None
    power = s
    bit = 1
    while bit * 2 <= exponent:
        bit *= 2
    while bit > 1:
        bit >>= 1
        power = yield from _product(power, power, n, 8 * len(modulus))
        if exponent & bit:
            power = yield from _product(power, s, n, 8 * len(modulus))
    return power


def _product(one: int, other: int, n: int, bits: int):
    """Modulo n, which has so many bits. In steps, each with up to 1024 bits of the quotient."""
    yield
    product = one * other
    while bits:
        bits = max(0, bits - 1024)
        yield
        product = (product >> bits) % n << bits | product & (1 << bits) - 1
    return product


def _mask(seed, size: int) -> bytes:
    """MGF1."""
    made = b""
    for count in range((size + 31) // 32):
        made += sha256(seed + bytes((0, 0, 0, count))).digest()
    return made[:size]
