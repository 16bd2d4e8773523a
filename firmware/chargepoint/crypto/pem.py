"""PEM (RFC 7468): DER in base64 between two lines that name it."""

import binascii


def decode(text, label: str, most: int) -> list:
    """The DER of each block in the text; there must be at least one, and not more than `most`.

    No block of another label may be there.
    """
    if isinstance(text, str):
        text = text.encode()
    count = text.count(b"-----BEGIN ")
    if not 0 < count <= most:
        raise _invalid("PEM blocks: %d" % min(count, most + 1))
    found = []
    for name, data in blocks(text):
        if name != label.encode():
            raise _invalid("PEM block without its label")
        found.append(data)
    return found


def blocks(text: bytes):
    """(label, DER) of each block in turn.

    What stands before, between and after them is ignored, as RFC 7468 has it. In a block there
    may be base64 and line breaks, nothing else.
    """
    at = 0
    while True:
        at = text.find(b"-----BEGIN ", at) + 11
        if at == 10:
            return
        begin = text.find(b"-----", at) + 5
        end = text.find(b"-----", begin)
        label = text[at : begin - 5]
        at = end + 14 + len(label)
        if begin < 5 or end < 0 or text[end:at] != b"-----END " + label + b"-----":
            raise _invalid("PEM block without its label")
        body = b"".join(text[begin:end].split())
        try:
            data = binascii.a2b_base64(body)
        except ValueError:
            data = b""
        # Decoders pass over what they do not know: so only what comes back the same is right.
        if not data or binascii.b2a_base64(data)[:-1] != body:
            raise _invalid("PEM block not base64")
        yield label, data


def encode(data: bytes, label: str) -> str:
    """A PEM block."""
    lines = ["-----BEGIN %s-----" % label]
    for at in range(0, len(data), 48):
        lines.append(binascii.b2a_base64(data[at : at + 48])[:-1].decode())
    return "\n".join(lines + ["-----END %s-----\n" % label])


def _invalid(reason: str) -> ValueError:
    from .der import Invalid  # only now: a link that opens has no memory to spare

    return Invalid(reason)
