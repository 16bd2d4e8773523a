"""What holds for all tests: fixed examples from Hypothesis, and a limit on real time."""

import os
import signal
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

SOAK = bool(os.environ.get("SOAK"))  # `make soak`: long, and other examples each time
_LIMIT_S = 7200 if SOAK else 600  # several times what any test takes, for busy machines

settings.register_profile(
    "fixed",
    derandomize=not SOAK,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("fixed")


def _too_long(_signal, _frame):
    pytest.fail(f"the test took more than {_LIMIT_S} s")  # no Exception, which a sweep would count


@pytest.fixture(autouse=True)
def limit_real_time():
    """A test that hangs fails by itself, with a traceback of where it hung."""
    previous = signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(_LIMIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """One line that is printed at the end of the run, whether or not the test passes."""
    return lambda line: record_property("said", line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, line in report.user_properties if report.when == "call" else ():
                if name == "said":
                    terminalreporter.write_line(str(line))


@pytest.fixture(scope="session")
def emulated() -> None:
    """What the emulated board runs is that of this tree."""
    from tools import build_qemu

    build_qemu.build()


TARGETS = ("cpython", "unix", "qemu")


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> str:
    """What runs the station: CPython, MicroPython on the host or on an emulated Cortex-M3."""
    return ready(request)


def ready(request: pytest.FixtureRequest) -> str:
    """The target that a fixture is asked for, when it can run what is in this tree."""
    if request.param == "qemu":
        request.getfixturevalue("emulated")
    return request.param
