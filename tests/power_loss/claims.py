"""What must hold after power cuts: what the server was told, beside what is known outside.

A claim that does not hold raises AssertionError with what was found.
"""

from tests.power_loss.world import RESUMPTION, V16


def check(pair):
    """All claims; the station has been drained and nobody charges any more."""
    messages = unique(pair.heard)
    assert pair.drained(), "messages are left: %d" % pair.store.journal.count()
    promises_are_kept(pair, messages)
    told = (
        transactions_16(pair, messages)
        if pair.subprotocol == V16
        else transactions(pair, messages)
    )
    for evse_id in (1, 2):
        energy_is_whole(pair, evse_id, told.get(evse_id, []))
    events = [payload for _, action, payload in messages if action == "SecurityEventNotification"]
    security_events_are_told(pair, events)


def unique(heard):
    """The messages, each id once. The same id means the same message, however often it came."""
    first = {}
    messages = []
    for message_id, action, payload in heard:
        known = first.get(message_id)
        if known is None:
            first[message_id] = (action, payload)
            messages.append((message_id, action, payload))
        else:
            assert known[0] == action and _plain(known[1]) == _plain(payload), (
                "message %s is %s %s and %s %s" % ((message_id,) + known + (action, payload))
            )
    return messages


def promises_are_kept(pair, messages):
    """What was journalled whole has come, in that order, and nothing else of the journal.

    Transaction events need not: those that OCPP 1.6 does not tell, those that were thinned. What
    must have come of them the other claims say.
    """
    order = {}
    for message_id, _ in pair.promised:
        assert message_id not in order, "message id %s came twice" % message_id
        order[message_id] = len(order)
    told = [message_id for message_id, _, _ in messages if message_id in order]
    places = [order[message_id] for message_id in told]
    assert places == sorted(places), "not in the order of the journal: %s" % told
    known = set(told)
    lost = [message_id for message_id, _ in pair.promised if message_id not in known]
    if pair.subprotocol == V16 or pair.is_thinned:
        events = set([message_id for message_id, is_event in pair.promised if is_event])
        lost = [message_id for message_id in lost if message_id in events]
    assert not lost, "journalled and never told: %s" % lost
    again = [message_id for message_id, _, _ in messages if message_id in pair.settled]
    assert not again, "message ids of before: %s" % again


def transactions(pair, messages):
    """{EVSE: [(register at the start, at the end)]} of OCPP 2.0.1, in the order of the starts."""
    events, order = {}, []
    for _, action, payload in messages:
        if action == "TransactionEvent":
            transaction_id = payload["transactionInfo"]["transactionId"]
            if transaction_id not in events:
                events[transaction_id] = []
                order.append(transaction_id)
            events[transaction_id].append(payload)
    told = {}
    for transaction_id in order:
        payloads = events[transaction_id]
        kinds = [payload["eventType"] for payload in payloads]
        whole = ["Started"] + ["Updated"] * (len(kinds) - 2) + ["Ended"]
        assert kinds == whole, "transaction %s is %s" % (transaction_id, kinds)
        numbers = [payload["seqNo"] for payload in payloads]
        whole = sorted(set(numbers)) if pair.is_thinned else list(range(len(numbers)))
        assert numbers == whole and numbers[0] == 0, "its numbers are %s" % numbers
        moments = [payload["timestamp"] for payload in payloads]
        assert moments == sorted(moments), "its moments are %s" % moments
        evse_ids = [
            payload["evse"]["id"] for payload in events[transaction_id] if "evse" in payload
        ]
        registers = int(_registers(payloads[0])[0]), int(_registers(payloads[-1])[-1])
        told.setdefault(evse_ids[0], []).append(registers)
    return told


def transactions_16(pair, messages):
    """The same of OCPP 1.6."""
    server_ids = dict(pair.server_ids)
    starts, ended, told = {}, {}, {}
    for message_id, action, payload in messages:
        if action == "StartTransaction":
            starts[server_ids[message_id]] = payload
        elif action == "StopTransaction":
            server_id = payload["transactionId"]
            assert server_id in starts, "the end of %d, which never began" % server_id
            assert server_id not in ended, "a second end of %d" % server_id
            ended[server_id] = payload
        elif action == "MeterValues":
            server_id = payload.get("transactionId")
            assert server_id is None or server_id in starts, "values of %s" % server_id
    for server_id in sorted(starts):
        assert server_id in ended, "no end of %d" % server_id
        start, end = starts[server_id], ended[server_id]
        assert start["timestamp"] <= end["timestamp"], "it ends before it begins"
        registers = start["meterStart"], end["meterStop"]
        told.setdefault(start["connectorId"], []).append(registers)
    return told


def energy_is_whole(pair, evse_id, told):
    """From the first to what the meter shows now each Wh is in one transaction, for energy flows
    in no other way; and each closing of the contactor was for one."""
    register_wh = pair.settled_wh[evse_id - 1]
    for start_wh, end_wh in told:
        assert start_wh == register_wh and end_wh >= start_wh, "EVSE %d is told as %s" % (
            evse_id,
            told,
        )
        register_wh = end_wh
    meter_wh = pair.energy_wh(evse_id)
    assert register_wh == meter_wh, "EVSE %d: the meter has %d Wh, told is %s" % (
        evse_id,
        meter_wh,
        told,
    )
    if pair.expected[RESUMPTION] != ("0",):  # then one transaction may close it several times
        return
    closings = pair.closings.count(evse_id)
    assert closings <= len(told), "EVSE %d: %d closings, %d transactions" % (
        evse_id,
        closings,
        len(told),
    )


def security_events_are_told(pair, events):
    """What this boot could not read, and that there was a boot."""
    kinds = [event["type"] for event in events]
    assert "StartupOfTheDevice" in kinds or pair.settled, "no boot is told"
    damaged = [event.get("techInfo") for event in events if event["type"] == "StorageDamaged"]
    for name in pair.store.damaged:
        assert name in damaged, "%s was damaged, and nobody told" % name
    if "reconfigured" in pair.expected:
        assert "ReconfigurationOfSecurityParameters" in kinds, "the new password is not told"


def _plain(payload):
    """What must be the same in each attempt."""
    return {key: payload[key] for key in payload if key != "offline"}


def _registers(payload):
    values = [value["sampledValue"][0]["value"] for value in payload.get("meterValue", ())]
    assert values, "no register in %s" % payload
    return values
