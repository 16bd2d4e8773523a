"""What the card readers have in common: each presentation of a card is told once.

A card that stays in the field is seen again and again; it counts as presented anew only after the
field was empty for `gone_ms`, or another card came. The last presentation waits until it is taken.
"""

from binascii import hexlify

from ..compat import const

_LONGEST = const(10)


class Reader:
    """evse_id: of the EVSE that the reader belongs to, 0: the whole station."""

    def __init__(self, evse_id: int = 0, gone_ms: int = 1000):
        self._evse_id = evse_id
        self._gone_ms = gone_ms
        self._uid = bytearray(_LONGEST)
        self._length = 0  # of the card in the field, 0: none
        self._seen_ms = 0
        self._token: tuple | None = None

    def take(self):
        """(id_token, type, evse_id) of a card presented since the last call, or None."""
        token, self._token = self._token, None
        return token

    def _seen(self, uid, length: int, now: int) -> None:
        """A card with the first `length` bytes of `uid` is in the field."""
        same = length == self._length
        if same:
            for n in range(length):
                if uid[n] != self._uid[n]:
                    same = False
                    break
        if not same:
            for n in range(length):
                self._uid[n] = uid[n]
            self._length = length
            # An identifier is upper case hexadecimal in the order of the cascade levels.
            text = hexlify(bytes(uid[:length])).decode().upper()
            self._token = (text, "ISO14443", self._evse_id)
        self._seen_ms = now

    def _empty(self, now: int) -> None:
        """No card answers."""
        if self._length and now - self._seen_ms >= self._gone_ms:
            self._length = 0
