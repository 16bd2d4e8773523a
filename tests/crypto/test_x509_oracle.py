"""Certificates, chains and signing requests as `cryptography` makes and reads them."""

import datetime
import functools
import random
from hashlib import sha256

import pytest
from cryptography import x509 as oracle
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from chargepoint import timestamp
from chargepoint.crypto import chain, csr, p256, pem, x509
from chargepoint.crypto.der import Invalid
from tests.conftest import SOAK
from tests.crypto.test_rsa_oracle import private_key

EPOCH = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
CASES = 3000 if SOAK else 100
MUTATIONS = 100_000 if SOAK else 4000
PURPOSES = {
    ExtendedKeyUsageOID.CODE_SIGNING: x509.CODE_SIGNING,
    ExtendedKeyUsageOID.CLIENT_AUTH: x509.CLIENT_AUTH,
}
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


@functools.cache
def key(name: str):
    if name.startswith("rsa"):
        return private_key(int(name[3:]))
    return ec.derive_private_key(int(name[2:]), ec.SECP256R1())


def name(common_name: str, organization: str = ""):
    parts = [oracle.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    return oracle.Name([*parts, oracle.NameAttribute(NameOID.COMMON_NAME, common_name)])


def usage(has: int):
    bits = [bool(has & 0x80 >> n) for n in range(7)]
    return oracle.KeyUsage(*bits, encipher_only=False, decipher_only=False)


def made(seeded: random.Random, subject, issuer, public, signer, is_ca, limit=None):
    """A certificate with what a certificate may have, by chance."""
    first = EPOCH + datetime.timedelta(seconds=seeded.randrange(-(10**9), 10**9))
    last = first + datetime.timedelta(seconds=seeded.randrange(10**9))
    serial = seeded.getrandbits(seeded.choice((1, 8, 64, 159))) or 1
    builder = oracle.CertificateBuilder(issuer, subject, public, serial, first, last)
    if is_ca or seeded.randrange(2):
        constraints = oracle.BasicConstraints(is_ca, limit)
        builder = builder.add_extension(constraints, bool(seeded.randrange(2)))
    bits = seeded.randrange(1, 128) << 1 | (4 if is_ca else 0)
    if seeded.randrange(2):
        bits = bits & 0xF6 or 0x80  # what needs others is not there
        builder = builder.add_extension(usage(bits), bool(seeded.randrange(2)))
    if seeded.randrange(2):
        chosen = seeded.sample(list(PURPOSES), seeded.randrange(1, 3))
        builder = builder.add_extension(oracle.ExtendedKeyUsage(chosen), False)
    if seeded.randrange(2):
        builder = builder.add_extension(oracle.SubjectKeyIdentifier.from_public_key(public), False)
    if seeded.randrange(3) == 0:
        names = oracle.SubjectAlternativeName([oracle.DNSName("cp.example")])
        builder = builder.add_extension(names, False)
    is_pss = not isinstance(signer, ec.EllipticCurvePrivateKey) and seeded.randrange(2)
    return builder.sign(signer, hashes.SHA256(), rsa_padding=PSS if is_pss else None)


def der(certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def seconds(when: datetime.datetime) -> int:
    return int((when - EPOCH).total_seconds())


def extension(certificate, ident, default):
    try:
        return certificate.extensions.get_extension_for_oid(ident).value
    except oracle.ExtensionNotFound:
        return default


def compare(found, expected) -> None:
    """Every field."""
    assert found.issuer == expected.issuer.public_bytes()
    assert found.subject == expected.subject.public_bytes()
    compare_values(found, expected)
    compare_key(found, expected.public_key())
    compare_extensions(found, expected)


def compare_values(found, expected) -> None:
    assert int.from_bytes(found.serial, "big") == expected.serial_number
    assert found.not_before_s == seconds(expected.not_valid_before_utc)
    assert found.not_after_s == seconds(expected.not_valid_after_utc)
    assert found.signed == expected.tbs_certificate_bytes
    assert found.signature == expected.signature


def compare_key(found, public) -> None:
    if isinstance(public, ec.EllipticCurvePublicKey):
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        assert found.key == (point, 0)
        assert found.key_value == point
    else:
        numbers = public.public_numbers()
        assert int.from_bytes(found.key[0], "big") == numbers.n and found.key[1] == numbers.e
        assert found.key_value == public.public_bytes(Encoding.DER, PublicFormat.PKCS1)


def compare_extensions(found, expected) -> None:
    constraints = extension(expected, ExtensionOID.BASIC_CONSTRAINTS, None)
    assert found.is_ca == (constraints is not None and constraints.ca)
    assert found.path_length == (constraints.path_length if constraints else None)
    bits = extension(expected, ExtensionOID.KEY_USAGE, None)
    if bits is None:
        assert found.key_usage is None
    else:
        assert bool(found.key_usage & x509.DIGITAL_SIGNATURE) == bits.digital_signature
        assert bool(found.key_usage & x509.KEY_CERT_SIGN) == bits.key_cert_sign
    purposes = extension(expected, ExtensionOID.EXTENDED_KEY_USAGE, None)
    if purposes is None:
        assert found.purposes is None
    else:
        assert [each in found.purposes for each in PURPOSES.values()] == [
            each in purposes for each in PURPOSES
        ]


@pytest.mark.parametrize("kind", ["ec7", "rsa2048", "rsa3072"])
def test_fields_and_hash_data_of_foreign_certificates(kind: str):
    seeded = random.Random(kind)
    for case in range(CASES):
        issuer, subject = name("CA " * seeded.randrange(1, 9)), name(f"CP-{case}", "Org \u00e9")
        public = key(kind).public_key()
        signer = key(seeded.choice(("ec1", "ec1", "rsa2048")))
        certificate = made(seeded, subject, issuer, public, signer, bool(seeded.randrange(2)))
        root = made(seeded, issuer, issuer, signer.public_key(), key("ec1"), True)
        found, above = x509.Certificate(der(certificate)), x509.Certificate(der(root))
        compare(found, certificate)
        assert x509.name_part(found.subject, x509.COMMON_NAME) == f"CP-{case}"
        assert x509.name_part(found.subject, x509.ORGANIZATION) == "Org \u00e9"
        request = ocsp.OCSPRequestBuilder()
        request = request.add_certificate(certificate, root, hashes.SHA256()).build()
        assert x509.hash_data(found, above) == {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": request.issuer_name_hash.hex(),
            "issuerKeyHash": request.issuer_key_hash.hex(),
            "serialNumber": f"{certificate.serial_number:x}",
        }


def test_signatures_in_chains_as_the_oracle_judges_them():
    """Certificates of a few issuers in any order, some by the wrong key."""
    seeded = random.Random(1)
    issuers = ("ec1", "ec2", "rsa2048")
    roots = {
        each: made(seeded, name(each), name(each), key(each).public_key(), key(each), True)
        for each in issuers
    }
    found_ways = 0
    for case in range(2 * CASES):
        said, really = seeded.choice(issuers), seeded.choice(issuers)
        leaf = made(seeded, name("leaf"), name(said), key("ec5").public_key(), key(really), False)
        trusted = seeded.sample(issuers, seeded.randrange(1, 4))
        try:
            leaf.verify_directly_issued_by(roots[said])
            expected = said in trusted
        except (InvalidSignature, ValueError, TypeError):
            expected = False
        data = [der(roots[each]) for each in trusted]
        try:
            way = chain.trusted(x509.Certificate(der(leaf)), (), data, None)
        except Invalid:
            way = None
        assert bool(way) == expected, (case, said, really, trusted)
        found_ways += expected
        if way:
            assert way[1].der == der(roots[said])
    assert found_ways > CASES // 4


def test_what_is_taken_after_a_mutation_is_what_the_oracle_reads():
    """We may refuse what it takes, but not the other way round, and no field may differ.

    It says sooner than we do that a point is not on the curve, and reads more: all object ids, the
    texts of names, and extensions that are nothing to us.
    """
    seeded = random.Random(2)
    taken = refused = unread = 0
    originals = [
        der(made(seeded, name("a", "b"), name("c"), key(kind).public_key(), key("ec1"), True, 1))
        for kind in ("ec3", "ec4", "ec5", "rsa2048")
    ]
    for _ in range(MUTATIONS):
        data = bytearray(seeded.choice(originals))
        for _ in range(seeded.choice((1, 1, 1, 2, 3))):
            at = seeded.randrange(len(data))
            data[at] = seeded.choice((data[at] ^ 1 << seeded.randrange(8), seeded.randrange(256)))
        try:
            found = x509.Certificate(bytes(data))
        except Invalid:
            refused += 1
            continue
        taken += 1
        try:
            expected = oracle.load_der_x509_certificate(bytes(data))
        except ValueError as error:
            unread_by_us = ("AttributeTypeValue", "extn_id", "::subject", "::issuer")
            assert any(part in str(error) for part in unread_by_us)
            continue
        compare_values(found, expected)
        try:
            compare_key(found, expected.public_key())
            compare_extensions(found, expected)
        except ValueError:
            unread += 1
    assert taken > MUTATIONS // 5 and refused > MUTATIONS // 5 and unread < taken // 3


def test_signing_requests_are_read_by_the_oracle():
    seeded = random.Random(3)
    for _ in range(CASES // 3):
        private = p256.private_key(seeded.randbytes(48))
        common_name, organization = "CP-\u00e9" + "x" * seeded.randrange(60), seeded.choice("ab ")
        data = csr.request(private, common_name, organization.strip())
        request = oracle.load_pem_x509_csr(pem.encode(data, "CERTIFICATE REQUEST").encode())
        assert request.is_signature_valid
        parts = [organization] if organization.strip() else []
        assert [each.value for each in request.subject] == [*parts, common_name]
        point = request.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        assert point == p256.public_point(private)
        assert request.public_bytes(Encoding.DER) == data


def test_pem_of_the_oracle_and_back():
    seeded = random.Random(4)
    for count in range(1, 5):
        certificates = [
            made(seeded, name("a"), name("b"), key("ec3").public_key(), key("ec1"), False)
            for _ in range(count)
        ]
        text = b"".join([each.public_bytes(Encoding.PEM) for each in certificates])
        found = pem.decode(text, "CERTIFICATE", 4)
        assert found == [der(each) for each in certificates]
        again = "".join([pem.encode(each, "CERTIFICATE") for each in found])
        assert again.encode() == text


def test_validity_in_the_stations_seconds():
    seeded = random.Random(5)
    one = made(seeded, name("a"), name("a"), key("ec1").public_key(), key("ec1"), True)
    found = x509.Certificate(der(one))
    text = one.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert timestamp.format(found.not_after_s) == text
    assert sha256(found.der).digest() == one.fingerprint(hashes.SHA256())
