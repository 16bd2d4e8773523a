"""OCPP 2.0.1: what is told of transactions and meters. Transient."""

from ... import timestamp
from ...rpc.pieces import with_list
from ...station.samples import SAMPLE_BYTES, each, fitting, values
from . import present, wire_transaction_id


def transaction_event(station, record):
    """TransactionEvent of a TransactionRecord."""
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
    payload = present(payload)
    moment = record.epoch_s, record.tick_ms
    told = _with_samples(station, record.evse_id, payload, record.samples, moment)
    return "TransactionEvent", told or payload


def meter_values(station, data: dict):
    """MeterValues outside of a transaction, or None if no sample has a value."""
    evse_id = data["evseId"]
    payload = _with_samples(station, evse_id, {"evseId": evse_id}, data["meterValue"], (0, 0))
    return payload and ("MeterValues", payload)


def _with_samples(station, evse_id: int, payload: dict, samples: bytes, moment: tuple):
    """The payload with the samples that have a value; None if none has."""
    phases = station.evses[evse_id - 1].phases if evse_id else 1
    samples = fitting(station, samples, _told, moment, phases, "eventType" in payload)
    items = _told(samples, moment, phases)
    return with_list(payload, "meterValue", items, len(samples) // SAMPLE_BYTES)


def _told(samples: bytes, moment: tuple, phases: int):
    """MeterValueType of each sample that has a value in this dialect."""
    for taken_s, context, mask, reading in each(samples, moment[0], moment[1]):
        sampled = []
        for measurand, phase, location, unit, value in values(mask, reading, phases):
            if measurand == "Temperature":  # of the device model here
                continue
            item = {
                "measurand": measurand,
                "context": context,
                "value": float(value) if "." in value else int(value),
                "unitOfMeasure": {"unit": unit},
            }
            if phase:
                item["phase"] = phase
            if location:
                item["location"] = location
            sampled.append(item)
        if sampled:
            yield {"timestamp": timestamp.format(taken_s), "sampledValue": sampled}
