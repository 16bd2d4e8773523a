"""TriggerMessage (block F06): answered first, then the message goes out (F06.FR.04)."""

from .. import modules


def trigger_message(station, request: dict, now: int) -> dict:
    """2.0.1's TriggerMessageRequest -> its response.

    The neutral key `again` lets an accepted station register once more, and evse.id 0 is the
    station itself (both 1.6); `unsigned` asks for the status of an update as a message without a
    requestId (1.6's own). An EVSE that matters not is ignored (F06.FR.03).
    """
    wanted = request["requestedMessage"]
    provisioning = station.provisioning
    if wanted == "BootNotification":
        if provisioning.status == "Accepted" and not request.get("again"):  # F06.FR.17
            return _rejected("NotEnabled")
        provisioning.send_boot_notification("Triggered")
    elif wanted == "Heartbeat":
        provisioning.send_heartbeat(now, True)
    elif wanted == "FirmwareStatusNotification" and station.updater is not None:
        modules.use("station.firmware_status").trigger(station, "unsigned" in request)
    elif wanted in ("LogStatusNotification", "FirmwareStatusNotification"):
        data: dict = {"status": "Idle"}
        if "unsigned" not in request:
            data["requestId"] = None
        station.emit(wanted, data, None, True)  # F06.FR.15, F06.FR.16
    elif wanted not in ("StatusNotification", "MeterValues", "TransactionEvent"):
        return {"status": "NotImplemented"}  # F06.FR.08
    else:
        return _trigger_of_evse(station, wanted, request.get("evse", {}), now)
    return {"status": "Accepted"}


def _trigger_of_evse(station, wanted: str, place: dict, now: int) -> dict:
    """What is told for one EVSE or connector, or for all of them (F06.FR.11)."""
    evse_id = place.get("id")
    if evse_id is not None and not 0 <= evse_id <= len(station.evses):
        return _rejected("UnknownEvse")
    if station.clock_epoch_s(now) is None:  # a moment of its own belongs to each of these
        return _rejected("NotReady")
    if wanted == "StatusNotification":
        return _trigger_statuses(station, evse_id, place.get("connectorId"))
    if wanted == "MeterValues":
        if not station.metering.trigger(evse_id or 0):  # F06.FR.06, F06.FR.10
            return _rejected("NotFound")
    elif not (station.online and trigger_transactions(station, evse_id or 0, now)):  # F06.FR.07
        return _rejected("TxNotFound")
    return {"status": "Accepted"}


def trigger_transactions(station, evse_id: int, now: int) -> bool:
    """Tell a TransactionEvent of the EVSE, or of each (0); False if none runs that is not over."""
    evses = [evse for evse in station.evses if evse_id in (0, evse.id)]
    running = [evse for evse in evses if evse.transaction and evse.transaction.final is None]
    for evse in running:
        samples = station.metering.sample(evse, "Trigger")
        station.transactions.sampled(evse, "Trigger", samples, now)
    return bool(running)


def _trigger_statuses(station, evse_id, connector_id) -> dict:
    """The status of one connector, of an EVSE's, of the station (0), or all (None)."""
    told = False
    if not evse_id:
        told = station.statuses.tell(None, None)
    for evse in station.evses:
        for connector in evse.connectors:
            if evse_id in (None, evse.id) and connector_id in (None, connector.id):
                told = station.statuses.tell(evse, connector) or told
    return {"status": "Accepted"} if told else _rejected("UnknownConnectorId")


def _rejected(reason_code: str) -> dict:
    return {"status": "Rejected", "statusInfo": {"reasonCode": reason_code}}
