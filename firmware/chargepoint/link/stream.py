"""One TCP or TLS connection, the same on both interpreters: open, readinto, write, close.

On MicroPython this goes to the socket itself: asyncio's own streams there copy unsent bytes
without bound, leak the socket when connecting is cancelled, and leave it open after a failed TLS
handshake. On CPython it is asyncio's streams with their buffers turned down. No time-outs here:
whoever has a stream cancels the task that waits in it and calls close(), which is always allowed.
Each read and each write lets the other tasks run first, whatever is there already: a peer that
never stops sending can't keep them from their work.
"""

# The type checker sees the second half only, and CPython's asyncio.
# pyright: reportRedeclaration=false, reportAttributeAccessIssue=false, reportCallIssue=false

import asyncio

from ..compat import MICROPYTHON, cold

if MICROPYTHON:
    import gc
    import socket
    from errno import EINPROGRESS

    _TCP = 6  # IPPROTO_TCP and its option, which the socket module does not name
    _NODELAY = 1

    class Stream:
        """phase: what is being done to open it, for a log; secure: it is, or is to be, TLS."""

        def __init__(self):
            self._sock = None  # what is read and written: TLS, or the same as _tcp
            self._tcp = None
            self.phase = ""
            self.secure = False

        @cold
        def open(self, ip, port, context, hostname):
            # A literal: it asks nobody.
            family, kind, protocol, _, address = socket.getaddrinfo(
                ip, port, 0, socket.SOCK_STREAM
            )[0]
            self._sock = self._tcp = socket.socket(family, kind, protocol)
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
            if self._sock is not self._tcp:  # TLS may hold more, of which poll() knows nothing
                yield from asyncio.sleep_ms(0)
                count = self._sock.readinto(view)
            while count is None:
                yield asyncio.core._io_queue.queue_read(self._sock)
                count = self._sock.readinto(view)
            return count

        @cold
        def write(self, view):
            at = 0
            while at < len(view):
                yield asyncio.core._io_queue.queue_write(self._sock)
                at += self._sock.write(memoryview(view)[at:]) or 0

        @cold
        def close(self):
            if self._sock is not self._tcp:
                self._sock.close()
            if self._tcp is not None:
                self._tcp.close()  # TLS leaves it open after an error

else:

    class Stream:
        """phase: what is being done to open it, for a log; secure: it is, or is to be, TLS."""

        def __init__(self):
            self._reader = None
            self._writer = None
            self.phase = ""
            self.secure = False

        async def open(self, ip: str, port: int, context, hostname: str) -> None:
            """Connect to an address that needs no resolving; context: a TLS context or None.

            Raises OSError, and ValueError for a certificate that MicroPython refuses.
            """
            name = hostname if context is not None else None
            self._reader, self._writer = await asyncio.open_connection(
                ip, port, ssl=context, server_hostname=name, limit=4096
            )
            # drain() means the kernel has it. Not 0: the TLS transport would never say so.
            self._writer.transport.set_write_buffer_limits(high=1, low=0)

        async def readinto(self, view) -> int:
            """Read what there is, at least one byte; returns how many, 0 at the end."""
            await asyncio.sleep(0)  # read() may return at once
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
            if self._writer is not None:
                self._writer.transport.abort()
