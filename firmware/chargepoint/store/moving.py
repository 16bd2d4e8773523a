"""From files (`files.FileStore`) to raw flash, when an update brings that. Transient.

The files count until the slot "boot" is on raw flash, which FlashStore saves last. If the power
fails before, all of it begins again; after it, what is left of the files is removed.
"""

import os

from . import frame
from .ring_sectors import open_newest
from .tape import erase


def is_there(path: str) -> bool:
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def wipe(region, first: int, end: int) -> None:
    """Erase the journal's sectors: what is in them is of an attempt before."""
    for sector in range(first, end):
        erase(region, sector)


def move(path: str, store):
    """Copy slots and waiting entries from that folder; what its slot "boot" says, or None.

    Raises OSError if they can't be written.
    """
    _move_journal(path + "/journal", store)
    boot = None
    files = os.listdir(path)
    for file in files:
        name, _, number = file.rpartition(".")
        if number == "0" or number == "1" and name + ".0" not in files:
            value = _newest(path + "/" + name)
            if value is None:
                store.damaged.append(name)
            elif name == "boot":
                boot = value
            elif not store.slots.save(name, value):
                raise OSError(store.slots.failed)
    return boot


def remove(path: str) -> None:
    try:
        for file in os.listdir(path):
            os.remove(path + "/" + file)
        os.rmdir(path)
    except OSError:
        pass  # they count no more, and are removed at another boot


def _newest(path: str):
    """The value of the slot whose two files begin with that path, or None."""
    newest = None
    for number in (".0", ".1"):
        try:
            with open(path + number, "rb") as file:
                entry, named = frame.read(file), frame.read(file)
        except OSError:
            continue  # there is no such file yet
        if named is not None and named[2] != path.rpartition("/")[2].encode():
            continue  # it is another slot's
        if entry is not None and entry[0] == frame.SLOT:
            if newest is None or entry[1] > newest[1]:
                newest = entry
    return None if newest is None else newest[2]


def _move_journal(path: str, store) -> None:
    journal = store.journal
    told = -1
    next_seq = 0
    for kind, number, _ in _entries(path):
        if kind == frame.ACKNOWLEDGED:
            told = max(told, number)
        elif kind == frame.HEADER:
            next_seq = number
        elif kind != frame.ENTRY:
            store.damaged.append("journal")
            return
    for kind, number, payload in _entries(path):
        if kind == frame.ENTRY:
            if number > told:
                journal.next_seq = number  # messages keep their ids
                journal.append(payload)
            next_seq = max(next_seq, number + 1)
    journal.next_seq = next_seq
    if not journal.order:  # a sector that remembers the numbers
        open_newest(journal, next_seq)


def _entries(path: str):
    try:
        file = open(path, "rb")
    except OSError:
        return  # nothing was ever journalled
    with file:
        at, end = 0, file.seek(0, 2)
        while at < end:
            file.seek(at)
            entry = frame.read(file)
            if entry is None:
                at += 1  # what can't be read is passed over
            else:
                at += frame.OVERHEAD + len(entry[2])
                yield entry
