"""A TransactionRecord as the compact bytes in which it is journalled. Transient.

The bytes carry a format number first. A reader takes the numbers it knows and raises ValueError
for bytes that it can't read, so that the store can report them. What a later version appends
behind the samples is ignored, and a word that it appends to a list is told as the nearest that
is known: so an older version tells the records of a later one.
"""

import struct
from binascii import hexlify, unhexlify

from ..compat import const
from .record import TransactionRecord
from .samples import SAMPLE_BYTES

_FORMAT = const(1)
_HEAD = "<BBHHHIIIiBBBBBBiiI"
_NONE_32 = const(-0x80000000)

# Enumerations are journalled as their index: append only, never reorder.
EVENT_TYPES = "Started Updated Ended"
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


def parts(record: TransactionRecord) -> tuple:
    """The journal's bytes of `record`, to be joined."""
    flags = (1 if record.offline else 0) | (2 if record.tell_evse else 0)
    flags |= 4 if record.estimated else 0
    token = (record.id_token or "").encode()
    spent_s = record.time_spent_charging_s
    return (
        struct.pack(
            _HEAD,
            _FORMAT,
            flags,
            record.seq_no,
            record.boot_count & 0xFFFF,
            len(record.samples) // SAMPLE_BYTES,
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
        record.samples,
    )


def unpack(data: bytes, at: int = 0) -> TransactionRecord:
    """The record of its journal bytes, which begin at `at`.

    Raises ValueError for bytes that are no such record.
    """
    if len(data) - at < struct.calcsize(_HEAD) + 18 or data[at] != _FORMAT:
        raise ValueError("transaction record of an unknown format")
    head = struct.unpack_from(_HEAD, data, at)
    at += struct.calcsize(_HEAD)
    event_type = _word(EVENT_TYPES, head[9], None)
    trigger_reason = _word(TRIGGER_REASONS, head[10], "ChargingStateChanged")
    if event_type is None or trigger_reason is None:
        raise ValueError("transaction record without a kind")
    record = TransactionRecord(event_type, transaction_id(data[at : at + 16]), head[2])
    record.offline, record.tell_evse = bool(head[1] & 1), bool(head[1] & 2)
    record.estimated = bool(head[1] & 4)
    record.boot_count, record.epoch_s = head[3], head[5] or None
    record.tick_ms, record.meter_wh = head[6] * 1000 + head[7], head[8]
    record.trigger_reason = trigger_reason
    record.charging_state = _word(CHARGING_STATES, head[11], None)
    record.stopped_reason = _word(STOPPED_REASONS, head[12], "Other")
    record.evse_id, record.connector_id = head[13] >> 4, head[13] & 15
    record.phases_used = head[14]
    record.remote_start_id = None if head[15] == _NONE_32 else head[15]
    record.reservation_id = None if head[16] == _NONE_32 else head[16]
    record.time_spent_charging_s = None if head[17] == 0xFFFFFFFF else head[17]
    at += 16
    record.id_token_type = _word(ID_TOKEN_TYPES, data[at], "Central")
    end = at + 2 + data[at + 1]
    if data[at + 1] or record.id_token_type:
        record.id_token = bytes(data[at + 2 : end]).decode()
    if len(data) < end + SAMPLE_BYTES * head[4]:
        raise ValueError("transaction record of a wrong length")
    if head[4]:
        record.samples = data[end : end + SAMPLE_BYTES * head[4]]
    return record


def new_id(station) -> str:
    """A transactionId that is unique for the station's life (E01.FR.08)."""
    return transaction_id(station.random_bytes(16))


def transaction_id(random: bytes) -> str:
    """16 bytes in the form of a UUID."""
    digits = hexlify(random).decode()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _index(words: str, word) -> int:
    """0 for None, else 1 + the place of `word`. Raises ValueError for a word that is not there."""
    return 0 if word is None else 1 + words.split().index(word)


def _word(words: str, index: int, unknown):
    if index == 0:
        return None
    known = words.split()
    return known[index - 1] if index <= len(known) else unknown
