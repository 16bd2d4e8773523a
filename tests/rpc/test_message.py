import gc
import json

from chargepoint.compat import MICROPYTHON
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


def test_4_1_5_null_is_an_empty_answer_and_no_request():
    assert message.parse('[3,"1",null]') == (3, "1", {}, None)
    assert _refused('[2,"1","ClearCache",null]') == ("FormatViolation", 2, "1")


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


def test_a_message_full_of_escapes_makes_no_garbage_for_each():
    """Collecting it holds the station up, so that it is late to open a contactor."""
    for escape, most, plain in (("\\ud83d\\ude00", 140, "\U0001f600"), ("\\n", 20, "\n")):
        text = memoryview(bytearray(b'[3,"1",{"a":"' + escape.encode() * 300 + b'"}]'))
        gc.collect()
        if MICROPYTHON:
            gc.disable()
            before = gc.mem_alloc()  # pyright: ignore[reportAttributeAccessIssue]
            message._check(text)
            made = gc.mem_alloc() - before  # pyright: ignore[reportAttributeAccessIssue]
            gc.enable()
            assert made < most * 300, made
        assert message.parse(text) == (3, "1", {"a": plain * 300}, None)


def test_a_pair_of_surrogates_is_one_character_and_half_a_pair_is_none():
    emoji = "\\ud83d\\ude00"
    text = '[2,"a%s","DataTransfer",{"%sk%s":"%s","n":[1]}]' % (emoji, emoji, emoji, emoji.upper())
    text = text.replace("\\U", "\\u")
    character = "\U0001f600"
    payload = {character + "k" + character: character, "n": [1]}
    assert message.parse(text) == (2, "a" + character, "DataTransfer", payload)
    view = memoryview(bytearray(text.encode()))
    assert message.parse(view) == (2, "a" + character, "DataTransfer", payload)
    assert message.parse('[3,"1",{"a":"\\u20ac\\u00E4\\\\ud83d"}]')[2] == {
        "a": "\u20ac\xe4\\ud83d"
    }
    for half in (
        "\\ud83d",
        "\\ude00",
        "\\ude00\\ud83d",
        "\\ud83dx",
        "\\ud83d\\n",
        "\\ud83d\\ud83d",
        "\\ud83d\\u0041",
        "\\ud83d/ude00",
    ):
        for text in ('[2,"1","Reset",{"type":"%s"}]', '[2,"1","Reset",{"%s":1}]'):
            assert _refused(text % half) == ("FormatViolation", 2, "1"), half
        assert _refused('[2,"%s","Reset",{}]' % half) == ("RpcFrameworkError", 2, None)


def test_json_is_read_to_the_letter():
    for value in (
        "0",
        "-0",
        "10.50",
        "1e5",
        "-1.5E-3",
        "0e+1",
        '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
        "[ ]",
        "{ }",
    ):
        assert message.parse('[2 , "1" ,\t"A",\r\n{ "a" : %s }]' % value)[3] == {
            "a": json.loads(value)
        }
    for payload in (
        '{"a":1,}',
        "{,}",
        '{"a":1,,"b":2}',
        '{"a":1 "b":2}',
        '{"a" 1}',
        '{"a"}',
        '{"a":}',
        '{"a":1:2}',
        '{"a":[1,]}',
        '{"a":[,1]}',
        '{"a":[1 2]}',
        '{"a":[1}',
        '{"a":[1}]',
        "{7:7}",
        "{null:7}",
        "{'a':7}",
        '{"a":"\\q"}',
        '{"a":"\\u12 4"}',
        '{"a":"\\u+123"}',
        '{"a":"x\ny"}',
        '{"a":"x\ty"}',
        '{"a":"\0"}',
        '{"a":01}',
        '{"a":+1}',
        '{"a":.5}',
        '{"a":1.}',
        '{"a":1e}',
        '{"a":-}',
        '{"a":0x10}',
        '{"a":1_0}',
        '{"a":NaN}',
        '{"a":Infinity}',
        '{"a":-Infinity}',
        '{"a":True}',
        '{"a":tru}',
        '{"a":nul}',
        '{"a":truefalse}',
        "{} // comment",
        "{},",
    ):
        assert _refused('[2,"1","A",%s]' % payload) == ("FormatViolation", 2, "1"), payload
    for text in (
        '[2 "1","A",{}]',
        '[2,"1" "A",{}]',
        '[2,"1","A",{}}',
        '[2,"1","A",{}],',
        '[2,"1","A"',
    ):
        assert _refused(text)[0] in ("FormatViolation", "RpcFrameworkError"), text


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
    deep = '[2,"1","DataTransfer",{"data":%s}]'
    assert message.parse(deep % ("[" * 25 + "]" * 25))[0] == 2
    assert _refused(deep % ("[" * 26 + "]" * 26)) == ("FormatViolation", 2, "1")
    text = '[2,"1","DataTransfer",{"vendorId":"a","data":' + "[" * 200000 + "]" * 200000 + "}]"
    assert _refused(text) == ("FormatViolation", 2, "1")


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
