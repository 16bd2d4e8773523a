"""The two loops over every byte of a message: masking, and the check that text is UTF-8.

`mask` and `utf8_valid` are the native ones of masking_native where the interpreter can run them,
else the plain twins below. A build for a chip without a native emitter may leave that file out: as
source it is a SyntaxError there, as .mpy of another architecture a ValueError. The twins are held
equal by a test. Neither allocates anything.
"""

from ..compat import MICROPYTHON


def plain_mask(buffer, start: int, length: int, key) -> None:
    """XOR `length` bytes of `buffer` in place, from `start`, with the 4 bytes of `key`."""
    for n in range(length):
        buffer[start + n] ^= key[n & 3]


def plain_utf8_valid(buffer, length: int) -> bool:
    """Whether the first `length` bytes are whole and well-formed UTF-8 (RFC 3629).

    The interpreter's own decoder is no help: MicroPython's takes surrogates and overlong forms.
    """
    n = 0
    while n < length:
        lead = buffer[n]
        n += 1
        if lead < 0x80:
            continue
        if lead < 0xC2 or lead > 0xF4:
            return False
        more = 1 if lead < 0xE0 else 2 if lead < 0xF0 else 3
        if n + more > length:
            return False
        # Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
        low = 0xA0 if lead == 0xE0 else 0x90 if lead == 0xF0 else 0x80
        high = 0x9F if lead == 0xED else 0x8F if lead == 0xF4 else 0xBF
        if buffer[n] < low or buffer[n] > high:
            return False
        for i in range(n + 1, n + more):
            if buffer[i] & 0xC0 != 0x80:
                return False
        n += more
    return True


mask = plain_mask
utf8_valid = plain_utf8_valid
if MICROPYTHON:
    try:
        from .masking_native import mask, utf8_valid  # noqa: F401 - for the codec
    except (ImportError, SyntaxError, ValueError):
        mask = plain_mask  # slower by some 15 times, and right
