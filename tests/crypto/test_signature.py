"""Which implementation checks and makes signatures: both interpreters."""

import sys
from hashlib import sha256

from chargepoint.crypto import chain, p256, signature, x509
from chargepoint.crypto.der import element, unsigned
from chargepoint.ota import container
from tests.support import certificates, images, rsa_keys

DIGEST = sha256(b"message").digest()
PRIVATE = (7).to_bytes(32, "big")
POINT = p256.public_point(PRIVATE)
RSA_KEY = (rsa_keys.modulus(2048), 65537)
SALT = bytes(32)
NATIVE = "chargepoint_crypto"


class Part:
    """Stands for a part of the C module: notes its arguments, and says what it was told."""

    def __init__(self, answer):
        self.answer = answer
        self.calls = []

    def verify_pss(self, *arguments):
        self.calls.append(("verify_pss", arguments))
        return self.answer

    def verify_pkcs1(self, *arguments):
        self.calls.append(("verify_pkcs1", arguments))
        return self.answer

    def verify_ecdsa(self, *arguments):
        self.calls.append(("verify_ecdsa", arguments))
        return self.answer

    def sign_ecdsa(self, *arguments):
        self.calls.append(("sign_ecdsa", arguments))
        return self.answer

    def public_point(self, *arguments):
        self.calls.append(("public_point", arguments))
        return self.answer


class Native:
    """Stands for the C module, with the parts that are given."""

    def __init__(self, **parts):
        for name in parts:
            setattr(self, name, parts[name])


def with_native(native, function, *arguments):
    sys.modules[NATIVE] = native
    try:
        return function(*arguments)
    finally:
        del sys.modules[NATIVE]


def all_kinds():
    """(scheme, key, signature, salt_bytes) of good signatures."""
    yield signature.RSA_PSS, RSA_KEY, rsa_keys.sign_pss(2048, DIGEST, SALT), 32
    yield signature.RSA_PSS, RSA_KEY, rsa_keys.sign_pss(2048, DIGEST, SALT), None
    yield signature.RSA_PKCS1, RSA_KEY, rsa_keys.sign_pkcs1(2048, DIGEST), None
    yield signature.ECDSA, (POINT, 0), signature.sign(PRIVATE, DIGEST), None


def test_every_scheme_without_the_native_module():
    assert NATIVE not in sys.modules
    for scheme, key, signed, salt_bytes in all_kinds():
        assert signature.verify(scheme, key, DIGEST, signed, salt_bytes)
        assert not signature.verify(scheme, key, sha256(b"other").digest(), signed, salt_bytes)
        assert not signature.verify(scheme, key, DIGEST, signed[:-1], salt_bytes)
        assert not signature.verify(scheme, key, DIGEST, b"", salt_bytes)
    assert signature.public_point(PRIVATE) == POINT


def test_a_scheme_with_a_key_of_another_kind():
    for scheme, _, signed, salt_bytes in all_kinds():
        key = RSA_KEY if scheme == signature.ECDSA else (POINT, 0)
        assert not signature.verify(scheme, key, DIGEST, signed, salt_bytes)
    pss = rsa_keys.sign_pss(2048, DIGEST, SALT)
    assert not signature.verify(signature.RSA_PKCS1, RSA_KEY, DIGEST, pss)


def steps_of(steps) -> tuple:
    """(how many there were, what was returned)"""
    count = 0
    while True:
        try:
            assert next(steps) is None
            count += 1
        except StopIteration as end:
            return count, end.value


def test_every_scheme_in_steps():
    fewest = {signature.RSA_PSS: 16, signature.RSA_PKCS1: 16, signature.ECDSA: 257}
    for scheme, key, signed, salt_bytes in all_kinds():
        count, is_right = steps_of(signature.verifying(scheme, key, DIGEST, signed, salt_bytes))
        assert is_right is True and count > fewest[scheme]
        other = sha256(b"other").digest()
        count, is_right = steps_of(signature.verifying(scheme, key, other, signed, salt_bytes))
        assert is_right is False and count > fewest[scheme]
        for wrong in (signed[:-1], b""):
            steps = signature.verifying(scheme, key, DIGEST, wrong, salt_bytes)
            assert steps_of(steps) == (0, False)


def test_what_the_native_module_checks_is_one_step():
    for answer in (True, False):
        for scheme, key, signed, salt_bytes in all_kinds():
            part = Part(answer)
            native = Native(rsa=part, p256=part)
            steps = signature.verifying(scheme, key, DIGEST, signed, salt_bytes)
            assert with_native(native, steps_of, steps) == (0, answer)
            assert len(part.calls) == 1


def test_the_native_module_checks():
    """It gets what the plain functions get, r and s as 64 bytes, and its answer counts."""
    raw = p256.sign_ecdsa(PRIVATE, DIGEST)
    for answer in (True, False):
        for scheme, key, signed, salt_bytes in all_kinds():
            part, other = Part(answer), Part(not answer)
            native = Native(rsa=part, p256=other)
            expected = ("verify_pss", RSA_KEY + (DIGEST, signed, salt_bytes))
            if scheme == signature.RSA_PKCS1:
                expected = ("verify_pkcs1", RSA_KEY + (DIGEST, signed))
            elif scheme == signature.ECDSA:
                native = Native(rsa=other, p256=part)
                expected = ("verify_ecdsa", (POINT, DIGEST, raw))
            arguments = (scheme, key, DIGEST, signed, salt_bytes)
            assert with_native(native, signature.verify, *arguments) is answer
            assert part.calls == [expected] and other.calls == []


def test_the_native_module_signs():
    part = Part(b"\0" * 31 + b"\1" + b"\x80" + bytes(31))
    native = Native(p256=part)
    assert with_native(native, signature.sign, PRIVATE, DIGEST) == element(
        0x30, b"\x02\x01\x01", b"\x02\x21\x00\x80" + bytes(31)
    )
    assert with_native(native, signature.public_point, PRIVATE) == part.answer
    assert part.calls == [("sign_ecdsa", (PRIVATE, DIGEST)), ("public_point", (PRIVATE,))]


def test_the_native_module_is_not_asked_for_a_key_of_another_kind():
    part = Part(True)
    for scheme, _, signed, salt_bytes in all_kinds():
        key = RSA_KEY if scheme == signature.ECDSA else (POINT, 0)
        arguments = (scheme, key, DIGEST, signed, salt_bytes)
        assert not with_native(Native(rsa=part, p256=part), signature.verify, *arguments)
    assert part.calls == []


def test_a_chain_and_an_image_are_checked_by_the_native_module():
    """All of them come here, whatever asks."""
    asked = []

    class Checking:
        """Stands for both parts: says what is right."""

        def verify_ecdsa(self, point, digest, signed):
            asked.append((point, digest))
            return p256.verify_ecdsa(point, digest, signed)

    root = certificates.certificate(
        "root", extensions=(certificates.ca(), certificates.key_usage(x509.KEY_CERT_SIGN)), key=1
    )
    leaf = x509.Certificate(certificates.certificate())
    native = Native(p256=Checking())
    assert len(with_native(native, chain.trusted, leaf, (), (root,), None)) == 2
    assert with_native(native, steps_of, chain.trusting(leaf, (), (root,), None))[0] < 10
    header = images.header(images.payload(1))
    assert with_native(native, container.check, header, images.station()).version == "1.0.0"
    assert with_native(native, steps_of, container.checking(header, images.station()))[0] == 0
    issuer = p256.public_point(certificates.private(1))
    assert [point for point, _ in asked] == [issuer, issuer, images.PUBLIC, images.PUBLIC]


def test_what_the_native_module_lacks_is_done_in_python():
    for scheme, key, signed, salt_bytes in all_kinds():
        wrong = Part(False)
        native = Native(rsa=wrong) if scheme == signature.ECDSA else Native(p256=wrong)
        for module in (Native(), native):
            assert with_native(module, signature.verify, scheme, key, DIGEST, signed, salt_bytes)
        assert wrong.calls == []
    signed = signature.sign(PRIVATE, DIGEST)
    assert with_native(Native(), signature.sign, PRIVATE, DIGEST) == signed
    assert with_native(Native(), signature.public_point, PRIVATE) == POINT


def test_what_is_no_signature_does_not_reach_the_native_module():
    part = Part(True)
    for data in (b"", b"\x30\x00", p256.sign_ecdsa(PRIVATE, DIGEST)):
        arguments = (signature.ECDSA, (POINT, 0), DIGEST, data)
        assert not with_native(Native(p256=part), signature.verify, *arguments)
    assert part.calls == []


def test_an_ecdsa_signature_is_strict_der():
    raw = p256.sign_ecdsa(PRIVATE, DIGEST)
    r, s = unsigned(raw[:32]), unsigned(raw[32:])
    good = element(0x30, r, s)

    def verified(data: bytes) -> bool:
        return signature.verify(signature.ECDSA, (POINT, 0), DIGEST, data)

    assert verified(good) and good == signature.sign(PRIVATE, DIGEST)
    size = len(good) - 2
    longer_r = element(2, b"\0" + r[2:])
    n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r_plus_n = unsigned((int.from_bytes(raw[:32], "big") + n).to_bytes(33, "big"))
    negative = element(2, ((1 << 264) - int.from_bytes(raw[:32], "big")).to_bytes(33, "big"))
    for data in (
        b"",
        raw,
        good + b"\0",
        good + good,
        good[:-1],
        b"\x30\x81" + bytes((size,)) + good[2:],
        b"\x30\x82\0" + bytes((size,)) + good[2:],
        b"\x30\x80" + good[2:] + b"\0\0",
        b"\x30\x84\xff\xff\xff\xff" + good[2:],
        b"\x31" + good[1:],
        element(0x30),
        element(0x30, r),
        element(0x30, r, s, b"\x05\x00"),
        element(0x30, r, s, s),
        element(0x30, longer_r, s),
        element(0x30, b"\x02\x81" + r[1:], s),
        element(0x30, b"\x02\x84\xff\xff\xff\xff" + r[2:], s),
        element(0x30, b"\x02\x00", s),
        element(0x30, b"\x03" + r[1:], s),
        element(0x30, element(0x30, r), s),
        element(0x30, r_plus_n, s),
        element(0x30, element(2, b"\1" + bytes(32)), s),
        element(0x30, element(2, b"\1" + bytes(4000)), s),
        element(0x30, r, b"\x02\x01\x00"),
        element(0x30, b"\x02\x01\x00", s),
        element(0x30, b"\x02\x01\xff", s),
        element(0x30, r, b"\x02\x01\xff"),
        element(0x30, s, r),
        element(0x30, b"\x02\x01\x00", b"\x02\x01\x00"),
        element(0x30, b"\x02\x01\x01", b"\x02\x01\x01"),
        element(0x30, b"\x09\x01\x01", s),
        element(0x30, negative, s),
    ):
        assert not verified(data), data
