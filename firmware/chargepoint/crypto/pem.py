"""PEM (RFC 7468): DER in base64 between two lines that name it."""

import binascii

from .der import Invalid


def decode(text, label: str, most: int) -> list:
    """The DER of each block in the text; there must be at least one, and not more than `most`.

    What stands before, between and after them is ignored, as RFC 7468 has it. In a block there
    may be base64 and line breaks, nothing else, and no block of another label may be there.
    """
    if isinstance(text, str):
        text = text.encode()
    blocks = text.split(b"-----BEGIN ", most + 1)[1:]
    if not 0 < len(blocks) <= most:
        raise Invalid("PEM blocks: %d" % len(blocks))
    line = label.encode() + b"-----"
    found = []
    for block in blocks:
        body, end, _ = block.partition(b"-----END " + line)
        if not end or not body.startswith(line):
            raise Invalid("PEM block without its label")
        body = b"".join(body[len(line) :].split())
        try:
            data = binascii.a2b_base64(body)
        except ValueError:
            data = b""
        # Decoders pass over what they do not know: so only what comes back the same is right.
        if not data or binascii.b2a_base64(data)[:-1] != body:
            raise Invalid("PEM block not base64")
        found.append(data)
    return found


def encode(data: bytes, label: str) -> str:
    """A PEM block."""
    lines = ["-----BEGIN %s-----" % label]
    for at in range(0, len(data), 48):
        lines.append(binascii.b2a_base64(data[at : at + 48])[:-1].decode())
    return "\n".join(lines + ["-----END %s-----\n" % label])
