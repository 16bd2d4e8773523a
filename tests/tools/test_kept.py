"""Results of the image's tools that are kept on disk."""

from pathlib import Path

import pytest

from tools import kept


@pytest.fixture
def made(tmp_path: Path, monkeypatch) -> tuple:
    """(a function that is kept, the calls that it got, a file that it depends on)."""
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "kept")
    calls = []
    file = tmp_path / "table"
    file.write_text("1")

    @kept.kept(file)
    def double(texts: dict[str, str], source: Path | None = None) -> dict[str, str]:
        calls.append((texts, source))
        return {name: text * 2 for name, text in texts.items()}

    return double, calls, file


def test_the_same_is_made_once(made):
    double, calls, _ = made
    assert double({"a": "x"}) == double({"a": "x"}) == {"a": "xx"}
    assert len(calls) == 1


def test_all_that_it_depends_on_counts(made, tmp_path: Path):
    double, calls, file = made
    source = tmp_path / "source"
    source.write_text("1")
    double({"a": "x"})
    double({"a": "y"})
    double({"b": "x"})
    double({"a": "x"}, source)
    double({"a": "x"}, source=source)
    source.write_text("2")
    double({"a": "x"}, source)
    file.write_text("2")
    double({"a": "x"})
    assert len(calls) == 7


def test_what_is_torn_or_switched_off_is_made_anew(made, monkeypatch):
    double, calls, _ = made
    double({"a": "x"})
    (path,) = (kept.FOLDER or Path()).iterdir()
    path.write_bytes(path.read_bytes()[:-3])
    assert double({"a": "x"}) == {"a": "xx"}
    monkeypatch.setattr(kept, "FOLDER", None)
    double({"a": "x"})
    assert len(calls) == 3


def test_a_file_that_is_missing_is_for_the_function_to_say(made, tmp_path: Path):
    double, calls, _ = made
    double({}, tmp_path / "none")
    double({}, tmp_path / "none")
    assert len(calls) == 2


def test_the_oldest_go(made, monkeypatch):
    double, calls, _ = made
    monkeypatch.setattr(kept, "_MOST", 3)
    for n in range(5):
        double({"a": str(n)})
    assert len(list((kept.FOLDER or Path()).iterdir())) == 3
    double({"a": "4"})
    assert len(calls) == 5
