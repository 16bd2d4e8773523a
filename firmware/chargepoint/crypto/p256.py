"""ECDSA on the curve P-256 (FIPS 186-5).

Signing and making keys do NOT take constant time: who measures how long they take may learn the
key. The station signs only when it asks for a certificate, a few times in its life, and never at
somebody's request faster than that. Verifying knows no secret.

verifying_ecdsa is a generator of steps that returns what verify_ecdsa does.

A point is (x, y, z) in Jacobian coordinates, z = 0 at infinity; outside it is 65 bytes: 4, x, y.
"""

from hashlib import sha256

from .steps import finish

# The prime, the order, b, and the base point.
_CURVE = (
    b"\xff\xff\xff\xff\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"
    b"\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51"
    b"\x5a\xc6\x35\xd8\xaa\x3a\x93\xe7\xb3\xeb\xbd\x55\x76\x98\x86\xbc"
    b"\x65\x1d\x06\xb0\xcc\x53\xb0\xf6\x3b\xce\x3c\x3e\x27\xd2\x60\x4b"
    b"\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2"
    b"\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96"
    b"\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16"
    b"\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5"
)


def verify_ecdsa(point, digest, signature) -> bool:
    """point: 65 bytes; signature: r and s, 32 bytes each. Of a digest the first 256 bits count."""
    return finish(verifying_ecdsa(point, digest, signature))


def verifying_ecdsa(point, digest, signature):
    p, n, b, gx, gy = _numbers(_CURVE)
    if len(point) != 65 or point[0] != 4 or len(signature) != 64:
        return False
    x, y = _numbers(point[1:])
    r, s = _numbers(signature)
    if x >= p or y >= p or (y * y - (x * x - 3) * x - b) % p:
        return False
    if not 0 < r < n or not 0 < s < n:
        return False
    yield
    w = _inverse(s, n)
    yield
    u = int.from_bytes(digest[:32], "big") * w % n
    x, y, z = yield from _sum_of_products((u, gx, gy), (r * w % n, x, y), p)
    z = z * z % p
    # The x of the point modulo n is r, without a division: x is r or r + n, times z squared.
    return z > 0 and (r * z % p == x or (r + n < p and (r + n) * z % p == x))


def sign_ecdsa(private: bytes, digest) -> bytes:
    """r and s, 32 bytes each, by RFC 6979: the same for the same digest. digest: 32 bytes."""
    n = _numbers(_CURVE)[1]
    number = int.from_bytes(digest, "big") % n
    seed = private + number.to_bytes(32, "big")
    key, value = bytes(32), b"\x01" * 32
    for mark in b"\0\x01":
        key = _hmac(key, value + bytes((mark,)) + seed)
        value = _hmac(key, value)
    while True:
        value = _hmac(key, value)
        k = int.from_bytes(value, "big")
        if 0 < k < n:
            r = int.from_bytes(public_point(value)[1:33], "big") % n
            s = _inverse(k, n) * (number + r * int.from_bytes(private, "big")) % n
            if r and s:
                return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        key = _hmac(key, value + b"\0")
        value = _hmac(key, value)


def private_key(random: bytes) -> bytes:
    """The 32 bytes of a private key, of at least 40 random ones (FIPS 186-5, A.2.1)."""
    if len(random) < 40:
        raise ValueError("40 random bytes are needed")
    n = _numbers(_CURVE)[1]
    return (int.from_bytes(random, "big") % (n - 1) + 1).to_bytes(32, "big")


def public_point(private: bytes) -> bytes:
    """The public key of a private one."""
    p, _, _, gx, gy = _numbers(_CURVE)
    x, y, z = finish(_sum_of_products((int.from_bytes(private, "big"), gx, gy), (0, gx, gy), p))
    z = _inverse(z, p)
    zz = z * z % p
    x, y = x * zz % p, y * zz * z % p
    return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def _numbers(data) -> list:
    return [int.from_bytes(data[at : at + 32], "big") for at in range(0, len(data), 32)]


def _inverse(a: int, n: int) -> int:
    """1 / a modulo n."""
    b, x, y = n, 1, 0
    while a:
        q = b // a
        a, b, x, y = b - q * a, a, y - q * x, x
    return y % n


def _sum_of_products(one, other, p: int):
    """k * P of two (k, x, y): doubled once for both, each k in signed digits of which few are
    not 0. In steps."""
    places = []
    for k, x, y in (one, other):
        if k:
            digits = _digits(k)
            yield
            places.append((digits, (yield from _odd_multiples((x, y, 1), p))))
            yield
    point = (1, 1, 0)
    for at in range(256, -1, -1):
        yield
        point = _double(point, p)
        for digits, table in places:
            digit = digits[at]
            if digit > 127:
                x, y, z = table[(255 - digit) >> 1]
                point = _add(point, (x, p - y, z), p)
            elif digit:
                point = _add(point, table[digit >> 1], p)
    return point


def _digits(k: int) -> bytearray:
    """Width-5 NAF: 0 or odd, -15 to 15, as bytes; the lowest first."""
    digits = bytearray(257)
    at = 0
    while k:
        if k & 1:
            digit = k & 31
            if digit > 15:
                digit -= 32
            digits[at] = digit & 255
            k -= digit
        k >>= 1
        at += 1
    return digits


def _odd_multiples(point, p: int):
    """1, 3, 5 ... 15 times the point. In steps."""
    twice = _double(point, p)
    table = [point]
    for _ in range(7):
        yield
        table.append(_add(table[-1], twice, p))
    return table


def _double(point, p: int):
    x, y, z = point
    zz = z * z % p
    yy = y * y % p
    b = x * yy % p
    a = 3 * (x - zz) * (x + zz) % p
    x = (a * a - 8 * b) % p
    return x, (a * (4 * b - x) - 8 * yy * yy) % p, 2 * y * z % p


def _add(one, other, p: int):
    x, y, z = one
    x2, y2, z2 = other
    if not z:
        return other
    if not z2:
        return one
    zz, zz2 = z * z % p, z2 * z2 % p
    u = x * zz2 % p
    s = y * zz2 % p * z2 % p
    h = (x2 * zz - u) % p
    r = (y2 * zz % p * z - s) % p
    if not h:
        return (1, 1, 0) if r else _double(one, p)
    hh = h * h % p
    hhh = h * hh % p
    u = u * hh % p
    x = (r * r - hhh - 2 * u) % p
    return x, (r * (u - x) - s * hhh) % p, h * z % p * z2 % p


def _hmac(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256 with a key of 32 bytes."""
    for pad in (0x36, 0x5C):
        data = sha256(bytes([b ^ pad for b in key]) + bytes((pad,)) * 32 + data).digest()
    return data
