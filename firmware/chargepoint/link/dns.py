"""From a host name to an address, without ever stopping the station.

MicroPython's getaddrinfo blocks the whole program until the network answers, so there this asks
a name server itself: one UDP question for an A record, a few times, each with a time limit. The
event loop of CPython resolves in a thread. Addresses need no resolving, nor does localhost. When
nobody answers, the last address known for that name is used.
What this does not do: IPv6 names on MicroPython, TCP, DNSSEC, expiry (a name is asked for anew at
each connection).
"""

# The one class has two faces, and only one of them is known to the type checker.
# pyright: reportRedeclaration=false, reportAttributeAccessIssue=false
# pyright: reportGeneralTypeIssues=false

import asyncio

from ..compat import MICROPYTHON, const

_TRIES = const(2)
_PACKET = const(512)
_NAMES = const(4)  # remembered


def query(name: str, number: int) -> bytes:
    """A question for the A records of `name`. Raises ValueError if it can't be a host name."""
    parts = [bytes((number >> 8, number & 255)), b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"]
    for label in name.rstrip(".").split("."):
        raw = label.encode()
        if not 0 < len(raw) < 64:
            raise ValueError("not a host name")
        parts.append(bytes((len(raw),)) + raw)
    if len(name) > 253:
        raise ValueError("not a host name")
    return b"".join(parts) + b"\x00\x00\x01\x00\x01"


def answer(packet, question: bytes):
    """The addresses in a reply to `question`: a list, empty if the name has none.

    None if the packet is no reply to it, or the server could not tell: wait for another one. Names
    in the records are stepped over, not followed, so their compression can't lead in circles.
    Raises ValueError for a reply that is malformed.
    """
    size = len(packet)
    asked = len(question)
    # Same number and same question, whatever the case of its letters came back as.
    if size < asked or packet[:2] != question[:2] or packet[2] & 0xF8 != 0x80:
        return None
    if packet[4:6] != b"\x00\x01" or packet[12:asked].lower() != question[12:].lower():
        return None
    code = packet[3] & 15
    if code == 3:
        return []
    if code:
        return None
    found = []
    at = asked
    for _ in range(packet[6] << 8 | packet[7]):
        while True:
            if at >= size:
                if packet[2] & 2:  # cut off to fit: what came whole is good
                    return found
                raise ValueError("malformed DNS reply")
            length = packet[at]
            if length & 0xC0 == 0xC0:
                at += 2
                break
            if length & 0xC0:
                raise ValueError("malformed DNS reply")
            at += length + 1
            if not length:
                break
        if at + 10 > size:
            length = size
        else:
            length = packet[at + 8] << 8 | packet[at + 9]
        if at + 10 + length > size:
            if packet[2] & 2:
                return found
            raise ValueError("malformed DNS reply")
        if packet[at : at + 4] == b"\x00\x01\x00\x01" and length == 4:
            found.append("%d.%d.%d.%d" % tuple(packet[at + 10 : at + 14]))
        at += 10 + length
    return found


def is_address(host: str) -> bool:
    """Whether `host` is an IPv4 or IPv6 address and no name."""
    if ":" in host:
        return True
    parts = host.split(".")
    return len(parts) == 4 and all(p.isdigit() and len(p) < 4 and int(p) < 256 for p in parts)


class Resolver:
    """The `network` of a Link. random_bytes(n); servers: (ip, port) of name servers, a list that
    may change (MicroPython only); timeout_ms: for each question."""

    def __init__(self, random_bytes, servers=(), timeout_ms: int = 2000):
        self._random_bytes = random_bytes
        self._timeout_ms = timeout_ms
        self._known = {}
        self._turn = 0
        self.servers = servers

    async def resolve(self, host: str, port: int):
        """(ip, port) for a host name or address. Raises OSError if it can't be found."""
        if is_address(host):
            return host, port
        if host.lower() == "localhost":
            return "127.0.0.1", port
        found = await self._ask(host, port)
        if found:
            self._turn += 1  # of several addresses the first may be dead
            if len(self._known) >= _NAMES:
                self._known.clear()
            self._known[host] = found[self._turn % len(found)]
        if host not in self._known:
            raise OSError("no address for the name " + host)
        return self._known[host], port

    if MICROPYTHON:

        async def _ask(self, host, port):
            for _ in range(_TRIES):
                for server in self.servers:
                    try:
                        found = await asyncio.wait_for_ms(
                            self._exchange(host, server), self._timeout_ms
                        )
                        return found
                    except (OSError, ValueError, asyncio.TimeoutError):
                        continue  # the next server, or the same once more
            return None

        async def _exchange(self, host, server):
            import socket

            number = self._random_bytes(2)
            question = query(host, number[0] << 8 | number[1])
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                sock.setblocking(False)
                # Connected, so that a packet from anybody else is dropped by the network stack.
                sock.connect(socket.getaddrinfo(server[0], server[1])[0][-1])
                sock.send(question)
                found = None
                while found is None:
                    found = answer(await self._packet(sock), question)
                return found
            finally:
                sock.close()

        def _packet(self, sock):
            # A stream's read() would join packets.
            yield asyncio.core._io_queue.queue_read(sock)
            return sock.recv(_PACKET)

    else:

        async def _ask(self, host: str, port: int):
            import socket

            try:
                loop = asyncio.get_running_loop()
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError):
                return None
            # IPv4 first: a station behind a mobile router rarely has a way out for IPv6.
            found.sort(key=lambda info: info[0] != socket.AF_INET)
            family = found[0][0]
            return [info[4][0] for info in found if info[0] == family]
