"""The names that a firmware carries for the application."""

import ast
from pathlib import Path

from tools import application_names, build_romfs

SOURCE = """
class Thermostat:
    def regulate(self, setpoint_mk, print):
        return "a/b", "in", "class", "a text that is no name", setpoint_mk
"""


def compiled(folder: Path, text: str, name: str = "attic/thermostat.py") -> bytes:
    path = folder / "x.py"
    path.write_text(text)
    return build_romfs.compiled(path, name, build_romfs.CROSS, "armv7m", 3)


def test_names_are_those_that_no_firmware_has(tmp_path: Path):
    found = application_names.names(compiled(tmp_path, SOURCE))
    assert {"Thermostat", "regulate", "setpoint_mk", "a/b", "attic.thermostat"} <= set(found)
    assert "print" not in found


def test_module_brings_all_of_them(tmp_path: Path):
    mpy = compiled(tmp_path, SOURCE)
    text = application_names.module([mpy])
    ast.parse(text)
    carried = application_names.names(compiled(tmp_path, text))
    assert set(application_names.names(mpy)) <= set(carried)


def test_application_has_no_name_that_the_module_can_not_bring(tmp_path: Path):
    files = build_romfs.modules("armv7m", without=()).values()
    carried = application_names.names(compiled(tmp_path, application_names.module(files)))
    assert {name for mpy in files for name in application_names.names(mpy)} <= set(carried)


def test_module_is_the_same_for_the_same_application(tmp_path: Path):
    mpy = compiled(tmp_path, SOURCE)
    path = application_names.write([mpy], tmp_path / "names")
    before = path.stat().st_mtime_ns
    assert application_names.write([mpy, mpy], tmp_path / "names") == path
    assert path.stat().st_mtime_ns == before
    ast.parse(application_names.module([]))
