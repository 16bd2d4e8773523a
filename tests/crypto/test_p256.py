"""ECDSA on P-256: both interpreters. test_p256_oracle.py compares with another implementation.

Cases that do not happen by chance are made from the back: with the point R and s chosen first,
the key that makes them a signature is (s R - e G) / r.
"""

from hashlib import sha256

from chargepoint.crypto import p256
from chargepoint.crypto.steps import finish

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
PRIVATE = bytes.fromhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
POINT = bytes.fromhex(
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)
DIGEST = sha256(b"sample").digest()


def fixed(*numbers) -> bytes:
    return b"".join([number.to_bytes(32, "big") for number in numbers])


def point_of(private: int) -> bytes:
    return p256.public_point(fixed(private))


def affine(point):
    return int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")


def root(square: int) -> int:
    found = pow(square, (P + 1) // 4, P)
    return found if found * found % P == square % P else 0


def key_for(e: int, r: int, s: int, x: int, y: int) -> bytes:
    """The key with which (r, s) signs the digest e by the point (x, y)."""
    w = p256._inverse(r, N)
    gx, gy = affine(point_of(1))
    jx, jy, z = finish(p256._sum_of_products((s * w % N, x, y), ((N - e) * w % N, gx, gy), P))
    z = p256._inverse(z, P)
    return b"\4" + fixed(jx * z * z % P, jy * z * z * z % P)


def test_rfc_6979_signatures():
    """Appendix A.2.5, SHA-256."""
    assert p256.public_point(PRIVATE) == POINT
    for message, signature in (
        (
            b"sample",
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ),
        (
            b"test",
            "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
            "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
        ),
    ):
        digest = sha256(message).digest()
        assert p256.sign_ecdsa(PRIVATE, digest) == bytes.fromhex(signature)
        assert p256.verify_ecdsa(POINT, digest, bytes.fromhex(signature))
        views = [memoryview(each) for each in (POINT, digest, bytes.fromhex(signature))]
        assert p256.verify_ecdsa(*views)


def test_small_and_large_private_keys():
    """2 G from SEC's and NIST's examples; -k G is k G with another sign."""
    assert affine(point_of(2)) == (
        0x7CF27B188D034F7E8A52380304B51AC3C08969E277F21B35A60B48FC47669978,
        0x07775510DB8ED040293D9AC69F7430DBBA7DADE63CE982299E04B79D227873D1,
    )
    for k in (1, 2, 3, 4, 15, 16, 17, 31, 32, 33, 1 << 128, (1 << 255) + 1):
        x, y = affine(point_of(k))
        assert (y * y - (x * x - 3) * x - B) % P == 0
        assert affine(point_of(N - k)) == (x, P - y)
        signature = p256.sign_ecdsa(fixed(k), DIGEST)
        assert p256.verify_ecdsa(point_of(k), DIGEST, signature)
        assert not p256.verify_ecdsa(point_of(N - k), DIGEST, signature)


def test_private_keys_from_random_bytes():
    assert p256.private_key(bytes(40)) == fixed(1)
    assert p256.private_key(b"\xff" * 40) == fixed(((1 << 320) - 1) % (N - 1) + 1)
    assert p256.private_key((N - 2).to_bytes(40, "big")) == fixed(N - 1)
    assert p256.private_key((N - 1).to_bytes(40, "big")) == fixed(1)
    try:
        p256.private_key(bytes(39))
    except ValueError as error:
        assert "40 random bytes" in str(error)
    else:
        raise AssertionError("too few random bytes were taken")


def test_r_and_s_out_of_range():
    signature = p256.sign_ecdsa(PRIVATE, DIGEST)
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    assert p256.verify_ecdsa(POINT, DIGEST, fixed(r, N - s))  # ECDSA is so
    for bad in (0, 1, N - 1, N, N + 1, P - 1, P, P + 1, (1 << 256) - 1):
        assert not p256.verify_ecdsa(POINT, DIGEST, fixed(bad, s)), bad
        assert not p256.verify_ecdsa(POINT, DIGEST, fixed(r, bad)), bad
        assert not p256.verify_ecdsa(POINT, DIGEST, fixed(bad, bad)), bad
    assert not p256.verify_ecdsa(POINT, DIGEST, fixed(N - r, s))
    assert not p256.verify_ecdsa(POINT, DIGEST, fixed(s, r))
    for bad in (b"", signature[:-1], signature + b"\0", b"\0" + signature, signature * 2):
        assert not p256.verify_ecdsa(POINT, DIGEST, bad), len(bad)


def test_r_plus_n_is_not_r():
    """With an r that is small enough for r + n to have 32 bytes."""
    r = 5
    while not root((r * r - 3) * r + B):
        r += 1
    y = root((r * r - 3) * r + B)
    e, s = 1234567, 7654321
    key = key_for(e, r, s, r, y)
    assert p256.verify_ecdsa(key, fixed(e), fixed(r, s))
    assert not p256.verify_ecdsa(key, fixed(e), fixed(r + N, s))
    assert not p256.verify_ecdsa(key, fixed(e), fixed(r, s + N))


def test_x_of_the_point_above_the_order():
    x = N + 1
    while not root((x * x - 3) * x + B):
        x += 1
    assert x < P
    e, s = 99, 1 << 200
    key = key_for(e, x - N, s, x, root((x * x - 3) * x + B))
    assert p256.verify_ecdsa(key, fixed(e), fixed(x - N, s))
    assert not p256.verify_ecdsa(key, fixed(e), fixed(x - N + 1, s))
    assert not p256.verify_ecdsa(key, fixed(e), fixed(x, s))


def test_a_small_x_is_not_taken_for_the_one_above_the_order():
    """r + n is tried only below the prime: x = r + n - p must not pass."""
    x = 1
    while not root((x * x - 3) * x + B):
        x += 1
    r = x + P - N  # r + n = p + x
    key = key_for(5, r, 77, x, root((x * x - 3) * x + B))
    assert not p256.verify_ecdsa(key, fixed(5), fixed(r, 77))


def test_points_that_are_no_keys():
    signature = p256.sign_ecdsa(PRIVATE, DIGEST)
    x, y = affine(POINT)
    for bad in (
        b"",
        b"\0",  # infinity
        POINT[:-1],
        POINT + b"\0",
        b"\2" + fixed(x),
        b"\3" + fixed(x),
        b"\5" + fixed(x, y),
        b"\6" + fixed(x, y),
        b"\4" + fixed(0, 0),
        b"\4" + fixed(x, P - y),
        b"\4" + fixed(x, y ^ 1),
        b"\4" + fixed(x ^ 1, y),
        b"\4" + fixed(y, x),
        b"\4" + fixed(P, y),
        b"\4" + fixed((1 << 256) - 1, (1 << 256) - 1),
    ):
        assert not p256.verify_ecdsa(bad, DIGEST, signature), bad


def twice(x: int, y: int) -> bytes:
    """A signature of a digest of zero: by twice the point, whatever curve it is on."""
    jx, _, z = finish(p256._sum_of_products((2, x, y), (0, 0, 0), P))
    z = p256._inverse(z, P)
    r = jx * z * z % P % N
    return fixed(r, r * p256._inverse(2, N) % N)


def test_coordinates_are_below_the_prime():
    """A point with a small x also has x + p in 32 bytes."""
    x = 1
    while not root((x * x - 3) * x + B):
        x += 1
    y = root((x * x - 3) * x + B)
    signature = twice(x, y)
    assert p256.verify_ecdsa(b"\4" + fixed(x, y), bytes(32), signature)
    assert not p256.verify_ecdsa(b"\4" + fixed(x + P, y), bytes(32), signature)


def test_points_of_another_curve():
    """The sums do not know b: on another curve they are right too."""
    x, y = affine(POINT)
    assert p256.verify_ecdsa(POINT, bytes(32), twice(x, y))
    for bad in ((x, y ^ 1), (x ^ 1, y), (5, 6)):
        assert not p256.verify_ecdsa(b"\4" + fixed(*bad), bytes(32), twice(*bad))


def test_a_point_is_added_to_itself():
    """With the base point for a key and e = r both products are the same."""
    for nonce in (1, 2, 3, 1 << 77, N - 5):
        r = affine(point_of(nonce))[0] % N
        s = p256._inverse(nonce, N) * 2 * r % N
        assert p256.verify_ecdsa(point_of(1), fixed(r), fixed(r, s)), nonce
        assert not p256.verify_ecdsa(point_of(1), fixed(r), fixed(r, s - 1)), nonce


def test_a_digest_of_zero_and_one_above_the_order():
    for digest in (bytes(32), fixed(N - 1), fixed(N), fixed(N + 1), b"\xff" * 32):
        signature = p256.sign_ecdsa(PRIVATE, digest)
        assert p256.verify_ecdsa(POINT, digest, signature)
        assert not p256.verify_ecdsa(POINT, DIGEST, signature)
    # It counts modulo the order.
    assert p256.verify_ecdsa(POINT, fixed(N), p256.sign_ecdsa(PRIVATE, bytes(32)))
    assert p256.verify_ecdsa(POINT, bytes(32), p256.sign_ecdsa(PRIVATE, fixed(N)))


def test_of_a_longer_digest_the_first_256_bits_count():
    signature = p256.sign_ecdsa(PRIVATE, DIGEST)
    assert p256.verify_ecdsa(POINT, DIGEST + b"\xff" * 32, signature)
    assert not p256.verify_ecdsa(POINT, b"\xff" * 32 + DIGEST, signature)
    assert not p256.verify_ecdsa(POINT, DIGEST[1:] + b"\0", signature)
    assert not p256.verify_ecdsa(POINT, DIGEST[:31], signature)


def test_the_sum_is_infinity():
    """u1 G + u2 Q = 0 with Q = -G and u1 = u2, whatever r is."""
    for r in (1, 2, 1234567, N - 1):
        for s in (1, 3, N - 1):
            assert not p256.verify_ecdsa(point_of(N - 1), fixed(r), fixed(r, s)), (r, s)


def test_points_that_meet_on_the_way():
    """Keys that are small multiples of the base point: sums of a point with itself or its
    opposite come up in the middle."""
    for k in (1, 2, 3, 5, 7, 15, 16, 17, 32, N - 1, N - 2, N - 3, N - 15, N - 16):
        key = point_of(k)
        for e in (0, 1, k):
            for nonce in (1, 2, 3, N - 1):
                r = affine(point_of(nonce))[0] % N
                s = p256._inverse(nonce, N) * (e + r * k) % N
                if s:
                    assert p256.verify_ecdsa(key, fixed(e), fixed(r, s)), (k, e, nonce)


def test_digits_stand_for_the_number():
    for k in (0, 1, 15, 16, 17, 31, 32, 0xAAAA, N - 1, N, (1 << 256) - 1, P):
        digits = p256._digits(k)
        total = 0
        for digit in reversed(list(digits)):
            signed = digit - 256 if digit > 127 else digit
            assert signed == 0 or (signed & 1 and -16 < signed < 16)
            total = 2 * total + signed
        assert total == k
        taken = [at for at, digit in enumerate(digits) if digit]
        assert all(b - a > 4 for a, b in zip(taken, taken[1:]))  # noqa: B905 - MicroPython


def test_every_bit_of_a_signature_and_of_the_digest_counts():
    signature = p256.sign_ecdsa(PRIVATE, DIGEST)
    for at in range(0, 512, 19):
        bad = bytearray(signature)
        bad[at >> 3] ^= 1 << (at & 7)
        assert not p256.verify_ecdsa(POINT, DIGEST, bad), at
    for at in range(0, 256, 19):
        bad = bytearray(DIGEST)
        bad[at >> 3] ^= 1 << (at & 7)
        assert not p256.verify_ecdsa(POINT, bad, signature), at
