"""The station's process: started, told, ended, killed."""

import os

import pytest

from host_sim.station_process import InterpreterError, interpreter


def test_cpython_is_the_one_that_runs_this():
    import sys

    assert interpreter("cpython")[0] == sys.executable


def test_the_unix_target_takes_the_interpreter_that_is_named(monkeypatch, tmp_path):
    from host_sim import station_process

    named = tmp_path / "micropython"
    named.write_text("")
    os.chmod(named, 0o755)
    monkeypatch.setattr(station_process, "ROOT", tmp_path)
    monkeypatch.setenv("MICROPYTHON", str(named))
    assert interpreter("unix")[0] == str(named)
    monkeypatch.setenv("MICROPYTHON", "")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InterpreterError, match="make micropython"):
        interpreter("unix")


def test_a_target_that_is_not_built_is_refused(monkeypatch, tmp_path):
    from host_sim import station_process

    monkeypatch.setattr(station_process, "ROOT", tmp_path)
    with pytest.raises(InterpreterError, match="qemu"):
        interpreter("qemu")
