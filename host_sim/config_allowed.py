"""What the variables and keys of a configuration file may be set to, in words for its reader.

The firmware only says that a value is refused: on a board nobody reads why, for provisioning has
checked the file before.
"""

from __future__ import annotations

from chargepoint.device_model.access import flags, limits
from chargepoint.device_model.model import DeviceModel, pooled, row_of
from chargepoint.device_model.presets import address
from chargepoint.device_model.table import TABLE
from chargepoint.profiles.ocpp16 import configuration
from chargepoint.profiles.ocpp16.keys import KEYS
from tools.generate_variables import FLAGS, KINDS, TYPES

_VALUE_SIZE = 53  # DeviceDataCtrlr.ConfigurationValueSize
_STRING, _DECIMAL, _DATE_TIME, _BOOLEAN, _OPTION_LIST = (
    TYPES.index(name) for name in ("string", "decimal", "dateTime", "boolean", "OptionList")
)
_ROTATION, _PRIORITY = (1 << FLAGS.index(name) for name in ("rotation", "priority"))
_DERIVED = ("connectors", "profiles", "profiles_length", "rotations")
_IN_WORDS = {
    "credential": "32 to 40 hexadecimal digits",
    "rotation": "a list of 0.RST, 1.Unknown and the like",
    "rate_unit": "a list of Current and Power",
    "network": "left out: the servers' URLs stand elsewhere",
}


def of_name(model: DeviceModel, name: str) -> str:
    """Of a variable by its address."""
    return of_variable(model, address(model, name))


def of_key(model: DeviceModel, name: str) -> str:
    """Of a configuration key of OCPP 1.6 that is known."""
    at = configuration.find(name)
    kind = KINDS[KEYS[at + 1] >> 2]
    if kind in _IN_WORDS:
        return _IN_WORDS[kind]
    if kind == "items":
        return f"an integer from 1 to {configuration.most(model, configuration.variable(at))}"
    if kind in _DERIVED:
        return f"{derived(model, name)} or left out, for it follows from the rest"
    return of_variable(model, configuration.variable(at))


def derived(model: DeviceModel, name: str) -> str | None:
    """The value of a key that can't have another with these EVSEs and features; else None."""
    at = configuration.find(name)
    if at < 0 or KINDS[KEYS[at + 1] >> 2] not in _DERIVED:
        return None
    return configuration.value_at(model, at)


def of_variable(model: DeviceModel, key: int | str) -> str:
    """What a variable accepts, for the reader of a configuration file."""
    if isinstance(key, str):
        return "a text of at most %d bytes" % model.integer(_VALUE_SIZE)
    row = row_of(key >> 16)
    bits = flags(row)
    low, high = limits(model, key)
    kind = TABLE[row + 16] & 7
    if kind == _BOOLEAN:
        return "true or false"
    if kind == _DATE_TIME:
        return "an RFC 3339 timestamp"
    if kind >= _OPTION_LIST:
        values = pooled(row + 12).replace(",", ", ")
        if bits & _PRIORITY:
            values = ", ".join([str(number) for number in model.network_slots])
        return ("one of " if kind == _OPTION_LIST else "a list without repetition of ") + values
    if bits & _ROTATION:
        return "three letters of R, S, T and x"
    text = "a text of" if kind == _STRING else "a number" if kind == _DECIMAL else "an integer"
    text += (" " if kind == _STRING else " from ") + low if low else ""
    text += (" to " if low else " up to ") + high if high else ""
    return text + (" characters" if kind == _STRING else "")
