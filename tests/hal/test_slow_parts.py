"""A whole station whose contactor and lock take the time of real ones."""

from chargepoint.hal.contactor import Contactor
from chargepoint.hal.hardware import Hardware
from chargepoint.hal.lock import Lock
from tests.support.fakes.pins import World
from tests.support.fakes.power import MotorLock, Relay
from tests.support.pair import Pair


class SlowPair(Pair):
    def power_up(self, reason="PowerUp"):
        self.world_ms = 0
        self.parts = World()
        self.relay, self.bolt = Relay(self.parts), MotorLock(self.parts)
        super().power_up(reason)
        for driver in self.drivers:
            driver.contactor = Contactor(self.relay.coil, self.relay.feedback)  # type: ignore
            driver.lock = Lock(self.bolt.extend, self.bolt.retract, self.bolt.feedback)  # type: ignore
        self.hardware = Hardware(self.drivers, self.reader, 20, self.meter_ms)

    def step(self):
        if self.world_ms < self.now:
            self.parts.advance(self.now - self.world_ms)
            self.world_ms = self.now
        super().step()

    def check(self):
        assert not self.relay.closed or self.bolt.feedback.level, "live and not locked"

    def faults(self):
        return self.station.evses[0].faults


def charging(subprotocol="ocpp2.0.1"):
    pair = SlowPair(subprotocol, evses=1, connectors=("sType2",))
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
