"""Whether the files for TLS are what the station can use, before they go onto a board.

The station takes PEM or DER (link/tls.py): root certificates, its own certificate with the chain,
and the key of that one without a password.
"""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_private_key
from cryptography.x509.oid import SignatureAlgorithmOID

from chargepoint.crypto import pem
from chargepoint.crypto.x509 import Certificate
from chargepoint.link import tls
from tools.boards import Failure

_MOST_ROOTS = 4
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
            if is_pss(data):
                raise _unfit("CA", root, "signed by RSA-PSS, which the board's TLS can't read")
    if certificate is not None and key is not None:
        own = [_public_key("CERT", certificate, each) for each in _objects("CERT", certificate)]
        try:
            private = load_der_private_key(_objects("KEY", key)[-1], None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise _unfit("KEY", key, "not readable") from None
        if own[0] != private.public_key():
            raise Failure(f"KEY={key}: belongs to another certificate than CERT={certificate}")


def check_roots(path: Path | None) -> None:
    """Of the manufacturer: as station/manufacturer_roots.py reads them. Raises Failure."""
    if path is None:
        return
    name, wanted = "MANUFACTURER_ROOTS", f"1 to {_MOST_ROOTS} certificates are needed, as PEM"
    try:
        found = pem.decode(path.read_bytes(), "CERTIFICATE", _MOST_ROOTS)
        roots = [Certificate(data) for data in found]
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise Failure(f"{name}={path}: {why}: {wanted}") from None
    if not all(root.is_ca for root in roots):
        raise Failure(f"{name}={path}: not of a CA: {wanted}")


def is_pss(data: bytes) -> bool:
    """Whether a certificate in DER form is one that mbedTLS, as MicroPython has it, can't read."""
    found = x509.load_der_x509_certificate(data).signature_algorithm_oid
    return found == SignatureAlgorithmOID.RSASSA_PSS


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
