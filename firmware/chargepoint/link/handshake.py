"""The HTTP upgrade of a WebSocket connection, client side (RFC 6455 section 4), without a socket.

The server's choice of subprotocol is the choice of the OCPP version, and nothing else is (part 4,
3.1.2). An answer without one means that there is no common version. Redirects are not followed: a
station talks to the address it was configured with, and its password goes nowhere else.
What this does not do: read the body of a refusal, authenticate by anything but Basic, compress.
"""

import binascii
import hashlib

from ..compat import const

OPEN = "open"

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_LINE = const(256)  # bytes kept of a header line; all lines that matter are shorter
_TOTAL = const(16384)  # bytes of one response
_WANTED = (
    b" upgrade connection sec-websocket-accept sec-websocket-protocol sec-websocket-extensions"
    b" location "
)


def base64(data: bytes) -> bytes:
    return binascii.b2a_base64(data).strip()


def first_lines(address) -> list:
    """Of a request to get what is at this address."""
    secure, host, port, target = address
    if ":" in host:
        host = "[" + host + "]"
    if port != (443 if secure else 80):
        host = "%s:%d" % (host, port)
    return [b"GET " + target.encode() + b" HTTP/1.1", b"Host: " + host.encode()]


def request(address, nonce: bytes, subprotocols, user: str = "", password: "bytes | None" = None):
    """The bytes of the request.

    address: what url.parse() gave; nonce: 16 random bytes; subprotocols: in order of preference;
    password: bytes for HTTP Basic authentication as `user`, or None for none.
    """
    lines = first_lines(address) + [
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Key: " + base64(nonce),
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Protocol: " + ", ".join(subprotocols).encode(),
    ]
    if password is not None:
        lines.append(b"Authorization: Basic " + base64(user.encode() + b":" + password))
    return b"\r\n".join(lines) + b"\r\n\r\n"


class Head:
    """Status line and header fields of a response to HTTP/1.1, read strictly as they arrive.

    wanted: names of the fields that are kept, each between blanks; line_bytes: of a line that
    matters at most. status: 0 until it was read; minor: of the version of HTTP; fields: the values
    by names in lower case; whole: all of it is there; why: what is wrong with it, "" nothing.
    """

    def __init__(self, wanted: bytes, line_bytes: int):
        self._wanted = wanted
        self._line_bytes = line_bytes
        self._total = 0
        self.why = ""
        self.begin()

    def begin(self) -> None:
        """Another one follows, as after 100."""
        self._line = bytearray()
        self._long = False  # the line went on beyond what was kept of it
        self.status = self.minor = 0
        self.fields = {}
        self.whole = False

    def feed(self, data) -> int:
        """Take bytes; returns how many belong to it (the rest is what follows)."""
        for n in range(len(data)):
            byte = data[n]
            self._total += 1
            if byte == 10:
                self._end_of_line()
            elif len(self._line) < self._line_bytes:
                self._line.append(byte)
            else:
                self._long = True
            if not self.whole and self._total >= _TOTAL:
                self.why = self.why or "the response is too long"
            if self.whole or self.why:
                return n + 1
        return len(data)

    def _end_of_line(self) -> None:
        line = bytes(self._line)
        if line.endswith(b"\r"):
            line = line[:-1]
        for byte in line:
            if (byte < 32 and byte != 9) or byte == 127:
                self.why = "control character in the response"
                return
        if not self.status:
            self._status_line(line)
        elif line:
            self._field(line)
        else:
            self.whole = True
        self._line = bytearray()
        self._long = False

    def _status_line(self, line: bytes) -> None:
        code = line[9:12]
        if line[:7] != b"HTTP/1." or line[8:9] != b" " or not code.isdigit() or len(code) != 3:
            self.why = "the server does not speak HTTP/1.1"
        elif line[12:13] not in (b"", b" ") or code < b"100":
            self.why = "malformed status line"
        else:
            self.minor = line[7] - 48
            self.status = int(code)

    def _field(self, line: bytes) -> None:
        name, colon, value = line.partition(b":")
        # A line that begins with a blank would continue the one before: long forbidden.
        if not colon or not name or b" " in name or b"\t" in name:
            self.why = "malformed header line"
            return
        name = name.lower()
        if b" " + name + b" " not in self._wanted:
            return
        value = value.strip()
        if name in self.fields:
            value = self.fields[name] + b", " + value
        if self._long or len(value) > self._line_bytes:  # or in many lines
            self.why = "header line too long"
        self.fields[name] = value


class Response:
    """The server's answer, read as it arrives.

    outcome: None while incomplete, then OPEN or the kind of failure: "unauthorized", "forbidden",
    "not found", "redirect", "server error", "refused", "no common version", "bad handshake" (101,
    but not for this request), "garbage" (not HTTP). why: a sentence for the log. subprotocol: the
    server's choice. status: the HTTP status, 0 if none was read.
    """

    def __init__(self, nonce: bytes, subprotocols):
        self._accept = base64(hashlib.sha1(base64(nonce) + _GUID).digest())
        self._offered = subprotocols
        self._head = Head(_WANTED, _LINE)
        self.status = 0
        self.outcome = None
        self.why = ""
        self.subprotocol = None

    def feed(self, data) -> int:
        """Take bytes; returns how many belong to the response (the rest is the first frame's)."""
        head = self._head
        used = 0
        while used < len(data) and self.outcome is None:
            used += head.feed(memoryview(data)[used:])
            self.status = head.status
            if head.why:
                self._fail("garbage", head.why)
            elif head.whole:
                self._judge()
        return used

    def _fail(self, outcome: str, why: str) -> None:
        self.outcome = outcome
        self.why = why

    def _judge(self) -> None:
        status = self.status
        if status == 101:
            self._upgrade()
        elif status < 200:  # 100, 103...: the real response follows
            self._head.begin()
            self.status = 0
        elif status == 401:
            self._fail("unauthorized", "401: the server wants other credentials")
        elif status == 403:
            self._fail("forbidden", "403: the server refuses this station")
        elif status == 404:
            self._fail("not found", "404: the server does not know this station or path")
        elif 300 <= status < 400:
            where = repr(self._head.fields.get(b"location", b""))[2:-1]
            self._fail("redirect", "%d: redirects are not followed (to %s)" % (status, where))
        elif status >= 500:
            self._fail("server error", "%d: the server has a problem" % status)
        else:
            self._fail(
                "refused", "%d: the server refuses the WebSocket or its subprotocols" % status
            )

    def _upgrade(self) -> None:
        get = self._head.fields.get
        if not self._head.minor:
            self._fail("garbage", "an upgrade needs HTTP/1.1")
        elif get(b"upgrade", b"").lower() != b"websocket":
            self._fail("bad handshake", "101 without Upgrade: websocket")
        elif b"upgrade" not in [t.strip() for t in get(b"connection", b"").lower().split(b",")]:
            self._fail("bad handshake", "101 without Connection: Upgrade")
        elif get(b"sec-websocket-accept") != self._accept:
            self._fail("bad handshake", "wrong Sec-WebSocket-Accept")
        elif get(b"sec-websocket-extensions"):
            self._fail("bad handshake", "the server uses an extension that was not offered")
        elif not get(b"sec-websocket-protocol"):
            self._fail("no common version", "the server chose none of the subprotocols offered")
        else:
            answer = get(b"sec-websocket-protocol")
            for name in self._offered:
                if name.encode() == answer:
                    self.subprotocol = name
                    self.outcome = OPEN
                    return
            self._fail("bad handshake", "the server chose a subprotocol that was not offered")
