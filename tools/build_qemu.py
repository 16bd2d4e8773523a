"""Build what the emulated board runs: build/qemu/firmware.elf and build/qemu/app.romfs.

    python tools/build_qemu.py [--dialects ocpp201] [--blocks data_transfer ...] [--folder FOLDER]

The firmware is MicroPython's qemu port, from the source that tools/get_micropython.py pins, with
the board of boards/qemu_mps2; it is built anew when a file of the board has changed. The image is
the application as tools/build_romfs.py makes it, with the simulated drivers and the board's own;
the firmware carries its names (tools/application_names.py) unless `--without-names` is given.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

if __package__ in (None, ""):
    _ROOT = Path(__file__).resolve().parent.parent
    sys.path[:0] = [str(_ROOT), str(_ROOT / "firmware")]

from tools import (
    application_names,
    boards,
    build_romfs,
    get_arm_toolchain,
    get_micropython,
    image_keys,
    long_names,
    qemu_image,
    tailor,
)

ROOT = Path(__file__).resolve().parent.parent
BOARD = ROOT / "boards" / "qemu_mps2"
HOST_BOARD = ROOT / "boards" / "host"
RESULT = ROOT / "build" / "qemu"
IMAGE = "app.romfs"
HEAP_BYTES = 96 * 1024  # the goal is 64 KiB
FROZEN = (
    ROOT / "firmware" / "boot.py",
    ROOT / "firmware" / "chargepoint" / "ota" / "slots.py",
)
# Where the image has the board's modules.
MODULES = {
    "main.py": BOARD / "main.py",
    "board.py": BOARD / "board.py",
    "channel.py": BOARD / "channel.py",
    "memory.py": BOARD / "memory.py",
    "host/board.py": HOST_BOARD / "board.py",
    "host/channel.py": HOST_BOARD / "channel.py",
}


class Failure(Exception):
    """One line for the user."""


FAILURES = (
    Failure,
    build_romfs.Failure,
    get_arm_toolchain.Failure,
    get_micropython.Failure,
    image_keys.Failure,
    tailor.Failure,
)


def source() -> Path:
    """MicroPython's source tree."""
    tree = RESULT / f"micropython-{get_micropython.VERSION}"
    if not tree.exists():
        cache = os.environ.get("OCPP_MPY_CACHE") or get_micropython.RESULT
        folder = Path(cache).expanduser().absolute() / get_micropython.VERSION
        folder.mkdir(parents=True, exist_ok=True)
        new = tree.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        for package, part in (
            (get_micropython.MICROPYTHON_SOURCE, ""),
            (get_micropython.MBEDTLS_SOURCE, "lib/mbedtls"),
        ):
            shutil.rmtree(new / part, ignore_errors=True)
            get_micropython.unpack(get_micropython.fetch(package, folder), new / part)
        library = new / "lib" / "micropython-lib"  # upstream's makefile wants the file
        library.mkdir(exist_ok=True)
        (library / "README.md").touch()
        new.rename(tree)
    return tree


def digest(prefix: str) -> str:
    """Of all that the firmware is made of."""
    found = hashlib.sha256(f"{get_micropython.VERSION} {HEAP_BYTES} {prefix}".encode())
    modules = {*MODULES.values(), *(BOARD / "bench").glob("*.py")}
    for path in sorted(BOARD.rglob("*")):
        known = path.suffix in (".c", ".h", ".ld", ".mk", ".py") and path.name != "qemu.mk"
        if known and path not in modules:
            found.update(path.relative_to(BOARD).as_posix().encode() + path.read_bytes())
    for path in FROZEN:
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def manifest(files: dict[str, bytes], folder: Path) -> Path:
    """Of what is frozen: the board's, and the names of these modules."""
    names = application_names.write(files, folder / "names")
    path = names.with_name("manifest.py")
    path.write_text(
        f'include("$(BOARD_DIR)/firmware_manifest.py")\n'
        f'freeze_mpy("{names.parent}", "{names.name}")\n'
    )
    return path


def build_firmware(
    files: dict[str, bytes], prefix: str | None = None, folder: Path = RESULT
) -> Path:
    """files: the modules whose names it is to carry; prefix: of the compiler, if not the usual."""
    folder.mkdir(parents=True, exist_ok=True)
    firmware = folder / "firmware.elf"
    prefix = prefix or get_arm_toolchain.compiler_prefix()
    frozen = manifest(files, folder)
    names = hashlib.sha256(frozen.with_name(application_names.MODULE).read_bytes()).hexdigest()
    stamp, wanted = folder / "firmware.digest", [digest(prefix), names]
    built = stamp.read_text().split() if firmware.exists() and stamp.exists() else [""]
    if built == wanted:
        return firmware
    cross = build_romfs.CROSS
    if not cross.exists():
        raise Failure("no mpy-cross; run `make micropython`")
    tree, build, log = source(), folder / "build", folder / "build.log"
    if built[0] != wanted[0]:  # MicroPython's makefiles do not see every change
        shutil.rmtree(build, ignore_errors=True)
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    environment.pop("MFLAGS", None)
    environment["MICROPY_GIT_TAG"] = "v" + get_micropython.VERSION
    environment["SOURCE_DATE_EPOCH"] = "0"
    print("building the emulated board's firmware (at first about a minute)", flush=True)
    command = ["make", "-j2", "-C", str(tree / "ports" / "qemu"), f"PYTHON={sys.executable}"]
    command += ["BOARD=qemu_mps2", f"BOARD_DIR={BOARD}", f"BUILD={build}"]
    command += [f"MICROPY_MPYCROSS={cross}", "MICROPY_MPYCROSS_DEPENDENCY="]
    command += [f"MICROPY_HEAP_SIZE={HEAP_BYTES}", f"CROSS_COMPILE={prefix}"]
    command += [f"FROZEN_MANIFEST={frozen}"]
    with log.open("w") as file:
        try:
            done = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
        except FileNotFoundError:
            raise Failure("no make: install it (Debian: apt install make)") from None
    if done.returncode:
        raise Failure(f"the build of the firmware failed, see {log}")
    shutil.copy2(build / "firmware.elf", firmware)
    stamp.write_text(" ".join(wanted))
    return firmware


def compile_modules(dialects=build_romfs.DIALECTS) -> dict[str, bytes]:
    """All that an image with these dialects has."""
    folder = RESULT / "modules"
    shutil.rmtree(folder, ignore_errors=True)
    for name, path in MODULES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, folder / name)
    return build_romfs.modules("armv7m", dialects, without=(), add=folder)


def build_image(dialects, blocks, path: Path) -> dict[str, bytes]:
    """Build the image of these dialects and blocks; its modules. Raises a Failure."""
    package = build_romfs.module_files(ROOT, dialects, ())
    texts = {file.relative_to(ROOT / "firmware").as_posix(): file.read_text() for file in package}
    texts |= {name: file.read_text() for name, file in MODULES.items()}
    texts = tailor.tailored(texts, dialects, blocks)
    files = build_romfs.compiled_texts(texts, build_romfs.CROSS, "armv7m")
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.write_bytes(build_romfs.image({**files, build_romfs.KEY_FILE: qemu_image.key_file()}))
    new.rename(path)
    names = build_romfs.long_names(texts, build_romfs.CROSS, "armv7m")
    path.with_suffix(".names").write_text(long_names.written(names))
    return files


def build(
    dialects=build_romfs.DIALECTS, with_names: bool = True, blocks=None, folder: Path = RESULT
) -> tuple[Path, bytes, dict[str, int]]:
    """Build both: the firmware's file, the image, its modules' sizes. Raises a Failure.

    blocks: None for all; folder: of another image, beside which it links the firmware. That
    carries the names of everything, whatever is in the image.
    """
    RESULT.mkdir(parents=True, exist_ok=True)
    with (RESULT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        firmware = build_firmware(compile_modules() if with_names else {})
        blocks = sorted(boards.built()) if blocks is None else blocks
        image = folder / IMAGE
        files = build_image(dialects, blocks, image)
        link = folder / firmware.name
        if link != firmware and not link.is_symlink():
            link.symlink_to(firmware)
        return firmware, image.read_bytes(), {path: len(data) for path, data in files.items()}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Build the emulated board's firmware and image.")
    parser.add_argument(
        "--dialects", nargs="+", choices=build_romfs.DIALECTS, default=build_romfs.DIALECTS
    )
    parser.add_argument(
        "--blocks", nargs="*", choices=sorted(boards.built()), help="functional blocks, else all"
    )
    parser.add_argument("--folder", type=Path, default=RESULT, help="to write the image to")
    parser.add_argument("--without-names", action="store_true", help="of the application")
    options = parser.parse_args(arguments)
    try:
        firmware, image, sizes = build(
            options.dialects, not options.without_names, options.blocks, options.folder
        )
    except FAILURES as failure:
        print(f"build_qemu: {failure}", file=sys.stderr)
        return 1
    print(f"{firmware}, {options.folder / IMAGE}: {len(image)} bytes, {len(sizes)} modules")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
