"""Build a board's application: the ROMFS image for a slot, or the same files for a file system.

    python tools/build_app.py esp32_poe            build/boards/esp32_poe/app.romfs
    python tools/build_app.py esp32_poe --files    build/boards/esp32_poe/files/
    python tools/build_app.py esp32_poe --image-key image.key --hardware A
                                                   build/boards/esp32_poe/app.img, signed

Beside it comes app.names (or files.names), to read a traceback with: long_names.py.
What goes in is what manifest.py names, the drivers that board.py imports, and the board's own
modules, without what this build can't use (tailor.py). The same sources give the same bytes, on
any machine.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    _ROOT = Path(__file__).resolve().parent.parent
    sys.path[:0] = [str(_ROOT), str(_ROOT / "firmware")]

from chargepoint.ota import container
from tools import boards, build_romfs, long_names, sign_app, tailor

# For a firmware that has no partition of ours; for one that has no slots, or is never updated.
_STORES = {"store_partition": "store_files"}
_SLOTS = {"slots_esp32": "slots_none", "slots_stm32": "slots_none"}
_IMAGE = '''\
"""Made by tools/build_app.py from boards/{name}/manifest.py."""

FEATURES = {features!r}
PRODUCT = {product!r}
SUBPROTOCOLS = {subprotocols!r}
'''


def files(
    board: boards.Board, cross: Path = build_romfs.CROSS, is_other: bool = False
) -> dict[str, bytes]:
    """The .mpy files by their paths; is_other: for a firmware that is not ours. Raises Failure."""
    return _made(build_romfs.compiled_texts, board, cross, is_other)


def names(board: boards.Board, is_other: bool = False) -> str:
    """What the short names in them stand for, as long_names.py reads it. Raises Failure."""
    return long_names.written(_made(build_romfs.long_names, board, build_romfs.CROSS, is_other))


def _made(
    make: Callable[..., dict[str, Any]], board: boards.Board, cross: Path, is_other: bool
) -> dict[str, Any]:
    try:
        blocks = blocks_of(board, is_other)
        texts = tailor.tailored(sources(board, is_other), board.dialects, blocks)
        return make(texts, cross, board.chip.mpy)
    except (build_romfs.Failure, tailor.Failure) as failure:
        raise boards.Failure(str(failure)) from None


def blocks_of(board: boards.Board, is_other: bool) -> tuple[str, ...]:
    """The functional blocks in the image."""
    return tuple(name for name in board.blocks if not is_other or name != tailor.UPDATES)


def sources(board: boards.Board, is_other: bool = False) -> dict[str, str]:
    """All that the image may need, by the paths in it: the package, and the board's own.

    A firmware that is not ours has no partition for the journal; then the store is files. It has
    no slots either, and can't be updated; neither can a board that leaves out that block.
    """
    firmware = boards.ROOT / "firmware"
    package = build_romfs.module_files(boards.ROOT, board.dialects, boards.without(board))
    found = {path.relative_to(firmware).as_posix(): path.read_text() for path in package}
    blocks = blocks_of(board, is_other)
    instead = (_STORES if is_other else {}) | ({} if tailor.UPDATES in blocks else _SLOTS)
    own = boards.sources(board, instead)
    found |= {f"{name}.py": path.read_text() for name, path in own.items()}
    subprotocols = tuple(boards.SUBPROTOCOLS[name] for name in board.dialects)
    found["image.py"] = _IMAGE.format(
        name=board.name,
        product=board.name,
        features=blocks,
        subprotocols=subprotocols,
    )
    return found


def build(board: boards.Board, room: int, how: sign_app.Signing | None = None) -> Path:
    """Build the image, or a signed one; its path. Raises Failure, also if it does not fit into
    `room`, the bytes of the slot. A bare one must fit with a header too."""
    if how is None:
        name, data = "app.romfs", build_romfs.image(files(board))
        size = len(data) + container.HEADER_BYTES
    else:
        name, data = "app.img", sign_app.signed(board, files(board), how)
        size = len(data)
    if size > room:
        raise boards.Failure(
            f"the image has {size} bytes, with its header, and the slot {room}:"
            f" leave out a dialect or blocks in boards/{board.name}/manifest.py"
        )
    path = boards.RESULT / board.name / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.with_suffix(".names").write_text(names(board))
    return path


def build_files(board: boards.Board) -> Path:
    """The same as files for a board whose firmware has no ROMFS, with main.py; their folder."""
    folder = boards.RESULT / board.name / "files"
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files(board, is_other=True).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    shutil.copy2(boards.ROOT / "firmware" / "main.py", folder / "main.py")
    folder.with_suffix(".names").write_text(names(board, is_other=True))
    return folder


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Build a board's application.")
    parser.add_argument("board", metavar="BOARD")
    parser.add_argument("--flash", default="", help="size of the flash, where a board has several")
    parser.add_argument("--files", action="store_true", help=".mpy files instead of an image")
    parser.add_argument("--hardware", default="", help="revision that a signed image is for")
    sign_app.add_arguments(parser)
    options = parser.parse_args(arguments)
    try:
        how = sign_app.signing(options)
        board = boards.load(options.board)
        found = boards.problems(board)
        if found:
            raise boards.Failure(found[0])
        if options.files:
            print(build_files(board))
        else:
            room = board.image_slot(options.flash)[1]
            path = build(board, room, how)
            if how is None:
                print(sign_app.BARE)
            size = path.stat().st_size
            print(f"{path}: {size} bytes, {100 * size // room} % of its slot")
    except boards.Failure as failure:
        print(f"app: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
