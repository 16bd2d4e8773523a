"""Lives of stations side by side, each in a process, and the search for the smallest heap.

For tools/footprint.py. On two cores two lives take little longer than one.
"""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import io
import multiprocessing
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from tools.footprint_station import Failed, Life, Plan, live

STEP_BYTES = 2 * 1024
MOST_BYTES = 192 * 1024  # no search goes above


def lived(plan: Plan) -> Life:
    """Raises Failed."""
    with tempfile.TemporaryDirectory(prefix="ocpp-footprint-") as folder:
        return asyncio.run(live(plan, Path(folder)))


def _be_quiet() -> None:
    """What boards print while they die is not shown: why is in what Failed says."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


class Pool:
    """As many processes as there are cores; to be closed by `with`."""

    def __init__(self) -> None:
        self._executor = ProcessPoolExecutor(
            os.cpu_count(), multiprocessing.get_context("spawn"), initializer=_be_quiet
        )

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(cancel_futures=True)

    def live(self, plan: Plan) -> Future[Life]:
        return self._executor.submit(lived, plan)

    def go_through(self, plan: Plan) -> str:
        """Why a life by this plan failed; empty if it did not."""
        try:
            self.live(plan).result()
        except Failed as failed:
            return str(failed)
        return ""


def search(pool: Pool, plan: Plan, near_bytes: int, say: Callable[[str], None]) -> int | None:
    """The smallest heap, in steps, in which two lives went through, while in one step less one did
    not; None if there is none. It is looked for from near_bytes on."""

    def enough(steps: int, again: bool) -> bool:
        attempt = dataclasses.replace(plan, heap_bytes=steps * STEP_BYTES)
        why = pool.go_through(attempt)
        say(f"{attempt.heap_bytes:,} bytes: {why or 'enough'}{', again' if again else ''}")
        return not why

    steps = smallest(enough, near_bytes // STEP_BYTES, MOST_BYTES // STEP_BYTES)
    return None if steps is None else steps * STEP_BYTES


def smallest(enough: Callable[[int, bool], bool], near: int, most: int) -> int | None:
    """The smallest number that is enough twice, while one less was not; None if there is none up
    to `most`. enough(number, again): by trying."""
    low, high, stride = 0, near, 1  # 0 is never enough
    if enough(near, False):
        while high > 1 and enough(low := max(high - stride, 1), False):
            low, high, stride = 0, low, stride * 2
    else:
        low, high = near, near + 1
        while not enough(high, False):
            if high == most:
                return None
            low, stride = high, stride * 2
            high = min(high + stride, most)
    while high - low > 1:
        middle = (low + high) // 2
        if enough(middle, False):
            high = middle
        else:
            low = middle
    while not enough(high, True):
        high += 1
        while high <= most and not enough(high, False):
            high += 1
        if high > most:
            return None
    return high


def load(text: str) -> dict[str, int]:
    """Smallest heaps that were found once, by the name of what was searched for."""
    return {row["heap"]: int(row["bytes"]) for row in csv.DictReader(io.StringIO(text))}


def dump(found: dict[str, int]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("heap", "bytes"))
    writer.writerows(sorted(found.items()))
    return text.getvalue()
