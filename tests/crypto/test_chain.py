"""The way from a certificate to a root: both interpreters."""

import sys

from chargepoint.crypto import chain, signature, x509
from chargepoint.crypto.der import Invalid
from chargepoint.crypto.x509 import CODE_SIGNING, DIGITAL_SIGNATURE, KEY_CERT_SIGN, Certificate
from chargepoint.timestamp import parse
from tests.support import certificates as made
from tests.support import rsa_keys
from tests.support.certificates import certificate, key_usage, purposes

NOW = parse("2030-01-01T00:00:00Z")
NO_WAY = "no way to a root"


def issuing(subject: str, key: int, issuer: str, signer: int, limit=None, **fields) -> bytes:
    extensions = (made.ca(limit), key_usage(KEY_CERT_SIGN))
    fields["extensions"] = fields.get("extensions", extensions)
    return certificate(subject, issuer, key, signer, **fields)


ROOT = issuing("root", 1, "root", 1)
OTHER_ROOT = issuing("other", 11, "other", 11)
SUB = issuing("sub", 2, "root", 1)
LEAF = certificate("leaf", "sub", 5, 2)
SHORT = certificate("leaf", "root", 5, 1)


def reason(leaf, others=(), roots=(ROOT,), now_s=NOW, usage=0, purpose=None) -> str:
    """Why it is not trusted, or "" if it is."""
    try:
        found = chain.trusted(Certificate(leaf), others, roots, now_s, usage, purpose)
    except Invalid as error:
        return str(error)
    assert found[0].der == leaf and found[-1].der in roots
    return ""


def subjects(found: list) -> list:
    return [x509.name_part(each.subject, x509.COMMON_NAME) for each in found]


def test_with_and_without_others_between():
    assert subjects(chain.trusted(Certificate(SHORT), (), (ROOT,), NOW)) == ["leaf", "root"]
    found = chain.trusted(Certificate(LEAF), (SUB,), (OTHER_ROOT, ROOT), NOW)
    assert subjects(found) == ["leaf", "sub", "root"]
    assert reason(LEAF, (OTHER_ROOT, SUB, SUB)) == ""


def test_in_steps():
    """One before each certificate, and those of each signature."""
    steps = chain.trusting(Certificate(LEAF), (SUB,), (OTHER_ROOT, ROOT), NOW)
    count = 0
    while True:
        try:
            assert next(steps) is None
            count += 1
        except StopIteration as end:
            assert subjects(end.value) == ["leaf", "sub", "root"]
            break
    assert count > 2 * 257
    steps = chain.trusting(Certificate(LEAF), (SUB,), (OTHER_ROOT,), NOW)
    reason = ""
    while not reason:
        try:
            next(steps)
        except Invalid as error:
            reason = str(error)
    assert reason == NO_WAY


def test_without_a_way():
    assert reason(LEAF) == NO_WAY
    assert reason(LEAF, (SUB,), ()) == NO_WAY
    assert reason(LEAF, (SUB,), (OTHER_ROOT,)) == NO_WAY
    assert reason(LEAF, (SUB, ROOT), (OTHER_ROOT,)) != ""  # a root that is sent is not trusted
    assert reason(certificate("leaf", "leaf", 5, 5), ()) == NO_WAY


def test_the_signature_of_each_certificate_counts():
    wrong = "signature of a certificate"
    assert reason(certificate("leaf", "sub", 5, 3), (SUB,)) == wrong
    assert reason(LEAF, (issuing("sub", 2, "root", 3),)) == wrong
    assert reason(LEAF, (issuing("sub", 3, "root", 1),)) == wrong
    changed = LEAF[:-1] + bytes((LEAF[-1] ^ 1,))
    assert reason(changed, (SUB,)) == wrong
    at = LEAF.index(b"\x12\x34")
    changed = LEAF[:at] + b"\x12\x35" + LEAF[at + 2 :]
    assert reason(changed, (SUB,)) == wrong


def test_validity_of_each_at_the_given_second():
    span = {"not_before": "290101000000Z", "not_after": "310101000000Z"}
    first, last = parse("2029-01-01T00:00:00Z"), parse("2031-01-01T00:00:00Z")
    for leaf, others, roots in (
        (certificate("leaf", "sub", 5, 2, **span), (SUB,), (ROOT,)),
        (LEAF, (issuing("sub", 2, "root", 1, **span),), (ROOT,)),
        (LEAF, (SUB,), (issuing("root", 1, "root", 1, **span),)),
    ):
        assert reason(leaf, others, roots, first) == ""
        assert reason(leaf, others, roots, last) == ""
        assert reason(leaf, others, roots, first - 1) == "not yet valid"
        assert reason(leaf, others, roots, last + 1) == "expired"
        assert reason(leaf, others, roots, None) == ""  # the time is not known


def test_an_issuer_must_be_a_ca():
    wrong = "issuer is no CA"
    for extensions in (
        (),
        (key_usage(KEY_CERT_SIGN),),
        (made.ca(), key_usage(0xFB)),
        (made.ca(), key_usage(0)),
    ):
        sub = issuing("sub", 2, "root", 1, extensions=extensions)
        assert reason(LEAF, (sub,)) == wrong, extensions
        root = issuing("root", 1, "root", 1, extensions=extensions)
        assert reason(SHORT, (), (root,)) == wrong, extensions
    assert reason(LEAF, (issuing("sub", 2, "root", 1, extensions=(made.ca(),)),)) == ""


def test_path_length():
    too_long = "path too long"
    sub2 = issuing("sub2", 3, "sub", 2)
    leaf2 = certificate("leaf", "sub2", 5, 3)
    for limit in (0, 1):
        root = issuing("root", 1, "root", 1, limit)
        assert reason(SHORT, (), (root,)) == ""
        assert reason(LEAF, (SUB,), (root,)) == ("" if limit else too_long)
        assert reason(leaf2, (SUB, sub2), (root,)) == too_long
        sub = issuing("sub", 2, "root", 1, limit)
        assert reason(LEAF, (sub,)) == ""
        assert reason(leaf2, (sub, sub2)) == ("" if limit else too_long)


def test_how_many_certificates_there_may_be():
    others = [SUB]
    for n in range(2, 8):
        leaf = certificate("leaf", "sub" if n == 2 else "sub%d" % (n - 1), 5, n)
        assert reason(leaf, others) == ("" if n < 5 else "path too long"), n
        others.append(issuing("sub%d" % n, n + 1, "sub" if n == 2 else "sub%d" % (n - 1), n))


def test_issuers_of_each_other_come_to_an_end():
    a, b = issuing("a", 21, "b", 22), issuing("b", 22, "a", 21)
    assert reason(certificate("leaf", "a", 5, 21), (a, b)) != ""
    again = issuing("a", 21, "a", 21)
    assert reason(certificate("leaf", "a", 5, 21), (again,)) != ""


def test_how_many_signatures_are_checked():
    checks = []

    class Part:
        """Stands for a part of the C module."""

        def verify_ecdsa(self, *arguments) -> bool:
            checks.append(arguments)
            return False

    impostors = [issuing("sub", key, "root", 1) for key in range(30, 50)]

    class Native:
        p256 = Part()

    sys.modules["chargepoint_crypto"] = Native
    try:
        assert reason(LEAF, impostors) == "too many signatures"
    finally:
        del sys.modules["chargepoint_crypto"]
    assert len(checks) == 6


def test_the_right_one_of_two_with_the_same_name():
    """A root that was renewed with its key, and one with another key."""
    old = issuing("root", 1, "root", 1, not_before="200101000000Z", not_after="250101000000Z")
    foreign = issuing("root", 9, "root", 9)
    for roots in ((old, foreign, ROOT), (ROOT, foreign, old), (foreign, ROOT)):
        assert reason(SHORT, (), roots) == ""
    assert reason(SHORT, (), (old,)) == "expired"
    # Two ways up, of which one is a dead end.
    cross = issuing("sub", 2, "nobody", 8)
    for others in ((cross, SUB), (SUB, cross)):
        assert reason(LEAF, others) == ""
    assert reason(LEAF, (cross,)) == NO_WAY


def test_usage_of_the_leaf():
    both = DIGITAL_SIGNATURE | 0x20
    for has, wants, expected in (
        (DIGITAL_SIGNATURE, DIGITAL_SIGNATURE, ""),
        (both, DIGITAL_SIGNATURE, ""),
        (DIGITAL_SIGNATURE, both, "key usage"),
        (0x20, DIGITAL_SIGNATURE, "key usage"),
        (0, DIGITAL_SIGNATURE, "key usage"),
        (0x20, 0, ""),
        (None, DIGITAL_SIGNATURE, ""),
    ):
        extensions = () if has is None else (key_usage(has),)
        leaf = certificate("leaf", "root", 5, 1, extensions=extensions)
        assert reason(leaf, usage=wants) == expected, (has, wants)


def test_purpose_of_the_leaf():
    for has, wants, expected in (
        ((CODE_SIGNING,), CODE_SIGNING, ""),
        ((x509.CLIENT_AUTH, CODE_SIGNING), CODE_SIGNING, ""),
        ((x509.CLIENT_AUTH,), CODE_SIGNING, "key usage"),
        ((), CODE_SIGNING, "key usage"),
        ((x509.CLIENT_AUTH,), None, ""),
        (None, CODE_SIGNING, ""),
    ):
        extensions = () if has is None else (purposes(*has),)
        leaf = certificate("leaf", "root", 5, 1, extensions=extensions)
        assert reason(leaf, purpose=wants) == expected, (has, wants)


def test_a_root_of_rsa_in_both_schemes():
    n = rsa_keys.modulus(3072)

    def signed(scheme, salt_bytes=32):
        if scheme == signature.RSA_PKCS1:
            return lambda digest: rsa_keys.sign_pkcs1(3072, digest)
        return lambda digest: rsa_keys.sign_pss(3072, digest, bytes(salt_bytes))

    for algorithm, scheme in (
        (made.PKCS1, signature.RSA_PKCS1),
        (made.pss(), signature.RSA_PSS),
    ):
        fields = {"public_key": made.rsa_public(n), "algorithm": algorithm}
        root = issuing("root", 1, "root", 1, sign=signed(scheme), **fields)
        leaf = certificate("leaf", "root", 5, algorithm=algorithm, sign=signed(scheme))
        assert reason(leaf, (), (root,)) == ""
        assert reason(leaf[:-1] + bytes((leaf[-1] ^ 1,)), (), (root,)) != ""
    wrong = "signature of a certificate"
    leaf = certificate("leaf", "root", 5, algorithm=made.pss(20), sign=signed(signature.RSA_PSS))
    assert reason(leaf, (), (root,)) == wrong
    leaf = certificate("leaf", "root", 5, algorithm=made.PKCS1, sign=signed(signature.RSA_PSS))
    assert reason(leaf, (), (root,)) == wrong
    assert reason(SHORT, (), (root,)) == wrong  # ECDSA by a key of RSA
    leaf = certificate("leaf", "root", 5, algorithm=made.PKCS1)
    assert reason(leaf, (), (ROOT,)) == wrong


def test_a_root_signs_for_others_whatever_signed_it():
    root = issuing("root", 1, "root", 1, sign=lambda digest: b"nothing")
    assert reason(SHORT, (), (root,)) == ""


def test_a_malformed_certificate_between_is_told():
    assert reason(LEAF, (SUB[:-1],)) != ""
