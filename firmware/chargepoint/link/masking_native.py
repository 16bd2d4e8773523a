"""The loops of `masking` as machine code: compiled for one architecture (mpy-cross -march=...).

Same arguments and answers as the plain twins there; viper functions take at most four arguments.
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
def utf8_valid(buffer, length: int) -> bool:
    p = ptr8(buffer)
    n = 0
    while n < length:
        lead = p[n]
        n += 1
        if lead < 0x80:
            continue
        if lead < 0xC2 or lead > 0xF4:
            return False
        end = n + 1
        low = 0x80
        high = 0xBF
        if lead >= 0xF0:
            end = n + 3
            if lead == 0xF0:
                low = 0x90
            elif lead == 0xF4:
                high = 0x8F
        elif lead >= 0xE0:
            end = n + 2
            if lead == 0xE0:
                low = 0xA0
            elif lead == 0xED:
                high = 0x9F
        if end > length or p[n] < low or p[n] > high:
            return False
        n += 1
        while n < end:
            if p[n] & 0xC0 != 0x80:
                return False
            n += 1
    return True
