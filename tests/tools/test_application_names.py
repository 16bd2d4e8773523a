"""The names and texts that a firmware carries for the application."""

import subprocess
from pathlib import Path

import pytest

from tools import application_names, build_romfs
from tools.portable_tests import INTERPRETER

SOURCE = """
class Thermostat:
    def regulate(self, setpoint_mk, print):
        return "a/b", "in", "class", ("a text that is no name",), setpoint_mk
"""
LONG = "x" * 256


def compiled(folder: Path, text: str, name: str = "attic/thermostat.py") -> bytes:
    path = folder / "x.py"
    path.write_text(text)
    return build_romfs.compiled(path, name, build_romfs.CROSS, "armv7m", 3)


def test_names_are_those_that_no_firmware_has(tmp_path: Path):
    found = application_names.names({"attic/thermostat.mpy": compiled(tmp_path, SOURCE)})
    assert {"Thermostat", "regulate", "setpoint_mk", "a/b", "attic.thermostat"} <= set(found)
    assert "print" not in found


def test_texts_and_paths_are_names_too(tmp_path: Path):
    found = application_names.names({"attic/thermostat.mpy": compiled(tmp_path, SOURCE)})
    assert {"a text that is no name", "/rom/attic/thermostat.mpy", "thermostat"} <= set(found)


def test_text_that_is_too_long_for_a_name_is_none(tmp_path: Path):
    found = application_names.names(
        {"x.mpy": compiled(tmp_path, f"print('{LONG}', '{LONG[1:]}')")}
    )
    assert LONG not in found and LONG[1:] in found


def test_module_brings_all_of_them(tmp_path: Path):
    files = {"attic/thermostat.mpy": compiled(tmp_path, SOURCE)}
    carried = application_names.Mpy(application_names.module(files)).names
    assert set(application_names.names(files)) <= set(carried)


def test_module_can_be_loaded(tmp_path: Path):
    path = application_names.write({"x.mpy": compiled(tmp_path, SOURCE)}, tmp_path)
    command = [str(INTERPRETER), "-c", f"import {path.stem}; print('loaded')"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "loaded\n", done.stderr


def test_module_is_the_same_for_the_same_application(tmp_path: Path):
    files = {"x.mpy": compiled(tmp_path, SOURCE)}
    path = application_names.write(files, tmp_path / "names")
    before = path.stat().st_mtime_ns
    assert application_names.write(dict(files), tmp_path / "names") == path
    assert path.stat().st_mtime_ns == before


def test_what_is_no_mpy_is_refused():
    with pytest.raises(ValueError, match="no .mpy of format 6"):
        application_names.names({"x.mpy": b"M\x07\x00\x1f\x00\x00"})


def test_the_keys_of_all_messages_are_among_the_names():
    found = application_names.names({})
    assert {"idTagInfo", "chargingSchedulePeriod", "startPeriod", "customData"} <= set(found)
