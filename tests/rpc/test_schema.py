import json

from chargepoint.profiles.ocpp16 import schema as schema_16
from chargepoint.profiles.ocpp201 import schema as schema_201
from chargepoint.rpc.schema import check, known

_FORMAT = "FormatViolation"
_OCCURRENCE = "OccurrenceConstraintViolation"
_PROPERTY = "PropertyConstraintViolation"
_TYPE = "TypeConstraintViolation"
_NOW = "2024-01-01T00:00:00Z"

# One valid payload of some size in each dialect.
_METER_VALUES = {
    "connectorId": 1,
    "transactionId": 7,
    "meterValue": [
        {"timestamp": _NOW, "sampledValue": [{"value": "1"}]},
        {"timestamp": _NOW, "sampledValue": [{"value": "2", "unit": "Celcius"}, {"value": "3"}]},
    ],
}
_TRANSACTION_EVENT = {
    "eventType": "Updated",
    "timestamp": _NOW,
    "triggerReason": "MeterValuePeriodic",
    "seqNo": 3,
    "offline": False,
    "transactionInfo": {"transactionId": "b7e2", "chargingState": "Charging"},
    "evse": {"id": 1, "connectorId": 1},
    "idToken": {"idToken": "04A1", "type": "ISO14443", "additionalInfo": [
        {"additionalIdToken": "x", "type": "y"},
    ]},
    "meterValue": [
        {"timestamp": _NOW, "sampledValue": [
            {"value": 12.5, "measurand": "Current.Import", "phase": "L1",
             "unitOfMeasure": {"unit": "A", "multiplier": 0}},
            {"value": 2300, "measurand": "Power.Active.Import"},
        ]},
    ],
}  # fmt: skip


def _changed(payload, path, value):
    """A copy of the payload with the value at the path (keys and indices) replaced."""
    payload = json.loads(json.dumps(payload))
    place = payload
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return payload


def _check_16(name, payload):
    return check(schema_16.TABLE, name, payload)


def _check_201(name, payload):
    return check(schema_201.TABLE, name, payload)


def test_valid_payloads_pass():
    assert _check_16("MeterValues", _METER_VALUES) is None
    assert _check_201("TransactionEvent", _TRANSACTION_EVENT) is None
    assert _check_201("TransactionEventResponse", {}) is None
    assert _check_16("Heartbeat", {}) is None


def test_known_tells_the_actions_of_each_dialect():
    assert known(schema_16.TABLE, "StartTransaction")
    assert known(schema_16.TABLE, "SignedUpdateFirmware")
    assert known(schema_201.TABLE, "TransactionEvent")
    assert not known(schema_16.TABLE, "TransactionEvent")
    assert not known(schema_201.TABLE, "StartTransaction")
    for name in ("", "Heart", "beat", "heartbeat", "HeartbeatResponse", "\xff", "x" * 10000):
        assert not known(schema_16.TABLE, name), name
    assert not known(schema_16.TABLE, "Authorize\xfeBootNotification")


def test_a_message_that_does_not_exist_is_a_key_error():
    for name in ("Nonsense", "NonsenseResponse", "Response", ""):
        try:
            _check_201(name, {})
        except KeyError:
            continue
        raise AssertionError(name)


def test_payload_that_is_no_object():
    for payload in (None, [], "", 0, 1.5, True, [{}]):
        assert _check_16("Heartbeat", payload) == (_FORMAT, "")


def test_unknown_property():
    assert _check_16("Heartbeat", {"a": 1}) == (_FORMAT, "a")
    path = ("meterValue", 1, "sampledValue", 1, "colour")
    answer = _check_16("MeterValues", _changed(_METER_VALUES, path, 1))
    assert answer == (_FORMAT, "meterValue[1].sampledValue[1].colour")
    # Names that are parts of the table, but not of this object.
    for name in ("idTag\xfe", "\xffidTag", "dTag", "idTa", "status", "", "\0", "customData"):
        payload = {"idTag": "1"}
        payload[name] = "x"
        assert _check_16("Authorize", payload) == (_FORMAT, name)


def test_bytes_between_the_names_are_no_names():
    for code in range(0x180):
        assert not known(schema_16.TABLE, chr(code)), code
        assert not known(schema_201.TABLE, chr(code)), code
        assert _check_16("Authorize", {chr(code): "1"}) == (_FORMAT, chr(code))
        assert _check_16("Reset", {"type": chr(code)}) == (_PROPERTY, "type")


def test_path_tells_no_more_than_the_beginning_of_a_long_name():
    assert _check_16("Heartbeat", {"x" * 5000: 1}) == (_FORMAT, "x" * 50)


def test_required_property_missing():
    assert _check_16("Authorize", {}) == (_OCCURRENCE, "idTag")
    path = ("meterValue", 0, "sampledValue", 0)
    answer = _check_201("TransactionEvent", _changed(_TRANSACTION_EVENT, path, {}))
    assert answer == (_OCCURRENCE, "meterValue[0].sampledValue[0].value")
    answer = _check_201(
        "BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "m"}}
    )
    assert answer == (_OCCURRENCE, "chargingStation.vendorName")


def test_number_of_items():
    answer = _check_16("MeterValues", _changed(_METER_VALUES, ("meterValue",), []))
    assert answer == (_OCCURRENCE, "meterValue")
    data = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b"}
    data["serialNumber"] = "c"
    data["responderURL"] = "http://x"
    for count in (0, 1, 4, 5):
        payload = {"idToken": {"idToken": "1", "type": "Central"}}
        payload = _changed(payload, ("iso15118CertificateHashData",), [data] * count)
        expected = None if 1 <= count <= 4 else (_OCCURRENCE, "iso15118CertificateHashData")
        assert _check_201("Authorize", payload) == expected


def test_wrong_type():
    for value in (None, 1, 1.5, True, [], {}):
        assert _check_16("Authorize", {"idTag": value}) == (_TYPE, "idTag")
    for value in (None, 1, 1.5, True, "", {}):
        answer = _check_16("MeterValues", _changed(_METER_VALUES, ("meterValue",), value))
        assert answer == (_TYPE, "meterValue")
        answer = _check_16("MeterValues", _changed(_METER_VALUES, ("meterValue", 1), value))
        expected = (_OCCURRENCE, "meterValue[1].timestamp") if value == {} else None
        assert answer == (expected or (_TYPE, "meterValue[1]"))
    for value in (None, "1", True, [], {}):
        answer = _check_16("MeterValues", _changed(_METER_VALUES, ("connectorId",), value))
        assert answer == (_TYPE, "connectorId")
    for value in (None, 0, 1, "true", []):
        answer = _check_201("TransactionEvent", _changed(_TRANSACTION_EVENT, ("offline",), value))
        assert answer == (_TYPE, "offline")
    for value in (None, "", True, 7):
        answer = _check_16("Reset", {"type": value})
        assert answer == ((_PROPERTY if value == "" else _TYPE), "type")


def test_one_with_a_fraction_is_an_integer_from_draft_6_on():
    assert _check_16("CancelReservation", {"reservationId": 1.0}) == (_TYPE, "reservationId")
    assert _check_201("CancelReservation", {"reservationId": 1.0}) is None
    assert _check_201("CancelReservation", {"reservationId": 1.5}) == (_TYPE, "reservationId")
    assert _check_201("CancelReservation", {"reservationId": 10**30}) is None


def test_whole_floats_become_integers_where_the_schema_says_so():
    payload = {"operationalStatus": "Operative", "evse": {"id": 1.0, "connectorId": 2.0}}
    assert _check_201("ChangeAvailability", payload) is None
    assert repr(payload["evse"]["id"]) == "1" and repr(payload["evse"]["connectorId"]) == "2"
    payload = {"id": [3.0, 4]}
    assert _check_201("ClearVariableMonitoring", payload) is None
    assert repr(payload["id"]) == "[3, 4]"
    payload = _changed(_TRANSACTION_EVENT, ("meterValue", 0, "sampledValue", 0, "value"), 12.0)
    assert _check_201("TransactionEvent", payload) is None  # a decimal stays one
    assert type(payload["meterValue"][0]["sampledValue"][0]["value"]) is float


def test_value_of_an_enumeration():
    assert _check_16("Reset", {"type": "Hard"}) is None
    for value in ("hard", "Har", "ard", "HardX", "Hard\xff", "Hard\xffSoft", "\xff", "x" * 5000):
        assert _check_16("Reset", {"type": value}) == (_PROPERTY, "type")


def test_length_counts_characters():
    for letter in ("a", "\xe9", "\u2603", "\U0001f600"):
        assert _check_16("Authorize", {"idTag": letter * 20}) is None
        assert _check_16("Authorize", {"idTag": letter * 21}) == (_PROPERTY, "idTag")
    assert _check_16("Authorize", {"idTag": ""}) is None


def test_minimum_and_maximum():
    def answer(value):
        payload = {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "DC"}}
        charging = {"evMaxCurrent": 1, "evMaxVoltage": 1, "stateOfCharge": value}
        payload["chargingNeeds"]["dcChargingParameters"] = charging
        return _check_201("NotifyEVChargingNeeds", payload)

    wrong = (_PROPERTY, "chargingNeeds.dcChargingParameters.stateOfCharge")
    for value in (0, 100, -0.0, 100.0):
        assert answer(value) is None
    for value in (-1, 101, 10**30, -(10**30), 101.0):
        assert answer(value) == wrong


def _limit(text):
    period = '{"startPeriod": 0, "limit": ' + text + "}"
    schedule = '{"chargingRateUnit": "A", "chargingSchedulePeriod": [' + period + "]}"
    profile = '"chargingProfileId": 1, "stackLevel": 0, "chargingProfileKind": "Relative"'
    profile += ', "chargingProfilePurpose": "TxProfile", "chargingSchedule": ' + schedule
    payload = json.loads('{"connectorId": 1, "csChargingProfiles": {' + profile + "}}")
    return _check_16("SetChargingProfile", payload)


def test_tenths_are_decided_on_the_decimal_text():
    wrong = "csChargingProfiles.chargingSchedule.chargingSchedulePeriod[0].limit"
    for n in range(0, 40000, 7):
        assert _limit("%d.%d" % (n // 10, n % 10)) is None, n
        assert _limit("-%d.%d" % (n // 10, n % 10)) is None, n
    for n in range(1, 40000, 7):
        if n % 10:
            assert _limit("%d.%02d" % (n // 100, n % 100)) == (_PROPERTY, wrong), n
    for text in ("0", "32", "1e3", "22080.0", "0.30", "7.0e-1", "-0.0", "1e15", "11040.1"):
        assert _limit(text) is None, text
    for text in ("0.01", "16.05", "0.25", "1e-3", "32.11", "-6.55"):
        assert _limit(text) == (_PROPERTY, wrong), text
    for text in ("true", '"1.0"', "null", "[]"):
        assert _limit(text) == (_TYPE, wrong), text


def test_a_number_that_is_not_finite_is_no_value():
    assert _limit("1e999")[0] == _PROPERTY
    assert _limit("-1e999")[0] == _PROPERTY
    for value in (float("inf"), float("-inf"), float("nan")):
        path = ("meterValue", 0, "sampledValue", 0, "value")
        payload = _changed(_TRANSACTION_EVENT, path, 0)
        payload["meterValue"][0]["sampledValue"][0]["value"] = value
        assert _check_201("TransactionEvent", payload) == (
            _PROPERTY,
            "meterValue[0].sampledValue[0].value",
        )
        answer = _check_201("CancelReservation", {"reservationId": value})
        assert answer == (_PROPERTY, "reservationId")


def test_date_time():
    for text in (
        _NOW,
        "2024-02-29T23:59:59z",
        "2000-02-29t00:00:00.1Z",
        "2024-01-31T00:00:00.123456789012345678901234567890+23:59",
        "9999-12-31T23:59:59-00:00",
        "0001-01-01T00:00:00+05:30",
    ):
        assert _check_201("HeartbeatResponse", {"currentTime": text}) is None, text
    for text in (
        "",
        "Z",
        "2024-01-01",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00.5",
        "2024-01-01T00:00:00.",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00,5Z",
        "2024-01-01 00:00:00Z",
        "2024-01-01T00:00:00ZZ",
        "2024-01-01T00:00:00Z\n",
        "2024-01-01T00:00:00+0000",
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00+00:60",
        "2024-01-01T00:00:00+00:0",
        "2024-01-01T24:00:00Z",
        "2024-01-01T23:60:00Z",
        "2024-12-31T23:59:60Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2024-04-31T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-01-00T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2024\r01-01T00:00:00Z",
        "2024-01-01T00\x1a00:00Z",
        "\u0662024-01-01T00:00:00Z",
    ):
        answer = _check_201("HeartbeatResponse", {"currentTime": text})
        assert answer == (_PROPERTY, "currentTime"), text


def test_1_6_3_15_date_time_of_iso_8601():
    for text in (_NOW, "2024-01-01T00:00:00", "2024-01-01 00:00Z", "2024-01-01T00:00:00,5+01"):
        assert _check_16("HeartbeatResponse", {"currentTime": text}) is None, text
    for text in ("", "2024-01-01", "2024-13-01T00:00:00", "2024-01-01T00:00:00Zx"):
        answer = _check_16("HeartbeatResponse", {"currentTime": text})
        assert answer == (_PROPERTY, "currentTime"), text


def test_every_month_has_its_days():
    for month, days in enumerate((31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 1):
        for day in (days, days + 1):
            text = "2024-%02d-%02dT00:00:00Z" % (month, day)
            valid = _check_16("HeartbeatResponse", {"currentTime": text}) is None
            assert valid == (day == days), text


def test_custom_data_is_open_everywhere_in_2_0_1():
    custom = {"vendorId": "org.example", "anything": [None, {"deep": {}}], "x" * 100: 1}
    payload = _TRANSACTION_EVENT
    for path in ((), ("evse",), ("meterValue", 0), ("meterValue", 0, "sampledValue", 1)):
        payload = _changed(payload, path + ("customData",), custom)
    assert _check_201("TransactionEvent", payload) is None
    answer = _check_201("TransactionEvent", _changed(payload, ("evse", "customData"), {"a": 1}))
    assert answer == (_OCCURRENCE, "evse.customData.vendorId")
    answer = _check_201("Heartbeat", {"customData": {"vendorId": "x" * 256}})
    assert answer == (_PROPERTY, "customData.vendorId")
    assert _check_201("Heartbeat", {"customData": []}) == (_TYPE, "customData")


def test_anything_goes_where_the_schema_says_nothing():
    for data in (None, 1, 1.5, "x", [], [None], {}, {"a": [{}]}, True):
        assert _check_201("DataTransfer", {"vendorId": "v", "data": data}) is None


def test_no_value_anywhere_makes_the_walker_raise():
    nested = value = []
    for _ in range(50):
        value.append([])
        value = value[0]
    values = (None, True, -1, 10**40, 1e300, "", "\0", "x" * 3000, [], [[]], {}, {"": 0}, nested)
    for value in values:
        for name in ("MeterValues", "SetChargingProfile", "HeartbeatResponse", "Reset"):
            _check_16(name, value)
            for key in _METER_VALUES:
                _check_16(name, {key: value})
        for path in (("meterValue",), ("evse",), ("seqNo",), ("timestamp",), ("eventType",)):
            _check_201("TransactionEvent", _changed(_TRANSACTION_EVENT, path, value))
