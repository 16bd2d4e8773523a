"""Records of the slots, and which slot boots. On both interpreters."""

from chargepoint.ota import slots
from chargepoint.ota.slots import BAD, CONFIRMED, EMPTY, TRIAL, WHOLE
from tests.support import images
from tests.support.flash import Flash

ROOM = 16384


def slot(content: bytes, **fields) -> bytes:
    data = images.header(content, **fields) + content
    return data + b"\xff" * (ROOM - len(data))


OLD = slot(images.payload(1))
NEW = slot(images.payload(2), counter=6)
DAMAGED = NEW[:5000] + b"\0" + NEW[5001:]
NOTHING = b"\xff" * ROOM


def made(first, second, active=0, views=(OLD, NEW)) -> slots.State:
    """Each slot as (state, boots, why)."""
    state = slots.State()
    state.active = active
    for number, values in ((0, first), (1, second)):
        state.slots[number].set(*values)
        if values[0] != EMPTY:
            state.slots[number].digest = slots.header_digest(views[number])
    return state


def shown(state) -> tuple:
    return tuple([(found.state, found.boots, found.why) for found in state.slots])


def test_the_table():
    """Each row of the table in docs/ota.md, the slots as they are and as they are then saved."""
    confirmed, trial, spent = (CONFIRMED, 0, 0), (TRIAL, 2, 0), (TRIAL, 0, 0)
    used_up, damaged = (BAD, 0, slots.BOOTS_USED_UP), (BAD, 0, slots.DAMAGED)
    late, given_up = (BAD, 0, slots.DEADLINE_PASSED), (BAD, 0, slots.GIVEN_UP)
    whole, empty = (WHOLE, 0, 0), (EMPTY, 0, 0)
    not_mounted = (BAD, 0, slots.NOT_MOUNTED)
    both, no_new, no_old = (OLD, NEW), (OLD, DAMAGED), (NOTHING, NEW)
    rows = (
        # slot 0, slot 1, active, what is in them: which boots, slot 0 and slot 1 then
        (confirmed, trial, 0, both, 1, confirmed, (TRIAL, 1, 0)),
        (confirmed, (TRIAL, 1, 0), 0, both, 1, confirmed, spent),
        (confirmed, spent, 0, both, 0, confirmed, used_up),
        (confirmed, trial, 0, no_new, 0, confirmed, damaged),
        (confirmed, confirmed, 0, both, 0, confirmed, confirmed),
        (confirmed, confirmed, 1, both, 1, confirmed, confirmed),
        (confirmed, confirmed, 1, no_new, 0, confirmed, damaged),
        (confirmed, whole, 0, both, 0, confirmed, whole),
        (confirmed, empty, 0, both, 0, confirmed, empty),
        (confirmed, used_up, 0, both, 0, confirmed, used_up),
        (confirmed, damaged, 0, both, 0, confirmed, damaged),
        # The confirmed one is gone: what else is whole.
        (confirmed, whole, 0, no_old, 1, damaged, spent),
        (confirmed, used_up, 0, no_old, 1, damaged, used_up),
        (confirmed, late, 0, no_old, 1, damaged, late),
        (confirmed, given_up, 0, no_old, 1, damaged, given_up),
        (confirmed, spent, 0, no_old, 1, damaged, used_up),
        # Nothing that the record knows: header and hash decide, the higher counter first.
        (confirmed, empty, 0, no_old, 1, damaged, empty),
        (empty, empty, 0, both, 1, empty, empty),
        (not_mounted, empty, 0, (OLD, NOTHING), 0, not_mounted, empty),
        (confirmed, trial, 0, (NOTHING, DAMAGED), None, damaged, damaged),
    )
    for first, second, active, views, boots, first_then, second_then in rows:
        state = made(first, second, active, views)
        before = shown(state), state.active
        assert slots.decide(state, views) == (boots, before != (shown(state), state.active))
        assert shown(state) == (first_then, second_then)


def test_without_a_record_header_and_hash_decide():
    for views, boots in (
        ((OLD, NEW), 1),
        ((NEW, OLD), 0),
        ((OLD, OLD), 0),
        ((OLD, NOTHING), 0),
        ((None, OLD), 1),
        ((OLD, DAMAGED), 0),
        ((NOTHING, DAMAGED), None),
        ((None, None), None),
    ):
        assert slots.decide(None, views) == (boots, False)


def test_what_was_refused_is_not_tried_again():
    assert slots.decide(None, (OLD, NEW), (1,)) == (0, False)
    assert slots.decide(None, (OLD, NEW), (1, 0)) == (None, False)
    state = made((CONFIRMED,), (TRIAL, 2))
    assert slots.decide(state, (OLD, NEW)) == (1, True)
    slots.not_mounted(state, 1)
    assert slots.decide(state, (OLD, NEW), (1,)) == (0, False)
    assert shown(state)[1] == (BAD, 0, slots.NOT_MOUNTED)


def test_another_image_than_the_one_verified():
    """Well signed too, and whole; but not the one of the record."""
    state = made((CONFIRMED,), (TRIAL, 2))
    other = slot(images.payload(3), counter=6)
    assert slots.decide(state, (OLD, other)) == (0, True)
    assert shown(state)[1] == (BAD, 0, slots.DAMAGED)


def test_each_byte_of_a_whole_slot_counts():
    size = slots.HEADER_BYTES + len(images.payload(2))
    digest = slots.header_digest(NEW)
    assert slots.is_whole(NEW, digest) and slots.is_whole(NEW[:size], digest)
    assert not slots.is_whole(NEW[: size - 1])
    wrong = bytearray(NEW)
    for at in range(0, size, 7):
        wrong[at] ^= 0x10
        assert not slots.is_whole(wrong, digest)
        wrong[at] ^= 0x10
    assert slots.is_whole(wrong, digest)
    wrong[size] ^= 0x10  # behind the payload
    assert slots.is_whole(wrong, digest)


def test_a_record_says_what_was_put_into_it():
    state = made((CONFIRMED, 0, 0, 0), (TRIAL, 3, 0, 900), active=1)
    state.counter, state.sequence = 77, 5
    data = state.packed()
    found = slots.unpacked(data)
    assert len(data) == slots.RECORD_BYTES and found.packed() == data
    assert (found.active, found.counter, found.sequence) == (1, 77, 5)
    assert found.slots[1].deadline_s == 900
    for at in range(100):
        wrong = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        assert slots.unpacked(wrong) is None


def test_the_newer_copy_counts():
    flash = Flash(sectors=3, align=32)
    records = slots.Records(flash, 1)
    assert records.load() is None
    state = made((CONFIRMED,), (EMPTY,))
    for counter in range(1, 6):
        state.counter = counter
        records.save(state)
        assert slots.Records(flash, 1).load().counter == counter
    assert flash.erases == [0, 3, 2]
    flash.data[4096] ^= 1  # the newer
    assert records.load().counter == 4
    records.save(state)
    assert records.load().sequence == 5 and flash.erases == [0, 4, 2]
    flash.data[4096] ^= 1
    flash.data[2 * 4096] ^= 1
    assert records.load() is None


def test_a_flash_that_does_not_keep_a_record_is_told():
    class Stuck(Flash):
        def writeblocks(self, block, buffer, offset=None):
            super().writeblocks(block, bytes(len(buffer)), offset)

    try:
        slots.Records(Stuck(sectors=2)).save(slots.State())
    except OSError as error:
        assert error.args[0] == 5
    else:
        raise AssertionError("not told")
