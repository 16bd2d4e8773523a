"""Which transient block answers which intent, as one string read in place.

An intent is OCPP 2.0.1's name of the action; its handler is the function of that name in snake
case, `handler(station, request, now) -> result`, with request and result in OCPP 2.0.1's shape.
"""

from .. import modules
from ..rpc.errors import CallError

_BLOCKS = """
RequestStartTransaction=station.remote_control
RequestStopTransaction=station.remote_control
UnlockConnector=station.remote_control
GetTransactionStatus=station.remote_control
TriggerMessage=station.trigger
ChangeAvailability=station.availability
Reset=station.reset
ClearCache=station.cache
DataTransfer=station.data_transfer
GetVariables=device_model.variables
SetVariables=device_model.variables
GetBaseReport=device_model.report
GetReport=device_model.report
"""
# The features that these belong to; a station.toml or a board may leave them out.
_FEATURES = " TriggerMessage=remote_trigger DataTransfer=data_transfer "


def handle(station, intent: str, request: dict, now: int):
    """The result of `intent`; None if it is answered later. Raises CallError."""
    start = _BLOCKS.find("\n" + intent + "=")
    feature = _FEATURES.find(" " + intent + "=")
    if feature >= 0:
        feature += len(intent) + 2
        if not station.model.has_feature(_FEATURES[feature : _FEATURES.find(" ", feature)]):
            start = -1
    if start < 0:
        raise CallError("NotSupported", intent + " is not built into this station")
    start += len(intent) + 2
    module = modules.use(_BLOCKS[start : _BLOCKS.find("\n", start)])
    return getattr(module, function_name(intent))(station, request, now)


def function_name(intent: str) -> str:
    """`GetBaseReport` as `get_base_report`."""
    name = ""
    for letter in intent:
        if letter.isupper() and name:
            name += "_"
        name += letter.lower()
    return name
