"""Reset (blocks B11 and B12): end what runs, tell it, reboot."""


def reset(station, request: dict, now: int) -> dict:
    """2.0.1's ResetRequest -> its response.

    The neutral key `stoppedReason` says how transactions end that the reset cuts short.
    """
    if request.get("evseId"):  # B11.FR.09, B12.FR.09: no EVSE can be reset by itself
        return {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedRequest"}}
    if request["type"] == "OnIdle":
        idle = _idle(station)
        station.reset("RemoteReset" if idle else "ScheduledReset", True)
        return {"status": "Accepted" if idle else "Scheduled"}  # B12.FR.01
    for evse in station.transactions.all():
        if evse.transaction is not None:  # B12.FR.04
            reason = request.get("stoppedReason", "ImmediateReset")
            station.transactions.stop(evse, reason, "ResetCommand", now)
    station.reset("RemoteReset", False)
    return {"status": "Accepted"}


def poll(station, now: int, boot_reason: str, when_idle: bool, deadline: int) -> None:
    """Reboot when the station is idle, and the last messages are told or patience is over."""
    if when_idle:
        if not _idle(station):
            return
        station.reset(boot_reason, False)
        deadline = now + 1
    waiting = station.online and (station.calls.waiting() or station.outbox.head() is not None)
    for evse in station.evses:
        if evse.transaction is not None:  # its Ended waits for the contactor
            waiting = True
    if not waiting or now >= deadline:
        station.reboot = boot_reason


def _idle(station) -> bool:
    """Nobody charges, and nothing of an update is being worked on (errata 2.14)."""
    return station.idle() and (station.update is None or station.update["job"] is None)
