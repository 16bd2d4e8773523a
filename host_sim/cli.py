"""The command line: `run` starts a station, `demo` shows charging sessions in the terminal.

A bad option or configuration ends with status 2 and one line on standard error.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import math
import ssl
import sys
from pathlib import Path
from typing import NoReturn

from chargepoint.link import tls
from host_sim import config as configuration
from host_sim.config import BUILTIN, Config, ConfigError
from host_sim.state_dir import StateDirError
from host_sim.station_process import InterpreterError, interpreter


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
        return _run(config_of(options), options.verbose)
    except (ConfigError, StateDirError, InterpreterError) as error:
        print(f"host_sim: {error}", file=sys.stderr)
        return 2


def config_of(options: argparse.Namespace) -> Config:
    """The file's configuration with the options over it. Raises ConfigError."""
    config = configuration.load(options.config)
    if options.csms is not None:
        config.csms = (
            (BUILTIN,)
            if options.csms == BUILTIN
            else (configuration.csms_url("--csms", options.csms),)
        )
    if options.id is not None:
        config.id = configuration.identity("--id", options.id)
    if options.ocpp is not None:
        items = [item.strip() for item in options.ocpp.split(",")]
        config.ocpp = configuration.subprotocols("--ocpp", items)
    if options.basic_auth is not None:
        config.basic_auth = configuration.password("--basic-auth", options.basic_auth)
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
    configuration.check_together(config)
    _check_certificates(config)
    return config


def _check_certificates(config: Config) -> None:
    """What the station could not use is refused here, or it would only never connect."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if config.ca is not None:
        try:
            for root in tls.der(config.ca.read_bytes()):
                context.load_verify_locations(cadata=root)
        except (OSError, ValueError):
            raise ConfigError(f"--ca {config.ca}: allowed: certificates in PEM form") from None
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
    run.add_argument("--ocpp", metavar="LIST", help="subprotocols, best first")
    run.add_argument("--state-dir", type=Path, metavar="DIR", help="where the flash lives")
    run.add_argument("--control", type=_address, default=("127.0.0.1", 0), metavar="HOST:PORT")
    run.add_argument("--speed", type=_speed, default=1.0, metavar="X|max")
    run.add_argument("--target", choices=configuration.TARGETS, default="cpython")
    run.add_argument("--basic-auth", metavar="PASSWORD")
    run.add_argument("--ca", type=Path, metavar="FILE")
    run.add_argument("--cert", type=Path, metavar="FILE")
    run.add_argument("--key", type=Path, metavar="FILE")
    run.add_argument("--plugged", type=_numbers, default=(), metavar="1[,2...]")
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
