"""Neutral facts of a transaction: what happened, when, and what the meter read.

A record becomes bytes in the journal (`record_bytes`), and a message of a dialect only when it is
sent.
"""


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


class TransactionRecord:
    """One TransactionEvent as a neutral fact; None where a fact is absent or was told before."""

    def __init__(self, event_type: str, transaction_id: str, seq_no: int):
        self.event_type = event_type
        self.transaction_id = transaction_id
        self.seq_no = seq_no
        self.epoch_s: int | None = None
        self.estimated = False  # `epoch_s` is not known but reckoned, see `moments`
        self.tick_ms = 0
        self.boot_count = 0  # 0: of now, to be stamped
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
        self.samples = b""  # what the meter read, see `samples`

    @property
    def is_detail(self) -> bool:
        """Whether it tells nothing but what the meter read while all went on."""
        return self.id_token is None and self.trigger_reason[:10] == "MeterValue"
