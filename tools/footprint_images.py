"""The images that tools/footprint.py measures, each in a folder of its own with the firmware.

    build/footprint/both/app.romfs, build/footprint/1.6/app.romfs, ...

They are made as tools/build_qemu.py makes its one, of which they leave the others' alone.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools import boards, build_qemu, build_romfs, get_arm_toolchain, tailor

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "build" / "footprint"
DIALECTS = {"1.6": ("ocpp16",), "2.0.1": ("ocpp201",), "both": build_romfs.DIALECTS}
SIMULATED = "simulated board"
_CONSOLE_S = 60
_IMAGE_AT = 0x21000000
_HEAP_BYTES_AT = 0x203FFF00  # boards/qemu_mps2/c/board.c
_HEAP_BYTES = 256 * 1024


class Failure(Exception):
    """One line for the user."""


FAILURES = (Failure, *build_qemu.FAILURES)


def firmware(with_names: bool = True) -> Path:
    """The emulated board's firmware; without the application's names it is one of its own."""
    build_qemu.RESULT.mkdir(parents=True, exist_ok=True)
    with (build_qemu.RESULT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if with_names:
            built = build_qemu.build_firmware(build_qemu.compile_modules())
        else:
            built = build_qemu.build_firmware({}, folder=RESULT / "firmware-without-names")
        copy = RESULT / f"{'with' if with_names else 'without'}-names.elf"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(built, copy)
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


def image(texts: Mapping[str, str], optimize: int = 3) -> bytes:
    return build_romfs.image(
        build_romfs.compiled_texts(dict(texts), build_romfs.CROSS, "armv7m", optimize)
    )


def folder(name: str, data: bytes, elf: Path) -> Path:
    """A folder from which the emulator can run this image."""
    path = RESULT / name
    path.mkdir(parents=True, exist_ok=True)
    (path / "app.romfs").write_bytes(data)
    link = path / "firmware.elf"
    link.unlink(missing_ok=True)
    link.symlink_to(elf)
    return path


def alone(texts: Mapping[str, str]) -> dict[str, int]:
    """Bytes of the .mpy of each source, compiled alone."""
    found = {}
    scratch = RESULT / "alone.py"
    scratch.parent.mkdir(parents=True, exist_ok=True)
    for name, text in sorted(texts.items()):
        scratch.write_text(text)
        data = build_romfs.compiled(scratch, name, build_romfs.CROSS, "armv7m", 3)
        found[name] = len(data)
    scratch.unlink()
    return found


def room(path: str) -> str:
    """The part of the program that a source belongs to."""
    if not path.startswith("chargepoint/") or "/hal/sim" in path:
        return SIMULATED
    parts = path.removesuffix(".py").split("/")[1:]
    if parts[0] == "profiles" and len(parts) > 2:
        return "/".join(parts[:2]) + (" schema" if parts[2] == "schema" else "")
    return parts[0] if len(parts) > 1 else "runtime"


def rooms(sizes: Mapping[str, int]) -> dict[str, int]:
    total: dict[str, int] = {}
    for path, size in sizes.items():
        total[room(path)] = total.get(room(path), 0) + size
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def console(built: Path, heap_bytes: int = _HEAP_BYTES) -> dict[str, int]:
    """Run an image that needs no host: what it prints, a name and a number a line."""
    line = [get_arm_toolchain.emulator(), "-machine", "mps2-an385", "-nic", "user,restrict=on"]
    line += ["-semihosting", "-display", "none", "-monitor", "none", "-serial", "stdio"]
    line += ["-kernel", str(built / "firmware.elf")]
    image_file = built / "app.romfs"
    line += ["-device", f"loader,file={image_file},addr={_IMAGE_AT:#x},force-raw=on"]
    line += ["-device", f"loader,addr={_HEAP_BYTES_AT:#x},data={heap_bytes},data-len=4"]
    try:
        done = subprocess.run(
            line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_CONSOLE_S
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"the emulator did not end within {_CONSOLE_S} s") from None
    found = {}
    lines = [text for text in done.stdout.splitlines() if text.strip()]
    for text in lines:
        name, _, number = text.rpartition(" ")
        if text == "end":
            return found
        if not number.isdigit():
            break
        found[name] = int(number)
    raise Failure(f"measuring failed on the emulated board: {(lines or ['it was silent'])[-1]}")
