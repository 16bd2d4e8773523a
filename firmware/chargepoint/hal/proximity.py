"""The proximity contact of a socket: what the cable in it may carry (IEC 61851-1, annex B).

Wiring: the ADC input sees the contact, which a resistor of `pull_up_ohm` pulls up to `supply_mv`;
the plug has a resistor to earth: 1500 ohm for 13 A, 680 for 20 A, 220 for 32 A, 100 for 63 A.
A resistance between two of these counts as the weaker cable. From 2460 ohm on there is no cable;
below 80 ohm something is shorted, and nothing may be drawn either.

`rating_ma` is the cable's, 0 without one; `fault` is "Other" for a short. Two readings in a row
must agree. Not for fixed cables: there the rating is the board's to know.
"""

from ..compat import const

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from peripherals import ADC

_AGREE = const(2)
_SHORT_OHM = const(80)
_RATINGS = ((140, 63000), (308, 32000), (936, 20000), (2460, 13000))  # below this many ohms


class Proximity:
    """adc: read_uv() or else read_u16() of `full_scale_mv`."""

    def __init__(self, adc: "ADC", pull_up_ohm: int = 1000, supply_mv=3300, full_scale_mv=3300):
        self._adc = adc
        self._read_uv = getattr(adc, "read_uv", None)
        self._pull_up_ohm = pull_up_ohm
        self._supply_mv, self._full_scale_mv = supply_mv, full_scale_mv
        self.rating_ma = 0
        self.fault: str | None = None
        self._candidate_ma, self._agreed = 0, 0

    def poll(self, now: int) -> None:
        ohm = self._ohm()
        rating_ma = 0
        if ohm < _SHORT_OHM:
            rating_ma = -1
        else:
            for limit_ohm, limit_ma in _RATINGS:
                if ohm < limit_ohm:
                    rating_ma = limit_ma
                    break
        if rating_ma != self._candidate_ma:
            self._candidate_ma, self._agreed = rating_ma, 0
        self._agreed += 1
        if self._agreed >= _AGREE:
            self.rating_ma = max(rating_ma, 0)
            self.fault = "Other" if rating_ma < 0 else None

    def _ohm(self) -> int:
        if self._read_uv is not None:
            level_mv = self._read_uv() // 1000
        else:
            level_mv = self._adc.read_u16() * self._full_scale_mv >> 16
        rest_mv = self._supply_mv - level_mv
        return self._pull_up_ohm * level_mv // rest_mv if rest_mv > 0 else 1000000
