"""When a station said that things happened: what a Pair's transcript tells, in either dialect."""

from chargepoint import timestamp
from tests.support.pair import START_EPOCH_S


def after(seconds):
    """Wall time so long after the beginning of the test."""
    return timestamp.format(START_EPOCH_S + seconds)


def moments(pair):
    """(what, time) of what was told of the transaction, and of its samples, in order."""
    told = []
    for action, payload in calls(pair):
        if action == "TransactionEvent":
            told.append((payload["eventType"], payload["timestamp"]))
        elif action in ("StartTransaction", "StopTransaction"):
            told.append((action[:5], payload["timestamp"]))
        told += [("sample", sample["timestamp"]) for sample in samples_in(payload)]
    return told


def calls(pair):
    """(action, payload) of each CALL."""
    out = [message for direction, message in pair.transcript if direction == "out"]
    return [(message[2], message[3]) for message in out if message[0] == 2]


def samples_in(payload):
    return payload.get("meterValue", payload.get("transactionData", ()))


def taken(pair, context):
    """The times of the samples of that context."""
    return [
        sample["timestamp"]
        for _, payload in calls(pair)
        for sample in samples_in(payload)
        if sample["sampledValue"][0]["context"] == context
    ]
