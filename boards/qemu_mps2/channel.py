"""The line to the host's simulator on UART 2: the same JSON lines as between processes.

They are written and read without ever being in memory as text, for the heap here is that of a
charge point. See boards/host/channel.py for what is said.
"""

# What MicroPython has and CPython has not.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false

import asyncio
import json
import time

from host.channel import Network  # noqa: F401 - the host's board looks for it here
from uart import UART


class Channel:
    def __init__(self):
        self._uart = UART(2, True)
        self.received = 0  # lines from the host
        self.heard_ms = 0  # tick at which the latest began
        self.handle = _nothing  # called with each object

    def receive(self):
        """The next object, to be awaited."""
        yield asyncio.core._io_queue.queue_read(self._uart)
        self.heard_ms = time.ticks_ms()
        self.received += 1
        return json.load(self._uart)

    async def run(self) -> None:
        while True:
            self.handle(await self.receive())

    def send(self, value: dict) -> None:
        json.dump(value, self._uart)
        self._uart.write("\n")


def _nothing(line) -> None:
    pass
