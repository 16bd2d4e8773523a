"""A firmware update, from the accepted request to Installed (L01, L02).

What is due is done in `poll`: `station.update` is the update (see `firmware_record`) and
`station.update_due_ms` when it is looked at again. Downloading, calculations and installing are
the updater's, one at a time; its news are taken here. What the server is told: `firmware_status`.
"""

from .. import modules
from ..compat import const
from . import firmware_record, firmware_status
from .firmware_record import (
    DOWNLOADING,
    INSTALLING,
    NONE,
    OVER,
    REBOOTING,
    SCHEDULED,
    TRIAL,
    VERIFYING,
    WAITING,
)

_ALLOW_NEW_SESSIONS = const(10)  # ChargingStation.AllowNewSessionsPendingFirmwareUpdate

_HOUR_MS = const(3600000)
_BUSY_MS = const(5000)  # between two looks at whether the station is idle


def boot(station, now: int) -> None:
    """The station has booted: what becomes of the update that it was in."""
    updater, update = station.updater, firmware_record.load(station)
    if updater.trial_s is not None:
        if update is None or update["phase"] == OVER:  # nobody has asked for this image
            update = firmware_record.new(TRIAL)
            firmware_record.save(station, update, "")
        elif update["phase"] != TRIAL:
            update["phase"] = TRIAL
            firmware_record.save(station, update)
    elif update is None or (update["phase"] == OVER and update["told"]):
        return
    elif update["phase"] in (REBOOTING, TRIAL):
        if updater.fell_back is not None:
            _fail(station, update, "InstallationFailed", updater.fell_back)
        else:  # the power went between the two writes of a confirmation
            _installed(station, update)
    else:
        if update["phase"] == INSTALLING:
            update["phase"] = WAITING
        if update["status"] != "-":
            update["untold"].append((update["status"], update["id"]))
    station.update, station.update_due_ms = update, now


def poll(station, now: int) -> None:
    """Do what is due."""
    if station.update["job"] is not None:
        _take(station, station.update, now)
    update = station.update
    if update is None:
        return
    due_ms = now + _HOUR_MS
    while update["job"] is None and update["phase"] not in (NONE, OVER):
        due = _go_on(station, update, now)
        if due is not None:
            due_ms = due
            break
    firmware_status.tell(station, update, now)
    if update["phase"] == OVER:
        if not station.online or update["tries"] or len(update["untold"]) <= update["telling"]:
            station.update_pending = False  # behind the last status, if the server hears
        if not update["untold"]:
            if not update["told"]:
                update["told"] = True
                firmware_record.save(station, update)
            if update["job"] is None:
                station.update = station.update_due_ms = None
                return
    if update["untold"] and not update["telling"] and station.online:
        due_ms = min(due_ms, max(update["tell_ms"], now + _BUSY_MS))
    station.update_due_ms = due_ms


# ---- what the updater says


def _take(station, update: dict, now: int) -> None:
    job, defect = update["job"], ""
    news: "tuple | None" = None
    try:
        news = station.updater.take()
    except Exception as error:  # a defect of ours: the station goes on, and it is reported
        defect = "%s: %s" % (type(error).__name__, error)
        news = "", (None, defect)
    if news is None:
        return
    kind, value = news[:2]
    if job == "check":
        modules.use("station.firmware_request").checked(station, value, now, defect != "")
        return
    update["job"] = None
    if defect:
        _fail(station, update, "InstallationFailed", defect)
    elif kind == "failed":
        _attempt_failed(station, update, value, news[2], now)
    elif job == "fetch":
        update["digest"] = value
        update["phase"] = VERIFYING if update["signed"] else WAITING
        firmware_status.enter(station, update, "Downloaded")
    elif job == "verify":
        if value:
            update["phase"] = WAITING
            firmware_status.enter(station, update, "SignatureVerified")
        else:
            station.security_event("InvalidFirmwareSignature")  # L01.FR.03
            _end(station, update, "InvalidSignature")
    elif value is not None:  # the image does not fit: L01.FR.29
        _fail(station, update, "InstallVerificationFailed", value)
    else:
        update["phase"] = REBOOTING
        firmware_status.enter(station, update, "InstallRebooting")  # L01.FR.32
        station.reset("FirmwareUpdate", False)


def _attempt_failed(station, update: dict, why: str, again: bool, now: int) -> None:
    station.log("firmware: an attempt to download failed: %s" % why)
    if station.online or not again:  # without a network it is no attempt
        update["attempts"] -= 1
    if again and update["attempts"] > 0:
        update["try_ms"] = now + update["interval_s"] * 1000
        firmware_record.save(station, update)
    else:
        _fail(station, update, "DownloadFailed", why)  # L01.FR.30


# ---- from phase to phase


def _go_on(station, update: dict, now: int):
    """Do the next step; the tick at which to look again, None: at once."""
    phase = update["phase"]
    if phase == SCHEDULED:
        due_ms = _until(station, update, update["retrieve_s"], "DownloadScheduled", now)
        if due_ms is not None:  # L01.FR.13
            return due_ms
        update["phase"] = DOWNLOADING
    elif phase == DOWNLOADING:
        return _download(station, update, now)
    elif phase == VERIFYING:
        update["job"] = "verify"
        steps = modules.use("station.firmware_signature").of_file(station, update)
        station.updater.run(steps)
    elif phase == WAITING:
        return _wait(station, update, now)
    elif phase == INSTALLING:
        update["job"] = "install"
        firmware_status.enter(station, update, "Installing")
        station.updater.run(station.updater.install())
    elif phase == TRIAL:
        return _try(station, update, now)
    else:
        return now + _HOUR_MS
    return None


def _until(station, update: dict, date_s: int, status: str, now: int):
    """The tick at which to look again whether that date has come, None: it has.

    The status is told meanwhile, but not while the clock, which dates wait for, is not known.
    """
    epoch_s = station.clock_epoch_s(now)
    if epoch_s is None:
        return now + _HOUR_MS
    if epoch_s >= date_s:
        return None
    firmware_status.enter(station, update, status)
    return now + min((date_s - epoch_s) * 1000, _HOUR_MS)


def _download(station, update: dict, now: int):
    if not station.online or station.resetting:
        return now + _HOUR_MS
    if now < update["try_ms"]:
        return update["try_ms"]
    fresh, update["fresh"] = update["fresh"], False
    firmware_status.enter(station, update, "Downloading")
    update["job"] = "fetch"
    station.updater.fetch(firmware_record.texts(station)[0], fresh)
    return None


def _wait(station, update: dict, now: int):
    if update["install_s"] is not None:
        due_ms = _until(station, update, update["install_s"], "InstallScheduled", now)
        if due_ms is not None:  # L01.FR.16
            return due_ms
    if station.resetting:
        return now + _HOUR_MS
    if not station.idle():  # L01.FR.06, L01.FR.33
        station.update_pending = not station.model.boolean(_ALLOW_NEW_SESSIONS)  # L01.FR.07
        firmware_status.enter(station, update, "InstallScheduled")  # L01.FR.34
        return now + _BUSY_MS
    station.update_pending = True
    update["phase"] = INSTALLING
    return None


def _try(station, update: dict, now: int):
    """The new image runs: it stays if the server accepts it, and goes if that takes too long, or
    at once if it could take no update after it."""
    updater = station.updater
    if updater.trial_s and station.online:
        updater.confirm()
        _installed(station, update)
        return now
    deadline_ms = updater.trial_s * 1000
    if now < deadline_ms:
        return deadline_ms
    if station.resetting or not station.idle():
        return now + _BUSY_MS
    station.log("firmware: not confirmed in %d s, back to the other image" % updater.trial_s)
    updater.give_up(updater.trial_s > 0)
    update["phase"] = REBOOTING  # of which no other request can make anything
    station.reset("ApplicationReset", False)
    return now + _HOUR_MS


def _installed(station, update: dict) -> None:
    """L01.FR.28, L01.FR.31, from the new image itself."""
    station.security_event("FirmwareUpdated", station.updater.version)
    _end(station, update, "Installed")


def _fail(station, update: dict, status: str, why: str) -> None:
    """The standard's messages have no room for the reason: it goes with a security event."""
    station.security_event("FirmwareUpdateFailed", "%s: %s" % (status, why))
    _end(station, update, status)


def _end(station, update: dict, status: str) -> None:
    update["phase"] = OVER
    if update["status"] == "-":  # nobody has asked for that image
        firmware_record.save(station, update)
    else:
        firmware_status.enter(station, update, status)
