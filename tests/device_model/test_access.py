from chargepoint.device_model.access import (
    assign,
    checked,
    find,
    json_size,
    limits,
    mutability,
    names_of,
    place,
    split,
    supports,
)
from chargepoint.device_model.model import row_of
from tests.support.models import make_station

_POWER = 14
_CONNECTOR_TYPE = 19
_DATE_TIME = 44


def test_an_address_of_free_text():
    assert split("A.B") == ("A", "B", "")
    assert split("A.B[c.d]") == ("A", "B", "c.d")
    assert split("B") == ("CustomizationCtrlr", "B", "")
    assert split("A.B.C") == ("A.B", "C", "")


def test_every_place_of_a_variable():
    model = make_station().model
    expected = ((1, [(0, 0)]), (_POWER, [(1, 0), (2, 0)]), (19, [(1, 1), (1, 2), (2, 1)]))
    for variable_id, places in expected:
        row = row_of(variable_id)
        assert [place(model, row, number) for number in range(len(places))] == places
        assert place(model, row, len(places)) is None


def test_a_key_s_names():
    assert names_of(_POWER << 16 | 1 << 8) == ("EVSE", "Power", "")
    assert names_of(59 << 16) == ("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent")
    assert names_of("A.B[c]") == ("A", "B", "c")


def test_a_key_is_found_by_names_and_place():
    model = make_station().model
    component = {"name": "connector", "evse": {"id": 1, "connectorId": 2}}
    status, key = find(model, component, {"name": "CONNECTORTYPE"})
    assert (status, key) == ("Accepted", _CONNECTOR_TYPE << 16 | 1 << 8 | 2)
    assert mutability(model, key) == 0
    assert supports(key, "Actual") and not supports(key, "MaxSet")


def test_limits_of_the_hardware():
    model = make_station().model
    assert limits(model, _POWER << 16 | 1 << 8) == ("0", "22080")
    assert limits(model, 57 << 16) == ("1", "")


def test_a_moment_is_checked():
    model = make_station().model
    key = _DATE_TIME << 16
    assert checked(model, key, "2026-05-01T10:00:00Z") == "2026-05-01T10:00:00Z"
    for text in ("", "now", "2026-13-01T10:00:00Z", "2026-05-01"):
        try:
            checked(model, key, text)
        except ValueError:
            continue
        raise AssertionError(text)


def test_the_size_of_json_is_exact():
    for value, text in (
        ({}, "{}"),
        ([], "[]"),
        ({"a": 1}, '{"a":1}'),
        ({"a": [1, 2, {"b": None}]}, '{"a":[1,2,{"b":null}]}'),
        ([True, False, "x\n"], '[true,false,"x\\n"]'),
        ([1.5], "[1.5]"),
    ):
        assert json_size(value) == len(text), text


def test_A00_FR_205_a_password_may_have_any_characters():
    """Errata 2025-09, part 2, 2.1: 16 to 40 of them, which may be more bytes."""
    model = make_station().model
    key = find(model, {"name": "SecurityCtrlr"}, {"name": "BasicAuthPassword"})[1]
    for password in (
        "NewTestPassword1234!",
        "p\u00e4ssword 1234567",
        '\'"\\quotes" and so on',
        "\u5bc6" * 16,
        "\u00e9" * 40,
    ):
        assign(model, key, checked(model, key, password))
        assert model.credential() == password.encode()
    for password in ("\u00e9" * 15, "\u00e9" * 41):
        try:
            checked(model, key, password)
        except ValueError as error:
            assert error.args == ("ValueOutOfRange",)
        else:
            raise AssertionError(password)
