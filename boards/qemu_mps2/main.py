"""The charge point on the emulated board; its world is the process at the other end of UART 2."""

# What MicroPython has and CPython has not.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false

import asyncio
import gc
import sys

import machine
from channel import Channel

_COLLECT_BYTES = 8192


async def main() -> None:
    # What is garbage after an import must not stay between what lives long.
    gc.threshold(_COLLECT_BYTES)
    channel = Channel()
    gc.collect()
    channel.send({"heap": [gc.mem_alloc(), gc.mem_free()]})
    config = (await channel.receive())["config"]
    config["clock"]["heard_ms"] = channel.heard_ms
    from board import Board

    board = Board(config, channel)
    config = None
    while not board.told:  # the world as it is when the power comes
        board.handle(await channel.receive())
    channel.handle = board.handle
    asyncio.create_task(channel.run())
    reason = await board.runtime.run()
    if reason:
        channel.send({"reboot": reason})


try:
    asyncio.run(main())
except Exception as error:
    sys.print_exception(error)
machine.reset()  # but for Ctrl-C, after which the console is the user's
