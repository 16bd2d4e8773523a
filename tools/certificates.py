"""Whether the files for TLS are what the station can use, before they go onto a board.

The station takes PEM or DER (link/tls.py): root certificates, its own certificate with the chain,
and the key of that one without a password.
"""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_private_key

from chargepoint.link import tls
from tools.boards import Failure

_WANTED = {
    "CA": "a certificate",
    "CERT": "a certificate",
    "KEY": "a private key without a password",
}


def check(root: Path | None, certificate: Path | None, key: Path | None) -> None:
    """None: not needed. Raises Failure."""
    if root is not None:
        for data in _objects("CA", root):
            _public_key("CA", root, data)
    if certificate is not None and key is not None:
        own = [_public_key("CERT", certificate, each) for each in _objects("CERT", certificate)]
        try:
            private = load_der_private_key(_objects("KEY", key)[-1], None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise _unfit("KEY", key, "not readable") from None
        if own[0] != private.public_key():
            raise Failure(f"KEY={key}: belongs to another certificate than CERT={certificate}")


def _objects(name: str, path: Path) -> list[bytes]:
    try:
        found = tls.der(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _unfit(name, path, getattr(error, "strerror", None) or error) from None
    if not found:
        raise _unfit(name, path, "nothing in it")
    return found


def _public_key(name: str, path: Path, data: bytes):
    try:
        return x509.load_der_x509_certificate(data).public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise _unfit(name, path, "not readable") from None


def _unfit(name: str, path: Path, why: object) -> Failure:
    return Failure(f"{name}={path}: {why}: {_WANTED[name]} is needed, as PEM or DER")
