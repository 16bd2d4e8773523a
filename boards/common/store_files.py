"""The store of a board without a raw partition: files in its file system."""

import os

from chargepoint.compat import const
from chargepoint.store.files import FileStore

_JOURNAL_BYTES = const(65536)


def open_store(flash: str) -> FileStore:
    """flash: the folder of the file system."""
    folder = flash + "/store"
    try:
        os.stat(folder)
    except OSError:
        os.mkdir(folder)
    room = os.statvfs(folder)
    # While the journal is written anew it is there twice, beside the slots.
    return FileStore(folder, os.urandom, min(_JOURNAL_BYTES, room[1] * room[2] // 4))
