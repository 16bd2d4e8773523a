"""From power to a running station: reads station.json, makes the board, restarts when it must.

Without station.json it says so and leaves the console to whoever provisions the board. Ctrl-C ends
the station with its contactors open; the watchdog, once it runs, restarts the board soon after.
"""

# The board's own modules, and what MicroPython has and CPython has not.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

import asyncio
import json
import sys
import time

import board
import machine

_PAUSE_S = 10  # before the restart after an error, so that a console can be reached


def read(path: str):
    """station.json, or None. Raises ValueError for one that can't be read."""
    try:
        with open(path) as file:
            return json.load(file)
    except OSError:
        return None


def run() -> None:
    try:
        config = read(board.FLASH + "/station.json")
        if config is None:
            print("not provisioned: tools/provision.py writes station.json")
            return
        reason = asyncio.run(board.make(config).run())
        print("restart:", reason)
    except Exception as error:
        sys.print_exception(error)
        time.sleep(_PAUSE_S)
    machine.reset()
