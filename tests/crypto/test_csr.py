"""Certificate signing requests: both interpreters. test_x509_oracle.py has another read them."""

from hashlib import sha256

from chargepoint.crypto import csr, der, p256, signature, x509
from tests.support import certificates as made
from tests.support.raises import refused

PRIVATE = made.private(77)


def parts(data: bytes):
    """(what is signed, key, subject, whether the signature is right)."""
    fields = der.whole(data)
    asked = fields.element(der.SEQUENCE)
    assert fields.element(der.SEQUENCE) == made.ECDSA
    signed = fields.bits()
    fields.end()
    body = der.whole(asked)
    assert body.unsigned(1) == b"\0"
    subject = body.element(der.SEQUENCE)
    key = body.element(der.SEQUENCE)
    assert body.value(0xA0) == b""
    body.end()
    point = p256.public_point(PRIVATE)
    digest = sha256(asked).digest()
    return subject, key, signature.verify(signature.ECDSA, (point, 0), digest, signed)


def test_request():
    subject, key, is_right = parts(csr.request(PRIVATE, "CP-0001", "Operator"))
    assert subject == made.name("CP-0001", "Operator")
    assert key == made.public(77)
    assert is_right


def test_without_an_organization():
    subject, _, is_right = parts(csr.request(PRIVATE, "\u00e9" * 64))
    assert x509.name_part(subject, x509.COMMON_NAME) == "\u00e9" * 64
    assert x509.name_part(subject, x509.ORGANIZATION) is None
    assert is_right


def test_the_same_is_asked_with_the_same_bytes():
    assert csr.request(PRIVATE, "CP-1") == csr.request(PRIVATE, "CP-1")


def test_names_that_are_too_long_or_empty():
    for names in (("",), ("x" * 65,), ("CP-1", "o" * 65)):
        assert refused(csr.request, PRIVATE, *names).startswith("a name of 1 to 64"), names
