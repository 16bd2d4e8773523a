"""Every portable test file once more, on MicroPython. A missing interpreter is a failure."""

import pytest

from tools.portable_tests import ROOT, portable_files, run

FILES = [path.relative_to(ROOT).as_posix() for path in portable_files()]


@pytest.mark.parametrize("name", FILES)
def test_on_micropython(name: str):
    problem = run(ROOT / name)
    if problem:
        pytest.fail(problem, pytrace=False)


def test_there_are_portable_files():
    assert FILES
