"""When transactions start and end, and what is told."""

from chargepoint.station.evse import IdToken
from tests.support.fake_station import FakeStation
from tests.support.whole import samples_of

START = "TxCtrlr.TxStartPoint"
STOP = "TxCtrlr.TxStopPoint"
STOP_BY_CARD = ("StopAuthorized", "Local")


def station_with(start="PowerPathClosed", stop="EVConnected,Authorized", **other):
    variables = {START: start, STOP: stop, "SampledDataCtrlr.TxUpdatedInterval": 0}
    for name in other:
        variables["TxCtrlr." + name] = other[name]
    return FakeStation(variables)


def charging(**variables):
    station = station_with(**variables)
    station.meter(1000)
    station.plug()
    station.token("04AA")
    assert station.evses[0].closed
    return station


def test_a_transaction_that_nothing_holds_any_more_ends_whatever_the_stop_point():
    for stop in ("Authorized", "EnergyTransfer", "ParkingBayOccupancy", ""):
        station = station_with("EVConnected", stop)
        station.plug(pilot="B")
        station.unplug()
        assert station.told()[-1] == ("Ended", "EVCommunicationLost"), stop
        assert station.records()[-1].stopped_reason == "EVDisconnected"


def test_without_a_known_start_point_no_power_flows():
    for start in ("", "ParkingBayOccupancy", "DataSigned"):
        station = station_with(start)
        station.plug()
        station.token("04AA")
        assert station.told() == [] and station.commands() == []


def test_E02_a_plain_session():
    station = charging()
    assert station.states() == [
        ("Authorized", "EVConnected"),
        ("ChargingStateChanged", "Charging"),
    ]
    started, charges = station.records()
    assert started.tell_evse and (started.evse_id, started.connector_id) == (1, 1)
    assert (started.id_token, started.id_token_type) == ("04AA", "ISO14443")
    assert charges.id_token is None and not charges.tell_evse
    station.now = 90500
    station.token("04aa")
    ended = station.records()[-1]
    assert (ended.trigger_reason, ended.stopped_reason) == STOP_BY_CARD  # E07.FR.02, FR.05
    assert (ended.charging_state, ended.id_token) == ("EVConnected", "04aa")
    assert ended.time_spent_charging_s == 90
    assert station.evses[0].finishing and station.evses[0].transaction is None
    station.unplug()
    assert not station.evses[0].finishing
    assert len(station.records()) == 3


def test_E03_card_first_then_cable():
    station = station_with("Authorized")
    station.token("04AA")
    station.plug()
    station.unplug()
    assert station.states() == [
        ("Authorized", "Idle"),
        ("CablePluggedIn", "EVConnected"),
        ("ChargingStateChanged", "Charging"),
        ("EVCommunicationLost", "Idle"),
    ]
    assert [record.tell_evse for record in station.records()] == [False, True, False, False]
    assert station.records()[-1].stopped_reason == "EVDisconnected"


def test_E02_FR_01_a_card_in_a_running_transaction_is_told():
    station = station_with("EVConnected", "EVConnected")
    station.plug()
    assert station.commands() == []
    station.token("04AA")
    assert station.told() == [
        ("Started", "CablePluggedIn"),
        ("Updated", "Authorized"),
        ("Updated", "ChargingStateChanged"),
    ]
    assert [record.id_token for record in station.records()] == [None, "04AA", None]


def test_E07_a_stop_that_ends_no_transaction_ends_the_energy():
    station = charging(stop="EVConnected")
    before = len(station.log)
    station.token("04AA")
    assert station.log[before] == ("contactor", 1, False)
    station.unplug()
    assert station.states(before) == [
        ("StopAuthorized", "Charging"),
        ("ChargingStateChanged", "EVConnected"),
        ("EVCommunicationLost", "Idle"),
    ]
    assert station.records()[-1].stopped_reason == "Local"  # of who asked first


def test_F03_FR_02_a_remote_stop_follows_the_stop_point():
    station = charging()
    station.stop("Remote", "RemoteStop")
    ended = station.records()[-1]
    assert (ended.event_type, ended.trigger_reason) == ("Ended", "RemoteStop")
    assert ended.stopped_reason == "Remote"
    station = charging(stop="EVConnected")
    station.stop("Remote", "RemoteStop")
    assert station.told()[-2:] == [("Updated", "RemoteStop"), ("Updated", "ChargingStateChanged")]
    station.unplug()
    assert station.records()[-1].stopped_reason == "Remote"


def test_F02_FR_21_a_remote_start_is_told_with_the_next_event():
    station = station_with()
    station.authorization.on_remote_start(station.evses[0], "APP1", "Central", 77, 0)
    assert station.events() == []  # C05.FR.01
    station.plug()
    started, charges = station.records()
    assert (started.trigger_reason, started.remote_start_id) == ("RemoteStart", 77)
    assert (started.id_token, started.id_token_type) == ("APP1", "Central")
    assert (charges.trigger_reason, charges.remote_start_id) == ("ChargingStateChanged", None)


def test_E03_FR_05_the_ev_does_not_come():
    for start, stop in (("Authorized", "Authorized"), ("Authorized", "EVConnected")):
        station = station_with(start, stop, EVConnectionTimeOut=30)
        station.token("04AA")
        station.run(29)
        assert station.told() == [("Started", "Authorized")]
        station.run(1)
        assert station.told()[-1] == ("Ended", "EVConnectTimeout")
        assert station.records()[-1].stopped_reason == "Timeout"
        before = len(station.log)
        station.plug()
        assert station.log[before:] == []


def test_C01_FR_26_an_authorization_without_transaction_just_ends():
    station = station_with(EVConnectionTimeOut=30)
    station.token("04AA")
    station.run(31)
    station.plug()
    assert station.records() == [] and station.commands() == []


def test_no_time_out_is_kept_once_the_ev_is_there():
    station = station_with("Authorized", EVConnectionTimeOut=30)
    station.token("04AA")
    station.plug()
    station.run(1000)
    assert station.evses[0].closed


# ---- authorization that fails later


def test_E05_FR_10_not_accepted_ends_where_the_stop_point_says_so():
    for stop in ("Authorized", "PowerPathClosed", "EnergyTransfer"):
        station = charging(stop=stop)
        before = len(station.log)
        station.idle("Invalid")
        assert station.log[before] == ("contactor", 1, False)
        ended = station.records()[-1]
        assert (ended.event_type, ended.stopped_reason) == ("Ended", "DeAuthorized")
        assert ended.trigger_reason == "Deauthorized", stop
        assert ended.charging_state == "EVConnected"


def test_E05_FR_09_not_accepted_suspends_where_it_does_not():
    station = charging(stop="EVConnected")
    station.idle("Blocked")
    assert station.told()[-1] == ("Updated", "Deauthorized")
    assert station.records()[-1].charging_state == "EVConnected"
    assert not station.evses[0].closed
    station.unplug()
    assert station.records()[-1].stopped_reason == "DeAuthorized"


def test_E05_FR_02_energy_ends_at_once_without_a_limit():
    station = charging(StopTxOnInvalidId="false")
    station.idle("Expired")
    assert station.states()[-1] == ("ChargingStateChanged", "SuspendedEVSE")
    assert station.records()[-1].event_type == "Updated"
    station.token("04AA")
    ended = station.records()[-1]
    assert (ended.trigger_reason, ended.stopped_reason) == STOP_BY_CARD


def test_E05_FR_03_energy_flows_up_to_the_limit():
    station = charging(StopTxOnInvalidId="false", MaxEnergyOnInvalidId=500)
    station.idle("Expired")
    station.meter(1499)
    assert station.evses[0].closed
    station.meter(1500)
    assert not station.evses[0].closed
    assert station.states()[-1] == ("ChargingStateChanged", "SuspendedEVSE")
    station.pilot("B")
    station.pilot("C")
    assert not station.evses[0].closed


def test_an_answer_to_another_transaction_changes_nothing():
    station = charging()
    old = station.records()[0]
    station.token("04AA")
    station.token("04BB")
    station.idle("Invalid", old)
    assert station.evses[0].closed


# ---- the EV leaves


def test_E09_FR_01_ev_side_disconnect_takes_the_authorization():
    station = charging(stop="EnergyTransfer,Authorized")
    before = len(station.log)
    station.pilot("A")
    assert station.log[before] == ("contactor", 1, False)
    ended = station.records()[-1]
    assert (ended.event_type, ended.trigger_reason) == ("Ended", "EVCommunicationLost")
    assert (ended.charging_state, ended.stopped_reason) == ("Idle", "EVDisconnected")
    before = len(station.log)
    station.pilot("C")
    assert station.log[before:] == []


def test_E10_a_suspended_transaction_goes_on_when_the_ev_is_back():
    station = charging(stop="Authorized", StopTxOnEVSideDisconnect="false")
    station.pilot("A")
    assert not station.evses[0].closed
    station.run(10)
    station.pilot("C")
    assert station.states()[-3:] == [
        ("EVCommunicationLost", "Idle"),
        ("CablePluggedIn", "EVConnected"),
        ("ChargingStateChanged", "Charging"),
    ]
    assert len([record for record in station.records() if record.tell_evse]) == 1


def test_E10_FR_02_a_fixed_cable_does_not_wait_for_ever():
    station = charging(stop="Authorized", StopTxOnEVSideDisconnect="false", EVConnectionTimeOut=30)
    station.unplug()
    station.run(30)
    assert station.told()[-1] == ("Ended", "EVConnectTimeout")  # TC_E_27
    assert station.records()[-1].stopped_reason == "Timeout"


def test_the_next_ev_begins_a_new_transaction():
    station = station_with("EVConnected", "EVConnected")
    for _ in range(2):
        station.plug(pilot="B")
        station.unplug()
    ids = [record.transaction_id for record in station.records()]
    assert len(ids) == 4 and ids[0] == ids[1] != ids[2] == ids[3]  # E01.FR.08
    assert [record.seq_no for record in station.records()] == [0, 1, 0, 1]


def test_an_ev_that_stays_does_not_begin_another_transaction():
    station = station_with("EVConnected", "Authorized")
    station.plug()
    station.token("04AA")
    station.token("04AA")
    station.run(100)
    assert station.told()[-1] == ("Ended", "StopAuthorized")
    station.token("04BB")
    assert station.told()[-2:] == [
        ("Started", "Authorized"),
        ("Updated", "ChargingStateChanged"),
    ]


# ---- a token that waits for a plug


def test_a_token_without_evse_waits_for_the_next_plug():
    station = FakeStation({START: "Authorized", STOP: "Authorized"}, evses=2)
    station.meter(7000, 2)
    station.token("04AA")
    started = station.records()[0]
    assert (started.evse_id, started.samples, started.tell_evse) == (0, b"", False)
    assert station.store.slots.load("tx0") is not None
    station.plug(2)
    station.token("04AA", 2)
    records = station.records()
    assert len(set([record.transaction_id for record in records])) == 1
    assert station.states() == [
        ("Authorized", "Idle"),
        ("CablePluggedIn", "EVConnected"),
        ("ChargingStateChanged", "Charging"),
        ("StopAuthorized", "EVConnected"),
    ]
    assert [record.evse_id for record in records] == [0, 2, 2, 2]
    begin = samples_of(records[2].samples)[0]  # E02.FR.21
    assert (begin.context, begin.reading.energy_wh) == ("Transaction.Begin", 7000)
    assert station.store.slots.saved.get("tx0") is None
    assert station.transactions.lobby.transaction is None


def test_a_token_that_waits_is_forgotten_in_time_or_by_itself():
    station = FakeStation({START: "Authorized", "TxCtrlr.EVConnectionTimeOut": 30}, evses=2)
    station.token("04AA")
    station.run(30)
    assert station.told()[-1] == ("Ended", "EVConnectTimeout")
    station.token("04AA")
    station.token("04AA")
    assert station.told()[-1] == ("Ended", "StopAuthorized")
    station.plug(1)
    assert station.commands() == []


# ---- what forbids


def test_an_inoperative_evse_starts_nothing():
    for name in ("station", "evse", "connector"):
        station = station_with("EVConnected")
        evse = station.evses[0]
        target = {"station": station, "evse": evse, "connector": evse.connectors[0]}[name]
        target.operative = False
        station.plug()
        station.token("04AA", 1)
        assert station.records() == [] and station.commands() == []
        target.operative = True
        station.run(1)
        assert station.told() == [("Started", "CablePluggedIn")]


def test_B03_before_the_first_acceptance_nothing_starts():
    station = station_with()
    station.provisioning.status = None
    station.plug()
    station.online = False
    station.model.set("AuthCtrlr.OfflineTxForUnknownIdEnabled", "true")
    station.token("04AA")
    assert station.records() == []
    station.model.set("TxCtrlr.TxBeforeAcceptedEnabled", "true")
    station.token("04AA")
    assert station.evses[0].closed


def test_B04_a_station_that_was_accepted_works_offline_after_a_restart():
    station = station_with()
    station.run(1)
    after = FakeStation(
        {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}, slots=station.store.slots
    )
    after.provisioning.status = None
    after.online = False
    after.plug()
    after.token("04AA")
    assert after.evses[0].closed
    after.provisioning.status = "Pending"
    assert not after.transactions.may_start()


def test_C02_without_authorization_a_plug_is_enough():
    station = station_with()
    station.model.set("AuthCtrlr.Enabled", "false")
    station.plug()
    started = station.records()[0]
    assert (started.id_token, started.id_token_type) == ("", "NoAuthorization")
    assert station.evses[0].closed


def test_find_knows_the_lobby_too():
    station = FakeStation({START: "Authorized"}, evses=2)
    station.token("04AA")
    transaction_id = station.records()[0].transaction_id
    assert station.transactions.find(transaction_id) is station.transactions.lobby
    assert station.transactions.find("none") is None


def test_a_reservation_is_used_up_once():
    station = station_with()
    token = IdToken("04AA", "ISO14443")
    token.reservation_id = 5
    station.plug()
    station.transactions.authorize(station.evses[0], token, 0)
    station.settle()
    assert [record.reservation_id for record in station.records()] == [5, None]
