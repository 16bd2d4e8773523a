from binascii import crc32
from struct import pack

from chargepoint.store.ring import RingJournal
from tests.support.flash import Flash

# As firmware 0.1 wrote them, two sectors of 96 bytes: they must be readable for ever.
_SECTORS_1 = (
    b"Z\x01\x00\x04\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x92\xc4\x1c\xfe"
    b"\xff\xff\xff\xff"
    b"\xa5\x01\x07\x00\x01\x00\x00\x00entry 0\x06/\x8d\xcd\xff\x00\x00\x00\x00"
    b"\xa5\x01\x07\x00\x02\x00\x00\x00entry 1\x91yh#\xff\x00\x00\x00\x00"
    b"\xa5\x01\x07\x00\x03\x00\x00\x00entry 2\xeb\xf7\xef{\xff\xff\xff\xff\xff"
    b"Z\x01\x00\x04\x04\x00\x00\x00\x04\x00\x00\x00\x01\x00\x00\x00\x83\xda\xe3\x96"
    b"\xff\xff\xff\xff"
    b"\xa5\x01\x07\x00\x04\x00\x00\x00entry 3\xfe\xd2\xd3%\xff\xff\xff\xff\xff"
)


def test_the_first_format_is_read_and_still_written():
    flash = Flash(4, 96, 4)
    flash.data[: len(_SECTORS_1)] = _SECTORS_1
    journal, damaged = opened(flash, 4)
    assert list(journal.records()) == [(3, b"entry 2"), (4, b"entry 3")]
    assert journal.next_seq == 5 and damaged == []
    flash = Flash(4, 96, 4)
    journal = opened(flash, 4)[0]
    for n in range(4):
        journal.append(b"entry %d" % n)
    journal.acknowledge(2)
    assert bytes(flash.data) == _SECTORS_1 + b"\xff" * (4 * 96 - len(_SECTORS_1))


def test_a_newer_format_is_reported_and_left_as_it_is():
    flash = Flash(6, 256, 4)
    journal = opened(flash, 6)[0]
    for n in range(12):
        journal.append(bytes([n]) * 40)
    theirs = b"Z\x02\x00\x04" + pack("<III", 9, 9, 7)
    theirs += pack("<I", crc32(theirs)) + b"what only it understands"
    flash.data[256 * 5 : 256 * 5 + len(theirs)] = theirs
    for _ in range(3):
        journal, damaged = opened(flash, 6)
        assert damaged == ["journal"] and journal.count() == 12
        while journal.room() > 100:
            journal.append(bytes(40))
        while journal.count() > 12:
            journal.acknowledge(journal.head()[0])
    assert flash.data[256 * 5 : 256 * 5 + len(theirs)] == theirs
    assert journal.next_seq > 9 + 256 // 16


def changed(payload):
    """Some entries are dropped, some shortened, the others stay as they are."""
    kind = payload[0] % 5
    if kind == 0:
        return None
    return payload[: (len(payload) + 1) // 2] if kind == 1 else payload


def same(payload):
    return payload


def opened(flash, sectors=5, first=0):
    damaged = []
    return RingJournal(flash, first, sectors, damaged, flash.align), damaged


def test_entries_wait_in_their_order_until_they_are_acknowledged():
    flash = Flash(5, 256)
    journal, damaged = opened(flash)
    assert (journal.head(), journal.count(), damaged) == (None, 0, [])
    seqs = [journal.append(b"entry ", b"%d" % n) for n in range(12)]
    assert seqs == list(range(1, 13))
    assert journal.head() == (1, b"entry 0") and journal.count() == 12
    journal.acknowledge(1)
    journal.acknowledge(9)  # and all before it
    for again in (journal, opened(flash)[0]):
        assert list(again.records()) == [(10, b"entry 9"), (11, b"entry 10"), (12, b"entry 11")]
        assert again.head() == (10, b"entry 9") and again.count() == 3
    journal.acknowledge(12)
    journal.acknowledge(12)
    assert journal.head() is None
    journal = opened(flash)[0]
    assert journal.head() is None and journal.append(b"next") == 13


def test_sequence_numbers_never_come_again():
    flash = Flash(4, 256)
    last = 0
    for _ in range(60):
        journal = opened(flash, 4)[0]
        for _ in range(3):
            seq = journal.append(bytes(30))
            assert seq == last + 1
            last = seq
            journal.acknowledge(seq)
    assert max(flash.erases) - min(flash.erases) <= 1  # all take their turn


def test_an_entry_too_long_for_a_sector_is_our_error():
    journal = opened(Flash(5, 256, 4))[0]
    longest = 256 - 24 - 4 - 12 - 4
    journal.append(bytes(longest))
    try:
        journal.append(bytes(longest + 5))
    except ValueError as error:
        assert "too long" in str(error)
    else:
        raise AssertionError("taken")
    assert journal.count() == 1


def test_a_geometry_that_can_not_be_is_our_error():
    for sectors, align in ((2, 4), (5, 48), (257, 4)):
        try:
            RingJournal(Flash(8, 256), 0, sectors, [], align)
        except ValueError:
            pass
        else:
            raise AssertionError((sectors, align))


def test_there_is_room_for_what_it_says():
    for align in (1, 4, 16):
        for length in (1, 20, 50):
            journal = opened(Flash(6, 512, align), 6)[0]
            size = length + 12 + 2 * align
            for _ in range(3):
                while journal.room() >= size:
                    journal.append(bytes(length))
                assert journal.count() * size > 512 * 3
                for _ in range(journal.count() // 2):
                    journal.acknowledge(journal.head()[0])
                while journal.edit(same):
                    pass


def test_a_full_journal_says_so_and_has_room_again_when_a_sector_is_told():
    flash = Flash(5, 256)
    journal = opened(flash)[0]
    while True:
        try:
            journal.append(bytes(40))
        except OSError as error:
            assert error.args[0] == 28
            break
    assert journal.room() < 60 and len(journal.free) == 1
    full = journal.count()
    for _ in range(10):
        seqs = [seq for seq, _ in journal.records()]
        for seq in seqs[:4]:
            journal.acknowledge(seq)
        while journal.room() >= 56:
            journal.append(bytes(40))
        assert full - 4 <= journal.count() <= full
        assert list(opened(flash)[0].records()) == list(journal.records())


def test_a_pass_drops_and_shortens_all_but_the_head_and_what_is_newest():
    flash = Flash(10, 256)
    journal = opened(flash, 10)[0]
    payloads = [bytes([n]) * 40 for n in range(30)]
    for payload in payloads:
        journal.append(payload)
    newest = journal.order[-1]
    before, room, steps = dict(journal.records()), journal.room(), 1
    while journal.edit(changed):
        steps += 1
    assert steps == len(before) // 4  # four to a sector
    found = dict(journal.records())
    for seq, payload in before.items():
        if seq == 1 or seq > 28:
            assert found[seq] == payload
        else:
            assert found.get(seq) == changed(payload)
    assert journal.order[-1] == newest and journal.room() > room
    assert dict(opened(flash, 10)[0].records()) == found


def test_a_pass_without_change_wins_back_sectors_that_are_nearly_empty():
    flash = Flash(8, 256)
    journal = opened(flash, 8)[0]
    for n in range(6):
        journal.append(bytes([n]) * 20)
        journal.tail_at = 256  # as after a torn end
    assert len(journal.order) == 6
    before = list(journal.records())
    while journal.edit(same):
        pass
    assert len(journal.order) == 2 and list(journal.records()) == before
    operations = flash.operations
    for _ in range(3):
        while journal.edit(same):
            pass
    assert flash.operations == operations  # there is nothing more to win


def test_an_entry_that_can_not_be_read_is_reported_and_the_others_stay():
    flash = Flash(5, 256)
    journal = opened(flash)[0]
    for n in range(8):
        journal.append(b"entry %d" % n)
    flash.data[flash.data.index(b"entry 3")] ^= 1
    journal, damaged = opened(flash)
    assert [seq for seq, _ in journal.records()] == [1, 2, 3, 5, 6, 7, 8]
    assert damaged == ["journal: 20 bytes lost"]
    journal.acknowledge(5)
    journal, damaged = opened(flash)
    assert [seq for seq, _ in journal.records()] == [6, 7, 8] and damaged == []


def test_a_sector_that_can_not_be_read_is_reported_and_the_others_stay():
    flash = Flash(6, 256)
    journal = opened(flash, 6)[0]
    for n in range(16):
        journal.append(bytes([n]) * 40)
    for sector in journal.order[1:3]:
        flash.data[256 * sector] ^= 3  # one bit would be set right
    after, damaged = opened(flash, 6)
    assert [seq for seq, _ in after.records()] == [1, 2, 3, 4, 13, 14, 15, 16]
    assert damaged == ["journal"] and after.append(b"next") > 17


def test_the_journal_takes_no_more_memory_when_more_waits():
    journal = opened(Flash(60, 4096), 60)[0]
    kinds = [type(value) for value in journal.__dict__.values()]
    for _ in range(1500):
        journal.append(bytes(110))
    assert [type(value) for value in journal.__dict__.values()] == kinds
    assert set(kinds) == {int, bytearray, Flash, type}
    assert len(journal.order) + len(journal.free) == 60
