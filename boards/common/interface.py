"""The network interface of a board: Ethernet or Wi-Fi, brought up and kept up.

Nothing here waits: the link manager tries again until there is a way. What it does not do: choose
between two interfaces, or give addresses (DHCP does).
"""

from chargepoint.compat import const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import Nic, WifiNic

_LOOK_MS = const(1000)
_JOIN_MS = const(30000)
_DNS = const(53)


class Interface:
    """nic: as network.LAN or network.WLAN; join: begins a connection (Wi-Fi), or None; servers: a
    list that is filled with the (ip, port) of the name server."""

    def __init__(self, nic: "Nic", join, servers: list):
        self._nic, self._join, self._servers = nic, join, servers
        self._look_ms = self._join_ms = 0
        nic.active(True)

    def poll(self, now: int) -> None:
        if now < self._look_ms:
            return
        self._look_ms = now + _LOOK_MS
        if self._nic.isconnected():
            server = self._nic.ifconfig()[3]
            if not self._servers or self._servers[0][0] != server:
                self._servers[:] = [(server, _DNS)]
        elif self._join is not None and now >= self._join_ms:
            self._join_ms = now + _JOIN_MS
            try:
                self._join()
            except OSError:
                pass  # a driver that is busy with the attempt before


def joiner(nic: "WifiNic", wifi):
    """A function that joins the Wi-Fi network of station.json. Raises ValueError without one."""
    if not wifi:
        raise ValueError("station.json has no wifi, and this board has no other network")

    def join():
        nic.disconnect()
        nic.connect(wifi[0], wifi[1])

    return join
