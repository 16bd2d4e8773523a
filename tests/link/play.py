"""One scenario on MicroPython: micropython tests/link/play.py MODULE NAME PORT PORT [FILES]"""

import asyncio
import sys


def urls(first, second, secure):
    """The addresses of the two servers at these ports."""
    place = "wss://localhost:%s" if secure else "ws://127.0.0.1:%s"
    return place % first, place % second


def main(module, name, first, second, *files):
    scenarios = __import__("tests.link." + module, None, None, ("",))
    asyncio.run(getattr(scenarios, "scenario_" + name)(*urls(first, second, files), *files))
    print("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
