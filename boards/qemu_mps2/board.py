"""The host's simulated board on a microcontroller: what differs is what memory is spent on."""

# What MicroPython has and CPython has not.
# pyright: reportAttributeAccessIssue=false, reportMissingImports=false

import gc
import time

import heap
from host.board import Board as HostBoard

_PIECE_BYTES = 256


class Board(HostBoard):
    """config: as the host's; its clock has `elapsed_ms` since the station's tick 0, which holds at
    the board's tick `heard_ms`."""

    message_limit = 4096

    def __init__(self, config: dict, channel):
        clock = config["clock"]
        clock["tick_ms"] = time.ticks_add(clock["heard_ms"], -clock["elapsed_ms"])
        super().__init__(config, channel)

    def handle(self, line: dict) -> None:
        if "state" in line:
            gc.collect()
            self._channel.send({"heap": [gc.mem_alloc(), gc.mem_free()]})
        elif "measure" in line:
            self._channel.send({"measured": heap.measure()})
        super().handle(line)

    def _message(self, direction: str, message):
        """As the host's, but a large message is told in pieces."""
        if direction == "in":
            self._tell(message)
            return None
        if not isinstance(message, str):
            return self._told(message)
        self._channel.send({"message": ["out", message]})
        return message

    def _tell(self, view) -> None:
        at = 0
        while at < len(view):
            end = min(at + _PIECE_BYTES, len(view))
            while end < len(view) and view[end] & 0xC0 == 0x80:  # not inside a character
                end -= 1
            self._channel.send({"piece": ["in", str(view[at:end], "utf-8")]})
            at = end
        self._channel.send({"piece": ["in", None]})

    def _told(self, pieces):
        for piece in pieces:
            self._channel.send({"piece": ["out", piece]})
            yield piece
        self._channel.send({"piece": ["out", None]})
