"""Facts of an EVSE and what follows from them."""

from chargepoint.station.evse import Evse, IdToken
from chargepoint.station.transaction import Transaction
from tests.support.fake_station import FakeStation, Things


def evse_of(*connectors):
    return Evse(1, Things(phases=3, max_current_a=16, connectors=connectors or ("cType2",)))


def charging_evse():
    evse = evse_of()
    evse.plugged, evse.pilot = 1, "C"
    evse.authorized = IdToken("04AA", "ISO14443")
    evse.transaction = Transaction("t")
    return evse


def test_C01_FR_25_tokens_are_equal_in_any_case_but_not_of_another_type():
    token = IdToken("04aaBB", "ISO14443")
    assert token.same(IdToken("04AAbb", "ISO14443"))
    assert not token.same(IdToken("04AABB", "Central"))
    assert not token.same(IdToken("04AABC", "ISO14443"))
    assert not token.same(None)


def test_layout_becomes_facts():
    evse = evse_of("cType2", "sType2")
    assert (evse.phases, evse.max_current_ma) == (3, 16000)
    assert [(c.id, c.type, c.socket) for c in evse.connectors] == [
        (1, "cType2", False),
        (2, "sType2", True),
    ]
    lobby = Evse(0, None)
    assert lobby.connectors == [] and lobby.connector is None and lobby.usable


def test_connected_needs_cable_and_ev():
    evse = evse_of()
    assert not evse.connected
    evse.pilot = "B"
    assert not evse.connected
    evse.plugged = 1
    assert evse.connected
    evse.pilot = "A"
    assert not evse.connected


def test_may_close_needs_every_condition():
    assert charging_evse().may_close()
    for spoil in (
        lambda evse: setattr(evse, "authorized", None),
        lambda evse: setattr(evse, "plugged", 0),
        lambda evse: evse.set_fault(1, "GroundFailure", True),
        lambda evse: evse.set_fault(0, "HighTemperature", True),
        lambda evse: evse.set_fault(1, "EVCommunicationError", True),
        lambda evse: setattr(evse.transaction, "final", ("Local", None)),
        lambda evse: setattr(evse.transaction, "limit_wh", 0),
    ):
        evse = charging_evse()
        spoil(evse)
        assert not evse.may_close()


def test_only_pilots_that_ask_close_and_only_healthy_ones_are_offered():
    for pilot, offer, close in (
        ("A", False, False),
        ("B", True, False),
        ("C", True, True),
        ("D", True, True),
        ("E", False, False),
        ("F", False, False),
    ):
        evse = charging_evse()
        evse.pilot = pilot
        assert (evse.may_offer(), evse.may_close()) == (offer, close), pilot


def test_a_socket_closes_only_with_its_cable_locked():
    evse = evse_of("sType2")
    evse.plugged, evse.pilot = 1, "C"
    evse.authorized = IdToken("04AA", "ISO14443")
    assert not evse.may_close()
    evse.locked = True
    assert evse.may_close()


def test_faults_open_except_those_that_leave_the_power_path_safe():
    faulting = (
        "ConnectorLockFailure GroundFailure HighTemperature InternalError OtherError"
        " OverCurrentFailure OverVoltage PowerMeterFailure PowerSwitchFailure UnderVoltage"
        " DiodeFailure WeldedContactor Other"
    )
    for code in faulting.split():
        evse = charging_evse()
        assert evse.set_fault(1, code, True)
        assert evse.faulted and not evse.usable and not evse.may_close(), code
        assert evse.set_fault(1, code, False)
        assert evse.may_close() and not evse.faulted
    for code in "ReaderFailure WeakSignal LocalListConflict ResetFailure NoError".split():
        evse = charging_evse()
        evse.set_fault(1, code, True)
        assert evse.may_close() and not evse.faulted, code


def test_a_communication_error_suspends_but_is_no_fault():
    evse = charging_evse()
    evse.set_fault(1, "EVCommunicationError", True)
    assert not evse.may_close() and not evse.faulted and evse.usable
    assert evse.charging_state() == "SuspendedEVSE"


def test_a_fault_is_news_once():
    evse = evse_of()
    assert evse.set_fault(1, "GroundFailure", True)
    assert not evse.set_fault(1, "GroundFailure", True)
    assert evse.connectors[0].faults == ["GroundFailure"]
    assert evse.set_fault(1, "GroundFailure", False)
    assert not evse.set_fault(1, "GroundFailure", False)
    assert not evse.set_fault(0, "NoError", True)


def test_charging_state_follows_the_facts():
    evse = charging_evse()
    assert evse.charging_state() == "EVConnected"  # the EV has not been able to ask yet
    evse.closed = True
    assert evse.charging_state() == "Charging"
    evse.charged = True
    evse.pilot = "B"
    assert evse.charging_state() == "SuspendedEV"
    evse.pilot = "F"
    assert evse.charging_state() == "SuspendedEVSE"
    evse.pilot, evse.authorized = "B", None
    assert evse.charging_state() == "EVConnected"
    evse.plugged = 0
    assert evse.charging_state() == "Idle"


def test_points_that_hold():
    evse = evse_of()
    assert evse.points == 0
    evse.plugged, evse.pilot = 1, "C"
    assert evse.points == 1
    evse.authorized = IdToken("04AA", "ISO14443")
    assert evse.points == 1 + 2 + 4
    evse.closed = True
    assert evse.points == 1 + 2 + 4 + 8
    evse.plugged = 0
    assert evse.points == 2


def test_G01_status_of_a_connector():
    station = FakeStation(connectors=("cType2", "cCCS1"))
    evse = station.evses[0]
    first, second = evse.connectors
    assert evse.status(station, first) == evse.status(station, second) == "Available"
    evse.plugged = 1
    assert evse.status(station, first) == "Occupied"
    assert evse.status(station, second) == "Available"  # G01.FR.08
    evse.plugged, evse.reserved = 0, 7
    assert evse.status(station, first) == "Reserved"
    for target in (station, evse, first):
        target.operative = False
        assert evse.status(station, first) == "Unavailable"
        target.operative = True
    evse.set_fault(2, "GroundFailure", True)
    assert evse.status(station, second) == "Faulted"
    assert evse.status(station, first) == "Reserved"
    evse.set_fault(0, "HighTemperature", True)
    assert evse.status(station, first) == "Faulted"


def test_G03_FR_05_inoperative_is_scheduled_behind_a_transaction():
    station = FakeStation()
    station.plug()
    station.token("04AA")
    evse = station.evses[0]
    evse.operative = False
    assert evse.status(station, evse.connectors[0]) == "Occupied"
    station.token("04AA")
    assert evse.status(station, evse.connectors[0]) == "Unavailable"


def test_who_can_be_authorized():
    station = FakeStation()
    evse = station.evses[0]
    assert evse.can_be_authorized(station)
    for target in (station, evse, evse.connectors[0]):
        target.operative = False
        assert not evse.can_be_authorized(station)
        target.operative = True
    evse.authorized = IdToken("04AA", "ISO14443")
    assert not evse.can_be_authorized(station)
