"""Authorizations that wait for a car, or for the server: whose they are, and when they end."""

from tests.support.pair import Ev, online

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
CHANGED = "ChargingStateChanged"
PATIENT = {"TxCtrlr.EVConnectionTimeOut": "600"}


def change(pair, operative, evse_id=0):
    """ChangeAvailability of an EVSE, or of the station (0)."""
    kind = "Operative" if operative else "Inoperative"
    if pair.subprotocol == V16:
        request = {"connectorId": evse_id, "type": kind}
    else:
        request = {"operationalStatus": kind}
        if evse_id:
            request["evse"] = {"id": evse_id}
    return pair.call("ChangeAvailability", request)["status"]


def start(pair):
    """The server starts EVSE 1; the status of the answer."""
    if pair.subprotocol == V16:
        request = {"idTag": "REMOTE01", "connectorId": 1}
        return pair.call("RemoteStartTransaction", request)["status"]
    token = {"idToken": "REMOTE01", "type": "Central"}
    request = {"idToken": token, "remoteStartId": 1, "evseId": 1}
    return pair.call("RequestStartTransaction", request)["status"]


def states(pair):
    """chargingState of the events with that trigger, in 1.6 the statuses of the connector."""
    if pair.subprotocol == V16:
        return pair.statuses(1)
    events = pair.sent("TransactionEvent")
    states = [event["transactionInfo"].get("chargingState") for event in events]
    return [state for n, state in enumerate(states) if events[n]["triggerReason"] == CHANGED]


def begins_later(pair, evse_id):
    """Whether a car that comes now charges when all is operative again, minutes later."""
    pair.plug(evse_id)
    pair.run(300)
    assert not pair.drivers[evse_id - 1].contactor.closed()
    assert change(pair, True) == change(pair, True, evse_id) == "Accepted"
    pair.run(5)
    return pair.drivers[evse_id - 1].contactor.closed()


def test_a_waiting_authorization_ends_with_its_evse_or_the_station():
    for dialect in DIALECTS:
        for which in 0, 1:
            pair = online(dialect, PATIENT)
            pair.token("04AABBCC", 1)
            pair.run(1)
            assert change(pair, False, which) == "Accepted"
            assert not begins_later(pair, 1)
            pair.token("04AABBCC", 1)
            pair.run(5)
            assert pair.drivers[0].contactor.closed()


def test_a_remote_start_that_waits_ends_with_its_evse():
    for dialect in DIALECTS:
        pair = online(dialect, PATIENT)
        assert start(pair) == "Accepted"
        change(pair, False, 1)
        assert not begins_later(pair, 1)


def test_an_authorization_for_the_next_plug_ends_with_the_last_evse():
    for dialect in DIALECTS:
        for all_of_them in ((0,), (1, 2)):
            pair = online(dialect, PATIENT)
            pair.token("04AABBCC")
            pair.run(1)
            for which in all_of_them:
                change(pair, False, which)
            assert not begins_later(pair, 1)
            pair.plug(2)
            change(pair, True, 2)
            pair.run(5)
            assert not pair.drivers[1].contactor.closed()


def test_an_authorization_for_the_next_plug_goes_on_where_an_evse_is_left():
    for dialect in DIALECTS:
        pair = online(dialect, PATIENT)
        pair.token("04AABBCC")
        pair.run(1)
        change(pair, False, 1)
        pair.plug(1)
        pair.run(5)
        pair.plug(2)
        pair.run(5)
        closed = [drivers.contactor.closed() for drivers in pair.drivers]
        assert closed == [False, True]


def test_where_nobody_is_asked_a_car_charges_when_it_is_operative_again():
    for dialect in DIALECTS:
        pair = online(dialect, {"AuthCtrlr.Enabled": "false"})
        change(pair, False, 1)
        assert begins_later(pair, 1)


def asked(dialect, cars=(), later=()):
    """A card was presented at the station, with these cars there; its answer is on its way when
    the later ones come, and the server starts EVSE 1."""
    pair = online(dialect)
    for evse_id in cars:
        pair.plug(evse_id)
    pair.csms.slow = True
    pair.token("LOCAL001")
    for evse_id in later:
        pair.plug(evse_id)
    assert start(pair) == "Accepted"
    pair.csms.slow = False
    pair.deliver()
    pair.run(2)
    return pair


def authorized(pair):
    return [evse.authorized and evse.authorized.id_token for evse in pair.station.evses]


def test_a_card_for_a_car_that_was_started_meanwhile_is_for_no_other():
    for dialect in DIALECTS:
        for cars, later in (((1,), ()), ((), (1,))):
            pair = asked(dialect, cars, later)
            pair.plug(2)
            pair.run(2)
            assert authorized(pair) == ["REMOTE01", None], (cars, later)


def test_a_card_is_for_the_car_that_is_left():
    for dialect in DIALECTS:
        for cars, later in (((1, 2), ()), ((1,), (2,)), ((2,), (1,))):
            assert authorized(asked(dialect, cars, later)) == ["REMOTE01", "LOCAL001"]


def test_a_card_is_for_the_next_car_where_the_server_has_started_none():
    for dialect in DIALECTS:
        pair = asked(dialect)
        assert authorized(pair) == ["REMOTE01", None]
        pair.plug(1)
        assert authorized(pair) == ["REMOTE01", None]
        pair.plug(2)
        assert authorized(pair) == ["REMOTE01", "LOCAL001"]


def test_TC_E_38_a_car_that_does_not_want_to_charge_is_suspended_after_a_while():
    for dialect in DIALECTS:
        for card_first in True, False:
            pair = online(dialect)
            car = Ev()
            car.wants_energy = False
            for step in ("card", "plug") if card_first else ("plug", "card"):
                if step == "card":
                    pair.token("04AABBCC", 1)
                else:
                    pair.plug(1, car)
            pair.run(9)
            assert "SuspendedEV" not in states(pair)
            pair.run(2)
            assert states(pair)[-1] == "SuspendedEV"
            pair.forget()
            pair.run(300)
            assert states(pair) == []
            car.wants_energy = True
            pair.run(1)
            assert states(pair)[-1] == "Charging"


def test_a_car_that_wakes_up_in_time_was_never_suspended():
    for dialect in DIALECTS:
        pair = online(dialect)
        car = Ev()
        car.wants_energy = False
        pair.plug(1, car)
        pair.token("04AABBCC", 1)
        pair.run(5)
        car.wants_energy = True
        pair.run(60)
        assert "SuspendedEV" not in states(pair) and states(pair)[-1] == "Charging"
        car.wants_energy = False
        pair.run(1)
        assert states(pair)[-1] == "SuspendedEV"
