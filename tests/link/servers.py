"""Servers for the scenarios: `websockets`' own, and a raw one that breaks rules on purpose."""

import asyncio
import base64
import hashlib
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def check(connection: ServerConnection, request: Request) -> Response | None:
    """Refusals by path, and the password of /password."""
    behaviour = request.path.split("/")[1]
    assert request.path.endswith("/CP%201")
    if behaviour.startswith("status-"):
        response = connection.respond(HTTPStatus(int(behaviour[7:])), "refused\n")
        response.headers["Location"] = "ws://127.0.0.1:1/elsewhere"
        return response
    expected = "Basic " + base64.b64encode("CP 1:grün".encode()).decode()
    if behaviour == "password" and request.headers.get("Authorization") != expected:
        return connection.respond(HTTPStatus.UNAUTHORIZED, "who?\n")
    return None


def select(connection: ServerConnection, offered):
    assert connection.request is not None
    behaviour = connection.request.path.split("/")[1]
    assert offered == ["ocpp2.0.1", "ocpp1.6"]
    wanted = behaviour[5:] if behaviour.startswith("only-") else "ocpp1.6"
    return wanted if wanted in offered else None


async def handle(connection: ServerConnection) -> None:
    assert connection.request is not None
    behaviour = connection.request.path.split("/")[1]
    heard = []
    try:
        if behaviour == "flood":
            for n in range(300):
                await connection.send(f"flood {n}")
        elif behaviour == "oversized":
            await connection.send('[2,"id-1","DataTransfer",{"data":"' + "€" * 5000 + '"}]')
            await connection.send("after")
        elif behaviour == "binary":
            await connection.send(b"\x00\x01")
        elif behaviour == "pings-me":
            for _ in range(3):
                await (await connection.ping())
            await connection.send("got three pongs")
        elif behaviour == "pings-me-later":
            pong: Any = await connection.ping()
            told = False
            parts = []
            async for part in connection.recv_streaming():
                parts.append(part)
                if pong.done() and not told:
                    told = True  # while the message is not yet whole
                    await connection.send("got a pong")
            whole = "".join(parts)
            assert whole == "piece," * (len(whole) // 6)
            await connection.send("whole")
        elif behaviour == "words":
            await connection.pong(b"0")
            await connection.send("unknown station")
            await connection.close(1008)
        elif behaviour.startswith("close-"):
            await connection.close(int(behaviour[6:]), "restart")
        async for message in connection:
            if behaviour == "report-close":
                heard.append(message)
            else:
                await connection.send(message)
    except ConnectionClosed:
        pass
    if behaviour == "report-close" and connection.close_code != 1000:
        assert (connection.close_code, connection.close_reason) == (1001, "rebooting")
        assert heard == [*"abcdefgh", "piece" * 1000]


async def misbehave(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, open_connections: list
) -> None:
    request = await reader.readuntil(b"\r\n\r\n")
    behaviour = request.split(b"/")[1].decode()
    key = next(x[19:] for x in request.split(b"\r\n") if x.startswith(b"Sec-WebSocket-Key: "))
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + (b"A" * 28 if behaviour == "wrong-accept" else accept),
        b"Sec-WebSocket-Protocol: " + (b"soap" if behaviour == "wrong-choice" else b"ocpp1.6"),
    ]
    if behaviour == "extension":
        lines.append(b"Sec-WebSocket-Extensions: permessage-deflate")
    response = b"\r\n".join(lines) + b"\r\n\r\n"
    if behaviour == "garbage":
        response = b"220 mail.example ESMTP\r\n"
    elif behaviour == "endless":
        response = b"HTTP/1.1 101 x\r\n" + b"X: y\r\n" * 5000
    elif behaviour == "half-a-response":
        response = response[:40]
    elif behaviour in ("goodbye", "silence"):
        response = b""
    frames = {
        "early": b"\x81\x0aearly bird",
        "bad-utf8": b"\x81\x02\xc3\x28",
        "masked": b"\x81\x81\x00\x00\x00\x00x",
        "too-large": b"\x81\x7f\x00\x00\x00\x01\x00\x00\x00\x00",
    }
    if behaviour == "count":
        frames["count"] = b"\x81\x01%d" % len(open_connections)
    writer.write(response + frames.get(behaviour, b""))
    if behaviour in ("half-a-response", "goodbye", "cut"):
        writer.close()
        return
    if behaviour == "stall":
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        reader._transport = None  # type: ignore[attr-defined] # so that nothing resumes it
        return
    answered = False
    while await reader.read(1000):
        if behaviour == "wrong-pong" and not answered:
            writer.write(b"\x8a\x01x\x8a\x00\x81\x06ponged")
            answered = True
        elif behaviour in frames and behaviour not in ("early", "count"):
            break  # what came is the close frame
    writer.close()


@asynccontextmanager
async def running(context=None, strict_context=None):
    """Both servers; yields their ports. With TLS contexts both are real ones."""
    closing = []
    still_open = []
    problems = []

    async def watched(connection):
        try:
            await handle(connection)
        except Exception as error:
            problems.append(error)
            raise

    async def track(reader, writer):
        closing.append(writer)
        still_open.append(writer)
        try:
            await misbehave(reader, writer, still_open)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        still_open.remove(writer)

    options = {"process_request": check, "select_subprotocol": select, "close_timeout": 60}
    async with serve(watched, "127.0.0.1", 0, ssl=context, **options) as good:
        ports = [good.sockets[0].getsockname()[1]]
        if strict_context is not None:
            async with serve(watched, "127.0.0.1", 0, ssl=strict_context, **options) as strict:
                yield (*ports, strict.sockets[0].getsockname()[1])
            assert problems == []
            return
        bad = await asyncio.start_server(track, "127.0.0.1", 0, limit=4096)
        try:
            yield (*ports, bad.sockets[0].getsockname()[1])
        finally:
            for writer in closing:
                writer.transport.abort()
            bad.close()
    assert problems == []
