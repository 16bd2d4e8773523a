"""X.509 certificates of version 3 (RFC 5280), as far as a charging station needs them.

Keys are RSA or P-256, signatures over SHA-256. A critical extension that is not read here is an
error, and so are name constraints in any form, extension twice, and unique identifiers.
"""

import binascii
from hashlib import sha256

from .. import timestamp
from ..compat import const
from . import der
from .der import Invalid, Reader
from .signature import ECDSA, RSA_PKCS1, RSA_PSS

# Bits of keyUsage.
DIGITAL_SIGNATURE = const(0x80)
KEY_CERT_SIGN = const(0x04)
COMMON_NAME = b"\x55\x04\x03"
ORGANIZATION = b"\x55\x04\x0a"
CODE_SIGNING = b"\x2b\x06\x01\x05\x05\x07\x03\x03"
CLIENT_AUTH = b"\x2b\x06\x01\x05\x05\x07\x03\x02"
_MOST_BYTES = const(4096)
_SHA256 = b"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
_MGF1 = b"\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
_PSS = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
_PKCS1_SHA256 = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"
_ECDSA_SHA256 = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
_RSA_KEY = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"
_P256_KEY = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"


class Certificate:
    """What a certificate in DER says. Raises Invalid.

    signed, scheme, salt_bytes, signature: the part that is signed, and how; serial, issuer,
    subject, key_value: as in the certificate; not_before_s, not_after_s: as epoch_s; key: for
    signature.verify; is_ca, path_length: basic constraints, None: no limit; key_usage: its first
    eight bits, None: no such extension; purposes: object ids of extKeyUsage, None likewise.
    """

    def __init__(self, data):
        if len(data) > _MOST_BYTES:
            raise Invalid("certificate too long")
        self.der = data
        outer = der.whole(data)
        self.signed = outer.element(der.SEQUENCE)
        algorithm = outer.element(der.SEQUENCE)
        self.signature = outer.bits()
        outer.end()
        self.scheme, self.salt_bytes = _scheme(algorithm)
        body = der.whole(self.signed)
        version = body.inner(0xA0)
        if version.unsigned(1) != b"\x02":
            raise Invalid("not X.509 version 3")
        version.end()
        self.serial = body.unsigned(20)
        if body.element(der.SEQUENCE) != algorithm:
            raise Invalid("two signature algorithms")
        self.issuer = body.element(der.SEQUENCE)
        validity = body.inner()
        self.not_before_s, self.not_after_s = _time_s(validity), _time_s(validity)
        validity.end()
        self.subject = body.element(der.SEQUENCE)
        for name in (self.issuer, self.subject):
            name_part(name, b"")
        self.key, self.key_value = _key(body.inner())
        self.is_ca = False
        self.path_length = self.key_usage = self.purposes = None
        if body.tag():
            wrapped = body.inner(0xA3)
            extensions = wrapped.inner()
            wrapped.end()
            seen = []
            while extensions.tag():
                self._extension(extensions.inner(), seen)
        body.end()

    def _extension(self, fields, seen: list) -> None:
        name = fields.value(der.OBJECT_ID)
        if name in seen:
            raise Invalid("extension twice")
        seen.append(name)
        is_critical = fields.tag() == der.BOOLEAN
        if is_critical and fields.value(der.BOOLEAN) != b"\xff":
            raise Invalid("malformed DER")
        value = Reader(fields.value(der.OCTETS))
        fields.end()
        if name == b"\x55\x1d\x13":
            constraints = value.inner()
            if constraints.tag() == der.BOOLEAN:
                self.is_ca = constraints.value(der.BOOLEAN) == b"\xff"
                if not self.is_ca:
                    raise Invalid("malformed DER")
                if constraints.tag():
                    self.path_length = constraints.unsigned(1)[0]
            constraints.end()
        elif name == b"\x55\x1d\x0f":
            bits = value.value(der.BITS)
            if not 1 < len(bits) < 4 or bits[0] > 7 or bits[-1] & ((1 << bits[0]) - 1):
                raise Invalid("malformed DER")
            self.key_usage = bits[1]
        elif name == b"\x55\x1d\x25":
            ids = value.inner()
            self.purposes = []
            while ids.tag():
                self.purposes.append(ids.value(der.OBJECT_ID))
        elif is_critical or name == b"\x55\x1d\x1e":
            raise Invalid("unknown extension")
        else:
            return
        value.end()


def name_part(name, part: bytes) -> "str | None":
    """The text of the first such attribute of a name, as COMMON_NAME of a subject."""
    names = der.whole(name)
    while names.tag():
        group = names.inner(der.SET)
        while group.tag():
            attribute = group.inner()
            is_it = attribute.value(der.OBJECT_ID) == part
            value = attribute.value(attribute.tag())
            attribute.end()
            if is_it:
                return _text(value)
    return None


def hash_data(certificate, issuer) -> dict:
    """CertificateHashDataType of a certificate, which its issuer's is needed for."""
    serial = _hex(certificate.serial).lstrip("0")
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": _hex(sha256(certificate.issuer).digest()),
        "issuerKeyHash": _hex(sha256(issuer.key_value).digest()),
        "serialNumber": serial or "0",
    }


def _hex(data) -> str:
    return binascii.hexlify(data).decode()


def _text(data) -> str:
    try:
        return str(data, "utf-8")
    except ValueError:
        raise Invalid("text not UTF-8") from None


def _scheme(algorithm):
    """(scheme, bytes of salt or None)."""
    if algorithm == _PKCS1_SHA256:
        return RSA_PKCS1, None
    if algorithm == _ECDSA_SHA256:
        return ECDSA, None
    fields = der.whole(algorithm)
    if fields.value(der.OBJECT_ID) != _PSS:
        raise Invalid("signature algorithm")
    parameters = fields.inner()
    if parameters.value(0xA0) != _SHA256 or parameters.value(0xA1) != _MGF1 + _SHA256:
        raise Invalid("signature algorithm")
    salt = parameters.inner(0xA2)
    salt_bytes = int.from_bytes(salt.unsigned(2), "big")
    for reader in (salt, parameters, fields):
        reader.end()
    return RSA_PSS, salt_bytes


def _key(fields):
    """(key, value of its field)."""
    algorithm = fields.element(der.SEQUENCE)
    value = fields.bits()
    fields.end()
    if algorithm == _P256_KEY:
        if len(value) != 65 or value[0] != 4:
            raise Invalid("public key")
        return (value, 0), value
    if algorithm != _RSA_KEY:
        raise Invalid("public key")
    numbers = der.whole(value)
    modulus = numbers.unsigned(512)
    exponent = int.from_bytes(numbers.unsigned(4), "big")
    numbers.end()
    if not int.from_bytes(modulus, "big") >> 2047:
        raise Invalid("public key")  # A00.FR.502
    return (modulus, exponent), value


def _time_s(fields) -> int:
    tag = fields.tag()
    text = _text(fields.value(tag))
    if tag == 0x17 and len(text) == 13:
        text = ("19" if text > "5" else "20") + text
    elif tag != 0x18 or len(text) != 15:
        raise Invalid("time")
    if text[14] != "Z" or text[12] > "5":
        raise Invalid("time")
    parts = (text[:4], text[4:6], text[6:8], text[8:10], text[10:12], text[12:])
    try:
        return timestamp.parse("%s-%s-%sT%s:%s:%s" % parts)
    except ValueError:
        raise Invalid("time") from None
