"""The watchdog of the controller: restarts it when the loop no longer comes round.

wdt: as machine.WDT, made by the board with a timeout well above the longest pass (a TLS handshake
takes seconds on small controllers: 20 s is sensible). On most ports it can't be stopped any more.

It is fed by `feed` at each pass, but only while every part that was named has called `alive`
within `patience_ms`: a loop that turns while its hardware is no longer polled is dead too.
"""

from ..compat import const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import WDT


class Watchdog:
    """parts: names of those that must be alive."""

    def __init__(self, wdt: "WDT", parts=(), patience_ms: int = 5000):
        self._wdt = wdt
        self._parts = list(parts)
        self._alive_ms: list = [None] * len(self._parts)
        self._patience_ms = patience_ms

    def alive(self, part: str, now: int) -> None:
        """Raises ValueError for a part that was not named."""
        self._alive_ms[self._parts.index(part)] = now

    def feed(self, now: int) -> bool:
        """Feed if all are alive; a part has its patience from the first feed on."""
        for n in range(len(self._parts)):
            if self._alive_ms[n] is None:
                self._alive_ms[n] = now
            if now - self._alive_ms[n] > self._patience_ms:
                return False
        self._wdt.feed()
        return True
