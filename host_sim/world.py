"""What is outside the station: cars, cables, meters and faults of each EVSE.

Power is constant between events (a command of the station, a change of the car, a whole percent
of the battery), so the energy at any moment is exact, here and in the station's process, which
goes on from the last fact by itself. Energy is kept in whole joule-thousandths: 1 Wh = 3,600,000
mJ.

A car asks for energy as IEC 61851 has it: B when plugged, C once it wants energy and the station
offers current, B again when it is full or does not want any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

VOLTAGE_V = 230
MIN_CURRENT_MA = 6000
MJ_PER_WH = 3_600_000
TAPER_FROM_PERCENT = 80
PILOT_STATES = "ABCDEF"
FAULT_CODES = (
    "ConnectorLockFailure",
    "EVCommunicationError",
    "GroundFailure",
    "HighTemperature",
    "InternalError",
    "LocalListConflict",
    "NoError",
    "OtherError",
    "OverCurrentFailure",
    "OverVoltage",
    "PowerMeterFailure",
    "PowerSwitchFailure",
    "ReaderFailure",
    "ResetFailure",
    "UnderVoltage",
    "WeakSignal",
    "DiodeFailure",
    "WeldedContactor",
    "Other",
)


@dataclass
class Ev:
    """A car. Numbers as in the control interface."""

    battery_kwh: float = 60
    soc: float = 20
    max_kw: float = 11
    phases: int = 3
    wants_energy: bool = True
    pilot: str | None = None  # a pilot state it is made to show
    battery_mj: int = field(init=False, default=0)
    energy_mj: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.resize()
        self.set_soc(self.soc)

    def resize(self) -> None:
        """Take `battery_kwh` over, at the same charge in percent."""
        soc = self.energy_mj * 100 / self.battery_mj if self.battery_mj else 0
        self.battery_mj = max(100, round(self.battery_kwh * 1000 * MJ_PER_WH))
        self.set_soc(soc)

    def set_soc(self, soc: float) -> None:
        self.energy_mj = round(self.battery_mj * soc / 100)

    @property
    def soc_percent(self) -> int:
        return self.energy_mj * 100 // self.battery_mj

    @property
    def is_full(self) -> bool:
        return self.energy_mj >= self.battery_mj

    @property
    def limit_w(self) -> int:
        """What the battery takes at its present charge."""
        limit_w = round(self.max_kw * 1000)
        above = self.soc_percent - TAPER_FROM_PERCENT
        if above > 0:
            limit_w = (
                limit_w * max(1, 100 - TAPER_FROM_PERCENT - above) // (100 - TAPER_FROM_PERCENT)
            )
        return limit_w


class Evse:
    """One EVSE with its cable, car and meter."""

    def __init__(self, evse_id: int, phases: int, max_current: float, connectors: int) -> None:
        self.id = evse_id
        self.phases = phases
        self.max_ma = round(max_current * 1000)
        self.connectors = connectors
        self.plugged: int | None = None
        self.ev: Ev | None = None
        self.faults: dict[tuple[int, str], None] = {}  # (connector, code), in order
        self.register_mj = 0
        self.is_replaced = False  # the meter is, and the station may not know it yet
        self.closed = False
        self.offered_ma = 0
        self.locked = False
        self.power_w = 0
        self._settled_ms = 0

    @property
    def pilot(self) -> str:
        ev = self.ev
        if ev is None:
            return "A"
        if ev.pilot is not None:
            return ev.pilot
        asks = ev.wants_energy and not ev.is_full and self.offered_ma >= MIN_CURRENT_MA
        return "C" if asks else "B"

    @property
    def signature(self) -> tuple:
        """What the station is told when it changes; the register goes on by itself."""
        soc = self.ev.soc_percent if self.ev is not None else -1
        return self.plugged, self.pilot, self.power_w, soc

    @property
    def current_ma(self) -> list[int]:
        """Per phase."""
        if not self.power_w or self.ev is None:
            return [0, 0, 0]
        phases = min(self.phases, self.ev.phases)
        current_ma = round(self.power_w * 1000 / VOLTAGE_V / phases)
        return [current_ma if phase < phases else 0 for phase in range(3)]

    @property
    def voltage_mv(self) -> list[int]:
        return [VOLTAGE_V * 1000 if phase < self.phases else 0 for phase in range(3)]

    @property
    def energy_wh(self) -> int:
        return self.register_mj // MJ_PER_WH

    def settle(self, now: int) -> None:
        """Count the energy up to `now`, then take the power that holds from now on."""
        energy_mj = self.power_w * (now - self._settled_ms)
        self._settled_ms = now
        self.register_mj += energy_mj
        if self.ev is not None:
            self.ev.energy_mj = min(self.ev.battery_mj, self.ev.energy_mj + energy_mj)
        self.power_w = self._power_w()

    def shown(self, energy_mwh: int) -> None:
        """The station has read so much: more than here if a change of the world was still on its
        way to it. What a meter has shown once it goes on to show, unless it is replaced."""
        if not self.is_replaced:
            self.register_mj = max(self.register_mj, energy_mwh * MJ_PER_WH // 1000)

    def next_event_ms(self) -> int | None:
        """When the battery comes to its next whole percent, if nothing else happens before."""
        if not self.power_w or self.ev is None:
            return None
        boundary_mj = -(-(self.ev.soc_percent + 1) * self.ev.battery_mj // 100)
        missing_mj = max(1, boundary_mj - self.ev.energy_mj)
        return self._settled_ms + -(-missing_mj // self.power_w)

    def power_lost(self, now: int) -> None:
        """The mains are gone: nothing holds the contactor or makes the pilot."""
        self.closed, self.offered_ma, self.locked = False, 0, False
        self.settle(now)

    def facts(self, boot_ms: int) -> dict:
        """What the station's process must know; times count from its boot."""
        return {
            "evse": self.id,
            "replaced": self.is_replaced,
            "plugged": self.plugged or 0,
            "pilot": self.pilot,
            "meter": [
                self.register_mj // 3600,
                self.power_w,
                self.current_ma,
                self.voltage_mv,
                self.ev.soc_percent if self.ev is not None else -1,
                self._settled_ms - boot_ms,
                self.register_mj % 3600,
            ],
        }

    def _power_w(self) -> int:
        ev = self.ev
        if ev is None or not self.closed or self.pilot not in "CD" or ev.is_full:
            return 0
        offered_ma = min(self.offered_ma, self.max_ma)
        if offered_ma < MIN_CURRENT_MA:
            return 0
        phases = min(self.phases, ev.phases)
        return min(ev.limit_w, VOLTAGE_V * phases * offered_ma // 1000)
