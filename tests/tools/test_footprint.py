"""`make footprint`: its schema and page on given figures, its messages, and a measured run."""

import json

import pytest

from tools import footprint, footprint_images, footprint_messages, footprint_table
from tools.footprint_station import Heap, Life
from tools.footprint_table import CASES, Figures

KEYS = ("rom_bytes", "heap_idle_bytes", "heap_peak_bytes", "heap_size_bytes")


def figures() -> Figures:
    """As if all had been measured."""
    life = Life({"idle, online": Heap(30_000, 0, 60_000, 50_000)}, {"the boot": 70_000})
    life.peaks["GetVariables of 20"] = 45_000
    sizes = {"main.py": 100, "chargepoint/station/evse.py": 5_000, "chargepoint/runtime.py": 900}
    return Figures(
        image_bytes={"1.6": 5_500, "2.0.1": 5_600, "both": 5_900},
        alone={image: sizes for image in footprint_table.IMAGES},
        simulator={"simulated drivers": 2_000, "line to the simulator": 3_000},
        lives={case: life for case in CASES},
        long={CASES[2]: life},
        long_heap_bytes=98_304,
        smallest={**dict.fromkeys(CASES, 65_536), CASES[3]: 69_632},
        instructions={"1.6 in Heartbeat": 1234567},
    )


def test_the_json_has_the_schema_that_programs_rely_on():
    found = json.loads(json.dumps(footprint_table.as_json(figures())))
    for key in KEYS:
        assert set(found[key]) == {"1.6", "2.0.1", "both"}
        assert all(type(value) is int for value in found[key].values()), key
    assert found["instructions"] == {"1.6 in Heartbeat": 1234567}
    assert found["rooms"] == {"station": 5_000, "runtime": 900}
    assert set(KEYS) < set(found["budgets"])


def test_the_simulators_part_is_taken_off_and_told():
    found = footprint_table.as_json(figures())
    assert found["rom_bytes"]["both"] == 5_800
    assert found["heap_idle_bytes"] == dict.fromkeys(("1.6", "2.0.1", "both"), 25_000)
    assert found["heap_peak_bytes"]["2.0.1"] == 40_000  # not the boot: that is no message
    assert found["simulator_heap_bytes"] == {
        "simulated drivers": 2_000,
        "line to the simulator": 3_000,
    }
    whole = found["with_simulator"]["both speaking 1.6"]
    assert whole["moments"] == {"idle, online": 30_000}


def test_of_an_image_with_both_dialects_the_worse_one_counts():
    found = footprint_table.budgeted(figures())
    assert found["heap_size_bytes"] == {"1.6": 65_536, "2.0.1": 65_536, "both": 69_632}
    few = figures()
    few.smallest[CASES[2]] = None
    assert footprint_table.budgeted(few)["heap_size_bytes"]["both"] is None


@pytest.mark.parametrize(
    ("measured", "cell"),
    [
        (45_000, "45,000 of 50,000: -10 %"),
        (50_000, "50,000 of 50,000: +0 %"),
        (60_000, "**60,000 of 50,000: +20 %**"),
        (None, "not measured, 50,000"),
    ],
)
def test_a_cell_says_how_far_from_its_budget(measured, cell):
    assert footprint_table.against(measured, 50_000) == cell


def test_the_page_has_the_budgets_and_by_how_much_they_are_missed():
    text = footprint_table.page(figures())
    assert (
        "| GC heap, idle online, two EVSEs | **25,000 of 24,000: +4 %** "
        "| 25,000 of 28,000: -11 % | 25,000 of 30,000: -17 % |"
    ) in text
    assert "- whole GC heap that it runs in, without TLS, both: 4,096 bytes over" in text
    assert "- GC heap, idle online, two EVSEs, 1.6: 1,000 bytes over" in text
    assert "| GetVariables of 20 | 40,000 | 40,000 | 40,000 | 40,000 |" in text
    assert "| linking, and the image's directory | -500 | -400 | -100 |" in text
    assert "| 1.6 in Heartbeat | 1,234,567 |" in text
    assert "| station/evse.py | 5,000 |" in text


def test_the_budgets_are_the_ones_in_the_table():
    rows = (
        footprint_table.page(figures()).split("\n| budget |")[1].split("\n\n")[0].split("\n")[2:]
    )
    assert len(rows) == len(footprint_table.BUDGETS)
    for row, budgets in zip(rows, footprint_table.BUDGETS.values(), strict=True):
        for cell, budget in zip(row.split("|")[2:5], budgets.values(), strict=True):
            assert f"{budget:,}" in cell


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


def test_growth_beyond_the_margin_is_told():
    assert footprint.grown({"rom both": 1000}, {"rom both": 1020}) == []
    (line,) = footprint.grown({"rom both": 1000}, {"rom both": 1021})
    assert "1,021 bytes, 1,000 are recorded: +2.1%" in line
    assert footprint.grown({"a": 1}, {"b": 1}) == ["a: recorded only", "b: measured only"]
    assert footprint.load(footprint.dump({"b": 2, "a": 1})) == {"a": 1, "b": 2}


def test_what_the_station_takes_is_within_what_is_recorded():
    found = footprint.quick()
    assert footprint.grown(footprint.load(footprint.CEILINGS.read_text()), found) == []
    for dialect in ("1.6", "2.0.1"):
        assert found[f"heap idle {dialect}"] < found[f"heap peak {dialect}"]
