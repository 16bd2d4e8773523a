"""OCPP 2.0.1: nearly the neutral vocabulary itself.

Absent fields are left out, never null (part 4, 4.1.5). A transaction whose start a server has
acknowledged in OCPP 1.6 is told under the integer that it got there, as a string.
"""

from ... import modules, timestamp
from ...compat import const
from ...station.metering import sampled_values
from .schema import TABLE

SUBPROTOCOL = "ocpp2.0.1"
LOST = ""
UNREADABLE_ID = "-1"  # part 4, 4.2.3

_UNTOLD = const(-0x40000000)  # in server_ids: OCPP 1.6 had nothing to say of the start


def encode(station, kind: str, data):
    """(action, payload), or None where there is nothing to say."""
    if kind == "TransactionEvent":
        return kind, _transaction_event(station, data)
    if not isinstance(data, dict):  # pieces of text
        return kind, data
    if kind == "MeterValues":
        values = _meter_values(data["meterValue"], station.evses[data["evseId"] - 1].phases)
        return (kind, {"evseId": data["evseId"], "meterValue": values}) if values else None
    if kind == "StatusNotification" and not data["evseId"]:
        return None  # the station as a whole has no status
    return kind, _present(data)


def decode_answer(station, kind: str, data, payload: dict) -> dict:
    return payload


def error_code(code: str) -> str:
    return code


def decode(station, action: str, payload: dict):
    return modules.use("profiles.ocpp201.requests").decode(station, action, payload)


def encode_result(station, action: str, request: dict, result):
    return _present(result) if isinstance(result, dict) else result


def connector_status(station, evse, connector):
    """ConnectorStatusEnumType, from the facts."""
    return None if evse is None else evse.status(station, connector)


def connector_faults(evse, connector, status: str) -> list:
    """StatusNotification says nothing of them."""
    return []


def wire_transaction_id(station, transaction_id: str) -> str:
    """How the server knows the transaction."""
    server_id = station.outbox.server_ids.get(transaction_id)
    return transaction_id if server_id in (None, -1, _UNTOLD) else str(server_id)


def _transaction_event(station, record) -> dict:
    info = {
        "transactionId": wire_transaction_id(station, record.transaction_id),
        "chargingState": record.charging_state,
        "timeSpentCharging": record.time_spent_charging_s,
        "stoppedReason": record.stopped_reason,
        "remoteStartId": record.remote_start_id,
    }
    payload = {
        "eventType": record.event_type,
        "timestamp": timestamp.format(record.epoch_s),
        "triggerReason": record.trigger_reason,
        "seqNo": record.seq_no,
        "transactionInfo": info,
        "offline": record.offline or None,
        "numberOfPhasesUsed": record.phases_used or None,
        "reservationId": record.reservation_id,
    }
    if record.tell_evse:
        payload["evse"] = {"id": record.evse_id, "connectorId": record.connector_id or None}
    if record.id_token is not None:
        payload["idToken"] = {"idToken": record.id_token, "type": record.id_token_type}
    if record.samples:
        phases = station.evses[record.evse_id - 1].phases if record.evse_id else 1
        payload["meterValue"] = _meter_values(record.samples, phases) or None
    return _present(payload)


def _meter_values(samples: list, phases: int) -> list:
    """MeterValueType of each sample that has a value in this dialect."""
    values = []
    for sample in samples:
        sampled = []
        for measurand, phase, location, unit, value in sampled_values(sample, phases):
            if measurand == "Temperature":  # of the device model here
                continue
            item = {
                "measurand": measurand,
                "context": sample.context,
                "value": float(value) if "." in value else int(value),
                "unitOfMeasure": {"unit": unit},
            }
            if phase:
                item["phase"] = phase
            if location:
                item["location"] = location
            sampled.append(item)
        if sampled:
            values.append({"timestamp": timestamp.format(sample.epoch_s), "sampledValue": sampled})
    return values


def _present(data: dict) -> dict:
    """A copy without the keys, of it and of the objects in it, that have no value."""
    copy = {}
    for key, value in data.items():
        if value is not None:
            copy[key] = _present(value) if isinstance(value, dict) else value
    return copy


__all__ = ("LOST", "SUBPROTOCOL", "TABLE", "UNREADABLE_ID")
