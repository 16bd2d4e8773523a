"""Neutral facts of a transaction, and the compact bytes in which they are journalled.

A record says what happened, when, and what the meter read; it becomes a message of a dialect only
when it is sent. Its bytes carry a format number first. A reader takes the numbers it knows and
raises ValueError for bytes that it can't read, so that the store can report them.
"""

import struct
from binascii import hexlify, unhexlify

from ..compat import const

_FORMAT = const(1)
_HEAD = "<BBHHHIIIiBBBBBBiiI"
_SAMPLE = "<IBIiiHHHHHHHHBh"
_NONE_32 = const(-0x80000000)

# Enumerations are journalled as their index: append only, never reorder.
EVENT_TYPES = "Started Updated Ended"
CONTEXTS = (
    "Sample.Periodic Sample.Clock Transaction.Begin Transaction.End Trigger"
    " Interruption.Begin Interruption.End Other"
)
TRIGGER_REASONS = (
    "Authorized CablePluggedIn ChargingRateChanged ChargingStateChanged Deauthorized"
    " EnergyLimitReached EVCommunicationLost EVConnectTimeout MeterValueClock MeterValuePeriodic"
    " TimeLimitReached Trigger UnlockCommand StopAuthorized EVDeparted EVDetected RemoteStop"
    " RemoteStart AbnormalCondition SignedDataReceived ResetCommand"
)
CHARGING_STATES = "Charging EVConnected SuspendedEV SuspendedEVSE Idle"
STOPPED_REASONS = (
    "DeAuthorized EmergencyStop EnergyLimitReached EVDisconnected GroundFault ImmediateReset Local"
    " LocalOutOfCredit MasterPass Other OvercurrentFault PowerLoss PowerQuality Reboot Remote"
    " SOCLimitReached StoppedByEV TimeLimitReached Timeout"
)
ID_TOKEN_TYPES = "Central eMAID ISO14443 ISO15693 KeyCode Local MacAddress NoAuthorization"


class Reading:
    """What the meter of an EVSE shows; one object per EVSE is updated in place by the hardware.

    Lists have one element per phase. -1 means that it can't be measured.
    """

    def __init__(self):
        self.energy_wh = 0
        self.power_w = 0
        self.current_ma = [0, 0, 0]
        self.voltage_mv = [0, 0, 0]
        self.offered_ma = 0
        self.soc_percent = -1
        self.frequency_mhz = -1
        self.temperature_dc = -1  # tenths of a degree Celsius

    def copy(self) -> "Reading":
        other = Reading()
        other.energy_wh, other.power_w = self.energy_wh, self.power_w
        other.current_ma, other.voltage_mv = list(self.current_ma), list(self.voltage_mv)
        other.offered_ma, other.soc_percent = self.offered_ma, self.soc_percent
        other.frequency_mhz, other.temperature_dc = self.frequency_mhz, self.temperature_dc
        return other


class Sample:
    """A reading at a moment, with the measurands (bits of `metering.MEASURANDS`) that it tells.

    `epoch_s` None means the moment of the record that carries it (time was not known yet).
    """

    def __init__(self, epoch_s, context: str, mask: int, reading: Reading):
        self.epoch_s = epoch_s
        self.context = context
        self.mask = mask
        self.reading = reading


class TransactionRecord:
    """One TransactionEvent as a neutral fact; None where a fact is absent or was told before."""

    def __init__(self, event_type: str, transaction_id: str, seq_no: int):
        self.event_type = event_type
        self.transaction_id = transaction_id
        self.seq_no = seq_no
        self.epoch_s: int | None = None
        self.tick_ms = 0
        self.boot_count = 0
        self.offline = False
        self.trigger_reason = "Trigger"
        self.charging_state: str | None = None
        self.stopped_reason: str | None = None
        self.evse_id = 0
        self.connector_id = 0
        self.tell_evse = False  # E02: `evse` goes on the wire once, when the cable is known
        self.id_token: str | None = None
        self.id_token_type: str | None = None
        self.remote_start_id: int | None = None
        self.reservation_id: int | None = None
        self.meter_wh = 0
        self.time_spent_charging_s: int | None = None
        self.phases_used = 0
        self.samples = []


def pack(record: TransactionRecord) -> bytes:
    """The journal's bytes of `record`."""
    flags = (1 if record.offline else 0) | (2 if record.tell_evse else 0)
    token = (record.id_token or "").encode()
    spent_s = record.time_spent_charging_s
    parts = [
        struct.pack(
            _HEAD,
            _FORMAT,
            flags,
            record.seq_no,
            record.boot_count & 0xFFFF,
            len(record.samples),
            record.epoch_s or 0,
            record.tick_ms // 1000,
            record.tick_ms % 1000,
            record.meter_wh,
            _index(EVENT_TYPES, record.event_type),
            _index(TRIGGER_REASONS, record.trigger_reason),
            _index(CHARGING_STATES, record.charging_state),
            _index(STOPPED_REASONS, record.stopped_reason),
            record.evse_id << 4 | record.connector_id,
            record.phases_used,
            _NONE_32 if record.remote_start_id is None else record.remote_start_id,
            _NONE_32 if record.reservation_id is None else record.reservation_id,
            0xFFFFFFFF if spent_s is None else spent_s,
        ),
        unhexlify(record.transaction_id.replace("-", "")),
        bytes((_index(ID_TOKEN_TYPES, record.id_token_type), len(token))),
        token,
    ]
    for sample in record.samples:
        parts.append(pack_sample(sample))
    return b"".join(parts)


def unpack(data: bytes) -> TransactionRecord:
    """The record of its journal bytes. Raises ValueError for bytes that are no such record."""
    if len(data) < struct.calcsize(_HEAD) + 18 or data[0] != _FORMAT:
        raise ValueError("transaction record of an unknown format")
    head = struct.unpack_from(_HEAD, data, 0)
    at = struct.calcsize(_HEAD)
    event_type, trigger_reason = _word(EVENT_TYPES, head[9]), _word(TRIGGER_REASONS, head[10])
    if event_type is None or trigger_reason is None:
        raise ValueError("transaction record without a kind")
    record = TransactionRecord(event_type, transaction_id(data[at : at + 16]), head[2])
    record.offline, record.tell_evse = bool(head[1] & 1), bool(head[1] & 2)
    record.boot_count, record.epoch_s = head[3], head[5] or None
    record.tick_ms, record.meter_wh = head[6] * 1000 + head[7], head[8]
    record.trigger_reason = trigger_reason
    record.charging_state = _word(CHARGING_STATES, head[11])
    record.stopped_reason = _word(STOPPED_REASONS, head[12])
    record.evse_id, record.connector_id = head[13] >> 4, head[13] & 15
    record.phases_used = head[14]
    record.remote_start_id = None if head[15] == _NONE_32 else head[15]
    record.reservation_id = None if head[16] == _NONE_32 else head[16]
    record.time_spent_charging_s = None if head[17] == 0xFFFFFFFF else head[17]
    at += 16
    record.id_token_type = _word(ID_TOKEN_TYPES, data[at])
    end = at + 2 + data[at + 1]
    if data[at + 1] or record.id_token_type:
        record.id_token = bytes(data[at + 2 : end]).decode()
    size = struct.calcsize(_SAMPLE)
    if len(data) != end + size * head[4]:
        raise ValueError("transaction record of a wrong length")
    for _ in range(head[4]):
        record.samples.append(unpack_sample(data, end))
        end += size
    return record


def pack_sample(sample: Sample) -> bytes:
    """35 bytes. Currents in 10 mA, voltages in 100 mV, frequency in 10 mHz."""
    reading = sample.reading
    return struct.pack(
        _SAMPLE,
        sample.epoch_s or 0,
        _index(CONTEXTS, sample.context),
        sample.mask,
        reading.energy_wh,
        reading.power_w,
        _scaled(reading.current_ma[0], 10),
        _scaled(reading.current_ma[1], 10),
        _scaled(reading.current_ma[2], 10),
        _scaled(reading.voltage_mv[0], 100),
        _scaled(reading.voltage_mv[1], 100),
        _scaled(reading.voltage_mv[2], 100),
        _scaled(reading.offered_ma, 10),
        _scaled(reading.frequency_mhz, 10),
        reading.soc_percent & 0xFF,
        reading.temperature_dc,
    )


def unpack_sample(data: bytes, at: int) -> Sample:
    fields = struct.unpack_from(_SAMPLE, data, at)
    reading = Reading()
    reading.energy_wh, reading.power_w = fields[3], fields[4]
    reading.current_ma = [fields[5] * 10, fields[6] * 10, fields[7] * 10]
    reading.voltage_mv = [fields[8] * 100, fields[9] * 100, fields[10] * 100]
    reading.offered_ma = fields[11] * 10
    reading.frequency_mhz = -1 if fields[12] == 0xFFFF else fields[12] * 10
    reading.soc_percent = -1 if fields[13] == 0xFF else fields[13]
    reading.temperature_dc = fields[14]
    return Sample(fields[0] or None, _word(CONTEXTS, fields[1]) or "Other", fields[2], reading)


def transaction_id(random: bytes) -> str:
    """16 bytes in the form of a UUID (E01: unique for the station's life)."""
    digits = hexlify(random).decode()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _scaled(value: int, unit: int) -> int:
    return 0xFFFF if value < 0 else min(value // unit, 0xFFFE)


def _index(words: str, word) -> int:
    """0 for None, else 1 + the place of `word`. Raises ValueError for a word that is not there."""
    return 0 if word is None else 1 + words.split().index(word)


def _word(words: str, index: int):
    if index == 0:
        return None
    try:
        return words.split()[index - 1]
    except IndexError:
        raise ValueError("unknown word in a record") from None
