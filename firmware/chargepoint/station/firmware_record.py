"""What is remembered of a firmware update over reboots and power cuts: the slot "firmware".

    version u8 = 1, phase u8, status u8, flags u8, attempts left u16, retry interval s32, request
    id s32, retrieve and install time s32 each (epoch_s), exponent u32, SHA-256 of the file (32
    bytes); then, each with its length as u16 before it: location, public key, signature

Little endian. The texts at the end stay on flash; in memory an update is a dict of what is before
them, with these keys of that moment alone: job ("check", "fetch", "verify" or "install", what the
updater does; None), untold (statuses that the server has not answered), telling, tries, tell_ms
and try_ms (when it may be told, or tried, again) and candidate (a request that is being checked).
"""

import struct

from ..compat import const

SLOT = "firmware"
# The phases. Before the first one nothing has been accepted, and nothing is on flash.
NONE = const(0)
SCHEDULED = const(1)  # waits for retrieveDateTime
DOWNLOADING = const(2)
VERIFYING = const(3)
WAITING = const(4)  # for installDateTime, and until the station is idle
INSTALLING = const(5)
REBOOTING = const(6)  # the image is on trial, as soon as it has booted
TRIAL = const(7)  # it runs, and the server has not accepted it yet
OVER = const(8)
_STATUSES = (
    "- DownloadScheduled Downloading Downloaded SignatureVerified InstallScheduled Installing"
    " InstallRebooting Installed DownloadFailed InvalidSignature InstallVerificationFailed"
    " InstallationFailed"
)
_VERSION = const(1)
_HEAD = "<BBBBHiiiiI32s"
_HEAD_BYTES = const(58)
_NAMED = const(1)  # there is a request id
_SIGNED = const(2)
_FRESH = const(4)  # nothing of the file has been asked for yet
_DATED = const(8)  # there is an install time
_TOLD = const(16)  # the server has answered the last status of all
_LATEST_S = const(0x7FFFFFFF)


def new(phase: int = NONE) -> dict:
    return {
        "phase": phase,
        "status": "-",
        "id": None,
        "signed": False,
        "fresh": True,
        "told": False,
        "attempts": 0,
        "interval_s": 0,
        "retrieve_s": 0,
        "install_s": None,
        "exponent": 0,
        "digest": bytes(32),
        "job": None,
        "candidate": None,
        "untold": [],
        "telling": False,
        "tries": 0,
        "tell_ms": 0,
        "try_ms": 0,
    }


def load(station) -> "dict | None":
    """The update that is remembered; None if there is none, or it can't be read."""
    data = station.store.slots.load(SLOT)
    if not data:
        return None
    try:
        _parts(data)
        head = struct.unpack_from(_HEAD, data)
        if head[0] != _VERSION or not NONE < head[1] <= OVER:
            raise ValueError("version or phase")
        status = _STATUSES.split()[head[2]]
    except (ValueError, IndexError) as error:
        station.log("what was remembered of an update can't be read: %s" % error)
        return None
    update = new(head[1])
    flags = head[3]
    update["status"] = status
    update["id"] = head[6] if flags & _NAMED else None
    update["signed"] = flags & _SIGNED != 0
    update["fresh"] = flags & _FRESH != 0
    update["told"] = flags & _TOLD != 0
    update["attempts"], update["interval_s"] = head[4], head[5]
    update["retrieve_s"] = head[7]
    update["install_s"] = head[8] if flags & _DATED else None
    update["exponent"], update["digest"] = head[9], head[10]
    return update


def texts(station) -> tuple:
    """(location, public key, signature), of which the last two are empty in an unsigned update."""
    location, key, signature = _parts(station.store.slots.load(SLOT))
    return str(location, "utf-8"), bytes(key), bytes(signature)


def save(station, update: dict, location=None, key: bytes = b"", signature: bytes = b"") -> bool:
    """Remember the update; without a location, with the texts that are there. False if the store
    can't."""
    slots = station.store.slots
    if location is None:
        tail = memoryview(slots.load(SLOT))[_HEAD_BYTES:]
    else:
        tail = b"".join([_sized(part) for part in (location.encode(), key, signature)])
    request_id, install_s = update["id"], update["install_s"]
    flags = 0 if request_id is None else _NAMED
    flags |= (_SIGNED if update["signed"] else 0) | (_FRESH if update["fresh"] else 0)
    flags |= (_TOLD if update["told"] else 0) | (0 if install_s is None else _DATED)
    head = struct.pack(
        _HEAD,
        _VERSION,
        update["phase"],
        _STATUSES.split().index(update["status"]),
        flags,
        update["attempts"],
        update["interval_s"],
        request_id or 0,
        _bounded(update["retrieve_s"]),
        _bounded(install_s or 0),
        update["exponent"],
        update["digest"],
    )
    return slots.save(SLOT, head + tail)


def _bounded(epoch_s: int) -> int:
    return min(max(epoch_s, -_LATEST_S), _LATEST_S)


def _sized(part: bytes) -> bytes:
    return struct.pack("<H", len(part)) + part


def _parts(data) -> list:
    """The texts behind the head, as views. Raises ValueError."""
    view = memoryview(data)[_HEAD_BYTES:]
    parts = []
    for _ in range(3):
        size = 2 + int.from_bytes(view[:2], "little")
        if len(view) < size:
            raise ValueError("too short")
        parts.append(view[2:size])
        view = view[size:]
    if len(view):
        raise ValueError("too long")
    return parts
