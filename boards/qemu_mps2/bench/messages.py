# ruff: noqa: E501 - one message a line
"""What a station's life has in common messages, in each dialect."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

import gc

import parts
from wire import WiredWorld

# Label: action and payload. Nothing of it changes what comes after.
_REQUESTS_16 = (
    ("GetConfiguration", 'GetConfiguration {"key":["HeartbeatInterval","NoSuchKey"]}'),
    ("GetConfiguration of all keys", "GetConfiguration {}"),
    ("ChangeConfiguration", 'ChangeConfiguration {"key":"MeterValueSampleInterval","value":"60"}'),
    ("TriggerMessage", 'TriggerMessage {"requestedMessage":"Heartbeat"}'),
    ("TriggerMessage", 'TriggerMessage {"requestedMessage":"MeterValues","connectorId":1}'),
    ("ChangeAvailability", 'ChangeAvailability {"connectorId":2,"type":"Operative"}'),
    ("UnlockConnector of none", 'UnlockConnector {"connectorId":9}'),
    ("DataTransfer", 'DataTransfer {"vendorId":"com.example","messageId":"m","data":"d"}'),
    ("ClearCache", "ClearCache {}"),
)
_REQUESTS_201 = (
    (
        "GetVariables",
        'GetVariables {"getVariableData":[{"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}',
    ),
    (
        "SetVariables",
        'SetVariables {"setVariableData":[{"attributeValue":"60","component":{"name":"SampledDataCtrlr"},"variable":{"name":"TxUpdatedInterval"}}]}',
    ),
    ("GetBaseReport", 'GetBaseReport {"requestId":1,"reportBase":"FullInventory"}'),
    ("TriggerMessage", 'TriggerMessage {"requestedMessage":"Heartbeat"}'),
    ("TriggerMessage", 'TriggerMessage {"requestedMessage":"MeterValues","evse":{"id":1}}'),
    ("ChangeAvailability", 'ChangeAvailability {"operationalStatus":"Operative","evse":{"id":2}}'),
    ("GetTransactionStatus", "GetTransactionStatus {}"),
    ("UnlockConnector of none", 'UnlockConnector {"evseId":2,"connectorId":9}'),
    (
        "DataTransfer",
        'DataTransfer {"vendorId":"com.example","messageId":"m","data":{"a":[1,2,3]}}',
    ),
    ("ClearCache", "ClearCache {}"),
)
_BOOT = '{"status":"Accepted","currentTime":"2026-05-01T10:00:00Z","interval":300}'


def count(meter, subprotocol: str) -> None:
    """Live through it twice; what is told is of the second time."""
    is_16 = subprotocol == "ocpp1.6"
    world = WiredWorld(subprotocol, meter)
    world.answers["BootNotification"] = _BOOT
    others = meter.counts
    for _ in range(2):
        meter.counts = {}
        world.boot()
        world.connect()
        world.run(650)  # heartbeats too
        for label, request in _REQUESTS_16 if is_16 else _REQUESTS_201:
            action, _, payload = request.partition(" ")
            world.request(label, action, payload)
        _charge(world, meter)
        _charge_from_afar(world, is_16)
        _polls(world, meter, "idle")
        parts.count_frames(meter, world.dialect, world.station.profile.TABLE)
        kind = "Soft" if is_16 else "Immediate"
        world.request("Reset", "Reset", '{"type":"%s"}' % kind)
        world.run(30)
        if world.station.reboot is None:
            raise AssertionError("no reset")
    others.update(meter.counts)
    meter.counts = others
    world = None
    gc.collect()


def _charge(world, meter) -> None:
    """A card, and power for some minutes."""
    world.plug(2, 1)
    world.token(2)
    world.run(190)
    _polls(world, meter, "charging")
    world.token(2)
    world.run(5)
    world.plug(2, 0)
    world.run(5)


def _charge_from_afar(world, is_16: bool) -> None:
    world.plug(1, 1)
    if is_16:
        start, stop = "RemoteStartTransaction", "RemoteStopTransaction"
        asked = '{"connectorId":1,"idTag":"04AABBCC"}'
    else:
        start, stop = "RequestStartTransaction", "RequestStopTransaction"
        asked = '{"idToken":{"idToken":"04AABBCC","type":"ISO14443"},"remoteStartId":7,"evseId":1}'
    world.request(start, start, asked)
    world.run(70)
    transaction = "1001" if is_16 else '"%s"' % world.station.evses[0].transaction.id
    world.request(stop, stop, '{"transactionId":%s}' % transaction)
    world.run(5)
    world.plug(1, 0)
    world.run(5)


def _polls(world, meter, when: str) -> None:
    """What every pass takes in which nothing happens."""
    station, hardware, now = world.station, world.hardware, world.now
    name = "%s %s, " % (world.dialect, when)
    meter.repeat(name + "poll of the station", 8, station.poll, now)
    meter.repeat(name + "poll of simulated drivers", 8, hardware.poll, station, now)
    meter.repeat(name + "next deadline", 8, station.next_deadline)
