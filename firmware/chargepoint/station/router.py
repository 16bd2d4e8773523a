"""Which transient block answers which intent, as one string read in place.

An intent is OCPP 2.0.1's name of the action; its handler is the function of that name in snake
case, `handler(station, request, now) -> result`, with request and result in OCPP 2.0.1's shape.

Each line: the intents, each between commas; the feature that a board or a station.toml may leave
out, or - where nobody can do without; the module. The tools read this table too: an image has
only the lines of the blocks that its board names (tools/boards.py).
"""

from .. import modules
from ..rpc.errors import CallError

_BLOCKS = """
,RequestStartTransaction,RequestStopTransaction,UnlockConnector, remote_control station.remote_control
,GetTransactionStatus, - station.remote_control
,TriggerMessage, remote_trigger station.trigger
,ChangeAvailability, - station.availability
,Reset, - station.reset
,ClearCache, authorization_cache station.cache
,DataTransfer, data_transfer station.data_transfer
,UpdateFirmware, firmware station.firmware_request
,GetVariables,SetVariables, - device_model.variables
,GetBaseReport,GetReport, - device_model.report
,SetNetworkProfile, - station.network_profile
"""  # noqa: E501

# Of missing blocks, what the standard has a status for (H01.FR.01, H02.FR.01, N01.FR.05).
_WITHOUT = "ReserveNow CancelReservation GetLog"


def handle(station, intent: str, request: dict, now: int):
    """The result of `intent`; None if it is answered later. Raises CallError."""
    at = _BLOCKS.find("," + intent + ",")
    if at >= 0:
        _, feature, module = _BLOCKS[at : _BLOCKS.find("\n", at)].split(" ")
        if feature == "-" or station.model.has_feature(feature):
            return getattr(modules.use(module), function_name(intent))(station, request, now)
    if intent in _WITHOUT:
        return {"status": "Rejected"}
    if intent == "GetLocalListVersion":
        return {"versionNumber": 0}  # D02.FR.03
    raise CallError("NotSupported", intent + " is not built into this station")


def function_name(intent: str) -> str:
    """`GetBaseReport` as `get_base_report`."""
    name = ""
    for letter in intent:
        if letter.isupper() and name:
            name += "_"
        name += letter.lower()
    return name
