"""What the station handles in pieces, whole: the samples of a record, a payload's JSON text."""

import json

from chargepoint.compat import const
from chargepoint.station.samples import each

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from typing import Any


class Sample:
    """epoch_s, context, mask, reading as in chargepoint.station.samples."""

    def __init__(self, epoch_s, context, mask, reading):
        self.epoch_s: "Any" = epoch_s
        self.context = context
        self.mask = mask
        self.reading = reading


def samples_of(packed, epoch_s=None, tick_ms=0):
    """A list of Sample; packed: bytes; epoch_s, tick_ms: of their record."""
    return [Sample(*fields) for fields in each(packed, epoch_s, tick_ms)]


def payload_of(payload) -> "Any":
    """The dict, as it is or of its pieces of text."""
    return payload if isinstance(payload, dict) else json.loads("".join(payload))
