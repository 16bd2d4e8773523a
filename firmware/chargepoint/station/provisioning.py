"""Registering with the CSMS, the heartbeat, and the wall clock (blocks B and G02).

The station says who it is after each boot, and again only when the server asks (B01.FR.03) or is
another one, or speaks another dialect (B10.FR.10). Until the answer is Accepted nothing else is
sent on the station's own account (B01.FR.08). Wall time is the sum of the last known time and the
tick since; while it is unknown, nothing pretends to know it. A server's time that can't be right
(before 2020, after 2087), or that can't be read, is not taken, but the rest of its answer is; what
is journalled then waits until the time is known (see `outbox`).
"""

from .. import modules, timestamp
from ..compat import cold, const

_HEARTBEAT_INTERVAL = const(57)  # OCPPCommCtrlr.HeartbeatInterval
_TIME_SOURCE = const(45)  # ClockCtrlr.TimeSource
_TIME_ADJUSTMENT_REPORTING_THRESHOLD = const(46)  # ClockCtrlr.TimeAdjustmentReportingThreshold

_OWN_RETRY_S = const(60)  # B02.FR.07: the wait where the server names none
_MAX_INTERVAL_S = const(1000000)
_DAY_MS = const(86400000)
_HOUR_MS = const(3600000)
_MAX_STEPS = const(2)
_SMALL_STEP_S = const(60)  # drift and its correction: aligned moments stay as they are
_MAX_EPOCH_S = const(0x7FFFFFFF)


class Provisioning:
    """Boot and heartbeat of one Station."""

    def __init__(self, station):
        self.station = station
        self.status: str | None = None  # "Accepted", "Pending", "Rejected"; None: not answered yet
        self.boot_at_ms = 0
        self._asking = False
        self._reason = station.boot_reason
        self._asked_at: tuple | None = None  # (network slot, subprotocol) of the last attempt
        self._time_asked_ms = 0  # when the last question was sent whose answer tells the time
        self._base_ms = 0
        self._base_epoch_s: int | None = None
        self._own_clock = False  # the board has a clock that knows the time
        self._seen_ms = 0  # when the time was last written for later boots
        self._steps = 0  # that were large, in the hour that ends at this tick:
        self._steps_until_ms = 0

    @cold
    def connected(self, now: int) -> None:
        """The link is up: register if that is still to be done."""
        self._asking = False
        if self._asked_at not in (None, self._place()):
            if self.status == "Accepted":
                self._reason = "Unknown"  # no boot has caused it
            self.status = None
            self.boot_at_ms = now

    def poll(self, now: int) -> None:
        if self.station.profile is None or self._asking:
            return
        if self.status != "Accepted":
            if now >= self.boot_at_ms:
                self.send_boot_notification(self._reason)
        elif now >= self._heartbeat_due_ms():
            self.send_heartbeat(now)

    def next_deadline(self):
        """Tick in ms of the next boot attempt or heartbeat; None while one is on its way."""
        if self._asking:
            return None
        return self._heartbeat_due_ms() if self.status == "Accepted" else self.boot_at_ms

    @cold
    def send_boot_notification(self, reason: str) -> None:
        """Queue a BootNotification; its answer decides whether the station may work."""
        layout = self.station.layout
        self._asking = True
        self._time_asked_ms = self.station.now
        self._asked_at = self._place()
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

    @cold
    def send_heartbeat(self, now: int, wanted=False) -> None:
        """wanted: the server has asked for it."""
        self._asking = True
        self._time_asked_ms = now
        self.station.emit("Heartbeat", {}, self._on_heartbeat, wanted)

    @cold
    def probe(self, now: int) -> None:
        """See whether the server is alive."""
        if not self._asking:
            self.send_heartbeat(now)

    def _heartbeat_due_ms(self) -> int:
        if self._base_epoch_s is None:  # what is journalled waits for the time
            return self._time_asked_ms + _OWN_RETRY_S * 1000
        interval_ms = self.station.model.integer(_HEARTBEAT_INTERVAL) * 1000
        if interval_ms <= 0 or interval_ms > _DAY_MS:
            interval_ms = _DAY_MS
        # Any message sent stands for a heartbeat (G02); the clock needs one a day (part 4, 5.2).
        return min(self.station.sent_at_ms + interval_ms, self._time_asked_ms + _DAY_MS)

    @cold
    def _place(self) -> tuple:
        return self.station.network[2], self.station.profile.SUBPROTOCOL

    @cold
    def _on_boot(self, answer, now: int) -> None:
        self._asking = False
        if self.station.profile is None:  # the link was lost: at once with the next one
            self.boot_at_ms = now
            return
        self.boot_at_ms = now + _OWN_RETRY_S * 1000
        if not answer or "status" not in answer:
            return
        self._take_time(answer.get("currentTime", ""), now)
        interval_s = min(answer.get("interval", 0), _MAX_INTERVAL_S)
        self.status = answer["status"]
        if self.status != "Accepted":
            if interval_s > 0:
                self.boot_at_ms = now + interval_s * 1000
            self.station.not_accepted(self.status)
            return
        model = self.station.model
        if interval_s > 0 and interval_s != model.integer(_HEARTBEAT_INTERVAL):
            model.write(_HEARTBEAT_INTERVAL, str(interval_s))
        if self.station.network[0]:
            modules.use("station.network").accepted(self.station)
        self.station.accepted(now)

    @cold
    def _on_heartbeat(self, answer, now: int) -> None:
        self._asking = False
        if answer is not None:
            self._take_time(answer.get("currentTime", ""), now)

    @cold
    def _take_time(self, text: str, now: int) -> None:
        """Follow the server's clock unless a better source is named before it.

        The answer was true at some moment since it was asked for: however long it was on its way,
        the clock is moved no further than it contradicts that.
        """
        try:
            epoch_s = timestamp.parse(text)
        except ValueError:
            epoch_s = 0
        if not 0 < epoch_s <= _MAX_EPOCH_S:
            self.station.log("no use for the server's time %s" % text)
            return
        first = self.station.model.text(_TIME_SOURCE).split(",")[0]
        if first == "Heartbeat" or not self._own_clock:
            known_s, way_s = self.epoch_s(now), (now - self._time_asked_ms) // 1000
            if known_s is None:
                known_s = epoch_s + way_s // 2
            self._set(min(max(known_s, epoch_s), epoch_s + way_s), now)

    @cold
    def set_clock(self, epoch_s: int, now: int) -> None:
        """The board's own clock says that wall time is `epoch_s` at tick `now`."""
        self._own_clock = True
        self._set(epoch_s, now)

    @cold
    def _set(self, epoch_s: int, now: int) -> None:
        """A large step is a security event (A04)."""
        before = self.epoch_s(now)
        if epoch_s != before:
            self._base_epoch_s, self._base_ms = epoch_s, now
        if before is None:
            modules.use("station.moments").learned(self.station, epoch_s, now)
            self._seen_ms = now
            return
        if now - self._seen_ms >= _DAY_MS:
            self._seen_ms = now
            modules.use("station.moments").seen(self.station)
        step_s = abs(epoch_s - before)
        threshold_s = self.station.model.integer(_TIME_ADJUSTMENT_REPORTING_THRESHOLD)
        if threshold_s and step_s > threshold_s:
            self._report_step(before, epoch_s, now)
        if step_s > _SMALL_STEP_S:
            self.station.metering.clock_changed(now)

    @cold
    def _report_step(self, before: int, epoch_s: int, now: int) -> None:
        """Two in an hour, for a wrong time and its correction; a clock that leaps with each answer
        must not fill the journal with critical events."""
        step = "from %s to %s" % (timestamp.format(before), timestamp.format(epoch_s))
        if now >= self._steps_until_ms:
            self._steps_until_ms, self._steps = now + _HOUR_MS, 0
        self._steps += 1
        if self._steps <= _MAX_STEPS:
            self.station.security_event("SettingSystemTime", step)
        else:
            self.station.log("clock set once more, " + step)

    def epoch_s(self, now: int):
        """Wall time at tick `now`, or None while it is unknown."""
        if self._base_epoch_s is None:
            return None
        return self._base_epoch_s + (now - self._base_ms) // 1000
