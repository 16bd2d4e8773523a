"""Signatures over SHA-256, by the optional C module `chargepoint_crypto` or in plain Python.

This is the one place that picks. The C module has functions with the names, arguments and answers
of `rsa` and `p256`, as many of them as it likes; what it lacks is done in Python.

A public key is (modulus, exponent) of RSA, or (point, 0) on P-256.
"""

from ..compat import const
from .der import Invalid, element, unsigned, whole

RSA_PSS = const(1)
RSA_PKCS1 = const(2)
ECDSA = const(3)


def verify(scheme: int, key, digest, signature, salt_bytes: "int | None" = None) -> bool:
    """Whether the signature of the digest is this key's.

    signature: as in a certificate, so of ECDSA the DER of r and s. salt_bytes: of RSA_PSS, how
    long the salt must be; None: any length.
    """
    public, exponent = key
    native = _native()
    if scheme == ECDSA:
        raw = b"" if exponent else _raw(signature)
        if not raw:
            return False
        if hasattr(native, "verify_ecdsa"):
            return native.verify_ecdsa(public, digest, raw)
        from .p256 import verify_ecdsa

        return verify_ecdsa(public, digest, raw)
    if not exponent:
        return False
    if scheme == RSA_PSS:
        if hasattr(native, "verify_pss"):
            return native.verify_pss(public, exponent, digest, signature, salt_bytes)
        from .rsa import verify_pss

        return verify_pss(public, exponent, digest, signature, salt_bytes)
    if hasattr(native, "verify_pkcs1"):
        return native.verify_pkcs1(public, exponent, digest, signature)
    from .rsa import verify_pkcs1

    return verify_pkcs1(public, exponent, digest, signature)


def sign(private: bytes, digest: bytes) -> bytes:
    """An ECDSA signature on P-256, in DER."""
    native = _native()
    if hasattr(native, "sign_ecdsa"):
        raw = native.sign_ecdsa(private, digest)
    else:
        from .p256 import sign_ecdsa

        raw = sign_ecdsa(private, digest)
    return element(0x30, unsigned(raw[:32]), unsigned(raw[32:]))


def public_point(private: bytes) -> bytes:
    """The public key on P-256 of a private one, 65 bytes."""
    native = _native()
    if hasattr(native, "public_point"):
        return native.public_point(private)
    from .p256 import public_point

    return public_point(private)


def _raw(signature) -> bytes:
    """r and s of 32 bytes each; none if it is not their DER."""
    try:
        reader = whole(signature)
        numbers = [bytes(reader.unsigned(32)) for _ in "rs"]
        reader.end()
    except Invalid:
        return b""
    return b"".join([bytes(32 - len(number)) + number for number in numbers])


def _native():
    try:
        return __import__("chargepoint_crypto")
    except ImportError:
        return None
