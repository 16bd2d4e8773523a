"""OCPP 1.6: what is told of transactions and meters. Transient."""

from ... import timestamp
from ...compat import const
from ...rpc.pieces import with_list
from ...station.samples import SAMPLE_BYTES, each, fitting, values
from . import connector_number

_MAX_ID_TAG = const(20)
_GIVEN_UP = const(-1)  # errata 3.18: transactionId of a transaction whose start got no answer
_STOP_REASONS = "DeAuthorized EmergencyStop EVDisconnected Local Other PowerLoss Reboot Remote"


def transaction_event(station, record):
    """StartTransaction, MeterValues, StopTransaction or nothing for a TransactionRecord."""
    outbox, transaction_id = station.outbox, record.transaction_id
    server_id = outbox.server_ids.get(transaction_id)
    untold = server_id is None and transaction_id in outbox.server_ids
    id_tag = record.id_token
    if record.event_type == "Started" and id_tag is None:
        outbox.set_server_id(transaction_id, None)
        return None
    if record.event_type == "Started" or (
        record.event_type == "Updated" and id_tag is not None and server_id is None
    ):
        if untold:  # what follows is told even if nobody answers this
            outbox.forget_server_id(transaction_id)
        payload = {
            # A start has to name a connector, also where none was chosen yet.
            "connectorId": connector_number(station, record.evse_id, record.connector_id) or 1,
            "idTag": id_tag[:_MAX_ID_TAG],
            "meterStart": record.meter_wh,
            "timestamp": timestamp.format(record.epoch_s),
        }
        if record.reservation_id is not None:
            payload["reservationId"] = record.reservation_id
        return "StartTransaction", payload
    if server_id is None and not untold:
        server_id = _GIVEN_UP
    if record.event_type == "Updated":
        place = record.evse_id, record.connector_id
        moment = record.epoch_s, record.tick_ms
        return _meter_values(station, place, server_id, record.samples, moment)
    if untold:  # nobody was ever authorized
        return None
    payload = {
        "transactionId": server_id,
        "meterStop": record.meter_wh,
        "timestamp": timestamp.format(record.epoch_s),
        "reason": _stop_reason(record),
    }
    if id_tag is not None:
        payload["idTag"] = id_tag[:_MAX_ID_TAG]
    moment = record.epoch_s, record.tick_ms
    told = _with_samples(
        station, record.evse_id, payload, "transactionData", record.samples, moment
    )
    return "StopTransaction", told or payload


def meter_values(station, data: dict):
    """MeterValues outside of a TransactionRecord, or None if no sample has a value."""
    evse = station.evses[data["evseId"] - 1]
    transaction_id = None
    if evse.transaction is not None:
        transaction_id = station.outbox.server_ids.get(evse.transaction.id)
    place = evse.id, evse.plugged
    return _meter_values(station, place, transaction_id, data["meterValue"], (0, 0))


def _stop_reason(record) -> str:
    """Reason. Some are the trigger here: which command it was."""
    reason = record.stopped_reason or "Local"
    if record.trigger_reason == "UnlockCommand":
        return "UnlockCommand"
    if reason == "ImmediateReset":
        return "HardReset"
    if reason == "Reboot" and record.trigger_reason == "ResetCommand":
        return "SoftReset"
    if reason == "Timeout" and record.time_spent_charging_s is not None:
        return "EVDisconnected"  # and did not come back
    return reason if reason in _STOP_REASONS.split() else "Other"


def _meter_values(station, place: tuple, transaction_id, samples: bytes, moment: tuple):
    payload = {"connectorId": connector_number(station, place[0], place[1])}
    if transaction_id is not None:
        payload["transactionId"] = transaction_id
    payload = _with_samples(station, place[0], payload, "meterValue", samples, moment)
    return payload and ("MeterValues", payload)


def _with_samples(station, evse_id: int, payload: dict, key: str, samples: bytes, moment: tuple):
    """The payload with the samples that have a value; None if none has."""
    phases = station.evses[evse_id - 1].phases if evse_id else 1
    samples = fitting(station, samples, _told, moment, phases, key == "transactionData")
    items = _told(samples, moment, phases)
    return with_list(payload, key, items, len(samples) // SAMPLE_BYTES)


def _told(samples: bytes, moment: tuple, phases: int):
    """MeterValue of each sample that has a value."""
    for taken_s, context, mask, reading in each(samples, moment[0], moment[1]):
        sampled = []
        for measurand, phase, location, unit, value in values(mask, reading, phases):
            item = {"measurand": measurand, "context": context, "value": value}
            if unit == "Celsius":
                unit = "Celcius"  # OCPP-J errata 2.1: the misspelling is what every server takes
            if unit != "Hz":  # errata 3.86: frequency has no unit
                item["unit"] = unit
            if phase:
                item["phase"] = phase
            if location:
                item["location"] = location
            sampled.append(item)
        if sampled:
            yield {"timestamp": timestamp.format(taken_s), "sampledValue": sampled}
