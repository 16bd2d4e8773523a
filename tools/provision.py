"""Tell a board who it is: identity, servers, credentials, Wi-Fi, certificates, through mpremote.

    python tools/provision.py esp32_poe --port /dev/ttyUSB0 --station station.toml

station.toml is the simulator's (docs/simulator.md); its [[evse]] and [features] are the board's
own business here and are passed over. Secrets are asked for at the terminal, or taken from the
environment: OCPP_PASSWORD (HTTP Basic, security profiles 1 and 2) and OCPP_WIFI_KEY. They go to
the board in a file that only you can read meanwhile, and are never on a command line.
"""

from __future__ import annotations

import argparse
import getpass
import glob
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_EPOCH_S = 1577836800  # 2020, from when on the station counts
ROOT = Path(__file__).resolve().parent.parent
if __package__ in (None, ""):
    sys.path[:0] = [str(ROOT), str(ROOT / "firmware")]

from host_sim import config as configs  # noqa: E402
from tools import boards, certificates  # noqa: E402

MPREMOTE = ROOT / ".venv" / "bin" / "mpremote"
LONGEST_S = 300  # 160 kB as text at 115,200 baud are there in a fraction of it
# MicroPython makes a FAT file system on a new STM32, which a power cut can destroy.
_LITTLEFS = (
    "import os, pyb, vfs; b = bytearray(1024); f = pyb.Flash(start=0); f.readblocks(0, b)\n"
    "if b'littlefs' not in b: os.chdir('/'); vfs.umount('/flash'); vfs.VfsLfs2.mkfs(f);"
    " vfs.mount(f, '/flash')"
)


def content(
    board: boards.Board,
    station: Path,
    wifi: str = "",
    files: tuple[Path | None, Path | None, Path | None] = (None, None, None),
    environment: Mapping[str, str] | None = None,
    hardware: str = "",
) -> dict[str, Any]:
    """What goes into station.json. files: root, certificate, key. Raises Failure."""
    environment = os.environ if environment is None else environment
    boards.check_revision(hardware)
    try:
        config = configs.load(station)
    except configs.ConfigError as error:
        raise boards.Failure(str(error).replace("--config ", "STATION=", 1)) from None
    if config.csms == (configs.BUILTIN,):
        raise boards.Failure(f'{station}: station.csms: a board needs a URL: ["ws://..."]')
    subprotocols = [boards.SUBPROTOCOLS[name] for name in board.dialects]
    if not [name for name in config.ocpp if name in subprotocols]:
        raise boards.Failure(
            f"{station}: station.ocpp: this board has {', '.join(subprotocols)}"
            f" (boards/{board.name}/manifest.py)"
        )
    if config.configuration[0] and "ocpp1.6" not in subprotocols:
        raise boards.Failure(f"{station}: [configuration]: this board has no 1.6: use [variables]")
    profile = config.security_profile
    if profile is None:
        profile = 2 if config.csms[0].startswith("wss:") else int(config.has_credential)
        profile = 3 if files[1] is not None else profile
    check_profile(station, profile, config.csms, files)
    credential = None
    if profile in (1, 2) and not config.has_credential:
        credential = secret("OCPP_PASSWORD", f"password of {config.id}", environment)
        try:
            configs.password("OCPP_PASSWORD", credential)
        except configs.ConfigError as error:
            raise boards.Failure(str(error)) from None
    if bool(wifi) != (board.network == "wifi"):
        need = "needs WIFI=name" if not wifi else "has no Wi-Fi: leave WIFI out"
        raise boards.Failure(f"{board.name} {need}")
    return {
        "id": config.id,
        "vendor": config.vendor,
        "model": config.model,
        "serial": config.serial,
        "csms": [[url, profile] for url in config.csms],
        "ocpp": list(config.ocpp),
        "variables": config.variables[0],
        "configuration": config.configuration[0],
        "allow_unknown": [config.configuration[1], config.variables[1]],
        "credential": credential and credential.encode().hex(),
        "hardware": hardware or None,
        "provisioned_s": int(time.time()) - _EPOCH_S,
        "wifi": [wifi, secret("OCPP_WIFI_KEY", f"key of {wifi}", environment)] if wifi else None,
    }


def check_profile(station: Path, profile: int, urls, files) -> None:
    for url in urls:
        if (profile >= 2) != url.startswith("wss:"):
            scheme = "wss://" if profile >= 2 else "ws://"
            raise boards.Failure(f"{station}: security profile {profile} needs {scheme} URLs")
    needed = {"CA": profile >= 2, "CERT": profile >= 3, "KEY": profile >= 3}
    for path, (name, is_needed) in zip(files, needed.items(), strict=True):
        if is_needed and path is None:
            raise boards.Failure(f"security profile {profile} needs {name}=file")
        if path is not None:
            if not is_needed:
                raise boards.Failure(f"security profile {profile} has no use for {name}=")
            if not path.is_file():
                raise boards.Failure(f"{name}={path}: there is no such file")
    certificates.check(*files)


def secret(name: str, what: str, environment: Mapping[str, str]) -> str:
    """From the environment or the terminal. Raises Failure."""
    found = environment.get(name)
    if found is None and sys.stdin.isatty():
        found = getpass.getpass(f"{what}: ")
    if not found or len(found) > 128 or not found.isprintable():
        raise boards.Failure(f"{what}: set {name}, 1 to 128 printable characters")
    return found


def mpremote() -> str:
    """The program. Raises Failure."""
    if MPREMOTE.exists():
        return str(MPREMOTE)
    found = shutil.which("mpremote")
    if found is None:
        raise boards.Failure("mpremote is missing: python tools/get_flash_tools.py")
    return found


def check_port(port: str) -> None:
    """Raises Failure, naming the ports there are."""
    if port and (Path(port).exists() or "://" in port):
        return
    there = sorted(glob.glob("/dev/ttyUSB*") + glob.glob("/dev/ttyACM*"))
    hint = f"there are {', '.join(there)}" if there else "no board is connected by USB"
    wrong = f"PORT={port}: there is no such port" if port else "PORT= is missing"
    raise boards.Failure(f"{wrong}; {hint}")


def commands(board: boards.Board, port: str, folder: Path) -> list[list[str]]:
    """What puts the folder's files onto the board and restarts it."""
    to = ":" if board.is_esp32 else ":/flash/"
    call = ["mpremote", "connect", port]
    found = [] if board.is_esp32 else [[*call, "exec", _LITTLEFS]]
    if (folder / "tls").is_dir():
        found.append([*call, "fs", "cp", "-r", str(folder / "tls"), to])
    found.append([*call, "fs", "cp", str(folder / "station.json"), to + "station.json"])
    found.append([*call, "reset"])
    return found


def write(folder: Path, station: dict[str, Any], files, roots: Path | None = None) -> None:
    """The files for the board; the folder is nobody else's. roots: of the manufacturer."""
    if any(files) or roots is not None:
        (folder / "tls").mkdir()
        names = ("root", "certificate", "key", "manufacturer")
        for name, path in zip(names, (*files, roots), strict=True):
            if path is not None:
                (folder / "tls" / name).write_bytes(path.read_bytes())
    (folder / "station.json").write_text(json.dumps(station))


def run(command: list[str], dry_run: bool) -> None:
    """Show a command and call it. Raises Failure."""
    print(shlex.join(command), flush=True)
    if dry_run:
        return
    done = call(command[1:]) if command[0] == "mpremote" else subprocess.run(command)
    if done.returncode:
        raise boards.Failure(f"{command[0]} failed, see above: is the board on, the port free?")


def call(arguments: list[str], **options: Any) -> subprocess.CompletedProcess:
    """mpremote waits for ever for a byte that the line has lost, so it is called twice, and what
    it does for us may be done twice. Raises Failure.

    options: of subprocess.run.
    """
    for _ in range(2):
        try:
            return subprocess.run([mpremote(), *arguments], timeout=LONGEST_S, **options)
        except subprocess.TimeoutExpired:
            print(f"mpremote: not done after {LONGEST_S} s", file=sys.stderr)
    raise boards.Failure("the board does not answer mpremote: reset it, then try again")


def provision(
    board: boards.Board,
    port: str,
    station: dict[str, Any],
    files,
    dry_run,
    roots: Path | None = None,
) -> None:
    """Raises Failure."""
    if not dry_run:
        check_port(port)
    with tempfile.TemporaryDirectory() as folder:  # which only its owner can enter
        write(Path(folder), station, files, roots)
        for command in commands(board, port or "PORT", Path(folder)):
            run(command, dry_run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", default="", help="serial port of the board's console")
    parser.add_argument("--station", type=Path, help="station.toml")
    parser.add_argument("--wifi", default="", help="name of the Wi-Fi network")
    parser.add_argument("--ca", type=Path, help="root certificate of the server")
    parser.add_argument("--cert", type=Path, help="the station's certificate")
    parser.add_argument("--key", type=Path, help="the key of it, not encrypted")
    parser.add_argument(
        "--manufacturer-roots", type=Path, help="of certificates that sign firmware, PEM"
    )
    parser.add_argument("--hardware", default="", help="revision of the board, for updates")
    parser.add_argument("--dry-run", action="store_true", help="print the commands only")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Tell a board who it is.")
    parser.add_argument("board", metavar="BOARD")
    add_arguments(parser)
    options = parser.parse_args(arguments)
    files = (options.ca, options.cert, options.key)
    try:
        if options.station is None:
            raise boards.Failure("STATION= is missing: name a station.toml (docs/simulator.md)")
        board = boards.load(options.board)
        station = content(board, options.station, options.wifi, files, None, options.hardware)
        certificates.check_roots(options.manufacturer_roots)
        roots = options.manufacturer_roots
        provision(board, options.port, station, files, options.dry_run, roots)
    except boards.Failure as failure:
        print(f"provision: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
