"""Meter values: what is sampled, and when (block J); how it is kept and told is in `samples`.

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

from .. import modules
from ..compat import cold, const
from .samples import SAMPLE_BYTES

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

_MAX_ENDED_SAMPLES = const(48)
_DAY_S = const(86400)


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
    def begin(self, evse, transaction, now: int) -> bytes:
        """The sample of Started (E01.FR.09); the transaction's sampling counts from here."""
        transaction.sampled_ms = [now, now]
        first = self._sample(evse, "Transaction.Begin", _TX_ENDED_MEASURANDS, _SAMPLED_ENABLED)
        transaction.samples = bytearray(first)
        return self.begun(evse)

    @cold
    def begun(self, evse) -> bytes:
        """The measurands of Started, for when its EVSE became known later (E02.FR.21)."""
        return self._sample(evse, "Transaction.Begin", _TX_STARTED_MEASURANDS, _SAMPLED_ENABLED)

    @cold
    def end(self, evse, transaction) -> bytearray:
        """The samples of a transaction's Ended event (E06.FR.11)."""
        last = self._sample(evse, "Transaction.End", _TX_ENDED_MEASURANDS, _SAMPLED_ENABLED)
        transaction.samples += last
        return transaction.samples

    @cold
    def trigger(self, evse_id: int) -> bool:
        """Tell the present values of the EVSE, or of each (0), as aligned data does (F06).

        False if there is nothing to tell: not every measurand has a value at any time.
        """
        station, told = self.station, False
        for evse in station.evses:
            if evse_id in (0, evse.id):
                sample = self._sample(evse, "Trigger", _ALIGNED_MEASURANDS, _ALIGNED_ENABLED, 1)
                data = {"evseId": evse.id, "meterValue": sample}
                if station.profile.encode(station, "MeterValues", data):
                    told = station.emit("MeterValues", data, None, True) or told
        return told

    @cold
    def sample(self, evse, context: str) -> bytes:
        """A sample of what sampled data tells, out of turn."""
        return self._sample(evse, context, _TX_UPDATED_MEASURANDS, _SAMPLED_ENABLED)

    # ---- inside

    def _poll_evse(self, evse, send: bool, keep: bool, now: int) -> None:
        transaction = evse.transaction
        transactions = self.station.transactions
        if send:
            sample = self._sample(evse, "Sample.Clock", _ALIGNED_MEASURANDS, _ALIGNED_ENABLED)
            if sample and transaction is not None:  # J01.FR.22
                transactions.sampled(evse, "MeterValueClock", sample, now)
            elif sample:  # J01.FR.14
                self.station.emit("MeterValues", {"evseId": evse.id, "meterValue": sample})
        if transaction is None:
            return
        if keep:
            self._keep(evse, "Sample.Clock", _ALIGNED_TX_ENDED_MEASURANDS, _ALIGNED_ENABLED)
        if self._sampled_due(transaction, 1, now):
            self._keep(evse, "Sample.Periodic", _TX_ENDED_MEASURANDS, _SAMPLED_ENABLED)
        if self._sampled_due(transaction, 0, now):  # J02.FR.11
            sample = self._sample(
                evse, "Sample.Periodic", _TX_UPDATED_MEASURANDS, _SAMPLED_ENABLED
            )
            if sample:
                transactions.sampled(evse, "MeterValuePeriodic", sample, now)

    @cold
    def _sample(self, evse, context: str, measurands: int, enabled: int, mask: int = 0) -> bytes:
        """A sample of the EVSE's present reading, b"" where there is nothing to tell.

        measurands, enabled: variables; mask: the measurands where these name none.
        """
        station, reading = self.station, evse.reading
        if reading is None:
            return b""
        samples = modules.use("station.samples")
        if station.model.boolean(enabled):
            mask = station.model.bits(measurands, samples.MEASURANDS) or mask
        if not mask:
            return b""
        energy_wh = reading.energy_wh
        if evse.transaction is not None:
            energy_wh = evse.transaction.register_wh
        now = station.now
        epoch_s, tick_s = station.clock_epoch_s(now), now // 1000
        return samples.pack(epoch_s, context, mask, reading, energy_wh, evse.offered_ma, tick_s)

    @cold
    def _keep(self, evse, context: str, measurands: int, enabled: int) -> None:
        """Keep a sample for Ended, within the bound."""
        transaction = evse.transaction
        sample = self._sample(evse, context, measurands, enabled)
        transaction.skip -= 1
        if not sample or transaction.skip >= 0:
            return
        if len(transaction.samples) >= _MAX_ENDED_SAMPLES * SAMPLE_BYTES:
            modules.use("station.samples").thin(transaction.samples)
            transaction.stride *= 2
        transaction.skip = transaction.stride - 1
        transaction.samples += sample

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
