"""Erasing ahead, for flash whose erase stops the program. Transient.

While a contactor is closed no pilot may go unseen for as long as an erase takes. So before that,
sector by sector, all that is free is erased: the free sectors of the journal, and in the slots the
rest of the bank, which is changed for the other early enough. What comes meanwhile is programmed
there, which takes no time to speak of. If that is not enough, the journal is as good as full, and
the newest values of slots wait in RAM until something may be erased.
"""

from .tape import erase


def erase_one(region, sectors) -> bool:
    """Erase the first of them that is not; False if all are."""
    for sector in sectors:
        if not region.ready >> sector & 1:
            erase(region, sector)
            region.ready |= 1 << sector
            return True
    return False
