"""An image on its way into the free slot. On both interpreters."""

from chargepoint.crypto.steps import finish
from chargepoint.ota import container, installation, slots, trial
from chargepoint.ota.updater import Places
from tests.support import images
from tests.support.flash import Flash, PowerCut
from tests.support.images import Part, refusal, station

KEYS = b"CPK\x01\x03" + images.PUBLIC
CONTENT = images.payload(2, 9001)
HEADER = images.header(CONTENT, counter=6, version="1.1.0")


class World:
    """A station whose slot 0 runs and is confirmed."""

    def __init__(self, sector_bytes: int = 4096, align: int = 32, sectors: int = 4, **fields):
        """sectors: of a slot, if they have 4096 bytes."""
        size = sectors * 4096 // sector_bytes
        self.flash = Flash(2 + 2 * size, sector_bytes, align)
        self.record = Part(self.flash, 0, 2)
        self.records = slots.Records(self.record)
        self.parts = [Part(self.flash, 2, size), Part(self.flash, 2 + size, size)]
        old = images.payload(1, 6000)
        data = images.header(old, **fields) + old
        start = 2 * sector_bytes
        self.flash.data[start : start + len(data)] = data

    def view(self, number: int = 0):
        return self.parts[number].view()

    def places(self, running: int) -> Places:
        views = [self.view(0), self.view(1)]
        return Places(self.record, self.parts, views, running, KEYS, "box", "B")

    def installation(self, header=HEADER, running: int = 0, **changes):
        checked = container.check(header, station(**changes))
        return installation.Installation(self.places(running), checked)

    def begun(self, content=b"", step: int = 700):
        """An installation with so much of the payload."""
        work = self.installation()
        finish(work.beginning())
        for at in range(0, len(content), step):
            finish(work.writing(content[at : at + step]))
        return work

    def installed(self, content=CONTENT, step: int = 700):
        """Slot 1 is whole."""
        work = self.begun(content, step)
        finish(work.completing())
        finish(work.finishing())
        return work

    def states(self) -> list:
        state = self.records.load()
        assert state
        return [slot.state for slot in state.slots]


def test_from_download_to_confirmation():
    for sector_bytes, align, step in ((4096, 32, 700), (16384, 32, 512), (4096, 1, 9001)):
        world = World(sector_bytes, align)
        world.installed(step=step)
        assert world.states() == [slots.CONFIRMED, slots.WHOLE]
        assert bytes(world.view(1)[4096:13097]) == CONTENT
        assert bytes(world.view(1)[:4096]) == HEADER
        views = world.view(), world.view(1)
        assert slots.decide(world.records.load(), views) == (0, False)
        trial.put_on_trial(world.records, 1, 3, 600)
        state = world.records.load()
        assert state.slots[1].deadline_s == 600 and slots.decide(state, views) == (1, True)
        world.records.save(state)
        assert world.records.load().slots[1].boots == 2 and state.counter == 5
        assert trial.confirm(world.places(1))
        assert world.states() == [slots.CONFIRMED, slots.CONFIRMED]
        assert (world.records.load().active, world.records.load().counter) == (1, 6)
        assert not trial.confirm(world.places(1))


def test_a_refused_image_touches_nothing():
    world = World()
    for header in (
        HEADER[:100],
        images.header(CONTENT, product="other"),
        images.header(CONTENT, hardware="C"),
        images.header(CONTENT, counter=4),
        images.header(CONTENT, private=images.OTHER_PRIVATE),
        HEADER[:300] + b"\0" + HEADER[301:],
    ):
        assert refusal(world.installation, header)
    assert refusal(finish, world.installation().writing(CONTENT + b"x")) == container.TRAILING
    assert world.flash.operations == 0


def test_the_record_is_emptied_before_a_byte_of_the_slot_is_touched():
    world = World()
    world.installed()
    trial.put_on_trial(world.records, 1, 3, 0)
    trial.give_up(world.places(1), True)
    assert world.records.load().slots[1].why == slots.DEADLINE_PASSED
    before = world.flash.operations
    erases = list(world.flash.erases)
    finish(world.installation().beginning())
    assert world.states() == [slots.CONFIRMED, slots.EMPTY]
    assert world.flash.operations == before + 3  # of the record two, the header one
    assert world.flash.erases[6] == erases[6] + 1 and world.flash.erases[7:] == erases[7:]


def test_an_image_without_a_key_must_not_be_confirmed():
    """Nothing could ever be installed after it."""
    for keys in (b"", b"CPK\x01", b"CPK\x01\x03short"):
        world = World()
        world.installed()
        trial.put_on_trial(world.records, 1, 3, 600)
        places = world.places(1)
        assert trial.look(places)[1] == 600
        places.update_keys = keys
        assert trial.look(places)[1] == 0
        trial.give_up(places, False)
        assert world.states() == [slots.CONFIRMED, slots.BAD]
        assert trial.look(world.places(0))[1:] == (None, "given up")


def test_truncated_at_every_block():
    for count in range(0, len(CONTENT), 512):
        world = World()
        work = world.begun(CONTENT[:count])
        assert refusal(finish, work.completing()) == container.TRUNCATED
        assert world.states() == [slots.CONFIRMED, slots.EMPTY]
        assert slots.image(world.view(1)) is None


def test_more_than_the_payload():
    world = World()
    work = world.begun(CONTENT)
    assert refusal(finish, work.writing(b"x")) == container.TRAILING


def test_another_payload_than_the_signed_one():
    for at in (0, 511, 4095, 4096, 9000):
        world = World()
        work = world.begun(CONTENT[:at] + bytes((CONTENT[at] ^ 1,)) + CONTENT[at + 1 :])
        finish(work.completing())
        assert refusal(finish, work.finishing()) == container.WRONG_HASH
        assert world.states() == [slots.CONFIRMED, slots.EMPTY]
        assert slots.image(world.view(1)) is None


def test_what_the_flash_did_not_keep():
    world = World()
    work = world.begun(CONTENT)
    finish(work.completing())
    at = 6 * 4096 + 4096 + 3000
    world.flash.data[at] ^= 4
    assert refusal(finish, work.finishing()) == container.WRONG_HASH


def test_a_slot_changed_after_verification_does_not_boot():
    for place in (10, 200, 300, 4096, 13096):
        world = World()
        world.installed()
        trial.put_on_trial(world.records, 1, 3, 0)
        world.flash.data[6 * 4096 + place] ^= 1
        state = world.records.load()
        assert slots.decide(state, (world.view(), world.view(1))) == (0, True)
        assert state.slots[1].why == slots.DAMAGED


def test_an_image_that_was_flashed_over_the_recorded_one_is_the_way_back():
    for why in (slots.DAMAGED, slots.NOT_MOUNTED):
        world = World()
        state = slots.State()
        for slot in state.slots:
            slot.set(slots.BAD, why=why)
        world.records.save(state)
        views = world.view(), world.view(1)
        assert slots.decide(world.records.load(), views) == (0, False)
        world.installed()
        assert world.states() == [slots.CONFIRMED, slots.WHOLE]
        trial.put_on_trial(world.records, 1, 1, 0)
        state = world.records.load()
        assert [slots.decide(state, views)[0] for _ in range(3)] == [1, 0, 0]


def test_no_update_while_the_running_image_is_on_trial():
    world = World()
    world.installed()
    trial.put_on_trial(world.records, 1, 3, 0)
    before = world.flash.operations
    work = world.installation(running=1)
    assert refusal(finish, work.beginning()) == installation.ON_TRIAL
    assert world.flash.operations == before


def test_no_update_without_a_way_back():
    world = World()
    places = world.places(0)
    places.views = [b"\xd2\xcd\x31" + bytes(8000), world.view(1)]
    header = container.check(HEADER, station())
    work = installation.Installation(places, header)
    assert refusal(finish, work.beginning()) == installation.NOT_SIGNED
    places = world.places(0)
    places.record = None
    work = installation.Installation(places, header)
    assert refusal(finish, work.beginning()) == installation.NO_RECORD
    assert world.flash.operations == 0


def test_a_step_is_one_operation_of_the_flash():
    world = World()
    work = world.installation()
    before = world.flash.operations
    counts = []
    for part in (work.beginning, lambda: work.writing(CONTENT), work.completing, work.finishing):
        for _ in part():
            counts.append(world.flash.operations - before)
            before = world.flash.operations
    # The record is erased and programmed in one.
    assert sorted(set(counts)) == [0, 1, 2] and counts.count(2) == 2


def test_going_on_after_a_power_cut():
    for sector_bytes, kept in ((4096, 4096), (8192, 4096), (16384, 0)):
        world = World(sector_bytes)
        work = world.begun(CONTENT[:6000])
        assert work.written == 5632
        again = world.installation()
        finish(again.resuming(work.written, True))
        assert again.written == kept
        finish(again.writing(CONTENT[kept:]))
        finish(again.completing())
        finish(again.finishing())
        assert bytes(world.view(1)[4096:13097]) == CONTENT


def test_going_on_without_one():
    for sector_bytes in (4096, 8192, 16384):
        world = World(sector_bytes)
        work = world.begun(CONTENT[:6000])
        again = world.installation()
        before = world.flash.operations
        finish(again.resuming(work.written, False))
        assert again.written == 5632 and world.flash.operations == before
        finish(again.writing(CONTENT[5632:]))
        finish(again.completing())
        finish(again.finishing())
        assert bytes(world.view(1)[4096:13097]) == CONTENT


def test_what_is_whole_is_not_gone_on_with():
    world = World()
    work = world.installed()
    before = world.flash.operations
    finish(work.finishing())  # once more, as after a power cut behind it
    assert world.flash.operations == before
    again = world.installation()
    finish(again.resuming(9001, False))
    assert again.written == 0 and world.states() == [slots.CONFIRMED, slots.EMPTY]


def test_what_was_tried_is_not_finished_again():
    world = World()
    work = world.installed()
    trial.put_on_trial(world.records, 1, 3, 600)
    try:
        finish(work.finishing())
    except ValueError:
        assert world.states() == [slots.CONFIRMED, slots.TRIAL]
    else:
        raise AssertionError("not refused")


def test_a_header_that_was_torn():
    for sector_bytes, end in ((4096, ""), (16384, installation.TORN)):
        world = World(sector_bytes)
        work = world.begun(CONTENT)
        finish(work.completing())
        world.parts[1].writeblocks(0, HEADER[:32], 0)
        assert refusal(finish, work.finishing()) == end
        assert world.states() == [slots.CONFIRMED, slots.EMPTY if end else slots.WHOLE]


def test_an_erase_of_the_header_that_was_torn():
    """What is half erased may read as blank, and must not be programmed."""
    world = World()
    work = world.begun(CONTENT)
    finish(work.completing())
    first_of_slot_1 = 2 + 4
    world.flash.cut_after(0, 1)
    try:
        world.flash.ioctl(6, first_of_slot_1)
    except PowerCut:
        world.flash.power_up()
    finish(work.finishing())
    assert bytes(world.view(1)[:4096]) == HEADER


def test_the_counter_is_that_of_the_image_if_the_record_is_lost():
    world = World(counter=9)
    assert trial.counter(world.records.load(), world.view()) == 9
    world.installed()
    assert world.records.load().counter == 9
    # An exception brought an older image: the counter stays, so only it may be gone back to.
    trial.put_on_trial(world.records, 1, 1, 0)
    trial.confirm(world.places(1))
    assert trial.counter(world.records.load(), world.view(1)) == 9
