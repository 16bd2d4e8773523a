"""Build the application's ROMFS image: .mpy files that run in place from flash.

    python tools/build_romfs.py --arch x64 --output build/romfs/app.romfs
    python tools/build_romfs.py --arch armv7m --dialects ocpp201 --sizes
    python tools/build_romfs.py --arch x64 --keys update_keys.bin --output app.romfs

The modules are those of the table in firmware/chargepoint/modules.py, made few by link_modules.py,
which also leaves out what nothing in the image needs: without `--add`, that is nearly all. What is
compiled is made smaller by repack_mpy.py. The bytes depend on nothing but the sources, mpy-cross
and the options. `--optimize 3` (the default) leaves line numbers out.

A dialect that is not named is left out with all its modules. What a real board adds, `main.py` and
its own drivers, is added by `--add FOLDER`, whose .py files come to stand beside the package.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import (
    check_rings,
    kept,
    link_modules,
    looked_up,
    module_names,
    repack_mpy,
    short_names,
)
from tools.module_names import Bodies

ROOT = Path(__file__).resolve().parent.parent
CROSS = ROOT / "build" / "micropython" / "mpy-cross"
DIALECTS = ("ocpp16", "ocpp201")
_MODULES = ROOT / check_rings.PACKAGE / "modules.py"
KEY_FILE = "update_keys.bin"  # the keys of the next image, in this one (docs/ota.md)
SIMULATED = ("hal.sim", "hal.sim_clock")
# An image is for one architecture, so the plain twin never runs in it.
_NATIVE = {"chargepoint/link/masking.py": "chargepoint/link/masking_native.py"}

_NATIVE_CODE = "@micropython."

# Kinds of record, as in MicroPython's extmod/vfs_rom.c.
_VERBATIM = 2
_DIRECTORY = 4
_FILE = 5
_MAGIC = b"\xd2\xcd\x31"


class Failure(Exception):
    """What stands in the way, for the person who called."""


def module_files(root: Path, dialects=DIALECTS, without=SIMULATED) -> list[Path]:
    """The package's source files that go into an image, in a fixed order."""
    package = root / check_rings.PACKAGE
    kinds = check_rings.table((package / "modules.py").read_text())
    left_out = {f"profiles.{dialect}" for dialect in DIALECTS if dialect not in dialects}
    left_out |= set(without)
    files = set()
    for name in [name for kind in kinds.values() for name in kind]:
        parts = name.split(".")
        parents = {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
        if parents & left_out:
            continue
        files.add(package.joinpath(*parts).with_suffix(".py"))
        for n in range(len(parts)):
            files.add(package.joinpath(*parts[:n], "__init__.py"))
    return sorted(files)


def compiled(source: Path, name: str, cross: Path, architecture: str, optimize: int) -> bytes:
    """The .mpy of one file; `name`: its path in the image.

    Tracebacks call it by the last part of its dotted name, which is in memory anyhow.
    """
    module = name.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "x.mpy"
        command = [str(cross), f"-march={architecture}", f"-O{optimize}", "-s", module]
        done = subprocess.run(
            [*command, "-o", str(output), str(source)], capture_output=True, text=True
        )
        if done.returncode:
            raise Failure(f"{name}: {done.stderr.strip()}")
        return output.read_bytes()


def compiled_texts(
    texts: dict[str, str], cross: Path, architecture: str, optimize: int = 3
) -> dict[str, bytes]:
    """The .mpy files of these sources, linked and repacked; both by their paths in the image.

    Raises Failure.
    """
    return _made(texts, cross, architecture, optimize)["files"]


def long_names(texts: dict[str, str], cross: Path, architecture: str) -> dict[str, str]:
    """What the short names in those files stand for. Raises Failure."""
    return _made(texts, cross, architecture, 3)["names"]


@kept.kept(_MODULES, short_names.KNOWN)
def _made(texts: dict[str, str], cross: Path, architecture: str, optimize: int) -> dict[str, dict]:
    files, names = compiled_bodies(linked(texts), cross, architecture, optimize)
    return {"files": files, "names": names}


def compiled_bodies(
    bodies: Bodies, cross: Path, architecture: str, optimize: int = 3
) -> tuple[dict[str, bytes], dict[str, str]]:
    """(.mpy files, what the short names in them stand for) of modules that are linked already.

    Raises Failure.
    """
    if optimize < 3:  # with line numbers, and all names as they are
        return _as_compiled(bodies, cross, architecture, optimize), {}
    words = looked_up.words(node for body in bodies.values() for _, node in body)
    try:
        modules = module_names.table(bodies)
        bodies = module_names.shortened(bodies)
        files = _as_compiled(bodies, cross, architecture, optimize)
        names = repack_mpy.names(files, words)
        names |= {short.rpartition(".")[2]: long for long, short in modules.items()}
        return repack_mpy.repacked(files, words), names
    except (link_modules.Failure, repack_mpy.Failure) as failure:
        raise Failure(str(failure)) from None


def _as_compiled(
    bodies: Bodies, cross: Path, architecture: str, optimize: int
) -> dict[str, bytes]:
    if not cross.exists():
        raise Failure("no mpy-cross; run `make micropython`")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "x.py"
        for name, body in sorted(bodies.items()):
            text = link_modules.written(body)
            source.write_text(text)
            path = name.removesuffix(".py") + ".mpy"
            found[path] = compiled(source, name, cross, architecture, optimize)
            if optimize == 3 and _NATIVE_CODE in text:
                source.write_text(f"_a = _b = None\n{text}")  # other numbers for all names
                other = compiled(source, name, cross, architecture, optimize)
                if repack_mpy.machine_code(other) != repack_mpy.machine_code(found[path]):
                    raise Failure(f"{name}: machine code that uses names can't be repacked")
    return found


def linked(texts: dict[str, str]) -> Bodies:
    """The linked modules, by their paths: each statement with the path of its source.

    Raises Failure.
    """
    texts = dict(texts)
    for plain, native in _NATIVE.items():
        if native in texts:
            texts[plain] = texts.pop(native)
    kinds = check_rings.table(_MODULES.read_text())
    try:
        return link_modules.parts(texts, kinds["TRANSIENT"])
    except link_modules.Failure as failure:
        raise Failure(str(failure)) from None


def number(value: int) -> bytes:
    """Seven bits a byte, the highest first, all but the last with bit 7."""
    encoded = [value & 0x7F]
    while value := value >> 7:
        encoded.insert(0, value & 0x7F | 0x80)
    return bytes(encoded)


def record(kind: int, payload: bytes) -> bytes:
    return number(kind) + number(len(payload)) + payload


def image(files: dict[str, bytes]) -> bytes:
    """A ROMFS image of these files, named by their paths with `/`."""
    content = directory(sorted(files.items()))
    size = number(len(content))
    if (len(_MAGIC) + len(size) + len(content)) % 2:
        size = b"\x80" + size  # an even length, as some flash wants it
    return _MAGIC + size + content


def directory(files: list[tuple[str, bytes]]) -> bytes:
    """The records of what is in a directory; paths relative to it, sorted."""
    content = b""
    folders: dict[str, list[tuple[str, bytes]]] = {}
    for path, data in files:
        folder, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(folder, []).append((rest, data))
        else:
            content += record(_FILE, named(path) + record(_VERBATIM, data))
    for folder, inside in folders.items():
        content += record(_DIRECTORY, named(folder) + directory(inside))
    return content


def named(name: str) -> bytes:
    encoded = name.encode("ascii")
    return number(len(encoded)) + encoded


def files_in(data: bytes) -> dict[str, bytes]:
    """The files of an image by their paths: what `image` was given. Raises Failure."""
    if not data.startswith(_MAGIC):
        raise Failure("no ROMFS image")
    content, _ = _sized(data, len(_MAGIC))
    return _files(content, "")


def _files(content: bytes, folder: str) -> dict[str, bytes]:
    found = {}
    at = 0
    while at < len(content):
        kind, at = _number(content, at)
        payload, at = _sized(content, at)
        if kind in (_FILE, _DIRECTORY):
            encoded, start = _sized(payload, 0)
            path = folder + encoded.decode("ascii", "replace")
            if kind == _DIRECTORY:
                found |= _files(payload[start:], path + "/")
            else:
                kind, start = _number(payload, start)
                if kind == _VERBATIM:
                    found[path] = _sized(payload, start)[0]
    return found


def _sized(data: bytes, at: int) -> tuple[bytes, int]:
    """The bytes behind their length, and where they end."""
    size, at = _number(data, at)
    if at + size > len(data):
        raise Failure("the ROMFS image is damaged")
    return data[at : at + size], at + size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """What `number` has written, and where it ends."""
    value, more = 0, True
    while more:
        if at == len(data):
            raise Failure("the ROMFS image is damaged")
        value, more = value << 7 | data[at] & 0x7F, data[at] >= 0x80
        at += 1
    return value, at


def build(*arguments, keys: bytes | None = None, **options) -> tuple[bytes, dict[str, int]]:
    """The image of modules(), with the key file if there is one, and the size of each .mpy in it
    by its path, as it would be with long names. Raises Failure."""
    made = _made(*_asked(*arguments, **options))
    files, names = made["files"], made["names"]
    return image(files if keys is None else {**files, KEY_FILE: keys}), {
        module_names.long_path(path, names): len(data) for path, data in files.items()
    }


def modules(*arguments, **options) -> dict[str, bytes]:
    """The .mpy files by their paths. The arguments are those of _asked. Raises Failure."""
    return compiled_texts(*_asked(*arguments, **options))


def _asked(
    architecture: str,
    dialects=DIALECTS,
    without=SIMULATED,
    optimize: int = 3,
    add: Path | None = None,
    root: Path = ROOT,
    cross: Path = CROSS,
) -> tuple[dict[str, str], Path, str, int]:
    """The sources by their paths, and how they are to be compiled."""
    sources = {
        file.relative_to(root / "firmware").as_posix(): file
        for file in module_files(root, dialects, without)
    }
    if add is not None:
        sources |= {file.relative_to(add).as_posix(): file for file in sorted(add.rglob("*.py"))}
    texts = {name: source.read_text() for name, source in sources.items()}
    return texts, cross, architecture, optimize


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Build the application's ROMFS image.")
    parser.add_argument("--arch", default="armv7m", help="as mpy-cross -march (default armv7m)")
    parser.add_argument("--dialects", nargs="+", choices=DIALECTS, default=DIALECTS)
    parser.add_argument("--without", nargs="*", default=SIMULATED, metavar="MODULE")
    parser.add_argument("--optimize", type=int, choices=range(4), default=3)
    parser.add_argument("--add", type=Path, metavar="FOLDER")
    parser.add_argument("--keys", type=Path, help="key file that the image pins (image.py pin)")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "romfs" / "app.romfs")
    parser.add_argument("--sizes", action="store_true", help="print the size of each file")
    options = parser.parse_args(arguments)
    try:
        if options.add is not None and not options.add.is_dir():
            raise Failure(f"{options.add} is no folder")
        if options.keys is not None and not options.keys.is_file():
            raise Failure(f"{options.keys} is no file")
        data, sizes = build(
            *(options.arch, options.dialects, options.without, options.optimize, options.add),
            keys=options.keys and options.keys.read_bytes(),
        )
    except Failure as failure:
        print(f"build_romfs: {failure}", file=sys.stderr)
        return 1
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_bytes(data)
    if options.sizes:
        for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
            print(f"{size:7} {name}")
    print(f"{options.output}: {len(data)} bytes, {len(sizes)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
