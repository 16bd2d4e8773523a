"""The two loops over every byte of a message: masking, and the search for what is not ASCII.

`mask` and `ascii_count` are the native ones of masking_native where the interpreter can run them,
else the plain twins below. A build for a chip without a native emitter may leave that file out: as
source it is a SyntaxError there, as .mpy of another architecture a ValueError. The twins are held
equal by a test. Neither allocates anything.
"""

from ..compat import MICROPYTHON


def plain_mask(buffer, start: int, length: int, key) -> None:
    """XOR `length` bytes of `buffer` in place, from `start`, with the 4 bytes of `key`."""
    for n in range(length):
        buffer[start + n] ^= key[n & 3]


def plain_ascii_count(buffer, length: int) -> int:
    """How many of the first `length` bytes are ASCII, up to the first that is not."""
    n = 0
    while n < length and buffer[n] < 0x80:
        n += 1
    return n


mask = plain_mask
ascii_count = plain_ascii_count
if MICROPYTHON:
    try:
        from .masking_native import ascii_count, mask  # noqa: F401 - for the codec
    except (ImportError, SyntaxError, ValueError):
        mask = plain_mask  # slower by some 15 times, and right
