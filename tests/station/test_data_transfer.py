"""DataTransfer in both directions through the whole station."""

from tests.support.pair import Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)


def test_P01_FR_05_a_vendor_that_nobody_knows():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.connect()
        result = pair.call("DataTransfer", {"vendorId": "com.example", "data": "x"})
        assert result == {"status": "UnknownVendorId"}


def test_a_vendors_function_gets_the_request_and_gives_the_answer():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.connect()
        seen = []

        def vendor(request, now):
            seen.append(request)  # noqa: B023 - called in this round only
            if request.get("messageId") != "hello":
                return {"status": "UnknownMessageId"}
            return {"status": "Accepted", "data": {"a": [1]}}

        pair.station.vendors["com.example"] = vendor
        request = {"vendorId": "com.example", "messageId": "hello", "data": "x"}
        result = pair.call("DataTransfer", request)
        assert seen == [request]
        data = '{"a": [1]}' if dialect == V16 else {"a": [1]}
        assert result == {"status": "Accepted", "data": data}
        result = pair.call("DataTransfer", {"vendorId": "COM.Example"})  # a CiString in 1.6
        assert result == {"status": "UnknownMessageId"}


def test_a_vendors_function_that_fails_is_an_internal_error_and_no_more():
    for dialect in DIALECTS:
        pair = Pair(dialect)
        pair.connect()

        def vendor(request, now):
            raise KeyError("oh")

        pair.station.vendors["com.example"] = vendor
        assert pair.call("DataTransfer", {"vendorId": "com.example"})[0] == "InternalError"
        assert any(["oh" in line for line in pair.log])
        pair.plug(1)
        assert pair.statuses()[-1] in ("Preparing", "Occupied")


def transfer(dialect):
    """A pair, a DataTransfer of the station, and the list of its answers."""
    pair = Pair(dialect)
    pair.connect()
    answers = []

    def emit():
        data = {"vendorId": "com.example", "data": {"a": 1}}
        note = lambda answer, now: answers.append(answer)  # noqa: E731
        return pair.station.emit("DataTransfer", data, note)

    return pair, emit, answers


def test_the_station_transfers_data_and_learns_the_answer():
    for dialect in DIALECTS:
        pair, emit, answers = transfer(dialect)
        assert emit()
        pair.step()
        assert answers == [{"status": "Accepted"}]
        assert pair.sent("DataTransfer")[0]["data"] == ('{"a": 1}' if dialect == V16 else {"a": 1})
        pair.disconnect()
        assert not emit()
        assert answers[1:] == [None]
