"""Which connector statuses the server is told, and when (blocks G01 and B04).

A status is derived from the facts each time; what is kept here is only what was told last. A
change is told once it has lasted for MinimumStatusDuration, so that a fact that flickers is not
news. What got no answer is told again: the link may have been dead since before. Not for ever, for
there may be a server that answers no StatusNotification, or ends the connection at each.
"""

from .. import timestamp
from ..compat import cold, const

_MINIMUM_STATUS_DURATION = const(9)  # ChargingStation.MinimumStatusDuration

_MAX_UNHEARD = const(3)  # times in a row; more than make the link anew (see `calls`)


class Statuses:
    """The statuses of one Station; the key of the station as a whole is None."""

    def __init__(self, station):
        self.station = station
        self._told = {}  # Connector -> status and faults
        self._changed = {}  # Connector -> (what it is now, since when in ms), while that may pass
        self._unheard = {}  # Connector -> how often in a row nobody answered

    @cold
    def forget(self) -> None:
        """All are to be told anew, at once (B01.FR.05, B04.FR.01)."""
        self._told = {}
        self._changed = {}

    def poll(self) -> None:
        """Tell each that differs from what was told last (B04.FR.02)."""
        self._poll(None, None)
        for evse in self.station.evses:
            for connector in evse.connectors:
                self._poll(evse, connector)

    def next_deadline(self):
        """Tick in ms when a change has lasted long enough, or None."""
        if not self._changed:
            return None
        wait_ms = self._wait_ms()
        return min([since_ms + wait_ms for _, since_ms in self._changed.values()], default=None)

    @cold
    def tell(self, evse, connector) -> bool:
        """Tell the status of a connector, or of the station as a whole (both None).

        False if the dialect has no such status, or none while the time is not known.
        """
        station = self.station
        status = station.profile.connector_status(station, evse, connector)
        epoch_s = station.clock_epoch_s(station.now)
        if status is None:
            return False
        data = {
            "timestamp": None if epoch_s is None else timestamp.format(epoch_s),
            "connectorStatus": status,
            "evseId": evse.id if evse else 0,
            "connectorId": connector.id if connector else 0,
        }

        def on_answer(answer, now):
            times = self._unheard.get(connector, 0)
            if station.calls.unanswered:
                self._unheard[connector] = times = times + 1
            elif station.profile is not None:
                self._unheard.pop(connector, None)
                return
            if times < _MAX_UNHEARD:  # the link may have been lost before anyone could hear it
                self._told.pop(connector, None)

        self._changed.pop(connector, None)
        self._told[connector] = self._with_faults(evse, connector, status)
        return station.emit("StatusNotification", data, on_answer, True)

    def _poll(self, evse, connector) -> None:
        station = self.station
        status = station.profile.connector_status(station, evse, connector)
        found = self._with_faults(evse, connector, status)
        told = self._told.get(connector)
        if told == found:
            self._changed.pop(connector, None)
            return
        wait_ms = self._wait_ms()
        if wait_ms and told is not None:
            changed = self._changed.get(connector)
            if changed is None or changed[0] != found:
                changed = self._changed[connector] = found, station.now
            if station.now < changed[1] + wait_ms:
                return
        self.tell(evse, connector)

    def _wait_ms(self) -> int:
        return self.station.model.integer(_MINIMUM_STATUS_DURATION) * 1000

    def _with_faults(self, evse, connector, status):
        """All that a StatusNotification says, as one text: a warning alone is news too (4.9)."""
        if evse is None or not (evse.faults or connector.faults):
            return status
        faults = self.station.profile.connector_faults(evse, connector, status)
        return " ".join([status] + faults)
