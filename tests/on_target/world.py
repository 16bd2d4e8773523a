"""A lean world around a station: flash, cars and a server that take no heap while they work.

For measuring what the station itself takes. `take` and `call` never keep a message, and one in
pieces is never put together.
"""

# pyright: reportAttributeAccessIssue=false


class Flash:
    """A store whose contents take no heap beyond what is reserved from the start."""

    SLOTS = 12

    def __init__(self):
        self.slots = self
        self.journal = Journal()
        self.boot_count = 0
        self.nonce = "0badcafe"
        self.damaged = ()
        self.failed = 0
        self.saved = [[None, 0, bytearray(1024)] for _ in range(self.SLOTS)]

    def load(self, name):
        for slot, length, data in self.saved:
            if slot == name:
                return bytes(memoryview(data)[:length])
        return None

    def save(self, name, contents):
        self.delete(name)
        for slot in self.saved:
            if slot[0] is None:
                slot[0], slot[1] = name, len(contents)
                slot[2][: len(contents)] = contents
                return True
        return False

    def delete(self, name):
        for slot in self.saved:
            if slot[0] == name:
                slot[0] = None
        return True


class Journal:
    SIZE = 40

    def __init__(self):
        self.entries = [bytearray(512) for _ in range(self.SIZE)]
        self.lengths = [0] * self.SIZE
        self.first = 1  # seq of the oldest one, kept at seq % SIZE
        self.next = 1
        self.space = 1 << 20  # bytes of room that it says it has

    def append(self, *parts):
        seq = self.next
        if seq - self.first >= self.SIZE:
            raise OSError(28)
        at = 0
        for part in parts:
            self.entries[seq % self.SIZE][at : at + len(part)] = part
            at += len(part)
        self.lengths[seq % self.SIZE] = at
        self.next += 1
        return seq

    def head(self):
        return None if self.first == self.next else self._entry(self.first)

    def acknowledge(self, seq):
        if seq == self.first:
            self.first += 1

    def room(self):
        return self.space

    def edit(self, change):
        """All in one step."""
        first, end = self.first, self.next
        self.next = min(first + 1, end)
        for seq in range(first + 1, end):
            payload = self._entry(seq)[1]
            kept = change(payload)
            if kept is not None:
                self.append(kept)
        return False

    def count(self):
        return self.next - self.first

    def records(self):
        for seq in range(self.first, self.next):
            yield self._entry(seq)

    def _entry(self, seq):
        at = seq % self.SIZE
        return seq, bytes(memoryview(self.entries[at])[: self.lengths[at]])


def random_bytes(count):
    return bytes(count)


def broken(request, now):
    """A maker's function for DataTransfer that has a defect."""
    raise KeyError(request["vendorId"])


class World:
    """The station, its hardware and its server; time passes at `run`."""

    def __init__(self, subprotocol, flash):
        from chargepoint.hal.sim import SimEvse, SimReader

        self.flash = flash
        self.evses = [SimEvse(), SimEvse()]
        self.reader = SimReader()
        self.station = self.hardware = self.layout = None
        self.now = 0
        self.calls = 0
        self.status = None  # of the last answer to a CALL of ours: "ok" or the error code
        self.said = {}  # action -> how often the station sent it
        self.inbox = []
        self.link = None
        self.images = self.roots = None  # if it can be updated, see `updates`
        self.make_updater = None
        self.speak(subprotocol)

    def speak(self, subprotocol):
        """From now on the server speaks this dialect."""
        self.subprotocol = subprotocol
        self.answers = {
            "BootNotification": '{"status":"Accepted","currentTime":"2026-05-01T10:00:00Z",'
            '"interval":86400}',
            "Heartbeat": '{"currentTime":"2026-05-01T10:00:00Z"}',
            "Authorize": '{"idTokenInfo":{"status":"Accepted"}}',
        }
        if subprotocol == "ocpp1.6":
            self.answers["Authorize"] = '{"idTagInfo":{"status":"Accepted"}}'
            self.answers["StopTransaction"] = self.answers["Authorize"]
            self.answers["StartTransaction"] = (
                '{"transactionId":1001,"idTagInfo":{"status":"Accepted"}}'
            )
            self.answers["DataTransfer"] = '{"status":"Accepted"}'

    def boot(self, reason="PowerUp"):
        from chargepoint import modules
        from chargepoint.device_model.model import DeviceModel, EvseLayout, Layout
        from chargepoint.hal.hardware import Hardware
        from chargepoint.station.station import Station

        if self.layout is None:
            evse = EvseLayout(3, 32)
            self.layout = Layout("Acme", "One", "0001", "1.0.0", "CP-1", (evse, evse))
        self.station = self.hardware = None
        self.flash.boot_count += 1
        self.now = 0
        model = DeviceModel(self.layout, self.flash)
        presets = modules.use("device_model.presets")
        presets.preset(model, {"SampledDataCtrlr.TxUpdatedInterval": "60"})
        del presets
        modules.release()
        self.hardware = Hardware(self.evses, self.reader)
        self.station = Station(self.layout, model, self.flash, random_bytes, reason)
        self.station.vendors["broken"] = broken
        if self.make_updater is not None:
            self.station.updater = self.make_updater(self.images)
            self.station.factory_roots = self.factory_roots
        self.station.start(0)
        self.step()

    def factory_roots(self):
        return self.roots

    def connect(self):
        self.station.connected(self.subprotocol, self.now)
        self.step()

    def disconnect(self):
        self.station.disconnected(self.now)
        self.step()

    def plug(self, evse_id, connector_id):
        self.evses[evse_id - 1].pilot.connector_id = connector_id
        self.step()

    def token(self, evse_id):
        self.reader.present("04AABB0%d" % evse_id, "ISO14443", evse_id)
        self.step()

    def run(self, seconds):
        end = self.now + seconds * 1000
        while self.now < end and self.station.reboot is None:
            deadline = self.station.next_deadline()
            self.now = end if deadline is None else max(self.now, min(end, deadline))
            self.step()

    def step(self):
        station = self.station
        busy = True
        while busy:
            for evse in self.evses:
                self.move(evse)
            self.hardware.poll(station, self.now)
            station.poll(self.now)
            commands = station.commands()
            self.hardware.execute(station, commands, self.now)
            busy = bool(commands)
            text = station.to_send()
            while text is not None:
                busy = True
                self.take(text)
                text = station.to_send()
            if self.inbox and station.profile is not None:
                busy = True
                station.receive(self.inbox.pop(0), self.now)
            if station.updater is not None and station.updater.turn():
                busy = True

    def move(self, evse):
        """The car at an EVSE takes 7 kW whenever it can."""
        pilot, meter = evse.pilot, evse.meter
        charging = pilot.connector_id and pilot.offered_ma
        pilot.pilot_state = "C" if charging else "B" if pilot.connector_id else "A"
        power_w = 6900 if charging and evse.contactor.closed() else 0
        if power_w != meter.power_w:
            passed_ms = self.now - meter.at_ms
            energy_mwh = meter.energy_mwh + meter.power_w * passed_ms // 3600
            meter.set(energy_mwh, power_w, (power_w // 690,) * 3, meter.voltages_mv, -1, self.now)

    def take(self, text):
        """A message of the station; one in pieces is never put together."""
        if not isinstance(text, str):
            pieces = text
            text = ""
            for piece in pieces:
                text = text or piece
        kind, message_id, action = text[1], text[4 : text.find('"', 4)], ""
        if kind == "2":
            action = text[text.find('"', 5 + len(message_id)) + 1 :]
            action = action[: action.find('"')]
            self.said[action] = self.said.get(action, 0) + 1
            answer = self.answers.get(action, "{}")
            self.inbox.append('[3,"%s",%s]' % (message_id, answer))
        elif kind == "3":
            self.status = "ok"
        else:
            self.status = text[6 + len(message_id) :]

    def call(self, action, payload):
        """A CALL of the server; what came of it is in `status`."""
        self.calls += 1
        self.status = None
        self.inbox.append('[2,"s-%d","%s",%s]' % (self.calls & 7, action, payload))
        self.step()

    def told_statuses(self):
        """How many statuses of updates the station has told."""
        return sum([self.said[name] for name in self.said if "FirmwareStatus" in name])

    def settle(self):
        """Let all reports and answers end."""
        while self.station.report is not None or self.station.busy:
            self.step()
