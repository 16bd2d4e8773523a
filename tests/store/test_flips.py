"""One bit of the journal flips, at each byte in turn: only the record hit is lost."""

import os

from chargepoint.store import frame
from chargepoint.store.files import FileStore
from chargepoint.store.ring import RingJournal
from tests.support.flash import Flash
from tests.support.refusing import Files

STEP = (
    1 if os.getenv("SOAK") else 7
)  # bytes from one flip to the next; odd, so that all bits have their turn
ENTRIES = [bytes([65 + n]) * (5 + n * 7 % 40) for n in range(14)]
TOLD = 3


def fill(journal):
    """seq -> payload of what waits."""
    seqs = [journal.append(entry) for entry in ENTRIES]
    journal.acknowledge(seqs[TOLD - 1])
    return {seq: entry for seq, entry in zip(seqs[TOLD:], ENTRIES[TOLD:])}  # noqa: B905


def judge(journal, damaged, waiting, where, again=()):
    """again: numbers of what may be told again. How many were lost."""
    found = dict(journal.records())
    lost = [seq for seq in waiting if seq not in found]
    assert len(lost) <= 1, (where, lost)
    assert not lost or damaged, where
    for seq in found:
        assert seq in again or found[seq] == waiting[seq], where
    assert len(found) == journal.count(), where
    seq = journal.append(b"next")
    assert seq > max(waiting), where
    while journal.count():
        journal.acknowledge(journal.head()[0])
    assert journal.head() is None and journal.append(b"more") == seq + 1, where
    return len(lost)


def test_a_flipped_bit_in_the_ring():
    for align in (1, 4, 16):
        flash = Flash(9, 256, align)
        waiting = fill(RingJournal(flash, 0, 9, [], align))
        image, lost = bytes(flash.data), 0
        for at in range(0, len(image), STEP):
            flash = Flash(9, 256, align)
            flash.data[:] = image
            flash._programmed[:] = bytes([byte != 255 for byte in image])
            flash.data[at] ^= 1 << at % 8
            damaged = []
            journal = RingJournal(flash, 0, 9, damaged, align)
            lost += judge(journal, damaged, waiting, (align, at), range(TOLD + 1))
        assert lost > 100 // STEP


def test_a_flipped_bit_in_the_file():
    with Files() as media:
        waiting = fill(FileStore("store", bytes).journal)
        data, lost = bytes(media.data["journal"]), 0
        for at in range(0, len(data), STEP):
            media.data = {"journal": bytearray(data)}
            media.data["journal"][at] ^= 1 << at % 8
            store = FileStore("store", bytes)
            lost += judge(store.journal, store.damaged, waiting, at, range(TOLD))
            assert len(media.data["journal.bad"]) >= frame.OVERHEAD
            assert FileStore("store", bytes).damaged == []
        assert lost > 100 // STEP


def test_a_length_that_flips_costs_no_more_memory_than_any():
    with Files() as media:
        waiting = fill(FileStore("store", bytes).journal)
        media.data["journal"][3] ^= 0x80  # the first entry has 32 kB more
        media.data["journal"] += bytes(40000)
        store = FileStore("store", bytes)
        assert dict(store.journal.records()) == waiting
        assert len(media.data["journal.bad"]) == 4096


def test_a_journal_of_which_nothing_can_be_read_gives_no_number_again():
    """The header alone knew them; so the ids begin anew, by another nonce."""
    with Files() as media:
        store = FileStore("store", lambda n: b"\x01" * n)
        for _ in range(400):
            store.journal.acknowledge(store.journal.append(bytes(100)))
        store.journal._rewrite(None)
        assert len(media.data["journal"]) == frame.OVERHEAD
        media.data["journal"][5] ^= 1
        after = FileStore("store", lambda n: b"\x02" * n)
        assert (store.nonce, after.nonce) == ("01010101", "02020202")
        assert (store.boot_count, after.boot_count) == (1, 2)
