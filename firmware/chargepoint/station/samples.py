"""Samples, 36 bytes each: what a meter showed at a moment, and the values they tell. Transient.

A sample is bytes from when it is taken until it is told: in the transaction that keeps it for its
end, in a TransactionRecord, in the journal. Several are their bytes one after the other.
"""

import json
import struct

from ..compat import const
from .record import Reading

_BYTES_PER_MESSAGE = const(142)  # OCPPCommCtrlr.BytesPerMessage[TransactionEvent]

_FRAME_BYTES = const(600)  # of a message without its samples
SAMPLE_BYTES = const(36)
_SAMPLE = "<IBIiiHHHHHHHHBh"
_TICK = const(0x80)  # flag beside the context: the first field is the tick in s, not epoch_s
_NOMINAL_MV = const(230000)

# Bit n of a sample's mask is word n: append only, masks are journalled.
MEASURANDS = (
    "Energy.Active.Import.Register Power.Active.Import Current.Import Voltage Current.Offered"
    " Power.Offered SoC Frequency Temperature"
)
# Journalled as their index: append only, never reorder.
CONTEXTS = (
    "Sample.Periodic Sample.Clock Transaction.Begin Transaction.End Trigger"
    " Interruption.Begin Interruption.End Other"
)


# ---- taking


def pack(epoch_s, context, mask: int, reading, energy_wh: int, offered_ma: int, tick_s=0) -> bytes:
    """The sample of a Reading, but for its energy and offer.

    epoch_s None: time is not known yet; `tick_s` says when it was, in the boot of its record.
    Currents in 10 mA, voltages in 100 mV, frequency in 10 mHz.
    """
    number = 1 + CONTEXTS.split().index(context)
    return struct.pack(
        _SAMPLE,
        tick_s if epoch_s is None else epoch_s,
        number | _TICK if epoch_s is None else number,
        mask,
        energy_wh,
        reading.power_w,
        _scaled(reading.current_ma[0], 10),
        _scaled(reading.current_ma[1], 10),
        _scaled(reading.current_ma[2], 10),
        _scaled(reading.voltage_mv[0], 100),
        _scaled(reading.voltage_mv[1], 100),
        _scaled(reading.voltage_mv[2], 100),
        _scaled(offered_ma, 10),
        _scaled(reading.frequency_mhz, 10),
        reading.soc_percent & 0xFF,
        reading.temperature_dc,
    )


def thinner(samples: bytes) -> bytes:
    """They without every second one, never the first or the last."""
    kept = bytearray(samples)
    thin(kept)
    if not len(samples) // SAMPLE_BYTES % 2:
        kept += samples[-SAMPLE_BYTES:]
    return bytes(kept)


def fitting(station, samples: bytes, told, moment: tuple, phases: int, is_optional: bool) -> bytes:
    """So many of the samples that a message takes what `told` makes of them (see the dialects).

    is_optional: the message is worth telling without any; so it is where the first and the last
    alone have cost a link.
    """
    outbox = station.outbox
    most = station.model.integer(_BYTES_PER_MESSAGE) - _FRAME_BYTES
    while len(samples) > 2 * SAMPLE_BYTES or (samples and is_optional and outbox.suspect):
        size = sum([len(json.dumps(item)) for item in told(samples, moment, phases)])
        outbox.sample_bytes = size
        if size <= min(most, outbox.fitting_bytes):
            break
        if len(samples) <= 2 * SAMPLE_BYTES:
            return b"" if size >> 1 >= outbox.fitting_bytes else samples
        samples = thinner(samples)
    return samples


def _scaled(value: int, unit: int) -> int:
    return 0xFFFF if value < 0 else min(value // unit, 0xFFFE)


def thin(samples: bytearray) -> None:
    """Drop the second of them, the fourth and so on."""
    end = SAMPLE_BYTES
    for at in range(2 * SAMPLE_BYTES, len(samples), 2 * SAMPLE_BYTES):
        samples[end : end + SAMPLE_BYTES] = samples[at : at + SAMPLE_BYTES]
        end += SAMPLE_BYTES
    samples[end:] = b""


# ---- telling


def each(samples: bytes, epoch_s, tick_ms: int):
    """(epoch_s, context, mask, Reading) of each.

    epoch_s: of their record; it was at tick_ms, from which those are counted back that know no
    more than their tick. A context that this version does not know is told as Other.
    """
    contexts = CONTEXTS.split()
    for at in range(0, len(samples), SAMPLE_BYTES):
        fields = struct.unpack_from(_SAMPLE, samples, at)
        reading = Reading()
        reading.energy_wh, reading.power_w = fields[3], fields[4]
        reading.current_ma = [fields[5] * 10, fields[6] * 10, fields[7] * 10]
        reading.voltage_mv = [fields[8] * 100, fields[9] * 100, fields[10] * 100]
        reading.offered_ma = fields[11] * 10
        reading.frequency_mhz = -1 if fields[12] == 0xFFFF else fields[12] * 10
        reading.soc_percent = -1 if fields[13] == 0xFF else fields[13]
        reading.temperature_dc = fields[14]
        number, taken_s = fields[1] & ~_TICK, fields[0] or epoch_s
        if fields[1] & _TICK:
            taken_s = epoch_s - max(0, tick_ms // 1000 - fields[0])
        context = contexts[number - 1] if 0 < number <= len(contexts) else "Other"
        yield taken_s, context, fields[2], reading


def values(mask: int, reading, phases: int):
    """(measurand, phase, location, unit, value) of each; phase, location, unit may be None.

    phases: of the EVSE; with more than one, a value for each phase is told where there is one.
    """
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
