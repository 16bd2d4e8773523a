"""Meter values: what is sampled, when, and how a reading becomes values (block J).

Sampled data counts from the start of its transaction, clock-aligned data from midnight UTC; a next
moment is always the last one plus the interval, so it never drifts, and moments that a jump of the
clock passed over are not made up for. Aligned values of an EVSE in a transaction travel in its
TransactionEvents, of an idle one in MeterValues; without wall time there is no alignment.

Samples for the Ended event are kept in RAM up to a bound; when it is full every second one in
between goes, never the first or the last (E12.FR.09), and every second one that comes is left out
too.

Inside a transaction the register is told as the value at its start plus all that was added since:
what the meter shows, unless the meter was replaced and starts lower. Then a bill still adds up and
energy never falls. Registers are totals; there is no register for each phase.
"""

from ..compat import cold, const
from . import record as records

_SAMPLED_ENABLED = const(71)  # SampledDataCtrlr.Enabled
_TX_STARTED_MEASURANDS = const(73)  # SampledDataCtrlr.TxStartedMeasurands
_TX_UPDATED_INTERVAL = const(74)  # SampledDataCtrlr.TxUpdatedInterval
_TX_UPDATED_MEASURANDS = const(75)  # SampledDataCtrlr.TxUpdatedMeasurands
_TX_ENDED_INTERVAL = const(76)  # SampledDataCtrlr.TxEndedInterval
_TX_ENDED_MEASURANDS = const(77)  # SampledDataCtrlr.TxEndedMeasurands
_ALIGNED_ENABLED = const(23)  # AlignedDataCtrlr.Enabled
_ALIGNED_INTERVAL = const(24)  # AlignedDataCtrlr.Interval
_ALIGNED_MEASURANDS = const(25)  # AlignedDataCtrlr.Measurands
_ALIGNED_TX_ENDED_INTERVAL = const(27)  # AlignedDataCtrlr.TxEndedInterval
_ALIGNED_TX_ENDED_MEASURANDS = const(28)  # AlignedDataCtrlr.TxEndedMeasurands
_SEND_DURING_IDLE = const(26)  # AlignedDataCtrlr.SendDuringIdle

# Bit n of a sample's mask is word n: append only, masks are journalled.
MEASURANDS = (
    "Energy.Active.Import.Register Power.Active.Import Current.Import Voltage Current.Offered"
    " Power.Offered SoC Frequency Temperature"
)
_MAX_ENDED_SAMPLES = const(48)
_NOMINAL_MV = const(230000)
_DAY_S = const(86400)


def sampled_values(sample, phases: int):
    """(measurand, phase, location, unit, value) of each value; phase, location, unit may be None.

    phases: of the EVSE; with more than one, a value for each phase is told where there is one.
    """
    reading, mask = sample.reading, sample.mask
    several = phases > 1
    for bit, measurand in enumerate(MEASURANDS.split()):
        if not mask >> bit & 1:
            continue
        if bit == 0:
            yield measurand, None, "Outlet", "Wh", str(reading.energy_wh)
        elif bit == 1:
            yield measurand, None, "Outlet", "W", str(reading.power_w)
            for phase in range(phases if several else 0):
                power_w = reading.voltage_mv[phase] // 100 * reading.current_ma[phase] // 10000
                yield measurand, "L%d" % (phase + 1), "Outlet", "W", str(power_w)
        elif bit == 2:
            for phase in range(phases):
                value = _decimal(reading.current_ma[phase] // 10, 100)
                yield measurand, "L%d" % (phase + 1) if several else None, "Outlet", "A", value
        elif bit == 3:
            for phase in range(phases):
                value = _decimal(reading.voltage_mv[phase] // 100, 10)
                yield measurand, "L%d-N" % (phase + 1) if several else None, "Outlet", "V", value
        elif bit == 4:
            yield measurand, None, None, "A", _decimal(reading.offered_ma // 10, 100)
        elif bit == 5:
            power_w = 0
            for phase in range(phases):
                voltage_mv = reading.voltage_mv[phase] or _NOMINAL_MV
                power_w += voltage_mv // 100 * (reading.offered_ma // 10) // 1000
            yield measurand, None, None, "W", str(power_w)
        elif bit == 6 and reading.soc_percent >= 0:
            yield measurand, None, "EV", "Percent", str(reading.soc_percent)
        elif bit == 7 and reading.frequency_mhz >= 0:
            yield measurand, None, None, "Hz", _decimal(reading.frequency_mhz // 10, 100)
        elif bit == 8 and reading.temperature_dc >= 0:
            yield measurand, None, "Body", "Celsius", _decimal(reading.temperature_dc, 10)


def _decimal(value: int, parts: int) -> str:
    """value/parts with as many decimals as `parts` has zeros."""
    return "%d.%0*d" % (value // parts, len(str(parts)) - 1, value % parts)


class Metering:
    """The readings and the sampling of one Station."""

    def __init__(self, station):
        self.station = station
        self._aligned = [None, None]  # next moments of Interval and of TxEndedInterval, epoch_s
        self._aligned_interval_s = [0, 0]

    # ---- inputs

    def on_reading(self, evse, reading, now: int) -> None:
        """The meter of `evse` shows `reading`; the caller may go on updating it in place."""
        evse.reading = reading
        transaction = evse.transaction
        if transaction is not None:
            added_wh = reading.energy_wh - transaction.meter_wh
            transaction.meter_wh = reading.energy_wh
            if added_wh > 0:
                transaction.register_wh += added_wh
            self.station.transactions.on_reading(evse, now)

    @cold
    def clock_changed(self, now: int) -> None:
        """Wall time was set or stepped: find the next aligned moments anew."""
        self._aligned = [None, None]

    def poll(self, now: int) -> None:
        """Take the samples that are due."""
        epoch_s = self.station.clock_epoch_s(now)
        send, keep = self._aligned_due(0, epoch_s), self._aligned_due(1, epoch_s)
        if send and self.station.model.boolean(_SEND_DURING_IDLE):
            for evse in self.station.evses:  # J01.FR.20
                send = send and evse.transaction is None
        for evse in self.station.evses:
            self._poll_evse(evse, send, keep, now)

    def next_deadline(self):
        """Tick in ms of the next sample, or None."""
        now = self.station.now
        epoch_s = self.station.clock_epoch_s(now)
        deadlines = [
            now + (due_s - epoch_s) * 1000 for due_s in self._aligned if due_s is not None
        ]
        for evse in self.station.evses:
            if evse.transaction is not None:
                for which in (0, 1):
                    interval_ms = self._sampled_interval_ms(which)
                    if interval_ms:
                        deadlines.append(evse.transaction.sampled_ms[which] + interval_ms)
        return min(deadlines) if deadlines else None

    # ---- for transactions

    @cold
    def begin(self, evse, transaction, now: int) -> list:
        """The samples of Started (E01.FR.09); the transaction's sampling counts from here."""
        transaction.sampled_ms = [now, now]
        mask = self._mask(_TX_ENDED_MEASURANDS, _SAMPLED_ENABLED)
        transaction.samples = self._sample(evse, "Transaction.Begin", mask)
        return self.begun(evse)

    @cold
    def begun(self, evse) -> list:
        """The measurands of Started, for when its EVSE became known later (E02.FR.21)."""
        mask = self._mask(_TX_STARTED_MEASURANDS, _SAMPLED_ENABLED)
        return self._sample(evse, "Transaction.Begin", mask)

    @cold
    def end(self, evse, transaction) -> list:
        """The samples of a transaction's Ended event (E06.FR.11)."""
        mask = self._mask(_TX_ENDED_MEASURANDS, _SAMPLED_ENABLED)
        return transaction.samples + self._sample(evse, "Transaction.End", mask)

    @cold
    def trigger(self, evse_id: int, now: int) -> None:
        """Tell the present values of the EVSE, or of each (0), as aligned data does (F06)."""
        mask = self._mask(_ALIGNED_MEASURANDS, _ALIGNED_ENABLED) or 1
        for evse in self.station.evses:
            samples = self._sample(evse, "Trigger", mask)
            if samples and evse_id in (0, evse.id):
                data = {"evseId": evse.id, "meterValue": samples}
                self.station.emit("MeterValues", data, None, True)

    @cold
    def trigger_transaction(self, evse) -> list:
        """A sample on demand, of what sampled data tells (TriggerMessage TransactionEvent)."""
        return self._sample(evse, "Trigger", self._mask(_TX_UPDATED_MEASURANDS, _SAMPLED_ENABLED))

    # ---- inside

    def _poll_evse(self, evse, send: bool, keep: bool, now: int) -> None:
        transaction = evse.transaction
        transactions = self.station.transactions
        if send:
            mask = self._mask(_ALIGNED_MEASURANDS, _ALIGNED_ENABLED)
            samples = self._sample(evse, "Sample.Clock", mask)
            if samples and transaction is not None:  # J01.FR.22
                transactions.sampled(evse, "MeterValueClock", samples, now)
            elif samples:  # J01.FR.14
                self.station.emit("MeterValues", {"evseId": evse.id, "meterValue": samples})
        if transaction is None:
            return
        if keep:
            mask = self._mask(_ALIGNED_TX_ENDED_MEASURANDS, _ALIGNED_ENABLED)
            self._keep(transaction, self._sample(evse, "Sample.Clock", mask))
        if self._sampled_due(transaction, 1, now):
            mask = self._mask(_TX_ENDED_MEASURANDS, _SAMPLED_ENABLED)
            self._keep(transaction, self._sample(evse, "Sample.Periodic", mask))
        if self._sampled_due(transaction, 0, now):  # J02.FR.11
            mask = self._mask(_TX_UPDATED_MEASURANDS, _SAMPLED_ENABLED)
            samples = self._sample(evse, "Sample.Periodic", mask)
            if samples:
                transactions.sampled(evse, "MeterValuePeriodic", samples, now)

    @cold
    def _sample(self, evse, context: str, mask: int) -> list:
        """[Sample] of the EVSE's present reading, or [] where there is nothing to tell."""
        if not mask or evse.reading is None:
            return []
        reading = evse.reading.copy()
        reading.offered_ma = evse.offered_ma
        if evse.transaction is not None:
            reading.energy_wh = evse.transaction.register_wh
        station = self.station
        return [records.Sample(station.clock_epoch_s(station.now), context, mask, reading)]

    @cold
    def _mask(self, variable: int, enabled: int) -> int:
        model = self.station.model
        return model.bits(variable, MEASURANDS) if model.boolean(enabled) else 0

    @cold
    def _keep(self, transaction, samples: list) -> None:
        """Keep for Ended, within the bound."""
        transaction.skip -= 1
        if not samples or transaction.skip >= 0:
            return
        kept = transaction.samples
        if len(kept) >= _MAX_ENDED_SAMPLES:
            transaction.samples = kept = [kept[0]] + kept[2::2]
            transaction.stride *= 2
        transaction.skip = transaction.stride - 1
        kept.append(samples[0])

    def _sampled_interval_ms(self, which: int) -> int:
        """0: what is sent while it runs; 1: what is kept for its end. 0 ms: never."""
        interval = _TX_ENDED_INTERVAL if which else _TX_UPDATED_INTERVAL
        return self.station.model.integer(interval) * 1000

    def _sampled_due(self, transaction, which: int, now: int) -> bool:
        interval_ms = self._sampled_interval_ms(which)
        passed = (now - transaction.sampled_ms[which]) // interval_ms if interval_ms else 0
        if passed > 0:
            transaction.sampled_ms[which] += passed * interval_ms
        return passed > 0

    def _aligned_due(self, which: int, epoch_s) -> bool:
        """Whether the aligned moment has come; then, or if there is none yet, the next is set."""
        model = self.station.model
        interval_s = model.integer(_ALIGNED_TX_ENDED_INTERVAL if which else _ALIGNED_INTERVAL)
        if epoch_s is None or not interval_s:
            self._aligned[which] = None
            return False
        next_s = self._aligned[which]
        if interval_s != self._aligned_interval_s[which]:
            self._aligned_interval_s[which] = interval_s
            next_s = None
        if next_s is not None and epoch_s < next_s:
            return False
        midnight_s = epoch_s - epoch_s % _DAY_S
        slots = (epoch_s - midnight_s) // interval_s + 1
        self._aligned[which] = midnight_s + min(slots * interval_s, _DAY_S)
        return next_s is not None
