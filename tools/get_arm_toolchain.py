#!/usr/bin/env python3
"""Get the compiler for Arm microcontrollers and the emulator, without root.

What is on the PATH is used: `arm-none-eabi-gcc` (with newlib's headers) and `qemu-system-arm`, 7.0
or newer. If one of them is missing, Debian's packages are fetched (75 MB) and unpacked below
build/arm-toolchain, on x86-64 Linux only. They bring all their libraries and the dynamic loader,
so the distribution does not matter: each program is a small script that starts the real one by
that loader. The packages are pinned in tools/arm_toolchain.txt; OCPP_MPY_CACHE names a directory
to keep them outside the checkout, DEBIAN_MIRROR another mirror.

Prints one line for each; a failure is one line too, with exit status 1.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "build" / "arm-toolchain"
TABLE = Path(__file__).resolve().with_name("arm_toolchain.txt")
ARCHIVE = "https://snapshot.debian.org/file"
COMPILER = "arm-none-eabi-gcc"
EMULATOR = "qemu-system-arm"
OLDEST_EMULATOR = 7
_LIBRARIES = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")
_LOADER = "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
# Folders whose programs are wrapped; the compiler calls the ones in the last two itself.
_PROGRAMS = ("usr/bin", "usr/lib/arm-none-eabi/bin", "usr/lib/gcc/arm-none-eabi/*")
# C++, link-time optimisation, and code for other processors than Cortex-M3.
_UNNEEDED = (
    "/share/",
    "++",
    "cc1plus",
    "lto1",
    "lto-dump",
    "/v8-",
    "/v7-a",
    "/v7-r",
    "/v7e-m",
    "/v5te",
    "/v6",
)
_HELLO = '#include <stdint.h>\n#include <string.h>\nint main(void) { return strlen(""); }\n'


class Failure(Exception):
    """Nothing more can be done; the text is the one line for the user."""


def compiler_prefix() -> str:
    """What stands before `gcc`, `ld` and so on: a path that ends in `arm-none-eabi-`."""
    path = shutil.which(COMPILER)
    if path is None or not compiles(path):
        path = str(unpacked() / "usr" / "bin" / COMPILER)
        if not compiles(path):
            raise Failure(f"{path} does not compile: remove {RESULT} and try again")
    return path.removesuffix("gcc")


def pinned_version() -> str:
    """Of the compiler in the table, as `gcc --version` of Debian has it too."""
    found = re.search(r"/gcc-arm-none-eabi_([^_]+)_", TABLE.read_text())
    if found is None:
        raise Failure(f"{TABLE.name} names no gcc-arm-none-eabi")
    return found[1]


def pinned_compiler_prefix() -> str:
    """As compiler_prefix(), but of the very version in the table: for what must compare."""
    path = shutil.which(COMPILER)
    if path is not None and compiles(path):
        told = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
        if pinned_version() in told.partition("\n")[0]:
            return path.removesuffix("gcc")
    try:
        return str(unpacked() / "usr" / "bin" / COMPILER).removesuffix("gcc")
    except Failure as failure:
        raise Failure(f"gcc-arm-none-eabi {pinned_version()} is needed here: {failure}") from None


def emulator() -> str:
    """The path of qemu-system-arm."""
    path = shutil.which(EMULATOR)
    if path is None or emulator_version(path) < (OLDEST_EMULATOR,):
        path = str(unpacked() / "usr" / "bin" / EMULATOR)
        if not emulator_version(path):
            raise Failure(f"{path} does not run: remove {RESULT} and try again")
    return path


def compiles(path: str) -> bool:
    command = [path, "-mthumb", "-mcpu=cortex-m3", "-x", "c", "-c", "-o", "/dev/null", "-"]
    try:
        return subprocess.run(command, input=_HELLO.encode(), capture_output=True).returncode == 0
    except OSError:
        return False


def emulator_version(path: str) -> tuple[int, ...]:
    """Empty if it does not run or does not know the board."""
    try:
        done = subprocess.run([path, "-M", "help"], capture_output=True, text=True)
        version = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return ()
    found = re.search(r"version (\d+)\.(\d+)", version)
    if done.returncode or "mps2-an385" not in done.stdout or not found:
        return ()
    return tuple(int(part) for part in found.groups())


def unpacked() -> Path:
    """The root of the unpacked packages; gets them if need be."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise Failure(
            f"no {COMPILER} or {EMULATOR}: install both (Debian: gcc-arm-none-eabi "
            "libnewlib-arm-none-eabi qemu-system-arm)"
        )
    RESULT.mkdir(parents=True, exist_ok=True)
    with (RESULT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        root, stamp = RESULT / "root", RESULT / "stamp"
        wanted = f"{root} {hashlib.sha256(TABLE.read_bytes()).hexdigest()}"
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(root, ignore_errors=True)
            stamp.unlink(missing_ok=True)
            for package in packages():
                unpack(fetch(*package), root)
            finish(root)
            stamp.write_text(wanted)
    return root


def packages() -> list[tuple[str, str, str]]:
    """(SHA-256, SHA-1, path on the mirror) of each."""
    lines = [line.split() for line in TABLE.read_text().splitlines() if line[:1] != "#"]
    return [(line[0], line[1], line[2]) for line in lines if line]


def fetch(sha256: str, sha1: str, place: str) -> bytes:
    """The package's bytes, from the cache or from Debian."""
    cache = Path(os.environ.get("OCPP_MPY_CACHE") or RESULT).expanduser() / "packages"
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / place.rpartition("/")[2]
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
        return path.read_bytes()
    mirror = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian").rstrip("/")
    kind, _, rest = place.partition("/")
    base = mirror if kind == "debian" else f"{mirror}-security"
    why = "wrong SHA-256"
    print(f"getting {path.name}", flush=True)
    for url in (f"{base}/{rest.replace('+', '%2B')}", f"{ARCHIVE}/{sha1}"):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                data = answer.read()
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = str(error) or type(error).__name__
            continue
        if hashlib.sha256(data).hexdigest() == sha256:
            path.with_suffix(".part").write_bytes(data)
            path.with_suffix(".part").rename(path)
            return data
    raise Failure(
        f"can't get {path.name} ({why}); install gcc-arm-none-eabi, "
        "libnewlib-arm-none-eabi and qemu-system-arm"
    )


def unpack(package: bytes, root: Path) -> None:
    """The files of a .deb, which is an ar archive with a tar archive in it."""
    at = 8
    while at < len(package):
        name, size = package[at : at + 16].strip(), int(package[at + 48 : at + 58])
        data = package[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
        if name.startswith(b"data.tar"):
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                for member in tar:
                    unneeded = any(part in member.name for part in _UNNEEDED)
                    if not unneeded and ".." not in member.name.split("/"):
                        member.mode |= 0o700 if member.isdir() else 0o600
                        tar.extract(member, root, set_attrs=not member.isdir())


def finish(root: Path) -> None:
    """What installing would have done, and the scripts in place of the programs."""
    include = root / "usr" / "lib" / "arm-none-eabi" / "include"
    include.unlink(missing_ok=True)
    include.symlink_to("../../include/newlib")
    libraries = ":".join(str(root / folder) for folder in _LIBRARIES)
    start = f"exec '{root / _LOADER}' --library-path '{libraries}' --argv0 \"$0\""
    for pattern in _PROGRAMS:
        for folder in root.glob(pattern):
            for path in sorted(folder.iterdir()):
                if path.is_symlink() or not path.is_file() or ".so" in path.name:
                    continue
                with path.open("rb") as file:
                    if file.read(4) != b"\x7fELF":
                        continue
                real = path.with_name(path.name + ".real")
                path.rename(real)
                path.write_text(f"#!/bin/sh\n{start} '{real}' \"$@\"\n")
                path.chmod(0o755)


def main() -> int:
    try:
        print(f"compiler: {compiler_prefix()}gcc")
        print(f"emulator: {emulator()}")
    except (Failure, OSError, tarfile.TarError) as failure:
        print(f"get_arm_toolchain: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
