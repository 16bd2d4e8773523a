"""The variables by their address: which are there, what they read as, what they accept.

Transient; what messages, reports, configuration keys and presets share. A key is the model's:
`id << 16 | evse_id << 8 | connector_id`, or a name for a variable that the table does not know.

Nothing here decides what a new value leads to; that is the station's, see `DeviceModel.on_change`.
"""

import json

from .. import modules, timestamp
from ..compat import const
from .model import pooled, row_of, word
from .table import TABLE

_VALUE_SIZE = const(53)  # DeviceDataCtrlr.ConfigurationValueSize

# Codes of the table, as in tools/generate_variables.py.
_DECIMAL = const(1)
_INTEGER = const(2)
_DATE_TIME = const(3)
_BOOLEAN = const(4)
_OPTION_LIST = const(5)
_READ_ONLY = const(0)
_READ_WRITE = const(2)
_COMPUTED = const(1)
_LAYOUT = const(2)
_MAX_SET = const(64)
_SOCKET = const(128)
_ROTATION = const(256)
_PRIORITY = const(512)
_CREDENTIAL = const(1024)

FREE = "CustomizationCtrlr"  # the component of a name that has none
_MAINS_V = const(230)


# ---- the table


def flags(row: int) -> int:
    return word(row + 18)


def visible(model, row: int) -> bool:
    """Whether the feature that the row belongs to is there."""
    return TABLE[row + 17] in model.features


def place(model, row: int, number: int):
    """(evse_id, connector_id) of a row's occurrence `number`, from 0; None after the last."""
    scope = TABLE[row + 16] >> 5
    if scope == 2:
        return model.layout.connector(number + 1)
    if number >= (len(model.layout.evses) if scope else 1):
        return None
    return (number + 1 if scope else 0), 0


def split(name: str):
    """(component, variable, instance) of `Component.Variable[Instance]`, or of a bare name."""
    name, _, instance = name.partition("[")
    component, dot, variable = name.rpartition(".")
    return (component if dot else FREE), variable, instance[:-1]


def names_of(key):
    """(component, variable, instance) of any key."""
    if isinstance(key, str):
        return split(key)
    row = row_of(key >> 16)
    return pooled(row + 2), pooled(row + 4), pooled(row + 6)


def find(model, component: dict, variable: dict):
    """(status, key) of a component and a variable as they stand in a message.

    status: "Accepted", "UnknownComponent" or "UnknownVariable". Names compare without case.
    """
    evse = component.get("evse") or {}
    at = evse.get("id", 0), evse.get("connectorId", 0)
    wanted = component["name"].lower()
    name, instance = variable["name"].lower(), (variable.get("instance") or "").lower()
    status = "UnknownComponent"
    if component.get("instance"):  # no component has instances
        return status, None
    offset = seen = 0  # of the wanted component's name once it is met, and of the last one
    for number in range(word(2)):
        row = word(0) + 20 * number
        if word(row + 2) != seen:
            seen = word(row + 2)
            if pooled(row + 2).lower() == wanted:
                offset = seen
        if offset != seen or not visible(model, row) or not exists(model, row, at):
            continue
        status = "UnknownVariable"
        if pooled(row + 4).lower() == name and pooled(row + 6).lower() == instance:
            return "Accepted", word(row) << 16 | at[0] << 8 | at[1]
    if at == (0, 0):
        for known in model.names:
            parts = split(known.lower())
            if parts[0] == wanted:
                status = "UnknownVariable"
                if parts[1:] == (name, instance):
                    return "Accepted", known
    return status, None


def exists(model, row: int, at) -> bool:
    scope = TABLE[row + 16] >> 5
    if scope == 0:
        return at == (0, 0)
    if not 0 < at[0] <= len(model.layout.evses):
        return False
    return 0 < at[1] <= len(model.layout.evses[at[0] - 1].connectors) if scope == 2 else at[1] == 0


# ---- reading


def mutability(model, key) -> int:
    """0 ReadOnly, 1 WriteOnly, 2 ReadWrite."""
    if isinstance(key, str):
        return _READ_WRITE
    row = row_of(key >> 16)
    if flags(row) & _SOCKET and not _has_socket(model):
        return _READ_ONLY
    return TABLE[row + 16] >> 3 & 3


def supports(key, attribute: str) -> bool:
    """Whether a variable has an attribute of this type."""
    if attribute == "MaxSet" and not isinstance(key, str):
        return bool(flags(row_of(key >> 16)) & _MAX_SET)
    return attribute == "Actual"


def read(model, key, attribute: str = "Actual") -> str:
    """The value of a supported attribute, "" if it has none.

    The password can't be read here: it is not among the values.
    """
    if isinstance(key, str):
        text = model.values.get(key)
        return model.presets.get(key, "") if text is None else text
    row = row_of(key >> 16)
    variable_id, evse_id, connector_id = key >> 16, key >> 8 & 255, key & 255
    if attribute == "MaxSet":
        return limits(model, key)[1]
    if flags(row) & _SOCKET and not _has_socket(model):
        return "false"  # part 2, 2.1.12: nothing to unlock at a fixed cable
    if flags(row) & _COMPUTED and model.compute is not None:
        text = model.compute(variable_id, evse_id, connector_id)
        if text is not None:
            return text
    text = model.text(variable_id, evse_id, connector_id)
    if flags(row) & _LAYOUT and not text:
        return _of_layout(model.layout, pooled(row + 4), evse_id, connector_id)
    if TABLE[row + 16] & 7 > _OPTION_LIST:  # what a server of the other dialect may have added
        known = pooled(row + 12).split(",")
        text = ",".join([item for item in text.split(",") if item in known])
    return text


def limits(model, key):
    """(minimum, maximum) of the characteristics as text, "" where there is none."""
    row = row_of(key >> 16)
    low, _, high = pooled(row + 10).partition(",")
    high = model.presets.get(-(key >> 16), high)  # as `presets.preset_limit` has it
    if flags(row) & _MAX_SET:
        evse = model.layout.evses[max(key >> 8 & 255, 1) - 1]
        high = str(int(evse.phases * evse.max_current_a * _MAINS_V))
    return low, high


def _has_socket(model) -> bool:
    """Whether any connector is a socket, from which a cable can be unlocked."""
    return any([name[:1] == "s" for evse in model.layout.evses for name in evse.connectors])


def _of_layout(layout, variable: str, evse_id: int, connector_id: int) -> str:
    if variable == "SupplyPhases":
        evses = layout.evses[evse_id - 1 : evse_id] if evse_id else layout.evses
        return str(max([evse.phases for evse in evses]))
    if variable == "ConnectorType":
        return layout.evses[evse_id - 1].connectors[connector_id - 1]
    return {
        "VendorName": layout.vendor,
        "Model": layout.model,
        "SerialNumber": layout.serial,
        "FirmwareVersion": layout.firmware_version,
        "Identity": layout.identity,
    }[variable] or ""


# ---- setting


def checked(model, key, text: str) -> str:
    """`text` as it is to be stored, in the table's spelling.

    Raises ValueError(reason code) if the variable can't have this value, read-only or not.
    """
    if len(text.encode()) > model.integer(_VALUE_SIZE):
        raise ValueError("TooLargeElement")
    if isinstance(key, str):
        return text
    row = row_of(key >> 16)
    low, high = limits(model, key)
    kind = TABLE[row + 16] & 7
    if kind == _INTEGER or kind == _DECIMAL:
        value = _number(text, kind)
        if (low and value < int(low)) or (high and value > int(high)):
            raise ValueError("ValueOutOfRange")
        return str(value) if kind == _INTEGER else text
    if kind == _BOOLEAN:
        if text.lower() not in ("true", "false"):
            raise ValueError("InvalidValue")
        return text.lower()
    if kind == _DATE_TIME:
        if not timestamp.is_rfc_3339(text):
            raise ValueError("InvalidValue")
        return text
    if kind >= _OPTION_LIST:
        text = _members(text, pooled(row + 12).split(","), kind == _OPTION_LIST)
        if flags(row) & _PRIORITY:
            for item in text.split(","):
                if item and int(item) not in model.network_slots:  # B10.FR.02
                    raise ValueError("NotFound")
    elif flags(row) & _ROTATION and text:
        if len(text) != 3 or text.strip("RSTx") or [c for c in "RST" if text.count(c) > 1]:
            raise ValueError("InvalidValue")
    if (low and len(text) < int(low)) or (high and len(text) > int(high)):
        raise ValueError("ValueOutOfRange")
    return text


def _number(text: str, kind: int):
    digits = text[1:] if text[:1] == "-" else text
    whole, dot, fraction = digits.partition(".")
    if dot and (kind == _INTEGER or not 0 < len(fraction) <= 6):
        raise ValueError("InvalidValue")
    if not 0 < len(whole) <= 10 or (
        whole[:1] == "0" and len(whole) > 1
    ):  # part 2, 3.1: no leading zeros
        raise ValueError("InvalidValue")
    if (whole + fraction).strip("0123456789"):
        raise ValueError("InvalidValue")
    value = int(text) if kind == _INTEGER else float(text)
    if not -0x80000000 <= value <= 0x7FFFFFFF:
        raise ValueError("ValueOutOfRange")
    return value


def _members(text: str, values: list, single: bool) -> str:
    """The items of a list in the spelling of `values`, each at most once."""
    found = []
    if single or text.strip():
        for item in [text] if single else text.split(","):
            item = item.strip().lower()
            known = [value for value in values if value.lower() == item]
            if not known or known[0] in found:
                raise ValueError("InvalidValue")
            found.append(known[0])
    return ",".join(found)


def assign(model, key, text: str) -> None:
    """Store a checked value; `model.save()` is the caller's. Raises ValueError(reason code)."""
    if not isinstance(key, str) and flags(row_of(key >> 16)) & _CREDENTIAL:
        if not model.set_credential(text.encode()):
            raise ValueError("InternalError")
    elif not model.put(key, text):
        raise ValueError("OutOfStorage")


def changed(station, key) -> None:
    """Tell the station that the server has changed this variable."""
    if isinstance(key, str):
        return
    if flags(row_of(key >> 16)) & _CREDENTIAL:
        # A01.FR.11: that it changed, never to what; the next connection uses it.
        station.security_event("ReconfigurationOfSecurityParameters", "BasicAuthPassword")
        station.link_request = "reconnect"
    if flags(row_of(key >> 16)) & _PRIORITY:
        modules.use("station.network").asked_again(station.model)
    if station.model.on_change is not None:
        station.model.on_change(key >> 16)


def json_size(value) -> int:
    """Bytes of `value` as compact JSON, found without writing it whole."""
    if isinstance(value, dict):
        return 1 + max(1, sum([json_size(k) + json_size(value[k]) + 2 for k in value]))
    if isinstance(value, (list, tuple)):
        return 1 + max(1, sum([json_size(item) + 1 for item in value]))
    return len(json.dumps(value).encode())
