"""The command line: options over the file, and exit status 2 with one line for what is wrong."""

import os
from pathlib import Path

import pytest

from host_sim.cli import _parser, config_of
from host_sim.config_connection import PASSWORD_VARIABLE, ConfigError
from tests.host_sim.simulated import Simulated, failure
from tests.tools import made_certificates


def config(*options: str):
    return config_of(_parser().parse_args(["run", *options]))


def test_options_win_over_the_file(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text("[station]\nid = 'CP-1'\ncsms = ['ws://a']\nocpp = ['ocpp1.6']\n")
    assert config("--config", str(file)).id == "CP-1"
    assert config("--config", str(file)).csms == ("ws://a",)
    changed = config(
        "--config", str(file), "--id", "X", "--csms", "ws://b/c", "--ocpp", "ocpp2.0.1, ocpp1.6"
    )
    assert changed.id == "X" and changed.csms == ("ws://b/c",)
    assert changed.ocpp == ("ocpp2.0.1", "ocpp1.6")


def test_values_of_the_file_must_fit_the_options(tmp_path):
    file = tmp_path / "station.toml"
    text = '[station]\ncsms = ["ws://one/a", "ws://two/b"]\n'
    file.write_text(text + '[variables]\n"OCPPCommCtrlr.NetworkConfigurationPriority" = "1,0"\n')
    assert len(config("--config", str(file)).csms) == 2
    for url in ("ws://three/c", "builtin"):
        with pytest.raises(ConfigError, match="Priority. must be a list without repetition of 0$"):
            config("--config", str(file), "--csms", url)


def test_defaults_are_those_of_the_documentation():
    plain = config()
    assert plain.id == "SIM-0001" and plain.csms == ("builtin",) and plain.speed == 1
    assert plain.ocpp == ("ocpp2.0.1", "ocpp1.6") and plain.control == ("127.0.0.1", 0)
    assert plain.target == "cpython" and plain.state_dir is None and plain.plugged == ()


def test_the_password_comes_from_where_only_the_user_reads(tmp_path, monkeypatch):
    monkeypatch.setenv(PASSWORD_VARIABLE, "of the environment")
    assert config().basic_auth == "of the environment"
    assert PASSWORD_VARIABLE not in os.environ and config().basic_auth is None
    file = tmp_path / "password"
    for text in (
        b"out of a secret file",
        b"out of a secret file\n",
        b"\xef\xbb\xbfout of a secret file\r\n",
    ):
        file.write_bytes(text)
        monkeypatch.setenv(PASSWORD_VARIABLE, "of the environment")
        assert config("--basic-auth-file", str(file)).basic_auth == "out of a secret file"
    monkeypatch.setenv(PASSWORD_VARIABLE, "of the environment")
    assert config("--basic-auth", "of a public option").basic_auth == "of a public option"
    monkeypatch.setenv(PASSWORD_VARIABLE, "")
    assert config().basic_auth is None


def test_speeds_and_lists():
    assert config("--ocpp", "1.6,2.0.1").ocpp == ("ocpp1.6", "ocpp2.0.1")
    assert config("--speed", "max").speed is None
    assert config("--speed", "0.5").speed == 0.5
    assert config("--plugged", "1,2").plugged == (1, 2)
    assert config("--control", "[::1]:8080").control == ("::1", 8080)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--nothing"], "--nothing"),
        (["--speed", "fast"], "--speed"),
        (["--speed", "0"], "--speed"),
        (["--speed", "-1"], "--speed"),
        (["--speed", "nan"], "--speed"),
        (["--speed", "inf"], "--speed"),
        (["--control", "8080"], "--control"),
        (["--control", "127.0.0.1:99999"], "--control"),
        (["--target", "z80"], "--target"),
        (["--plugged", "x"], "--plugged"),
        (["--plugged", "3"], "--plugged"),
        (["--plugged", "0"], "--plugged"),
        (["--plugged", "1,1"], "--plugged"),
        (["--csms", "http://a"], "--csms"),
        (["--csms", ""], "--csms"),
        (["--id", "a:b"], "--id"),
        (["--id", ""], "--id"),
        (["--ocpp", "1.5"], "--ocpp"),
        (["--ocpp", "1.6,ocpp1.6"], "--ocpp"),
        (["--csms", "wss://a"], "--ca"),
        (["--ocpp", "ocpp1.6,ocpp1.6"], "--ocpp"),
        (["--basic-auth", ""], "--basic-auth"),
        (["--basic-auth", "x" * 15], "--basic-auth"),
        (["--basic-auth", "\u00e9" * 41], "--basic-auth"),
        (["--basic-auth-file", "/nowhere"], "--basic-auth-file"),
        (["--basic-auth-file", "/dev/null"], "--basic-auth-file"),
        (["--basic-auth", "x", "--basic-auth-file", __file__], "one of the two"),
        (["--ca", "/nowhere"], "--ca"),
        (["--ca", "/dev/null"], "--ca"),
        (["--ca", __file__], "--ca"),
        (["--csms", "wss://a", "--cert", __file__, "--key", __file__], "--cert"),
        (["--spe", "2"], "--spe"),  # options are not to be abbreviated: others may come
        (["--config", "/nowhere"], "--config"),
        (["--state-dir", "/proc/nowhere"], "--state-dir"),
    ],
)
def test_a_bad_option_is_one_line_and_status_2(options, part):
    assert part in failure(*options)


def test_no_command_is_refused():
    with pytest.raises(SystemExit) as info:
        _parser().parse_args([])
    assert info.value.code == 2


def test_a_bad_file_names_file_and_key(tmp_path):
    file = tmp_path / "bad.toml"
    file.write_text("[station]\nserial = 7\n")
    line = failure("--config", str(file))
    assert "bad.toml" in line and "station.serial" in line and "allowed" in line


def test_certificate_and_key_go_together(tmp_path):
    certificate = Path(tmp_path / "c.pem")
    certificate.write_text("x")
    assert "--key" in failure("--csms", "wss://a", "--cert", str(certificate))


def test_a_root_that_the_target_can_not_read(tmp_path):
    roots = tmp_path / "roots.pem"
    roots.write_bytes(made_certificates.pss_pem())
    options = ("--csms", "wss://a", "--ca", str(roots))
    assert "RSA-PSS" in failure(*options, "--target", "unix")


def test_a_control_address_in_use_is_refused():
    with Simulated("--csms", "ws://127.0.0.1:9") as simulated:
        address = simulated.hello["control"].removeprefix("http://")
        assert "--control" in failure("--csms", "ws://127.0.0.1:9", "--control", address)


def test_a_password_is_never_repeated():
    assert "\x07bell" not in failure("--basic-auth", "\x07bell")
