"""Certificate signing requests (PKCS #10, RFC 2986) for a key on P-256."""

from hashlib import sha256

from .der import INTEGER, OBJECT_ID, SEQUENCE, SET, UTF8, Invalid, element
from .signature import public_point, sign

_SIGNED_BY = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
_KEY = (
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
    b"\x03\x42\x00"
)


def request(private: bytes, common_name: str, organization: str = "") -> bytes:
    """The DER of a request, signed with the private key (A02.FR.03).

    common_name: the serial number of the charging station (A00.FR.511); organization: its owner
    (A00.FR.509).
    """
    names = [(b"\x55\x04\x0a", organization)] if organization else []
    subject = [_attribute(*each) for each in names + [(b"\x55\x04\x03", common_name)]]
    asked = element(
        SEQUENCE,
        element(INTEGER, b"\0"),
        element(SEQUENCE, *subject),
        _KEY + public_point(private),
        b"\xa0\x00",
    )
    signature = sign(private, sha256(asked).digest())
    return element(SEQUENCE, asked, _SIGNED_BY, element(3, b"\0", signature))


def _attribute(name: bytes, text: str) -> bytes:
    if not 0 < len(text) <= 64:  # RFC 5280, appendix A
        raise Invalid("a name of 1 to 64 characters is needed")
    value = element(UTF8, text.encode())
    return element(SET, element(SEQUENCE, element(OBJECT_ID, name), value))
