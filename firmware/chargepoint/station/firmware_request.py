"""UpdateFirmware (L01, L02): what is asked for, and whether the one who asks may.

A signed request is answered when its certificate has been checked, which takes a while and is done
in steps. Meanwhile an update that runs stands still; it goes on if the new request is refused.
Whether a certificate was revoked is not known here. The time must be: validity is looked at when
the request comes, and not again when its image is installed.
"""

import binascii

from .. import modules, timestamp
from ..compat import const
from ..rpc.errors import CallError
from . import firmware_record, manufacturer_roots

_ALLOW_UNSIGNED_FIRMWARE = const(140)  # SecurityCtrlr.AllowUnsignedFirmware

_MAX_INTEGER = const(0x7FFFFFFF)  # part 2: integers have 32 bits
_MAX_LOCATION = const(2000)  # bytes; most schemas allow fewer
_MAX_SIGNATURE = const(800)  # characters
_RETRIES = const(3)  # where the server names none
_MAX_RETRIES = const(1000)
_RETRY_INTERVAL_S = const(60)


def update_firmware(station, request: dict, now: int):
    """2.0.1's UpdateFirmwareRequest -> its response, or None: answered later by `checked`.

    Without a requestId (1.6) there is no signature. The location is not tried: a request with one
    where nothing is cancels an update without another (L01.FR.24).
    """
    if station.updater is None:
        raise CallError("NotSupported", "this station can't be updated")
    if station.calls.endpoint.owed is not None:
        raise CallError("GenericError", "an earlier CALL is still being handled")
    if station.update is not None:  # it may have ended just now
        modules.use("station.firmware").poll(station, now)
    fields = _fields(request)
    firmware = request["firmware"]
    certificate = firmware.pop("signingCertificate", None)  # not to be kept until the answer
    signature = firmware.pop("signature", None)
    update = station.update
    if update is not None and update["phase"] in (
        firmware_record.REBOOTING,
        firmware_record.TRIAL,
    ):
        return _rejected("FwUpdateInProgress", "the new image is on trial")  # L01.FR.27
    roots = manufacturer_roots.load(station)
    if certificate is None:
        if signature is not None:
            return _rejected("MissingParam", "signingCertificate")
        if roots and not station.model.boolean(_ALLOW_UNSIGNED_FIRMWARE):
            if fields["id"] is None:  # security whitepaper, L01.FR.20
                raise CallError("NotSupported", "firmware must be signed")
            return _rejected("MissingParam", "firmware must be signed")
        return _begin(station, fields, now)
    if station.clock_epoch_s(now) is None:
        return _rejected("NotReady", "the time is not known")
    if not roots:
        return _invalid(station, "no manufacturer root")
    fields["signature"] = _signature(signature)
    if update is None:
        update = station.update = firmware_record.new()
    station.updater.stop()
    update["candidate"], update["job"] = fields, "check"
    rules = modules.use("station.firmware_signature")
    station.updater.run(rules.of_certificate(certificate, roots, station.clock_epoch_s(now)))
    station.update_due_ms = now
    return None


def checked(station, value: tuple, now: int, defect: bool) -> None:
    """Answer the request whose certificate has been checked.

    value: what `firmware_signature.of_certificate` returned; defect: it has failed, and value has
    the reason.
    """
    update = station.update
    fields, update["candidate"], update["job"] = update["candidate"], None, None
    key, problem = value
    if station.calls.endpoint.owed is None:
        station.log("UpdateFirmware: the link went before the answer; nothing is changed")
        result = None
    elif defect:
        station.log("UpdateFirmware could not be checked: %s" % problem)
        result = _rejected("InternalError", problem)
    elif problem:
        result = _invalid(station, problem)
    else:
        fields["signed"] = True
        fields["key"], fields["exponent"] = key
        result = _begin(station, fields, now)
    if station.update is update and update["phase"] == firmware_record.NONE:
        station.update = station.update_due_ms = None
    if result is not None:
        station.calls.answer_owed(result)


def _fields(request: dict) -> dict:
    """What an update needs of its request. Raises CallError."""
    firmware = request["firmware"]
    request_id = request.get("requestId")
    if request_id is not None and abs(request_id) > _MAX_INTEGER:
        raise CallError("PropertyConstraintViolation", "requestId")
    if not 0 < len(firmware["location"].encode()) <= _MAX_LOCATION:
        raise CallError("PropertyConstraintViolation", "firmware.location")
    install = firmware.get("installDateTime")
    retries = min(max(request.get("retries", _RETRIES), 0), _MAX_RETRIES)
    interval_s = min(max(request.get("retryInterval", _RETRY_INTERVAL_S), 0), _MAX_INTEGER)
    return {
        "id": request_id,
        "attempts": retries + 1,
        "interval_s": interval_s,
        "retrieve_s": timestamp.parse(firmware["retrieveDateTime"]),
        "install_s": None if install is None else timestamp.parse(install),
        "location": firmware["location"],
        "key": b"",
        "signature": b"",
    }


def _signature(text) -> bytes:
    """The bytes of a signature; none if it is missing or no base64, and then it is wrong: the
    file is downloaded all the same, and InvalidSignature told (L01, step 5)."""
    try:
        if text is not None and len(text) <= _MAX_SIGNATURE:
            return binascii.a2b_base64(text)
    except ValueError:
        pass
    return b""


def _begin(station, fields: dict, now: int) -> dict:
    """The update that is asked for takes the place of what runs. The old one is not told of any
    more: the answer says that it is canceled (L01.FR.24)."""
    old = station.update
    update = firmware_record.new(firmware_record.SCHEDULED)
    for name in fields:
        if name in update:
            update[name] = fields[name]
    texts = fields["location"], fields["key"], fields["signature"]
    if not firmware_record.save(station, update, *texts):
        return _rejected("OutOfStorage", "")
    status = "Accepted"
    if old is not None and old["phase"] == firmware_record.OVER:
        update["untold"] = old["untold"][1 if old["telling"] else 0 :]
    elif old is not None and old["phase"] != firmware_record.NONE:
        status = "AcceptedCanceled"
    station.updater.stop()
    station.update, station.update_due_ms, station.update_pending = update, now, False
    return {"status": status}


def _invalid(station, problem: str) -> dict:
    """L01.FR.02, L01.FR.22."""
    station.security_event("InvalidFirmwareSigningCertificate", problem)
    info = {"reasonCode": "InvalidCertificate", "additionalInfo": problem}
    return {"status": "InvalidCertificate", "statusInfo": info}


def _rejected(reason_code: str, info: str) -> dict:
    result = {"reasonCode": reason_code}
    if info:
        result["additionalInfo"] = info
    return {"status": "Rejected", "statusInfo": result}
