"""Hold the numbers of variables in the firmware's sources to `tools/variables.csv`.

A module names a variable by a constant whose comment is the address and nothing else:

    _HEARTBEAT_INTERVAL = const(57)  # OCPPCommCtrlr.HeartbeatInterval
    _ATTEMPTS = const(59)  # OCPPCommCtrlr.MessageAttempts[TransactionEvent]

`python tools/variable_ids.py` lists what is wrong or unknown (exit status 1 if anything is);
with `--fix` it writes the right numbers. Names are compared exactly, so that a search finds them.
"""

import csv
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
VARIABLES = ROOT / "tools" / "variables.csv"
LINE = re.compile(r"^(\w+ = const\()(\d+)(\)  # )((\w+)\.\w+(?:\[\w+\])?)$")


def read_ids(path: pathlib.Path = VARIABLES) -> dict[str, int]:
    """Address -> id, for every row of the csv."""
    ids = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            ids[address(row)] = int(row["id"])
    return ids


def address(row: dict[str, str]) -> str:
    """`Component.Variable[Instance]` of a row of the csv."""
    instance = "[%s]" % row["instance"] if row["instance"] else ""
    return "%s.%s%s" % (row["component"], row["variable"], instance)


def corrected(text: str, ids: dict[str, int]) -> tuple[str, list[tuple[int, str]]]:
    """The text with the right numbers, and (line number, what was wrong) of each other one."""
    components = {name.partition(".")[0] for name in ids}
    lines, wrong = text.split("\n"), []
    for number, line in enumerate(lines):
        match = LINE.match(line)
        if not match or not (match[5] in components or match[5].endswith("Ctrlr")):
            continue
        known = ids.get(match[4])
        if known is None:
            wrong.append((number + 1, "no variable " + match[4]))
        elif known != int(match[2]):
            wrong.append((number + 1, "%s is %d, not %s" % (match[4], known, match[2])))
            lines[number] = match[1] + str(known) + match[3] + match[4]
    return "\n".join(lines), wrong


def main(arguments: list[str]) -> int:
    """Check, or with --fix correct, every file of the firmware. The exit status."""
    if arguments not in ([], ["--fix"]):
        print(__doc__, file=sys.stderr)
        return 2
    ids, status = read_ids(), 0
    for path in sorted((ROOT / "firmware").rglob("*.py")):
        text = path.read_text()
        fixed, wrong = corrected(text, ids)
        if arguments and fixed != text:
            path.write_text(fixed)
            _, wrong = corrected(fixed, ids)
        for line, what in wrong:
            print("%s:%d: %s" % (path.relative_to(ROOT), line, what))
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
