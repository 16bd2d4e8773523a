import json

from chargepoint.rpc import message
from chargepoint.rpc.pieces import with_list


def test_a_short_list_is_a_member():
    for items in ([{"a": 1}], [1, 2]):
        payload = with_list({"id": 7}, "list", iter(items), len(items))
        assert payload == {"id": 7, "list": items}


def test_a_long_list_is_generated_item_by_item():
    asked = []

    def items():
        for n in range(4):
            asked.append(n)
            yield {"n": n, "text": 'a"\u00e9\n'}

    pieces = with_list({"id": "x", "on": True}, "list", items(), 4) or ()
    assert asked == [0]
    taken = []
    for piece in pieces:
        taken.append(piece)
        assert len(asked) <= len(taken)
    expected = {"id": "x", "on": True, "list": [{"n": n, "text": 'a"\u00e9\n'} for n in range(4)]}
    assert json.loads("".join(taken)) == expected
    assert " " not in "".join(taken)


def test_it_may_be_all_that_the_payload_has():
    assert "".join(with_list({}, "list", iter([1, 2, 3]), 3) or ()) == '{"list":[1,2,3]}'


def test_fewer_items_than_announced():
    assert "".join(with_list({}, "list", iter([1]), 3) or ()) == '{"list":[1]}'
    assert with_list({"id": 1}, "list", iter([1]), 2) == {"id": 1, "list": [1]}


def test_a_list_without_an_item_is_none():
    for count in 0, 1, 3:
        payload = {"id": 1}
        assert with_list(payload, "list", iter([]), count) is None and payload == {"id": 1}


def test_the_pieces_fill_a_frame():
    text = message.result("1", with_list({}, "list", iter([1, 2, 3]), 3))
    assert json.loads("".join(text)) == [3, "1", {"list": [1, 2, 3]}]


def test_what_goes_wrong_in_an_item_is_raised():
    def items():
        yield 1
        raise OSError(5)

    for count in 2, 3:
        try:
            list(with_list({}, "list", items(), count) or ())
        except OSError:
            continue
        raise AssertionError("swallowed")
