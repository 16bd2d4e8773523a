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
    """Live through it twice; the second time is counted."""
    world = WiredWorld(subprotocol)
    world.answers["BootNotification"] = _BOOT
    gc.enable()
    _live(world)
    gc.disable()
    world.meter = meter
    _live(world)


def _live(world) -> None:
    """From the power-up to a reset."""
    is_16 = world.dialect == "1.6"
    world.boot()
    world.connect()
    world.run(650)  # heartbeats too
    for label, request in _REQUESTS_16 if is_16 else _REQUESTS_201:
        action, _, payload = request.partition(" ")
        world.request(label, action, payload)
    _charge(world)
    _charge_from_afar(world, is_16)
    _polls(world, "idle")
    parts.count_frames(world.meter, world.dialect, world.station.profile.TABLE)
    world.request("Reset", "Reset", '{"type":"%s"}' % ("Soft" if is_16 else "Immediate"))
    world.run(30)
    if world.station.reboot is None:
        raise AssertionError("no reset")


def _charge(world) -> None:
    """A card, and power for some minutes."""
    world.plug(2, 1)
    world.token(2)
    world.run(190)
    _polls(world, "charging")
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


def _polls(world, when: str) -> None:
    """What every pass takes in which nothing happens."""
    meter, station, hardware, now = world.meter, world.station, world.hardware, world.now
    name = "%s %s, " % (world.dialect, when)
    meter.repeat(name + "poll of the station", 8, station.poll, now)
    meter.repeat(name + "poll of simulated drivers", 8, hardware.poll, station, now)
    meter.repeat(name + "next deadline", 8, station.next_deadline)
