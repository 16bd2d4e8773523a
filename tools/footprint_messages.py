"""The messages of a server that cost a station the most, as tools/footprint.py sends them.

"The longest message" is a request of exactly the receive limit. The station has no local list and
no charging profiles yet, so it refuses the two: what they will cost is not in these figures.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

LIMIT_BYTES = 4096  # message_limit of boards/qemu_mps2/board.py
MESSAGE_ID = "longest"
_ITEMS = 20  # ItemsPerMessage of GetVariables and SetVariables
_SETTABLE = (
    ("OCPPCommCtrlr", "HeartbeatInterval", "300"),
    ("OCPPCommCtrlr", "WebSocketPingInterval", "60"),
    ("OCPPCommCtrlr", "RetryBackOffRandomRange", "10"),
    ("OCPPCommCtrlr", "RetryBackOffRepeatTimes", "5"),
    ("SampledDataCtrlr", "TxUpdatedInterval", "20"),
)

Payload = dict[str, Any]


@dataclass
class Request:
    """payload None: it is made to be exactly `LIMIT_BYTES` long; refusal: what follows the message
    id in the answer that refuses it, the code of an error or a payload; reports: its answer comes
    in NotifyReports."""

    name: str
    action: str
    payload: Payload | None = None
    refusal: str | Payload | None = None
    reports: bool = False


def requests(dialect: str) -> list[Request]:
    if dialect == "1.6":
        return [
            Request("GetConfiguration of all keys", "GetConfiguration", {}),
            Request(
                "ChangeConfiguration",
                "ChangeConfiguration",
                {"key": "MeterValueSampleInterval", "value": "20"},
            ),
            *_refused({"status": "NotSupported"}),
        ]
    return [
        Request(
            "GetBaseReport FullInventory",
            "GetBaseReport",
            {"requestId": 1, "reportBase": "FullInventory"},
            reports=True,
        ),
        Request(f"GetVariables of {_ITEMS}", "GetVariables", {"getVariableData": _variables()}),
        Request(f"SetVariables of {_ITEMS}", "SetVariables", {"setVariableData": _values()}),
        *_refused("NotSupported"),
    ]


def everyday(dialect: str, number: int) -> list[Request]:
    """A round of what a server asks now and then. number: of a report that is made."""
    if dialect == "1.6":
        named = {"key": ["HeartbeatInterval", "MeterValueSampleInterval"]}
        return [
            Request("", "GetConfiguration", {}),
            Request("", "GetConfiguration", named),
            Request("", "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"}),
            Request("", "TriggerMessage", {"requestedMessage": "Heartbeat"}),
            Request("", "TriggerMessage", {"requestedMessage": "StatusNotification"}),
            Request("", "DataTransfer", {"vendorId": "com.example", "data": "d"}),
            Request("", "ClearCache", {}),
        ]
    summary = {"requestId": number, "reportBase": "SummaryInventory"}
    return [
        Request("", "GetBaseReport", summary, reports=True),
        Request("", "GetVariables", {"getVariableData": _variables()[:2]}),
        Request("", "SetVariables", {"setVariableData": _values()[:1]}),
        Request("", "TriggerMessage", {"requestedMessage": "Heartbeat"}),
        Request("", "TriggerMessage", {"requestedMessage": "MeterValues"}),
        Request("", "DataTransfer", {"vendorId": "com.example", "data": "d"}),
        Request("", "ClearCache", {}),
    ]


def _refused(of_list: str | Payload) -> list[Request]:
    refusals = {"SendLocalList": of_list, "SetChargingProfile": "NotSupported"}
    return [
        Request(f"{action} as long as can be", action, refusal=refusal)
        for action, refusal in refusals.items()
    ]


def _variable(component: str, variable: str) -> Payload:
    return {"component": {"name": component}, "variable": {"name": variable}}


def _variables() -> list[Payload]:
    return [_variable(*_SETTABLE[n % len(_SETTABLE)][:2]) for n in range(_ITEMS)]


def _values() -> list[Payload]:
    return [
        {"attributeValue": value, **_variable(component, variable)}
        for component, variable, value in (_SETTABLE[n % len(_SETTABLE)] for n in range(_ITEMS))
    ]


def text(request: Request, dialect: str) -> str:
    """The message; one without a payload is exactly as long as the station takes."""
    if request.payload is not None:
        return _frame(request.action, request.payload)
    make = _local_list if request.action == "SendLocalList" else _profile
    count = 1
    while len(_frame(request.action, make(dialect, count + 1, 0))) <= LIMIT_BYTES:
        count += 1
    short = LIMIT_BYTES - len(_frame(request.action, make(dialect, count, 0)))
    return _frame(request.action, make(dialect, count, short))


def _frame(action: str, payload: Payload) -> str:
    return json.dumps([2, MESSAGE_ID, action, payload], separators=(",", ":"))


def _local_list(dialect: str, count: int, longer: int) -> Payload:
    """longer: bytes to be added, in the version's digits or in names of tokens."""
    tokens = [f"04AABB{n:04d}" for n in range(count)]
    for n in range(count):  # a token has room for ten more characters
        tokens[n] += "F" * min(longer, 10)
        longer -= min(longer, 10)
    if dialect == "1.6":
        return {
            "listVersion": 1,
            "updateType": "Full",
            "localAuthorizationList": [
                {"idTag": token, "idTagInfo": {"status": "Accepted"}} for token in tokens
            ],
        }
    return {
        "versionNumber": 1,
        "updateType": "Full",
        "localAuthorizationList": [
            {
                "idToken": {"idToken": token, "type": "ISO14443"},
                "idTokenInfo": {"status": "Accepted"},
            }
            for token in tokens
        ],
    }


def _profile(dialect: str, count: int, longer: int) -> Payload:
    """longer: bytes to be added, in the digits of the limits."""
    periods = []
    for n in range(count):
        digits = min(longer, 6)
        longer -= digits
        periods.append({"startPeriod": 1000 + n, "limit": 16 * 10**digits})
    schedule = {"chargingRateUnit": "W", "chargingSchedulePeriod": periods}
    if dialect == "1.6":
        return {
            "connectorId": 1,
            "csChargingProfiles": {
                "chargingProfileId": 1,
                "stackLevel": 0,
                "chargingProfilePurpose": "TxDefaultProfile",
                "chargingProfileKind": "Relative",
                "chargingSchedule": schedule,
            },
        }
    return {
        "evseId": 1,
        "chargingProfile": {
            "id": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": [{"id": 1, **schedule}],
        },
    }
