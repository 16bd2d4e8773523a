"""What the hardware is commanded, and in which order."""

from tests.support.fake_station import FakeStation


def charging(connectors=("cType2",), **variables):
    station = FakeStation(variables, connectors=connectors)
    station.plug()
    station.token("04AA")
    assert station.evses[0].closed
    return station


def check_opens_first(happens, station=None):
    """The contactor's opening is the first thing that comes of it."""
    station = station or charging()
    before = len(station.log)
    happens(station)
    assert station.log[before] == ("contactor", 1, False)
    assert not station.evses[0].closed
    closes = [c for c in station.commands(before) if c == ("contactor", 1, True)]
    assert not closes
    return station


def test_any_fault_opens_first():
    for connector_id in (0, 1):
        for code in "GroundFailure OverVoltage PowerMeterFailure DiodeFailure Other".split():
            check_opens_first(lambda s: s.fault(code, connector_id=connector_id))  # noqa: B023
    check_opens_first(lambda s: s.fault("EVCommunicationError"))


def test_every_bad_pilot_opens_first():
    for pilot in "ABEF":
        check_opens_first(lambda s: s.pilot(pilot))  # noqa: B023


def test_the_plug_that_is_pulled_opens_first():
    check_opens_first(lambda s: s.unplug())


def test_E06_FR_16_a_fault_ends_the_transaction_by_its_name():
    for code, reason in (
        ("GroundFailure", "GroundFault"),
        ("OverCurrentFailure", "OvercurrentFault"),
        ("OverVoltage", "PowerQuality"),
        ("UnderVoltage", "PowerQuality"),
        ("HighTemperature", "Other"),
        ("DiodeFailure", "Other"),
    ):
        station = check_opens_first(lambda s: s.fault(code))  # noqa: B023
        ended = station.records()[-1]
        assert (ended.event_type, ended.trigger_reason) == ("Ended", "AbnormalCondition")
        assert ended.stopped_reason == reason


def test_a_fault_that_is_over_closes_nothing_by_itself():
    station = charging()
    station.fault("GroundFailure")
    before = len(station.log)
    station.fault("GroundFailure", False)
    station.run(10)
    assert station.log[before:] == []
    station.token("04AA")
    assert station.evses[0].closed


def test_a_harmless_fault_changes_nothing():
    station = charging()
    before = len(station.log)
    station.fault("ReaderFailure")
    assert station.log[before:] == [] and station.evses[0].closed


def test_a_suspending_fault_resumes():
    station = charging()
    station.fault("EVCommunicationError")
    assert station.states()[-1] == ("ChargingStateChanged", "SuspendedEVSE")
    station.fault("EVCommunicationError", False)
    assert station.evses[0].closed
    assert station.states()[-1] == ("ChargingStateChanged", "Charging")


def test_a_lost_pilot_suspends_and_resumes():
    station = charging()
    for pilot in "EF":
        station.pilot(pilot)
        assert station.states()[-1] == ("ChargingStateChanged", "SuspendedEVSE")
        station.pilot("C")
        assert station.states()[-1] == ("ChargingStateChanged", "Charging")


def test_power_follows_the_wish_of_the_ev():
    station = charging()
    station.pilot("B")
    station.pilot("C")
    station.pilot("D")
    assert station.commands() == [
        ("offer", 1, 32000),
        ("contactor", 1, True),
        ("contactor", 1, False),
        ("contactor", 1, True),
    ]
    assert [state for _, state in station.states()[1:]] == ["Charging", "SuspendedEV", "Charging"]


def test_nothing_is_offered_without_an_authorized_transaction():
    station = FakeStation({"TxCtrlr.TxStartPoint": "EVConnected"})
    station.plug()
    assert station.commands() == []
    station = FakeStation({"TxCtrlr.TxStartPoint": "EnergyTransfer"})
    station.plug()
    assert station.commands() == []
    station.token("04AA")  # here energy is what starts the transaction
    assert station.commands() == [("offer", 1, 32000), ("contactor", 1, True)]
    assert station.told() == [("Started", "ChargingStateChanged")]


def test_energy_that_would_start_a_transaction_needs_all_that_one_needs():
    station = FakeStation({"TxCtrlr.TxStartPoint": "EnergyTransfer"})
    station.plug()
    station.obey = False
    station.token("04AA")
    station.evses[0].operative = False
    before = len(station.log)
    station.contactor(True)
    assert station.log[before] == ("contactor", 1, False)


def test_ended_waits_for_the_contactor():
    station = charging()
    station.obey = False
    before = len(station.log)
    station.token("04AA")
    station.pilot("B")
    assert station.records(before) == []
    station.meter(1234)
    station.contactor(False)
    assert station.told(before) == [("Ended", "StopAuthorized")]
    assert station.records()[-1].meter_wh == 1234


def test_ended_does_not_wait_for_ever_and_a_weld_is_a_fault():
    station = charging()
    station.obey = False
    before = len(station.log)
    station.token("04AA")
    station.pilot("B")
    station.contactor(True)
    station.run(0.4)
    assert not station.evses[0].faulted
    station.run(0.1)
    assert station.evses[0].faults == ["WeldedContactor"] and station.evses[0].faulted
    station.run(1.5)
    assert station.told(before) == [("Ended", "StopAuthorized")]
    assert not station.evses[0].can_be_authorized(station)
    station.contactor(False)
    assert station.evses[0].faults == []


def test_a_contactor_that_closes_by_itself_is_commanded_open():
    station = FakeStation()
    station.obey = False
    station.plug()
    station.contactor(True)
    assert station.commands() == [("contactor", 1, False)]
    station.run(1)
    assert station.evses[0].faults == ["WeldedContactor"]


def test_a_contactor_that_does_not_close_ends_the_transaction():
    station = FakeStation()
    station.plug()
    station.obey = False
    station.token("04AA")
    station.contactor(False)
    station.run(1)
    ended = station.records()[-1]
    assert (ended.event_type, ended.trigger_reason) == ("Ended", "AbnormalCondition")
    assert station.evses[0].faults == ["PowerSwitchFailure"]
    station.unplug()
    assert station.evses[0].faults == []


def test_a_contactor_that_falls_open_is_a_fault():
    station = charging()
    station.obey = False
    station.contactor(False)
    station.run(1)
    assert station.evses[0].faults == ["PowerSwitchFailure"]


# ---- the lock of a socket

SOCKET = ("sType2",)


def locks(station):
    return [command[2] for command in station.commands() if command[0] == "lock"]


def test_a_fixed_cable_is_never_locked():
    station = charging()
    station.token("04AA")
    assert locks(station) == []


def test_the_cable_is_locked_before_power_and_freed_after_it():
    station = charging(SOCKET)
    station.token("04AA")
    assert station.commands() == [
        ("lock", 1, False),
        ("offer", 1, 32000),
        ("lock", 1, True),
        ("contactor", 1, True),
        ("offer", 1, 0),
        ("contactor", 1, False),
        ("lock", 1, False),
    ]


def test_a_cable_stays_locked_until_the_contactor_is_open():
    station = charging(SOCKET)
    station.obey = False
    station.token("04AA")
    assert locks(station)[-1] is True
    station.contactor(False)
    assert locks(station)[-1] is False


def test_a_lock_that_does_not_hold_keeps_the_power_off():
    station = FakeStation(connectors=SOCKET)
    station.plug()
    station.obey = False
    station.token("04AA")
    station.transactions.on_lock(station.evses[0], False, 0)
    assert ("contactor", 1, True) not in station.commands()
    station.transactions.on_lock(station.evses[0], True, 0)
    assert station.commands()[-1] == ("contactor", 1, True)


def test_E05_FR_11_a_refused_owner_must_come_for_the_cable():
    station = charging(SOCKET)
    station.idle("Invalid")
    assert locks(station)[-1] is True
    station.token("04BB")
    assert locks(station)[-1] is True
    station = charging(SOCKET)
    station.idle("Invalid")
    events = len(station.events())
    station.token("04AA")
    assert locks(station)[-1] is False
    assert len(station.events()) == events  # nobody need be asked


def test_E09_FR_02_and_FR_03_unlock_on_ev_side_disconnect():
    name = "OCPPCommCtrlr.UnlockOnEVSideDisconnect"
    station = charging(SOCKET, **{name: "true"})
    station.pilot("A")
    assert locks(station)[-1] is False
    station = charging(SOCKET, **{name: "false"})
    station.pilot("A")
    assert locks(station)[-1] is True
    station.token("04AA")
    assert locks(station)[-1] is False


def test_E10_FR_01_a_suspended_cable_stays_locked_and_waits():
    station = charging(
        SOCKET,
        **{
            "TxCtrlr.StopTxOnEVSideDisconnect": "false",
            "TxCtrlr.TxStopPoint": "Authorized",
            "TxCtrlr.EVConnectionTimeOut": "30",
        },
    )
    station.pilot("A")
    station.run(1000)
    assert locks(station)[-1] is True
    assert station.told()[-1] == ("Updated", "EVCommunicationLost")
    station.token("04AA")
    assert station.told()[-1] == ("Ended", "StopAuthorized")
    assert locks(station)[-1] is False
