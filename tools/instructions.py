"""`make instructions`: count what each common message takes, and compare with what is recorded.

    python tools/instructions.py [--write]

The emulated microcontroller runs the application and the modules of boards/qemu_mps2/bench without
a host, on QEMU's count of instructions, so that the counts of the same source are the same to the
digit. They are compared with tools/instruction_counts.csv; what takes more than 2 % more than is
recorded there fails, and a change that needs them records them by --write.
"""

from __future__ import annotations

import argparse
import ast
import csv
import fcntl
import io
import shutil
import sys
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import boards, build_qemu, build_romfs, emulator, get_arm_toolchain, tailor

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tools" / "instruction_counts.csv"
BENCH = build_qemu.BOARD / "bench"
WORLD = ROOT / "tests" / "on_target" / "world.py"
RECORD = "make instructions WRITE=1"
MARGIN = 0.02
_COMPILER = "# gcc-arm-none-eabi "
_PARAMETERS_AT = 0x203FFF00
# A heap that never fills, random seed, time of day: nothing that differs each time.
_PARAMETERS = (1024 * 1024, 1, 0, 1777629600)
_LONGEST_S = 120


class Failure(Exception):
    """One line for the user."""


def measure() -> dict[str, int]:
    """Instructions by message and part. Raises a Failure, here or of what builds it."""
    return run(*build())


def run(firmware: Path, image: Path) -> dict[str, int]:
    words = {_PARAMETERS_AT + 4 * n: value for n, value in enumerate(_PARAMETERS)}
    options = ("-icount", "shift=0,sleep=off")
    said = emulator.console(firmware, image, words, _LONGEST_S, options)
    if said is None:
        raise Failure(f"the emulator did not end within {_LONGEST_S} s")
    return read(*said)


def read(console: str, errors: str = "") -> dict[str, int]:
    """What the board printed."""
    counts: dict[str, int] = {}
    for line in console.splitlines():
        if line == "end":
            return counts
        count, _, name = line.partition(" ")
        if not count.isdigit():
            break
        counts[name] = int(count)
    last = (console + errors).strip().rpartition("\n")[2] or "nothing was printed"
    raise Failure(f"the counting failed on the emulated board: {last}")


def build() -> tuple[Path, Path]:
    """The firmware, and the image of the application with what counts."""
    build_qemu.RESULT.mkdir(parents=True, exist_ok=True)
    with (build_qemu.RESULT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Another compiler makes other counts.
        prefix = get_arm_toolchain.pinned_compiler_prefix()
        usual = prefix == get_arm_toolchain.compiler_prefix()
        folder = build_qemu.RESULT if usual else build_qemu.RESULT / "pinned"
        built = build_qemu.build_firmware(build_qemu.compile_modules(), prefix, folder)
        firmware = build_qemu.RESULT / "bench.elf"  # the other may be built anew meanwhile
        shutil.copy2(built, firmware.with_suffix(".new"))
        firmware.with_suffix(".new").rename(firmware)
        image = build_qemu.RESULT / "bench.romfs"
        image.with_suffix(".new").write_bytes(build_romfs.image(compile_modules()))
        image.with_suffix(".new").rename(image)
    return firmware, image


def compile_modules() -> dict[str, bytes]:
    """The application, linked with what counts in place of the board's modules."""
    package = build_romfs.module_files(ROOT, without=())
    texts = {file.relative_to(ROOT / "firmware").as_posix(): file.read_text() for file in package}
    texts |= {file.name: file.read_text() for file in (*sorted(BENCH.glob("*.py")), WORLD)}
    masking = texts["chargepoint/link/masking.py"]  # an image has its native twin instead
    functions = [node for node in ast.parse(masking).body if isinstance(node, ast.FunctionDef)]
    texts["plain.py"] = "\n".join(map(ast.unparse, functions))
    texts = tailor.tailored(texts, build_romfs.DIALECTS, sorted(boards.built()))
    return build_romfs.compiled_texts(texts, build_romfs.CROSS, "armv7m")


def recorded_text() -> str:
    """Of the table."""
    if not TABLE.exists():
        raise Failure(f"there is no {TABLE.name}: record it by {RECORD}")
    return TABLE.read_text()


def load(text: str) -> dict[str, int]:
    """The counts of a table, if they can be compared."""
    first, _, rest = text.partition("\n")
    version = get_arm_toolchain.pinned_version()
    if first != _COMPILER + version:
        raise Failure(
            f"{TABLE.name} begins with '{first}', counted now is with {version}: record it anew "
            f"by {RECORD}"
        )
    rows = csv.DictReader(io.StringIO(rest))
    return {row["message"]: int(row["instructions"]) for row in rows}


def dump(counts: dict[str, int]) -> str:
    """The text of a table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("message", "instructions"))
    writer.writerows(sorted(counts.items()))
    return f"{_COMPILER}{get_arm_toolchain.pinned_version()}\n{text.getvalue()}"


def compare(recorded: dict[str, int], counts: dict[str, int]) -> tuple[list[str], list[str]]:
    """(what fails, what is only told), a line each."""
    failures, notes = [], []
    for name in sorted(recorded.keys() | counts.keys()):
        if name not in counts:
            failures.append(f"{name}: recorded, but not counted any more")
        elif name not in recorded:
            failures.append(f"{name}: {counts[name]:,} instructions, not recorded")
        else:
            was, now = recorded[name], counts[name]
            change = f"{name}: {now:,} instructions, {was:,} are recorded: {now / was - 1:+.1%}"
            if now > was * (1 + MARGIN):
                failures.append(change)
            elif now < was * (1 - MARGIN):
                notes.append(change)
    return failures, notes


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Count instructions in the emulator.")
    parser.add_argument("--write", action="store_true", help=f"record them in {TABLE.name}")
    options = parser.parse_args(arguments)
    try:
        recorded = {} if options.write else load(recorded_text())
        counts = measure()
    except (Failure, *build_qemu.FAILURES) as failure:
        print(f"instructions: {failure}", file=sys.stderr)
        return 1
    if options.write:
        TABLE.write_text(dump(counts))
        print(f"{TABLE.relative_to(ROOT)}: {len(counts)} counts")
        return 0
    failures, notes = compare(recorded, counts)
    for line in failures + notes:
        print(line)
    if failures or notes:
        print(f"if that is wanted, record it: {RECORD}")
    print(f"{len(counts)} counts, {len(failures)} not as recorded")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
