"""Finding an interpreter, and taking no source but the pinned one. Nothing is built here."""

import hashlib
import tarfile
from pathlib import Path

import pytest

from tools import get_micropython as get


@pytest.fixture
def fake(tmp_path: Path):
    """Make a program that answers like an interpreter or mpy-cross of that version."""

    def make(name: str, answer: str) -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho '{answer}'\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("MICROPYTHON", "MPY_CROSS", "OCPP_MPY_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DEBIAN_MIRROR", (tmp_path / "mirror").as_uri())


CROSS = "MicroPython v%s on 2025-04-15; mpy-cross emitting mpy v6.3"


def test_what_was_set_up_runs_and_matches():
    version = get.interpreter_version(get.RESULT / "micropython")
    assert version and version[:2] >= get.OLDEST
    cross = get.cross_version(get.RESULT / "mpy-cross")
    assert cross and cross[:2] == version[:2]


def test_pair_on_the_path(fake):
    interpreter, cross = fake("micropython", "1.26.1"), fake("mpy-cross", CROSS % "1.26.1")
    assert get.find_on_path() == (str(interpreter), str(cross))


@pytest.mark.parametrize(
    ("version", "cross"), [("1.24.1", "1.24.1"), ("1.26.0", "1.25.0"), ("nonsense", "1.25.0")]
)
def test_unfit_pair_on_the_path_is_passed_over(fake, version: str, cross: str):
    fake("micropython", version)
    fake("mpy-cross", CROSS % cross)
    assert get.find_on_path() is None


@pytest.mark.parametrize(
    ("version", "said"),
    [("1.24.0", "older than 1.25"), ("Python 3", "not a MicroPython"), ("1.27.0", "no mpy-cross")],
)
def test_unfit_named_interpreter_is_an_error(fake, monkeypatch, version: str, said: str):
    monkeypatch.setenv("MICROPYTHON", str(fake("mp", version)))
    with pytest.raises(get.Failure, match=said):
        get.find_named()


def test_named_pair(fake, monkeypatch):
    monkeypatch.setenv("MICROPYTHON", str(fake("mp", "1.27.0")))
    monkeypatch.setenv("MPY_CROSS", str(fake("cross", CROSS % "1.27.0")))
    assert get.find_named() == (str(fake("mp", "1.27.0")), str(fake("cross", CROSS % "1.27.0")))


def source(content: bytes):
    digest = hashlib.sha256(content).hexdigest()
    return "thing", "thing_1.orig.tar.xz", digest, "0" * 40


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    pool = tmp_path / "mirror" / "pool" / "main" / "t" / "thing"
    pool.mkdir(parents=True)
    (tmp_path / "cache").mkdir()
    return pool / "thing_1.orig.tar.xz"


def test_archive_comes_from_the_mirror_once(mirror: Path, tmp_path: Path):
    mirror.write_bytes(b"right")
    path = get.fetch(source(b"right"), tmp_path / "cache")
    assert path.read_bytes() == b"right"
    mirror.unlink()
    assert get.fetch(source(b"right"), tmp_path / "cache") == path


def test_wrong_archive_is_thrown_away(mirror: Path, tmp_path: Path, monkeypatch):
    mirror.write_bytes(b"forged")
    monkeypatch.setattr(get, "ARCHIVE", (tmp_path / "none").as_uri())
    monkeypatch.setenv("PATH", "")  # no apt either
    with pytest.raises(get.Failure, match="can't get the source of thing"):
        get.fetch(source(b"right"), tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("thing*"))


def test_unpack_drops_the_first_folder_and_stays_inside(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    with tarfile.open(tmp_path / "a.tar.xz", "w:xz") as tar:
        tar.add(tmp_path / "file", "top/in/file")
        tar.add(tmp_path / "file", "top/../../out")
    get.unpack(tmp_path / "a.tar.xz", tmp_path / "to")
    assert [p.name for p in (tmp_path / "to").rglob("*") if p.is_file()] == ["file"]
    assert not (tmp_path / "out").exists()
