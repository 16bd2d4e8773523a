"""A Station for tests of one block: it keeps what the block puts out, in the order in which it
does.

    station = FakeStation({"TxCtrlr.TxStartPoint": "EVConnected"})
    station.plug(1); station.token("04AABB")
    assert station.told() == [("Started", "CablePluggedIn"), ...]

`log` holds commands, records and events in one list, so that a test sees what came first. The
hardware obeys at once unless `obey` is False, and an EV stops drawing as soon as the offer is
withdrawn (state B, and C again with the next offer) unless `ev_obeys` is. `online` decides whether
events find a server; `answer` their answer. The variables have their real defaults.
Runs on both interpreters."""

from chargepoint.compat import const
from chargepoint.station.authorization import Authorization
from chargepoint.station.evse import Evse
from chargepoint.station.metering import Metering
from chargepoint.station.record import Reading
from chargepoint.station.transactions import Transactions

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from typing import Any

_CSV = __file__.replace("\\", "/")[: -len("tests/support/fake_station.py")] + "tools/variables.csv"


def _split(line):
    """The fields of one line of csv."""
    fields, quoted, field = [], False, ""
    for letter in line:
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            fields.append(field)
            field = ""
        else:
            field += letter
    return fields + [field]


def _variables():
    """Address -> (id, default)."""
    variables = {}
    with open(_CSV) as file:
        next(file)
        for line in file:
            fields = _split(line.rstrip("\n"))
            instance = "[%s]" % fields[3] if fields[3] else ""
            address = "%s.%s%s" % (fields[1], fields[2], instance)
            variables[address] = (int(fields[0]), fields[12])
    return variables


VARIABLES = _variables()


class FakeModel:
    def __init__(self, values=None):
        self.features = {"authorization_cache", "remote_control"}
        self._values = {}
        for number, default in VARIABLES.values():
            self._values[number] = default
        for address, value in (values or {}).items():
            self.set(address, value)

    def set(self, address, value):
        self._values[VARIABLES[address][0]] = str(value)

    def text(self, number):
        return self._values[number]

    def integer(self, number):
        return int(self._values[number] or "0")

    def boolean(self, number):
        return self._values[number] == "true"

    def bits(self, number, words):
        items = self._values[number].split(",")
        return sum(1 << bit for bit, word in enumerate(words.split()) if word in items)

    def has_feature(self, name):
        return name in self.features


class FakeSlots:
    def __init__(self):
        self.saved = {}

    def load(self, name):
        return self.saved.get(name)

    def save(self, name, data):
        self.saved[name] = bytes(data)
        return True

    def delete(self, name):
        self.saved.pop(name, None)
        return True


class Things:
    """An object with attributes."""

    def __init__(self, **things):
        for name in things:
            setattr(self, name, things[name])


class FakeJournal:
    def __init__(self):
        self.entries = []

    def records(self):
        return iter(self.entries)


class FakeStation:
    def __init__(self, variables=None, evses=1, connectors=("cType2",), phases=3, slots=None):
        self.model = FakeModel(variables)
        self.store: "Any" = Things(slots=slots or FakeSlots(), boot_count=1)
        self.outbox: "Any" = Things(journal=FakeJournal(), full=False)
        self.provisioning: "Any" = Things(status="Accepted")
        self.online = True
        self.profile: "Any" = None
        self.operative = True
        self.update = self.updater = None
        self.resetting = False
        self.boot_reason = "PowerUp"
        self.now = 0
        self.epoch_s: "Any" = 200000000 // 86400 * 86400  # at tick 0; a midnight
        self.obey = self.ev_obeys = True
        self._rested = set()  # EVSEs whose EV has stopped
        self.answer: "Any" = {
            "idTokenInfo": {"status": "Accepted"}
        }  # to Authorize; None: no answer
        self.log = []
        self._random = 0
        layout = Things(phases=phases, max_current_a=32, connectors=connectors)
        self.evses = [Evse(n + 1, layout) for n in range(evses)]
        self.authorization = Authorization(self)
        self.metering = Metering(self)
        self.transactions = Transactions(self)

    # ---- what the blocks use

    def random_bytes(self, count):
        self._random += 1
        return bytes([self._random] * count)

    def clock_epoch_s(self, now):
        return None if self.epoch_s is None else self.epoch_s + now // 1000

    def command(self, *command):
        self.log.append(command)

    def moment(self):
        return self.clock_epoch_s(self.now), False, self.now, self.store.boot_count

    def record(self, record):
        if not record.boot_count:
            record.epoch_s, record.estimated, record.tick_ms, record.boot_count = self.moment()
        self.log.append(record)
        return True

    def security_event(self, event_type, tech_info=None):
        self.log.append(("SecurityEventNotification", event_type, tech_info))

    def emit(self, kind, data, on_answer=None, wanted=False):
        if not self.online:
            if on_answer is not None:
                on_answer(None, self.now)
            return False
        self.log.append((kind, data))
        if on_answer is not None and self.answer != "later":
            on_answer(self.answer, self.now)
        elif on_answer is not None:
            self.on_answer = on_answer
        return True

    # ---- the world

    def settle(self):
        """Let the hardware do what it is told."""
        done = getattr(self, "_done", 0)
        while self.obey and done < len(self.log):
            entry = self.log[done]
            done += 1
            self._done = done
            if isinstance(entry, tuple) and entry[0] == "contactor":
                self.transactions.on_contactor(self.evses[entry[1] - 1], entry[2], self.now)
            elif isinstance(entry, tuple) and entry[0] == "offer" and self.ev_obeys:
                self._offered(self.evses[entry[1] - 1], entry[2])
            elif isinstance(entry, tuple) and entry[0] == "lock":
                self.transactions.on_lock(self.evses[entry[1] - 1], entry[2], self.now)
        self._done = done

    def _offered(self, evse, offered_ma):
        if not offered_ma and evse.open_at_ms is not None:
            self._rested.add(evse.id)
            self.transactions.on_pilot(evse, "B", self.now)
        elif offered_ma and evse.id in self._rested:
            self._rested.remove(evse.id)
            if evse.pilot == "B":
                self.transactions.on_pilot(evse, "C", self.now)

    def plug(self, evse_id=1, pilot="C", connector_id=1):
        self.transactions.on_plug(self.evses[evse_id - 1], connector_id, self.now)
        self.settle()
        self.pilot(pilot, evse_id)

    def pilot(self, state, evse_id=1):
        self.transactions.on_pilot(self.evses[evse_id - 1], state, self.now)
        self.settle()

    def unplug(self, evse_id=1):
        self.transactions.on_unplug(self.evses[evse_id - 1], self.now)
        self.settle()

    def contactor(self, closed, evse_id=1):
        self.transactions.on_contactor(self.evses[evse_id - 1], closed, self.now)
        self.settle()

    def fault(self, code, active=True, evse_id=1, connector_id=1):
        evse = self.evses[evse_id - 1]
        self.transactions.on_fault(evse, connector_id, code, active, self.now)
        self.settle()

    def token(self, id_token, evse_id=0, token_type="ISO14443"):
        self.authorization.on_token(id_token, token_type, evse_id, self.now)
        self.settle()

    def stop(self, reason, trigger, evse_id=1):
        self.transactions.stop(self.evses[evse_id - 1], reason, trigger, self.now)
        self.settle()

    def meter(self, energy_wh, evse_id=1, power_w=0, current_ma=(0, 0, 0)):
        reading = Reading()
        reading.energy_wh, reading.power_w = energy_wh, power_w
        reading.current_ma, reading.voltage_mv = list(current_ma), [230000, 230000, 230000]
        self.metering.on_reading(self.evses[evse_id - 1], reading, self.now)
        self.settle()

    @property
    def in_service(self):
        return self.operative

    def idle(self, status, record=None):
        """The server's answer to the latest record with a token, or to `record`."""
        if record is None:
            record = [entry for entry in self.records() if entry.id_token is not None][-1]
        self.transactions.on_answer(record, {"idTokenInfo": {"status": status}}, self.now)
        self.settle()

    def idle_answer(self, status):
        """As `idle`, if there is a record with a token."""
        if [entry for entry in self.records() if entry.id_token is not None]:
            self.idle(status)

    def run(self, seconds):
        """Poll whenever something is due until that many seconds have passed."""
        end = self.now + seconds * 1000
        while True:
            for block in (self.transactions, self.metering):
                block.poll(self.now)
            self.settle()
            due = [block.next_deadline() for block in (self.transactions, self.metering)]
            due = [deadline for deadline in due if deadline is not None]
            if not due or min(due) > end:
                break
            assert min(due) >= self.now, "a deadline in the past"
            self.now = max(min(due), self.now + 1)
        self.now = end

    # ---- what came out

    def records(self, since=0):
        return [entry for entry in self.log[since:] if not isinstance(entry, tuple)]

    def told(self, since=0):
        """(eventType, triggerReason) of each record."""
        return [(r.event_type, r.trigger_reason) for r in self.records(since)]

    def states(self, since=0):
        """(triggerReason, chargingState) of each record."""
        return [(r.trigger_reason, r.charging_state) for r in self.records(since)]

    def commands(self, since=0):
        kinds = ("contactor", "offer", "lock")
        return [e for e in self.log[since:] if isinstance(e, tuple) and e[0] in kinds]

    def events(self, since=0):
        kinds = ("contactor", "offer", "lock")
        return [e for e in self.log[since:] if isinstance(e, tuple) and e[0] not in kinds]
