"""The loops of `masking` as machine code: compiled for one architecture (mpy-cross -march=...).

It takes the place of `masking` in an image for that architecture, as its arguments and answers are
the same; viper functions take at most four arguments.
"""

from ..compat import micropython


@micropython.viper
def mask(buffer, start: int, length: int, key):
    p = ptr8(buffer)
    k = ptr8(key)
    n = 0
    while n < length:
        p[start + n] = p[start + n] ^ k[n & 3]
        n += 1


@micropython.viper
def ascii_count(buffer, length: int) -> int:
    p = ptr8(buffer)
    n = 0
    while n < length and p[n] < 0x80:
        n += 1
    return n
