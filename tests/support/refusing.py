"""Flash and files that take no more writes from one on: full, read-only, or broken.

    media = Files()        # or Blocks()
    with media:
        store = media.open_store(random_bytes)
        media.refuse_from(7, 28)   # the eighth write from now on, and all that follow

Reading goes on. Runs on both interpreters: no pytest here.
"""

from chargepoint.store import files
from chargepoint.store.files import FileStore
from chargepoint.store.flash_store import FlashStore
from tests.support.flash import Flash

ENOSPC, EROFS, EIO = 28, 30, 5
_NEVER = 1 << 30
_ENOENT = 2


class _Writes:
    """Counts the writes, and refuses them."""

    def __init__(self):
        self.writes = 0
        self._refused_from = _NEVER
        self._errno = EIO
        self._of = ""

    def refuse_from(self, count, errno, of=""):
        """The write after so many is refused, and every later one; -1: none any more.

        of: with which the names of the files begin whose writes count.
        """
        self._refused_from = _NEVER if count < 0 else self.writes + count
        self._errno = errno
        self._of = of

    def _write(self, name=""):
        if not name.startswith(self._of):
            return
        self.writes += 1
        if self.writes > self._refused_from:
            raise OSError(self._errno)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Blocks(_Writes):
    """Raw flash with a FlashStore."""

    def __init__(self, sectors=14):
        _Writes.__init__(self)
        self.flash = _Flash(self._write, sectors)

    def open_store(self, random_bytes):
        return FlashStore(self.flash, random_bytes)


class _Flash(Flash):
    def __init__(self, write, sectors):
        Flash.__init__(self, sectors, 4096, 4)
        self._write = write

    def _is_cut(self):
        self._write()
        return Flash._is_cut(self)


class Files(_Writes):
    """A file system in memory with a FileStore, in the place of `os` and `open` inside `with`.

    data: the bytes of each file by its name; unreadable: names of those that can't be read.
    """

    def __init__(self):
        _Writes.__init__(self)
        self.data = {}
        self.unreadable: tuple = ()
        self._real = files.os, files.file_access

    def open_store(self, random_bytes):
        return FileStore("store", random_bytes)

    def __enter__(self):
        files.os = files.file_access = self  # type: ignore[assignment]
        files.open = self.open  # type: ignore[attr-defined]
        return self

    def __exit__(self, *_):
        files.os, files.file_access = self._real
        del files.open  # type: ignore[attr-defined]

    # ---- what the store asks for

    def open(self, path, mode):
        name = path[len("store/") :]
        if mode == "rb" and name not in self.data:
            raise OSError(_ENOENT)
        if mode == "rb" and name in self.unreadable:
            raise OSError(EIO)
        if mode != "rb":
            self._write(name)
            if mode == "wb" or name not in self.data:
                self.data[name] = bytearray()
        return _File(self.data[name], lambda: self._write(name))

    def exists(self, path):
        return path[len("store/") :] in self.data

    def sync(self, file):
        file.sync()

    def remove(self, path):
        if not self.exists(path):
            raise OSError(_ENOENT)
        self._write(path[len("store/") :])
        del self.data[path[len("store/") :]]

    def rename(self, old, new):
        self._write(new[len("store/") :])
        self.data[new[len("store/") :]] = self.data.pop(old[len("store/") :])


class _File:
    def __init__(self, data, write):
        self._data = data
        self._write = write
        self._at = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def seek(self, offset, whence=0):
        self._at = len(self._data) + offset if whence == 2 else offset
        return self._at

    def read(self, count=-1):
        end = len(self._data) if count < 0 else self._at + count
        found = bytes(self._data[self._at : end])
        self._at += len(found)
        return found

    def write(self, data):
        self._write()
        self._data += data

    def sync(self):
        self._write()
