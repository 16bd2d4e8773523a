"""OCPP 2.0.1: nearly the neutral vocabulary itself.

Absent fields are left out, never null (part 4, 4.1.5). A transaction whose start a server has
acknowledged in OCPP 1.6 is told under the integer that it got there, as a string.
"""

from ... import modules
from .schema import TABLE

SUBPROTOCOL = "ocpp2.0.1"
LOST = ""
DETAIL_APART = False  # E13.FR.02 goes for each TransactionEvent
STATUS_FIRST = (
    True  # E02, E09: the connector is Occupied, or Available, and then the event is told
)
UNREADABLE_ID = "-1"  # part 4, 4.2.3

# An identifierString has these characters alone (part 2, 2.1.4): without them nothing is left.
IDENTIFIER = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*-_=:+|@."


def encode(station, kind: str, data):
    """(action, payload), or None where there is nothing to say."""
    if kind == "TransactionEvent":
        return modules.use("profiles.ocpp201.transactions").transaction_event(station, data)
    if not isinstance(data, dict):  # pieces of text
        return kind, data
    if kind == "MeterValues":
        return modules.use("profiles.ocpp201.transactions").meter_values(station, data)
    if kind == "StatusNotification" and not data["evseId"]:
        return None  # the station as a whole has no status
    if kind == "Authorize" and data["idToken"]["idToken"].strip(IDENTIFIER):
        return None
    return kind, present(data)


def decode_answer(station, kind: str, data, payload: dict | None):
    """payload None: the answer to a token that `encode` can't say, which is Invalid."""
    if payload is None:
        return {"idTokenInfo": {"status": "Invalid"}} if kind == "Authorize" else {}
    return payload


def error_code(code: str) -> str:
    return code


def decode(station, action: str, payload: dict):
    return modules.use("profiles.ocpp201.requests").decode(station, action, payload)


def encode_result(station, action: str, request: dict, result):
    return present(result) if isinstance(result, dict) else result


def connector_status(station, evse, connector):
    """ConnectorStatusEnumType, from the facts; it can't be said while the time is not known."""
    if evse is None or station.clock_epoch_s(station.now) is None:
        return None
    return evse.status(station, connector)


def connector_faults(evse, connector, status: str) -> list:
    """StatusNotification says nothing of them."""
    return []


def wire_transaction_id(station, transaction_id: str) -> str:
    """How the server knows the transaction."""
    server_id = station.outbox.server_ids.get(transaction_id)
    return transaction_id if server_id is None else str(server_id)


def present(data: dict) -> dict:
    """A copy without the keys, of it and of the objects in it, that have no value."""
    copy = {}
    for key, value in data.items():
        if value is not None:
            copy[key] = present(value) if isinstance(value, dict) else value
    return copy


__all__ = ("DETAIL_APART", "LOST", "STATUS_FIRST", "SUBPROTOCOL", "TABLE", "UNREADABLE_ID")
