# What firmware/boot.py and the boards use of MicroPython's module vfs. After each name: the C file that it
# was taken from, by which tests/typings checks it.
from typing import Any

class VfsRom:  # extmod/vfs_rom.c
    def __init__(self, memory: object, /) -> None: ...

class VfsLfs2:  # extmod/vfs_lfs.c extmod/vfs_lfsx.c
    def __init__(
        self, device: object, /, *, readsize: int = ..., progsize: int = ..., lookahead: int = ...
    ) -> None: ...
    @staticmethod
    def mkfs(
        device: object, /, *, readsize: int = ..., progsize: int = ..., lookahead: int = ...
    ) -> None: ...

def mount(filesystem: object, path: str, /) -> None: ...  # extmod/modvfs.c
def umount(path: str, /) -> None: ...  # extmod/modvfs.c
def rom_ioctl(operation: int, segment: int = ..., /, *more: Any) -> Any: ...  # extmod/modvfs.c
