"""The loop: order of things, reboot, and what happens when the program fails."""

import asyncio

from chargepoint.hal.hardware import Hardware
from chargepoint.hal.sim import MemoryStore, SimEvse
from chargepoint.runtime import Runtime
from tests.support.clocks import ManualClock


class Link:
    """A link whose events a test puts in, and that takes what it is sent."""

    def __init__(self, wake):
        self.wake = wake
        self.events = []
        self.sent = []
        self.enabled = True
        self.busy = False
        self.profile = ("ws://a", 0)
        self.closed = []

    def poll(self, now):
        pass

    def take(self):
        return self.events.pop(0) if self.events else None

    def next_deadline(self):
        return None

    def send(self, text):
        self.sent.append(text)
        return True

    def close(self, code=1000, reason="", wait_ms=None):
        self.closed.append(code)

    def drop(self):
        self.closed.append("drop")


class Station:
    """Notes what it is told; says what a test puts in."""

    def __init__(self, store):
        self.store = store
        self.notes = []
        self.to_do = []
        self.texts = []
        self.busy = False
        self.reboot: str | None = None
        self.link_request: str | None = None
        self.network = None
        self.deadline = None
        self.fail: Exception | None = None

    def start(self, now):
        self.notes.append("start")

    def poll(self, now):
        if self.fail is not None:
            raise self.fail

    def commands(self):
        commands, self.to_do = self.to_do, []
        return commands

    def to_send(self):
        return self.texts.pop(0) if self.texts else None

    def next_deadline(self):
        return self.deadline

    def connected(self, subprotocol, now):
        self.notes.append(("connected", subprotocol, self.network))

    def broke_off(self, error, now):
        self.notes.append(("broke off", type(error).__name__))

    def disconnected(self, now):
        self.notes.append("disconnected")

    def receive(self, text, now):
        self.notes.append(("receive", text))

    def oversized(self, beginning, now):
        self.notes.append(("oversized", beginning))

    def security_event(self, kind, tech_info=None):
        self.notes.append(("security", kind, tech_info))

    def contactor(self, evse_id, closed, now):
        self.notes.append(("contactor", closed))

    def pilot(self, evse_id, state, now):
        pass

    def plugged(self, evse_id, connector_id, now):
        pass

    def meter(self, evse_id, reading, now):
        pass

    def log(self, text):
        self.notes.append(("log", text))


class Settings:
    """Notes what it is told."""

    def __init__(self):
        self.due: int | None = None
        self.told = []

    def failed(self, profile, why):
        self.told.append(("failed", profile, why))

    def connected(self, profile, subprotocol, now):
        self.told.append(("connected", profile, subprotocol))

    def review(self, link, now):
        self.due = None
        self.told.append(("review", now))


class World:
    """Everything a Runtime needs, with one EVSE ready to charge."""

    def __init__(self, store=None):
        self.evse = SimEvse()
        self.evse.pilot.connector_id, self.evse.pilot.pilot_state = 1, "C"
        self.store = store or MemoryStore().boot()
        self.station = Station(self.store)
        self.seen = []
        self.settings = Settings()
        self.runtime = Runtime(
            self.station,
            Hardware((self.evse,)),
            ManualClock(),
            self.settings,
            Link,
            self.see,
            self.before_wait,
        )
        self.link = self.runtime.link
        self.steps = []

    def see(self, direction, message):
        self.seen.append((direction, message))
        return message if direction == "in" or isinstance(message, str) else "".join(message)

    def before_wait(self, deadline, settled):
        """The test's next step, after each pass; the last one ends the run."""
        step = self.steps.pop(0) if self.steps else self.stop
        step()
        self.runtime.wake()

    def stop(self):
        self.runtime.stopping = True

    def run(self, *steps):
        self.steps = list(steps)
        return asyncio.run(self.runtime.run())


def test_events_of_the_link_reach_the_station():
    world = World()
    world.link.events = [
        ("failed", "name: no"),
        ("security", "InvalidCsmsCertificate"),
        ("connected", "ocpp1.6"),
        ("message", memoryview(b"[3]")),
        ("oversized", "[2,"),
        ("fault", KeyError("ours")),
        ("disconnected", "gone"),
    ]
    assert world.run() == ""
    notes = [note for note in world.station.notes if note[0] != "log"]
    assert notes == [
        "start",
        ("security", "InvalidCsmsCertificate", None),
        ("connected", "ocpp1.6", world.link.profile),
        ("receive", b"[3]"),
        ("oversized", "[2,"),
        ("broke off", "KeyError"),
        "disconnected",
    ]
    assert world.seen == [("in", b"[3]")]
    assert world.settings.told == [
        ("failed", world.link.profile, "name: no"),
        ("connected", world.link.profile, "ocpp1.6"),
    ]


def test_the_settings_are_asked_to_look_when_they_say_so():
    world = World()
    world.settings.due = 5000

    def later():
        assert world.settings.told == []
        world.runtime.clock.advance(5000)

    world.run(later, lambda: None)
    assert world.settings.told == [("review", 5000)]


def test_commands_are_executed_before_anything_is_sent():
    world = World()
    closed_then = []
    send = world.link.send

    def check(text):
        closed_then.append(world.evse.contactor.closed())
        return send(text)

    world.link.send = check
    world.station.to_do = [("contactor", 1, True)]
    world.station.texts = ["one", iter(("t", "wo"))]
    world.run()
    assert closed_then == [True, True]
    assert world.link.sent == ["one", "two"] and world.seen[0] == ("out", "one")
    assert [direction for direction, _ in world.seen] == ["out", "out"]
    assert ("contactor", True) in world.station.notes


def test_the_station_may_ask_for_a_new_connection():
    world = World()

    def ask():
        world.station.link_request = "credentials"

    world.run(ask)
    assert world.link.closed[0] == 1000 and world.station.link_request is None


def test_a_reboot_closes_the_link_opens_the_contactor_and_is_remembered():
    world = World()

    def reset():
        world.station.reboot = "RemoteReset"

    world.station.to_do = [("contactor", 1, True)]
    assert world.run(reset) == "RemoteReset"
    assert world.link.closed == [1001] and world.link.enabled is False
    assert not world.evse.contactor.closed()
    assert world.store.slots.load("boot_reason") == b"RemoteReset"


def test_a_reboot_waits_until_the_link_is_closed():
    world = World()
    world.link.busy = True

    def reset():
        world.station.reboot = "RemoteReset"

    passes = []

    def closed():
        world.link.busy = False

    def look():
        passes.append(world.link.closed == [1001])

    assert world.run(reset, look, look, look, closed) == "RemoteReset"
    assert passes == [True] * 3


def test_an_orderly_stop_is_no_reboot():
    world = World()
    assert world.run() == "" and world.store.slots.load("boot_reason") is None


def test_an_unhandled_error_opens_the_contactor_and_is_told_after_the_reboot():
    world = World()

    def fail():
        world.station.fail = KeyError("a defect")

    world.station.to_do = [("contactor", 1, True), ("offer", 1, 32000)]
    assert world.run(fail) == "ApplicationReset"
    assert not world.evse.contactor.closed() and world.evse.pilot.offered_ma == 0
    assert world.store.slots.load("boot_reason") == b"ApplicationReset"

    after = World(world.store)
    after.run()
    told = [note for note in after.station.notes if note[0] == "security"]
    assert len(told) == 1 and told[0][1] == "ResetOrReboot" and "KeyError" in told[0][2]
    assert world.store.slots.load("crash") is None


def test_running_out_of_memory_is_its_own_security_event():
    world = World()

    def fail():
        world.station.fail = MemoryError("no")

    world.run(fail)
    after = World(world.store)
    after.run()
    assert [note[1] for note in after.station.notes if note[0] == "security"] == [
        "MemoryExhaustion"
    ]


class Updater:
    """One whose download says nothing from the time `due` on."""

    def __init__(self):
        self.notes = []
        self.due: int | None = None
        self.wake = lambda: None

    def poll(self, now):
        if self.due is not None and now >= self.due:
            self.notes.append(now)
            self.due = None
            self.wake()

    def next_deadline(self):
        return self.due

    def stop(self):
        self.notes.append("stop")


def test_the_updater_has_its_deadline_and_wakes_the_loop():
    world = World()
    updater = Updater()
    setattr(world.station, "updater", updater)  # noqa: B010 - most stations have none
    clock = world.runtime.clock
    now = clock.now()
    deadlines = []

    def note(deadline, settled):
        deadlines.append(deadline)
        if len(deadlines) == 1:
            updater.due = now + 500
        elif len(deadlines) == 2:
            clock.advance(500)
        elif updater.due is None:
            world.runtime.stopping = True
        world.runtime.wake()

    world.runtime.before_wait = note
    assert world.run() == ""
    assert now + 500 in deadlines
    assert updater.wake == world.runtime.wake
    assert updater.notes == [now + 500, "stop"]
