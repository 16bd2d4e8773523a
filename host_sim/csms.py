"""The built-in CSMS: OCPP 2.0.1 and 1.6 on one port, strict with every station.

Every message is validated both ways: its payload against the schemas (`csms_schema`), a
station's messages against the order rules too (`csms_rules`). A violation is kept in
`Csms.violations`, printed on standard error, and answered with a CALLERROR. What stations told is
in `Csms.stations`, one `Station` record for each identity.

The station's place in the list of subprotocols decides which common one is used. A test changes
the CSMS's behaviour by `answers`, `boot_script`, `set_token` and `disturb`.

Not here: persistence, more than one connection of an identity (the newer one wins).
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl as ssl_module
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import unquote

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from host_sim import csms_schema
from host_sim.csms_connection import SUBPROTOCOLS, CallError, Connection
from host_sim.csms_records import Message, Station, Violation
from host_sim.csms_rules import StationRules
from host_sim.terminal import paint

__all__ = ["CallError", "Csms", "Disturbance", "Token"]

Payload = dict[str, Any]
_Result = TypeVar("_Result")

_MAX_IDENTITY = 48
_KEPT_MESSAGES = 100_000


@dataclass(frozen=True)
class Token:
    """What the CSMS knows of an id token: a 2.0.1 status, a group, an RFC 3339 expiry."""

    status: str = "Accepted"
    group_id: str | None = None
    expiry: str | None = None


@dataclass
class Disturbance:
    """What happens to the next `times` answers to `action`; see `Csms.disturb`."""

    action: str
    station_id: str | None
    times: int
    drop: bool
    text: str | None
    error: str | None
    until: asyncio.Event | None
    happened: int = 0


class Csms:
    """A CSMS for tests, scenarios and the demo.

    Args:
        interval_s: heartbeat interval that BootNotification is answered with.
        clock: gives UTC as seconds since 1970; a virtual clock may be put here.
        subprotocols: those spoken, of "ocpp2.0.1" and "ocpp1.6".
        passwords: HTTP Basic passwords by identity; None asks for none.
        known: identities that have booted already and may speak without BootNotification.
        ssl: server side TLS context; None listens without TLS.
        first_transaction_id: 1.6 ids count up from here, for each station.
        loud: prints violations on standard error.
    """

    def __init__(
        self,
        *,
        interval_s: int = 300,
        clock: Callable[[], float] = time.time,
        subprotocols: Iterable[str] = tuple(SUBPROTOCOLS),
        passwords: Mapping[str, str | bytes] | None = None,
        known: Iterable[str] = (),
        ssl: ssl_module.SSLContext | None = None,
        first_transaction_id: int = 1,
        loud: bool = True,
    ) -> None:
        self.interval_s = interval_s
        self.subprotocols = tuple(subprotocols)
        self.passwords = passwords
        self.stations: dict[str, Station] = {}
        self.violations: list[Violation] = []
        self.ignored_rules: set[str] = set()  # names of rules that are not held for now
        self.messages: deque[Message] = deque(maxlen=_KEPT_MESSAGES)
        self.observers: list[Callable[[Message], None]] = []
        # (dialect, action) -> function(station, payload) giving a payload; may be async and may
        # raise CallError. Overrides the default answer.
        self.answers: dict[
            tuple[str, str], Callable[[Station, Payload], Payload | Awaitable[Payload]]
        ] = {}
        self.boot_script: dict[str, list[tuple[str, int]]] = {}  # identity -> (status, interval)
        self.default_token = Token()
        self._tokens: dict[str, Token] = {}
        self._disturbances: list[Disturbance] = []
        self._clock = clock
        self._known = set(known)
        self._ssl = ssl
        self._first_transaction_id = first_transaction_id
        self._loud = loud
        self._rules: dict[str, StationRules] = {}
        self._connections: dict[str, Connection] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._server: Server | None = None

    # Life

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listens; gives the endpoint URL without an identity. Port 0 takes a free one."""
        for name in self.subprotocols:
            csms_schema.actions(SUBPROTOCOLS[name])  # slow the first time: not while one waits
        self._server = await serve(
            self._serve,
            host,
            port,
            ssl=self._ssl,
            subprotocols=[Subprotocol(name) for name in self.subprotocols],
            select_subprotocol=self._select_subprotocol,
            process_request=self._process_request,
            compression=None,  # rule of OCPP-J: no permessage-deflate is asked for
            ping_interval=None,
            close_timeout=1,
        )
        self.host, self.port = self._server.sockets[0].getsockname()[:2]
        return self.url

    @property
    def url(self) -> str:
        return f"{'wss' if self._ssl else 'ws'}://{self.host}:{self.port}/ocpp"

    async def stop(self) -> None:
        """Closes every connection and the port. Records stay readable."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> Csms:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # For tests, scenarios and the demo

    async def call(
        self, station_id: str, action: str, payload: Payload, timeout_s: float = 30
    ) -> Payload:
        """Sends one CALL and gives the payload of its CALLRESULT.

        Raises CallError for a CALLERROR, ConnectionError when the station is not there or goes,
        TimeoutError, and ValueError when the request itself is against the schema.
        """
        connection = self._connection(station_id)
        wrong = csms_schema.check(connection.dialect, action, payload, False)
        if wrong is not None:
            raise ValueError(f"{action} to {station_id}: {wrong[1]}")
        return await connection.call(action, payload, timeout_s)

    async def send_raw(self, station_id: str, text: str | bytes) -> None:
        """Sends any text as it is, valid or not. An answer to it counts as no violation when
        its id is found in the text."""
        await self._connection(station_id).send_raw(text)

    async def disconnect(self, station_id: str, code: int = 1000, abort: bool = False) -> None:
        """Closes the station's connection in order, or by `abort` without a word."""
        connection = self._connection(station_id)
        if abort:
            connection.socket.transport.abort()
        else:
            await connection.socket.close(code)

    async def wait_for(
        self, predicate: Callable[[], _Result], timeout_s: float = 30, what: str = ""
    ) -> _Result:
        """Waits until the predicate gives a true value, and gives that. It is asked again after
        each message, connection, loss and violation. TimeoutError tells the last messages."""
        try:
            async with asyncio.timeout(timeout_s):
                while not (result := predicate()):
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiting.append(waiter)
                    await waiter
                return result
        except TimeoutError:
            last = "\n".join(
                f"  {m.direction} {json.dumps(m.frame)[:300]}" for m in list(self.messages)[-8:]
            )
            raise TimeoutError(
                f"CSMS waited {timeout_s} s for {what or predicate}\n{last}"
            ) from None

    def set_token(
        self,
        id_token: str,
        status: str = "Accepted",
        group_id: str | None = None,
        expiry: str | None = None,
    ) -> None:
        """Tells what the token is worth. Upper and lower case are the same."""
        self._tokens[id_token.lower()] = Token(status, group_id, expiry)

    def token(self, id_token: str) -> Token:
        return self._tokens.get(id_token.lower(), self.default_token)

    def disturb(
        self,
        action: str,
        *,
        drop: bool = False,
        text: str | None = None,
        error: str | None = None,
        until: asyncio.Event | None = None,
        times: int = 1,
        station_id: str | None = None,
    ) -> Disturbance:
        """Spoils the next `times` answers to `action`: dropped, replaced by `text` (`{id}` in it
        becomes the message id), replaced by a CALLERROR with the code `error`, or, with `until`,
        held back until the event is set. The record is kept as if all was well."""
        disturbance = Disturbance(action, station_id, times, drop, text, error, until)
        self._disturbances.append(disturbance)
        return disturbance

    def now(self) -> str:
        """The CSMS's time as OCPP writes it."""
        time_utc = datetime.fromtimestamp(self._clock(), UTC)
        return time_utc.strftime("%Y-%m-%dT%H:%M:%SZ")

    # For the connections

    def rules(self, station_id: str) -> StationRules:
        """The station's rules and record, made at first sight."""
        if station_id not in self._rules:
            station = Station(station_id)
            if station_id in self._known:
                station.boot_status = "Accepted"
            self.stations[station_id] = station
            self._rules[station_id] = StationRules(station, self._first_transaction_id)
        return self._rules[station_id]

    def violate(self, station: Station, rule: str, text: str) -> bool:
        """Records and prints a violation; False when its rule is not held for now."""
        if rule in self.ignored_rules:
            return False
        violation = Violation(station.station_id, station.dialect, rule, text)
        self.violations.append(violation)
        if self._loud:
            line = paint("red", f"CSMS: violation by {violation}", sys.stderr)
            print(line, file=sys.stderr, flush=True)
        self.notify()
        return True

    def saw(self, station: Station, direction: str, frame: list[Any]) -> None:
        message = Message(station.station_id, station.dialect, direction, frame)
        self.messages.append(message)
        for observer in self.observers:
            observer(message)

    def notify(self) -> None:
        """Lets everyone in `wait_for` look again."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def disturbance(self, station_id: str, action: str) -> Disturbance | None:
        """The disturbance that meets this answer, counted as having happened."""
        for disturbance in self._disturbances:
            if (
                disturbance.action == action
                and disturbance.station_id in (None, station_id)
                and disturbance.happened < disturbance.times
            ):
                disturbance.happened += 1
                return disturbance
        return None

    def _connection(self, station_id: str) -> Connection:
        if station_id not in self._connections:
            raise ConnectionError(f"{station_id} is not connected")
        return self._connections[station_id]

    # Handshake

    def _select_subprotocol(
        self, connection: ServerConnection, offered: Sequence[Subprotocol]
    ) -> Subprotocol | None:
        """The station's order decides; none in common completes without one, then closes."""
        return next((name for name in offered if name in self.subprotocols), None)

    def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        identity = _identity(request.path)
        if not 0 < len(identity) <= _MAX_IDENTITY or ":" in identity:
            return connection.respond(HTTPStatus.NOT_FOUND, "no station identity in the URL\n")
        if self.passwords is None or self._is_authentic(identity, request):
            return None
        response = connection.respond(HTTPStatus.UNAUTHORIZED, "wrong identity or password\n")
        response.headers["WWW-Authenticate"] = 'Basic realm="OCPP"'
        return response

    def _is_authentic(self, identity: str, request: Request) -> bool:
        assert self.passwords is not None
        password = self.passwords.get(identity)
        if password is None:
            return False
        if isinstance(password, str):
            password = password.encode()
        expected = base64.b64encode(identity.encode() + b":" + password).decode()
        return request.headers.get("Authorization", "") == f"Basic {expected}"

    async def _serve(self, socket: ServerConnection) -> None:
        if socket.subprotocol is None:
            await socket.close(1002, "no OCPP version in common")
            return
        assert socket.request is not None
        identity = _identity(socket.request.path)
        earlier = self._connections.get(identity)
        connection = Connection(self, self.rules(identity), socket)
        self._connections[identity] = connection
        if earlier is not None:
            await earlier.socket.close(1000, "replaced by a newer connection")
        try:
            await connection.run()
        finally:
            if self._connections.get(identity) is connection:
                del self._connections[identity]
                connection.station.is_connected = False
            self.notify()


def _identity(path: str) -> str:
    return unquote(path.partition("?")[0].rpartition("/")[2])
