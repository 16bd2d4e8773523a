"""A server as anyone would write it with PyPI's `ocpp`, and nothing of this project.

It answers, and keeps what it saw of each station in a `Seen`. The library validates both ways.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call_result as result16
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus, RegistrationStatus
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call_result as result201
from ocpp.v201.datatypes import IdTokenInfoType
from ocpp.v201.enums import AuthorizationStatusEnumType, RegistrationStatusEnumType
from websockets.asyncio.server import serve
from websockets.typing import Subprotocol

ENERGY = "Energy.Active.Import.Register"

_SUBPROTOCOLS = [Subprotocol("ocpp2.0.1"), Subprotocol("ocpp1.6")]
_ID_TAG_INFO = IdTagInfo(status=AuthorizationStatus.accepted)
_ID_TOKEN_INFO = IdTokenInfoType(status=AuthorizationStatusEnumType.accepted)


@dataclass
class Seen:
    """What one station told, in order: `steps` are the names of the stages of a session."""

    steps: list = field(default_factory=list)
    token: str | None = None
    start_wh: float | None = None
    stop_wh: float | None = None
    samples_wh: list = field(default_factory=list)


def _now():
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Station16(ChargePoint16):
    def __init__(self, identity, connection, seen, changed):
        super().__init__(identity, connection)
        self.seen = seen
        self.changed = changed

    def saw(self, step):
        self.seen.steps.append(step)
        self.changed()

    @on("BootNotification")
    def on_boot(self, charge_point_vendor, charge_point_model, **more):
        self.saw("boot")
        return result16.BootNotification(
            current_time=_now(), interval=300, status=RegistrationStatus.accepted
        )

    @on("Heartbeat")
    def on_heartbeat(self):
        return result16.Heartbeat(current_time=_now())

    @on("StatusNotification")
    def on_status(self, connector_id, error_code, status, **more):
        self.saw(f"status {status}")
        return result16.StatusNotification()

    @on("Authorize")
    def on_authorize(self, id_tag):
        self.seen.token = id_tag
        self.saw("authorize")
        return result16.Authorize(id_tag_info=_ID_TAG_INFO)

    @on("StartTransaction")
    def on_start(self, connector_id, id_tag, meter_start, timestamp, **more):
        self.seen.start_wh = meter_start
        self.saw("start")
        return result16.StartTransaction(transaction_id=77, id_tag_info=_ID_TAG_INFO)

    @on("MeterValues")
    def on_meter_values(self, connector_id, meter_value, transaction_id=None, **more):
        for entry in meter_value:
            for value in entry["sampled_value"]:
                if value.get("measurand", ENERGY) == ENERGY and "phase" not in value:
                    assert transaction_id == 77
                    self.seen.samples_wh.append(float(value["value"]))
        self.saw("sample")
        return result16.MeterValues()

    @on("StopTransaction")
    def on_stop(self, meter_stop, timestamp, transaction_id, **more):
        assert transaction_id == 77
        self.seen.stop_wh = meter_stop
        self.saw("stop")
        return result16.StopTransaction(id_tag_info=_ID_TAG_INFO)

    @on("SecurityEventNotification")
    def on_security_event(self, **more):
        return result16.SecurityEventNotification()


class Station201(ChargePoint201):
    def __init__(self, identity, connection, seen, changed):
        super().__init__(identity, connection)
        self.seen = seen
        self.changed = changed

    def saw(self, step):
        self.seen.steps.append(step)
        self.changed()

    @on("BootNotification")
    def on_boot(self, charging_station, reason, **more):
        self.saw("boot")
        return result201.BootNotification(
            current_time=_now(), interval=300, status=RegistrationStatusEnumType.accepted
        )

    @on("Heartbeat")
    def on_heartbeat(self):
        return result201.Heartbeat(current_time=_now())

    @on("StatusNotification")
    def on_status(self, timestamp, connector_status, evse_id, connector_id):
        self.saw(f"status {connector_status}")
        return result201.StatusNotification()

    @on("Authorize")
    def on_authorize(self, id_token, **more):
        self.seen.token = id_token["id_token"]
        self.saw("authorize")
        return result201.Authorize(id_token_info=_ID_TOKEN_INFO)

    @on("TransactionEvent")
    def on_transaction_event(self, event_type, seq_no, meter_value=(), id_token=None, **more):
        last_wh = None
        is_periodic = False
        for entry in meter_value:
            for value in entry["sampled_value"]:
                if value.get("measurand", ENERGY) == ENERGY and "phase" not in value:
                    last_wh = value["value"]
                    is_periodic = value.get("context", "Sample.Periodic") == "Sample.Periodic"
        if event_type == "Started":
            self.seen.start_wh = last_wh
            self.saw("start")
        elif event_type == "Ended":
            self.seen.stop_wh = last_wh
            self.saw("stop")
        elif last_wh is not None and is_periodic:
            self.seen.samples_wh.append(last_wh)
            self.saw("sample")
        if id_token is not None:
            return result201.TransactionEvent(id_token_info=_ID_TOKEN_INFO)
        return result201.TransactionEvent()

    @on("NotifyEvent")
    def on_notify_event(self, **more):
        return result201.NotifyEvent()

    @on("SecurityEventNotification")
    def on_security_event(self, **more):
        return result201.SecurityEventNotification()


class PlainServer:
    """Listens on a free port; `wait_for` waits until a predicate of `seen` holds."""

    def __init__(self):
        self.seen = Seen()
        self.dialect = None
        self._changed = asyncio.Event()

    async def __aenter__(self):
        self._server = await serve(self._connected, "127.0.0.1", 0, subprotocols=_SUBPROTOCOLS)
        self.url = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def wait_for(self, predicate, timeout_s=60):
        try:
            async with asyncio.timeout(timeout_s):
                while not predicate(self.seen):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"the server saw only {self.seen}") from None

    async def _connected(self, connection):
        self.dialect = connection.subprotocol
        kind = Station16 if connection.subprotocol == "ocpp1.6" else Station201
        identity = connection.request.path.rpartition("/")[2]
        station = kind(identity, connection, self.seen, self._changed.set)
        try:
            await station.start()
        except websockets.ConnectionClosed:
            pass
