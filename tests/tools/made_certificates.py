"""Certificates and keys for tests of the tools: PEM, self-signed."""

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

_WHEN = datetime.datetime(2026, 1, 1)


def key_pem(key, password: bytes = b"") -> bytes:
    wrapped = serialization.BestAvailableEncryption(password) if password else None
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        wrapped or serialization.NoEncryption(),
    )


def certificate_pem(key, pss=None) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CP-1")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(_WHEN).not_valid_after(_WHEN.replace(year=2036))
    made = builder.sign(key, hashes.SHA256(), rsa_padding=pss)
    return made.public_bytes(serialization.Encoding.PEM)


def pss_pem() -> bytes:
    """One that mbedTLS, as MicroPython has it, can't read."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return certificate_pem(key, padding.PSS(padding.MGF1(hashes.SHA256()), 32))


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def write(folder: Path) -> tuple[Path, Path, Path]:
    """ca, cert and key in the folder, good for security profile 3."""
    key = new_key()
    (folder / "ca").write_bytes(certificate_pem(new_key()))
    (folder / "cert").write_bytes(certificate_pem(key))
    (folder / "key").write_bytes(key_pem(key))
    return folder / "ca", folder / "cert", folder / "key"
