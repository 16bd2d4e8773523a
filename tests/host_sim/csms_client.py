"""A hand-made station for the tests of the CSMS: it says what a test tells it to, valid or not."""

import asyncio
import json

from websockets.asyncio.client import connect

TIME = "2026-05-01T10:00:0{}Z"


class Client:
    """One WebSocket; `call` waits for the answer and gives the whole frame."""

    def __init__(self, socket):
        self.socket = socket
        self._next_id = 0

    @classmethod
    async def connect(cls, csms, identity="CP-1", offer=("ocpp2.0.1",), **options):
        socket = await connect(
            f"{csms.url}/{identity}", subprotocols=list(offer), compression=None, **options
        )
        return cls(socket)

    async def send(self, frame):
        await self.socket.send(frame if isinstance(frame, (str, bytes)) else json.dumps(frame))

    async def receive(self):
        async with asyncio.timeout(10):
            return json.loads(await self.socket.recv())

    async def call(self, action, payload, message_id=None):
        self._next_id += 1
        await self.send([2, message_id or f"m{self._next_id}", action, payload])
        return await self.receive()

    async def boot(self):
        if self.socket.subprotocol == "ocpp1.6":
            payload = {"chargePointVendor": "Acme", "chargePointModel": "One"}
        else:
            station = {"vendorName": "Acme", "model": "One"}
            payload = {"reason": "PowerUp", "chargingStation": station}
        return await self.call("BootNotification", payload)

    async def event(self, event_type, seq_no, wh=None, message_id=None, **more):
        return await self.call(
            "TransactionEvent", event(event_type, seq_no, wh, **more), message_id
        )

    async def close(self):
        await self.socket.close()


def event(event_type, seq_no, wh=None, **more):
    payload = {
        "eventType": event_type,
        "timestamp": TIME.format(seq_no % 10),
        "triggerReason": "MeterValuePeriodic",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": "t-1"},
        **more,
    }
    if wh is not None:
        payload["meterValue"] = [samples(seq_no, wh)]
    return payload


def samples(second, wh, as_text=False):
    value = {"value": str(wh) if as_text else wh, "measurand": "Energy.Active.Import.Register"}
    return {"timestamp": TIME.format(second % 10), "sampledValue": [value]}
