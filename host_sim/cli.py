"""The command line: `run` starts a station, `demo` shows charging sessions in the terminal.

A bad option or configuration ends with status 2 and one line on standard error.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import math
import os
import ssl
import sys
from pathlib import Path
from typing import NoReturn

from chargepoint.link import tls
from host_sim import config as configuration
from host_sim.config import Config
from host_sim.config_connection import (
    BUILTIN,
    PASSWORD_VARIABLE,
    ConfigError,
    csms_url,
    subprotocols,
)
from host_sim.state_dir import StateDirError
from host_sim.station_process import InterpreterError, interpreter

_RSA_PSS = bytes.fromhex("06092a864886f70d01010a")  # id-RSASSA-PSS, as it stands in DER


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments"):
            message += "; allowed: those of `run --help`"
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["demo"]:
        from host_sim import demo

        return demo.main(arguments[1:])
    options = _parser().parse_args(arguments)
    try:
        config = config_of(options)
        for note in config.notes:
            print(f"host_sim: {note}", file=sys.stderr)
        return _run(config, options.verbose)
    except (ConfigError, StateDirError, InterpreterError) as error:
        print(f"host_sim: {error}", file=sys.stderr)
        return 2


def config_of(options: argparse.Namespace) -> Config:
    """The file's configuration with the options over it. Raises ConfigError."""
    csms = None
    if options.csms is not None:
        csms = BUILTIN if options.csms == BUILTIN else csms_url("--csms", options.csms)
    config = configuration.load(options.config, csms)
    if options.id is not None:
        config.id = configuration.identity("--id", options.id)
    if options.ocpp is not None:
        items = [item.strip() for item in options.ocpp.split(",")]
        config.ocpp = subprotocols("--ocpp", items)
    config.basic_auth = _password(options)
    config.state_dir = options.state_dir
    config.control = options.control
    config.speed = options.speed
    config.target = options.target
    config.plugged = options.plugged
    for name in ("ca", "cert", "key"):
        path = getattr(options, name)
        if path is not None and not path.is_file():
            raise ConfigError(f"--{name} {path}: allowed: an existing file in PEM form")
        setattr(config, name, path)
    _check_certificates(config)
    configuration.check_together(config)
    return config


def _password(options: argparse.Namespace) -> str | None:
    """Of --basic-auth, which everyone on the machine can read, or of where only the user can."""
    text, file = options.basic_auth, options.basic_auth_file
    # It is taken out, so that no child process has it.
    where, from_environment = PASSWORD_VARIABLE, os.environ.pop(PASSWORD_VARIABLE, None)
    if text is not None and file is not None:
        raise ConfigError("--basic-auth with --basic-auth-file: allowed: one of the two")
    if text is not None:
        where = "--basic-auth"
    elif file is not None:
        where = f"--basic-auth-file {file}"
        try:
            text = file.read_text("utf-8-sig").removesuffix("\n").removesuffix("\r")
        except OSError as error:
            raise ConfigError(f"{where}: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{where}: allowed: a text in UTF-8") from None
    else:
        text = from_environment or None
    return None if text is None else configuration.password(where, text)


def _check_certificates(config: Config) -> None:
    """What the station could not use is refused here, or it would only never connect."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if config.ca is not None:
        try:
            roots = tls.der(config.ca.read_bytes())
            for root in roots:
                context.load_verify_locations(cadata=root)
        except (OSError, ValueError):
            raise ConfigError(f"--ca {config.ca}: allowed: certificates in PEM form") from None
        if config.target != "cpython" and any(_RSA_PSS in root for root in roots):
            why = "MicroPython's TLS reads no certificate signed by RSA-PSS"
            raise ConfigError(f"--ca {config.ca}: {why}")
    if config.cert is not None and config.key is not None:
        try:  # a password is never asked for
            context.load_cert_chain(config.cert, config.key, password="")
        except (OSError, ValueError):
            raise ConfigError(
                f"--cert {config.cert} with --key {config.key}: allowed: a certificate and its"
                " private key in PEM form, not encrypted"
            ) from None


def _run(config: Config, verbose: bool) -> int:
    from host_sim.simulator import Simulator

    interpreter(config.target)
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        stream=sys.stderr,
        format="%(asctime)s %(name)s: %(message)s",
    )
    return asyncio.run(Simulator(config).run())


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="host_sim", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="run|demo")
    commands.add_parser("demo", help="show charging sessions", add_help=False)
    run = commands.add_parser("run", help="run a station", allow_abbrev=False)
    run.add_argument("--config", type=Path, metavar="FILE", help="TOML file; options win over it")
    run.add_argument("--csms", metavar="URL", help="ws:// or wss:// without the identity; builtin")
    run.add_argument("--id", metavar="NAME", help="the station's identity")
    run.add_argument("--ocpp", metavar="LIST", help="dialects, best first: 2.0.1,1.6")
    run.add_argument("--state-dir", type=Path, metavar="DIR", help="where the flash lives")
    run.add_argument(
        "--control",
        type=_address,
        default=("127.0.0.1", 0),
        metavar="HOST:PORT",
        help="where the HTTP interface listens; port 0 takes a free one",
    )
    run.add_argument(
        "--speed",
        type=_speed,
        default=1.0,
        metavar="X|max",
        help="simulated seconds per second; max for a virtual clock",
    )
    run.add_argument(
        "--target",
        choices=configuration.TARGETS,
        default="cpython",
        help="what runs the firmware (%(default)s)",
    )
    run.add_argument(
        "--basic-auth-file", type=Path, metavar="FILE", help="a file with the password alone"
    )
    run.add_argument(
        "--basic-auth",
        metavar="PASSWORD",
        help="the password, for all who can list processes to see;"
        f" better a file, or {PASSWORD_VARIABLE} in the environment",
    )
    run.add_argument("--ca", type=Path, metavar="FILE", help="root of the server's certificate")
    run.add_argument("--cert", type=Path, metavar="FILE", help="the station's certificate")
    run.add_argument("--key", type=Path, metavar="FILE", help="its private key")
    run.add_argument(
        "--plugged",
        type=_numbers,
        default=(),
        metavar="1[,2...]",
        help="EVSEs with a car from the start",
    )
    run.add_argument("--verbose", action="store_true", help="log more to standard error")
    return parser


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r}: allowed: HOST:PORT, port 0 to 65535")
    return host.strip("[]"), int(port)


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0.001 <= speed <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r}: allowed: 0.001 to 100000, or max")
    return speed


def _numbers(text: str) -> tuple[int, ...]:
    items = text.split(",")
    if not all(item.isdigit() for item in items) or len(set(items)) != len(items):
        raise argparse.ArgumentTypeError(f"{text!r}: allowed: EVSE numbers as 1,2")
    return tuple(int(item) for item in items)
