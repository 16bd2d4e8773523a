"""A whole station whose contactor and lock take the time of real ones."""

from chargepoint.hal.contactor import Contactor
from chargepoint.hal.hardware import Hardware
from chargepoint.hal.lock import Lock
from tests.support.fakes.pins import World
from tests.support.fakes.power import MotorLock, Relay
from tests.support.pair import Ev, Pair


class SlowPair(Pair):
    relay_ms = (25, 18)  # pulls in, releases
    contactor_ms = (150, 150)  # what the driver is told of that

    def power_up(self, reason="PowerUp"):
        self.world_ms = 0
        self.parts = World()
        self.relay, self.bolt = Relay(self.parts, *self.relay_ms), MotorLock(self.parts)
        super().power_up(reason)
        for driver in self.drivers:
            driver.contactor = Contactor(  # type: ignore
                self.relay.coil, self.relay.feedback, 0, *self.contactor_ms
            )
            driver.lock = Lock(self.bolt.extend, self.bolt.retract, self.bolt.feedback)  # type: ignore
        self.hardware = Hardware(self.drivers, self.reader, 20, self.meter_ms)
        self.hardware.introduce(self.station)

    def step(self):
        if self.world_ms < self.now:
            self.parts.advance(self.now - self.world_ms)
            self.world_ms = self.now
        super().step()

    def check(self):
        assert not self.relay.closed or self.bolt.feedback.level, "live and not locked"

    def faults(self):
        return self.station.evses[0].faults


class ExternalPair(SlowPair):
    """Its contactor is an external controller's."""

    relay_ms = (3000, 3000)
    contactor_ms = (3200, 3200)


def charging(subprotocol="ocpp2.0.1", pair_class=SlowPair):
    pair = pair_class(subprotocol, evses=1, connectors=("sType2",))
    pair.connect()
    pair.run(1)
    pair.plug(1)
    pair.token("04AABBCC")
    pair.run(5)
    assert pair.relay.closed and pair.bolt.feedback.level
    return pair


def states(pair):
    infos = [event["transactionInfo"] for event in pair.sent("TransactionEvent")]
    return [info["chargingState"] for info in infos if "chargingState" in info]


def test_a_session_ends_unlocked_and_without_a_fault():
    pair = charging()
    assert pair.faults() == []
    pair.token("04AABBCC")
    pair.run(5)
    assert not pair.relay.closed and not pair.bolt.feedback.level
    pair.unplug(1)
    pair.run(2)
    assert pair.faults() == [] and "Faulted" not in pair.statuses()
    assert "Charging" in states(pair)
    assert [event["eventType"] for event in pair.sent("TransactionEvent")][-1] == "Ended"


def test_both_dialects_start_once():
    pair = charging("ocpp1.6")
    assert len(pair.sent("StartTransaction")) == 1
    pair.token("04AABBCC")
    pair.run(5)
    assert len(pair.sent("StopTransaction")) == 1 and "Faulted" not in pair.statuses()


def test_contacts_that_weld_are_told():
    pair = charging()
    pair.relay.welded = True
    pair.check = lambda: None  # it may be live without a lock now: the fault says so
    pair.token("04AABBCC")
    pair.run(2)
    assert pair.faults() == ["WeldedContactor"] and pair.statuses()[-1] == "Faulted"
    pair.relay.welded = False
    pair.run(2)
    assert pair.faults() == []


def test_a_contactor_that_does_not_close_is_told():
    pair = SlowPair(evses=1, connectors=("sType2",))
    pair.connect()
    pair.run(1)
    pair.relay.stuck = True
    pair.plug(1)
    pair.token("04AABBCC")
    pair.run(5)
    assert pair.faults() == ["PowerSwitchFailure"] and not pair.relay.coil.level


def test_an_unlock_is_answered_when_the_bolt_has_moved_or_can_not():
    for stuck in (False, True):
        pair = SlowPair("ocpp1.6", evses=1, connectors=("sType2",))
        pair.connect()
        pair.run(1)
        pair.plug(1)
        pair.token("04AABBCC")
        pair.run(5)
        pair.bolt.stuck = stuck
        pair.check = lambda: None
        pair.call("UnlockConnector", {"connectorId": 1})
        pair.run(15)
        answers = [m[2] for direction, m in pair.transcript if direction == "out" and m[0] == 3]
        assert answers[-1]["status"] == ("UnlockFailed" if stuck else "Unlocked")
        assert not pair.relay.closed


def test_a_contactor_that_takes_three_seconds_is_no_welded_one():
    for dialect in "ocpp1.6", "ocpp2.0.1":
        pair = charging(dialect, ExternalPair)
        assert pair.faults() == [] and "Faulted" not in pair.statuses()
        pair.token("04AABBCC")
        pair.run(2)
        assert pair.relay.closed and pair.bolt.feedback.level
        pair.run(3)
        assert not pair.relay.closed and not pair.bolt.feedback.level
        assert pair.faults() == [] and "Faulted" not in pair.statuses()
        if dialect == "ocpp1.6":
            assert pair.sent("StopTransaction")[0]["meterStop"] == pair.energy_wh(1)
        else:
            ended = [e for e in pair.sent("TransactionEvent") if e["eventType"] == "Ended"]
            register = ended[0]["meterValue"][-1]["sampledValue"][0]["value"]
            assert register == pair.energy_wh(1)


def test_a_slow_contactor_that_welds_or_sticks_is_told_after_its_time():
    pair = charging(pair_class=ExternalPair)
    pair.relay.welded = True
    pair.check = lambda: None
    pair.token("04AABBCC")
    pair.run(3)
    assert pair.faults() == []
    pair.run(1)
    assert pair.faults() == ["WeldedContactor"]
    pair = ExternalPair(evses=1, connectors=("sType2",))
    pair.connect()
    pair.run(1)
    pair.relay.stuck = True
    pair.plug(1)
    pair.token("04AABBCC")
    pair.run(3)
    assert pair.faults() == []
    pair.run(2)
    assert pair.faults() == ["PowerSwitchFailure"] and not pair.relay.coil.level


def test_a_cable_that_is_pulled_while_it_charges_leaves_the_socket_unlocked():
    for pair_class in SlowPair, ExternalPair:
        pair = charging(pair_class=pair_class)
        pair.unplug(1)
        pair.run(5)
        assert not pair.relay.closed and not pair.bolt.feedback.level
        assert pair.station.idle()


def test_the_drivers_of_an_evse_say_its_times_and_others_have_the_usual_ones():
    pair = Pair(evses=2)
    pair.drivers[1].contactor.close_ms = 4000  # type: ignore
    pair.drivers[1].contactor.open_ms = 3000  # type: ignore
    pair.drivers[1].pilot.ramp_down_ms = 3500  # type: ignore
    pair.hardware.introduce(pair.station)
    times = [(evse.close_ms, evse.open_ms, evse.ramp_down_ms) for evse in pair.station.evses]
    assert times == [(500, 500, 6000), (4000, 3000, 3500)]
    pair.connect()
    for evse_id, waits_s in ((1, 6), (2, 3.5)):
        pair.plug(evse_id, Ev(stop_ms=3600000))
        pair.token("04AABBCC", evse_id)
        pair.run(10)
        pair.token("04AABBCC", evse_id)
        pair.run(waits_s - 0.5)
        assert pair.drivers[evse_id - 1].contactor.closed()
        pair.run(0.5)
        assert not pair.drivers[evse_id - 1].contactor.closed()
