"""What the built-in CSMS answers to each message when nobody told it otherwise.

`DEFAULT_ANSWERS[(dialect, action)]` is a function (csms, rules, payload) -> payload of the
CALLRESULT. A message that a CSMS never receives in that dialect has no entry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from host_sim.csms_rules import StationRules

if TYPE_CHECKING:
    from host_sim.csms import Csms

Payload = dict[str, Any]
Answer = Callable[["Csms", StationRules, Payload], Payload]

_STATUSES_16 = ("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx")

_EMPTY_16 = (
    "DiagnosticsStatusNotification FirmwareStatusNotification LogStatusNotification MeterValues "
    "SecurityEventNotification SignedFirmwareStatusNotification StatusNotification"
)
_EMPTY_201 = (
    "ClearedChargingLimit FirmwareStatusNotification LogStatusNotification MeterValues "
    "NotifyChargingLimit NotifyCustomerInformation NotifyDisplayMessages NotifyEvent "
    "NotifyMonitoringReport NotifyReport PublishFirmwareStatusNotification "
    "ReportChargingProfiles ReservationStatusUpdate SecurityEventNotification StatusNotification"
)
_REFUSED_201 = (
    ("DataTransfer", {"status": "UnknownVendorId"}),
    ("SignCertificate", {"status": "Rejected"}),
    ("Get15118EVCertificate", {"status": "Failed", "exiResponse": ""}),
    ("GetCertificateStatus", {"status": "Failed"}),
    ("NotifyEVChargingNeeds", {"status": "Rejected"}),
    ("NotifyEVChargingSchedule", {"status": "Accepted"}),
)


def _boot(csms: Csms, rules: StationRules, payload: Payload) -> Payload:
    script = csms.boot_script.get(rules.station.station_id)
    status, interval = script.pop(0) if script else ("Accepted", csms.interval_s)
    return {"currentTime": csms.now(), "interval": interval, "status": status}


def _heartbeat(csms: Csms, rules: StationRules, payload: Payload) -> Payload:
    return {"currentTime": csms.now()}


def _id_tag_info(csms: Csms, id_tag: str) -> Payload:
    token = csms.token(id_tag)
    status = token.status if token.status in _STATUSES_16 else "Invalid"
    info: Payload = {"status": status}
    if token.group_id:
        info["parentIdTag"] = token.group_id
    if token.expiry:
        info["expiryDate"] = token.expiry
    return info


def _id_token_info(csms: Csms, id_token: str) -> Payload:
    token = csms.token(id_token)
    info: Payload = {"status": token.status}
    if token.group_id:
        info["groupIdToken"] = {"idToken": token.group_id, "type": "Central"}
    if token.expiry:
        info["cacheExpiryDateTime"] = token.expiry
    return info


def _authorize_16(csms: Csms, rules: StationRules, payload: Payload) -> Payload:
    return {"idTagInfo": _id_tag_info(csms, payload["idTag"])}


def _start_transaction(csms: Csms, rules: StationRules, payload: Payload) -> Payload:
    record = rules.start_of(payload)
    assert record is not None, "the rules have just recorded it"
    return {
        "transactionId": record.transaction_id,
        "idTagInfo": _id_tag_info(csms, payload["idTag"]),
    }


def _stop_transaction(csms: Csms, rules: StationRules, payload: Payload) -> Payload:
    if "idTag" not in payload:
        return {}
    return {"idTagInfo": _id_tag_info(csms, payload["idTag"])}


def _authorize_201(csms: Csms, rules: StationRules, payload: Payload) -> Payload:
    return {"idTokenInfo": _id_token_info(csms, payload["idToken"]["idToken"])}


def _transaction_event(csms: Csms, rules: StationRules, payload: Payload) -> Payload:
    token = payload.get("idToken")
    if token is None or token["type"] == "NoAuthorization":
        return {}
    return {"idTokenInfo": _id_token_info(csms, token["idToken"])}


def _always(answer: Payload) -> Answer:
    return lambda csms, rules, payload: dict(answer)


DEFAULT_ANSWERS: dict[tuple[str, str], Answer] = {
    ("1.6", "Authorize"): _authorize_16,
    ("1.6", "BootNotification"): _boot,
    ("1.6", "DataTransfer"): _always({"status": "UnknownVendorId"}),
    ("1.6", "Heartbeat"): _heartbeat,
    ("1.6", "SignCertificate"): _always({"status": "Rejected"}),
    ("1.6", "StartTransaction"): _start_transaction,
    ("1.6", "StopTransaction"): _stop_transaction,
    ("2.0.1", "Authorize"): _authorize_201,
    ("2.0.1", "BootNotification"): _boot,
    ("2.0.1", "Heartbeat"): _heartbeat,
    ("2.0.1", "TransactionEvent"): _transaction_event,
}
DEFAULT_ANSWERS.update({("1.6", action): _always({}) for action in _EMPTY_16.split()})
DEFAULT_ANSWERS.update({("2.0.1", action): _always({}) for action in _EMPTY_201.split()})
DEFAULT_ANSWERS.update({("2.0.1", action): _always(answer) for action, answer in _REFUSED_201})
