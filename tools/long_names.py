"""Read what an application has printed, with its names as they are in the sources.

    python tools/long_names.py build/boards/esp32_poe/app.names < console.txt

An image has short names (short_names.py), and its traceback has them too. The table is written
beside the image; whoever ships an image keeps it with that.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.module_names import SHORT_PACKAGE

# Where MicroPython tells a name: in a line of a traceback, and in the messages of errors.
_TOLD = re.compile(
    r"""(File "|, in |attribute '|name '|argument '|in function |named ')([\w.]+)"""
)


def written(names: Mapping[str, str]) -> str:
    """The table: a short name and what it stands for in each line."""
    return "".join([f"{short} {names[short]}\n" for short in sorted(names)])


def read(text: str) -> dict[str, str]:
    """Raises ValueError."""
    return dict(line.split(" ") for line in text.splitlines())


def translated(line: str, names: Mapping[str, str]) -> str:
    """A line of the console, with long names."""
    return _TOLD.sub(lambda found: found[1] + _long(found[2], names), line)


def _long(name: str, names: Mapping[str, str]) -> str:
    return names.get(name.removeprefix(SHORT_PACKAGE + "."), name)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        names = read(Path(arguments[0]).read_text())
    except (OSError, ValueError) as error:
        print(f"long_names: {arguments[0]} is no table of names: {error}", file=sys.stderr)
        return 1
    for line in sys.stdin:
        print(translated(line, names), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
