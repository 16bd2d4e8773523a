"""Whatever a server sends: the station answers in the right form, goes on, and keeps its queue."""

from tests.support.pair import Pair, charging

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
REMOTE = {"AuthCtrlr.AuthorizeRemoteStart": "true"}

TEXTS = (
    "",
    " ",
    "null",
    "true",
    "0",
    '"text"',
    "{}",
    "[]",
    "[[]]",
    "[null]",
    "[2]",
    "[3]",
    "[4]",
    "[5]",
    '[2,"a"]',
    '[2,"a","Reset"]',
    '[2,"a","Reset",null]',
    '[2,"a","Reset",[]]',
    '[2,"a","Reset","x"]',
    '[2,"a","Reset",{},{}]',
    '[2,"a",5,{}]',
    '[2,"a",null,{}]',
    '[2,"a",["Reset"],{}]',
    '[2,5,"Reset",{}]',
    '[2,null,"Reset",{}]',
    '[2,{},"Reset",{}]',
    '[2,"%s","ClearCache",{}]' % ("i" * 37),
    '[2,"%s","ClearCache",{}]' % ("i" * 5000),
    '["2","a","ClearCache",{}]',
    '[2.0,"a","ClearCache",{}]',
    '[true,"a","ClearCache",{}]',
    '[-1,"a","ClearCache",{}]',
    '[99,"a",{}]',
    '[3,"unknown",{}]',
    '[3,"unknown",5]',
    "[3,null,{}]",
    '[4,"unknown","InternalError","",{}]',
    '[4,"unknown"]',
    "[4,{},[],null]",
    '[2,"a","ClearCache",{}',
    '[2,"a","ClearCache",{"x":1}]',
    '[2,"a","ClearCache",{"x":}]',
    "\x00\x01\x02",
    "[" * 300,
    "[" * 300 + "]" * 300,
    '[2,"a","DataTransfer",{"vendorId":%s}]' % ("[" * 100 + "]" * 100),
    '[2,"a","DataTransfer",{"vendorId":"v","data":"%s"}]' % ("x" * 20000),
    '[2,"a","DataTransfer",{"vendorId":"%s"}]' % ("x" * 300),
    '[2,"a","DataTransfer",{"vendorId":"\\u0000\\ud800"}]',
    '[2,"a","Reset",{"type":1e999}]',
    '[2,"a","Reset",{"type":"Sideways"}]',
    '[2,"a","Reset",{"type":null}]',
    '[2,"a","TriggerMessage",{"requestedMessage":["Heartbeat"]}]',
    '[2,"","ClearCache",{}]',
)
CALLS = {
    V16: (
        ("RemoteStartTransaction", {}),
        ("RemoteStartTransaction", {"idTag": ""}),
        ("RemoteStartTransaction", {"idTag": "x" * 21}),
        ("RemoteStartTransaction", {"idTag": "a\tb\nc", "connectorId": 1}),
        ("RemoteStartTransaction", {"idTag": "A", "connectorId": 2**70}),
        ("RemoteStartTransaction", {"idTag": "A", "connectorId": 1.5}),
        ("RemoteStopTransaction", {"transactionId": 2**70}),
        ("RemoteStopTransaction", {"transactionId": -(2**70)}),
        ("UnlockConnector", {"connectorId": -5}),
        ("ChangeAvailability", {"connectorId": 2**70, "type": "Inoperative"}),
        ("ChangeConfiguration", {"key": "", "value": ""}),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "-1"}),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "9" * 400}),
        ("GetConfiguration", {"key": ["x" * 50] * 3}),
        ("GetConfiguration", {"key": [None]}),
    ),
    V201: (
        (
            "RequestStartTransaction",
            {"remoteStartId": 2**70, "idToken": {"idToken": "A", "type": "Central"}},
        ),
        (
            "RequestStartTransaction",
            {
                "remoteStartId": 1,
                "evseId": -(2**70),
                "idToken": {"idToken": "A", "type": "Central"},
            },
        ),
        (
            "RequestStartTransaction",
            {
                "remoteStartId": 1,
                "evseId": 2,
                "idToken": {"idToken": "a\tb\nc", "type": "ISO14443"},
            },
        ),
        ("RequestStopTransaction", {"transactionId": "\x00"}),
        ("UnlockConnector", {"evseId": 2**70, "connectorId": -1}),
        ("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": -(2**70)}}),
        ("GetVariables", {"getVariableData": []}),
        (
            "GetVariables",
            {
                "getVariableData": [
                    {
                        "component": {"name": "", "evse": {"id": 2**70, "connectorId": -1}},
                        "variable": {"name": "\x00"},
                    }
                ]
            },
        ),
        (
            "SetVariables",
            {
                "setVariableData": [
                    {
                        "attributeValue": "9" * 900,
                        "component": {"name": "OCPPCommCtrlr"},
                        "variable": {"name": "HeartbeatInterval"},
                    }
                ]
            },
        ),
        ("GetBaseReport", {"requestId": 2**70, "reportBase": "FullInventory"}),
        ("GetTransactionStatus", {"transactionId": ""}),
        ("Reset", {"type": "Immediate", "evseId": 2**70}),
        ("TriggerMessage", {"requestedMessage": "MeterValues", "evse": {"id": 2**70}}),
    ),
}


def check_alive(pair):
    """The station is connected, charges on, answers, and tells the end."""
    assert pair.connected and pair.reboots == []
    assert pair.drivers[0].contactor.closed()
    assert pair.call("ClearCache", {}) == {"status": "Accepted"}
    pair.unplug(1)
    pair.run(60)
    action = "StopTransaction" if pair.subprotocol == V16 else "TransactionEvent"
    assert action in pair.actions()
    assert pair.station.outbox.counts() == [0, 0]


def test_no_text_of_any_shape_stops_the_station():
    for dialect in DIALECTS:
        pair = charging(dialect, REMOTE, 10)
        for text in TEXTS:
            pair._calls[""] = pair._calls["a"] = (
                "DataTransfer" if "DataTransfer" in text else "ClearCache"
            )
            pair.receive_text(text)
            pair.run(1)
        assert not any(["could not be handled" in line for line in pair.log]), pair.log
        check_alive(pair)


def test_each_call_gets_exactly_one_answer_whatever_is_in_it():
    for dialect in DIALECTS:
        pair = charging(dialect, REMOTE, 10)
        for action, payload in CALLS[dialect]:
            assert pair.call(action, payload) is not None, action
            pair.run(1)
        assert not any(["could not be handled" in line for line in pair.log]), pair.log
        check_alive(pair)


def test_a_token_with_control_characters_does_not_harm_the_cache():
    for dialect in DIALECTS:
        pair = charging(dialect, REMOTE, 10)
        for token in "a\tb\nc", "\t", "\n", "04AABBCC\tISO14443\tAccepted\t\t\t":
            if len(token) <= 20 or dialect == V201:
                pair.plug(2)
                pair.token(token, 2)
                pair.run(5)
                pair.token(token, 2)
                pair.unplug(2)
                pair.run(5)
        check_alive(pair)


def test_an_answer_of_a_wrong_shape_is_a_failure_and_no_more():
    for dialect in DIALECTS:
        for answer in ({"x": 1}, {"currentTime": 5}, {"currentTime": "yesterday"}, {}, None):
            pair = charging(dialect, REMOTE, 10)
            pair.csms.answers["Heartbeat"] = answer
            pair.csms.answers["Authorize"] = answer
            pair.csms.answers["StatusNotification"] = {"no": "such"}
            assert pair.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
            pair.plug(2)
            pair.token("BBBB", 2)
            pair.run(40)
            assert not pair.drivers[1].contactor.closed()
            pair.csms.answers = {}
            check_alive(pair)


def test_answers_to_transactions_with_strange_contents():
    for dialect in DIALECTS:
        for extra in (
            {"expiryDate": "2019-01-01T00:00:00Z"},
            {"expiryDate": "0001-01-01T00:00:00Z"},
            {"parentIdTag": "\t\n"},
            {"parentIdTag": ""},
        ):
            info = {"status": "Accepted"}
            if dialect == V16:
                info.update(extra)
                answers = {"StartTransaction": {"transactionId": -1, "idTagInfo": info}}
            else:
                if "expiryDate" in extra:
                    info["cacheExpiryDateTime"] = extra["expiryDate"]
                else:
                    info["groupIdToken"] = {"idToken": extra["parentIdTag"], "type": "Central"}
                answers = {"TransactionEvent": {"idTokenInfo": info}}
            pair = Pair(dialect, answers=answers)
            pair.connect()
            pair.plug(1)
            pair.token("04AABBCC", 1)
            pair.run(10)
            pair.token("04aabbcc", 2)  # now by what the cache has kept
            pair.run(5)
            assert pair.connected
            pair.unplug(1)
            pair.run(600)
            assert pair.station.outbox.counts() == [0, 0]


def test_an_oversized_message_is_refused_by_its_beginning():
    for dialect in DIALECTS:
        pair = charging(dialect, REMOTE, 10)
        pair.station.oversized('[2,"big-1","DataTransfer",{"vendorId":"xxxxxx', pair.now)
        pair.step()
        errors = [m for kind, m in pair.transcript if kind == "out" and m[0] == 4]
        assert errors[0][1] == "big-1"
        check_alive(pair)


def test_a_flood_of_calls_is_bounded():
    for dialect in DIALECTS:
        pair = charging(dialect, REMOTE, 10)
        for n in range(100):
            pair.station.receive('[2,"f-%d","ClearCache",{}]' % n, pair.now)
            pair._calls["f-%d" % n] = "ClearCache"
        pair.step()
        assert len([m for kind, m in pair.transcript if kind == "out"]) <= 20
        check_alive(pair)
