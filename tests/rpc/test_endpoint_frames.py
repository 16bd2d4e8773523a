"""The endpoint and frames that are none: second part of test_endpoint.py."""

from tests.support.peer import V16, V201, Peer

# ---- malformed frames


def test_4_2_3_message_id_that_can_not_be_read():
    for text in ("", "nonsense", "{}", "[]", '[2,7,"Reset",{}]', "[2]", '["2","a","Reset",{}]'):
        assert Peer(V201).error(text) == ("-1", "RpcFrameworkError"), text
        assert Peer(V16).error(text) is None, text


def test_malformed_call_with_an_id():
    for text, code_201, code_16 in (
        ('[2,"a","Reset",{"type":]', "FormatViolation", "FormationViolation"),
        ('[2,"a","Reset",[]]', "FormatViolation", "FormationViolation"),
        ('[2,"a","Reset",7]', "FormatViolation", "FormationViolation"),
        ('[2,"a","Reset"]', "RpcFrameworkError", "FormationViolation"),
        ('[2,"a","Reset",{},{}]', "RpcFrameworkError", "FormationViolation"),
        ('[2,"a",7,{}]', "RpcFrameworkError", "FormationViolation"),
    ):
        peer = Peer(V201)
        assert peer.error(text) in (("a", code_201), ("a", "OccurrenceConstraintViolation")), text
        peer = Peer(V16)
        assert peer.error(text) in (("a", code_16), ("a", "OccurenceConstraintViolation")), text
        assert peer.calls == []


def test_message_id_longer_than_36():
    long_id = "x" * 37
    text = '[2,"%s","ClearCache",{}]' % long_id
    assert Peer(V201).error(text) == (long_id, "RpcFrameworkError")
    assert Peer(V16).error(text) == (long_id, "FormationViolation")
    assert Peer(V201).error('[2,"%s","ClearCache",{}]' % ("x" * 999))[0] == "-1"


def test_4_4_unknown_message_type():
    text = '[6,"a","NotifyPeriodicEventStream",{}]'
    assert Peer(V201).error(text) == ("a", "MessageTypeNotSupported")
    assert Peer(V16).error(text) is None


def test_malformed_answers_to_nothing_are_never_answered():
    for text in ("[3]", "[4]", '[3,"x"]', "[3,7,{}]", '[4,7,"x"]', '[3,"x",oops', '[4,"x"'):
        for profile in (V16, V201):
            assert Peer(profile).reply(text) is None, text


def test_nested_too_deep_is_no_crash():
    deep = "[" * 100000 + "]" * 100000
    for text in (deep, '[2,"a","ClearCache",{"customData":{"vendorId":"v","x":%s}}]' % deep):
        peer = Peer(V201)
        peer.receive(text)
        for reply in peer.taken():
            assert reply[0] in (3, 4)


def test_keys_that_are_no_strings():
    # Only MicroPython's parser lets them through.
    assert Peer(V201).error('[2,"a","Reset",{7:7}]') == ("a", "FormatViolation")


# ---- beyond the link's limit


def test_oversized_call():
    for profile, code in ((V201, "FormatViolation"), (V16, "FormationViolation")):
        peer = Peer(profile)
        peer.endpoint.oversized('[2,"a","SetVariables",{"setVar')
        assert [reply[:3] for reply in peer.taken()] == [[4, "a", code]]


def test_oversized_without_an_id():
    peer = Peer(V201)
    peer.endpoint.oversized('{"a":"' + "x" * 100)
    assert [reply[:3] for reply in peer.taken()] == [[4, "-1", "RpcFrameworkError"]]
    peer = Peer(V16)
    peer.endpoint.oversized('{"a":"' + "x" * 100)
    assert peer.taken() == []


def test_of_an_oversized_answer_nothing_is_understood():
    peer = Peer()
    peer.call()
    peer.taken()
    peer.endpoint.oversized('[3,"other",{"status')
    assert peer.answers == []
    peer.endpoint.oversized('[3,"id-1",{"status')
    assert peer.answers == [("boot", {}, None)]
    assert peer.deviations == [("BootNotification", "the message is too long")]
    assert peer.taken() == []
