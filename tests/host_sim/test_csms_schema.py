"""The schema check: formats, decimals, codes and paths."""

import pytest

from host_sim import csms_schema
from host_sim.csms_schema import check, empty_fields, is_date_time, is_utc, timestamps


def test_all_messages_of_both_dialects_are_there_with_request_and_answer():
    assert len(csms_schema.actions("1.6")) == 39 and len(csms_schema.actions("2.0.1")) == 64
    for dialect in csms_schema.DIALECTS:
        for action in csms_schema.actions(dialect):
            for is_answer in (False, True):
                wrong = check(dialect, action, {"!": 1}, is_answer)
                assert wrong is not None and wrong[0] != "NotImplemented"


@pytest.mark.parametrize(
    ("text", "valid", "utc"),
    [
        ("2026-05-01T10:00:00Z", True, True),
        ("2026-05-01T10:00:00.123Z", True, True),
        ("2026-05-01T10:00:00.1234Z", True, False),
        ("2026-05-01T10:00:00+02:00", True, False),
        ("2026-05-01t10:00:00z", True, False),
        ("2024-02-29T00:00:00Z", True, True),
        ("2026-02-29T00:00:00Z", False, False),
        ("2026-05-01T24:00:00Z", False, False),
        ("2026-05-01T10:60:00Z", False, False),
        ("2026-05-01T10:00:60Z", False, False),
        ("2026-05-01T10:00:00+24:00", False, False),
        ("2026-05-01T10:00:00", False, False),
        ("2026-05-01", False, False),
        ("", False, False),
    ],
)
def test_date_times(text, valid, utc):
    assert is_date_time(text) is valid and is_utc(text) is utc


def test_a_date_time_of_a_schema_is_enforced():
    payload = {"currentTime": "now"}
    assert check("1.6", "Heartbeat", payload, True) == (
        "PropertyConstraintViolation",
        "currentTime: 'now' is not a 'date-time'",
    )
    assert check("1.6", "Heartbeat", {"currentTime": "2026-05-01T10:00:00Z"}, True) is None


def test_multiples_of_a_tenth_are_exact():
    def schedule(limit):
        period = {"startPeriod": 0, "limit": limit}
        inner = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
        return {"status": "Accepted", "connectorId": 1, "chargingSchedule": inner}

    for limit in (21.4, 0.1, 0.3, 16, 1000.7):
        assert check("1.6", "GetCompositeSchedule", schedule(limit), True) is None
    assert check("1.6", "GetCompositeSchedule", schedule(21.45), True) is not None


def test_a_float_is_no_integer_even_when_whole():
    payload = {"connectorId": 1.0, "type": "Operative"}
    assert check("1.6", "ChangeAvailability", payload, False)[0] == "TypeConstraintViolation"


def test_the_path_leads_to_the_mistake():
    entry = {"timestamp": "2026-05-01T10:00:00Z", "sampledValue": [{"value": "1"}, {"value": 1}]}
    wrong = check("1.6", "MeterValues", {"connectorId": 1, "meterValue": [entry]}, False)
    assert wrong[0] == "TypeConstraintViolation"
    assert wrong[1].startswith("meterValue[0].sampledValue[1].value: ")


def test_timestamps_and_empty_fields_are_found_at_any_depth():
    payload = {"a": [{"t": "2026-05-01T10:00:00Z"}], "b": None, "c": {"d": []}, "e": "text"}
    assert timestamps(payload) == [("a[0].t", "2026-05-01T10:00:00Z")]
    assert empty_fields(payload) == ["b", "c.d"]
