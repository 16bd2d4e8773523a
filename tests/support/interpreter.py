"""A program on MicroPython beside what the test serves to it."""

import asyncio
import os

from tools.portable_tests import INTERPRETER, ROOT

_LIMIT_S = 60  # of real time, for one that hangs


async def on_micropython(*arguments: str, heap: str, path: str) -> tuple[int | None, str]:
    """(exit status, what it printed); heap: as -X heapsize, path: MICROPYPATH."""
    assert INTERPRETER.exists(), "no MicroPython interpreter; run `make micropython`"
    process = await asyncio.create_subprocess_exec(
        *(str(INTERPRETER), "-X", f"heapsize={heap}", *arguments),
        cwd=ROOT,
        env={**os.environ, "MICROPYPATH": path},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _LIMIT_S)
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode, output.decode()
