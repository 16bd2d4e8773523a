"""The station's process: started, told, ended, killed."""

import os

import pytest

from host_sim.channel import ChannelServer
from host_sim.station_process import InterpreterError, StationProcess, interpreter


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


def test_a_line_that_can_not_be_dealt_with_does_not_end_the_others(caplog):
    seen = []

    def on_line(line):
        seen.append(line)
        raise RecursionError("of a hostile line")

    process = StationProcess([], ChannelServer(), 0, on_line, lambda reason: None)
    process._take({"a": 1})
    process._take({"b": 2})
    assert seen == [{"a": 1}, {"b": 2}] and "could not be dealt with" in caplog.text
