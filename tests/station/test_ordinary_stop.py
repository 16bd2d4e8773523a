"""An ordinary stop: the offer goes first, and the contactor opens when the EV draws no more."""

from tests.support.fake_station import FakeStation

SOCKET = ("sType2",)
WAIT_S = 6
ORDINARY = (
    lambda s: s.token("04AA"),
    lambda s: s.stop("Remote", "RemoteStop"),
    lambda s: s.stop("ImmediateReset", "ResetCommand"),
    lambda s: s.stop("Other", "UnlockCommand"),
    lambda s: s.idle("Invalid"),
)


def charging(connectors=("cType2",), **variables):
    station = FakeStation(variables, connectors=connectors)
    station.plug()
    station.token("04AA")
    assert station.evses[0].closed
    return station


def locks(station):
    return [command[2] for command in station.commands() if command[0] == "lock"]


def stopping(happens, connectors=("cType2",), **variables):
    """A station whose EV draws on although the offer is gone; where its log went on."""
    station = charging(connectors, **variables)
    station.ev_obeys = False
    station.meter(100, power_w=7000)
    before = len(station.log)
    happens(station)
    assert station.log[before] == ("offer", 1, 0), "the offer goes first"
    assert station.commands(before) == [("offer", 1, 0)] and station.evses[0].closed
    return station, before


def test_an_ordinary_stop_takes_the_offer_away_and_then_opens():
    for happens in ORDINARY:
        station, before = stopping(happens)
        station.run(WAIT_S - 1)
        assert station.commands(before) == [("offer", 1, 0)]
        assert "Ended" not in [record.event_type for record in station.records(before)]
        station.meter(110, power_w=7000)
        assert station.commands(before) == [("offer", 1, 0)]
        station.run(1)
        assert station.commands(before) == [("offer", 1, 0), ("contactor", 1, False)]
        ended = station.records(before)[-1]
        assert (ended.event_type, ended.meter_wh) == ("Ended", 110)
        station.run(60)
        assert station.evses[0].faults == []


def test_it_opens_as_soon_as_the_ev_has_stopped():
    for stops in (
        lambda s: s.pilot("B"),
        lambda s: s.meter(101, power_w=20, current_ma=(90, 0, 0)),
    ):
        station, before = stopping(ORDINARY[0])
        station.run(1)
        stops(station)
        assert station.commands(before) == [("offer", 1, 0), ("contactor", 1, False)]
        assert station.told(before) == [("Ended", "StopAuthorized")]


def test_an_ev_that_draws_nothing_is_not_waited_for():
    station = charging()
    station.meter(100, power_w=0)
    before = len(station.log)
    station.token("04AA")
    assert ("contactor", 1, False) in station.commands(before)


def test_what_is_not_safe_opens_at_once_in_an_ordinary_stop_too():
    for happens in (
        lambda s: s.unplug(),
        lambda s: s.pilot("A"),
        lambda s: s.pilot("E"),
        lambda s: s.pilot("F"),
        lambda s: s.fault("GroundFailure"),
        lambda s: s.fault("EVCommunicationError"),
        lambda s: s.transactions.on_lock(s.evses[0], False, s.now),
    ):
        station, _ = stopping(ORDINARY[0], SOCKET)
        station.run(1)
        before = len(station.log)
        happens(station)
        assert station.log[before] == ("contactor", 1, False)


def test_a_card_in_an_ordinary_stop_begins_nothing_and_after_it_does():
    station, before = stopping(ORDINARY[0])
    for token in "04AA", "04BB":
        station.token(token)
        assert station.commands(before) == [("offer", 1, 0)]
        assert station.evses[0].authorized is None
    station.run(WAIT_S)
    assert not station.evses[0].closed
    before = len(station.log)
    station.token("04BB")
    assert station.evses[0].closed and station.told(before)[0] == ("Started", "Authorized")


def test_who_is_authorized_again_while_the_transaction_goes_on_keeps_the_power():
    station, before = stopping(ORDINARY[0], **{"TxCtrlr.TxStopPoint": "EVConnected"})
    assert station.told(before) == [("Updated", "StopAuthorized")]
    station.token("04AA")
    station.run(60)
    assert station.commands(before) == [("offer", 1, 0), ("offer", 1, 32000)]
    station.token("04AA")  # and the next stop has its whole time again
    station.run(WAIT_S - 1)
    assert station.evses[0].closed
    station.run(1)
    assert not station.evses[0].closed


def test_E05_FR_09_a_deauthorized_ev_is_told_of_when_it_has_stopped():
    station, before = stopping(ORDINARY[-1], **{"TxCtrlr.TxStopPoint": "EVConnected"})
    assert station.told(before) == []
    station.pilot("B")
    station.contactor(False)
    assert station.states(before) == [("Deauthorized", "EVConnected")]


def test_E05_FR_03_energy_that_ends_is_an_ordinary_stop():
    variables = {"TxCtrlr.StopTxOnInvalidId": "false", "TxCtrlr.MaxEnergyOnInvalidId": "50"}
    station = charging(**variables)
    station.idle("Invalid")
    station.ev_obeys = False
    before = len(station.log)
    station.meter(60, power_w=7000)
    assert station.commands(before) == [("offer", 1, 0)] and station.evses[0].closed
    station.run(WAIT_S)
    assert station.commands(before) == [("offer", 1, 0), ("contactor", 1, False)]
    assert station.states(before) == [("ChargingStateChanged", "SuspendedEVSE")]


def test_a_cable_stays_locked_until_an_ordinary_stop_is_over():
    station, before = stopping(ORDINARY[0], SOCKET)
    station.run(WAIT_S - 1)
    assert locks(station)[-1] is True
    station.run(1)
    assert station.commands(before)[1:] == [("contactor", 1, False), ("lock", 1, False)]


def test_a_contactor_that_welds_in_an_ordinary_stop_is_told_after_it():
    station, before = stopping(ORDINARY[0])
    station.obey = False
    station.run(WAIT_S + 0.4)
    assert station.evses[0].faults == [] and station.records(before) == []
    station.run(0.1)
    assert station.evses[0].faults == ["WeldedContactor"]
    station.run(1.5)
    assert station.told(before) == [("Ended", "StopAuthorized")]
