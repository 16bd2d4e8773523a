"""An HTTP server for the files of a folder, from which a simulated station fetches its firmware.

async with FileServer(folder) as files:  # files.url is the folder
    files.break_after = 10_000           # once: the connection breaks after so many bytes
    ...
    assert files.requests == [("/app.img", None), ("/app.img", 8192)]
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import ssl
from pathlib import Path
from types import TracebackType
from urllib.parse import unquote, urlsplit

_RANGE = re.compile(r"bytes=(\d+)-(\d*)\Z")
_CHUNK = 1024
_LONGEST = 8192  # bytes of a request


class FileServer:
    """ssl: a server's context, for HTTPS. requests: (path, first byte asked for) of each.

    Raises NotADirectoryError for a folder that is none.
    """

    def __init__(self, folder: Path | str, ssl: ssl.SSLContext | None = None) -> None:
        self.requests: list[tuple[str, int | None]] = []
        self.break_after: int | None = None
        self.url = ""
        self._folder = Path(folder).resolve()
        if not self._folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
        self._ssl = ssl
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> FileServer:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = await asyncio.start_server(
            self._serve, host, port, ssl=self._ssl, limit=_LONGEST
        )
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http{'s' if self._ssl else ''}://{host}:{port}/"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            await self._answer(request, writer)
            writer.close()
            await writer.wait_closed()
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the station has gone, or asks for no URL at all
        finally:
            writer.transport.abort()

    async def _answer(self, request: str, writer: asyncio.StreamWriter) -> None:
        line, *fields = request.split("\r\n")
        method, target, *_ = [*line.split(" "), "", ""]
        path = unquote(urlsplit(target).path)
        headers = {name.lower(): value.strip() for name, _, value in map(_parted, fields)}
        asked = _RANGE.match(headers.get("range", ""))
        first = int(asked[1]) if asked else None
        self.requests.append((path, first))
        data = self._read(path)
        if method != "GET":
            status, body, more = "405 Method Not Allowed", b"", ["Allow: GET"]
        elif data is None:
            status, body, more = "404 Not Found", b"", []
        elif asked is None or first is None:
            status, body, more = "200 OK", data, ["Accept-Ranges: bytes"]
        elif first < len(data):
            end = min(int(asked[2]) + 1, len(data)) if asked[2] else len(data)
            span = f"Content-Range: bytes {first}-{end - 1}/{len(data)}"
            status, body, more = "206 Partial Content", data[first:end], [span]
        else:
            span = f"Content-Range: bytes */{len(data)}"
            status, body, more = "416 Range Not Satisfiable", b"", [span]
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *more]
        writer.write("\r\n".join([*head, "", ""]).encode())
        if body:
            end, self.break_after = self.break_after, None
            for at in range(0, len(body) if end is None else min(end, len(body)), _CHUNK):
                last = at + _CHUNK if end is None else min(at + _CHUNK, end)
                writer.write(body[at:last])
                await writer.drain()

    def _read(self, path: str) -> bytes | None:
        """Of a file in the folder, and of none outside it."""
        try:
            file = (self._folder / path.lstrip("/")).resolve()
            if file.is_relative_to(self._folder) and file.is_file():
                return file.read_bytes()
        except (OSError, ValueError):
            pass  # no name of a file, or none that may be read
        return None


def _parted(field: str) -> tuple[str, str, str]:
    return field.partition(":")
