"""`make footprint`: its JSON on given figures, its messages, and that it says why it fails."""

import json

import pytest

from tests.tools.measured_footprint import figures
from tools import footprint, footprint_figures, footprint_images, footprint_messages
from tools.footprint_rooms import DIRECTORY
from tools.footprint_station import Failed

KEYS = ("rom_bytes", "heap_idle_bytes", "heap_peak_bytes", "heap_size_bytes")
IMAGES = {"1.6", "2.0.1", "both"}


def test_the_json_has_the_schema_that_programs_rely_on():
    found = json.loads(json.dumps(footprint_figures.as_json(figures())))
    for key in KEYS:
        assert set(found[key]) == IMAGES
        assert all(type(value) is int for value in found[key].values()), key
    assert found["instructions"] == {"1.6 in Heartbeat": 1234567}
    assert found["rooms"] == {DIRECTORY: 200, "runtime": 900, "station/evse": 5_000}
    assert sum(found["rooms"].values()) == found["rom_bytes"]["both"]
    assert set(KEYS) < set(found["budgets"])


def test_the_simulators_part_is_taken_off_and_told():
    found = footprint_figures.as_json(figures())
    assert found["rom_bytes"]["both"] == 6_100
    assert found["heap_idle_bytes"] == dict.fromkeys(IMAGES, 25_000)
    assert found["heap_peak_bytes"]["2.0.1"] == 40_000  # not the boot: that is no message
    assert found["heap_size_bytes"]["2.0.1"] == 65_536  # the whole one, as it was configured
    assert found["simulator_heap_bytes"] == {
        "simulated drivers": 2_000,
        "line to the simulator": 3_000,
    }
    whole = found["with_simulator"]["both, speaking 1.6"]
    assert whole["moments"] == {"idle, online": 30_000}


def test_of_an_image_with_both_dialects_the_worse_one_counts():
    found = footprint_figures.budgeted(figures())
    assert found["heap_size_bytes"] == {"1.6": 65_536, "2.0.1": 65_536, "both": 69_632}
    assert found["heap_size_tls_bytes"] == {"1.6": 98_304, "2.0.1": 98_304, "both": None}


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_the_longest_requests_are_as_long_as_the_station_takes(dialect):
    longest = [r for r in footprint_messages.requests(dialect) if r.payload is None]
    assert [r.action for r in longest] == ["SendLocalList", "SetChargingProfile"]
    board = (footprint_images.ROOT / "boards" / "qemu_mps2" / "board.py").read_text()
    assert f"message_limit = {footprint_messages.LIMIT_BYTES}\n" in board
    for request in longest:
        text = footprint_messages.text(request, dialect)
        assert len(text) == footprint_messages.LIMIT_BYTES
        assert json.loads(text)[2] == request.action


def test_a_station_that_fails_is_one_line(monkeypatch, capsys):
    def fail():
        raise Failed("the station rebooted: MemoryError")

    monkeypatch.setattr(footprint, "measure", fail)
    assert footprint.main([]) == 1
    assert capsys.readouterr().err == "footprint: the station rebooted: MemoryError\n"


def test_what_was_measured_is_written_and_printed(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(footprint, "measure", figures)
    monkeypatch.setattr(footprint, "PAGE", tmp_path / "footprint.md")
    monkeypatch.setattr(footprint, "RESULT", tmp_path / "footprint.json")
    assert footprint.main([]) == 0
    assert (tmp_path / "footprint.md").read_text() in capsys.readouterr().out
    written = json.loads((tmp_path / "footprint.json").read_text())
    assert written["heap_idle_bytes"]["both"] == 25_000
