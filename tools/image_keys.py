"""Keys of images: made, read, and put into the key file that a station pins (docs/ota.md)."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from chargepoint.ota import container

ALGORITHMS = {"rsa3072": container.RSA_3072, "p256": container.P256}
NAMES = {number: name for name, number in ALGORITHMS.items()}
_MAGIC = b"CPK\x01"
_EXPONENT = 65537

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Public = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class Failure(Exception):
    """What stands in the way, for the person who called."""


def new_key(algorithm: str) -> Private:
    if algorithm == "p256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(_EXPONENT, 3072)


def write_private(path: Path, key: Private) -> None:
    """For its owner only, and over no other file. Raises Failure."""
    data = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Failure(f"{path} exists; a key is not overwritten") from None
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from None
    with os.fdopen(opened, "wb") as file:
        file.write(data)


def public_pem(key: Public) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def read(path: Path) -> bytes:
    """Raises Failure."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from None


def read_private(path: Path) -> Private:
    """A key in PEM without a password. Raises Failure."""
    try:
        key = serialization.load_pem_private_key(read(path), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Failure(f"{path}: no private key in PEM without a password") from None
    if not isinstance(key, Private):
        raise Failure(f"{path}: neither RSA nor P-256")
    return key


def read_public(path: Path) -> Public:
    """A public key in PEM. Raises Failure."""
    try:
        key = serialization.load_pem_public_key(read(path))
    except (ValueError, UnsupportedAlgorithm):
        raise Failure(f"{path}: no public key in PEM") from None
    if not isinstance(key, Public):
        raise Failure(f"{path}: neither RSA nor P-256")
    return key


def as_pinned(key: Public) -> tuple[int, bytes]:
    """(algorithm, public key) as the key file has it. Raises Failure for what can't be pinned."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        if not isinstance(key.curve, ec.SECP256R1):
            raise Failure(f"an image is not signed on {key.curve.name}, but on P-256")
        return container.P256, key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
    numbers = key.public_numbers()
    if key.key_size != 3072 or numbers.e != _EXPONENT:
        raise Failure(f"an image needs RSA of 3072 bits and exponent {_EXPONENT}")
    return container.RSA_3072, numbers.n.to_bytes(384, "big")


def key_file(keys: list[Public]) -> bytes:
    """One key, or the present and the next. Raises Failure."""
    if not 0 < len(keys) < 3:
        raise Failure("a key file has one key or two")
    pinned = [as_pinned(key) for key in keys]
    if len(set(pinned)) < len(pinned):
        raise Failure("both keys are the same")
    return _MAGIC + b"".join([bytes((algorithm,)) + key for algorithm, key in pinned])


def signature(key: Private, data: bytes, scheme: str) -> bytes:
    """scheme: "pss" (salt of 32 bytes), "pkcs1" or "ecdsa", over SHA-256. Raises Failure."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        if scheme != "ecdsa":
            raise Failure(f"{scheme} needs an RSA key")
        try:
            return key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        except UnsupportedAlgorithm:  # an older OpenSSL
            return key.sign(data, ec.ECDSA(hashes.SHA256()))
    if scheme == "pss":
        return key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    if scheme == "pkcs1":
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    raise Failure(f"{scheme} needs a key on P-256")
