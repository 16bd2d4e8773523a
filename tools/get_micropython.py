#!/usr/bin/env python3
"""Get the MicroPython interpreter and the mpy-cross of the same version.

Result: build/micropython/micropython and build/micropython/mpy-cross, links to the first of these:

1. MICROPYTHON=/path (and MPY_CROSS=/path): 1.25 or newer, anything wrong with it is an error;
2. the unix port and mpy-cross, built earlier by this script;
3. `micropython` and `mpy-cross` of one version, 1.25 or newer, on the PATH;
4. the unix port and mpy-cross, built now from the source package of Debian stable and its mbedTLS.

The build needs python3, make and a C compiler only: no libffi (the ffi module is left out), no
pkg-config, no root. Source archives are pinned by SHA-256 and kept beside the result, so that a
later build works offline. OCPP_MPY_CACHE names a directory to keep archives and binaries outside
the checkout, DEBIAN_MIRROR another mirror than deb.debian.org. What the mirror no longer has (a
security update replaced it) comes through apt, which checks Debian's signature, in the version
that Debian stable has today.

Prints one line; a failure is one line too, naming the log, with exit status 1.
"""

import fcntl
import hashlib
import http.client
import os
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "build" / "micropython"
VERSION = "1.25.0"
OLDEST = (1, 25)
SUITE = "trixie"
ARCHIVE = "https://snapshot.debian.org/file"
# package, file in the pool, SHA-256, SHA-1 (the name in Debian's archive of old files)
MICROPYTHON_SOURCE = (
    "micropython",
    "micropython_1.25.0+ds.orig.tar.xz",
    "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea",
    "bd37cbe7cf223e8ffce06183a119dcce2c537a95",
)
MBEDTLS_SOURCE = (
    "mbedtls",
    "mbedtls_3.6.6.orig.tar.bz2",
    "8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a",
    "71dd91cc76e77a0dcf0d8020377523ed7e703d8e",
)
MODULES = "asyncio,binascii,hashlib,json,select,socket,struct,tls"
PROBE = f"import sys,{MODULES};print('%d.%d.%d' % sys.implementation[1][:3])"


class Failure(Exception):
    """Nothing more can be done; the text is the one line for the user."""


def say(text):
    print(text, flush=True)


def output(*command):
    """Standard output of a command, or None when it can't be run or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def interpreter_version(path):
    """Version as a tuple, or None when this is not a MicroPython with the modules we need."""
    match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", output(str(path), "-c", PROBE) or "")
    return tuple(int(part) for part in match.groups()) if match else None


def cross_version(path):
    match = re.match(r"MicroPython v(\d+)\.(\d+)\.(\d+)", output(str(path), "--version") or "")
    return tuple(int(part) for part in match.groups()) if match else None


def find_cross(interpreter, version):
    """The mpy-cross of `version`: named, beside the interpreter, or on the PATH; else None."""
    beside = Path(interpreter).resolve().parent / "mpy-cross"
    for path in (os.environ.get("MPY_CROSS"), beside, shutil.which("mpy-cross")):
        if path and (cross_version(path) or ())[:2] == version[:2]:
            return str(path)
    return None


def find_named():
    """(interpreter, mpy-cross) given by the environment, None when none is named."""
    named = os.environ.get("MICROPYTHON")
    if not named:
        return None
    path = shutil.which(named)
    version = interpreter_version(path) if path else None
    if path is None or version is None:
        raise Failure(f"MICROPYTHON={named} is not a MicroPython with the modules {MODULES}")
    if version[:2] < OLDEST:
        raise Failure(f"MICROPYTHON={named} is {dotted(version)}, older than {dotted(OLDEST)}")
    cross = find_cross(path, version)
    if cross is None:
        raise Failure(f"MICROPYTHON={named}: no mpy-cross {dotted(version)}; set MPY_CROSS=")
    return path, cross


def find_on_path():
    path = shutil.which("micropython")
    version = interpreter_version(path) if path else None
    if path is None or version is None or version[:2] < OLDEST:
        return None
    cross = find_cross(path, version)
    return (path, cross) if cross else None


def dotted(version):
    return ".".join(str(part) for part in version)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fetch(source, folder):
    """The source archive of a package as a file in `folder`, from there or from Debian."""
    package, name, digest, sha1 = source
    path = folder / name
    if path.exists() and sha256(path) == digest:
        return path
    newer = sorted(folder.glob(f"{package}_*.apt.orig.tar.*"))
    if newer:
        return newer[-1]
    mirror = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian").rstrip("/")
    part = path.with_name(name + ".part")
    for url in (
        f"{mirror}/pool/main/{package[0]}/{package}/{name}",
        f"{ARCHIVE}/{sha1}",
    ):
        try:
            say(f"getting {url}")
            with urllib.request.urlopen(url, timeout=30) as answer, part.open("wb") as file:
                shutil.copyfileobj(answer, file)
        except (OSError, http.client.HTTPException, ValueError) as error:
            say(f"  {error}")
            continue
        if sha256(part) == digest:
            return part.rename(path)
        say("  wrong SHA-256, thrown away")
    part.unlink(missing_ok=True)
    return fetch_by_apt(package, folder)


def fetch_by_apt(package, folder):
    """The archive of the suite's present version; apt checks the signature and the hashes."""
    state = folder / "apt"
    shutil.rmtree(state, ignore_errors=True)
    for part in ("lists/partial", "cache/archives/partial", "got"):
        (state / part).mkdir(parents=True)
    (state / "status").touch()
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    mirror = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
    (state / "sources.list").write_text(f"deb-src [signed-by={keys}] {mirror} {SUITE} main\n")
    options = [
        f"Dir::Etc::sourcelist={state}/sources.list",
        "Dir::Etc::sourceparts=/dev/null",
        f"Dir::State::Lists={state}/lists",
        f"Dir::State::status={state}/status",
        f"Dir::Cache={state}/cache",
        "APT::Get::AllowUnauthenticated=false",
        "APT::Sandbox::User=root",
    ]
    apt = ["apt-get", "-q", *[part for option in options for part in ("-o", option)]]
    say(f"getting the source of {package} from Debian {SUITE} by apt")
    try:
        with (folder / "apt.log").open("w") as log:
            common = {"stdout": log, "stderr": subprocess.STDOUT, "check": True}
            subprocess.run([*apt, "update"], **common)
            source = [*apt, "source", "--download-only", package]
            subprocess.run(source, cwd=state / "got", **common)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"can't get the source of {package}, see {folder / 'apt.log'}") from error
    archive = next(iter((state / "got").glob(f"{package}_*.orig.tar.*")), None)
    if archive is None:
        raise Failure(f"Debian {SUITE} has no source of {package}")
    path = folder / archive.name.replace(".orig.tar.", ".apt.orig.tar.")
    archive.rename(path)
    shutil.rmtree(state)
    return path


def unpack(archive, folder):
    """Unpack a tar archive into `folder`, without its first path part."""
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):  # not in the first releases of 3.11
            tar.extraction_filter = staticmethod(tarfile.data_filter)
        for member in tar:
            member.name = member.name.partition("/")[2]
            if member.name and ".." not in member.name.split("/"):
                tar.extract(member, folder)


def compiler():
    for name in (os.environ.get("CC"), "gcc", "cc", "clang"):
        if name and shutil.which(name.split()[0]):
            return name
    raise Failure("no C compiler: install one (Debian: apt install build-essential)")


def build(cache):
    """Build both programs into `cache`."""
    cc = compiler()
    if not shutil.which("make"):
        raise Failure("no make: install it (Debian: apt install build-essential)")
    source = cache / "source"
    shutil.rmtree(source, ignore_errors=True)
    unpack(fetch(MICROPYTHON_SOURCE, cache), source)
    shutil.rmtree(source / "lib" / "mbedtls", ignore_errors=True)
    unpack(fetch(MBEDTLS_SOURCE, cache), source / "lib" / "mbedtls")
    (source / "lib" / "micropython-lib").mkdir(exist_ok=True)  # upstream's makefile wants the file
    (source / "lib" / "micropython-lib" / "README.md").touch()
    manifest = source / "manifest_asyncio.py"
    manifest.write_text('include("$(MPY_DIR)/extmod/asyncio")\n')

    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    environment.pop("MFLAGS", None)
    environment["MICROPY_GIT_TAG"] = "v" + VERSION  # not the tag of the repository around us
    environment["SOURCE_DATE_EPOCH"] = "0"
    make = ["make", f"-j{len(os.sched_getaffinity(0))}", f"CC={cc}", f"PYTHON={sys.executable}"]
    # A compiler newer than the source may warn of more; that is no reason to fail.
    make.append("CFLAGS_EXTRA=-Wno-error")
    unix = ["MICROPY_PY_FFI=0", "MICROPY_PY_BTREE=0", f"FROZEN_MANIFEST={manifest}"]
    log = cache / "build.log"
    say(f"building MicroPython {VERSION} (one to two minutes, once)")
    with log.open("w") as file:
        common = {"stdout": file, "stderr": subprocess.STDOUT, "env": environment}
        for command in ([*make, "-C", "mpy-cross"], [*make, "-C", "ports/unix", *unix]):
            if subprocess.run(command, cwd=source, **common).returncode:
                raise Failure(f"the build of MicroPython failed, see {log}")
    for built in ("ports/unix/build-standard/micropython", "mpy-cross/build/mpy-cross"):
        target = cache / built.rpartition("/")[2]
        shutil.copy2(source / built, target.with_suffix(".new"))
        target.with_suffix(".new").rename(target)
    shutil.rmtree(source)


def built(cache):
    wanted = tuple(int(part) for part in VERSION.split("."))
    pair = cache / "micropython", cache / "mpy-cross"
    if interpreter_version(pair[0]) == wanted and cross_version(pair[1]) == wanted:
        return pair
    return None


def link(pair):
    """Let RESULT/micropython and RESULT/mpy-cross be these two files."""
    for path, name in zip(pair, ("micropython", "mpy-cross"), strict=True):
        target = RESULT / name
        if Path(path).resolve() == target.resolve():
            continue
        target.unlink(missing_ok=True)
        target.symlink_to(Path(path).absolute())


def get():
    RESULT.mkdir(parents=True, exist_ok=True)
    with (RESULT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cache = Path(os.environ.get("OCPP_MPY_CACHE") or RESULT).expanduser().absolute() / VERSION
        pair = find_named() or built(cache) or find_on_path()
        if pair is None:
            cache.mkdir(parents=True, exist_ok=True)
            build(cache)
            pair = built(cache)
        if pair is None:
            raise Failure(f"what was built does not run, see {cache / 'build.log'}")
        link(pair)
    say(f"MicroPython {dotted(interpreter_version(pair[0]))}: {RESULT / 'micropython'}")


if __name__ == "__main__":
    try:
        get()
    except Failure as failure:
        sys.exit(f"get_micropython: {failure}")
    except OSError as error:
        sys.exit(f"get_micropython: {error}")
