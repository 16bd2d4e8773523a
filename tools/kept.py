"""What was made once from the same is not made again: results on disk, by a hash of all they
depend on, which is the arguments, the tools' sources and the compiler.

A result is a dict of texts or bytes. `make clean` forgets all; KEEP=0 in the environment, or
`kept.FOLDER = None`, makes everything anew.
"""

from __future__ import annotations

import functools
import hashlib
import marshal
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parent.parent
FOLDER: Path | None = None if os.environ.get("KEEP") == "0" else ROOT / "build" / "kept"
_MOST = 200  # results; the oldest go first

Result = TypeVar("Result", bound=dict[str, Any])


def kept(*files: Path) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Decorates a function whose result depends on nothing but its arguments (a path: what is in
    that file), these files and this folder's sources."""

    def decorate(function: Callable[..., Result]) -> Callable[..., Result]:
        @functools.wraps(function)
        def looked_up(*arguments: Any, **named: Any) -> Result:
            folder, inputs = FOLDER, (*files, *arguments, *named.values())
            if folder is None or not all([_is_there(value) for value in inputs]):
                return function(*arguments, **named)
            key = hashlib.sha256(_tools())
            for value in (function.__qualname__, list(named), inputs):
                key.update(_told(value))
            path = folder / key.hexdigest()
            try:
                return marshal.loads(path.read_bytes())
            except (OSError, ValueError, EOFError, TypeError):  # not there, or torn
                result = function(*arguments, **named)
            folder.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}")
            part.write_bytes(marshal.dumps(result))
            part.replace(path)
            _forget_oldest(folder)
            return result

        return looked_up

    return decorate


def _is_there(value: Any) -> bool:
    return not isinstance(value, Path) or value.is_file()


def _told(value: Any) -> bytes:
    """Bytes that are the same for equal values, and of a path those of the file."""
    if isinstance(value, Path):
        return hashlib.sha256(value.read_bytes()).digest()
    if isinstance(value, dict):
        return _told(sorted(value.items()))
    if isinstance(value, (frozenset, set)):
        return _told(sorted(value))
    if isinstance(value, (list, tuple)):
        return b"[" + b"".join([_told(part) for part in value]) + b"]"
    if value is None or isinstance(value, (str, bytes, int)):
        text = repr(value).encode()
        return b"%d:" % len(text) + text
    raise TypeError(f"{value!r} has no bytes of its own")


@functools.cache
def _tools() -> bytes:
    sources = sorted((ROOT / "tools").glob("*.py"))
    return b"".join([hashlib.sha256(path.read_bytes()).digest() for path in sources])


def _forget_oldest(folder: Path) -> None:
    def age(path: Path) -> float:
        try:
            return path.stat().st_mtime
        except OSError:  # another process was faster
            return 0

    for path in sorted(folder.iterdir(), key=age)[:-_MOST]:
        path.unlink(missing_ok=True)
