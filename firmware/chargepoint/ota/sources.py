"""Where a file comes from: a HTTP or FTP server.

A source is opened at a place of the file and read; `start` is where it begins in fact, `total` how
many bytes the whole file has, None if the server has not said, `phase` what is being done, for a
log. No time-outs here: whoever waits cancels the task and calls close(), which is always allowed.
Raises OSError, and ValueError for what breaks a rule.
"""

from .. import modules
from ..compat import const
from ..link.stream import Stream

_BUFFER_BYTES = const(512)
_REPLY_BYTES = const(64)  # read at a time
_REDIRECTS = const(5)


def source(network, tls_files, location: str):
    """The source for a location. Raises ValueError if it can't be one."""
    schemes = (("ftp", 21), ("http", 80), ("https", 443))
    place = modules.use("link.url").split(location, schemes)
    modules.use("link.url").decode(place[1] or "")
    return (Ftp if place[0] == "ftp" else Web)(network, tls_files, place)


async def _connected(made, host: str, port: int, context):
    """A new stream of this source."""
    made.phase = "name"
    ip, port = await made.network.resolve(host, port)
    stream = Stream()
    made.streams.append(stream)
    made.phase = "connecting"
    await stream.open(ip, port, context, host)
    made.phase = "request"
    return stream


def _origin(place):
    return place[0], place[2], place[3]


def _close(streams) -> None:
    while streams:
        streams.pop().close()


class Web:
    """place: what url.split gave."""

    def __init__(self, network, tls_files, place):
        self.network = network
        self._tls_files = tls_files
        self._place = place
        self.streams = []
        self.phase = ""
        self.start = 0
        self.total = None
        self._response = None
        self._buffer = bytearray(_BUFFER_BYTES)
        self._rest = (0, 0)  # of the buffer: what came with the head

    def close(self) -> None:
        _close(self.streams)

    async def open(self, first: int, last: "int | None") -> bool:
        """False: the server has nothing there."""
        http, url = modules.use("ota.http"), modules.use("link.url")
        place = self._place
        for _ in range(_REDIRECTS + 1):
            scheme, user, host, port, path, query = place
            # Credentials are for who was asked, not for whom he points to.
            if user is None and (scheme, host, port) == _origin(self._place):
                user = self._place[1]
            if user is not None:
                user = url.decode(user if ":" in user else user + ":")
            address = (scheme == "https", host, port, (path or "/") + query)
            await self._ask(address, first, last, user)
            response = self._response
            if response.outcome != http.MOVED:
                if address[0] and not response.is_framed:
                    # MicroPython's TLS may keep its end to itself, and TCP's can be anybody's.
                    raise ValueError("no Content-Length")
                self.phase = "file"
                self.start, self.total = response.start, response.total
                return response.outcome == http.FILE
            location = http.moved(address, response.location)
            place = url.split(location, (("http", 80), ("https", 443)))
        raise ValueError("too many redirects")

    async def _ask(self, address, first: int, last: "int | None", credentials) -> None:
        """Connect and read the head of the response."""
        self.close()
        http = modules.use("ota.http")
        context = None
        if address[0]:
            self.phase = "TLS"
            context = modules.use("link.tls").context(2, self._tls_files)
        stream = await _connected(self, address[1], address[2], context)
        await stream.write(http.request(address, first, last, credentials))
        response = self._response = http.Response(first, last)
        while response.outcome is None:
            view = memoryview(self._buffer)
            count = await stream.readinto(view)
            if not count:
                response.close()
            self._rest = (response.feed(view[:count]), count)

    async def read(self):
        """The next bytes, which stay until the next call; none at the end."""
        response = self._response
        while not response.ended:
            view = memoryview(self._buffer)
            at, count = self._rest
            self._rest = (0, 0)
            if at == count:
                at, count = 0, await self.streams[0].readinto(view)
                if not count:
                    response.close()
                    break
            view = view[at:count]
            count = response.strip(view)
            if count:
                return view[:count]
        self.close()
        return b""


class Ftp:
    """place: what url.split gave."""

    def __init__(self, network, tls_files, place):
        self.network = network
        self._place = place
        self.streams = []  # control connection, data connection
        self.phase = ""
        self.start = 0
        self.total = None
        self._left = None
        self._replies = None
        self._buffer = bytearray(_BUFFER_BYTES)
        self._told = bytearray(_REPLY_BYTES)
        self._rest = (0, 0)  # of it: what came behind the last reply

    def close(self) -> None:
        _close(self.streams)

    async def open(self, first: int, last: "int | None") -> bool:
        """True: whether the server has something there it does not say."""
        self.close()
        ftp, decode = modules.use("ota.ftp"), modules.use("link.url").decode
        _, user, host, port, path, _ = self._place
        name, _, password = (user or "anonymous:station@").partition(":")
        if path.endswith(";type=i"):
            path = path[:-7]
        self._replies = ftp.Replies()
        self._rest = (0, 0)
        await _connected(self, host, port, None)
        await self._reply(220)
        if await self._command("USER", decode(name), 230, 331) == 331:
            await self._command("PASS", decode(password), 230, 202)
        await self._command("TYPE", b"I", 200)
        self.total = None
        if await self._command("SIZE", decode(path[1:]), 213, 0) == 213:
            self.total = ftp.size(self._replies.text)
        if await self._command("EPSV", b"", 229, 0) == 229:
            port = ftp.extended_port(self._replies.text)
        else:
            await self._command("PASV", b"", 227)
            port = ftp.passive_port(self._replies.text)
        self.start = 0
        if first and await self._command("REST", b"%d" % first, 350, 0) == 350:
            self.start = first
        await _connected(self, host, port, None)
        await self._command("RETR", decode(path[1:]), 125, 150)
        self._left = None if last is None or self.start != first else last + 1 - first
        self.phase = "file"
        return True

    async def _command(self, verb: str, argument: bytes, *expected: int) -> int:
        await self.streams[0].write(modules.use("ota.ftp").command(verb, argument))
        return await self._reply(*expected)

    async def _reply(self, *expected: int) -> int:
        """Its code. Raises ValueError if it is none of these; with 0 among them a refusal is 0."""
        replies = self._replies
        while True:
            view = memoryview(self._told)
            at, count = self._rest
            if at == count:
                at, count = 0, await self.streams[0].readinto(view)
                if not count:
                    raise ValueError("the server closed the connection")
            at += replies.feed(view[at:count])
            self._rest = (at, count)
            code = replies.code
            if code in expected and code:
                return code
            if code >= 500 and 0 in expected:
                return 0
            if code >= 200:  # else it is not whole, or says that another one follows
                text = "".join([chr(c) if 32 <= c < 127 else "?" for c in replies.text[:60]])
                raise ValueError("%d %s" % (code, text))

    async def read(self):
        """The next bytes, which stay until the next call; none at the end."""
        if self._left != 0:
            view = memoryview(self._buffer)
            count = await self.streams[1].readinto(view)
            if count:
                if self._left is not None:
                    count = min(count, self._left)
                    self._left -= count
                return view[:count]
            await self._reply(226, 250)  # else it was not all
        self.close()
        return b""
