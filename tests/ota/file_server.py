"""HTTP and FTP servers for one file, right ones and such that lie, on the loopback.

async with Web(content) as server:
    server.url()                  an address that behaves
    server.behaviour = "..."      what it does from now on, see `Web`
    server.asked                  the requests so far
"""

from __future__ import annotations

import asyncio
import re


class Server:
    """breaks: places of the file; where the first of them is reached the connection ends, and the
    next one is waited for."""

    def __init__(self, content: bytes, context=None):
        self.content = content
        self.context = context
        self.behaviour = ""
        self.breaks: list[int] = []
        self.asked: list = []
        self.port = 0
        self.more = asyncio.Event()  # of a server that trickles
        self._tasks: set[asyncio.Task] = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._run, "127.0.0.1", 0, ssl=self.context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, reader, writer) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            await self.serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the station has gone
        finally:
            self._tasks.discard(task)
            writer.close()

    async def serve(self, reader, writer) -> None:
        raise NotImplementedError

    async def send(self, writer, data: bytes, place: int = 0) -> bool:
        """The file from there on. False: the connection is to end here."""
        whole = not self.breaks or not place <= self.breaks[0] < place + len(data)
        end = len(data) if whole else self.breaks.pop(0) - place
        for at in range(0, end, 1000):
            writer.write(data[at : min(at + 1000, end)])
            await writer.drain()
        if not whole and self.context:
            writer.transport.abort()  # else TLS would wait for the station's goodbye
        return whole


class Web(Server):
    """behaviour: a name of `_LIES`, "redirect:URL", "status:CODE", or "" for none."""

    async def serve(self, reader, writer) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        lines = request.decode().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:-2])
        self.asked.append((lines[0].split()[1], fields))
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", fields.get("Range", ""))
        kind, _, argument = self.behaviour.partition(":")
        content = self.content
        if kind == "silent":
            await reader.read()
            return
        if kind == "redirect":
            if argument == "loop":
                argument = self.url()
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: %s\r\n\r\n" % argument.encode())
            return
        if kind == "status":
            writer.write(b"HTTP/1.1 %s x\r\nContent-Length: 0\r\n\r\n" % argument.encode())
            return
        if kind == "endless header":
            try:
                while True:
                    writer.write(b"HTTP/1.1 200 OK\r\n" if not argument else b"X: y\r\n")
                    argument = "x"
                    await writer.drain()
            except ConnectionError:
                return
        first = int(found[1]) if found else 0
        last = min(int(found[2]) if found and found[2] else len(content) - 1, len(content) - 1)
        if not found or kind in ("no ranges", "chunked", "until close", "endless body"):
            await self._whole(writer, kind)
            return
        if first >= len(content):
            writer.write(b"HTTP/1.1 416 no\r\nContent-Range: bytes */%d\r\n\r\n" % len(content))
            return
        body = content[first : last + 1]
        place = first
        total = len(content)
        if kind == "wrong start":
            first += 1
        elif kind == "wrong total":
            total = last
        elif kind == "longer range":
            last += 1
            total += 1
        range_line = b"Content-Range: bytes %d-%d/%d\r\n" % (first, last, total)
        if kind == "no content range":
            range_line = b""
        length = len(body) + (kind == "longer than it is") - (kind == "shorter than it is")
        head = b"HTTP/1.1 206 Partial Content\r\n%sContent-Length: %d\r\n" % (range_line, length)
        if kind == "encoded":
            head += b"Content-Encoding: gzip\r\n"
        writer.write(head + b"\r\n")
        await self.send(writer, body, place)

    async def _whole(self, writer, kind: str) -> None:
        content = self.content
        head = b"HTTP/1.1 200 OK\r\n"
        if kind == "chunked":
            writer.write(head + b"Transfer-Encoding: chunked\r\n\r\n")
            framed = b"".join(
                b"%x\r\n%s\r\n" % (len(content[at : at + 700]), content[at : at + 700])
                for at in range(0, len(content), 700)
            )
            await self.send(writer, framed + b"0\r\n\r\n")
            return
        if kind == "trickle":
            writer.write(head + b"Content-Length: %d\r\n\r\n" % len(content))
            for at in range(0, len(content), 100):
                writer.write(content[at : at + 100])
                self.more.clear()
                await self.more.wait()
        if kind == "until close":
            writer.write(head + b"\r\n")
            await self.send(writer, content)
            return
        if kind == "endless body":
            writer.write(head + b"\r\n" + content)
            while True:
                writer.write(bytes(1000))
                await writer.drain()
        length = len(content) + (kind == "longer than it is") - (kind == "shorter than it is")
        if kind == "encoded":
            head += b"Content-Encoding: gzip\r\n"
        if kind == "part unasked":
            head = b"HTTP/1.1 206 x\r\nContent-Range: bytes 0-%d/%d\r\n" % (length - 1, length)
        writer.write(head + b"Content-Length: %d\r\n\r\n" % length)
        await self.send(writer, content)

    def url(self, scheme: str = "", user: str = "", path: str = "/fw/app.img") -> str:
        scheme = scheme or ("https" if self.context else "http")
        return f"{scheme}://{user}localhost:{self.port}{path}"


class Ftp(Server):
    """behaviour: "no EPSV", "no REST", "no SIZE", "lies about PASV", "no file", "wrong size",
    "aborted", "closes", "silent", "wants a password"."""

    async def serve(self, reader, writer) -> None:
        place = 0
        data_server = None
        data: asyncio.Future = asyncio.get_running_loop().create_future()

        async def accepted(data_reader, data_writer):
            data.set_result(data_writer)

        def say(text: str) -> None:
            writer.write(text.encode() + b"\r\n")

        is_ = self.behaviour.__eq__
        say("220-Files\r\n of all kinds\r\n220 ready")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            verb, _, argument = line.partition(" ")
            self.asked.append(line)
            if is_("silent") and verb == "RETR":
                await reader.read()
            elif verb == "USER":
                say("331 password" if is_("wants a password") or argument == "me" else "230 hi")
            elif verb == "PASS":
                say("230 hi" if argument == "p@ss" else "530 no")
            elif verb == "TYPE":
                say("200 ok")
            elif verb == "SIZE":
                count = len(self.content) + (1 if is_("wrong size") else 0)
                say("502 what?" if is_("no SIZE") else f"213 {count}")
            elif verb in ("EPSV", "PASV"):
                if verb == "EPSV" and self.behaviour in ("no EPSV", "lies about PASV"):
                    say("500 what?")
                    continue
                data_server = await asyncio.start_server(accepted, "127.0.0.1", 0)
                port = data_server.sockets[0].getsockname()[1]
                host = "10,1,2,3" if is_("lies about PASV") else "127,0,0,1"
                say(
                    f"229 ok (|||{port}|)"
                    if verb == "EPSV"
                    else f"227 ok ({host},{port // 256},{port % 256})"
                )
            elif verb == "REST":
                if not is_("no REST"):
                    place = int(argument)
                say("502 what?" if is_("no REST") else "350 ok")
            elif verb == "RETR":
                if is_("no file") or argument not in ("fw/app.img", "/fw/app.img"):
                    say("550 no such file")
                    continue
                assert data_server
                data_writer = await data
                say("150 here it comes" + ("\r\n226 already done" if is_("hasty") else ""))
                whole = await self.send(data_writer, self.content[place:], place)
                if is_("closes"):
                    data_writer.close()
                    return
                data_writer.close()
                if not is_("hasty"):
                    say("226 done" if whole and not is_("aborted") else "426 broken")
                data_server.close()
        writer.close()

    def url(self, user: str = "", path: str = "/fw/app.img") -> str:
        return f"ftp://{user}localhost:{self.port}{path}"
