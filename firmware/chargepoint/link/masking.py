"""The two loops over every byte of a message: masking, and the search for what is not ASCII.

An image for a chip with a native emitter has masking_native in place of this file: the same, some
15 times as fast. A test holds the two equal. Neither allocates anything.
"""


def mask(buffer, start: int, length: int, key) -> None:
    """XOR `length` bytes of `buffer` in place, from `start`, with the 4 bytes of `key`."""
    for n in range(length):
        buffer[start + n] ^= key[n & 3]


def ascii_count(buffer, length: int) -> int:
    """How many of the first `length` bytes are ASCII, up to the first that is not."""
    n = 0
    while n < length and buffer[n] < 0x80:
        n += 1
    return n
