"""Put esptool and mpremote, which flashing calls as programs, into .venv (once).

Only files with a hash of requirements-flash.lock get in. esptool comes as source only, so it is
built here, with the setuptools of the same list and nothing from the network.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-flash.lock"
READY = ROOT / ".venv" / "flash-ready"
BUILT_HERE = "esptool=="


def split(lock: str) -> tuple[str, str]:
    """(what comes as wheels, what is built here) of a list with hashes."""
    wheels, sources = [], []
    block = wheels
    for line in lock.splitlines():
        if line[:1].isalpha():
            block = sources if line.startswith(BUILT_HERE) else wheels
        block.append(line)
    return "\n".join(wheels) + "\n", "\n".join(sources) + "\n"


def install(requirements: str, *options: str) -> int:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirements)
        file.flush()
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes"]
        command += ["--disable-pip-version-check", *options, "-r", file.name]
        return subprocess.run(command).returncode


def main() -> int:
    lock = LOCK.read_text()
    if READY.exists() and READY.read_text() == lock:
        return 0
    print("adding esptool and mpremote to .venv (once)", flush=True)
    wheels, sources = split(lock)
    status = install(wheels, "--only-binary", ":all:") or install(
        sources, "--no-deps", "--no-build-isolation", "--no-binary", ":all:"
    )
    if status:
        print("flash tools: pip could not install them, see above", file=sys.stderr)
        return 1
    READY.write_text(lock)
    return 0


if __name__ == "__main__":
    sys.exit(main())
