"""The network interface of a board: Ethernet or Wi-Fi, brought up and kept up.

What waits: `active(True)` of a STM32's Ethernet looks for the cable for up to ten seconds, then
raises OSError. So it is called when the board starts, before anything charges, and then once a
minute while no contactor is closed. Nothing else here waits: the link manager tries again until
there is a way. What it does not do: choose between two interfaces, or give addresses (DHCP does).
"""

from chargepoint.compat import const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import Nic, WifiNic

_LOOK_MS = const(1000)
_JOIN_MS = const(30000)
_START_MS = const(60000)
_DNS = const(53)


class Interface:
    """nic: as network.LAN or network.WLAN; join: begins a connection (Wi-Fi), or None; servers: a
    list that is filled with the (ip, port) of the name server."""

    def __init__(self, nic: "Nic", join, servers: list):
        self._nic, self._join, self._servers = nic, join, servers
        self._look_ms = self._join_ms = 0
        self._start_ms = _START_MS
        self._active = self._start()

    def poll(self, now: int, may_wait: bool) -> None:
        """may_wait: nothing is charging, so that a look for the cable does no harm."""
        if now < self._look_ms:
            return
        self._look_ms = now + _LOOK_MS
        if not self._active:
            if may_wait and now >= self._start_ms:
                self._start_ms = now + _START_MS
                self._active = self._start()
        elif self._nic.isconnected():
            server = self._nic.ifconfig()[3]
            if not self._servers or self._servers[0][0] != server:
                self._servers[:] = [(server, _DNS)]
        elif self._join is not None and now >= self._join_ms:
            self._join_ms = now + _JOIN_MS
            try:
                self._join()
            except OSError:
                pass  # a driver that is busy with the attempt before

    def _start(self) -> bool:
        try:
            self._nic.active(True)
            return True
        except OSError:
            return False  # no cable, or the switch at its other end has no power


def joiner(nic: "WifiNic", wifi):
    """A function that joins the Wi-Fi network of station.json. Raises ValueError without one."""
    if not wifi:
        raise ValueError("station.json has no wifi, and this board has no other network")

    def join():
        nic.disconnect()
        nic.connect(wifi[0], wifi[1])

    return join
