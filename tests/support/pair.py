"""A whole station and a scripted server on a wire that a test can cut, on a clock that only it
moves.

    pair = Pair("ocpp2.0.1")
    pair.connect()
    pair.plug(1); pair.token("04AABB"); pair.run(60)
    assert pair.sent("TransactionEvent")[0]["eventType"] == "Started"

The station is the real one with the sim drivers; the server answers by tables, dialect by dialect.
What the station sends must be what the schemas allow, one CALL at a time. A reboot that the
station asks for happens at once, its link down afterwards; so it is when it wants to reconnect.
Runs on both interpreters: no pytest here.
"""

import json

from chargepoint import profiles, timestamp
from chargepoint.device_model import presets
from chargepoint.device_model.model import BUILT, DeviceModel, EvseLayout, Layout
from chargepoint.hal.hardware import Hardware
from chargepoint.hal.sim import MemoryStore, SimEvse, SimReader
from chargepoint.rpc import schema
from chargepoint.station import network
from chargepoint.station.station import Station
from tests.support.scripted import ACCEPTED, Refuse, ScriptedCsms

START_EPOCH_S = timestamp.parse("2026-05-01T10:00:00Z")
_MS_PER_HOUR = 3600000


class Ev:
    """A car that draws what it is offered, up to its own limit, while it wants energy.

    stop_ms: how long it goes on drawing in state C when the offer is withdrawn.
    """

    def __init__(self, max_ma=32000, phases=3, stop_ms=0):
        self.max_ma = max_ma
        self.phases = phases
        self.wants_energy = True
        self.stop_ms = stop_ms
        self.offered_ma = 0  # that it goes by
        self.until_ms = 0  # it goes on so long


class Pair:
    """One station, one server; `store` is what survives a power cut.

    make_store: of random_bytes, opens the store on its flash at each boot; else it is in memory.
    networks, offered and built are what `network.begin` gets at each boot; features: of the model.
    """

    networks: tuple = (("ws://csms.example/ocpp", 1),)
    built: tuple = ("ocpp2.0.1", "ocpp1.6")
    features = BUILT

    def __init__(
        self,
        subprotocol="ocpp2.0.1",
        variables=None,
        evses=2,
        answers=None,
        seed=1,
        connectors=("cType2",),
        meter_ms=10000,
        make_store=None,
    ):
        self.subprotocol = subprotocol
        self.offered: tuple = (subprotocol,)
        layouts = tuple([EvseLayout(3, 32, connectors) for _ in range(evses)])
        self.layout = Layout("Acme", "One", "0001", "1.0.0", "CP-1", layouts)
        self.meter_ms = meter_ms
        self.variables = variables or {}
        memory = MemoryStore()
        self.make_store = make_store or (lambda random_bytes: memory.boot())
        self.csms = ScriptedCsms(self, answers)
        self.evs: list = [None] * evses
        self.sockets = [1] * evses  # the connector in which the next cable goes
        self.reboots = []  # reasons
        self.drops = 0  # of the link, by the station's wish
        self.log = []
        self.world = []  # ("command", command) and (direction, message) in their order
        self.transcript = []  # (direction, message list)
        self.times = []  # (ms since the test began, action) of the station's CALLs
        self.wall_ms = 0  # since the test began; goes on while the power is off
        self._random = seed
        self._call_number = 0
        self._results = {}
        self._calls = {}  # message id -> action
        self._outstanding = None  # (message id, when) of the station's CALL
        self._meters_wms = [0] * evses  # W x ms, exact
        self._metered_ms = 0
        self.power_up("PowerUp")

    # ---- power and link

    def power_up(self, reason="PowerUp"):
        """Boot a new Station on the same flash and hardware; the link is down."""
        self._boot_wall_ms = self._metered_ms = self.wall_ms
        self.connected = False
        self.store = self.make_store(self.random_bytes)
        model = DeviceModel(self.layout, self.store.slots, self.features)
        network.begin(model, self.networks, self.offered, self.built, (None, None, None))
        presets.preset(model, self.variables)
        self.drivers = [SimEvse() for _ in self.evs]
        self.reader = SimReader()
        self.hardware = Hardware(self.drivers, self.reader, None, self.meter_ms)
        self._outstanding = None
        self.csms.late = []
        self.station = Station(
            self.layout, model, self.store, self.random_bytes, reason, self.log.append
        )
        self.equip()
        self.hardware.introduce(self.station)
        self.station.start(0)
        self._inbox = []
        for n in range(len(self.evs)):
            meter_mwh = self._meters_wms[n] // 3600
            self.drivers[n].meter.set(meter_mwh, 0, (0, 0, 0), (230000,) * 3, -1, 0)
            if self.evs[n] is not None:
                self.drivers[n].pilot.connector_id = self.sockets[n]
        self.step()

    def power_cut(self, reason="PowerUp"):
        """RAM is lost; flash, cars and meters stay."""
        self.update_meters()
        self.power_up(reason)

    def connect(self, subprotocol=None):
        self.subprotocol = subprotocol or self.subprotocol
        self.connected = True
        self._outstanding = None
        self.station.connected(self.subprotocol, self.now)
        self.step()

    def disconnect(self):
        self.connected = False
        self._inbox = []
        self._outstanding = None
        self.csms.late = []
        self.station.disconnected(self.now)
        self.step()

    # ---- the world

    def plug(self, evse_id, ev=None, connector_id=1):
        self.evs[evse_id - 1] = ev or Ev()
        self.sockets[evse_id - 1] = connector_id
        self.drivers[evse_id - 1].pilot.connector_id = connector_id
        self.step()

    def unplug(self, evse_id):
        self.evs[evse_id - 1] = None
        self.drivers[evse_id - 1].pilot.connector_id = 0
        self.step()

    def token(self, id_token, evse_id=0, token_type="ISO14443"):
        self.reader.present(id_token, token_type, evse_id)
        self.step()

    def fault(self, evse_id, code, active=True, connector_id=1):
        self.drivers[evse_id - 1].faults.set(connector_id, code, active)
        self.step()

    def energy_wh(self, evse_id):
        """What the meter would show now."""
        self.update_meters()
        return self._meters_wms[evse_id - 1] // 3600000

    # ---- time

    @property
    def now(self):
        return self.wall_ms - self._boot_wall_ms

    def wall_time(self):
        return timestamp.format(START_EPOCH_S + self.wall_ms // 1000)

    def run(self, seconds):
        """Let time pass, stopping at each deadline of the station."""
        self.step()  # what the test has changed happens before that time
        end_ms = self.wall_ms + int(seconds * 1000)
        rounds = 0
        while True:
            next_ms = end_ms
            for deadline in (self.station.next_deadline(), self.hardware.next_deadline()):
                if deadline is not None:
                    next_ms = min(next_ms, deadline + self._boot_wall_ms)
            for ev in self.evs:
                if ev is not None and self.wall_ms < ev.until_ms < next_ms:
                    next_ms = ev.until_ms
            rounds = 0 if next_ms > self.wall_ms else rounds + 1
            assert rounds < 200, "the station does not do what is due"  # thinning: a step a pass
            self.wall_ms = max(self.wall_ms, next_ms)
            self.step()
            if self.wall_ms >= end_ms:
                return

    def step(self):
        """Everything that happens without time passing."""
        for _ in range(20000):
            self._update_evs()
            self.hardware.poll(self.station, self.now)
            self.station.poll(self.now)
            commands = self.station.commands()
            self.world.extend([("command", command) for command in commands])
            self.hardware.execute(self.station, commands, self.now)
            busy = bool(commands)
            text = self.station.to_send()
            while text is not None:
                busy = True
                self._take(text if isinstance(text, str) else "".join(text))
                text = self.station.to_send()
            if self.station.link_request is not None:  # what asked for it has its answer
                self.station.link_request = None
                self.drops += 1
                self.disconnect()
            if self._inbox and self.connected:
                busy = True
                self.station.receive(self._inbox.pop(0), self.now)
            self.check()
            if self.station.reboot is not None and not busy:
                self.reboots.append(self.station.reboot)
                self.power_cut(self.station.reboot)
                return
            if not busy:
                return
        raise AssertionError("the station never comes to rest")

    def check(self):
        """Called after each round: a place for a test's invariants."""

    def equip(self):
        """What a board adds to a new station before it starts."""

    # ---- the server's side

    def call(self, action, payload):
        """A CALL of the server; returns the payload of the answer, or (code, description)."""
        self._call_number += 1
        message_id = "csms-%d" % self._call_number
        self._calls[message_id] = action
        self.receive_text(json.dumps([2, message_id, action, payload]))
        return self._results.pop(message_id, None)

    def receive_text(self, text):
        """Any text from the server."""
        try:
            self._note("in", json.loads(text))
        except ValueError:
            self._note("in", text)
        self._inbox.append(text)
        self.step()

    def sent(self, action=None):
        """Payloads of the station's CALLs of that action, oldest first."""
        return [
            message[3]
            for direction, message in self.transcript
            if direction == "out" and message[0] == 2 and message[2] == action
        ]

    def actions(self):
        """The names of all CALLs of the station, in order."""
        return [m[2] for direction, m in self.transcript if direction == "out" and m[0] == 2]

    def statuses(self, connector_id=1):
        """Statuses told of an EVSE's first connector (2.0.1), or of that connector (1.6)."""
        key = "status" if self.subprotocol == "ocpp1.6" else "connectorStatus"
        which = "connectorId" if self.subprotocol == "ocpp1.6" else "evseId"
        return [s[key] for s in self.sent("StatusNotification") if s[which] == connector_id]

    def deliver(self):
        """The answers of a slow server arrive, in their order."""
        late, self.csms.late = self.csms.late, []
        for reply in late:
            self._answer(reply)
        self.step()

    def forget(self):
        """Begin a new transcript."""
        self.transcript = []
        self.world = []

    # ---- inside

    def random_bytes(self, count):
        """A small generator, the same on every interpreter."""
        result = bytearray(count)
        for n in range(count):
            self._random = (self._random * 1103515245 + 12345) & 0x7FFFFFFF
            result[n] = self._random >> 16 & 0xFF
        return bytes(result)

    def update_meters(self):
        """Count what has flowed since the last time."""
        passed_ms, self._metered_ms = self.wall_ms - self._metered_ms, self.wall_ms
        for n, evse in enumerate(self.drivers):
            self._meters_wms[n] += evse.meter.power_w * passed_ms

    def _take(self, text):
        message = json.loads(text)
        self._note("out", message)
        if message[0] == 3:
            self._check_schema(self._calls[message[1]] + "Response", message[2])
            self._results[message[1]] = message[2]
        elif message[0] == 4:
            self._results[message[1]] = (message[2], message[3])
        else:
            self._check_schema(message[2], message[3])
            patience_ms = 30000
            if self.times and self.times[-1][1] == "Authorize":  # half, after a time-out
                patience_ms = 15000
            assert self._outstanding is None or self.now - self._outstanding[1] >= patience_ms, (
                "two CALLs at a time: %s" % text
            )
            self._outstanding = (message[1], self.now)
            self.times.append((self.wall_ms, message[2]))
            try:
                answer = self.csms.answer(message[2], message[3])
            except Refuse as refusal:
                self._answer([4, message[1], str(refusal) or "InternalError", "", {}])
            else:
                if answer is not None:
                    self._answer([3, message[1], answer])

    def _answer(self, reply):
        if self.csms.slow:
            self.csms.late.append(reply)
            return
        if self._outstanding is not None and self._outstanding[0] == reply[1]:
            self._outstanding = None
        self._note("in", reply)
        self._inbox.append(json.dumps(reply))

    def _check_schema(self, name, payload):
        error = schema.check(profiles.load(self.subprotocol).TABLE, name, payload)
        assert error is None, (name, error, payload)

    def _note(self, direction, message):
        self.transcript.append((direction, message))
        self.world.append((direction, message))

    def _update_evs(self):
        """The pilot and the power follow the car, the offer and the contactor."""
        self.update_meters()
        for n, ev in enumerate(self.evs):
            drivers = self.drivers[n]
            offered_ma = drivers.pilot.offered_ma
            if ev is None:
                drivers.pilot.pilot_state = "A"
                current_ma = 0
            else:
                if offered_ma:
                    ev.offered_ma, ev.until_ms = offered_ma, 0
                elif ev.offered_ma and not ev.until_ms:
                    ev.until_ms = self.wall_ms + ev.stop_ms
                if not offered_ma and self.wall_ms >= ev.until_ms:
                    ev.offered_ma = 0
                offered_ma = ev.offered_ma
                wants = ev.wants_energy and offered_ma > 0
                drivers.pilot.pilot_state = "C" if wants else "B"
                current_ma = min(ev.max_ma, offered_ma) if wants else 0
                if not drivers.contactor.closed():
                    current_ma = 0
            phases = ev.phases if ev is not None else 0
            currents = [current_ma if phase < phases else 0 for phase in range(3)]
            power_w = 230 * sum(currents) // 1000
            meter_mwh = self._meters_wms[n] // 3600
            drivers.meter.set(meter_mwh, power_w, currents, (230000,) * 3, -1, self.now)


def online(subprotocol, variables=None, **options):
    """A Pair whose station is accepted, has told its statuses, and has an empty transcript."""
    pair = Pair(subprotocol, variables, **options)
    pair.connect()
    pair.run(1)
    pair.forget()
    return pair


def charging(subprotocol, variables=None, seconds=60, **options):
    """The same with a car that has charged at EVSE 1 for that time."""
    pair = online(subprotocol, variables, **options)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(seconds)
    assert pair.drivers[0].contactor.closed()
    pair.forget()
    return pair


__all__ = ("ACCEPTED", "Ev", "Pair", "Refuse", "ScriptedCsms", "charging", "online")
