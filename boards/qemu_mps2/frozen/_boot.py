"""Mounts what the board's memory holds; _main.py follows.

The memory at 0x21000000 is a file of the host, so it keeps its contents like flash: the image,
behind it a file system, which becomes /flash, and behind that the certificates as an image of
their own, /tls, if the host has put one there.
"""

# What MicroPython has and CPython has not.
# pyright: reportMissingImports=false

import os
import sys

import uctypes
import vfs

_IMAGE = 0x21000000
_IMAGE_BYTES = 0x400000
_FLASH = _IMAGE + _IMAGE_BYTES
_BLOCK_BYTES = 4096
_BLOCKS = 256
_CERTIFICATES = _FLASH + _BLOCK_BYTES * _BLOCKS
_CERTIFICATES_BYTES = 0x10000
_MAGIC = b"\xd2\xcd\x31"  # of an image


class Flash:
    """A block device as MicroPython's file systems want it."""

    def __init__(self):
        self._bytes = memoryview(uctypes.bytearray_at(_FLASH, _BLOCK_BYTES * _BLOCKS))

    def readblocks(self, block, buffer, offset=0):
        at = block * _BLOCK_BYTES + offset
        buffer[:] = self._bytes[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=None):
        at = block * _BLOCK_BYTES + (offset or 0)
        self._bytes[at : at + len(buffer)] = buffer

    def ioctl(self, request, argument):
        if request == 4:
            return _BLOCKS
        if request == 5:
            return _BLOCK_BYTES
        return 0


def mount():
    flash = Flash()
    try:
        files = vfs.VfsLfs2(flash)
    except OSError:  # as it left the factory
        vfs.VfsLfs2.mkfs(flash)
        files = vfs.VfsLfs2(flash)
    vfs.mount(files, "/flash")
    if uctypes.bytearray_at(_IMAGE, 3) == _MAGIC:
        vfs.mount(vfs.VfsRom(uctypes.bytearray_at(_IMAGE, _IMAGE_BYTES)), "/rom")
        sys.path.insert(0, "/rom")
    else:
        os.chdir("/flash")  # where modules are looked for, and files put
    if uctypes.bytearray_at(_CERTIFICATES, 3) == _MAGIC:
        certificates = uctypes.bytearray_at(_CERTIFICATES, _CERTIFICATES_BYTES)
        vfs.mount(vfs.VfsRom(certificates), "/tls")


mount()
