"""What a board is told about itself, and that its secrets show nowhere."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.tools import made_certificates
from tools import boards, image_ocpp, provision, stand_ins

TOML = """
[station]
id = "CP-1"
vendor = "Acme"
model = "One"
serial = "0001"
csms = ["{url}"]
{more}

[variables]
"OCPPCommCtrlr.HeartbeatInterval" = 77
{variables}
[configuration]
MeterValueSampleInterval = 33
"""
SECRETS = {"OCPP_PASSWORD": "a-password-16-ch", "OCPP_WIFI_KEY": "wifi-key"}
NO_FILES = (None, None, None)


@pytest.fixture
def station(tmp_path: Path):
    def write(url="ws://csms:9000/ocpp", more="", variables="") -> Path:
        path = tmp_path / "station.toml"
        path.write_text(TOML.format(url=url, more=more, variables=variables))
        return path

    return write


@pytest.fixture
def files(tmp_path: Path):
    return made_certificates.write(tmp_path)


def content(path: Path, board="esp32_poe", wifi="", files=NO_FILES, secrets=SECRETS):
    return provision.content(boards.load(board), path, wifi, files, secrets)


def test_all_that_the_board_reads_is_there(station):
    made = content(station())
    assert set(made) == set(stand_ins.CONFIG)
    assert made["csms"] == [["ws://csms:9000/ocpp", 0]]
    assert made["variables"] == {"OCPPCommCtrlr.HeartbeatInterval": 77}
    assert made["configuration"] == {"MeterValueSampleInterval": 33}
    assert made["credential"] is None and made["wifi"] is None and made["hardware"] is None


def test_the_revision_of_the_board(station):
    board = boards.load("esp32_poe")
    made = provision.content(board, station(), "", NO_FILES, SECRETS, "B2")
    assert made["hardware"] == "B2"
    with pytest.raises(boards.Failure, match="HARDWARE=B 2: one word"):
        provision.content(board, station(), "", NO_FILES, SECRETS, "B 2")


def test_a_board_starts_with_it(station, tmp_path: Path, capsys):
    made = json.loads(json.dumps(content(station(), "esp32_generic", "net")))
    board = boards.load("esp32_generic")
    (tmp_path / "flash").mkdir()
    with stand_ins.composed(
        board.folder, board.pins, board.is_esp32, tmp_path / "flash", made
    ) as (composed, _):
        model = composed.runtime.station.model
        assert model.layout.identity == "CP-1" and model.text(57) == "77"


def test_the_password_is_asked_for_by_the_profile(station):
    made = content(station(more="security_profile = 1"))
    assert bytes.fromhex(made["credential"]).decode() == SECRETS["OCPP_PASSWORD"]
    assert made["csms"] == [["ws://csms:9000/ocpp", 1]]


def test_A00_FR_205_a_password_has_16_to_40_characters(station):
    path = station(more="security_profile = 1")
    made = content(path, secrets={"OCPP_PASSWORD": "\u00e9" * 40})
    assert bytes.fromhex(made["credential"]).decode() == "\u00e9" * 40
    for password in ("x" * 15, "x" * 41):
        with pytest.raises(boards.Failure, match="OCPP_PASSWORD: allowed: 16 to 40 characters"):
            content(path, secrets={"OCPP_PASSWORD": password})


def test_the_password_of_the_file_is_enough(station):
    path = station(variables='"SecurityCtrlr.BasicAuthPassword" = "from-the-file-16"')
    made = content(path, secrets={})
    assert made["credential"] is None and made["csms"][0][1] == 1


def test_certificates_make_the_profile(station, files):
    path = station("wss://csms/ocpp")
    assert content(path, files=(files[0], None, None))["csms"] == [["wss://csms/ocpp", 2]]
    made = content(path, files=files, secrets={})
    assert made["csms"] == [["wss://csms/ocpp", 3]] and made["credential"] is None


def test_the_commands_and_files(station, files, tmp_path: Path):
    board = boards.load("esp32_poe")
    provision.write(tmp_path, content(station("wss://csms/ocpp"), files=files), files)
    for name, path in zip(("root", "certificate", "key"), files, strict=True):
        assert (tmp_path / "tls" / name).read_bytes() == path.read_bytes()
    call = ["mpremote", "connect", "P"]
    assert provision.commands(board, "P", tmp_path) == [
        [*call, "fs", "cp", "-r", f"{tmp_path}/tls", ":"],
        [*call, "fs", "cp", f"{tmp_path}/station.json", ":station.json"],
        [*call, "reset"],
    ]


def test_the_roots_of_the_manufacturer(station, tmp_path: Path, capsys):
    pem = tmp_path / "root.pem"
    pem.write_bytes(image_ocpp.certificates("p256")["root.pem"])
    (tmp_path / "out").mkdir()
    provision.write(tmp_path / "out", content(station()), NO_FILES, pem)
    assert [path.name for path in (tmp_path / "out" / "tls").iterdir()] == ["manufacturer"]
    assert (tmp_path / "out" / "tls" / "manufacturer").read_bytes() == pem.read_bytes()
    arguments = ["esp32_poe", "--station", str(station()), "--dry-run", "--manufacturer-roots"]
    assert provision.main([*arguments, str(pem)]) == 0
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(image_ocpp.certificates("p256")["leaf.pem"])
    five = tmp_path / "five.pem"
    five.write_bytes(pem.read_bytes() * 5)
    for path, why in (
        (tmp_path / "gone", "No such file or directory"),
        (station(), "PEM blocks: 0"),
        (five, "PEM blocks: 5"),
        (leaf, "not of a CA"),
    ):
        capsys.readouterr()
        assert provision.main([*arguments, str(path)]) == 1
        said = capsys.readouterr().err
        wanted = "1 to 4 certificates are needed, as PEM"
        assert said == f"provision: MANUFACTURER_ROOTS={path}: {why}: {wanted}\n"


@pytest.mark.parametrize("answers", [(True,), (False, True), (False, False)])
def test_a_board_that_does_not_answer_is_asked_once_more(answers, monkeypatch, capfd):
    left = list(answers)

    def run(command, timeout):
        assert command[1:] == ["connect", "port", "reset"] and timeout == provision.LONGEST_S
        if not left.pop(0):
            raise subprocess.TimeoutExpired(command, timeout)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    command = ["mpremote", "connect", "port", "reset"]
    if True in answers:
        provision.run(command, dry_run=False)
    else:
        with pytest.raises(boards.Failure, match="^the board does not answer mpremote: reset it"):
            provision.run(command, dry_run=False)
    assert not left
    assert capfd.readouterr().err == "mpremote: not done after 300 s\n" * answers.count(False)


def test_secrets_are_on_no_command_line(station, monkeypatch, capsys):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    path = station(more="security_profile = 1")
    arguments = ["pybd_sf6", "--station", str(path), "--wifi", "net", "--dry-run"]
    assert provision.main(arguments) == 0
    said = capsys.readouterr()
    for value in SECRETS.values():
        assert value not in said.out + said.err and value.encode().hex() not in said.out


def test_only_its_owner_can_read_what_goes_to_the_board(station, monkeypatch, tmp_path: Path):
    seen = []

    def look(command, dry_run):
        for word in command:
            if word.endswith("/station.json") and not word.startswith(":"):
                seen.append(Path(word).parent.stat().st_mode & 0o777)

    monkeypatch.setattr(provision, "run", look)
    board = boards.load("esp32_poe")
    provision.provision(board, str(tmp_path), content(station()), NO_FILES, False)
    assert seen == [0o700]


@pytest.mark.parametrize(
    "options, said",
    [
        ({"more": "security_profile = 2"}, "security profile 2 needs wss:// URLs"),
        ({"url": "wss://a/b"}, "security profile 2 needs CA=file"),
        ({"url": "wss://a/b", "more": "security_profile = 1"}, "security profile 1 needs ws://"),
        ({"url": "builtin"}, "a board needs a URL"),
        ({"url": "http://a"}, "allowed: ws://"),
        ({"more": "idd = 1"}, "station.idd"),
        ({"more": "]"}, "not valid TOML"),
    ],
)
def test_a_station_that_can_not_be(options: dict, said: str, station):
    with pytest.raises(boards.Failure) as failure:
        content(station(**options))
    assert said in str(failure.value) and "\n" not in str(failure.value)


def test_wifi_where_there_is_some(station):
    made = content(station(), "esp32_s3", "net")
    assert made["wifi"] == ["net", "wifi-key"]
    with pytest.raises(boards.Failure, match="esp32_s3 needs WIFI=name"):
        content(station(), "esp32_s3")
    with pytest.raises(boards.Failure, match="esp32_poe has no Wi-Fi"):
        content(station(), "esp32_poe", "net")


@pytest.mark.parametrize("value", [None, "", "x" * 129, "two\nlines"])
def test_a_secret_that_is_none(value, station, monkeypatch):
    monkeypatch.setattr("sys.stdin", open("/dev/null"))
    secrets = {} if value is None else {"OCPP_WIFI_KEY": value}
    with pytest.raises(boards.Failure, match="set OCPP_WIFI_KEY"):
        content(station(), "esp32_s3", "net", secrets=secrets)


def test_files_that_have_no_use_or_are_not_there(station, files, tmp_path: Path):
    with pytest.raises(boards.Failure, match="security profile 0 has no use for CA="):
        content(station(), files=(files[0], None, None))
    with pytest.raises(boards.Failure, match="needs KEY=file"):
        content(station("wss://a/b"), files=(files[0], files[1], None))
    with pytest.raises(boards.Failure, match="there is no such file"):
        content(station("wss://a/b"), files=(tmp_path / "none", None, None))
    with pytest.raises(boards.Failure, match="belongs to another certificate"):
        files[2].write_bytes(made_certificates.key_pem(made_certificates.new_key()))
        content(station("wss://a/b"), files=files)


def test_a_station_that_can_not_be_read(tmp_path: Path):
    for path, said in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(boards.Failure, match=f"^STATION={path}: {said}"):
            content(path)


def test_a_station_is_needed(capsys):
    assert provision.main(["esp32_poe"]) == 1
    assert capsys.readouterr().err.startswith("provision: STATION= is missing")
