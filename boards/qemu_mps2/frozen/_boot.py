"""Mounts the file system and the certificates. boot.py was before it, _main.py follows.

The certificates are an image of their own, /tls, if the host has put one there.
"""

# What MicroPython has and CPython has not.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

import os
import sys

import vfs


def mount():
    import romslot

    flash = romslot.files()
    try:
        files = vfs.VfsLfs2(flash)
    except OSError:  # as it left the factory
        vfs.VfsLfs2.mkfs(flash)
        files = vfs.VfsLfs2(flash)
    vfs.mount(files, "/flash")
    try:
        vfs.mount(vfs.VfsRom(romslot.certificates()), "/tls")
    except OSError:
        pass  # there are none
    if "/rom" not in sys.path:
        os.chdir("/flash")  # where modules are looked for, and files put
    del sys.modules["romslot"]


mount()
