"""HTTP for one file, or the rest of it from a place on, without a socket (RFC 9110, 9112).

What a server says is held against what it was asked: a 206 has to be the very range. A violation
is a ValueError that says what is wrong; another attempt may meet a better server.
"""

from ..compat import const
from ..link.handshake import Head, base64, first_lines

FILE = "file"
MOVED = "moved"
GONE = "gone"  # the file has no such place
_LINE = const(2048)  # a location may be signed by the server that gives it
_SIZE_DIGITS = const(10)
_CHUNK_LINE = const(64)
_WANTED = b" content-length content-range content-encoding transfer-encoding location "
# Where in the framing of a chunked body: line of the size, data, end of line behind it.
_SIZE = const(0)
_DATA = const(1)
_END = const(2)


def request(address, first: int = 0, last: "int | None" = None, credentials=None) -> bytes:
    """address: (secure, host, port, target); first, last: the bytes that are wanted, None: to the
    end; credentials: bytes `user:password`, or None."""
    lines = first_lines(address)
    lines.append(b"User-Agent: chargepoint")
    lines.append(b"Accept-Encoding: identity")
    lines.append(b"Connection: close")
    if first or last is not None:
        lines.append(b"Range: bytes=%d-" % first + (b"" if last is None else b"%d" % last))
    if credentials is not None:
        lines.append(b"Authorization: Basic " + base64(credentials))
    return b"\r\n".join(lines) + b"\r\n\r\n"


class Response:
    """The answer to `request` with the same `first` and `last`, read as it arrives.

    outcome: None while incomplete, then FILE, MOVED (to `location`) or GONE. start: the place in
    the file where the body begins; total: bytes of the whole file, None if the server has not
    said. is_framed: the body ends by what was said of it, else with the connection. ended: all of
    it was there. Each method raises ValueError.
    """

    def __init__(self, first: int = 0, last: "int | None" = None):
        self._first = first
        self._last = last
        self._head = Head(_WANTED, _LINE)
        self._left = None  # bytes of the body, or of its chunk; None: up to the connection's end
        self._chunked = False
        self._place = _SIZE
        self._line = b""
        self.outcome = None
        self.location = ""
        self.start = 0
        self.total = None
        self.is_framed = False
        self.ended = False

    def feed(self, data) -> int:
        """Take bytes until there is an outcome; returns how many were of the head."""
        head = self._head
        used = 0
        while used < len(data) and self.outcome is None:
            used += head.feed(memoryview(data)[used:])
            if head.why:
                raise ValueError(head.why)
            if head.whole:
                self._judge(head.status, head.fields)
        return used

    def strip(self, view) -> int:
        """Bytes of the body, from which the framing is taken out in place; how many are left."""
        if self._chunked:
            return self._strip_chunks(view)
        count = len(view)
        if self._left is not None:
            count = min(count, self._left)
            self._left -= count
            self.ended = not self._left
        return count

    def close(self) -> None:
        """The connection is at its end."""
        if self.outcome is None:
            raise ValueError("the server closed the connection")
        if not self.ended and self.is_framed:
            raise ValueError("the connection ended before the file")
        self.ended = True

    def _judge(self, status: int, fields) -> None:
        if status == 101:
            raise ValueError("101: the server changes the protocol unasked")
        if status < 200:  # 100, 103...: the real response follows
            self._head.begin()
        elif status in (301, 302, 303, 307, 308):
            self.location = str(fields.get(b"location", b""), "utf-8")
            if not self.location:
                raise ValueError("%d: a redirect without a location" % status)
            self.outcome = MOVED
        elif status == 416:
            self.outcome = GONE
        elif status in (200, 206):
            self._frame(fields)
            if status == 206:
                self._range(fields.get(b"content-range"))
            elif not self._chunked:
                self.total = self._left
            self.is_framed = self._left is not None
            self.ended = self._left == 0 and not self._chunked
            self.outcome = FILE
        else:
            raise ValueError("%d: the server does not give the file" % status)

    def _frame(self, fields) -> None:
        if fields.get(b"content-encoding", b"identity").lower() != b"identity":
            raise ValueError("the server has encoded the file")
        coding = fields.get(b"transfer-encoding", b"identity").lower()
        length = fields.get(b"content-length")
        if coding == b"chunked":
            if length is not None:
                raise ValueError("both Content-Length and chunks")
            self._chunked = True
            self._left = 0
        elif coding != b"identity":
            raise ValueError("unknown Transfer-Encoding")
        elif length is not None:
            self._left = _number(length, "malformed Content-Length")

    def _range(self, text) -> None:
        """bytes first-last/total, held against what was asked."""
        if self._first == 0 and self._last is None:
            raise ValueError("206: the server gives a part unasked")
        if text is None:
            raise ValueError("206 without Content-Range")
        unit, _, rest = text.partition(b" ")
        places, _, total = rest.partition(b"/")
        first, dash, last = places.partition(b"-")
        why = "malformed Content-Range"
        if unit.lower() != b"bytes" or not dash:
            raise ValueError(why)
        first, last = _number(first, why), _number(last, why)
        self.total = None if total == b"*" else _number(total, why)
        if last < first or (self.total is not None and last >= self.total):
            raise ValueError(why)
        if first != self._first or (self._last is not None and last > self._last):
            raise ValueError("the server gives another range than asked")
        count = last + 1 - first
        if not self._chunked:
            if self._left is not None and self._left != count:
                raise ValueError("Content-Length and Content-Range differ")
            self._left = count
        self.start = first

    def _strip_chunks(self, view) -> int:
        at = kept = 0
        while at < len(view) and not self.ended:
            if self._place == _DATA:
                left = self._left or 0
                count = min(left, len(view) - at)
                view[kept : kept + count] = view[at : at + count]
                kept += count
                at += count
                self._left = left - count
                if count == left:
                    self._place = _END
                continue
            self._line += bytes(view[at : at + 1])
            at += 1
            if len(self._line) > _CHUNK_LINE:
                raise ValueError("malformed chunk")
            if self._line[-1] == 10:
                self._end_of_line(self._line[:-1])
                self._line = b""
        return kept

    def _end_of_line(self, line: bytes) -> None:
        if line[-1:] == b"\r":
            line = line[:-1]
        if self._place == _END:
            if line:
                raise ValueError("malformed chunk")
            self._place = _SIZE
            return
        digits = line.partition(b";")[0].strip()
        if not 0 < len(digits) <= 8 or not all([c in b"0123456789abcdefABCDEF" for c in digits]):
            raise ValueError("malformed chunk")
        self._left = int(digits, 16)
        self._place = _DATA
        self.ended = not self._left  # what may follow are fields that say nothing of the file


def _number(digits: bytes, why: str) -> int:
    if not digits.isdigit() or len(digits) > _SIZE_DIGITS:
        raise ValueError(why)
    return int(digits)


def moved(address, location: str) -> str:
    """The URL that a redirect from `address` leads to. Raises ValueError."""
    secure, host, port, target = address
    mark = location.find("://")
    if mark >= 0 and "/" not in location[:mark] and "?" not in location[:mark]:
        if secure and location[:mark].lower() != "https":
            raise ValueError("a redirect away from https")
        return location
    scheme = "https" if secure else "http"
    if location.startswith("//"):
        return scheme + ":" + location
    if not location.startswith("/"):  # beside the file; one that climbs is the server's matter
        location = target.partition("?")[0].rpartition("/")[0] + "/" + location
    if ":" in host:
        host = "[" + host + "]"
    return "%s://%s:%d%s" % (scheme, host, port, location)
