"""The charge point as a process on a host: its world is the process that started it.

    python boards/host/main.py PORT NONCE
    micropython boards/host/main.py PORT NONCE

Nothing in here is for people to call; `host_sim` does.
"""

import asyncio
import sys

_HERE = __file__.rpartition("/")[0] or "."
sys.path[0] = _HERE
sys.path.insert(1, _HERE + "/../../firmware")

from board import Board  # noqa: E402 - the path comes first
from channel import Channel  # noqa: E402
from technician import Technician  # noqa: E402

from chargepoint import modules  # noqa: E402


async def main(port: int, nonce: str) -> None:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return  # the host's process has ended already
    channel = Channel(reader, writer)
    channel.send({"hello": nonce})
    board = Board((await channel.receive())["config"], channel)
    while not board.told:  # the world as it is when the power comes
        board.handle(await channel.receive())
    channel.handle = Technician(board, channel).handle
    asyncio.create_task(channel.run())
    reason = await board.runtime.run()
    if reason:
        channel.send({"reboot": reason})
    await channel.flush()


if __name__ == "__main__":
    modules.keep()  # a host has room for all that comes and goes, and is faster so
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
