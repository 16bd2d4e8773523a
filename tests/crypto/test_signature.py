"""Which implementation checks and makes signatures: both interpreters."""

import sys
from hashlib import sha256

from chargepoint.crypto import p256, signature
from chargepoint.crypto.der import element, unsigned
from tests.support import rsa_keys

DIGEST = sha256(b"message").digest()
PRIVATE = (7).to_bytes(32, "big")
POINT = p256.public_point(PRIVATE)
RSA_KEY = (rsa_keys.modulus(2048), 65537)
SALT = bytes(32)
NATIVE = "chargepoint_crypto"


class Native:
    """Stands for the C module: notes its arguments, and says what it was told."""

    def __init__(self, answer, *names):
        self.calls = []
        for name in names:
            setattr(self, name, self._function(name, answer))

    def _function(self, name, answer):
        def called(*arguments):
            self.calls.append((name, arguments))
            return answer

        return called


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


def test_the_native_module_does_what_it_can():
    """It gets what the plain functions get, r and s as 64 bytes, and its answer counts."""
    raw = p256.sign_ecdsa(PRIVATE, DIGEST)
    for answer in (True, False):
        for scheme, key, signed, salt_bytes in all_kinds():
            native = Native(answer, "verify_pss", "verify_pkcs1", "verify_ecdsa")
            arguments = (scheme, key, DIGEST, signed, salt_bytes)
            assert with_native(native, signature.verify, *arguments) is answer
            assert native.calls == [
                {
                    signature.RSA_PSS: ("verify_pss", RSA_KEY + (DIGEST, signed, salt_bytes)),
                    signature.RSA_PKCS1: ("verify_pkcs1", RSA_KEY + (DIGEST, signed)),
                    signature.ECDSA: ("verify_ecdsa", (POINT, DIGEST, raw)),
                }[scheme]
            ]


def test_the_native_module_signs():
    native = Native(b"\0" * 31 + b"\1" + b"\x80" + bytes(31), "sign_ecdsa")
    assert with_native(native, signature.sign, PRIVATE, DIGEST) == element(
        0x30, b"\x02\x01\x01", b"\x02\x21\x00\x80" + bytes(31)
    )
    assert native.calls == [("sign_ecdsa", (PRIVATE, DIGEST))]
    native = Native(b"point", "public_point")
    assert with_native(native, signature.public_point, PRIVATE) == b"point"


def test_what_the_native_module_lacks_is_done_in_python():
    native = Native(False)
    for scheme, key, signed, salt_bytes in all_kinds():
        assert with_native(native, signature.verify, scheme, key, DIGEST, signed, salt_bytes)
    assert with_native(native, signature.sign, PRIVATE, DIGEST) == signature.sign(PRIVATE, DIGEST)
    assert with_native(native, signature.public_point, PRIVATE) == POINT
    assert native.calls == []


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
