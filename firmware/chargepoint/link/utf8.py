"""Whether bytes are UTF-8, for the few messages that are not all ASCII."""


def valid(buffer, start: int, length: int) -> bool:
    """Whether buffer[start:length] is whole and well-formed UTF-8 (RFC 3629).

    The interpreter's own decoder is no help: MicroPython's takes surrogates and overlong forms.
    """
    n = start
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
