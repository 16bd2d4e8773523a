"""TCP through the modem: what other boards have from their network stack.

UART 1 and UART 4 carry the bytes of a connection each, UART 3 the lines of their control:

    open N UART HOST PORT    close N WRITTEN                           to the modem
    opened N    refused N ERRNO    closed N DELIVERED ERRNO            from it

N is the connection's number. WRITTEN and DELIVERED count its bytes on its UART, so that either
side knows where they end. Each `open` is answered by one `refused` or, whoever closes, one
`closed`, and followed by one `close`, also when it was refused or the server has closed it: only
then does the modem know whose the next bytes are. Two connections are open at a time; addresses
are numeric; only what link/stream.py needs is here.
"""

# What MicroPython has and CPython has not.
# pyright: reportMissingImports=false

import io
from errno import ECONNRESET, EINPROGRESS, ENOBUFS

from uart import UART

AF_INET = 2
SOCK_STREAM = 1
SOCK_DGRAM = 2

_POLL = 3
_READ = 1
_WRITE = 4
_HANGUP = 16

_control = UART(3, True)
_sockets = {}  # by number, until the modem has said that they are closed
_last = 0  # number
_uarts = [None, UART(1), None, None, UART(4)]
_free = [4, 1]  # of these, the last goes first
_stale = [0, 0, 0, 0, 0]  # bytes still to come for connections that nobody reads any more


def getaddrinfo(host, port, family=0, type=0, protocol=0, flags=0):
    return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]


class socket(io.IOBase):
    """A TCP socket that never waits."""

    def __init__(self, family=AF_INET, type=SOCK_STREAM, protocol=0):
        self._number = self._line = self._read = self._written = 0
        self._end = None  # bytes the modem has delivered, once that is all
        self._errno = None
        self._open = False

    def setblocking(self, blocking):
        pass

    def setsockopt(self, level, option, value):
        pass

    def connect(self, address):
        global _last
        if not _free:
            raise OSError(ENOBUFS)
        _last += 1
        self._line = _free.pop()
        self._number = _last
        _sockets[_last] = self
        _control.write("open %d %d %s %d\n" % (_last, self._line, address[0], address[1]))
        raise OSError(EINPROGRESS)

    def readinto(self, buffer):
        _listen()
        if self._read == self._end:
            if self._errno:
                raise OSError(self._errno)
            return 0
        if _stale[self._line] or not self._open:
            return None
        if self._end is not None:
            buffer = memoryview(buffer)[: self._end - self._read]
        count = _uarts[self._line].readinto(buffer)
        self._read += count or 0
        return count

    def write(self, buffer):
        _listen()
        if self._end is not None:
            raise OSError(self._errno or ECONNRESET)
        count = _uarts[self._line].write(buffer) if self._open else None
        self._written += count or 0
        return count

    def ioctl(self, request, argument):
        if request != _POLL:
            return 0
        _listen()
        if self._end is not None and (self._read == self._end or argument & _WRITE):
            return argument | _HANGUP
        if not self._open:
            return 0
        return _uarts[self._line].ioctl(
            _POLL, argument & _WRITE if _stale[self._line] else argument
        )

    def close(self):
        if self._number:  # also of one that has ended: the modem must know where its bytes end
            _control.write("close %d %d\n" % (self._number, self._written))
            _free.append(self._line)
            if self._end is not None:
                _stale[self._line] += self._end - self._read
        self._open = False
        self._number = 0

    def opened(self):
        self._open = True

    def ended(self, delivered, errno):
        self._end = delivered
        self._errno = errno
        if not self._number:
            _stale[self._line] += delivered - self._read


def _listen():
    """Take what the modem has said, and throw away what nobody reads."""
    while _control.ioctl(_POLL, _READ):
        line = _control.read().split()
        number = int(line[1])
        if line[0] == b"opened":
            _sockets[number].opened()
        elif line[0] == b"refused":
            _sockets.pop(number).ended(0, int(line[2]))
        else:
            _sockets.pop(number).ended(int(line[2]), int(line[3]))
    for line in (1, 4):
        while _stale[line] and _uarts[line].ioctl(_POLL, _READ):
            _stale[line] -= len(_uarts[line].read(min(_stale[line], 64)) or b"")
