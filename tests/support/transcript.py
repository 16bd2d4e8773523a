"""Transcripts of a Pair as text lines, and their comparison with the committed ones.

Keys are sorted and numbers plain, so that the text is the same on every interpreter. After a
wanted change: `python tools/write_goldens.py`, and read the difference before it is committed.
"""

WRITE = False
FOLDER = "tests/scenarios/golden/"


def canonical(value) -> str:
    """JSON text with sorted keys."""
    if isinstance(value, dict):
        items = ['"%s": %s' % (key, canonical(value[key])) for key in sorted(value)]
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(canonical(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    if isinstance(value, float):
        text = "%.3f" % value
        return text.rstrip("0").rstrip(".")
    return str(value)


def lines(transcript):
    """One line a message; message ids become numbers in their order, for they are random."""
    numbers = {}
    result = []
    for direction, message in transcript:
        number = numbers.setdefault(message[1], len(numbers) + 1)
        arrow = "->" if direction == "out" else "<-"
        if message[0] == 2:
            line = "%s %d %s %s" % (arrow, number, message[2], canonical(message[3]))
        elif message[0] == 3:
            line = "%s %d result %s" % (arrow, number, canonical(message[2]))
        else:
            line = "%s %d error %s" % (arrow, number, message[2])
        result.append(line)
    return result


def compare(pair, name):
    """The transcript of `pair` must be the golden one of that name."""
    found = lines(pair.transcript)
    path = FOLDER + name + ".txt"
    if WRITE:
        with open(path, "w") as file:
            file.write("\n".join(found) + "\n")
        return
    with open(path) as file:
        wanted = file.read().rstrip("\n").split("\n")
    for n, line in enumerate(found):
        if n >= len(wanted) or line != wanted[n]:
            raise AssertionError(
                "%s line %d:\n  wanted %s\n  found  %s"
                % (path, n + 1, wanted[n] if n < len(wanted) else "nothing more", line)
            )
    assert len(found) == len(wanted), "%s: missing %s" % (path, wanted[len(found)])
