"""The configuration file and the options: what is taken, and how what is wrong is told."""

import json
from pathlib import Path

import pytest

from host_sim.config import Config, check_together, load
from host_sim.config_connection import ConfigError, csms_url
from tests.tools import made_certificates
from tools import qemu_image


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "station.toml"
    path.write_text(text)
    return path


def refused(tmp_path: Path, text: str) -> str:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as info:
        check_together(load(path))
    message = str(info.value)
    assert "\n" not in message
    return message


WHOLE = """
[station]
id = "CP-1"
vendor = "Acme"
model = "One"
serial = "0001"
csms = ["ws://127.0.0.1:9000/ocpp"]
ocpp = ["ocpp2.0.1", "ocpp1.6"]
security_profile = 0

[[evse]]
phases = 3
max_current = 32
connectors = ["cType2"]

[[evse]]
phases = 1
connectors = ["sType2", "cType1"]

[variables]
"OCPPCommCtrlr.HeartbeatInterval" = 300
"OCPPCommCtrlr.MessageAttempts[TransactionEvent]" = 3

[configuration]
MeterValueSampleInterval = 60

[features]
reservation = false
"""


def test_the_file_of_the_documentation_is_taken(tmp_path):
    config = load(write(tmp_path, WHOLE))
    check_together(config)
    assert config.id == "CP-1" and config.vendor == "Acme" and config.serial == "0001"
    assert config.csms == ("ws://127.0.0.1:9000/ocpp",)
    assert config.ocpp == ("ocpp2.0.1", "ocpp1.6") and config.profile_of == 0
    assert [evse.phases for evse in config.evses] == [3, 1]
    assert config.evses[1].connectors == ("sType2", "cType1") and config.evses[1].max_current == 32
    assert config.variables[0]["OCPPCommCtrlr.HeartbeatInterval"] == 300
    assert config.configuration == ({"MeterValueSampleInterval": 60}, False)
    assert config.features == {"reservation": False}


def test_without_a_file_there_is_an_example():
    assert load(None) == Config()
    check_together(Config())


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[station", ["not valid TOML"]),
        ("[stations]\n", ["stations", "did you mean station", "allowed"]),
        ("station = 1\n", ["station", "a table"]),
        ("evse = 1\n", ["evse", "[[evse]]"]),
        ("[station]\nvendr = 'x'\n", ["station.vendr", "did you mean vendor"]),
        ("[station]\nid = 5\n", ["station.id", "text"]),
        ("[station]\nid = 'a:b'\n", ["station.id", "':'"]),
        ("[station]\nid = ''\n", ["station.id"]),
        ("[station]\nid = '" + "x" * 49 + "'\n", ["station.id", "48"]),
        ("[station]\nmodel = '" + "x" * 21 + "'\n", ["station.model", "20"]),
        ("[station]\nvendor = '" + "x" * 21 + "'\n", ["station.vendor", "20"]),
        ("[station]\ncsms = 'ws://a'\n", ["station.csms", "list"]),
        ("[station]\ncsms = []\n", ["station.csms"]),
        ("[station]\ncsms = ['http://a']\n", ["station.csms", "ws://"]),
        ("[station]\nocpp = ['ocpp1.5']\n", ["station.ocpp", "ocpp1.5", "ocpp1.6"]),
        ("[station]\nocpp = []\n", ["station.ocpp"]),
        ("[station]\nsecurity_profile = 4\n", ["security_profile", "0, 1, 2 or 3"]),
        ("[station]\nsecurity_profile = true\n", ["security_profile"]),
        ("[[evse]]\nphases = 4\n", ["evse 1", "phases", "1, 2 or 3"]),
        ("[[evse]]\n[[evse]]\nmax_current = 0\n", ["evse 2", "max_current", "6"]),
        ("[[evse]]\nconnectors = []\n", ["evse 1", "connectors"]),
        ("[[evse]]\nconnectors = ['cType9']\n", ["cType9", "cType2"]),
        ("[[evse]]\ncolour = 1\n", ["evse 1", "colour", "phases"]),
        (
            "[variables]\n'OCPPCommCtrlr.HeartbeatIntervall' = 3\n",
            ["[variables]", "HeartbeatIntervall", "did you mean OCPPCommCtrlr.HeartbeatInterval"],
        ),
        (
            "[variables]\n'OCPPCommCtrlr.HeartbeatInterval' = 'x'\n",
            ["OCPPCommCtrlr.HeartbeatInterval", "integer"],
        ),
        (
            "[variables]\n'OCPPCommCtrlr.HeartbeatInterval' = {a = 1}\n",
            ["variables.OCPPCommCtrlr.HeartbeatInterval", "allowed"],
        ),
        ("[variables]\nallow_unknown = 1\n", ["variables.allow_unknown", "true or false"]),
        (
            "[configuration]\nHeartBeatIntervl = 3\n",
            ["[configuration]", "HeartBeatIntervl", "did you mean HeartbeatInterval"],
        ),
        ("[configuration]\nMeterValueSampleInterval = 'x'\n", ["MeterValueSampleInterval"]),
        ("[features]\nreservations = false\n", ["features.reservations", "did you mean"]),
        ("[features]\nreservation = 0\n", ["features.reservation", "true or false"]),
        ("[firmware]\nversion = '1'\n", ["firmware.version", "keys, product, hardware, roots"]),
        ("[firmware]\nproduct = 'a b'\n", ["firmware.product", "a word"]),
        ("[firmware]\nhardware = ''\n", ["firmware.hardware", "a text"]),
        ("[firmware]\nkeys = 'none'\n", ["firmware.keys", "'none'", "tools/image.py pin"]),
        ("[firmware]\nkeys = 'station.toml'\n", ["firmware.keys", "tools/image.py pin"]),
        ("[firmware]\nroots = 'station.toml'\n", ["firmware.roots", "PEM"]),
        ("[station]\ncsms = ['ws://a']\nsecurity_profile = 2\n", ["ws://a", "wss://"]),
        ("[station]\nsecurity_profile = 3\ncsms = ['wss://a']\n", ["--cert"]),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(tmp_path, text, parts):
    message = refused(tmp_path, text)
    for part in parts:
        assert part in message


def test_a_wrong_value_is_told_with_the_name_of_the_file(tmp_path):
    assert "station.toml" in refused(tmp_path, "[station]\nid = 5\n")
    assert "station.toml" in refused(tmp_path, "[variables]\n'A.B' = 5\n")


def test_what_the_station_is_updated_with(tmp_path):
    root, _, _ = made_certificates.write(tmp_path)
    (tmp_path / "keys").write_bytes(qemu_image.key_file())
    text = f"[firmware]\nkeys = 'keys'\nproduct = 'box'\nhardware = 'B'\nroots = '{root.name}'\n"
    firmware = load(write(tmp_path, text)).firmware
    assert firmware.keys == qemu_image.key_file()
    assert (firmware.product, firmware.hardware) == ("box", "B")
    assert firmware.roots == root.absolute()


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "station.toml"
    path.write_bytes(b'\xef\xbb\xbf[station]\r\nid = "CP-1"\r\n')
    assert load(path).id == "CP-1"
    path.write_bytes('[station]\nid = "CP-1"'.encode("utf-16"))
    with pytest.raises(ConfigError, match="UTF-8"):
        load(path)


def test_dialects_go_by_their_short_names_too(tmp_path):
    config = load(write(tmp_path, '[station]\nocpp = ["1.6", "ocpp2.0.1"]\n'))
    assert config.ocpp == ("ocpp1.6", "ocpp2.0.1")


def test_a_block_that_is_not_built_is_told_if_it_is_wanted(tmp_path):
    text = "[features]\nfirmware = true\nreservation = %s\nsmart_charging = false\n"
    (note,) = load(write(tmp_path, text % "true")).notes
    assert "station.toml: features.reservation: " in note and "firmware" in note
    assert load(write(tmp_path, text % "false")).notes == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("OCPPCommCtrlr.HeartbeatInterval", 0, "an integer from 1"),
        ("OCPPCommCtrlr.WebSocketPingInterval", -1, "an integer from 0 to 86400"),
        ("SmartChargingCtrlr.LimitChangeSignificance", 101, "a number from 0 to 100"),
        ("LocalAuthListCtrlr.Entries", 101, "an integer from 0 to 100"),
        ("TxCtrlr.StopTxOnInvalidId", 1, "true or false"),
        ("AuthCacheCtrlr.Policy", "LFU", "one of LRU"),
        ("TxCtrlr.TxStartPoint", "Never", "a list without repetition of EVConnected, Authorized"),
        ("OCPPCommCtrlr.NetworkConfigurationPriority", "2", "a list without repetition of 0"),
        ("EVSE.PhaseRotation", "ABC", "three letters of R, S, T and x"),
        ("AuthCtrlr.MasterPassGroupId", "x" * 37, "a text of up to 36 characters"),
        ("ClockCtrlr.DateTime", "now", "an RFC 3339 timestamp"),
        ("HeartbeatInterval", 0, "an integer from 1"),
        ("LocalAuthListMaxLength", 101, "an integer from 0 to 100"),
        ("StopTxnSampledDataMaxLength", 21, "an integer from 1 to 20"),
        ("NumberOfConnectors", 9, "2 or left out"),
        ("AuthorizationKey", "short", "32 to 40 hexadecimal digits"),
        ("ConnectorPhaseRotation", "x", "a list of 0.RST, 1.Unknown"),
        ("MeterValuesSampledData", "x", "a list without"),
        ("ChargingScheduleAllowedChargingRateUnit", "x", "a list of Current and Power"),
        ("NetworkProfile1", "x", "left out: the servers' URLs"),
    ],
)
def test_what_is_allowed_is_told(tmp_path, name, value, words):
    section = "variables" if "." in name else "configuration"
    line = refused(tmp_path, f"[{section}]\n{json.dumps(name)} = {json.dumps(value)}\n")
    assert f'[{section}] "{name}" must be {words}' in line


def test_what_follows_from_the_rest_may_be_said(tmp_path):
    text = """
[[evse]]
connectors = ["cType2", "cType1"]
[configuration]
NumberOfConnectors = 2
SupportedFeatureProfilesMaxLength = 6
LocalAuthListMaxLength = 5
"""
    config = load(write(tmp_path, text))
    assert config.configuration[0] == {"LocalAuthListMaxLength": 5}


def test_what_could_only_try_for_ever_is_refused(tmp_path):
    url, ca = ("wss://a",), Path("root.pem")
    for config, part in (
        (Config(csms=url), "wss://a: needs --ca"),
        (Config(csms=("ws://a", "wss://b"), security_profile=0), "wss://b: needs --ca"),
        (Config(csms=("ws://a",), security_profile=1), "needs a password"),
        (Config(security_profile=1), "needs a password"),
        (Config(security_profile=2), "built-in CSMS has no TLS"),
        (Config(cert=ca, key=ca), "built-in CSMS has no TLS"),
        (Config(security_profile=1, state_dir=tmp_path), "needs a password"),
    ):
        with pytest.raises(ConfigError, match=part):
            check_together(config)
    check_together(Config(csms=url, ca=ca))
    check_together(Config(security_profile=1, basic_auth="x"))
    check_together(Config(security_profile=1, has_credential=True))
    (tmp_path / "flash").mkdir()
    (tmp_path / "flash" / "credential.1").touch()  # set over OCPP in an earlier run
    check_together(Config(security_profile=1, state_dir=tmp_path))


def test_unknown_names_are_taken_where_the_table_allows_it(tmp_path):
    text = """
[variables]
allow_unknown = true
"AcmeCtrlr.Colour" = "red"
[configuration]
allow_unknown = true
AcmeColour = "red"
[features]
allow_unknown = true
telepathy = true
"""
    config = load(write(tmp_path, text))
    assert config.variables == ({"AcmeCtrlr.Colour": "red"}, True)
    assert config.configuration == ({"AcmeColour": "red"}, True)
    assert config.features == {}


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="--config"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize("url", ["ws://a", "ws://a:80/b/c", "wss://[::1]:9/x", "ws://a/b/"])
def test_good_urls(url):
    assert csms_url("--csms", url) == url.rstrip("/")


def test_a_url_with_a_query_is_left_as_it_is():
    assert csms_url("--csms", "WS://a/b/?key=x/") == "ws://a/b/?key=x/"
    assert csms_url("--csms", "ws://a?x=1") == "ws://a?x=1"


@pytest.mark.parametrize(
    "url",
    ["", "a", "http://a", "ws://", "ws:///x", "ws://a:x", "ws://a:99999", "ws://a:0", "ws://a b",
     "ws://u:p@a", "ws://a#x", "ws://a/{x}", "ws://a/\u00e4", "ws://" + "a" * 600, "ws://[::1"],
)  # fmt: skip
def test_bad_urls(url):
    with pytest.raises(ConfigError, match="--csms"):
        csms_url("--csms", url)


def test_a_password_in_a_url_is_not_repeated():
    with pytest.raises(ConfigError) as info:
        csms_url("--csms", "ws://user:hunter22@a")
    assert "hunter22" not in str(info.value)


def test_secrets_are_known_wherever_they_come_from(tmp_path):
    text = """
[variables]
"SecurityCtrlr.BasicAuthPassword" = "correct-horse-battery"
[configuration]
AuthorizationKey = "00112233445566778899aabbccddeeff"
"""
    config = load(write(tmp_path, text))
    assert config.secrets == ["correct-horse-battery", "00112233445566778899aabbccddeeff"]
    assert config.profile_of == 1


def test_security_profiles_follow_from_what_is_there():
    assert Config().profile_of == 0
    assert Config(basic_auth="x").profile_of == 1
    assert Config(basic_auth="x", csms=("wss://a",)).profile_of == 2
    assert Config(cert=Path("c"), key=Path("k"), csms=("wss://a",)).profile_of == 3
    assert Config(basic_auth="x", security_profile=0).profile_of == 0
