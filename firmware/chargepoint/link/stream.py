"""One TCP or TLS connection, the same on both interpreters: readinto, write, close.

On MicroPython this goes to the socket itself: asyncio's own streams there copy unsent bytes
without bound, leak the socket when connecting is cancelled, and leave it open after a failed TLS
handshake. On CPython it is asyncio's streams with their buffers turned down. No time-outs here:
whoever opened a stream cancels the task that waits in it and calls close().
"""

# The type checker sees the second half only, and CPython's asyncio.
# pyright: reportRedeclaration=false, reportAttributeAccessIssue=false, reportCallIssue=false

import asyncio

from ..compat import MICROPYTHON

if MICROPYTHON:
    import gc
    import socket
    from errno import EINPROGRESS

    _TCP = 6  # IPPROTO_TCP and its option, which the socket module does not name
    _NODELAY = 1

    class Stream:
        """A connected stream; made by open_stream()."""

        def __init__(self, sock):
            self._sock = sock  # what is read and written: TLS, or the same as _tcp
            self._tcp = sock

        def connect(self, address, context, hostname):
            self._tcp.setblocking(False)
            self._tcp.setsockopt(_TCP, _NODELAY, 1)  # or each CALL waits for a delayed ACK
            try:
                self._tcp.connect(address)
            except OSError as error:
                if error.errno != EINPROGRESS:
                    raise
            if context is not None:
                gc.collect()  # TLS wants some 20 kB in large pieces
                # The handshake itself is done by the first write, without blocking.
                self._sock = context.wrap_socket(
                    self._tcp, server_hostname=hostname, do_handshake_on_connect=False
                )
            yield asyncio.core._io_queue.queue_write(self._tcp)

        def readinto(self, view):
            count = None
            while count is None:
                yield asyncio.core._io_queue.queue_read(self._sock)
                count = self._sock.readinto(view)
            return count

        def write(self, view):
            at = 0
            while at < len(view):
                yield asyncio.core._io_queue.queue_write(self._sock)
                at += self._sock.write(memoryview(view)[at:]) or 0

        def close(self):
            if self._sock is not self._tcp:
                self._sock.close()
            self._tcp.close()  # TLS leaves it open after an error

    async def open_stream(ip, port, context, hostname):
        info = socket.getaddrinfo(ip, port, 0, socket.SOCK_STREAM)[0]  # a literal: asks nobody
        stream = Stream(socket.socket(info[0], info[1], info[2]))
        try:
            await stream.connect(info[-1], context, hostname)
        except BaseException:  # cancelled, too
            stream.close()
            raise
        return stream

else:

    class Stream:
        """A connected stream; made by open_stream()."""

        def __init__(self, reader, writer):
            self._reader = reader
            self._writer = writer
            # drain() means the kernel has it. Not 0: the TLS transport would never say so.
            writer.transport.set_write_buffer_limits(high=1, low=0)

        async def readinto(self, view) -> int:
            """Read what there is, at least one byte; returns how many, 0 at the end."""
            data = await self._reader.read(len(view))
            view[: len(data)] = data
            return len(data)

        async def write(self, view) -> None:
            """Returns when the peer's side has taken all of it."""
            self._writer.write(bytes(view))
            await self._writer.drain()
            await asyncio.sleep(0)  # drain() may return at once: let others run, as on the device

        def close(self) -> None:
            """At once; what is unsent is dropped."""
            self._writer.transport.abort()

    async def open_stream(ip: str, port: int, context, hostname: str) -> Stream:
        """Connect to an address that needs no resolving; context: a TLS context or None.

        Raises OSError, and ValueError for a certificate that MicroPython refuses.
        """
        name = hostname if context is not None else None
        reader, writer = await asyncio.open_connection(
            ip, port, ssl=context, server_hostname=name, limit=4096
        )
        return Stream(reader, writer)
