"""DER (X.690), read strictly and in place, and a little of it written.

Only what an X.509 certificate needs: tags of one byte, definite lengths in their shortest form, up
to 65,535 bytes. A length is compared with what is there before anything is taken. What a caller
does not ask for by its tag is an error, and so is what is left over where a caller says `end`.
"""

from ..compat import const

BOOLEAN = const(0x01)
INTEGER = const(0x02)
BITS = const(0x03)
OCTETS = const(0x04)
NULL = const(0x05)
OBJECT_ID = const(0x06)
UTF8 = const(0x0C)
SEQUENCE = const(0x30)
SET = const(0x31)
_DEPTH = const(8)


class Invalid(ValueError):
    """Not what it has to be; with a short reason."""


class Reader:
    """The elements in the view, one after another. Raises Invalid."""

    def __init__(self, view: memoryview, depth: int = _DEPTH):
        if not depth:
            raise Invalid("DER too deep")
        self._view = view
        self._at = 0
        self._depth = depth

    def tag(self) -> int:
        """Of the next element; 0 at the end."""
        return self._view[self._at] if self._at < len(self._view) else 0

    def value(self, tag: int) -> memoryview:
        """What is in the next element, which must have this tag."""
        view, at = self._view, self._at + 2
        if not tag or tag & 0x1F == 0x1F or self.tag() != tag or at > len(view):
            raise Invalid("malformed DER")
        length = view[at - 1]
        if length > 0x7F:
            head = view[at : at + (length & 0x7F)]
            at += length & 0x7F
            length = int.from_bytes(head, "big") if 0 < len(head) < 3 else 0
            if length < (0x100 if len(head) > 1 else 0x80):
                raise Invalid("malformed DER")
        if at + length > len(view):
            raise Invalid("malformed DER")
        self._at = at + length
        return view[at : self._at]

    def element(self, tag: int) -> memoryview:
        """The next one whole, with its tag and length."""
        start = self._at
        self.value(tag)
        return self._view[start : self._at]

    def inner(self, tag: int = SEQUENCE) -> "Reader":
        """A reader of what is in the next element."""
        return Reader(self.value(tag), self._depth - 1)

    def unsigned(self, most_bytes: int) -> memoryview:
        """The bytes of an INTEGER that is not negative, without a zero before them."""
        view = self.value(INTEGER)
        if len(view) > 1 and not view[0]:
            view = view[1:]
            if view[0] < 0x80:
                raise Invalid("malformed DER")
        elif not len(view) or view[0] > 0x7F:
            raise Invalid("negative or no number")
        if len(view) > most_bytes:
            raise Invalid("number too large")
        return view

    def bits(self) -> memoryview:
        """A BIT STRING of whole bytes."""
        view = self.value(BITS)
        if not len(view) or view[0]:
            raise Invalid("malformed DER")
        return view[1:]

    def end(self) -> None:
        if self._at != len(self._view):
            raise Invalid("more than expected")


def whole(data, tag: int = SEQUENCE) -> Reader:
    """A reader of what is in the one element that the data is."""
    reader = Reader(memoryview(data))
    inner = reader.inner(tag)
    reader.end()
    return inner


def element(tag: int, *parts) -> bytes:
    """One element of these parts."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    if length < 0x100:
        return bytes((tag, 0x81, length)) + content
    return bytes((tag, 0x82, length >> 8, length & 255)) + content


def unsigned(data: bytes) -> bytes:
    """The INTEGER of a number given by its bytes."""
    data = data.lstrip(b"\0")
    return element(INTEGER, data if data and data[0] < 0x80 else b"\0" + data)
