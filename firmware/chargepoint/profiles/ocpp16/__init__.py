"""OCPP 1.6 with its security whitepaper, and all that is lost on the way to it.

- One TransactionEvent is StartTransaction, MeterValues or StopTransaction. The start is told when
  there is an idTag: a transaction that began without one is told as started when its driver is
  authorized, one that never had one not at all. What an Updated event says beyond meter values,
  StatusNotification tells. seqNo, offline and the samples of Started are lost.
- The server names a transaction by an integer, in its answer to the start. Where the start was
  given up, the rest is told under -1 (errata 3.18).
- Connectors have one number over all EVSEs; 0 is the station. Other connectors of an EVSE that is
  in use are Unavailable.
- An idTag has no type and 20 characters. A longer token can't be asked about (`decode_answer` with
  payload None gives the answer: Invalid); a transaction on one is told with its beginning.

Transactions and meter values are in the transient module `transactions`, rare events and all
requests in `requests`.
"""

from ... import modules
from ...compat import const
from .schema import TABLE

SUBPROTOCOL = "ocpp1.6"
LOST = (
    "ClearedChargingLimit Get15118EVCertificate GetCertificateStatus NotifyChargingLimit"
    " NotifyCustomerInformation NotifyDisplayMessages NotifyEVChargingNeeds"
    " NotifyEVChargingSchedule NotifyEvent NotifyMonitoringReport NotifyReport"
    " PublishFirmwareStatusNotification ReportChargingProfiles ReservationStatusUpdate"
)
DETAIL_APART = True  # MeterValues
STATUS_FIRST = False  # its statuses say what a transaction does: Charging comes after its start
UNREADABLE_ID = None

_MAX_ID_TAG = const(20)

# Neutral code = ours. Two are known misspellings that stay (OCPP-J errata 5.1, 5.2); a frame that
# is no request is "not conform the PDU structure" here, and of message types nothing is said.
_ERROR_CODES = (
    "FormatViolation=FormationViolation OccurrenceConstraintViolation=OccurenceConstraintViolation"
    " RpcFrameworkError=FormationViolation MessageTypeNotSupported="
)
_EV_STATUSES = "Preparing SuspendedEV SuspendedEVSE Finishing"  # 4.9: of EVCommunicationError


def encode(station, kind: str, data):
    """(action, payload), or None where there is nothing to say. Raises ValueError for no kind."""
    if kind == "TransactionEvent":
        return modules.use("profiles.ocpp16.transactions").transaction_event(station, data)
    if kind == "MeterValues":
        return modules.use("profiles.ocpp16.transactions").meter_values(station, data)
    if kind == "Heartbeat":
        return kind, {}
    if kind == "Authorize":
        id_tag = data["idToken"]["idToken"]
        return (kind, {"idTag": id_tag}) if len(id_tag) <= _MAX_ID_TAG else None
    if kind in LOST.split():
        return None
    return modules.use("profiles.ocpp16.requests").encode(station, kind, data)


def decode_answer(station, kind: str, data, payload):
    """The answer in OCPP 2.0.1's shape. payload None: the answer to what `encode` can't say."""
    if payload is None:
        return {"idTokenInfo": {"status": "Invalid"}} if kind == "Authorize" else {}
    if kind != "Authorize" and kind != "TransactionEvent":
        return payload
    if "transactionId" in payload:
        station.outbox.set_server_id(data.transaction_id, payload["transactionId"])
    if "idTagInfo" not in payload:
        return {}
    info = payload["idTagInfo"]
    if "expiryDate" in info:
        info["cacheExpiryDateTime"] = info.pop("expiryDate")
    if "parentIdTag" in info:
        info["groupIdToken"] = {"idToken": info.pop("parentIdTag"), "type": "Central"}
    return {"idTokenInfo": info}


def error_code(code: str):
    """The code as OCPP 1.6 spells it, None where it says nothing."""
    for pair in _ERROR_CODES.split(" "):
        neutral, _, ours = pair.partition("=")
        if neutral == code:
            return ours or None
    return code


def decode(station, action: str, payload: dict):
    return modules.use("profiles.ocpp16.requests").decode(station, action, payload)


def encode_result(station, action: str, request: dict, result: dict) -> dict:
    return modules.use("profiles.ocpp16.requests").encode_result(action, result)


def connector_status(station, evse, connector) -> str:
    """ChargePointStatus, from the facts; both None: of connector 0."""
    if evse is None:
        return "Available" if station.operative else "Unavailable"
    status = evse.status(station, connector)
    if status == "Faulted":
        return status
    if evse.plugged not in (0, connector.id) or (evse.faulted and evse.transaction is None):
        return "Unavailable"  # the EVSE serves another of its connectors, or can't because of it
    if evse.transaction is not None:
        return _status_in_transaction(evse)
    if status == "Unavailable":
        return status
    if evse.finishing and evse.plugged:
        return "Finishing"
    if evse.plugged or evse.authorized is not None:
        return "Preparing"
    return status


def connector_faults(evse, connector, status: str) -> list:
    """The fault codes that StatusNotification tells with `status`."""
    faults = connector.faults + evse.faults
    if "EVCommunicationError" in faults and status not in _EV_STATUSES.split():
        faults = [code for code in faults if code != "EVCommunicationError"]
    return faults


def _status_in_transaction(evse) -> str:
    """4.9: suspended by the EVSE or the EV; an EV that has not asked yet is still Preparing."""
    state = evse.charging_state()
    if evse.closed and evse.transaction.blocked:
        return "Charging"  # until the contactor is open: an EV may take its time to stop
    if state in ("Charging", "SuspendedEV", "SuspendedEVSE"):
        return state
    if evse.transaction.charging_ms < 0:
        return "Preparing"
    if state == "EVConnected" and evse.authorized is None:
        return "SuspendedEVSE"  # authorization has ended, the transaction ends when the cable goes
    return "SuspendedEV"  # it has charged and the EV went


def connector_number(station, evse_id: int, connector_id: int) -> int:
    """Its number over all EVSEs; 0 for the station. connector_id 0: the EVSE's first."""
    if not evse_id:
        return 0
    number = connector_id or 1
    for evse in station.evses[: evse_id - 1]:
        number += len(evse.connectors)
    return number


__all__ = ("DETAIL_APART", "LOST", "STATUS_FIRST", "SUBPROTOCOL", "TABLE", "UNREADABLE_ID")
