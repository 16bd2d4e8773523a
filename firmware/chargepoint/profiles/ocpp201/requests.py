"""Requests of an OCPP 2.0.1 server: intents as they are, but for a transaction's other name."""

from ...rpc.errors import CallError
from . import IDENTIFIER, wire_transaction_id


def decode(station, action: str, payload: dict):
    """(action, request). A transaction that the server knows by a 1.6 integer gets our id.

    Ours are in lower case, and an identifierString compares without case. Raises CallError.
    """
    if action == "RequestStartTransaction" and payload["idToken"]["idToken"].strip(IDENTIFIER):
        raise CallError("PropertyConstraintViolation", "idToken.idToken")
    wire_id = payload.get("transactionId")
    if wire_id is not None:
        wire_id = payload["transactionId"] = wire_id.lower()
        for transaction_id in station.outbox.server_ids:
            if wire_transaction_id(station, transaction_id) == wire_id:
                payload["transactionId"] = transaction_id
    return action, payload
