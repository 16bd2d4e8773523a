"""OCPP's own signature of a firmware file: signingCertificate and signature of UpdateFirmware
(L01.FR.04), and certificates for tests: a manufacturer's root and a signing leaf below it."""

from __future__ import annotations

import base64
import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tools import image_keys
from tools.image_keys import Failure

SCHEMES = ("pss", "pkcs1", "ecdsa")
_MOST_CERTIFICATE = 5500  # characters that the request may have
_MOST_SIGNATURE = 800
_FROM = datetime.datetime(2025, 1, 1)
_UNTIL = datetime.datetime(2045, 1, 1)


def certificates(algorithm: str) -> dict[str, bytes]:
    """PEM files by their names: of the root and the leaf, each with its key."""
    root, leaf = image_keys.new_key(algorithm), image_keys.new_key(algorithm)
    name = _name("Test Manufacturer Root")
    return {
        "root.pem": _certificate(name, root.public_key(), name, root, is_ca=True),
        "leaf.pem": _certificate(
            _name("Test Firmware Signing"), leaf.public_key(), name, root, is_ca=False
        ),
        "root.key": _pem(root),
        "leaf.key": _pem(leaf),
    }


def write_certificates(folder: Path, algorithm: str) -> None:
    """Raises Failure; nothing is overwritten."""
    names = ("root.pem", "leaf.pem", "root.key", "leaf.key")
    for name in names:
        if (folder / name).exists():
            raise Failure(f"{folder / name} exists; it is not overwritten")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in certificates(algorithm).items():
            path = folder / name
            path.touch(mode=0o600 if name.endswith(".key") else 0o644, exist_ok=False)
            path.write_bytes(data)
    except OSError as error:
        raise Failure(f"{folder}: {error.strerror}") from None


def request_fields(file: bytes, certificate: bytes, key: image_keys.Private, scheme: str) -> dict:
    """signingCertificate and signature, as UpdateFirmware has them. Raises Failure."""
    try:
        found = x509.load_pem_x509_certificates(certificate)
    except ValueError:
        raise Failure("the certificate is no PEM") from None
    if len(found) != 1:
        raise Failure("one certificate is needed, without those above it")
    if _public(found[0].public_key()) != _public(key.public_key()):
        raise Failure("the certificate is of another key")
    text = found[0].public_bytes(serialization.Encoding.PEM).decode()
    signature = base64.b64encode(image_keys.signature(key, file, scheme)).decode()
    for name, value, most in (
        ("signingCertificate", text, _MOST_CERTIFICATE),
        ("signature", signature, _MOST_SIGNATURE),
    ):
        if len(value) > most:
            raise Failure(f"{name}: {len(value)} characters, and OCPP allows {most}")
    return {"signingCertificate": text, "signature": signature}


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _public(key) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _pem(key: image_keys.Private) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _certificate(subject, public, issuer, issuer_key, is_ca: bool) -> bytes:
    builder = (
        x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(is_ca, 0 if is_ca else None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_ca,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=is_ca,
                crl_sign=is_ca,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if not is_ca:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False
        )
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
