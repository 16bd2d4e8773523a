"""A year of one busy station on flash: twenty sessions a day, a day without network each week, a
power cut each month, OCPP 1.6 until the summer and 2.0.1 from then on.

What was billed is what the meters counted, to the watt-hour; no record is lost or told twice; the
memory in use stays where it was, and each sector of the flash is erased far less often than it
may be.
"""

import gc
import random
import sys

from chargepoint import timestamp
from chargepoint.store.flash_store import FlashStore
from tests.support.flash import Flash
from tests.support.pair import Pair

DAYS = 365
SWITCH_DAY = 180
HOUR_S = 3600
SAMPLE_S = 1800
SECTOR_CYCLES = 100_000
VARIABLES = {
    "SampledDataCtrlr.TxUpdatedInterval": str(SAMPLE_S),
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
}


class Session:
    """What the server has been told of one."""

    def __init__(self, start_wh, started):
        self.start_wh, self.started = start_wh, started
        self.samples = []  # (epoch_s, Wh)
        self.stop_wh = self.ended = self.reason = None
        self.next_seq_no = 1


class Bill:
    """Reads the transaction messages of either dialect as a billing system would."""

    def __init__(self):
        self.open = {}
        self.energy_wh = 0
        self.sessions = self.samples = self.power_losses = 0
        self._last_ids = {}  # of the two kinds of message ids
        self._unanswered = None  # Session of a StartTransaction

    def call(self, message_id, action, payload):
        self._is_new(message_id)
        if action == "StartTransaction":
            self._unanswered = Session(payload["meterStart"], _epoch_s(payload["timestamp"]))
        elif action == "MeterValues":
            self._sample(payload["transactionId"], payload["meterValue"])
        elif action == "StopTransaction":
            self._end(
                payload["transactionId"],
                payload["meterStop"],
                _epoch_s(payload["timestamp"]),
                payload["reason"],
            )
        elif action == "TransactionEvent":
            self._event(payload)

    def _is_new(self, message_id):
        """Ids only go up, those of the journal and those of what is told at once."""
        if "-" in message_id:
            nonce, number = message_id.split("-")
            number = (int(number, 16),)
        else:
            nonce, *number = message_id.split(".")
            number = tuple(int(part, 16) for part in number)
        last = self._last_ids.get(len(number), (nonce, (-1,) * len(number)))
        assert nonce == last[0] and number > last[1], "told twice: %s" % message_id
        self._last_ids[len(number)] = nonce, number

    def answered(self, transaction_id):
        """The answer to StartTransaction."""
        assert transaction_id not in self.open
        self.open[transaction_id] = self._unanswered

    def _event(self, payload):
        info, values = payload["transactionInfo"], payload.get("meterValue", [])
        name, when_s = info["transactionId"], _epoch_s(payload["timestamp"])
        if payload["eventType"] == "Started":
            assert name not in self.open and payload["seqNo"] == 0
            self.open[name] = Session(_energy_wh(values[0]), when_s)
            return
        session = self.open[name]
        assert payload["seqNo"] == session.next_seq_no, "a gap in the sequence"
        session.next_seq_no += 1
        if payload["eventType"] == "Updated":
            self._sample(name, values)
        else:
            self._end(name, _energy_wh(values[-1]), when_s, info["stoppedReason"])

    def _sample(self, name, values):
        for value in values:
            self.open[name].samples.append((_epoch_s(value["timestamp"]), _energy_wh(value)))

    def _end(self, name, stop_wh, ended, reason):
        session = self.open.pop(name)
        periodic = [sample for sample in session.samples if sample[0] != session.started]
        levels = [session.start_wh, *(wh for _, wh in session.samples), stop_wh]
        assert levels == sorted(levels), levels
        self.power_losses += reason == "PowerLoss"
        if reason != "PowerLoss":
            expected = (ended - session.started) // SAMPLE_S
            assert len(periodic) in (expected, expected + 1), (len(periodic), expected)
        self.energy_wh += stop_wh - session.start_wh
        self.samples += len(periodic)
        self.sessions += 1


def _epoch_s(text):
    return timestamp.parse(text)


def _energy_wh(value):
    """The energy register in a MeterValue."""
    for sampled in value["sampledValue"]:
        if sampled.get("measurand", "Energy.Active.Import.Register").startswith("Energy"):
            return int(float(sampled["value"]))
    raise AssertionError("a sample without the register")


class Station(Pair):
    """A Pair that keeps no transcript, but a Bill."""

    def __init__(self, *arguments, **options):
        self.bill = Bill()
        super().__init__(*arguments, **options)

    def _note(self, direction, message):
        if direction == "out" and message[0] == 2:
            self.bill.call(message[1], message[2], message[3])
        elif direction == "in" and message[0] == 3 and "transactionId" in message[2]:
            self.bill.answered(message[2]["transactionId"])

    def _check_schema(self, name, payload):
        """That is for other tests; here are a hundred thousand messages."""

    def told_all(self):
        return self.station.outbox.counts() == [0, 0] and not self.station.busy

    def drain(self):
        for _ in range(100):
            if self.told_all():
                return
            self.run(10)
        raise AssertionError("it does not tell what it has")


def _day(station, rng, with_power_cut):
    """Ten sessions at each EVSE, some of which overlap."""
    for n in range(10):
        for evse_id in (1, 2):
            station.plug(evse_id)
            station.token("04AABB%02d" % evse_id, evse_id)
            station.run(rng.randrange(60, 1800))
        is_cut = with_power_cut and n == 5
        if is_cut:
            station.power_cut()
            station.connect()
        station.run(rng.randrange(60, HOUR_S))
        for evse_id in (2, 1):
            if rng.random() < 0.5 and not is_cut:
                station.token("04AABB%02d" % evse_id, evse_id)
            station.unplug(evse_id)
            station.run(rng.randrange(10, 600))


def _year(days, switch_day, seed=2026):
    """(station, flash, memory blocks in use at the end of each month)"""
    rng = random.Random(seed)
    flash = Flash(sectors=64, sector_bytes=4096)
    station = Station(
        "ocpp1.6",
        VARIABLES,
        meter_ms=SAMPLE_S * 1000,
        make_store=lambda random_bytes: FlashStore(flash, random_bytes),
    )
    station.connect()
    blocks = []
    for day in range(days):
        began_ms = station.wall_ms
        if day == switch_day:
            station.drain()
            station.disconnect()
            station.connect("ocpp2.0.1")
        if day % 7 == 6:
            station.disconnect()
        _day(station, rng, day % 30 == 17 and station.connected)
        if not station.connected:
            station.connect()
        station.run(max(0, 86400 - (station.wall_ms - began_ms) // 1000))
        if day % 30 == 29:
            station.drain()
            station.forget()
            station.log.clear()
            station.times.clear()
            gc.collect()
            blocks.append(sys.getallocatedblocks())
    station.drain()
    return station, flash, blocks


def test_what_was_billed_is_what_was_delivered(say):
    station, flash, blocks = _year(DAYS, SWITCH_DAY)
    bill = station.bill
    assert bill.energy_wh == station.energy_wh(1) + station.energy_wh(2)
    assert not bill.open and bill.sessions == DAYS * 20
    assert bill.power_losses > 0
    assert max(flash.erases) * 100 < SECTOR_CYCLES  # a hundred years
    later = blocks[1:]
    assert max(later) - min(later) < min(later) // 100, "the heap grows: %s" % blocks
    say(
        "a year: %d sessions, %d samples, %d kWh billed and delivered; flash erases of a sector"
        " %d to %d of %d"
        % (
            bill.sessions,
            bill.samples,
            bill.energy_wh // 1000,
            min(flash.erases),
            max(flash.erases),
            SECTOR_CYCLES,
        )
    )
