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
        self.runtime.on_message = None  # it would make one string of each large message
        _tell_messages(self.runtime.link, channel)

    def handle(self, line: dict) -> None:
        if "state" in line:
            gc.collect()
            self._channel.send({"heap": [gc.mem_alloc(), gc.mem_free()]})
        elif "measure" in line:
            self._channel.send({"measured": heap.measure()})
        super().handle(line)


def _tell_messages(link, channel) -> None:
    """From now on the host is told what goes through `link`, large messages in pieces."""
    take, send = link.take, link.send

    def told_take():
        event = take()
        if event is not None and event[0] == "message":
            tell(event[1])
        return event

    def tell(view):
        at = 0
        while at < len(view):
            end = min(at + _PIECE_BYTES, len(view))
            while end < len(view) and view[end] & 0xC0 == 0x80:  # not inside a character
                end -= 1
            channel.send({"piece": ["in", str(view[at:end], "utf-8")]})
            at = end
        channel.send({"piece": ["in", None]})

    def told_send(message):
        if not isinstance(message, str):
            return send(pieces(message))
        sent = send(message)
        if sent:
            channel.send({"message": ["out", message]})
        return sent

    def pieces(message):
        for piece in message:
            channel.send({"piece": ["out", piece]})
            yield piece
        channel.send({"piece": ["out", None]})

    link.take, link.send = told_take, told_send
