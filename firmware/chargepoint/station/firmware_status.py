"""What the server is told of an update.

Every status is told in its order, one at a time, until the server answers; only one that hears and
does not answer is given up with it. So what happened offline is told later. After a reboot the
present status is told again, and the last one of all until it was answered.
"""

from ..compat import const
from . import firmware_record

_TELL_AGAIN_MS = const(30000)
_MOST_TRIES = const(3)
_MOST_UNTOLD = const(12)


def trigger(station, unsigned: bool) -> None:
    """Tell the last status, Idle after Installed (L01.FR.25, L01.FR.26).

    unsigned: as a message that has no requestId (1.6).
    """
    update = station.update
    if update is None or update["phase"] == firmware_record.NONE:
        update = firmware_record.load(station)
    status, request_id = "Idle", None
    if update is not None and update["status"] != "-":
        over = update["status"] == "Installed" and update["told"]
        if not over and (unsigned or update["id"] is not None):
            status, request_id = update["status"], update["id"]
    data = {"status": status, "triggered": True} if unsigned else {"status": status}
    if not unsigned:
        data["requestId"] = request_id
    station.emit("FirmwareStatusNotification", data, None, True)


def enter(station, update: dict, status: str) -> None:
    """A new status, remembered and to be told; the same one again is none."""
    if status == update["status"]:
        return
    update["status"], update["told"] = status, False
    firmware_record.save(station, update)
    station.log("firmware: " + status)
    update["untold"].append((status, update["id"]))
    if len(update["untold"]) > _MOST_UNTOLD:
        update["untold"].pop(0)


def tell(station, update: dict, now: int) -> None:
    """Tell the next status, unless one is on its way."""
    if update["telling"] or not update["untold"]:
        return
    if not station.online or now < update["tell_ms"]:
        return
    told = update["untold"][0]
    data = {"status": told[0]}
    if told[1] is not None:
        data["requestId"] = told[1]

    def on_answer(answer, now):
        update["telling"] = False
        if station.update is not update:  # canceled meanwhile
            return
        station.update_due_ms = now
        if answer is None and station.profile is None and not station.calls.unanswered:
            return  # it was not on its way
        update["tries"] += 1
        if answer is None and update["tries"] < _MOST_TRIES:
            if station.profile is not None:
                update["tell_ms"] = now + _TELL_AGAIN_MS
        else:
            update["tries"] = 0
            if told in update["untold"]:
                update["untold"].remove(told)

    update["telling"] = True
    station.emit("FirmwareStatusNotification", data, on_answer)
