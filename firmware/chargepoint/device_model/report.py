"""GetBaseReport and GetReport, and the NotifyReport parts that they are answered with.

Transient. The report is never in memory whole: `station.report` holds a cursor

    [request_id, base, criteria, filters, position, seq_no]

and `next_part` walks on from the position until a part is full by ItemsPerMessage or
BytesPerMessage of GetReport. The walk goes through the table's rows, each with all its EVSEs or
connectors, then through the names that the table does not know; `position` is
`row number << 8 | occurrence`.
A value is read when its part is made.
"""

from .. import timestamp
from ..compat import const
from ..rpc.errors import CallError
from .access import (
    find,
    flags,
    json_size,
    limits,
    mutability,
    names_of,
    place,
    read,
    visible,
)
from .model import pooled, row_of, word
from .table import TABLE

_ITEMS = const(47)  # DeviceDataCtrlr.ItemsPerMessage[GetReport]
_BYTES = const(50)  # DeviceDataCtrlr.BytesPerMessage[GetReport]

# Codes of the table, as in tools/generate_variables.py.
_TYPES = "string decimal integer dateTime boolean OptionList SequenceList MemberList"
_MUTABILITIES = "ReadOnly WriteOnly ReadWrite"
_NUMERIC_FROM = const(1)
_NUMERIC_TO = const(2)
_READ_ONLY = const(0)
_WRITE_ONLY = const(1)
_CONSTANT = const(4)
_PERSISTENT = const(8)
_MONITOR = const(32)
_MAX_SET = const(64)

_ENVELOPE = const(58)  # bytes of a CALL around its payload: type, message id, action


def get_base_report(station, request: dict, now: int) -> dict:
    """Start a report of all, of the settable or of the availability variables (B07)."""
    base = request["reportBase"]
    if base not in ("ConfigurationInventory", "FullInventory", "SummaryInventory"):
        return {"status": "NotSupported"}  # B07.FR.02
    return _start(station, [request["requestId"], base, (), (), 0, 0])


def get_report(station, request: dict, now: int) -> dict:
    """Start a report limited to components with a property, or to a list of variables (B08).

    Raises CallError for more items or bytes than the device data say.
    """
    criteria = request.get("componentCriteria") or ()
    filters = request.get("componentVariable") or ()
    if len(filters) > station.model.integer(_ITEMS):  # B08.FR.17
        raise CallError("OccurrenceConstraintViolation", "more items than ItemsPerMessage allows")
    if json_size(request) > station.model.integer(_BYTES):  # B08.FR.18
        raise CallError("FormatViolation", "more bytes than BytesPerMessage allows")
    for criterion in criteria:
        if criterion not in ("Active", "Available", "Enabled", "Problem"):
            return {"status": "NotSupported"}  # B08.FR.02
    return _start(station, [request["requestId"], "", criteria, filters, 0, 0])


def _start(station, cursor: list) -> dict:
    if station.report is not None:  # B07.FR.13: one after the other
        return {"status": "Rejected"}
    for position, _ in matches(station.model, cursor):
        cursor[4] = position
        station.report = cursor
        return {"status": "Accepted"}
    return {"status": "EmptyResultSet"}  # B08.FR.15


def next_part(station, now: int):
    """The next NotifyReport of the running report; None if there is none. Moves the cursor."""
    cursor = station.report
    if cursor is None:
        return None
    model = station.model
    epoch_s = station.clock_epoch_s(now)
    items = []
    data = {
        "requestId": cursor[0],
        # The time is required: before the first one is known, the oldest that can be meant.
        "generatedAt": timestamp.format(epoch_s or 0),
        "seqNo": cursor[5],
        "tbc": False,
        "reportData": items,
    }
    size = json_size(data) + _ENVELOPE - 1  # no comma before the first item
    for position, key in matches(model, cursor):
        item = report_data(model, key)
        size += json_size(item) + 1
        if items and (len(items) >= model.integer(_ITEMS) or size > model.integer(_BYTES)):
            cursor[4] = position
            cursor[5] += 1
            data["tbc"] = True
            return data
        items.append(item)
    station.report = None
    if not items:
        del data["reportData"]  # an empty list would not be valid
    return data


def matches(model, cursor: list):
    """(position, key) of each variable of a report, from the cursor's position on."""
    position = cursor[4]
    rows = word(2)
    memory = [None, False]  # the component that was looked at last, and whether it is wanted
    for number in range(position >> 8, rows):
        row = word(0) + 20 * number
        occurrence = position & 255 if number == position >> 8 else 0
        at = place(model, row, occurrence) if visible(model, row) else None
        while at is not None:
            key = word(row) << 16 | at[0] << 8 | at[1]
            if _wanted(model, cursor, key, memory):
                yield number << 8 | occurrence, key
            occurrence += 1
            at = place(model, row, occurrence)
    for occurrence in range(position & 255 if position >> 8 == rows else 0, len(model.names)):
        key = model.names[occurrence]
        if _wanted(model, cursor, key, memory):
            yield rows << 8 | occurrence, key


def _wanted(model, cursor: list, key, memory: list) -> bool:
    base, criteria, filters = cursor[1], cursor[2], cursor[3]
    if base == "ConfigurationInventory":  # B07.FR.07
        return mutability(model, key) != _READ_ONLY
    component, variable, instance = names_of(key)
    if base == "SummaryInventory":  # B07.FR.09
        return variable in ("AvailabilityState", "Problem")
    at = component_of(key, component)
    if criteria:
        if memory[0] != at:
            memory[0] = at
            memory[1] = any([_meets(model, at, criterion) for criterion in criteria])
        if not memory[1]:  # B08.FR.13
            return False
    return not filters or any([_fits(wanted, at, variable, instance) for wanted in filters])


def _meets(model, component: dict, criterion: str) -> bool:
    """Whether a component's variable of this name is true or absent (B08.FR.07 to 10)."""
    status, key = find(model, component, {"name": criterion})
    if status == "Accepted":
        return read(model, key) == "true"
    return criterion != "Problem"


def _fits(wanted: dict, component: dict, variable: str, instance: str) -> bool:
    """Whether a variable is meant by one componentVariable, where what is left out fits all."""
    named = wanted["component"]
    if named["name"].lower() != component["name"].lower() or named.get("instance"):
        return False
    evse, is_evse = named.get("evse"), component.get("evse", {})
    if evse and evse["id"] != is_evse.get("id"):  # B08.FR.23
        return False
    if evse and "connectorId" in evse and evse["connectorId"] != is_evse.get("connectorId"):
        return False  # B08.FR.22
    named = wanted.get("variable")
    if not named:  # B08.FR.20
        return True
    is_instance = (named.get("instance") or instance).lower() == instance.lower()  # B08.FR.21
    return is_instance and named["name"].lower() == variable.lower()


def component_of(key, name: str) -> dict:
    """The component of a key as it stands in a message."""
    component: dict = {"name": name}
    if not isinstance(key, str) and key & 0xFFFF:
        component["evse"] = {"id": key >> 8 & 255}
        if key & 255:
            component["evse"]["connectorId"] = key & 255
    return component


def report_data(model, key) -> dict:
    """The ReportData of one variable with all its attributes and its characteristics."""
    name, variable, instance = names_of(key)
    named = {"name": variable}
    if instance:
        named["instance"] = instance
    data: dict = {"component": component_of(key, name), "variable": named}
    may = mutability(model, key)
    attributes = []
    free = isinstance(key, str)
    row = 0 if free else row_of(key >> 16)
    bits = _PERSISTENT if free else flags(row)
    for attribute in ("Actual", "MaxSet") if bits & _MAX_SET else ("Actual",):
        told: dict = {"type": attribute, "mutability": _MUTABILITIES.split()[may]}
        if may != _WRITE_ONLY:  # B08.FR.03
            told["value"] = read(model, key, attribute)
        if bits & _PERSISTENT:
            told["persistent"] = True
        if bits & _CONSTANT:
            told["constant"] = True
        attributes.append(told)
    data["variableAttribute"] = attributes
    data["variableCharacteristics"] = (
        {"dataType": "string", "supportsMonitoring": False}
        if free
        else _characteristics(model, key, row, bits)
    )
    return data


def _characteristics(model, key, row: int, bits: int) -> dict:
    kind = TABLE[row + 16] & 7
    told = {
        "dataType": _TYPES.split()[kind],
        "supportsMonitoring": bool(bits & _MONITOR) and model.has_feature("monitoring"),
    }
    low, high = limits(model, key)
    if pooled(row + 8):
        told["unit"] = pooled(row + 8)
    if low and _NUMERIC_FROM <= kind <= _NUMERIC_TO:  # of a text only the length is limited
        told["minLimit"] = int(low)
    if high:
        told["maxLimit"] = int(high)
    if pooled(row + 12):
        told["valuesList"] = pooled(row + 12)
    return told
