"""Reset (blocks B11 and B12): end what runs, tell it, reboot."""


def reset(station, request: dict, now: int) -> dict:
    """2.0.1's ResetRequest -> its response.

    The neutral key `stoppedReason` says how transactions end that the reset cuts short.
    """
    if request.get("evseId"):  # B11.FR.09: no EVSE can be reset by itself
        return {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedRequest"}}
    running = [evse for evse in station.evses if evse.transaction is not None]
    if request["type"] == "OnIdle":
        station.reset("ScheduledReset" if running else "RemoteReset", True)
        return {"status": "Scheduled" if running else "Accepted"}  # B12.FR.01
    for evse in running:  # B12.FR.04
        reason = request.get("stoppedReason", "ImmediateReset")
        station.transactions.stop(evse, reason, "ResetCommand", now)
    station.reset("RemoteReset", False)
    return {"status": "Accepted"}
