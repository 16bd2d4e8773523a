"""Remote start, stop and unlock (F01 to F05), and the question after a transaction (E14)."""

from ..compat import const
from ..rpc.errors import CallError

_UNLOCK_PATIENCE_MS = const(10000)
_MAX_INTEGER = const(0x7FFFFFFF)  # part 2: integers have 32 bits


def request_start_transaction(station, request: dict, now: int) -> dict:
    """2.0.1's RequestStartTransactionRequest -> its response; the start itself follows.

    A charging profile in it is ignored without smart charging (F01.FR.12).
    """
    if not station.online:  # B02.FR.05
        return _rejected("CSNotAccepted")
    if station.outbox.full:
        return _rejected("OutOfStorage")
    if abs(request["remoteStartId"]) > _MAX_INTEGER:
        raise CallError("PropertyConstraintViolation", "remoteStartId")
    evse = _evse_to_start(station, request.get("evseId", 0))
    if evse is None:
        return _rejected("NotFound")
    result = {"status": "Accepted"}
    if evse.transaction is not None:  # F01.FR.13
        result["transactionId"] = evse.transaction.id
    token = request["idToken"]
    station.authorization.on_remote_start(
        evse, token["idToken"], token["type"], request["remoteStartId"], now
    )
    return result


def request_stop_transaction(station, request: dict, now: int) -> dict:
    """2.0.1's RequestStopTransactionRequest -> its response."""
    if not station.online:  # B02.FR.05
        return _rejected("CSNotAccepted")
    # F03.FR.07, F03.FR.08
    evse = station.transactions.find(request["transactionId"])
    if evse is None:
        return _rejected("TxNotFound")
    station.transactions.stop(evse, "Remote", "RemoteStop", now)
    return {"status": "Accepted"}


def get_transaction_status(station, request: dict, now: int) -> dict:
    """2.0.1's GetTransactionStatusRequest -> its response, true to the queue (E14)."""
    transaction_id = request.get("transactionId")
    result = {"messagesInQueue": station.outbox.holds(transaction_id)}
    if transaction_id is not None:
        result["ongoingIndicator"] = station.transactions.find(transaction_id) is not None
    return result


def unlock_connector(station, request: dict, now: int):
    """2.0.1's UnlockConnectorRequest -> None; answered when the lock has moved, or has not.

    An EVSE has one lock, at the connector in use; a connector with a cable of its own has none.

    The neutral key `stopTransaction` (1.6) ends a transaction that is in the way of the lock.
    """
    evse_id, connector_id = request["evseId"], request["connectorId"]
    if not 1 <= evse_id <= len(station.evses):
        return {"status": "UnknownConnector"}
    evse = station.evses[evse_id - 1]
    if not 1 <= connector_id <= len(evse.connectors):
        return {"status": "UnknownConnector"}  # F05.FR.03
    in_use = evse.plugged in (0, connector_id)
    running = in_use and evse.transaction is not None and evse.authorized is not None
    if running and not request.get("stopTransaction"):
        return {"status": "OngoingAuthorizedTransaction"}  # F05.FR.02
    if not evse.connectors[connector_id - 1].socket:
        return {"status": "UnlockFailed", "statusInfo": {"reasonCode": "FixedCable"}}
    if not in_use or station.unlocking is not None:
        return {"status": "UnlockFailed"}  # F05.FR.05
    if running:
        station.transactions.stop(evse, "Other", "UnlockCommand", now)
    station.unlocking = (evse, False, now + _UNLOCK_PATIENCE_MS)
    return None


def poll_unlock(station, now: int, evse, commanded: bool, deadline: int) -> None:
    """Command the lock as soon as no power flows; never wait for long."""
    if now >= deadline:
        answer_unlock(station, "UnlockFailed")
    elif not commanded and not evse.closed:
        station.unlocking = (evse, True, deadline)
        station.command("lock", evse.id, False)


def answer_unlock(station, status: str) -> None:
    station.unlocking = None
    if station.profile is not None:
        station.calls.answer_owed({"status": status})


def _evse_to_start(station, evse_id: int):
    """The EVSE named, or the best one where none is (F02.FR.22); None if it can't start."""
    best = None
    for evse in station.evses:
        if evse_id not in (0, evse.id) or not evse.can_be_authorized(station):
            continue
        if best is None or (evse.plugged and not best.plugged):
            best = evse
    return best


def _rejected(reason_code: str) -> dict:
    return {"status": "Rejected", "statusInfo": {"reasonCode": reason_code}}
