"""OCPP 1.6: what a server asks, in OCPP 2.0.1's words, and the events that are rare.

Of the known actions those that are not translated here are of blocks that are missing.
"""

import json

from ... import modules
from ...compat import const
from ...rpc.errors import CallError
from ...station.evse import is_printable
from . import connector_faults, connector_number

# What StatusNotification can name (7.6), and the codes that leave the connector its status.
_ERROR_CODES = (
    "ConnectorLockFailure EVCommunicationError GroundFailure HighTemperature InternalError"
    " LocalListConflict OtherError OverCurrentFailure PowerMeterFailure PowerSwitchFailure"
    " ReaderFailure ResetFailure UnderVoltage OverVoltage WeakSignal"
)
# What a station says that has no local list (5.10, 7.47) or no diagnostics (5.9).
_WITHOUT = (
    '{"GetLocalListVersion":{"listVersion":-1},"SendLocalList":{"status":"NotSupported"},'
    '"GetDiagnostics":{}}'
)
_MAX_INFO = const(50)
# Statuses of an update that FirmwareStatusNotification can't say, and the one told before.
_UNSAID = (
    "DownloadScheduled=Idle DownloadPaused=Downloading SignatureVerified=Downloaded"
    " InstallScheduled=Downloaded InstallRebooting=Installing"
)


def decode(station, action: str, payload: dict):
    """(intent, request in 2.0.1's shape), or (None, payload) where the answer is found here.

    Raises CallError. A connector that does not exist becomes one of an EVSE that does not, for the
    block to refuse.
    """
    if action == "ClearCache" or action == "DataTransfer":
        return action, payload
    if action == "GetConfiguration" or action == "ChangeConfiguration":
        configuration = modules.use("profiles.ocpp16.configuration")
        if action == "GetConfiguration":
            return None, configuration.get_configuration(station, payload, station.now)
        return None, configuration.change_configuration(station, payload, station.now)
    if action == "RemoteStartTransaction":
        # Local readers read RFID cards, and a card must be able to stop what its number started. A
        # chargingProfile is ignored where there is no smart charging (5.11).
        if not is_printable(payload["idTag"]):  # of a CiString (chapter 2)
            raise CallError("PropertyConstraintViolation", "idTag")
        id_token = {"idToken": payload["idTag"], "type": "ISO14443"}
        request = {"idToken": id_token, "remoteStartId": 0}
        if "connectorId" in payload:
            request["evseId"] = _evse(station, payload["connectorId"])["id"]
        return "RequestStartTransaction", request
    if action == "RemoteStopTransaction":
        return "RequestStopTransaction", {
            "transactionId": _transaction_id(station, payload["transactionId"])
        }
    if action == "Reset":
        # Both kinds end what runs, tell it, and reboot (errata 3.36); they differ in what is told.
        if payload["type"] == "Hard":
            return action, {"type": "Immediate"}
        return action, {"type": "Immediate", "stoppedReason": "Reboot"}
    if action == "UnlockConnector":
        evse = _evse(station, payload["connectorId"])
        return action, {
            "evseId": evse["id"],
            "connectorId": evse["connectorId"],
            "stopTransaction": True,  # 5.18
        }
    if action == "ChangeAvailability":
        request = {"operationalStatus": payload["type"]}
        if payload["connectorId"]:
            request["evse"] = _evse(station, payload["connectorId"])
        else:
            request["everywhere"] = True  # 5.2
        return action, request
    if action == "UpdateFirmware" or action == "SignedUpdateFirmware":
        return "UpdateFirmware", _update_firmware(action, payload)
    if action == "TriggerMessage" or action == "ExtendedTriggerMessage":
        return "TriggerMessage", _trigger(station, action, payload)
    if action in _WITHOUT:
        return None, json.loads(_WITHOUT)[action]
    return action, payload


def encode_result(action: str, result: dict) -> dict:
    """The answer to `action` from 2.0.1's result."""
    status = result["status"]
    if action == "UpdateFirmware":  # its answer can't say that it is refused
        if not status.startswith("Accepted"):
            raise CallError("GenericError", result["statusInfo"]["reasonCode"])
        return {}
    if action == "Reset" and status == "Scheduled":
        status = "Accepted"
    elif action == "UnlockConnector":
        if status == "UnknownConnector" or "statusInfo" in result:
            status = "NotSupported"  # 7.46: there is no lock; errata 3.87: there is no connector
        elif status == "OngoingAuthorizedTransaction":
            status = "UnlockFailed"
    answer = {"status": status}
    if action == "DataTransfer" and result.get("data") is not None:
        answer["data"] = _text(result["data"])
    return answer


def encode(station, kind: str, data: dict):
    """(action, payload) of a rare event, or None. Raises ValueError for a kind that is none."""
    if kind == "StatusNotification":
        return kind, _status_notification(station, data)
    if kind == "BootNotification":
        return kind, _boot_notification(data["chargingStation"])
    if kind == "SecurityEventNotification":
        name = data["type"]  # those that white paper, chapter 8, spells in its own words
        name = name.replace("Csms", "CentralSystem").replace("ChargingStation", "ChargePoint")
        name = name.replace("Authenticate", "Authentication")
        payload = {"type": name[:50], "timestamp": data["timestamp"]}
        if data.get("techInfo"):
            payload["techInfo"] = data["techInfo"][:255]
        return kind, payload
    if kind == "DataTransfer":
        payload = {"vendorId": data["vendorId"]}
        if data.get("messageId") is not None:
            payload["messageId"] = data["messageId"]
        if data.get("data") is not None:
            payload["data"] = _text(data["data"])
        return kind, payload
    if kind == "SignCertificate":
        return kind, {"csr": data["csr"]}
    if kind == "FirmwareStatusNotification":
        return _firmware_status(data)
    if kind == "LogStatusNotification":
        return _log_status(data)
    raise ValueError("no such kind of event: " + kind)


def _evse(station, number: int) -> dict:
    """EVSEType of the connector with that number; of an unknown EVSE if there is none."""
    for evse in station.evses:
        if 1 <= number <= len(evse.connectors):
            return {"id": evse.id, "connectorId": number}
        number -= len(evse.connectors)
    return {"id": len(station.evses) + 1, "connectorId": 1}


def _transaction_id(station, server_id: int) -> str:
    """Our name of the transaction, "" if there is none."""
    for transaction_id, known in station.outbox.server_ids.items():
        if known == server_id:
            return transaction_id
    return ""


def _update_firmware(action: str, payload: dict) -> dict:
    """2.0.1's request: `retries` counts the attempts here (6.55), and without the first there."""
    request = payload
    if action == "UpdateFirmware":
        when = payload["retrieveDate"]
        request = {"firmware": {"location": payload["location"], "retrieveDateTime": when}}
        if "retryInterval" in payload:
            request["retryInterval"] = payload["retryInterval"]
    if "retries" in payload:
        request["retries"] = payload["retries"] - 1
    return request


def _trigger(station, action: str, payload: dict) -> dict:
    wanted = payload["requestedMessage"]
    if wanted == "SignChargePointCertificate":
        wanted = "SignChargingStationCertificate"
    elif wanted == "DiagnosticsStatusNotification":
        wanted = "LogStatusNotification"
    elif action == "ExtendedTriggerMessage" and wanted == "LogStatusNotification":
        # Not the message of the same neutral name, and of a block that is not built.
        wanted = "Extended" + wanted
    request = {"requestedMessage": wanted, "again": True}
    if action == "TriggerMessage" and wanted == "FirmwareStatusNotification":
        request["unsigned"] = True
    if "connectorId" in payload:
        if payload["connectorId"] == 0:
            request["evse"] = {"id": 0}
        else:
            request["evse"] = _evse(station, payload["connectorId"])
    return request


def _status_notification(station, data: dict) -> dict:
    evse_id, status = data["evseId"], data["connectorStatus"]
    payload = {
        "connectorId": connector_number(station, evse_id, data["connectorId"]),
        "errorCode": "NoError",
        "status": status,
    }
    if data["timestamp"]:
        payload["timestamp"] = data["timestamp"]
    if not evse_id:
        return payload
    evse = station.evses[evse_id - 1]
    faults = connector_faults(evse, evse.connectors[data["connectorId"] - 1], status)
    if not faults:
        return payload
    fault = faults[0]
    for other in faults:  # a warning comes last
        if fault in ("EVCommunicationError", "ReaderFailure", "WeakSignal", "LocalListConflict"):
            fault = other
    code = fault
    if fault not in _ERROR_CODES.split():
        code = "PowerSwitchFailure" if fault == "WeldedContactor" else "OtherError"
        payload["vendorErrorCode"] = fault[:_MAX_INFO]
    payload["errorCode"] = code
    if len(faults) > 1:
        payload["info"] = " ".join(faults)[:_MAX_INFO]
    return payload


def _boot_notification(station: dict) -> dict:
    modem = station.get("modem") or {}
    payload = {}
    for key, value, most in (
        ("chargePointVendor", station["vendorName"], 20),
        ("chargePointModel", station["model"], 20),
        ("chargePointSerialNumber", station.get("serialNumber"), 25),
        ("firmwareVersion", station.get("firmwareVersion"), 50),
        ("iccid", modem.get("iccid"), 20),
        ("imsi", modem.get("imsi"), 20),
    ):
        if value is not None:
            payload[key] = value[:most]
    return payload


def _firmware_status(data: dict):
    """Of a signed update, which has a request id, or of an unsigned one, with fewer statuses.

    One that is triggered is the last that there was a word for.
    """
    action, status = "FirmwareStatusNotification", data["status"]
    if "requestId" in data:
        payload = {"status": status}
        if data["requestId"] is not None:
            payload["requestId"] = data["requestId"]
        return "SignedFirmwareStatusNotification", payload
    if status in ("InstallVerificationFailed", "InvalidSignature"):
        status = "InstallationFailed"
    for pair in _UNSAID.split():
        unsaid, _, before = pair.partition("=")
        if status == unsaid:
            return (action, {"status": before}) if data.get("triggered") else None
    return action, {"status": status}


def _log_status(data: dict):
    """Of GetLog, which has a request id, or of GetDiagnostics."""
    status = data["status"]
    if data.get("requestId") is not None:
        if status == "AcceptedCanceled":
            status = "UploadFailure"
        return "LogStatusNotification", {"status": status, "requestId": data["requestId"]}
    if status not in ("Idle", "Uploaded", "Uploading"):
        status = "UploadFailed"
    return "DiagnosticsStatusNotification", {"status": status}


def _text(data) -> str:
    return data if isinstance(data, str) else json.dumps(data)
