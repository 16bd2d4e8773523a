"""What a server knows of the sessions of a station from the messages that it got, in their order.

Runs on both interpreters: no pytest here.
"""

from chargepoint import timestamp


class Session:
    """One transaction. times, levels: of its start, its samples and its end, epoch_s and Wh;
    reason: of its end, None while it runs; name: by which the server knows it."""

    def __init__(self, name, begun_s):
        self.name = name
        self.times = [begun_s]
        self.levels = []
        self.reason = None
        self.seq_no = 0


def once(transcript):
    """(message id, action, payload) of the station's CALLs, each id once."""
    seen, calls = set(), []
    for direction, message in transcript:
        if direction == "out" and message[0] == 2 and message[1] not in seen:
            seen.add(message[1])
            calls.append((message[1], message[2], message[3]))
    return calls


def sessions(dialect, calls):
    """Those of CALLs, each of which is there once. What is out of order, doubled or has no start
    is an AssertionError. One EVSE at a time.
    """
    found = []
    for _, action, payload in calls:
        if action in ("StartTransaction", "StopTransaction", "MeterValues"):
            assert dialect == "ocpp1.6"
            _take_16(found, action, payload)
        elif action == "TransactionEvent":
            _take_201(found, payload)
    for session in found:
        assert session.levels == sorted(session.levels), "energy falls"
    names = [session.name for session in found if session.name != -1]
    assert len(names) == len(set(names)), "two sessions of one name"
    return found


def _take_16(found, action, payload):
    if action == "StartTransaction":
        assert not found or found[-1].reason, "a start before the end"
        found.append(Session(None, timestamp.parse(payload["timestamp"])))
        found[-1].levels.append(payload["meterStart"])
        return
    if "transactionId" not in payload:  # of nobody's
        return
    session = found[-1]
    assert session.reason is None and session.name in (None, payload["transactionId"])
    session.name = payload["transactionId"]
    if action == "StopTransaction":
        session.times.append(timestamp.parse(payload["timestamp"]))
        session.levels.append(payload["meterStop"])
        session.reason = payload["reason"]
    else:
        _take_samples(session, payload["meterValue"])


def _take_201(found, payload):
    info = payload["transactionInfo"]
    kind = payload["eventType"]
    if kind == "Started":
        assert not found or found[-1].reason, "a start before the end"
        found.append(Session(info["transactionId"], timestamp.parse(payload["timestamp"])))
    session = found[-1]
    assert session.reason is None and session.name == info["transactionId"]
    assert payload["seqNo"] >= session.seq_no, "out of order"
    session.seq_no = payload["seqNo"] + 1
    values = payload.get("meterValue", [])
    if kind == "Ended":  # it tells the beginning once more
        session.reason = info["stoppedReason"]
        values = values[-1:]
    _take_samples(session, values)


def _take_samples(session, values):
    for value in values:
        for sample in value["sampledValue"]:
            if sample["measurand"] == "Energy.Active.Import.Register":
                session.times.append(timestamp.parse(value["timestamp"]))
                session.levels.append(int(float(sample["value"])))
