"""The images that tools/footprint.py measures, each in a folder of its own with the firmware.

    build/footprint/both/app.romfs, build/footprint/1.6/app.romfs, ...

They are made as tools/build_qemu.py makes its one, of which they leave the others' alone.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Mapping
from pathlib import Path

from tools import boards, build_qemu, build_romfs, emulator, footprint_rooms, tailor

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "build" / "footprint"
DIALECTS = {"1.6": ("ocpp16",), "2.0.1": ("ocpp201",), "both": build_romfs.DIALECTS}
_CONSOLE_S = 60
_HEAP_BYTES_AT = 0x203FFF00  # boards/qemu_mps2/c/board.c
_HEAP_BYTES = 256 * 1024


class Failure(Exception):
    """One line for the user."""


FAILURES = (Failure, *build_qemu.FAILURES)


def firmware(name: str = "usual", names_of: Mapping[str, bytes] | None = None) -> Path:
    """The emulated board's firmware; if not the usual one, one with the names of these modules."""
    build_qemu.RESULT.mkdir(parents=True, exist_ok=True)
    with (build_qemu.RESULT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if names_of is None:
            built = build_qemu.build_firmware(build_qemu.compile_modules())
        else:
            folder = RESULT / f"firmware-{name}"
            built = build_qemu.build_firmware(dict(names_of), folder=folder)
        copy = RESULT / f"{name}.elf"
        copy.parent.mkdir(parents=True, exist_ok=True)
        new = copy.with_suffix(".new")
        shutil.copy2(built, new)
        new.rename(copy)
    return copy


def sources(dialects: tuple[str, ...], changed: Mapping[str, str] | None = None) -> dict[str, str]:
    """The sources of an image by their paths in it, with nothing that its build can't use."""
    texts = {
        file.relative_to(ROOT / "firmware").as_posix(): file.read_text()
        for file in build_romfs.module_files(ROOT, dialects, ())
    }
    texts |= {name: file.read_text() for name, file in build_qemu.MODULES.items()}
    texts |= changed or {}
    return tailor.tailored(texts, dialects, sorted(boards.built()))


def modules(texts: Mapping[str, str]) -> dict[str, bytes]:
    """The .mpy files by their paths."""
    return compiled(build_romfs.linked(dict(texts)))[0]


def compiled(bodies: build_romfs.Bodies) -> tuple[dict[str, bytes], dict[str, str]]:
    """Those of modules that are linked already, and their short names."""
    return build_romfs.compiled_bodies(bodies, build_romfs.CROSS, "armv7m")


def by_source(bodies: build_romfs.Bodies) -> dict[str, int]:
    """Bytes of each source in the image of these."""
    files, names = compiled(bodies)
    return footprint_rooms.by_source(files, bodies, names)


def image(texts: Mapping[str, str]) -> bytes:
    return build_romfs.image(modules(texts))


def folder(name: str, data: bytes, elf: Path) -> Path:
    """A folder from which the emulator can run this image."""
    path = RESULT / name
    path.mkdir(parents=True, exist_ok=True)
    (path / "app.romfs").write_bytes(data)
    link = path / "firmware.elf"
    link.unlink(missing_ok=True)
    link.symlink_to(elf)
    return path


def console(built: Path, heap_bytes: int = _HEAP_BYTES) -> dict[str, int]:
    """Run an image that needs no host: what it prints, a name and a number a line."""
    words = {_HEAP_BYTES_AT: heap_bytes}
    firmware, image_file = built / "firmware.elf", built / "app.romfs"
    said = emulator.console(firmware, image_file, words, _CONSOLE_S)
    if said is None:
        raise Failure(f"the emulator did not end within {_CONSOLE_S} s")
    found = {}
    lines = [text for text in said[0].splitlines() if text.strip()]
    for text in lines:
        name, _, number = text.rpartition(" ")
        if text == "end":
            return found
        if not number.isdigit():
            break
        found[name] = int(number)
    raise Failure(f"measuring failed on the emulated board: {(lines or ['it was silent'])[-1]}")
