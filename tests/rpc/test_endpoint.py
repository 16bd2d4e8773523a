import json

from chargepoint.rpc.errors import CallError
from tests.support.peer import V16, V201, Peer

BOOTED = '{"status":"Accepted","currentTime":"2026-05-01T10:00:00Z","interval":300}'


# ---- our CALL


def test_call_and_its_answer():
    peer = Peer()
    peer.call()
    assert peer.endpoint.outstanding == "id-1"
    assert peer.taken() == [[2, "id-1", "BootNotification", {}]]
    peer.receive('[3,"id-1",%s]' % BOOTED)
    assert peer.answers == [("boot", json.loads(BOOTED), None)]
    assert peer.endpoint.outstanding is None and peer.taken() == []


def test_4_1_1_one_call_at_a_time():
    peer = Peer()
    peer.call()
    try:
        peer.call("second")
    except RuntimeError:
        pass
    else:
        raise AssertionError
    assert len(peer.taken()) == 1
    peer.receive('[3,"id-1",%s]' % BOOTED)
    peer.call("second")
    assert peer.taken() == [[2, "id-2", "BootNotification", {}]]


def test_4_1_1_timeout():
    peer = Peer()
    assert peer.endpoint.next_deadline() is None
    peer.now = 1000
    peer.call(timeout_ms=30000)
    assert peer.endpoint.next_deadline() == 31000
    peer.poll(30999)
    assert peer.answers == []
    peer.poll(31000)
    assert [(answer[0], answer[1]) for answer in peer.answers] == [("boot", None)]
    assert peer.endpoint.outstanding is None and peer.endpoint.next_deadline() is None
    peer.poll(99999)
    assert len(peer.answers) == 1


def test_a_call_that_timed_out_before_it_was_taken_is_not_sent():
    peer = Peer()
    peer.call()
    peer.poll(30000)
    assert peer.taken() == []


def test_errata_4_6_a_retry_has_the_same_message_id():
    peer = Peer()
    peer.call(message_id="0a1b2c3d-7")
    first = peer.taken()
    peer.poll(30000)
    peer.call(message_id="0a1b2c3d-7")
    assert peer.taken() == first == [[2, "0a1b2c3d-7", "BootNotification", {}]]
    assert peer.number == 0


def test_a_late_answer_is_handed_over_once_and_disturbs_nothing():
    peer = Peer()
    peer.call("first")
    peer.poll(30000)
    peer.call("second")
    peer.receive('[4,"id-1","InternalError","",{}]')
    assert peer.late == []
    for _ in range(2):
        peer.receive('[3,"id-1",%s]' % BOOTED)
    assert [context for context, _ in peer.late] == ["first"]
    assert len(peer.answers) == 1 and peer.endpoint.outstanding == "id-2"
    assert peer.late[0][1] == json.loads(BOOTED)
    peer.receive('[3,"id-2",%s]' % BOOTED)
    assert peer.answers[1][0] == "second" and peer.answers[1][1] is not None


def test_a_late_answer_counts_though_nothing_of_it_is_understood():
    for rest in ("[]", "{},", '{"status":1}', "oops"):
        peer = Peer()
        peer.call("first")
        peer.poll(30000)
        peer.receive('[3,"id-1",%s]' % rest)
        assert peer.late == [("first", {})] and peer.deviations


def test_an_answer_to_a_repeated_call_is_late_no_more():
    peer = Peer()
    peer.call(message_id="again")
    peer.poll(30000)
    peer.call(message_id="again")
    for _ in range(2):
        peer.receive('[3,"again",%s]' % BOOTED)
    assert len(peer.answers) == 2 and peer.late == []


def test_no_answer_is_late_on_another_connection():
    peer = Peer()
    peer.call("first")
    peer.poll(30000)
    peer.endpoint.drop()
    peer.receive('[3,"id-1",%s]' % BOOTED)
    assert peer.late == []


def test_duplicate_and_unknown_answers_are_ignored():
    peer = Peer()
    peer.call()
    peer.taken()
    for text in ('[3,"other",{}]', '[4,"other","X","",{}]', '[3,"",{}]', '[4,"-1","X","",{}]'):
        assert peer.reply(text) is None
    assert peer.answers == []
    peer.receive('[3,"id-1",%s]' % BOOTED)
    peer.receive('[3,"id-1",%s]' % BOOTED)
    assert len(peer.answers) == 1 and peer.taken() == []


def test_callerror_of_any_shape_fails_the_call():
    for rest in (',"InternalError","why",{}', "", ",null", ',7,7,7,7,"x"', ',{"a":[]},[],[]'):
        peer = Peer()
        peer.call()
        peer.receive('[4,"id-1"' + rest + "]")
        assert peer.answers[0][:2] == ("boot", None) and peer.answers[0][2]
        assert peer.endpoint.outstanding is None


def test_of_malformed_answers_nothing_is_understood():
    for profile in (V16, V201):
        for text in (
            '[3,"id-1",{}]',
            '[3,"id-1",[]]',
            '[3,"id-1",null]',
            '[3,"id-1"]',
            '[3,"id-1",{},{}]',
            '[3,"id-1",{"status":',
            '[3,"id-1",{"status":"\\ud83d"}]',
            '[3,"id-1",{"status":"Maybe","interval":null,"more":1}]',
            '[4,"id-1",oops]',
        ):
            peer = Peer(profile)
            peer.call()
            peer.taken()
            assert peer.reply(text) is None, text
            understood = None if text[1] == "4" else {}
            assert [answer[:2] for answer in peer.answers] == [("boot", understood)], text
            assert peer.endpoint.outstanding is None
            assert bool(peer.deviations) == (understood == {}), text


def test_an_answer_is_read_as_far_as_it_can_be():
    for profile in (V16, V201):
        peer = Peer(profile)
        peer.call()
        peer.receive(
            '[3,"id-1",{"status":"Accepted","currentTime":"yesterday","interval":"300",'
            '"more":{"a":1}}]'
        )
        answer = {"status": "Accepted", "currentTime": "yesterday", "interval": 300}
        assert peer.answers == [("boot", answer, None)]
        fields = ["currentTime", "interval", "more"]
        assert sorted(peer.deviations) == [("BootNotification", field) for field in fields]


def test_the_connection_is_lost():
    peer = Peer()
    peer.poll(0)
    peer.receive('[2,"a","ClearCache",{}]')
    peer.call()
    peer.endpoint.drop()
    assert [answer[:2] for answer in peer.answers] == [("boot", None)]
    assert peer.taken() == [] and peer.endpoint.outstanding is None
    peer.endpoint.drop()
    assert len(peer.answers) == 1


def test_what_comes_in_without_a_dialect_is_ignored():
    peer = Peer()
    peer.endpoint.profile = None
    peer.receive('[2,"a","ClearCache",{}]')
    peer.receive("nonsense")
    peer.endpoint.oversized("[")
    assert peer.calls == [] and peer.taken() == []


# ---- CALLs of the peer


def test_call_of_the_peer():
    peer = Peer()
    assert peer.reply('[2,"a","ClearCache",{}]') == [3, "a", {"status": "Accepted"}]
    assert peer.calls == [("ClearCache", {})]


def test_4_1_1_calls_cross():
    peer = Peer()
    peer.call()
    assert len(peer.taken()) == 1
    assert peer.reply('[2,"id-1","ClearCache",{}]') == [3, "id-1", {"status": "Accepted"}]
    assert peer.endpoint.outstanding == "id-1"
    peer.receive('[3,"id-1",%s]' % BOOTED)
    assert len(peer.answers) == 1


def test_answers_go_before_our_call():
    peer = Peer()
    peer.call()
    peer.receive('[2,"a","ClearCache",{}]')
    assert [text[0] for text in peer.taken()] == [3, 2]


def test_unknown_action():
    for action in ("Nonsense", "reset", "ResetResponse", "", "x" * 500, "Reset "):
        for profile in (V16, V201):
            peer = Peer(profile)
            assert peer.error('[2,"a","%s",{}]' % action) == ("a", "NotImplemented"), action
            assert peer.calls == []


def test_4_1_7_invalid_payload():
    reset = '[2,"a","Reset",%s]'
    for payload, neutral in (
        ("{}", "OccurrenceConstraintViolation"),
        ('{"type":7}', "TypeConstraintViolation"),
        ('{"type":null}', "TypeConstraintViolation"),
        ('{"type":"Maybe"}', "PropertyConstraintViolation"),
        ('{"type":"%s","extra":1}', "FormatViolation"),
    ):
        peer = Peer(V201)
        assert peer.error(reset % payload.replace("%s", "OnIdle")) == ("a", neutral)
        assert peer.calls == []
        peer = Peer(V16)
        code = peer.error(reset % payload.replace("%s", "Soft"))[1]
        assert code == V16.error_code(neutral)


def test_j16_errata_5_the_misspelt_codes():
    peer = Peer(V16)
    assert peer.error('[2,"a","Reset",{}]')[1] == "OccurenceConstraintViolation"
    assert peer.error('[2,"a","Reset",[]]')[1] == "FormationViolation"


def test_the_path_is_told():
    peer = Peer()
    text = '[2,"a","GetVariables",{"getVariableData":[{"component":{"name":"A"},"variable":{}}]}]'
    assert peer.reply(text)[3] == "GetVariables: 'getVariableData[0].variable.name'"


def test_a_handler_refuses():
    peer = Peer()
    peer.result = CallError("NotSupported", "x" * 300)
    assert peer.error('[2,"a","ClearCache",{}]') == ("a", "NotSupported")
    peer = Peer(V16)
    peer.result = CallError("FormatViolation")
    assert peer.error('[2,"a","ClearCache",{}]') == ("a", "FormationViolation")
    assert peer.defects == []


def test_a_handler_fails_and_the_station_goes_on():
    for defect in (ValueError("defect"), KeyError("x"), MemoryError(), RuntimeError("deep")):
        peer = Peer()
        peer.result = defect
        assert peer.error('[2,"a","ClearCache",{}]') == ("a", "InternalError")
        assert peer.defects == [defect]
        peer.result = {"status": "Accepted"}
        assert peer.reply('[2,"b","ClearCache",{}]') == [3, "b", {"status": "Accepted"}]


def test_answer_in_pieces():
    peer = Peer()
    peer.result = iter(('{"status":', '"Accepted"', "}"))
    assert peer.reply('[2,"a","ClearCache",{}]') == [3, "a", {"status": "Accepted"}]


def test_answer_that_follows_later():
    peer = Peer()
    peer.result = None
    unlock = '[2,"%s","UnlockConnector",{"evseId":1,"connectorId":1}]'
    assert peer.reply(unlock % "a") is None
    assert peer.endpoint.owed == "a"
    # Meanwhile another CALL is answered, though the peer should have waited.
    peer.result = {"status": "Rejected"}
    assert peer.reply('[2,"b","ClearCache",{}]') == [3, "b", {"status": "Rejected"}]
    peer.endpoint.answer({"status": "Unlocked"})
    assert peer.taken() == [[3, "a", {"status": "Unlocked"}]]
    assert peer.endpoint.owed is None
    peer.endpoint.answer({"status": "Unlocked"})
    assert peer.taken() == []


def test_later_answer_that_is_an_error():
    peer = Peer(V16)
    peer.result = None
    peer.receive('[2,"a","UnlockConnector",{"connectorId":1}]')
    peer.endpoint.answer(CallError("FormatViolation", "x"))
    assert peer.taken() == [[4, "a", "FormationViolation", "x", {}]]


def test_only_one_answer_can_be_owed():
    peer = Peer()
    peer.result = None
    unlock = '[2,"%s","UnlockConnector",{"evseId":1,"connectorId":1}]'
    peer.receive(unlock % "a")
    assert peer.error(unlock % "b") == ("b", "GenericError")
    calls = len(peer.calls)
    assert peer.error(unlock % "a") == ("a", "RpcFrameworkError")  # 4.2.3: the same id again
    assert len(peer.calls) == calls
    peer.endpoint.drop()
    peer.endpoint.answer({"status": "Unlocked"})
    assert peer.taken() == []


def test_a_flood_of_calls_is_bounded():
    peer = Peer()
    for n in range(100):
        peer.receive('[2,"%d","ClearCache",{}]' % n)
        peer.receive("nonsense")
    texts = peer.taken()
    assert len(texts) <= 16 and len(peer.calls) <= 8
    assert peer.reply('[2,"z","ClearCache",{}]') == [3, "z", {"status": "Accepted"}]
