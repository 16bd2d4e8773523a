"""Reset (blocks B11 and B12): end what runs, tell it, reboot."""


def reset(station, request: dict, now: int) -> dict:
    """2.0.1's ResetRequest -> its response.

    The neutral key `stoppedReason` says how transactions end that the reset cuts short.
    """
    if request.get("evseId"):  # B11.FR.09, B12.FR.09: no EVSE can be reset by itself
        return {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedRequest"}}
    if request["type"] == "OnIdle":
        idle = station.idle()
        station.reset("RemoteReset" if idle else "ScheduledReset", True)
        return {"status": "Accepted" if idle else "Scheduled"}  # B12.FR.01
    for evse in station.transactions.all():
        if evse.transaction is not None:  # B12.FR.04
            reason = request.get("stoppedReason", "ImmediateReset")
            station.transactions.stop(evse, reason, "ResetCommand", now)
    station.reset("RemoteReset", False)
    return {"status": "Accepted"}
