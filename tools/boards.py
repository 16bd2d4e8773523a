"""The real boards: what their files say, and whether it can be so.

    python tools/boards.py              checks all of them
    python tools/boards.py esp32_poe    one

A board is a folder of boards/ with board.toml:

chip        of tools/chips.py
pins        which pins are brought out, if not those of the chip's own name
network     "wifi" or "ethernet"
flash       ESP32: the sizes there are, the usual one first; the table of each is
            boards/common/partitions-*.csv
upstream    STM32: MicroPython's board that ours is made from
slots, slot_bytes    STM32: where the slots of the application's image begin, and their size
dfu         STM32: what dfu-util shows of the board's memory, so that no other is written

and with board.py, which says in FLASH_STALLS whether the program waits while a sector of the
store's flash is erased (docs/porting.md), manifest.py, README.md and the files
of a MicroPython board definition.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import re
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

if __package__ in (None, ""):
    sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from tools import check_rings, chips, partitions, stand_ins

ROOT = Path(__file__).resolve().parent.parent
BOARDS = ROOT / "boards"
RESULT = ROOT / "build" / "boards"
SUBPROTOCOLS = {"ocpp201": "ocpp2.0.1", "ocpp16": "ocpp1.6"}
_FLASH_SIZES = {f"{size}MB": size * 1024 * 1024 for size in (2, 4, 8, 16, 32)}
_LABELS = ("nvs", "otadata", "ota_0", "ota_1", "rom_0", "rom_1", "journal", "slots", "vfs")
_KEYS = {"chip", "pins", "network", "flash", "upstream", "slots", "slot_bytes", "dfu"}


class Failure(Exception):
    """One line for the user: what is wrong, and how to mend it."""


@dataclass
class Board:
    name: str
    folder: Path
    chip: chips.Chip
    chip_name: str
    pins: str
    network: str
    flash: list[str] = field(default_factory=list)
    upstream: str = ""
    slots: list[int] = field(default_factory=list)
    slot_bytes: int = 0
    dfu: str = ""
    dialects: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()

    @property
    def is_esp32(self) -> bool:
        return self.chip.port == "esp32"

    def flash_size(self, wanted: str = "") -> str:
        """The size asked for, or the usual one. Raises Failure."""
        if not self.is_esp32:
            if wanted:
                raise Failure(f"FLASH={wanted}: {self.name} has one size only; leave it out")
            return ""
        if wanted and wanted not in self.flash:
            raise Failure(f"FLASH={wanted}: {self.name} knows {', '.join(self.flash)}")
        return wanted or self.flash[0]

    def table_file(self, size: str) -> Path:
        return self.folder.parent / "common" / f"partitions-{size.replace('MB', 'MiB')}.csv"

    def table(self, size: str) -> list[partitions.Partition]:
        """The partitions at this flash size. Raises Failure."""
        try:
            return partitions.read(self.table_file(size))
        except partitions.Failure as failure:
            raise Failure(str(failure)) from None

    def image_slot(self, size: str = "") -> tuple[int, int]:
        """Where `make flash` puts the application's image, and how large it may be."""
        size = self.flash_size(size)
        if not self.is_esp32:
            return self.slots[0], self.slot_bytes
        slot = partitions.find(self.table(size), "rom_0")
        if slot is None:
            raise Failure(f"{self.table_file(size).name}: there is no rom_0")
        return slot.offset, slot.size


def names(root: Path = BOARDS) -> list[str]:
    """The boards that are made of hardware."""
    return sorted(path.parent.name for path in root.glob("*/board.toml"))


def load(name: str, root: Path = BOARDS) -> Board:
    """Raises Failure for what can't be a board at all."""
    folder = root / name
    if not name or not (folder / "board.toml").exists():
        wrong = f"BOARD={name}: there is no such board" if name else "BOARD= is missing"
        raise Failure(f"{wrong}; known: {', '.join(names(root))}")
    try:
        values = tomllib.loads((folder / "board.toml").read_text())
    except tomllib.TOMLDecodeError as error:
        raise Failure(f"boards/{name}/board.toml: {error}") from None
    for key in values:
        if key not in _KEYS:
            raise Failure(f"boards/{name}/board.toml: {key}: known: {', '.join(sorted(_KEYS))}")
    if values.get("chip") not in chips.CHIPS:
        raise Failure(f"boards/{name}/board.toml: chip: known: {', '.join(chips.CHIPS)}")
    values.setdefault("pins", values["chip"])
    if values["pins"] not in chips.PINS:
        raise Failure(f"boards/{name}/board.toml: pins: known: {', '.join(chips.PINS)}")
    chip_name = values.pop("chip")
    board = Board(name, folder, chips.CHIPS[chip_name], chip_name, **values)
    if board.network not in ("wifi", "ethernet"):
        raise Failure(f'boards/{name}/board.toml: network: known: "wifi", "ethernet"')
    for size in board.flash:
        if size not in _FLASH_SIZES:
            raise Failure(f"boards/{name}/board.toml: flash: known: {', '.join(_FLASH_SIZES)}")
    if not (board.flash if board.is_esp32 else board.slots and board.upstream):
        needed = "flash" if board.is_esp32 else "slots, slot_bytes, upstream and dfu"
        raise Failure(f"boards/{name}/board.toml: {chip_name} needs {needed}")
    board.dialects, board.blocks = manifest(folder / "manifest.py")
    return board


def check_revision(word: str) -> None:
    """Of the hardware, if one is given. Raises Failure."""
    if word and not re.match(r"[!-~]{1,64}\Z", word):
        raise Failure(f"HARDWARE={word}: one word of printable ASCII, 64 characters at most")


def manifest(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The dialects and blocks of a manifest.py. Raises Failure for one that nobody knows."""
    where = f"boards/{path.parent.name}/{path.name}"
    found: dict[str, str] = {}
    try:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = ast.literal_eval(node.value)
    except OSError as error:
        raise Failure(f"{where}: {error.strerror or error}") from None
    except (SyntaxError, ValueError) as error:
        raise Failure(f"{where}: {error}") from None
    known = {"DIALECTS": list(SUBPROTOCOLS), "BLOCKS": sorted(built())}
    values = []
    for name, choices in known.items():
        if not isinstance(found.get(name), str):
            raise Failure(f'{where}: needs {name} = "...", names from: {", ".join(choices)}')
        for word in found[name].split():
            if word not in choices:
                raise Failure(f"{where}: {name}: {word!r} is unknown; known: {', '.join(choices)}")
        values.append(tuple(found[name].split()))
    if not values[0]:
        raise Failure(f"{where}: DIALECTS: at least one of {', '.join(SUBPROTOCOLS)}")
    return values[0], values[1]


@functools.cache
def built() -> dict[str, tuple[str, ...]]:
    """Blocks that may be left out, and the modules of each, as router.py has them."""
    path = ROOT / check_rings.PACKAGE / "station" / "router.py"
    found: dict[str, tuple[str, ...]] = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_BLOCKS":
            for line in ast.literal_eval(node.value).split("\n")[1:-1]:
                _, block, module = line.split(" ")
                if block != "-":
                    found[block] = (*found.get(block, ()), module)
    return found


def sources(board: Board, instead: Mapping[str, str] | None = None) -> dict[str, Path]:
    """The board's own modules that go into its image: board.py and what it needs of common.
    instead: modules of common by the names of those in whose place they go there."""
    common = board.folder.parent / "common"
    found: dict[str, Path] = {}
    waiting = ["board", "start"]
    while waiting:
        name = waiting.pop()
        place = board.folder if (board.folder / f"{name}.py").exists() else common
        path = place / f"{(instead or {}).get(name, name)}.py"
        if name in found or not path.exists():
            continue
        found[name] = path
        waiting += [imported for _, imported in _imports(path)]
    return dict(sorted(found.items()))


def _imports(path: Path) -> list[tuple[int, str]]:
    """(line, dotted name); for `from a import b` both a and a.b. Raises Failure."""
    found = []
    try:
        tree = ast.parse(path.read_text())
    except SyntaxError as error:
        where = f"boards/{path.parent.name}/{path.name}, line {error.lineno}"
        raise Failure(f"{where}: {error.msg}") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.lineno, node.module))
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def drivers(board: Board) -> set[str]:
    """The modules of hal that the board needs, by their names in the table of modules."""
    package = ROOT / check_rings.PACKAGE
    waiting = [
        name.removeprefix("chargepoint.")
        for path in sources(board).values()
        for _, name in _imports(path)
        if name.startswith("chargepoint.hal.")
    ]
    found = set()
    while waiting:
        name = waiting.pop()
        path = package.joinpath(*name.split(".")).with_suffix(".py")
        if name in found or not path.exists():
            continue
        found.add(name)
        tree = ast.parse(path.read_text())
        waiting += [
            imported.removeprefix("chargepoint.")
            for _, imported in check_rings.imports(tree, name)
            if imported.startswith("chargepoint.hal.")
        ]
        for node in ast.walk(tree):  # `from .reader import Reader`
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
                waiting.append(f"hal.{node.module}")
    return found


def problems(board: Board) -> list[str]:
    """All that is wrong with a board, each with the file it is in. Raises Failure for a file that
    is no Python."""
    found = []
    for name in ("board.py", "manifest.py", "README.md", "mpconfigboard.h"):
        if not (board.folder / name).exists():
            found.append(f"{name}: is missing")
    found += _unknown_drivers(board)
    if not _says_whether_it_stalls(board):
        found.append(
            "board.py: FLASH_STALLS is missing: True if the program waits while a sector of the"
            " store's flash is erased, False if that flash is one that it does not run from"
        )
    for size in board.flash:
        try:
            found += _table_problems(board, size)
        except Failure as failure:
            found.append(str(failure))
    if not found:
        found += _composition_problems(board)
    return [f"boards/{board.name}/{problem}" for problem in found]


def _unknown_drivers(board: Board) -> list[str]:
    found = []
    for path in sources(board).values():
        for line, name in _imports(path):
            module = name.split(".")[1:]
            if name.startswith("chargepoint.hal.") and len(module) == 2:
                if not (ROOT / check_rings.PACKAGE / "hal" / f"{module[1]}.py").exists():
                    found.append(f"{path.name}:{line}: there is no driver {name}")
    return found


def _says_whether_it_stalls(board: Board) -> bool:
    """Whether the board's modules say True or False."""
    for path in sources(board).values():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLASH_STALLS":
                return isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool)
    return False


def _table_problems(board: Board, size: str) -> list[str]:
    where, table = board.table_file(size).name, board.table(size)
    found = partitions.problems(table, _FLASH_SIZES[size])
    for label in _LABELS:
        if partitions.find(table, label) is None:
            found.append(f"{label}: there is no such partition")
    for pair in (("ota_0", "ota_1"), ("rom_0", "rom_1")):
        sizes = {partition.size for partition in table if partition.label in pair}
        if len(sizes) > 1:
            found.append(f"{pair[0]} and {pair[1]} must be of one size")
    return [f"{where}: {problem}" for problem in found]


def _composition_problems(board: Board) -> list[str]:
    with tempfile.TemporaryDirectory() as flash, contextlib.redirect_stdout(io.StringIO()):
        try:
            with stand_ins.composed(board.folder, board.pins, board.is_esp32, Path(flash)) as (
                _,
                recorder,
            ):
                found = [f"board.py: {problem}" for problem in recorder.problems]
        except Exception as error:
            return [f"board.py: {type(error).__name__}: {error}"]
    wiring = (board.folder / "README.md").read_text()
    for pin, use in recorder.uses.items():
        name = f"GPIO{pin}" if board.is_esp32 else str(pin)
        if not re.search(rf"\b{name}\b", wiring) and use != "Ethernet":
            found.append(f"README.md: {name} ({use}) is not in the wiring")
    return found


def without(board: Board) -> list[str]:
    """Modules of the package that the board's image does not need (for tools/build_romfs.py)."""
    table = check_rings.table((ROOT / check_rings.PACKAGE / "modules.py").read_text())
    left_out = {name for name in table["SHELL"] if name.startswith("hal.")} - drivers(board)
    for block, modules in built().items():
        if block not in board.blocks:
            left_out |= set(modules)
    return sorted(left_out)


def main(arguments: list[str]) -> int:
    count = 0
    for name in arguments or names():
        try:
            found = problems(load(name))
        except Failure as failure:
            found = [str(failure)]
        for problem in found:
            print(problem, file=sys.stderr)
        count += len(found)
    print(f"boards: {len(arguments or names())}, {count} problems")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
