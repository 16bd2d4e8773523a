"""A few figures of the footprint are measured and held."""

import pytest

from tools import footprint, footprint_ceilings


def test_growth_beyond_the_margin_is_told():
    grown = footprint_ceilings.grown
    assert grown({"rom both": 1000}, {"rom both": 1020}) == []
    (line,) = grown({"rom both": 1000}, {"rom both": 1021})
    assert line == "rom both: 1,021 bytes, 1,000 are recorded: +2.1%"
    assert grown({"heap idle 1.6": 1000}, {"heap idle 1.6": 1060}) == []
    assert len(grown({"heap idle 1.6": 1000}, {"heap idle 1.6": 1061})) == 1
    assert grown({"a": 1}, {"b": 1}) == ["a: recorded only", "b: measured only"]


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Measured: one figure; recorded: what the test writes."""
    monkeypatch.setattr(footprint_ceilings, "TABLE", tmp_path / "ceilings.csv")
    monkeypatch.setattr(footprint_ceilings, "quick", lambda enough: {"rom both": 103})
    return footprint_ceilings.TABLE


def test_a_ceiling_that_is_exceeded_fails(quick, capsys):
    quick.write_text(footprint_ceilings.dump({"rom both": 100}))
    assert footprint.main(["--quick"]) == 1
    said = capsys.readouterr().out
    assert "rom both: 103 bytes, 100 are recorded: +3.0%\n" in said
    assert "--quick --record" in said


def test_what_is_recorded_is_a_ceiling(quick, capsys):
    assert footprint.main(["--quick", "--record"]) == 0
    assert quick.read_text() == "figure,bytes\nrom both,103\n"
    assert footprint.main(["--quick"]) == 0
    assert capsys.readouterr().out == "ceilings.csv: 1 figures\n"


def test_without_a_record_it_says_how_to_make_one(quick, capsys):
    assert footprint.main(["--quick"]) == 1
    assert "--quick --record" in capsys.readouterr().out


def test_what_the_station_takes_is_within_what_is_recorded():
    recorded = footprint_ceilings.load(footprint_ceilings.TABLE.read_text())
    found = footprint_ceilings.measured(recorded)
    assert footprint_ceilings.grown(recorded, found) == []
    for dialect in ("1.6", "2.0.1"):
        assert found[f"heap idle {dialect}"] < found[f"heap peak {dialect}"]
