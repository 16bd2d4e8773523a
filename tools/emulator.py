"""Run an image that needs no host on the emulated board: what it says on its console."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import get_arm_toolchain

_IMAGE_AT = 0x21000000


def console(
    firmware: Path,
    image: Path,
    words: Mapping[int, int],
    longest_s: int,
    options: Sequence[str] = (),
) -> tuple[str, str] | None:
    """Its output and the emulator's own errors; None if it did not end in that time.

    words: what the loader puts into memory, by address; options: more of the emulator's.
    """
    line = [get_arm_toolchain.emulator(), "-machine", "mps2-an385", "-nic", "user,restrict=on"]
    line += [*options, "-semihosting", "-display", "none"]
    line += ["-monitor", "none", "-serial", "stdio", "-kernel", str(firmware)]
    line += ["-device", f"loader,file={image},addr={_IMAGE_AT:#x},force-raw=on"]
    for address, value in words.items():
        line += ["-device", f"loader,addr={address:#x},data={value},data-len=4"]
    try:
        done = subprocess.run(
            line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=longest_s
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout, done.stderr
