"""GetConfiguration and ChangeConfiguration: OCPP 1.6's keys as views on the device model.

Transient. `keys.KEYS` says which variable a key shows and how. Nothing is stored by key, except
the text of a list of measurands where 2.0.1 can't say all of it (phases): it stands in the model
under its variable with evse_id 255, and counts as long as it means what the variable says.

What 1.6 has and the variables lack:
- One interval for the samples during and at the end of a transaction: written to both variables.
- `Temperature`, no measurand of 2.0.1: kept in the variable, where 2.0.1 reads over it.
- AuthorizationKey, the hex digits of the bytes that go on the wire: they become the credential.
- What TxStopPoint says of the cable: StopTransactionOnEVSideDisconnect is true also where the
  transaction would end by that, and set to false it takes it out of there.
- SecurityProfile can be raised here, never lowered; in 2.0.1 a network connection profile does it.
- NetworkProfile0 to 3, keys of our own, are the slots of the network connection profiles.
- A variable that the table does not know is a key under its whole name, or without the component
  if that is CustomizationCtrlr; and an unknown key without a dot a variable of CustomizationCtrlr.
"""

import binascii
import json

from ... import modules
from ...compat import const
from ...device_model.access import (
    FREE,
    assign,
    changed,
    checked,
    flags,
    limits,
    mutability,
    read,
    split,
)
from ...device_model.model import pooled, row_of
from ...rpc.errors import CallError
from .keys import KEYS

_MAX_KEYS = const(48)  # DeviceDataCtrlr.ItemsPerMessage[GetVariables]
_PHASE_ROTATION = const(8)  # ChargingStation.PhaseRotation
_CONNECTOR_PHASE_ROTATION = const(21)  # Connector.PhaseRotation

# Codes of the keys, as in tools/generate_variables.py.
_READ = const(0)
_WRITE = const(1)
_DIRECT = const(0)
_MEASURANDS = const(1)
_ITEMS = const(2)
_LIMIT = const(3)
_CONNECTORS = const(4)
_PROFILES = const(5)
_PROFILES_LENGTH = const(6)
_ROTATION = const(7)
_ROTATIONS = const(8)
_CREDENTIAL = const(9)
_SECURITY_PROFILE = const(10)
_RATE_UNIT = const(11)
_DISCONNECT = const(12)
_NETWORK = const(13)

# Flags of a variable, as in tools/generate_variables.py.
_REBOOT = const(16)
_PRIORITY = const(512)

_AS_SET = const(0xFF00)  # the place of a measurand list's text as it was set
AT_MOST = const(0xFE00)  # and, in the presets, of how many it may name
_MAX_MEASURANDS = const(20)
_PHASES = "L1 L2 L3 N L1-N L2-N L3-N L1-L2 L2-L3 L3-L1"
_FEATURE_PROFILES = (
    "firmware FirmwareManagement local_auth_list LocalAuthListManagement reservation Reservation "
    "smart_charging SmartCharging remote_trigger RemoteTrigger"
)


# ---- keys


def find(name: str, features=None) -> int:
    """Where the entry of a key begins in KEYS, or -1. Names compare without case."""
    for at in entries(features):
        if name_at(at).lower() == name.lower():
            return at
    return -1


def entries(features=None):
    """The beginnings of the keys that a station with these features has, or of all."""
    at = 0
    while KEYS[at]:
        if features is None or KEYS[at + 2] in features:
            yield at
        at += KEYS[at] + 1


def name_at(at: int) -> str:
    return str(KEYS[at + 7 : at + 1 + KEYS[at]], "ascii")


def variable(at: int) -> int:
    """The model's key of the entry's variable."""
    return (KEYS[at + 3] | KEYS[at + 4] << 8) << 16


def _second(at: int) -> int:
    return (KEYS[at + 5] | KEYS[at + 6] << 8) << 16


def _free_name(model, name: str):
    """The model's name of a key that the table does not know, or None."""
    for known in model.names:
        if _free_key(known).lower() == name.lower():
            return known
    return None


def _free_key(name: str) -> str:
    return name[len(FREE) + 1 :] if split(name)[0] == FREE else name


# ---- GetConfiguration


def get_configuration(station, payload: dict, now: int):
    """The pieces of the answer's JSON text, one key at a time.

    Raises CallError for more keys than GetConfigurationMaxKeys.
    """
    wanted = payload.get("key") or ()
    if len(wanted) > station.model.integer(_MAX_KEYS):
        raise CallError("OccurrenceConstraintViolation", "more keys than GetConfigurationMaxKeys")
    return _pieces(station.model, wanted)


def _pieces(model, wanted):
    separator = '{"configurationKey":['
    unknown = []
    for name in wanted or _all_names(model):
        entry = key_value(model, name)
        if entry is None:
            unknown.append(name)
            continue
        yield separator + json.dumps(entry)
        separator = ","
    text = "]" if separator == "," else separator + "]"
    if unknown:
        text += ',"unknownKey":' + json.dumps(unknown)
    yield text + "}"


def _all_names(model):
    for at in entries(model.features):
        yield name_at(at)
    for name in model.names:
        yield _free_key(name)


def key_value(model, name: str):
    """The KeyValue of a key; None if it is not known."""
    at = find(name, model.features)
    if at < 0:
        free = _free_name(model, name)
        if free is None:
            return None
        return {"key": _free_key(free), "readonly": False, "value": read(model, free)}
    entry = {"key": name_at(at), "readonly": _read_only(model, at)}
    value = value_at(model, at)
    if value is not None:
        entry["value"] = value
    return entry


def _read_only(model, at: int) -> bool:
    if KEYS[at + 1] >> 2 == _DIRECT and not mutability(model, variable(at)):
        return True
    return KEYS[at + 1] & 3 == _READ


def value_at(model, at: int):
    """A key's value; None if it can't be read."""
    kind = KEYS[at + 1] >> 2
    key = variable(at)
    if kind == _MEASURANDS:
        text = model.text(key >> 16)
        as_set = model.text(key >> 16, _AS_SET >> 8)
        return as_set if _without_phases(model, key, as_set) == text else text
    if kind == _ITEMS:
        return str(most(model, key))
    if kind == _LIMIT:
        return limits(model, key)[1]
    if kind == _CONNECTORS or kind == _ROTATIONS:
        count = sum([len(evse.connectors) for evse in model.layout.evses])
        return str(count + (kind == _ROTATIONS))
    if kind == _PROFILES or kind == _PROFILES_LENGTH:
        names = _FEATURE_PROFILES.split()
        found = [names[n + 1] for n in range(0, len(names), 2) if model.has_feature(names[n])]
        return str(1 + len(names) // 2) if kind == _PROFILES_LENGTH else ",".join(["Core"] + found)
    if kind == _ROTATION:
        return _rotations(model)
    if kind == _RATE_UNIT:
        units = read(model, key).split(",")
        return ",".join(["Current" if unit == "A" else "Power" for unit in units if unit])
    if kind == _NETWORK:
        return modules.use("station.network_profile").text_of(model, int(name_at(at)[-1]))
    if kind == _DISCONNECT and _stop_points_left(model, at) != read(model, _second(at)):
        return "true"
    return None if kind == _CREDENTIAL else read(model, key)


def _stop_points_left(model, at: int) -> str:
    """TxStopPoint without the points that end a transaction when the cable goes."""
    points = [
        point
        for point in read(model, _second(at)).split(",")
        if point not in ("EVConnected", "PowerPathClosed")
    ]
    return ",".join(points) or "Authorized"


def _rotations(model) -> str:
    """`0.RST,1.Unknown,...`: the station, then each connector by its flat number."""
    texts = []
    place = 0, 0
    while place is not None:
        variable = _CONNECTOR_PHASE_ROTATION if texts else _PHASE_ROTATION
        text = model.text(variable, place[0], place[1])
        texts.append("%d.%s" % (len(texts), _rotation_name(text)))
        place = model.layout.connector(len(texts))
    return ",".join(texts)


def _rotation_name(text: str) -> str:
    return "Unknown" if not text else "NotApplicable" if "x" in text else text


# ---- ChangeConfiguration


def change_configuration(station, payload: dict, now: int) -> dict:
    """Status Accepted, RebootRequired, Rejected or NotSupported."""
    model = station.model
    at = find(payload["key"], model.features)
    free = _free_name(model, payload["key"]) if at < 0 else None
    if at < 0 and free is None:
        return {"status": "NotSupported"}
    kind = _DIRECT if at < 0 else KEYS[at + 1] >> 2
    if kind == _NETWORK:
        profiles = modules.use("station.network_profile")
        done = profiles.set_text(station, int(name_at(at)[-1]), payload["value"])
        return {"status": "RebootRequired" if done else "Rejected"}
    try:
        if free is not None:
            keys = [(free, checked(model, free, payload["value"]))]
        elif _read_only(model, at):
            raise ValueError("ReadOnly")
        else:
            keys = parsed(model, at, payload["value"])
            if kind == _SECURITY_PROFILE:
                _check_security_profile(station, int(read(model, keys[0][0])), int(keys[0][1]))
        before = [(key, model.values.get(key)) for key, _ in keys]
        try:
            _store(model, keys)
        except ValueError:
            for key, text in before:
                model.put(key, text)
            raise
    except ValueError:
        if at >= 0 and flags(row_of(variable(at) >> 16)) & _PRIORITY:
            refused = modules.use("station.network_profile").refused
            refused(station, name_at(at), "the value is: slots that are set, each once")
        return {"status": "Rejected"}
    if kind == _SECURITY_PROFILE:
        modules.use("station.network").asked_again(model)
        station.link_request = "reconnect"  # A05.FR.06 of the security whitepaper
    for key, _ in keys:
        changed(station, key)
    reboot = free is None and flags(row_of(keys[0][0] >> 16)) & _REBOOT
    return {"status": "RebootRequired" if reboot else "Accepted"}


def _store(model, keys) -> None:
    """Raises ValueError if it can't be kept."""
    is_kept = True
    for key, text in keys:
        if isinstance(text, bytes):
            is_kept = model.set_credential(text)
        elif text is None:
            model.put(key, None)
        else:
            assign(model, key, text)
    if not (is_kept and model.save()):
        raise ValueError("InternalError")


def parsed(model, at: int, value: str) -> list:
    """(key of the model, text to store, None to forget it or bytes of the credential) of each
    variable that a key's new value changes. Raises ValueError."""
    kind = KEYS[at + 1] >> 2
    key = variable(at)
    if kind == _MEASURANDS:
        return _parsed_measurands(model, key, value)
    if kind == _ROTATION:
        return _parsed_rotations(model, value)
    if kind == _CREDENTIAL:
        return [(key, _parsed_credential(value))]
    if kind == _RATE_UNIT:
        names = {"current": "A", "power": "W"}
        value = ",".join([names.get(item.strip().lower(), item) for item in value.split(",")])
    elif kind not in (_DIRECT, _SECURITY_PROFILE, _DISCONNECT):
        raise ValueError("ReadOnly")
    text = checked(model, key, value)
    if kind == _DISCONNECT:
        points = [] if text == "true" else [(_second(at), _stop_points_left(model, at))]
        return [(key, text)] + points
    return [(key, text)] + ([(_second(at), text)] if _second(at) else [])


def _parsed_measurands(model, key: int, value: str) -> list:
    items = [item.strip() for item in value.split(",")] if value.strip() else []
    as_set = ",".join(items)
    text = _without_phases(model, key, as_set)
    if text is None or len(items) > most(model, key):
        raise ValueError("InvalidValue")
    checked(model, key, ",".join([item for item in text.split(",") if item != "Temperature"]))
    needed = as_set != text or key | _AS_SET in model.presets
    return [(key, text), (key | _AS_SET, as_set if needed else None)]


def most(model, key: int) -> int:
    """How many items a list of measurands may have."""
    return int(model.presets.get(key | AT_MOST, _MAX_MEASURANDS))


def _without_phases(model, key: int, value: str):
    """A list of measurands in the spelling of 2.0.1, each once; None if one is not known."""
    known = pooled(row_of(key >> 16) + 12).split(",") + ["Temperature"]
    found = []
    for item in value.split(",") if value else ():
        name, _, phase = item.rpartition(".")
        if phase.upper() not in _PHASES.split():
            name = item
        for measurand in known:
            if measurand.lower() == name.lower():
                if measurand not in found:
                    found.append(measurand)
                break
        else:
            return None
    return ",".join(found)


def _parsed_rotations(model, value: str) -> list:
    keys = []
    for item in value.split(","):
        number, _, name = item.strip().partition(".")
        if not number or number.strip("0123456789"):
            raise ValueError("InvalidValue")
        place = model.layout.connector(int(number)) if int(number) else (0, 0)
        if place is None:
            raise ValueError("UnknownConnectorId")
        variable = _CONNECTOR_PHASE_ROTATION if int(number) else _PHASE_ROTATION
        key = variable << 16 | place[0] << 8 | place[1]
        text = {"Unknown": "", "NotApplicable": "Rxx"}.get(name, name)
        if _rotation_name(text) != name:
            raise ValueError("InvalidValue")
        keys.append((key, checked(model, key, text)))
    return keys


def _parsed_credential(value: str) -> bytes:
    """The bytes of an AuthorizationKey: 16 to 20, as hex digits."""
    if not 32 <= len(value) <= 40 or value.strip("0123456789abcdefABCDEF"):
        raise ValueError("InvalidValue")
    return binascii.unhexlify(value)


def _check_security_profile(station, present: int, wanted: int) -> None:
    """Only upwards (A05.FR.01), and only if its needs are met (A05.FR.02, A05.FR.03) and it would
    be tried now."""
    if wanted <= present or wanted > station.model.max_security_profile:
        raise ValueError("ValueOutOfRange")
    if wanted < 3 and not station.model.credential():
        raise ValueError("MissingParam")
    if modules.use("station.network").image_on_trial(station):  # one trial at a time
        raise ValueError("InvalidValue")
