"""Make the .mpy files of an image smaller, which then do the same.

- What this image names itself, and nobody looks up by a text, gets a short name (short_names.py).
- Parameters that nobody passes by name all have one name, as have comprehensions and lambdas.
- The names that are used most get the numbers below 128, which take one byte in the bytecode.
- An import says that it takes names from a module, not once more which ones.

For files of one image together, compiled without line numbers: they name each other's parameters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from tools import mpy, short_names
from tools.mpy import Failure

__all__ = ("ANONYMOUS", "Failure", "machine_code", "names", "parts", "repacked")

ANONYMOUS = "x"
_SCOPES = ("<dictcomp>", "<genexpr>", "<lambda>", "<listcomp>", "<setcomp>")


def repacked(files: dict[str, bytes], looked_up: Collection[str]) -> dict[str, bytes]:
    """The same modules of one image, smaller. looked_up: the names that their sources look up by
    a text. Raises Failure."""
    read = _read(files)
    table = short_names.table(read, looked_up)
    for file in read.values():
        _join_anonymous(file, looked_up)
        _rename(file, table)
        _sort(file)
    return {path: mpy.written(file) for path, file in read.items()}


def names(files: dict[str, bytes], looked_up: Collection[str]) -> dict[str, str]:
    """What `repacked` makes of the names of these modules: short -> long. Raises Failure."""
    table = short_names.table(_read(files), looked_up)
    return {short: str(long) for long, short in table.items()}


def machine_code(data: bytes) -> list[bytes]:
    """That of a .mpy. Raises Failure."""
    return [code.machine for code in mpy.read(data).code.all() if code.machine]


def parts(data: bytes) -> tuple[list[tuple[str, int]], list[bytes]]:
    """Of a .mpy: the functions and classes of its body, in order, by name ("" where it has none)
    and bytes with all that is in them; and the constants of all its code. Raises Failure."""
    file = mpy.read(data)
    functions = []
    for code in file.code.children:
        name = file.names[code.names[0]] if code.names else ""  # machine code has none
        functions.append((name if isinstance(name, str) else "", len(mpy.written_code(code))))
    return functions, file.constants


def _read(files: dict[str, bytes]) -> dict[str, mpy.File]:
    """Without what imports say twice."""
    read = {}
    for path, data in files.items():
        try:
            read[path] = mpy.read(data)
        except Failure as failure:
            raise Failure(f"{path}: {failure}") from None
        for code in read[path].code.all():
            _import_briefly(code)
    return read


def _import_briefly(code: mpy.Code) -> None:
    """The tuple of the names in `from m import a, b` only says that the module itself is wanted,
    and not the package above it: any other object says it too."""
    instructions = code.instructions
    for at in reversed(range(1, len(instructions))):
        opcode, count, _ = instructions[at - 1]
        if instructions[at][0] != mpy.IMPORT_NAME or opcode != mpy.BUILD_TUPLE or not count:
            continue
        first = at - 1 - count
        if any(one[0] != mpy.LOAD_TEXT for one in instructions[first : at - 1]):
            raise Failure("an import whose names are no texts")
        instructions[first:at] = [(mpy.LOAD_TRUE, None, None)]
        for n, (opcode, target, extra) in enumerate(instructions):
            if mpy.kind_of(opcode) == mpy.OFFSET and target is not None and target > first:
                instructions[n] = (opcode, target - count, extra)


def _join_anonymous(file: mpy.File, looked_up: Collection[str]) -> None:
    """Give the parameters that no call names, and what has no name, one that takes one byte."""
    joined = None
    for code in file.code.all():
        for n, number in enumerate(code.names):
            name = file.names[number]
            if name in _SCOPES if n == 0 else name not in looked_up:
                if joined is None:
                    if ANONYMOUS not in file.names:
                        file.names.append(ANONYMOUS)
                    joined = file.names.index(ANONYMOUS)
                code.names[n] = joined


def _rename(file: mpy.File, table: Mapping[str | int, str]) -> None:
    """Give what has a short name that one, where it is a name and no text."""
    short: dict[int, int] = {}  # numbers of long names -> those of their short ones
    for number, name in enumerate(list(file.names)):
        if name in table:
            short[number] = len(file.names)
            file.names.append(table[name])
    for code in file.code.all():
        code.names = [short.get(number, number) for number in code.names]
        for n, (opcode, operand, extra) in enumerate(code.instructions):
            is_name = mpy.kind_of(opcode) == mpy.NAME and opcode != mpy.LOAD_TEXT
            if is_name and operand in short:
                code.instructions[n] = (opcode, short[operand], extra)


def _sort(file: mpy.File) -> None:
    """Number the names by how often they are used, and drop those that are not."""
    counts: Counter[int] = Counter()
    for code in file.code.all():
        counts.update(code.names)
        counts.update(
            operand
            for opcode, operand, _ in code.instructions
            if mpy.kind_of(opcode) == mpy.NAME and operand is not None
        )
    counts[0] = 1 << 30  # the file's own name stays the first
    order = sorted(counts, key=lambda number: (-counts[number], number))
    new = {number: n for n, number in enumerate(order)}
    file.names = [file.names[number] for number in order]
    for code in file.code.all():
        code.names = [new[number] for number in code.names]
        for n, (opcode, operand, extra) in enumerate(code.instructions):
            if mpy.kind_of(opcode) == mpy.NAME and operand is not None:
                code.instructions[n] = (opcode, new[operand], extra)
