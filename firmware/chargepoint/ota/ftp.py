"""FTP for one file, or the rest of it from a place on, without a socket (RFC 959, 2428, 3659).

Passive only. The address in a reply to PASV is not looked at: data comes from the host that was
asked. What breaks a rule is a ValueError that says so.
"""

from ..compat import const

_LINE = const(512)
_TOTAL = const(8192)  # bytes of one reply


def command(verb: str, argument: bytes = b"") -> bytes:
    """A line. Raises ValueError for what could make two of it."""
    for byte in argument:
        if byte in (0, 10, 13):
            raise ValueError("a control character for the FTP server")
    return verb.encode() + (b" " if argument else b"") + argument + b"\r\n"


class Replies:
    """What the server says on the control connection. code: of the last whole reply, 0: there is
    none; text: of its last line."""

    def __init__(self):
        self._line = bytearray()
        self._first = b""  # code of a reply of several lines, while it goes on
        self._total = 0
        self.code = 0
        self.text = b""

    def feed(self, data) -> int:
        """Take bytes up to the end of a reply; returns how many. Raises ValueError."""
        self.code = 0
        for n in range(len(data)):
            byte = data[n]
            self._total += 1
            if self._total > _TOTAL or len(self._line) > _LINE:
                raise ValueError("a reply of the FTP server is too long")
            self._line.append(byte)
            if byte == 10:
                line, self._line = bytes(self._line).rstrip(b"\r\n"), bytearray()
                self._end_of_line(line)
                if self.code:
                    self._total = 0
                    return n + 1
        return len(data)

    def _end_of_line(self, line: bytes) -> None:
        code, mark = line[:3], line[3:4]
        is_reply = len(code) == 3 and code.isdigit() and b"100" <= code < b"600"
        if self._first:
            if code == self._first and mark in (b" ", b""):
                self._first = b""
                self._whole(line)
        elif not is_reply or mark not in (b" ", b"-", b""):
            raise ValueError("the server does not speak FTP")
        elif mark == b"-":
            self._first = code
        else:
            self._whole(line)

    def _whole(self, line: bytes) -> None:
        self.code = int(line[:3])
        self.text = line[4:]


def extended_port(text: bytes) -> int:
    """Of 229, `... (|||port|)`. Raises ValueError."""
    inside = text.partition(b"(")[2].partition(b")")[0]
    parts = inside.split(inside[:1]) if inside else []
    if len(parts) != 5 or parts[1] or parts[2] or parts[4]:
        raise ValueError("malformed reply to EPSV")
    return _port(parts[3])


def passive_port(text: bytes) -> int:
    """Of 227, `... (h1,h2,h3,h4,p1,p2)`. Raises ValueError."""
    parts = text.partition(b"(")[2].partition(b")")[0].split(b",")
    if len(parts) != 6:
        raise ValueError("malformed reply to PASV")
    numbers = []
    for part in parts:
        numbers.append(_number(part))
        if numbers[-1] > 255:
            raise ValueError("malformed reply to PASV")
    return _port(b"%d" % (numbers[4] * 256 + numbers[5]))


def size(text: bytes) -> int:
    """Of 213. Raises ValueError."""
    return _number(text.strip())


def _port(digits: bytes) -> int:
    port = _number(digits)
    if not 0 < port < 65536:
        raise ValueError("malformed port of the FTP server")
    return port


def _number(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 10:
        raise ValueError("malformed number of the FTP server")
    return int(digits)
