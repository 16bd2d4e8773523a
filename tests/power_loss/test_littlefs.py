"""The same on MicroPython's own littlefs, which runs the station too."""

import os
import subprocess

import pytest

from tests.conftest import SOAK
from tests.power_loss.world import V16, V201
from tools.portable_tests import INTERPRETER, ROOT

DIALECTS = (V16, V201)
# Those of small blocks take longest: one in each dialect, all in the soak.
SOME = [("reboots", V201), ("resumes", V16)]
MORE = [
    ("day", V16),
    ("day", V201),
    ("reboots", V16),
    ("resumes", V201),
    ("aged", V16),
    ("full", V201),
]


def sweep_on_micropython(say, *arguments):
    command = [str(INTERPRETER), "-X", "heapsize=64M", "-m", "tests.power_loss.sweep", *arguments]
    environment = {**os.environ, "MICROPYPATH": ".frozen:firmware:."}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace"
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines or not lines[-1].endswith("failures: 0"):
        pytest.fail(done.stdout + done.stderr, pytrace=False)
    say(lines[-1])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_operation(dialect, say):
    parts = "parts=all" if SOAK else "parts=one"
    sweep_on_micropython(say, "littlefs", "session", dialect, parts)


@pytest.mark.parametrize("scenario, dialect", SOME + MORE if SOAK else SOME)
def test_each_operation_in_small_blocks(scenario, dialect, say):
    """Which littlefs reads sooner, and fills sooner."""
    parts = "parts=all" if SOAK else "parts=one"
    sweep_on_micropython(say, "files", scenario, dialect, parts)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_again_in_the_recovery(dialect, say):
    pairs = "pairs=300x50" if SOAK else "pairs=20x10"
    sweep_on_micropython(say, "files", "session", dialect, "parts=none", pairs)
