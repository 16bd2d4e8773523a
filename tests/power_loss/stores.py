"""The stores that are swept, each on a recorded flash."""

from tests.power_loss.recorder import Recorder


class Ring:
    """Slots and ring on raw flash."""

    def __init__(self, sectors=64, sector_bytes=4096, slot_sectors=8, align=4):
        self.name = "ring of %d x %d bytes" % (sectors, sector_bytes)
        self.sectors, self.sector_bytes = sectors, sector_bytes
        self.slot_sectors, self.align = slot_sectors, align

    def flash(self):
        """As it leaves the factory."""
        return Recorder(self.sectors, self.sector_bytes, self.align)

    def open(self, flash, random_bytes):
        """The store at a boot."""
        from chargepoint.store.flash_store import FlashStore

        return FlashStore(flash, random_bytes, self.slot_sectors)


class Littlefs:
    """Files on MicroPython's own littlefs, made and mounted as the boards do it."""

    MOUNT = "/flash"

    def __init__(self, sectors=64, sector_bytes=4096, journal_bytes=65536):
        self.name = "files on littlefs of %d x %d bytes" % (sectors, sector_bytes)
        self.sectors, self.sector_bytes = sectors, sector_bytes
        self.journal_bytes = journal_bytes

    def flash(self):
        import vfs

        flash = Recorder(self.sectors, self.sector_bytes)
        vfs.VfsLfs2.mkfs(flash)
        return flash

    def open(self, flash, random_bytes):
        import vfs

        from chargepoint.store.files import FileStore

        try:
            vfs.umount(self.MOUNT)
        except OSError:  # the first boot of all
            pass
        vfs.mount(vfs.VfsLfs2(flash), self.MOUNT)
        return FileStore(self.MOUNT, random_bytes, self.journal_bytes)


STORES = {
    "ring": Ring(),
    "small": Ring(18, 2048, 4),
    "littlefs": Littlefs(24),
    "files": Littlefs(64, 1024, 24576),
}
