"""GetVariables and SetVariables.

Transient. The order of checks: component, variable, attribute type, mutability, value (B05, B06).
"""

from ..compat import const
from ..rpc.errors import CallError
from ..rpc.pieces import with_list
from .access import assign, changed, checked, find, flags, json_size, mutability, read, supports
from .model import row_of

_ITEMS_GET = const(48)  # DeviceDataCtrlr.ItemsPerMessage[GetVariables]
_ITEMS_SET = const(49)  # DeviceDataCtrlr.ItemsPerMessage[SetVariables]
_BYTES_GET = const(51)  # DeviceDataCtrlr.BytesPerMessage[GetVariables]
_BYTES_SET = const(52)  # DeviceDataCtrlr.BytesPerMessage[SetVariables]

# Codes of the table, as in tools/generate_variables.py.
_READ_ONLY = const(0)
_WRITE_ONLY = const(1)
_REBOOT = const(16)


def get_variables(station, request: dict, now: int):
    """GetVariables; raises CallError for more items or bytes than the device data say (B06)."""
    items = request["getVariableData"]
    _within_limits(station.model, request, len(items), _ITEMS_GET, _BYTES_GET)
    results = (_get(station.model, item) for item in items)  # each is read when it is sent
    return with_list({}, "getVariableResult", results, len(items))


def _get(model, item: dict) -> dict:
    status, key = find(model, item["component"], item["variable"])
    attribute = item.get("attributeType", "Actual")
    result = _result(item)
    if status == "Accepted":
        if not supports(key, attribute):
            status = "NotSupportedAttributeType"
        elif mutability(model, key) == _WRITE_ONLY:  # B06.FR.09
            status = "Rejected"
            result["attributeStatusInfo"] = {"reasonCode": "WriteOnly"}
        else:
            result["attributeValue"] = read(model, key, attribute)
    result["attributeStatus"] = status
    return result


def _result(item: dict) -> dict:
    """What an answer repeats of what was asked."""
    return {
        "attributeType": item.get("attributeType", "Actual"),  # B05.FR.12, B06.FR.11
        "component": item["component"],
        "variable": item["variable"],
    }


def set_variables(station, request: dict, now: int):
    """SetVariables; raises CallError for more items or bytes than the device data say (B05)."""
    model = station.model
    items = request["setVariableData"]
    _within_limits(model, request, len(items), _ITEMS_SET, _BYTES_SET)
    outcomes = []  # (status, reason code or None) of each item
    done = []  # (key, value before, number of the item) of each one set
    for number, item in enumerate(items):
        reason = None
        status, key = find(model, item["component"], item["variable"])
        if status == "Accepted":
            before = model.values.get(key)
            attribute = item.get("attributeType", "Actual")
            status, reason = _set(model, key, attribute, item["attributeValue"])
            if reason is None:
                done.append((key, before, number))
        outcomes.append((status, reason))
    if done and not model.save():
        for key, before, number in reversed(done):  # B05.FR.09: technical problems
            model.put(key, before)
            outcomes[number] = "Rejected", "InternalError"
        done = []
    for key, _, _ in done:
        changed(station, key)
    return with_list({}, "setVariableResult", _set_results(items, outcomes), len(items))


def _set_results(items, outcomes):
    for number, item in enumerate(items):
        result = _result(item)
        result["attributeStatus"], reason = outcomes[number]
        if reason is not None:
            result["attributeStatusInfo"] = {"reasonCode": reason}
        yield result


def _set(model, key, attribute: str, text: str):
    """(status, reason code or None where it was set)"""
    if not supports(key, attribute):
        return "NotSupportedAttributeType", "UnsupportedParam"
    if attribute != "Actual" or mutability(model, key) == _READ_ONLY:
        return "Rejected", "ReadOnly"
    try:
        assign(model, key, checked(model, key, text))
    except ValueError as error:
        reason = str(error)
        return "Rejected", reason if len(reason) <= 20 else "InvalidValue"
    reboot = not isinstance(key, str) and flags(row_of(key >> 16)) & _REBOOT
    return ("RebootRequired" if reboot else "Accepted"), None


def _within_limits(model, request: dict, items: int, items_id: int, bytes_id: int) -> None:
    if items > model.integer(items_id):  # B06.FR.16
        raise CallError("OccurrenceConstraintViolation", "more items than ItemsPerMessage allows")
    if json_size(request) > model.integer(bytes_id):  # B06.FR.17
        raise CallError("FormatViolation", "more bytes than BytesPerMessage allows")
