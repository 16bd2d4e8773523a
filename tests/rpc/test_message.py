import json

from chargepoint.rpc import message
from chargepoint.rpc.message import FrameError


def _refused(text):
    """(code, kind, message id) of the FrameError that `text` gives."""
    try:
        parsed = message.parse(text)
    except FrameError as error:
        code, problem, kind, message_id = error.args
        assert problem
        return code, kind, message_id
    raise AssertionError("parsed as %r" % (parsed,))


# ---- 4.2: what is understood


def test_call():
    parsed = message.parse('[2,"19223201","Reset",{"type":"Immediate"}]')
    assert parsed == (2, "19223201", "Reset", {"type": "Immediate"})


def test_callresult():
    assert message.parse(' [3 , "1", {"a": [1]}]\n') == (3, "1", {"a": [1]}, None)


def test_callerror():
    text = '[4,"1","NotSupported","SetDisplayMessageRequest not supported",{}]'
    assert message.parse(text)[:3] == (4, "1", "NotSupported")


def test_4_1_5_null_is_an_empty_payload():
    assert message.parse('[2,"1","Heartbeat",null]') == (2, "1", "Heartbeat", {})
    assert message.parse('[3,"1",null]') == (3, "1", {}, None)


def test_callerror_of_any_shape_is_one():
    for rest in ("", ",null,null", ',"X"', ',1,{},"a"', ',"","",{},1,2', ',{"a":1}'):
        kind, message_id, code, description = message.parse('[4,"1"' + rest + "]")
        assert (kind, message_id) == (4, "1")
        assert isinstance(code, str) and code and isinstance(description, str)


def test_id_of_36_characters_and_beyond():
    assert message.parse('[2,"%s","A",{}]' % ("x" * 36))[1] == "x" * 36
    assert _refused('[2,"%s","A",{}]' % ("x" * 37)) == ("RpcFrameworkError", 2, "x" * 37)
    assert _refused('[2,"%s","A",{}]' % ("x" * 300)) == ("RpcFrameworkError", 2, None)


def test_a_view_of_bytes_is_as_good_as_a_text():
    raw = '  [2,"1","DataTransfer",{"data":"gr\u00fc\u20ac"}]\r\n '.encode()
    expected = (2, "1", "DataTransfer", {"data": "gr\u00fc\u20ac"})
    assert message.parse(memoryview(b"xx" + raw + b"]")[2:-1]) == expected
    assert _refused(memoryview(raw)[:-4]) == ("FormatViolation", 2, "1")
    for before in range(505, 513):  # what is looked at ends with a whole character
        text = '[2,"1"' + " " * before + "\u20ac" * 9
        assert _refused(memoryview(text.encode())) == ("FormatViolation", 2, "1")


# ---- what is not


def test_not_json_with_an_id():
    for text in (
        '[2,"id-1","Reset",{"type":"Immediate"}',
        '[2,"id-1","Reset"',
        '[2,"id-1",',
        ' [ 2 , "id-1" , nonsense]',
        '[2,"id-1","Reset",{"type":"Immediate"}}',
        '[2,"id-1","Reset",{}] and more',
    ):
        assert _refused(text) == ("FormatViolation", 2, "id-1"), text


def test_not_json_without_an_id():
    for text in ("", " ", "nonsense", "{", "}", "]", '["', "[2]x", '[2,"', '"[2,"', "\0", "[2,5,"):
        code, _, message_id = _refused(text)
        assert (code, message_id) == ("RpcFrameworkError", None), text


def test_not_an_array():
    for text in ('{"a":1}', '"x"', "1", "true", "null", "[]", "[[2]]", '["2","id","A",{}]'):
        assert _refused(text) == ("RpcFrameworkError", None, None), text
    assert _refused('[true,"id","A",{}]') == ("RpcFrameworkError", None, None)
    assert _refused('[2.0,"id","A",{}]') == ("RpcFrameworkError", None, None)


def test_id_that_is_no_string():
    for wrong in ("1", "null", "true", "[]", "{}", "1.5"):
        assert _refused("[2,%s,%s,{}]" % (wrong, '"Reset"')) == ("RpcFrameworkError", 2, None)
    assert _refused("[2]") == ("RpcFrameworkError", 2, None)
    assert _refused("[3]") == ("RpcFrameworkError", 3, None)
    assert _refused("[4]") == ("RpcFrameworkError", 4, None)


def test_wrong_length():
    for text in ('[2,"1"]', '[2,"1","Reset"]', '[2,"1","Reset",{},{}]', '[2,"1",{}]'):
        assert _refused(text) == ("RpcFrameworkError", 2, "1"), text
    for text in ('[3,"1"]', '[3,"1",{},{}]'):
        assert _refused(text) == ("RpcFrameworkError", 3, "1"), text


def test_action_that_is_no_string():
    for wrong in ("1", "null", "{}", "[]"):
        assert _refused('[2,"1",%s,{}]' % wrong) == ("RpcFrameworkError", 2, "1")


def test_payload_that_is_no_object():
    for wrong in ("1", '"x"', "[]", "true", "[{}]"):
        assert _refused('[2,"1","Reset",%s]' % wrong) == ("FormatViolation", 2, "1")
        assert _refused('[3,"1",%s]' % wrong) == ("FormatViolation", 3, "1")


def test_4_4_unknown_message_type():
    for kind in (0, 1, 5, 6, -1, 99999999999):
        text = '[%d,"1","Reset",{}]' % kind
        assert _refused(text) == ("MessageTypeNotSupported", kind, "1")
    assert _refused("[7]") == ("MessageTypeNotSupported", 7, None)


def test_nested_too_deep():
    text = '[2,"1","DataTransfer",{"vendorId":"a","data":' + "[" * 200000 + "]" * 200000 + "}]"
    try:
        assert message.parse(text)[:2] == (2, "1")
    except FrameError as error:  # too deep for the parser, or too much for the heap
        assert error.args[0] in ("FormatViolation", "InternalError")
        assert error.args[2:] == (2, "1")


def test_head_reads_only_the_beginning():
    assert message.head('[2,"abc","x') == (2, "abc")
    assert message.head('\n[ 3 , "abc" ,') == (3, "abc")
    assert message.head('[2,"a\\"c","x') == (2, None)
    assert message.head('[2,7,"x"') == (2, None)
    assert message.head('{[2,"a"') == (None, None)
    assert message.head('[2,"%s"' % ("a" * 256)) == (2, None)


def test_anything_is_parsed_or_refused():
    seed = 1
    letters = '[]{}:,"\\ 0123456789.-eEtrufalsn\n\tidReset\u20ac'
    whole = '[2,"id-1","Reset",{"type":"Immediate","evseId":1}]'
    for _ in range(2000):
        text = list(whole)
        for _ in range(3):
            seed = (seed * 1103515245 + 12345) & 0x3FFFFFFF
            text[(seed >> 8) % len(text)] = letters[(seed >> 16) % len(letters)]
        try:
            kind, message_id = message.parse("".join(text))[:2]
            assert kind in (2, 3, 4) and isinstance(message_id, str)
        except FrameError as error:
            assert error.args[3] is None or isinstance(error.args[3], str)


# ---- what is sent


def test_call_is_compact():
    assert message.call("7", "Heartbeat", {}) == '[2,"7","Heartbeat",{}]'
    assert message.result("7", {"a": [1, "b"]}) == '[3,"7",{"a":[1,"b"]}]'


def test_error_has_five_elements_and_at_most_255_characters():
    assert json.loads(message.error("7", "GenericError", "")) == [4, "7", "GenericError", "", {}]
    assert len(json.loads(message.error("7", "GenericError", "x" * 999))[3]) == 255


def test_payload_in_pieces():
    def pieces():
        yield '{"list":['
        for n in range(3):
            yield ("," if n else "") + str(n)
        yield "]}"

    text = "".join(message.result("7", pieces()))
    assert json.loads(text) == [3, "7", {"list": [0, 1, 2]}]
    text = "".join(message.call("7", "NotifyReport", pieces()))
    assert json.loads(text) == [2, "7", "NotifyReport", {"list": [0, 1, 2]}]


def test_quotes_and_control_characters_survive():
    wild = 'a"b\\c\n\u00e9\u20ac\x01'
    assert json.loads(message.result(wild, {"x": wild})) == [3, wild, {"x": wild}]
