"""TriggerMessage (block F06): answered first, then the message goes out (F06.FR.04)."""


def trigger_message(station, request: dict, now: int) -> dict:
    """2.0.1's TriggerMessageRequest -> its response.

    The neutral key `again` (1.6 allows it) lets an accepted station register once more.
    """
    wanted = request["requestedMessage"]
    provisioning = station.provisioning
    evse_id = request.get("evse", {}).get("id", 0)
    connector_id = request.get("evse", {}).get("connectorId", 0)
    if evse_id < 0 or evse_id > len(station.evses):
        return {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}}
    if wanted == "BootNotification":
        if provisioning.status == "Accepted" and not request.get("again"):  # F06.FR.17
            return {"status": "Rejected"}
        provisioning.send_boot_notification("Triggered")
    elif wanted == "Heartbeat":
        provisioning.send_heartbeat(now)
    elif wanted == "StatusNotification":
        return _trigger_statuses(station, evse_id, connector_id)
    elif wanted == "MeterValues":
        station.metering.trigger(evse_id, now)  # F06.FR.06
    elif wanted == "TransactionEvent":
        if not station.transactions.trigger(evse_id, now):  # F06.FR.07
            return {"status": "Rejected", "statusInfo": {"reasonCode": "NoTransaction"}}
    elif wanted in ("LogStatusNotification", "FirmwareStatusNotification"):
        station.emit(wanted, {"status": "Idle"}, None, True)  # F06.FR.15, F06.FR.16
    else:
        return {"status": "NotImplemented"}  # F06.FR.08
    return {"status": "Accepted"}


def _trigger_statuses(station, evse_id: int, connector_id: int) -> dict:
    """The status of one connector, of an EVSE's or of all (F06.FR.11)."""
    if evse_id and connector_id > len(station.evses[evse_id - 1].connectors):
        return {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownConnectorId"}}
    if not evse_id:
        station.report_status(None, None)
    for evse in station.evses:
        for connector in evse.connectors:
            if evse_id in (0, evse.id) and connector_id in (0, connector.id):
                station.report_status(evse, connector)
    return {"status": "Accepted"}
