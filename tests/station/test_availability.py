"""ChangeAvailability through the whole station, in both dialects, and over power cuts."""

from tests.support.pair import online

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)


def change(pair, operative, evse_id=0, connector_id=0):
    """The status of the answer; evse_id 0: the station."""
    kind = "Operative" if operative else "Inoperative"
    if pair.subprotocol == V16:
        payload = {"connectorId": evse_id, "type": kind}
    elif evse_id:
        place = {"id": evse_id}
        if connector_id:
            place["connectorId"] = connector_id
        payload = {"operationalStatus": kind, "evse": place}
    else:
        payload = {"operationalStatus": kind}
    result = pair.call("ChangeAvailability", payload)
    return result["status"] if isinstance(result, dict) else result


def test_G03_an_evse_becomes_unavailable_and_comes_back():
    for dialect in DIALECTS:
        pair = online(dialect)
        assert change(pair, False, 1) == "Accepted"
        assert change(pair, True, 1) == "Accepted"
        assert pair.statuses(1) == ["Unavailable", "Available"]
        assert pair.statuses(2) == []


def test_G03_FR_03_what_is_so_already_is_accepted_and_not_told():
    for dialect in DIALECTS:
        pair = online(dialect)
        assert change(pair, True, 1) == "Accepted"
        change(pair, False, 1)
        pair.forget()
        assert change(pair, False, 1) == "Accepted"
        assert pair.actions() == []


def test_G04_the_station_takes_all_with_it():
    for dialect in DIALECTS:
        pair = online(dialect)
        assert change(pair, False) == "Accepted"
        assert pair.statuses(1) == pair.statuses(2) == ["Unavailable"]
        if dialect == V16:
            assert pair.statuses(0) == ["Unavailable"]
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(5)
        assert not pair.drivers[0].contactor.closed()
        pair.unplug(1)
        assert change(pair, True) == "Accepted"
        assert pair.statuses(1)[-1] == pair.statuses(2)[-1] == "Available"


def test_G04_FR_08_single_states_return_with_the_station_in_2_0_1():
    pair = online(V201)
    change(pair, False, 2)
    change(pair, False)
    pair.forget()
    change(pair, True)
    assert pair.statuses(1) == ["Available"] and pair.statuses(2) == []
    change(pair, True, 2, 1)
    assert pair.statuses(2) == []  # the connector was not what held it
    change(pair, True, 2)
    assert pair.statuses(2) == ["Available"]


def test_5_2_connector_0_makes_all_operative_in_1_6():
    pair = online(V16)
    change(pair, False, 2)
    change(pair, False, 0)
    pair.forget()
    change(pair, True, 0)
    assert pair.statuses(1) == pair.statuses(2) == ["Available"]
    change(pair, False, 2)  # and with the station operative already, it does too
    pair.forget()
    assert change(pair, True, 0) == "Accepted"
    assert pair.statuses(2) == ["Available"]


def test_G03_FR_07_a_connector_of_its_own():
    pair = online(V201, connectors=("cType2", "cCCS2"))
    assert change(pair, False, 1, 2) == "Accepted"
    told = [(s["connectorId"], s["connectorStatus"]) for s in pair.sent("StatusNotification")]
    assert told == [(2, "Unavailable")]
    change(pair, False, 1)
    pair.forget()
    change(pair, True, 1)
    told = [(s["connectorId"], s["connectorStatus"]) for s in pair.sent("StatusNotification")]
    assert told == [(1, "Available")]


def test_G03_FR_05_during_a_transaction_it_is_scheduled():
    for dialect in DIALECTS:
        for evse_id in 1, 0:
            pair = online(dialect)
            pair.plug(1)
            pair.token("04AABBCC", 1)
            pair.run(10)
            pair.forget()
            assert change(pair, False, evse_id) == "Scheduled"
            assert change(pair, False, evse_id) == "Scheduled"  # it is not so yet
            assert pair.statuses(1) == []
            pair.run(60)
            assert pair.drivers[0].contactor.closed()
            pair.token("04AABBCC", 1)
            pair.run(5)
            assert pair.statuses(1) == ["Unavailable"]
            pair.unplug(1)
            pair.run(1)
            assert pair.statuses(1) == ["Unavailable"]


def test_operative_again_during_the_transaction_happens_at_once():
    for dialect in DIALECTS:
        pair = online(dialect)
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(10)
        change(pair, False, 1)
        assert change(pair, True, 1) == "Accepted"
        pair.forget()
        pair.unplug(1)
        pair.run(1)
        assert pair.statuses(1)[-1] == "Available"
        assert "Unavailable" not in pair.statuses(1)


def test_a_transaction_elsewhere_schedules_nothing():
    pair = online(V201, connectors=("cType2", "cCCS2"))
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(10)
    assert change(pair, False, 2) == "Accepted"
    assert change(pair, False, 1, 2) == "Accepted"
    assert change(pair, False, 1, 1) == "Scheduled"
    assert change(pair, False, 1) == "Scheduled"


def test_a_place_that_is_not_there_is_rejected():
    pair = online(V201)
    for evse in ({"id": 3}, {"id": -1}, {"id": 1, "connectorId": 2}, {"id": 1, "connectorId": 0}):
        payload = {"operationalStatus": "Inoperative", "evse": evse}
        assert pair.call("ChangeAvailability", payload)["status"] == "Rejected", evse
    payload = {"operationalStatus": "Inoperative", "evse": {"id": 0}}
    assert pair.call("ChangeAvailability", payload)[0] == "PropertyConstraintViolation"
    pair = online(V16)
    for connector_id in 3, 99:
        assert change(pair, False, connector_id) == "Rejected"
    assert pair.actions() == []


def test_B01_FR_07_it_persists_over_a_power_cut_and_is_told_after_the_boot():
    for dialect in DIALECTS:
        pair = online(dialect)
        change(pair, False, 2)
        pair.power_cut()
        pair.forget()
        pair.connect()
        assert pair.statuses(1) == ["Available"] and pair.statuses(2) == ["Unavailable"]
        change(pair, True, 2)
        pair.power_cut()
        pair.forget()
        pair.connect()
        assert pair.statuses(2) == ["Available"]


def test_a_scheduled_change_holds_after_a_power_cut():
    for dialect in DIALECTS:
        pair = online(dialect)
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(10)
        change(pair, False, 1)
        pair.power_cut()
        pair.forget()
        pair.connect()
        pair.run(10)
        assert pair.statuses(1)[-1] == "Unavailable"
        assert not pair.drivers[0].contactor.closed()
