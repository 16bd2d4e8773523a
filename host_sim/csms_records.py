"""What the built-in CSMS remembers of its stations: plain data, in the words of OCPP 2.0.1.

Tests, scenarios and the demo read these; `csms_rules` fills the transactions in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ENERGY = "Energy.Active.Import.Register"


@dataclass(frozen=True)
class Message:
    """One OCPP-J message as it crossed the wire. `direction` is the station's: "out" or "in"."""

    station_id: str
    dialect: str
    direction: str
    frame: list[Any]


@dataclass(frozen=True)
class Violation:
    """A breach of the specification. `rule` is a short name, `text` says it for people."""

    station_id: str
    dialect: str
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.station_id} ({self.dialect}) {self.rule}: {self.text}"


@dataclass(frozen=True)
class Sample:
    """One meterValue entry. `source` is the message or event type that brought it."""

    timestamp: str
    context: str
    energy_wh: float | None
    values: tuple[dict[str, Any], ...]
    source: str


@dataclass
class Transaction:
    """One transaction, told in either dialect. `transaction_id` is an int in 1.6."""

    station_id: str
    dialect: str
    transaction_id: str | int
    evse_id: int | None = None  # the flat connector number in 1.6
    connector_id: int | None = None
    id_token: str | None = None
    started: str = ""
    ended: str | None = None
    start_wh: float | None = None
    stop_wh: float | None = None
    stopped_reason: str | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    samples: list[Sample] = field(default_factory=list)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    next_seq_no: int = 0
    last_wh: float | None = None  # the highest register value told so far

    @property
    def is_over(self) -> bool:
        return self.ended is not None

    @property
    def periodic_samples(self) -> list[Sample]:
        """Samples taken on the way, without what the last message repeats of them."""
        return [
            sample
            for sample in self.samples
            if sample.context in ("Sample.Periodic", "Sample.Clock")
            and sample.source not in ("Ended", "StopTransaction")
        ]

    @property
    def energy_wh(self) -> float | None:
        if self.start_wh is None or self.stop_wh is None:
            return None
        return self.stop_wh - self.start_wh


@dataclass
class Station:
    """One identity, over all its connections."""

    station_id: str
    dialect: str = ""
    is_connected: bool = False
    connections: int = 0
    boot: dict[str, Any] | None = None  # the last BootNotification
    boots: int = 0
    boot_status: str | None = None  # the status last answered
    statuses: dict[tuple[int, int], str] = field(default_factory=dict)  # (evse, connector)
    status_history: list[dict[str, Any]] = field(default_factory=list)
    transactions: dict[str | int, Transaction] = field(default_factory=dict)  # in order of start
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # (action, payload)
    reports: dict[int, list[dict[str, Any]]] = field(default_factory=dict)  # by requestId
    finished_reports: set[int] = field(default_factory=set)
    security_events: list[dict[str, Any]] = field(default_factory=list)
    heartbeats: int = 0

    def payloads(self, action: str) -> list[dict[str, Any]]:
        """Every CALL of that action received so far, in order, retries left out."""
        return [payload for name, payload in self.calls if name == action]

    @property
    def sessions(self) -> list[Transaction]:
        """The transactions that are over, in the order in which they started."""
        return [record for record in self.transactions.values() if record.is_over]


def read_samples(meter_values: list[dict[str, Any]], source: str) -> list[Sample]:
    """Samples of a `meterValue` list of either dialect; energy in Wh whatever unit it had."""
    samples = []
    for entry in meter_values:
        values = entry["sampledValue"]
        energy_wh = None
        for value in values:
            if (
                value.get("measurand", ENERGY) == ENERGY
                and "phase" not in value
                and value.get("location", "Outlet") == "Outlet"
                and value.get("format", "Raw") == "Raw"
            ):
                energy_wh = _in_wh(value)
        context = values[0].get("context", "Sample.Periodic")
        samples.append(Sample(entry["timestamp"], context, energy_wh, tuple(values), source))
    return samples


def _in_wh(value: dict[str, Any]) -> float:
    unit = value.get("unitOfMeasure", {})
    scale = 10 ** unit.get("multiplier", 0)
    if unit.get("unit", value.get("unit", "Wh")) == "kWh":
        scale *= 1000
    return float(value["value"]) * scale
