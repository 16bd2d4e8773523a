"""The indicator of an EVSE: one RGB light or up to three discrete ones, by the EVSE's state.

Wiring: `red`, `green`, `blue` are outputs; any of them may be None. With `active_low` they sink
the current. A board calls `show(status_of(station, evse), now)` at each pass; blinking is as even
as that.

    Available green    Preparing green, blinking    Charging blue    Suspended blue, blinking
    Reserved, Unavailable red and green    Faulted red    offline: a dark gap in any of these
"""

from ..compat import const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import Pin

_RED, _GREEN, _BLUE, _BLINK = const(1), const(2), const(4), const(8)
_BLINK_MS = const(500)
_GAP_MS = const(3000)  # offline: dark for a tenth of a second in that time
_STATUSES = "Available Preparing Charging Suspended Reserved Unavailable Faulted"
_LIGHTS = b"\x02\x0a\x04\x0c\x03\x03\x01"


def status_of(station, evse) -> str:
    """One of the words above, from the facts of an EVSE."""
    connector = evse.connector if evse.connector is not None else evse.connectors[0]
    status = evse.status(station, connector)
    if status != "Occupied":
        return "Preparing" if status == "Available" and evse.authorized is not None else status
    if evse.transferring:
        return "Charging"
    return "Suspended" if evse.charged else "Preparing"


class Indicator:
    """red, green, blue: as machine.Pin, or None."""

    def __init__(
        self,
        red: "Pin | None" = None,
        green: "Pin | None" = None,
        blue: "Pin | None" = None,
        active_low: bool = False,
    ):
        self._pins = (red, green, blue)
        self._off = 1 if active_low else 0
        self._statuses: list = _STATUSES.split()
        self._shown = -1
        self._light(0)

    def show(self, status: str, now: int, online: bool = True) -> None:
        """Raises ValueError for a status that is none."""
        light = _LIGHTS[self._statuses.index(status)]
        if light & _BLINK and now // _BLINK_MS & 1 or not online and now % _GAP_MS < 100:
            light = 0
        self._light(light & (_RED | _GREEN | _BLUE))

    def _light(self, light: int) -> None:
        if light == self._shown:
            return
        self._shown = light
        for n in range(3):
            pin = self._pins[n]
            if pin is not None:
                pin.value(self._off ^ (light >> n & 1))
