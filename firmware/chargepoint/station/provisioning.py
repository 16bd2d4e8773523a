"""Registering with the CSMS, the heartbeat, and the wall clock (blocks B and G02).

The station says who it is after each boot, and again only when the server asks (B01.FR.03). Until the
answer is Accepted nothing else is sent on the station's own account (B01.FR.08). Wall time is the
sum of the last known time and the tick since; while it is unknown, nothing pretends to know it.
"""

from .. import timestamp
from ..compat import const

_HEARTBEAT_INTERVAL = const(57)  # OCPPCommCtrlr.HeartbeatInterval
_TIME_SOURCE = const(45)  # ClockCtrlr.TimeSource
_TIME_ADJUSTMENT_REPORTING_THRESHOLD = const(46)  # ClockCtrlr.TimeAdjustmentReportingThreshold

_OWN_RETRY_S = const(60)  # B02.FR.07: the wait where the server names none
_DAY_MS = const(86400000)


class Provisioning:
    """Boot and heartbeat of one Station."""

    def __init__(self, station):
        self.station = station
        self.status = None  # "Accepted", "Pending", "Rejected"; None before the first answer
        self.boot_at_ms = 0
        self._asking = False
        self._heartbeat_ms = 0  # when the last one was sent
        self._base_ms = 0
        self._base_epoch_s = None

    def connected(self, now: int) -> None:
        """The link is up: register if that is still to be done."""
        self._asking = False
        self._heartbeat_ms = now

    def poll(self, now: int) -> None:
        station = self.station
        if station.profile is None:
            return
        if self.status != "Accepted":
            if not self._asking and now >= self.boot_at_ms:
                self.send_boot_notification(station.boot_reason)
        elif not self._asking and now >= self.next_deadline():
            self.send_heartbeat(now)

    def next_deadline(self):
        """Tick in ms of the next boot attempt or heartbeat; None while one is on its way."""
        if self.status != "Accepted":
            return None if self._asking else self.boot_at_ms
        if self._asking:
            return None
        interval_ms = self.station.model.integer(_HEARTBEAT_INTERVAL) * 1000
        if interval_ms <= 0 or interval_ms > _DAY_MS:
            interval_ms = _DAY_MS
        # Any message sent stands for a heartbeat (G02), but the clock needs one a day (part 4, 5.2).
        return min(self.station.sent_at_ms + interval_ms, self._heartbeat_ms + _DAY_MS)

    def send_boot_notification(self, reason: str) -> None:
        """Queue a BootNotification; its answer decides whether the station may work."""
        layout = self.station.layout
        self._asking = True
        self.station.emit(
            "BootNotification",
            {
                "reason": reason,
                "chargingStation": {
                    "model": layout.model,
                    "vendorName": layout.vendor,
                    "serialNumber": layout.serial,
                    "firmwareVersion": layout.firmware_version,
                },
            },
            self._on_boot,
            True,
        )

    def send_heartbeat(self, now: int) -> None:
        self._asking = True
        self._heartbeat_ms = now
        self.station.emit("Heartbeat", {}, self._on_heartbeat)

    def _on_boot(self, answer, now: int) -> None:
        self._asking = False
        if answer is None:
            self.boot_at_ms = now + _OWN_RETRY_S * 1000
            return
        self._take_time(answer["currentTime"], now)
        interval_s = answer["interval"]
        self.status = answer["status"]
        if self.status == "Accepted":
            if interval_s > 0:
                self.station.model.write(_HEARTBEAT_INTERVAL, str(interval_s))
            self.station.accepted(now)
        else:
            self.boot_at_ms = now + (interval_s if interval_s > 0 else _OWN_RETRY_S) * 1000

    def _on_heartbeat(self, answer, now: int) -> None:
        self._asking = False
        if answer is not None:
            self._take_time(answer["currentTime"], now)

    def _take_time(self, text: str, now: int) -> None:
        """Follow the server's clock unless a better source is named before it."""
        first = self.station.model.text(_TIME_SOURCE).split(",")[0]
        if first == "Heartbeat" or self._base_epoch_s is None:
            self.set_clock(timestamp.parse(text), now)

    def set_clock(self, epoch_s: int, now: int) -> None:
        """Wall time is `epoch_s` at tick `now`; a large step is a security event (A04)."""
        before = self.epoch_s(now)
        self._base_epoch_s, self._base_ms = epoch_s, now
        if before is not None:
            threshold_s = self.station.model.integer(_TIME_ADJUSTMENT_REPORTING_THRESHOLD)
            if threshold_s and abs(epoch_s - before) > threshold_s:
                step = "from %s to %s" % (timestamp.format(before), timestamp.format(epoch_s))
                self.station.security_event("SettingSystemTime", step)
        if before is None or abs(epoch_s - before) > 1:
            self.station.metering.clock_changed(now)

    def epoch_s(self, now: int):
        """Wall time at tick `now`, or None while it is unknown."""
        if self._base_epoch_s is None:
            return None
        return self._base_epoch_s + (now - self._base_ms) // 1000
