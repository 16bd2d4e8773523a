"""RSA signatures over SHA-256: both interpreters. test_rsa_oracle.py compares with another."""

from hashlib import sha256

from chargepoint.crypto.rsa import verify_pkcs1, verify_pss
from tests.support import rsa_keys
from tests.support.rsa_keys import E65537, PREFIX, modulus, padded_pkcs1, raw_sign

DIGEST = sha256(b"message").digest()
OTHER = sha256(b"another").digest()
SALT = bytes(range(32))
N = modulus(2048)
ALLOWED = (2048, 2049)  # more in the oracle, where it is faster


def pss(signature, digest=DIGEST, n=N, exponent=E65537, salt_bytes=32) -> bool:
    return verify_pss(n, exponent, digest, signature, salt_bytes)


def pkcs1(signature, digest=DIGEST, n=N, exponent=E65537) -> bool:
    return verify_pkcs1(n, exponent, digest, signature)


def signed_block(block: bytes, bits: int = 2048, exponent: int = E65537) -> bytes:
    return raw_sign(bits, int.from_bytes(block, "big"), exponent)


def test_every_size_that_is_allowed_in_both_schemes():
    for bits in ALLOWED:
        n = modulus(bits)
        assert pss(rsa_keys.sign_pss(bits, DIGEST, SALT), n=n), bits
        assert pkcs1(rsa_keys.sign_pkcs1(bits, DIGEST), n=n), bits
        assert not pss(rsa_keys.sign_pss(bits, OTHER, SALT), n=n), bits
        assert not pkcs1(rsa_keys.sign_pkcs1(bits, OTHER), n=n), bits


def test_a_key_that_is_too_small_or_too_large_verifies_nothing():
    for bits in (1024, 2047):
        assert not pss(rsa_keys.sign_pss(bits, DIGEST, SALT), n=modulus(bits)), bits
        assert not pkcs1(rsa_keys.sign_pkcs1(bits, DIGEST), n=modulus(bits)), bits


def test_arguments_may_be_views():
    n, digest = memoryview(N), memoryview(DIGEST)
    assert pss(memoryview(rsa_keys.sign_pss(2048, DIGEST, SALT)), digest, n)
    assert pkcs1(memoryview(rsa_keys.sign_pkcs1(2048, DIGEST)), digest, n)


def test_exponents():
    for exponent in (3, E65537):
        assert pkcs1(rsa_keys.sign_pkcs1(2048, DIGEST, exponent), exponent=exponent)
        assert pss(rsa_keys.sign_pss(2048, DIGEST, SALT, exponent), exponent=exponent)
    largest = (1 << 32) - 5
    assert pkcs1(rsa_keys.sign_pkcs1(2048, DIGEST, largest), exponent=largest)
    too_large = (1 << 32) + 15
    assert not pkcs1(rsa_keys.sign_pkcs1(2048, DIGEST, too_large), exponent=too_large)
    block = padded_pkcs1(2048, DIGEST)
    assert not pkcs1(block, exponent=1)  # with it everybody can sign
    by_pkcs1, by_pss = rsa_keys.sign_pkcs1(2048, DIGEST), rsa_keys.sign_pss(2048, DIGEST, SALT)
    for exponent in (0, -1, 2, 4, 65536, (1 << 32) + 1):
        assert not pkcs1(by_pkcs1, exponent=exponent), exponent
        assert not pss(by_pss, exponent=exponent), exponent


def test_a_signature_is_as_long_as_the_modulus_and_below_it():
    n = int.from_bytes(N, "big")
    for check, good in (
        (pss, rsa_keys.sign_pss(2048, DIGEST, SALT)),
        (pkcs1, rsa_keys.sign_pkcs1(2048, DIGEST)),
    ):
        assert check(good)
        number = int.from_bytes(good, "big")
        longer = (number + n).to_bytes(257, "big")
        bad = [b"", good[:-1], good[1:], good + b"\0", b"\0" + good, longer]
        bad += [value.to_bytes(256, "big") for value in (0, 1, n - 1, n, n - number)]
        if number + n < 1 << 2048:
            bad.append((number + n).to_bytes(256, "big"))
        for signature in bad:
            assert not check(signature), len(signature)


def test_the_signature_plus_the_modulus_is_not_taken():
    n = int.from_bytes(N, "big")
    tried = 0
    for count in range(30):
        digest = sha256(bytes((count,))).digest()
        good = rsa_keys.sign_pkcs1(2048, digest)
        above = int.from_bytes(good, "big") + n
        if above < 1 << 2048:  # it has room in as many bytes
            tried += 1
            assert pkcs1(good, digest)
            assert not pkcs1(above.to_bytes(256, "big"), digest)
            break
    assert tried


def test_a_modulus_that_can_not_be():
    good = rsa_keys.sign_pkcs1(2048, DIGEST)
    n = int.from_bytes(N, "big")
    for bad in (b"", b"\0" * 256, b"\0" + N, N[:-1], (n + 1).to_bytes(256, "big"), b"\xff" * 256):
        assert not pkcs1(good, n=bad), len(bad)
        assert not pss(good, n=bad), len(bad)
    assert not pkcs1(b"\0" + good, n=b"\0" + N)


def test_an_even_modulus_or_exponent():
    """With numbers of which the block is what it has to be, all the same."""
    digest = DIGEST
    while digest[-1] & 1:
        digest = sha256(digest).digest()
    block = padded_pkcs1(4000, digest)
    padded = int.from_bytes(block, "big")
    for exponent, root, accepted in ((4, (1 << 1000) - 1, 0), (3, 1 << 1333, 0), (3, 5**574, 1)):
        number = root**exponent - padded  # so that root**exponent is padded, modulo it
        assert number.to_bytes(500, "big")[0] and root < number
        signature, n = root.to_bytes(500, "big"), number.to_bytes(500, "big")
        assert (exponent & 1) + (number & 1) == 1 + accepted
        assert pow(root, exponent, number) == padded
        assert pkcs1(signature, digest, n, exponent) == bool(accepted), exponent


def test_a_modulus_with_a_zero_before_it():
    block = int.from_bytes(padded_pkcs1(2056, DIGEST), "big")
    signature = b"\0" + raw_sign(2048, block)
    assert not pkcs1(signature, n=b"\0" + N)
    assert not pss(b"\0" + rsa_keys.sign_pss(2048, DIGEST, SALT), n=b"\0" + N)


def test_a_digest_of_another_length():
    for digest in (b"", DIGEST[:20], DIGEST + b"\0", DIGEST + DIGEST):
        assert not pkcs1(signed_block(padded_pkcs1(2048, digest)), digest), len(digest)
        assert not pss(rsa_keys.sign_pss(2048, digest, SALT), digest), len(digest)


def test_pkcs1_padding_is_compared_as_a_whole():
    info = PREFIX + DIGEST
    without_null = bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + DIGEST
    sha1 = bytes.fromhex("3021300906052b0e03021a05000414") + DIGEST[:20]
    sha512 = bytes.fromhex("3051300d060960864801650304020305000440") + DIGEST + DIGEST
    long_form = bytes.fromhex("308131300d060960864801650304020105000420") + DIGEST
    two_nulls = bytes.fromhex("3033300f0609608648016503040201050005000420") + DIGEST
    for body in (without_null, sha1, sha512, long_form, two_nulls, DIGEST, info + b"\0"):
        block = b"\0\1" + b"\xff" * (253 - len(body)) + b"\0" + body
        assert not pkcs1(signed_block(block)), body[:8]
    fill = 253 - len(info)
    for block in (
        b"\0\2" + b"\xff" * fill + b"\0" + info,
        b"\0\0" + b"\xff" * fill + b"\0" + info,
        b"\1\1" + b"\xff" * fill + b"\0" + info,
        b"\0\1" + b"\xff" * (fill - 1) + b"\xfe\0" + info,
        b"\0\1" + b"\xff" * 8 + b"\0" + b"\xff" * (fill - 9) + b"\0" + info,
        b"\0\1" + b"\xff" * (fill + 1) + info,
        b"\0\1" + b"\0" * (fill + 1) + info,
        b"\0\1" + b"\xff" * 8 + b"\0" + info + b"\0" * (fill - 8),  # Bleichenbacher 2006
        b"\0\1\0" + info + b"\xff" * fill,
        b"\0" * (256 - len(info)) + info,
    ):
        assert len(block) == 256
        assert not pkcs1(signed_block(block)), block[:16]
    assert pkcs1(signed_block(b"\0\1" + b"\xff" * fill + b"\0" + info))


def test_a_cube_root_is_no_signature():
    """Bleichenbacher's forgery: no private key is needed if the rest is not looked at."""
    start = b"\0\1" + b"\xff" * 8 + b"\0" + PREFIX + DIGEST
    wanted = int.from_bytes(start + b"\xff" * (256 - len(start)), "big")
    low, high = 0, 1 << 700
    while low < high:
        middle = (low + high + 1) // 2
        if middle**3 <= wanted:
            low = middle
        else:
            high = middle - 1
    forged = low.to_bytes(256, "big")
    assert (low**3).to_bytes(256, "big").startswith(start)
    assert not pkcs1(forged, exponent=3)


def test_pss_salt_is_as_long_as_asked():
    for length in (0, 31, 32, 222):
        signature = rsa_keys.sign_pss(2048, DIGEST, bytes(range(length)))
        assert pss(signature, salt_bytes=None), length
        assert pss(signature, salt_bytes=length), length
        for asked in (0, 1, 32, 222, 223, 10**9, -1):
            assert asked == length or not pss(signature, salt_bytes=asked), (length, asked)


def test_pss_salt_may_begin_with_zeros_or_with_ones():
    for salt in (bytes(32), b"\1" * 32, b"\0\1" * 16, b"\1\0" * 16):
        signature = rsa_keys.sign_pss(2048, DIGEST, salt)
        assert pss(signature) and pss(signature, salt_bytes=None)
        assert not pss(signature, salt_bytes=31)


def test_pss_block_that_is_wrong():
    def block(**wrong) -> bytes:
        return rsa_keys.sign_pss(2048, DIGEST, SALT, **wrong)

    assert pss(block())
    for signature in (
        block(trailer=b"\xcc"),
        block(trailer=b"\0"),
        block(mark=b"\0"),
        block(mark=b"\2"),
        block(mark=b"\x81"),
        block(junk=1),
        block(junk=0x40),
        rsa_keys.sign_pss(2048, OTHER, SALT),
        rsa_keys.sign_pkcs1(2048, DIGEST),
    ):
        assert not pss(signature)
        assert not pss(signature, salt_bytes=None)
    assert not pkcs1(block())
    assert not pss(signed_block(bytes(223) + b"\1"), salt_bytes=None)
    assert not pss(signed_block(bytes(222) + b"\1" + bytes(32) + b"\xbc"), salt_bytes=None)


def test_pss_bits_above_the_block_must_be_zero():
    for bits in (2048, 2049, 2055):
        n = modulus(bits)
        tried = 0
        for count in range(256):
            good = int.from_bytes(rsa_keys.padded_pss(bits, DIGEST, bytes((count,))), "big")
            wrong = good + (1 << bits - 1)
            if wrong < int.from_bytes(n, "big"):  # else it can't be signed
                tried += 1
                assert pss(raw_sign(bits, good), n=n, salt_bytes=1)
                assert not pss(raw_sign(bits, wrong), n=n, salt_bytes=1), bits
                break
        assert tried, bits


def test_every_bit_of_a_signature_counts():
    for check, good in (
        (pss, rsa_keys.sign_pss(2048, DIGEST, SALT)),
        (pkcs1, rsa_keys.sign_pkcs1(2048, DIGEST)),
    ):
        for at in range(0, 2048, 97):
            bad = bytearray(good)
            bad[at >> 3] ^= 1 << (at & 7)
            assert not check(bytes(bad)), at
        for at in range(0, 256, 29):
            digest = bytearray(DIGEST)
            digest[at >> 3] ^= 1 << (at & 7)
            assert not check(good, bytes(digest)), at
