"""Signatures over SHA-256, by the optional C module `chargepoint_crypto` or in plain Python.

This is the one place that picks. The C module has `rsa` or `p256` or both, with the functions of
the modules of these names here, which they replace: a check is one step then.

A public key is (modulus, exponent) of RSA, or (point, 0) on P-256.
"""

from ..compat import const
from .der import SEQUENCE, Invalid, element, unsigned, whole
from .steps import finish

RSA_PSS = const(1)
RSA_PKCS1 = const(2)
ECDSA = const(3)


def verify(scheme: int, key, digest, signature, salt_bytes: "int | None" = None) -> bool:
    """Whether the signature of the digest is this key's.

    signature: as in a certificate, so of ECDSA the DER of r and s. salt_bytes: of RSA_PSS, how
    long the salt must be; None: any length.
    """
    return finish(verifying(scheme, key, digest, signature, salt_bytes))


def verifying(scheme: int, key, digest, signature, salt_bytes: "int | None" = None):
    """The same as a generator of steps, which returns it."""
    public, exponent = key
    if scheme == ECDSA:
        raw = b"" if exponent else _raw(signature)
        if not raw:
            return False
        part = _p256()
        if not hasattr(part, "verifying_ecdsa"):
            return part.verify_ecdsa(public, digest, raw)
        return (yield from part.verifying_ecdsa(public, digest, raw))
    if not exponent:
        return False
    part = _rsa()
    if not hasattr(part, "verifying_pss"):
        if scheme == RSA_PSS:
            return part.verify_pss(public, exponent, digest, signature, salt_bytes)
        return part.verify_pkcs1(public, exponent, digest, signature)
    if scheme == RSA_PSS:
        steps = part.verifying_pss(public, exponent, digest, signature, salt_bytes)
    else:
        steps = part.verifying_pkcs1(public, exponent, digest, signature)
    return (yield from steps)


def sign(private: bytes, digest: bytes) -> bytes:
    """An ECDSA signature on P-256, in DER."""
    raw = _p256().sign_ecdsa(private, digest)
    return element(SEQUENCE, unsigned(raw[:32]), unsigned(raw[32:]))


def public_point(private: bytes) -> bytes:
    """The public key on P-256 of a private one, 65 bytes."""
    return _p256().public_point(private)


def _raw(signature) -> bytes:
    """r and s of 32 bytes each; none if it is not their DER."""
    try:
        reader = whole(signature)
        r, s = bytes(reader.unsigned(32)), bytes(reader.unsigned(32))
        reader.end()
    except Invalid:
        return b""
    return bytes(32 - len(r)) + r + bytes(32 - len(s)) + s


def _p256():
    try:
        return __import__("chargepoint_crypto").p256
    except (ImportError, AttributeError):
        from . import p256

        return p256


def _rsa():
    try:
        return __import__("chargepoint_crypto").rsa
    except (ImportError, AttributeError):
        from . import rsa

        return rsa
