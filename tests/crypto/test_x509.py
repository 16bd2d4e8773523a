"""Certificates, field by field: both interpreters. test_x509_oracle.py compares with another."""

from hashlib import sha256

from chargepoint import timestamp
from chargepoint.crypto import x509
from chargepoint.crypto.der import element, unsigned
from chargepoint.crypto.signature import ECDSA, RSA_PKCS1, RSA_PSS
from chargepoint.crypto.x509 import Certificate
from tests.support import certificates as made
from tests.support import rsa_keys
from tests.support.certificates import BASIC, KEY_USAGE, PURPOSES, certificate, extension
from tests.support.raises import refused

UNKNOWN = b"\x2a\x03\x04"
MALFORMED = "malformed DER"


def why_not(**fields) -> str:
    return refused(Certificate, certificate(**fields))


def with_extensions(*extensions) -> str:
    return why_not(extensions=extensions)


def test_what_a_certificate_says():
    data = certificate(
        subject=made.name("CP-1", "Operator"),
        issuer="Sub-CA",
        key=2,
        extensions=(made.ca(3), made.key_usage(0x84), made.purposes(x509.CODE_SIGNING, UNKNOWN)),
    )
    found = Certificate(data)
    assert found.der is data
    assert found.issuer == made.name("Sub-CA")
    assert found.subject == made.name("CP-1", "Operator")
    assert x509.name_part(found.subject, x509.COMMON_NAME) == "CP-1"
    assert x509.name_part(found.subject, x509.ORGANIZATION) == "Operator"
    assert x509.name_part(found.issuer, x509.ORGANIZATION) is None
    assert timestamp.format(found.not_before_s) == "2026-01-01T00:00:00Z"
    assert timestamp.format(found.not_after_s) == "2046-01-01T00:00:00Z"
    assert found.key == (made.public(2)[-65:], 0)
    assert found.scheme == ECDSA and found.salt_bytes is None
    assert (found.is_ca, found.path_length, found.key_usage) == (True, 3, 0x84)
    assert found.purposes == [x509.CODE_SIGNING, UNKNOWN]
    assert Certificate(memoryview(data)).subject == found.subject


def test_what_is_not_said():
    found = Certificate(certificate())
    assert (found.is_ca, found.path_length) == (False, None)
    assert (found.key_usage, found.purposes) == (None, None)
    found = Certificate(certificate(extensions=(extension(BASIC, element(0x30)),)))
    assert (found.is_ca, found.path_length) == (False, None)
    found = Certificate(certificate(extensions=(made.ca(),)))
    assert (found.is_ca, found.path_length) == (True, None)


def test_hash_data_of_a_certificate():
    """CertificateHashDataType: of the issuer's name here, of the issuer's key there."""
    issuer = Certificate(certificate(subject="root", key=1, extensions=(made.ca(),)))
    found = Certificate(certificate(serial=b"\x02\x03\x00\xab\xcd"))
    point = bytes(made.public(1)[-65:])
    assert x509.hash_data(found, issuer) == {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": sha256(made.name("root")).digest().hex(),
        "issuerKeyHash": sha256(point).digest().hex(),
        "serialNumber": "abcd",
    }
    for serial, text in ((b"\1", "1"), (b"\0", "0"), (b"\x0a\xbc", "abc"), (b"\x10\0", "1000")):
        found = Certificate(certificate(serial=element(2, serial)))
        assert x509.hash_data(found, issuer)["serialNumber"] == text
    longest = b"\0" + b"\xff" * 20
    found = Certificate(certificate(serial=element(2, longest)))
    assert x509.hash_data(found, issuer)["serialNumber"] == "f" * 40


def test_serial_numbers_that_are_not():
    assert why_not(serial=b"\x02\x01\xff") == "negative or no number"
    assert why_not(serial=b"\x02\x00") == "negative or no number"
    assert why_not(serial=b"\x02\x02\x00\x01") == MALFORMED
    assert why_not(serial=element(2, b"\1" + bytes(20))) == "number too large"
    assert why_not(serial=b"") == MALFORMED


def test_only_version_3():
    wrong = "not X.509 version 3"
    assert why_not(version=b"\xa0\x03\x02\x01\x00") == wrong
    assert why_not(version=b"\xa0\x03\x02\x01\x01") == wrong
    assert why_not(version=b"\xa0\x03\x02\x01\x03") == wrong
    assert why_not(version=b"") == MALFORMED
    assert why_not(version=b"\xa0\x04\x02\x02\x00\x02") == MALFORMED
    assert why_not(version=b"\xa0\x06\x02\x01\x02\x02\x01\x02") == "more than expected"


def test_signature_algorithms():
    for algorithm, scheme, salt_bytes in (
        (made.ECDSA, ECDSA, None),
        (made.PKCS1, RSA_PKCS1, None),
        (made.pss(), RSA_PSS, 32),
        (made.pss(0), RSA_PSS, 0),
        (made.pss(222), RSA_PSS, 222),
    ):
        found = Certificate(certificate(algorithm=algorithm))
        assert (found.scheme, found.salt_bytes) == (scheme, salt_bytes)


def test_signature_algorithms_that_are_not():
    unknown = "signature algorithm"
    sha1 = bytes.fromhex("300906052b0e03021a0500")
    sha512 = bytes.fromhex("300d06096086480165030402030500")
    mgf1 = bytes.fromhex("06092a864886f70d010108")
    for algorithm in (
        bytes.fromhex("300d06092a864886f70d0101050500"),  # SHA-1 with RSA
        bytes.fromhex("300d06092a864886f70d01010d0500"),  # SHA-512 with RSA
        bytes.fromhex("300a06082a8648ce3d040303"),  # ECDSA with SHA-384
        bytes.fromhex("300506032b6570"),  # Ed25519
        bytes.fromhex("300b06092a864886f70d01010b"),  # without its NULL
        made.pss(hash=sha1),
        made.pss(hash=sha512),
        made.pss(mgf=element(0x30, mgf1, sha1)),
        made.pss(mgf=element(0x30, mgf1, sha512)),
    ):
        assert why_not(algorithm=algorithm) == unknown, algorithm
    for algorithm, reason in (
        (made.ECDSA[:1] + b"\x0c" + made.ECDSA[2:] + b"\x05\x00", unknown),
        (bytes.fromhex("300d06092a864886f70d01010a3000"), MALFORMED),  # the defaults: SHA-1
        (bytes.fromhex("300b06092a864886f70d01010a"), MALFORMED),
        (made.pss(rest=b"\xa3\x03\x02\x01\x01"), "more than expected"),
        (made.pss(rest=b"\xa3\x03\x02\x01\x02"), "more than expected"),
        (b"\x30\x00", MALFORMED),
    ):
        assert why_not(algorithm=algorithm) == reason, algorithm
    with_more = element(0x30, made.pss()[2:], b"\x05\x00")
    assert why_not(algorithm=with_more) == "more than expected"
    assert why_not(algorithm=made.PKCS1, inner_algorithm=made.ECDSA) == "two signature algorithms"
    assert why_not(algorithm=made.pss(20), inner_algorithm=made.pss()) == (
        "two signature algorithms"
    )


def test_times():
    for text, meant in (
        ("500101000000Z", "1950-01-01T00:00:00Z"),
        ("991231235959Z", "1999-12-31T23:59:59Z"),
        ("000229120000Z", "2000-02-29T12:00:00Z"),
        ("491231235959Z", "2049-12-31T23:59:59Z"),
        ("20500101000000Z", "2050-01-01T00:00:00Z"),
        ("99991231235959Z", "9999-12-31T23:59:59Z"),
    ):
        found = Certificate(certificate(not_before=text, not_after=text))
        assert found.not_before_s == found.not_after_s == timestamp.parse(meant), text
        assert timestamp.format(found.not_after_s) == meant


def test_times_that_are_not():
    for text in (
        "",
        "2601010000Z",
        "260101000000",
        "260101000000z",
        "260101000000+",
        "2601010000+01",
        "260101000000Z ",
        "261301000000Z",
        "260001000000Z",
        "260230000000Z",
        "260100000000Z",
        "270229000000Z",
        "260101240000Z",
        "260101006000Z",
        "260101000060Z",
        "26010100000aZ",
        "-60101000000Z",
        "26-1-1000000Z",
        "2026010100000Z",
        "20260101000000",
        "202601010000.5Z",
        "20261301000000Z",
        "20260101000060Z",
        "\u00e90101000000Z",
    ):
        assert why_not(not_after=text) == "time", text
    utc, other = element(0x17, b"20260101000000Z"), element(0x18, b"260101000000Z")
    for wrong in (utc, other, element(0x0C, b"260101000000Z"), element(0x17, b"\xff" * 13)):
        data = certificate().replace(made.time("460101000000Z"), wrong)
        assert refused(Certificate, data), wrong


def test_public_keys():
    for bits in (2048, 2049, 3072, 4096):
        modulus = rsa_keys.modulus(bits)
        found = Certificate(certificate(public_key=made.rsa_public(modulus)))
        assert found.key == (modulus, 65537)
        numbers = element(0x30, unsigned(modulus), b"\x02\x03\x01\x00\x01")
        assert found.key_value == numbers


def test_public_keys_that_are_not():
    point = made.public(2)[-65:]
    n = rsa_keys.modulus(2048)

    def p256(value: bytes, algorithm: bytes = made.P256, unused: bytes = b"\0") -> bytes:
        return element(0x30, algorithm, element(3, unused, value))

    p384 = bytes.fromhex("301006072a8648ce3d020106052b81040022")
    pss_only = bytes.fromhex("300b06092a864886f70d01010a")
    explicit = bytes.fromhex("300b06072a8648ce3d02013000")
    for key in (
        p256(b"\2" + point[1:33]),  # compressed
        p256(b"\6" + point[1:]),
        p256(point[:-1]),
        p256(point + b"\0"),
        p256(b"\0"),
        p256(b""),
        p256(point, p384),
        p256(point, explicit),
        p256(point, made.RSA[:-2].replace(b"\x0d", b"\x0b", 1)),
        p256(point, pss_only),
        p256(point, bytes.fromhex("300506032b6570")),
        made.rsa_public(rsa_keys.modulus(2047)),
        made.rsa_public(rsa_keys.modulus(1024)),
        made.rsa_public(b""),
    ):
        assert why_not(public_key=key) == "public key", key[:40]
    numbers = "number too large"
    assert why_not(public_key=made.rsa_public(rsa_keys.modulus(4104))) == numbers
    assert why_not(public_key=made.rsa_public(n, b"\1" + bytes(4))) == numbers
    negative = element(0x30, element(2, b"\x80" + n[1:]), b"\x02\x01\x03")
    spki = element(0x30, made.RSA, element(3, b"\0", negative))
    assert why_not(public_key=spki) == "negative or no number"
    assert why_not(public_key=p256(point, unused=b"\1")) == MALFORMED
    extra = element(0x30, made.RSA, element(3, b"\0", element(0x30, unsigned(n)), b"\0"))
    assert why_not(public_key=extra) == "more than expected"
    three = element(0x30, unsigned(n), b"\x02\x01\x03", b"\x02\x01\x03")
    spki = element(0x30, made.RSA, element(3, b"\0", three))
    assert why_not(public_key=spki) == "more than expected"


def test_extensions_that_are_not_known():
    unknown = "unknown extension"
    assert with_extensions(extension(UNKNOWN, b"\x05\x00")) == unknown
    assert with_extensions(extension(UNKNOWN, b"\x05\x00", b"")) == ""
    assert with_extensions(extension(UNKNOWN, b"what it may be", b"")) == ""
    for critical in (b"", b"\x01\x01\xff"):  # name constraints: never passed over
        assert with_extensions(extension(b"\x55\x1d\x1e", b"\x30\x00", critical)) == unknown
    assert with_extensions(extension(b"\x55\x1d\x24", b"\x30\x00")) == unknown


def test_extensions_that_are_malformed():
    for wrong in (
        extension(UNKNOWN, b"", b"\x01\x01\x00"),  # the default must not be there
        extension(UNKNOWN, b"", b"\x01\x01\x01"),
        extension(UNKNOWN, b"", b"\x01\x00"),
        extension(UNKNOWN, b"", b"\x01\x02\xff\xff"),
        element(0x30, element(6, UNKNOWN)),
        element(0x30, element(4, b"")),
        element(0x31),
        extension(BASIC, b""),
        extension(BASIC, element(0x30, b"\x01\x01\x00")),
        extension(BASIC, element(0x30, b"\x01\x01\x02")),
        extension(KEY_USAGE, b""),
        extension(KEY_USAGE, element(3)),
        extension(KEY_USAGE, element(3, b"\0")),
        extension(KEY_USAGE, element(3, b"\x08\x80")),
        extension(KEY_USAGE, element(3, b"\x08\x80\x00")),
        extension(KEY_USAGE, element(3, b"\x07\xff")),
        extension(KEY_USAGE, element(3, b"\x01\x81")),
        extension(KEY_USAGE, element(3, b"\x00\x80\x00\x00")),
        extension(PURPOSES, element(0x30, b"\x05\x00")),
    ):
        assert with_extensions(wrong) == MALFORMED, wrong
    assert with_extensions(extension(BASIC, element(0x30, b"\x01\x01\xff", b"\x02\x01\x80"))) == (
        "negative or no number"
    )
    assert with_extensions(made.ca(0)[:-2] + b"\x02\x00") != ""
    more = "more than expected"
    for wrong in (
        element(0x30, extension(BASIC, element(0x30))[2:], b"\x05\x00"),
        extension(BASIC, element(0x30, b"\x01\x01\xff") + b"\0"),
        extension(BASIC, element(0x30, b"\x02\x01\x00")),  # a path length of no CA
        extension(BASIC, element(0x30, b"\x01\x01\xff", b"\x02\x01\x00", b"\x05\x00")),
        extension(KEY_USAGE, element(3, b"\0\x80") + b"\x05\x00"),
        extension(PURPOSES, element(0x30, element(6, UNKNOWN)) + b"\x05\x00"),
    ):
        assert with_extensions(wrong) == more, wrong
    huge = "number too large"
    assert with_extensions(made.ca()[:-5] + element(0x30)) != ""
    limit = element(0x30, b"\x01\x01\xff", b"\x02\x02\x01\x00")
    assert with_extensions(extension(BASIC, limit)) == huge


def test_an_extension_is_there_once():
    for one in (made.ca(), made.key_usage(0x80), made.purposes(UNKNOWN)):
        assert with_extensions(one, one) == "extension twice"
    unknown = extension(UNKNOWN, b"", b"")
    assert with_extensions(unknown, made.ca(), unknown) == "extension twice"


def test_key_usage_of_two_bytes():
    """decipherOnly is the ninth bit; it is not looked at."""
    both = extension(KEY_USAGE, element(3, b"\x07\x80\x80"))
    assert Certificate(certificate(extensions=(both,))).key_usage == 0x80


def test_unique_identifiers_are_not_passed_over():
    assert why_not(more=b"\x81\x02\x00\xaa") == MALFORMED
    assert why_not(more=b"\x82\x02\x00\xaa") == MALFORMED
    assert why_not(more=b"\x05\x00") == MALFORMED


def test_what_is_around_the_fields():
    data = certificate()
    assert refused(Certificate, data) == ""
    for wrong in (data + b"\0", data[:-1], data[1:], b"", b"\x30\x00", b"-----BEGIN", data * 2):
        assert refused(Certificate, wrong), wrong[:8]
    assert refused(Certificate, element(0x30, data)) == MALFORMED
    assert refused(Certificate, bytes(4097)) == "certificate too long"
    padded = extension(UNKNOWN, bytes(4096), b"")
    assert with_extensions(padded) == "certificate too long"


def test_no_part_may_be_missing_and_none_cut():
    """At every length it is refused, and so is what is left when an element of it goes."""
    data = certificate(extensions=(made.ca(0), made.key_usage(0x04)))
    for length in range(len(data)):
        assert refused(Certificate, data[:length]), length
    body = Certificate(data).signed
    parts = []
    at = 4 if body[1] == 0x82 else 3
    while at < len(body):
        size = body[at + 1]
        head = 2
        if size > 127:
            head = 2 + (size & 127)
            size = int.from_bytes(body[at + 2 : at + head], "big")
        parts.append(bytes(body[at : at + head + size]))
        at += head + size
    assert len(parts) == 8
    rest = bytes(data[4 + len(body) :])
    assert refused(Certificate, element(0x30, element(0x30, *parts), rest)) == ""
    for gone in range(7):  # the extensions may be missing
        left = parts[:gone] + parts[gone + 1 :]
        assert refused(Certificate, element(0x30, element(0x30, *left), rest)), gone
    for twice in range(8):
        left = parts[: twice + 1] + parts[twice:]
        assert refused(Certificate, element(0x30, element(0x30, *left), rest)), twice


def test_what_comes_after_the_last_field_of_a_part():
    more = "more than expected"
    data = certificate(extensions=(made.ca(),))
    found = Certificate(data)
    signed = bytes(found.signed)
    rest = data[len(data) - len(made.ECDSA) - 3 - len(found.signature) :]
    assert refused(Certificate, element(0x30, signed, rest)) == ""
    assert refused(Certificate, element(0x30, signed, rest, b"\x05\x00")) == more
    both = made.time("260101000000Z") + made.time("460101000000Z")
    for part, longer in (
        (element(0x30, both), element(0x30, both, b"\x05\x00")),
        (
            element(0xA3, element(0x30, made.ca())),
            element(0xA3, element(0x30, made.ca()), b"\x05\x00"),
        ),
    ):
        assert signed.count(part) == 1
        body = signed.replace(part, longer)
        body = element(0x30, body[4 if body[1] == 0x82 else 3 if body[1] == 0x81 else 2 :])
        assert refused(Certificate, element(0x30, body, rest)) == more, part


def test_names_in_a_certificate():
    for name in (element(0x30, b"\x05\x00"), element(0x30, element(0x31, b"\x05\x00"))):
        assert why_not(subject=name) == MALFORMED
        assert why_not(issuer=name) == MALFORMED
    assert why_not(subject=element(0x30)) == ""


def test_names_that_are_not_as_they_should_be():
    part = x509.COMMON_NAME
    for name in (
        element(0x31),
        element(0x30, element(0x30)),
        element(0x30, element(0x31, element(0x31))),
        element(0x30, element(0x31, element(0x30, element(6, part)))),
        element(0x30, element(0x31, element(0x30, element(6, part), b"\x0c\x01a", b"\x05\x00"))),
        made.name("a") + b"\0",
    ):
        assert refused(x509.name_part, name, part), name
    latin = element(0x30, element(0x31, element(0x30, element(6, part), b"\x14\x01\xe9")))
    assert refused(x509.name_part, latin, part) == "text not UTF-8"
    assert x509.name_part(element(0x30), part) is None
    assert x509.name_part(made.name("\u00e9\u20ac"), part) == "\u00e9\u20ac"
