"""GetTransactionStatus: the question after a transaction (E14)."""


def get_transaction_status(station, request: dict, now: int) -> dict:
    """2.0.1's GetTransactionStatusRequest -> its response, true to the queue (E14)."""
    transaction_id = request.get("transactionId")
    result = {"messagesInQueue": station.outbox.holds(transaction_id)}
    if transaction_id is not None:
        result["ongoingIndicator"] = station.transactions.find(transaction_id) is not None
    return result
