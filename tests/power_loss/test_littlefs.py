"""The same on MicroPython's own littlefs, which runs the station too."""

import os
import subprocess

import pytest

from tests.conftest import SOAK
from tests.power_loss import scenarios
from tests.power_loss.world import V16, V201
from tools.portable_tests import INTERPRETER, ROOT

DIALECTS = (V16, V201)


def sweep_on_micropython(say, *arguments):
    command = [str(INTERPRETER), "-X", "heapsize=16M", "-m", "tests.power_loss.sweep", *arguments]
    environment = {**os.environ, "MICROPYPATH": ".frozen:firmware:."}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace"
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines or not lines[-1].endswith("failures: 0"):
        pytest.fail(done.stdout + done.stderr, pytrace=False)
    say(lines[-1])


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("scenario", scenarios.ALL)
def test_each_operation(scenario, dialect, say):
    sweep_on_micropython(say, "littlefs", scenario, dialect, "parts=all" if SOAK else "parts=one")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_again_in_the_recovery(dialect, say):
    pairs = "pairs=all" if SOAK else "pairs=20x10"
    sweep_on_micropython(say, "files", "session", dialect, "parts=none", pairs)
