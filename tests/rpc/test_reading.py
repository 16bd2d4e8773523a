"""schema.read: what is understood of an answer that is not to the letter."""

from chargepoint.profiles.ocpp16 import schema as schema_16
from chargepoint.profiles.ocpp201 import schema as schema_201
from chargepoint.rpc import schema


def read(table, action, payload):
    """(what is left of the payload, the fields that are not to the letter)."""
    found = schema.read(table, action + "Response", payload)
    return payload, sorted(found)


def read_16(action, **payload):
    return read(schema_16.TABLE, action, payload)


def read_201(action, **payload):
    return read(schema_201.TABLE, action, payload)


def info(**fields):
    """What is understood of an idTagInfo, and the fields that are not to the letter."""
    payload, found = read_16("Authorize", idTagInfo=fields)
    return payload["idTagInfo"], found


def test_what_is_to_the_letter_stays_as_it_is():
    good = {"status": "Blocked", "expiryDate": "2026-12-01T08:30:00", "parentIdTag": "P"}
    assert info(**good) == (good, [])
    evse = {"status": "Accepted", "evseId": [1, 2], "customData": {"vendorId": "v", "x": [None]}}
    assert read_201("Authorize", idTokenInfo=dict(evse)) == ({"idTokenInfo": evse}, [])
    assert read_16("Heartbeat", currentTime="2026-12-01 08:30") == (
        {"currentTime": "2026-12-01 08:30"},
        [],
    )
    assert read_16("StatusNotification") == ({}, [])


def test_unknown_fields_and_null_are_dropped():
    assert info(status="Blocked", expiryDate=None) == ({"status": "Blocked"}, ["expiryDate"])
    assert info(status="Blocked", x=1, y={"z": []}) == ({"status": "Blocked"}, ["x", "y"])
    assert read_16("MeterValues", status="Accepted") == ({}, ["status"])
    assert read_201("TransactionEvent", idTokenInfo=None, totalCost=1.5) == (
        {"totalCost": 1.5},
        ["idTokenInfo"],
    )


def test_a_whole_number_is_one_however_it_is_written():
    for written in (7.0, "7", "7 ", "-7", -7.0, 7e0):
        number = -7 if written in ("-7", -7.0) else 7
        payload, found = read_16("StartTransaction", transactionId=written, idTagInfo={})
        assert payload["transactionId"] == number and type(payload["transactionId"]) is int
        assert "transactionId" in found
    payload, found = read_201("BootNotification", interval=300.0, status="Accepted")
    assert type(payload["interval"]) is int and found == ["currentTime", "interval"]
    for wrong in (7.5, "7.5", "", "x", "\xb2", "7" * 11, True, [7], {}, 1e18, 1e999, None):
        payload, found = read_16("StartTransaction", transactionId=wrong)
        assert payload == {}, wrong
        assert found == ["idTagInfo", "transactionId"]


def test_what_can_not_be_read_is_dropped_be_it_required_or_not():
    assert info(status="Perhaps", parentIdTag="x" * 21) == ({}, ["parentIdTag", "status"])
    assert info(status=1, expiryDate=7) == ({}, ["expiryDate", "status"])
    assert read_16("BootNotification", status="Accepted") == (
        {"status": "Accepted"},
        ["currentTime"],
    )
    assert read_201("TransactionEvent", chargingPriority=1.5, totalCost="1") == (
        {},
        ["chargingPriority", "totalCost"],
    )


def test_a_time_stays_for_who_reads_it():
    fields = {"status": "Accepted", "expiryDate": "tomorrow"}
    assert info(**fields) == (fields, ["expiryDate"])
    time = "2026-12-01T08:30:00"  # to the letter in 1.6 alone
    assert read_201("Heartbeat", currentTime=time) == ({"currentTime": time}, ["currentTime"])


def test_an_object_that_is_none_is_not_taken_for_one_that_was_left_out():
    for wrong in (None, "Blocked", [], 7):
        assert read_16("Authorize", idTagInfo=wrong) == (
            {"idTagInfo": {}},
            ["idTagInfo"],
        )
    assert read_201("TransactionEvent", idTokenInfo="Blocked") == (
        {"idTokenInfo": {}},
        ["idTokenInfo"],
    )


def test_lists_keep_the_items_that_can_be_read():
    def evses(value):
        payload, found = read_201("Authorize", idTokenInfo={"status": "Accepted", "evseId": value})
        return payload["idTokenInfo"].get("evseId"), found

    assert evses([1, "2", 3.0, None, "x"]) == ([1, 2, 3], ["evseId"] * 3)
    for none in ([], ["x"], "1", 1, {}, None):
        assert evses(none)[0] is None


def test_an_action_that_the_dialect_lacks_is_a_defect_of_ours():
    try:
        schema.read(schema_16.TABLE, "NotifyReportResponse", {})
    except KeyError:
        return
    raise AssertionError
