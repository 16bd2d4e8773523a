"""docs/footprint.md, written from given figures."""

import pytest

from tests.tools.measured_footprint import figures
from tools import footprint_figures, footprint_page
from tools.footprint_figures import CASES
from tools.footprint_station import Heap, Life


@pytest.mark.parametrize(
    ("measured", "cell"),
    [
        (45_000, "45,000 of 50,000 (-10.0 %, 5,000 under)"),
        (50_000, "50,000 of 50,000 (+0.0 %, 0 under)"),
        (60_000, "**60,000 of 50,000 (+20.0 %, 10,000 over)**"),
        (None, "**none was enough, 50,000**"),
    ],
)
def test_a_cell_says_how_far_from_its_budget(measured, cell):
    assert footprint_page.against(measured, 50_000) == cell


def test_the_page_has_all_tables():
    text = footprint_page.page(figures())
    assert (
        "| GC heap, idle online, two EVSEs | **25,000 of 24,000 (+4.2 %, 1,000 over)** "
        "| 25,000 of 28,000 (-10.7 %, 3,000 under) | 25,000 of 30,000 (-16.7 %, 5,000 under) |"
    ) in text
    assert "without TLS, less the simulator's parts | 60,536 | 60,536 | 64,632 |" in text
    assert "| GetVariables of 20 | 40,000 | 40,000 | 40,000 | 40,000 |" in text
    assert "| both, speaking 1.6, idle, online | 98,304 | 60,000 | 50,000 |" in text
    assert "| station/evse | 5,000 | 5,000 | 5,000 |" in text
    assert "| the whole image | 6,200 | 6,200 | 6,200 |" in text
    assert "| linking | 8,000 | -7,000 |\n| names |  | 14,000 |" in text
    assert "| 1.6 in Heartbeat | 1,234,567 |" in text


def test_what_is_over_says_by_how_much_and_why():
    text = footprint_page.page(figures())
    idle = text.split("### Over: GC heap, idle online, two EVSEs\n")[1].split("###")[0]
    assert "- 1.6 only: over by 1,000 bytes (4.2%)." in idle
    assert "18,000 the definitions that are always in memory, and 5,000 the dialect" in idle
    assert "What would get there" in idle and "both:" not in idle
    size = text.split("### Over: whole GC heap")[1].split("###")[0]
    assert "- both: over by 4,096 bytes" in size
    assert "45,000 live at once" in size and "24,632 more are needed" in size
    tls = text.split("### Over: the same with TLS")[1]
    assert "- both: no heap that was tried is enough." in tls
    assert "### Over: application in ROMFS" not in text


@pytest.mark.parametrize("name", footprint_figures.BUDGETS)
def test_each_budget_has_its_reason(name, monkeypatch):
    """Whatever comes to be over."""
    monkeypatch.setitem(
        footprint_figures.BUDGETS, name, dict.fromkeys(footprint_figures.IMAGES, 1)
    )
    found = figures()
    found.smallest_tls = found.smallest
    (part,) = [part for part in footprint_page.misses(found) if _called(name) in part]
    assert part.count("over by") == len(footprint_figures.IMAGES)
    assert "would get there" in part.replace("\n", " ")


def _called(name: str) -> str:
    return f"Over: {footprint_page.CALLED[name]}\n"


def test_if_all_budgets_are_met_that_is_all():
    found = figures()
    less = Life({"idle, online": Heap(20_000, 0, 60_000, 50_000)}, {"Heartbeat": 20_000})
    found.lives = {case: less for case in CASES}
    found.smallest = found.smallest_tls = {case: 65_536 for case in CASES}
    assert footprint_page.misses(found) == ["All budgets are met."]


def test_the_budgets_are_the_ones_in_the_table():
    rows = footprint_page.page(figures()).split("\n| budget |")[1].split("\n\n")[0].split("\n")[2:]
    for row, budgets in zip(rows, footprint_figures.BUDGETS.values(), strict=False):
        for cell, budget in zip(row.split("|")[2:5], budgets.values(), strict=True):
            assert f"{budget:,}" in cell
