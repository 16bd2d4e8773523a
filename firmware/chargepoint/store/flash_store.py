"""The store on raw flash: slots in the first sectors, the journal in the others.

For the block device of a partition or a chip that erases a whole block at a time (ioctl 6) and
programs what is erased at an offset in it, as `esp32.Partition` does.
"""

from binascii import hexlify

from .. import modules
from ..compat import const
from . import frame
from .flash_slots import FlashSlots
from .ring import RingJournal

_TYPE_CHECKING = const(False)
if _TYPE_CHECKING:
    from collections.abc import Callable

_SECTORS = const(4)  # ioctl
_SLOT_SECTORS = const(8)


class FlashStore:
    """As `files.FileStore`. align: the unit in which the flash is programmed, in bytes; old: the
    folder of a FileStore that an earlier image may have left, whose contents are moved here.
    """

    def __init__(
        self,
        device,
        random_bytes,
        slot_sectors: int = _SLOT_SECTORS,
        align: int = 4,
        old: str = "",
    ):
        self.damaged = []
        self.slots = FlashSlots(device, 0, slot_sectors, self.damaged, align)
        count = device.ioctl(_SECTORS, 0)
        moving = modules.use("store.moving") if old else None
        if moving is not None and not moving.is_there(old):
            moving = None
        saved = self.slots.load("boot")
        is_moved = saved is not None
        if moving is not None and not is_moved:
            moving.wipe(self.slots, slot_sectors, count)
        self.journal = RingJournal(device, slot_sectors, count - slot_sectors, self.damaged, align)
        can_write = True
        if moving is not None and not is_moved:
            try:
                saved = moving.move(old, self)
            except OSError:  # the files stay, and are moved at another boot
                can_write = False
        if saved is None:
            saved = hexlify(random_bytes(4)) + b" 0"
        nonce, boot_count = saved.split()
        self.nonce = nonce.decode()
        self.boot_count = int(boot_count) + 1
        if not (can_write and self.slots.save("boot", b"%s %d" % (nonce, self.boot_count))):
            self.boot_count = frame.uncounted(self.boot_count, random_bytes)
        elif moving is not None:
            moving.remove(old)
        self._prepared: tuple | None = None
        modules.release()

    def quieten(self, is_live: "Callable") -> None:
        """Erase nothing while `is_live()`; `prepare` is called when it is not."""
        self.journal.is_live = self.slots.is_live = is_live

    def prepare(self) -> None:
        """Erase a sector ahead, if there is one; see `ahead`."""
        journal = self.journal
        mark = journal.serial, len(journal.free), self.slots.mark()
        if mark == self._prepared:
            return
        try:
            if self.slots.prepare():
                return
            if modules.use("store.ahead").erase_one(journal, journal.free):
                return
        except OSError:
            pass  # whoever writes next is refused, too
        finally:
            modules.release()
        self._prepared = mark
