"""A signed image onto a board: what a station that runs it takes next, and what is refused."""

from pathlib import Path

import pytest

from chargepoint import VERSION
from chargepoint.ota import container, slots
from tools import boards, build_app, flash, image_keys


@pytest.fixture(scope="module")
def compiled() -> dict[str, dict[str, bytes]]:
    return {}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch, compiled) -> Path:
    """An empty folder; each board's application is compiled once."""
    real = build_app.files

    def files(board: boards.Board, **options) -> dict[str, bytes]:
        if board.name not in compiled:
            compiled[board.name] = real(board, **options)
        return dict(compiled[board.name])

    monkeypatch.setattr(boards, "RESULT", tmp_path / "boards")
    monkeypatch.setattr(build_app, "files", files)
    return tmp_path


def call(board: str, *options: str) -> int:
    return flash.main([board, "--dry-run", *options])


def one_line(capsys) -> str:
    text = capsys.readouterr().err
    assert text.count("\n") == 1 and text.startswith("flash: ")
    return text


@pytest.fixture
def key(desk: Path) -> Path:
    path = desk / "image.key"
    image_keys.write_private(path, image_keys.new_key("p256"))
    return path


@pytest.mark.parametrize("name", ["esp32_poe", "nucleo_f767zi"])
def test_a_signed_image(name, desk: Path, key: Path, capsys):
    """The station that runs it takes the next one: it is whole, and has the key in it."""
    options = ("--image-key", str(key), "--hardware", "A", "--counter", "3")
    assert call(name, *options) == 0
    text = capsys.readouterr().out
    path = desk / "boards" / name / "app.img"
    assert str(path) in text and "note: without IMAGE_KEY" not in text
    data = path.read_bytes()
    public = image_keys.key_file([image_keys.read_private(key).public_key()])
    station = container.Station(container.keys(public), name, "A", 3, 1, 1, len(data))
    header = container.check(data, station)
    assert (header.version, header.counter, header.hardware) == (VERSION, 3, ["A"])
    assert header.subprotocols == ["ocpp2.0.1", "ocpp1.6"]
    assert slots.is_whole(data) and public in data[4096:]
    assert call(name, *options) == 0
    again = path.read_bytes()
    assert again[:244] == data[:244] and again[4096:] == data[4096:]


def test_a_bare_image_is_told(desk: Path, capsys):
    assert call("esp32_poe") == 0
    text = capsys.readouterr().out
    assert text.count("note: without IMAGE_KEY= the image is not signed and has no key") == 1


def test_a_signed_image_that_can_not_be(desk: Path, key: Path, capsys):
    other = desk / "other.bin"
    public = image_keys.new_key("p256").public_key()
    other.write_bytes(image_keys.key_file([public]))
    broken = desk / "broken.bin"
    broken.write_bytes(b"CPK")
    sign, revision = ("--image-key", str(key)), ("--hardware", "A")
    for options, why in (
        (sign, "IMAGE_KEY= needs HARDWARE="),
        ((*revision, "--update-keys", str(other)), "UPDATE_KEYS= is for a signed image"),
        ((*sign, *revision, "--update-keys", str(other)), "does not have the public key of"),
        ((*sign, *revision, "--update-keys", str(broken)), "no key file"),
        ((*revision, "--image-key", str(desk / "none.key")), "none.key"),
        (("--hardware", "A B"), "HARDWARE=A B: one word"),
        ((*sign, *revision, "--counter", "-1"), "counter"),
    ):
        assert call("esp32_poe", *options) == 1
        assert why in one_line(capsys)
    assert not (desk / "boards/esp32_poe/app.img").exists()
    assert call("pybd_sf6", *sign, *revision) == 1  # its image could not be updated
    assert "pybd_sf6/manifest.py leaves out the block firmware" in one_line(capsys)


def test_make_app_signs_too(desk: Path, key: Path, capsys):
    options = ["esp32_poe", "--image-key", str(key), "--hardware", "A"]
    assert build_app.main(options) == 0
    assert str(desk / "boards/esp32_poe/app.img") in capsys.readouterr().out
    assert build_app.main(["esp32_poe"]) == 0
    told = capsys.readouterr().out
    assert str(desk / "boards/esp32_poe/app.romfs") in told and "note: without IMAGE_KEY=" in told
    assert build_app.main(["esp32_poe", *options[1:3]]) == 1
    assert (
        capsys.readouterr().err == "app: IMAGE_KEY= needs HARDWARE=, the revision of the board\n"
    )
