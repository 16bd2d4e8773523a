from binascii import crc32
from struct import pack

from chargepoint.store.flash_slots import FlashSlots
from tests.support.flash import Flash

# As firmware 0.1 wrote them: they must be readable for ever.
_BANK_1 = (
    b"[\x01\x04\x00\x01\x00\x00\x00>\x1e4\xe8"
    b"\xa5\x03\x05\x00\x01\x00\x00\x00\x01xone\xa2\x0f;\x06\xff\xff\xff"
    b"\xa5\x03\x07\x00\x01\x00\x00\x00\x01yother\x8a\x1a\xaaw\xff"
    b"\xa5\x03\x05\x00\x01\x00\x00\x00\x01xtwo5\x03\x9dm\xff\xff\xff"
    b"\xa5\x05\x02\x00\x01\x00\x00\x00\x01y\xad\xc0\xd7_\xff\xff"
)


def test_the_first_format_is_read_and_still_written():
    flash = Flash(2, 128, 4)
    flash.data[: len(_BANK_1)] = _BANK_1
    slots, damaged = opened(flash, 2)
    assert (slots.load("x"), slots.load("y"), damaged) == (b"two", None, [])
    flash = Flash(2, 128, 4)
    slots, _ = opened(flash, 2)
    slots.save("x", b"one")
    slots.save("y", b"other")
    slots.save("x", b"two")
    slots.delete("y")
    assert bytes(flash.data[:128]) == _BANK_1 + b"\xff" * (128 - len(_BANK_1))


def opened(flash, sectors=4):
    damaged = []
    return FlashSlots(flash, 0, sectors, damaged, flash.align), damaged


def test_a_slot_keeps_its_last_value_over_a_boot():
    flash = Flash(4, 256)
    slots, _ = opened(flash)
    assert slots.load("x") is None
    for value in (b"one", b"two", b"three" * 60):
        slots.save("x", value)
        assert slots.load("x") == value
    slots, damaged = opened(flash)
    assert slots.load("x") == b"three" * 60 and damaged == []
    slots.delete("x")
    assert slots.load("x") is None and opened(flash)[0].load("x") is None
    operations = flash.operations
    slots.delete("x")
    assert flash.operations == operations  # nothing to do


def test_a_name_may_be_of_any_length_and_lie_anywhere():
    names = [chr(65 + n) * length for n, length in enumerate((1, 14, 15, 16, 17, 40, 255))]
    for filling in range(0, 80, 4):  # so that each name once comes across the end of a sector
        flash = Flash(16, 256)
        slots, _ = opened(flash, 16)
        slots.save("filling", bytes(filling))
        for name in names + names:
            slots.save(name, name.lower().encode())
        for found, damaged in (slots, []), opened(flash, 16):
            for name in names:
                assert found.load(name) == name.lower().encode(), (filling, len(name))
            assert found.load("A" * 14) is None and damaged == []


def test_what_has_no_room_is_refused_and_the_older_value_stays():
    flash = Flash(4, 256)
    slots, _ = opened(flash)
    slots.save("x", b"old")
    slots.save("y", bytes(300))
    for _ in range(3):
        assert not slots.save("x", bytes(250)) and slots.failed == 28
    assert opened(flash)[0].load("x") == b"old"
    slots.delete("y")
    assert slots.save("x", bytes(250)) and slots.failed == 0
    assert opened(flash)[0].load("x") == bytes(250)


def test_a_value_that_can_not_be_read_is_reported_and_the_one_before_it_is_back():
    flash = Flash(4, 256)
    slots, _ = opened(flash)
    slots.save("x", b"older")
    slots.save("x", b"newer")
    slots.save("y", b"other")
    flash.data[flash.data.index(b"newer")] ^= 1
    slots, damaged = opened(flash)
    assert (slots.load("x"), slots.load("y")) == (b"older", b"other")
    assert damaged == ["x"]
    slots.save("x", b"again")
    assert opened(flash)[1] == []


def test_a_head_that_can_not_be_read_is_reported():
    flash = Flash(4, 256)
    slots, _ = opened(flash)
    for name in "abcde":
        slots.save(name, b"value")
    flash.data[flash.data.index(b"\xa5\x03", 40)] ^= 1
    slots, damaged = opened(flash)
    assert slots.load("a") == b"value" and damaged == ["slots"]
    slots.save("b", b"value")
    slots, damaged = opened(flash)
    assert slots.load("b") == b"value" and damaged == []


def test_a_header_that_can_not_be_read_is_reported():
    flash = Flash(4, 256)
    opened(flash)[0].save("x", b"value")
    flash.data[flash.data.index(b"\x5b\x01")] ^= 3  # one bit would be set right
    slots, damaged = opened(flash)
    assert slots.load("x") is None and damaged == ["slots"]


def test_a_newer_format_is_reported_and_not_the_first_to_go():
    flash = Flash(4, 256)
    head = pack("<BBBBI", 0x5B, 2, 1, 0, 7)
    theirs = head + pack("<I", crc32(head)) + b"what only it understands"
    flash.data[: len(theirs)] = theirs
    slots, damaged = opened(flash)
    assert damaged == ["slots"] and slots.load("x") is None
    slots.save("x", b"mine")
    assert bytes(flash.data[: len(theirs)]) == theirs
    slots, damaged = opened(flash)
    assert slots.load("x") == b"mine" and damaged == []


def test_no_sector_is_erased_more_than_a_bank_of_values_asks_for():
    flash = Flash(8, 512)
    slots, _ = opened(flash, 8)
    for n in range(2000):
        slots.save("boot", b"01020304 %d" % n)
    # 35 bytes each, 2048 bytes a bank
    assert max(flash.erases) - min(flash.erases) <= 1 and max(flash.erases) < 2000 * 35 / 4000 + 2


def test_it_takes_no_more_memory_when_more_is_saved():
    slots, _ = opened(Flash(4, 4096))
    kinds = [type(value) for value in slots.__dict__.values()]
    for n in range(60):
        slots.save("slot %d" % n, bytes(60))
    assert [type(value) for value in slots.__dict__.values()] == kinds
    assert set(kinds) == {int, bool, Flash, type, dict} and slots._held == {}


def test_a_flipped_bit_anywhere_costs_one_value_at_most():
    """Of which the one before is back; and the start comes to an end, whatever a length says."""
    for align in (1, 4, 16):
        flash = Flash(4, 256, align)
        slots, _ = opened(flash)
        values = {name * 3: name.encode() * (n + 3) for n, name in enumerate("abcdef")}
        for name in sorted(values):
            slots.save(name, values[name])
        image = bytes(flash.data)
        for at in range(0, len(image), 3):
            flash = Flash(4, 256, align)
            flash.data[:] = image
            flash._programmed[:] = bytes([byte != 255 for byte in image])
            flash.data[at] ^= 1 << at % 8
            slots, damaged = opened(flash)
            for _ in range(2):
                lost = [name for name in values if slots.load(name) != values[name]]
                assert len(lost) <= 1 and all([slots.load(name) is None for name in lost])
                # The newest may never have been whole.
                assert not lost or damaged or lost == ["fff"], (align, at)
                assert slots.save("more", b"value") and slots.load("more") == b"value"
            assert opened(flash)[1] == [], (align, at)
