"""The whole firmware as an update, and the boot loader's way back. Both interpreters."""

from chargepoint.crypto.steps import finish
from chargepoint.hal.sim import MemoryStore
from chargepoint.ota import container, receiving, slots
from chargepoint.ota.updater import Updater
from tests.ota.test_installation import World
from tests.support import images
from tests.support.flash import Flash

CONTENT = b"\xe9" + images.payload(4, 40001)  # more than an application's slot has room for
SYSTEM = images.header(CONTENT, kind=2, counter=7) + CONTENT


class BootLoader:
    """Two slots, of which the one that was chosen is tried once: as ESP-IDF's with roll-back.

    Stricter than that: an image is taken only if it begins as one and its slot has not been
    written since; nothing stays that is not on trial.
    """

    NAMES = ("ota_0", "ota_1")

    def __init__(self):
        self.flashes = [Flash(sectors=12, align=16) for _ in self.NAMES]
        self.number = 0
        self.pending = None  # chosen for the next boot
        self.is_trial = False
        self.confirmed = 0

    def boot(self):
        """A restart."""
        if self.is_trial:
            self.number, self.is_trial = self.confirmed, False
        elif self.pending is not None:
            self.number, self.pending, self.is_trial = self.pending, None, True

    def choose(self, number):
        assert number != self.number and not self.is_trial
        if self.flashes[number].data[0] != 0xE9:
            raise OSError(-5379)  # ESP_ERR_OTA_VALIDATE_FAILED
        self.pending = number

    def keep(self):
        assert self.is_trial
        self.confirmed, self.is_trial = self.number, False


class System:
    """As places.system of a board."""

    def __init__(self, loader, store):
        self._loader = loader
        self.running = loader.NAMES[loader.number]
        self.target = loader.NAMES[1 - loader.number]
        self.device = loader.flashes[1 - loader.number]
        self.slots = store.slots

    def boot(self):
        self._loader.choose(1 - self._loader.number)

    def keep(self):
        self._loader.keep()


class Station:
    def __init__(self):
        self.world = World()
        self.store = MemoryStore()
        self.loader = BootLoader()
        self.power_up()

    def power_up(self):
        places = self.world.places(0)
        places.update_keys = b"CPK\x01\x03" + images.PUBLIC
        places.system = System(self.loader, self.store)
        self.updater = Updater(places, self.store, None, (None, None, None))

    def restart(self):
        self.loader.boot()
        self.power_up()

    def receive(self, data, count=None, fresh=True):
        """Its first `count` bytes, or all and the end."""
        work = receiving.Receiving(self.updater, "http://server/file", fresh)
        first = work.wanted[0]
        work.opened(first, len(data))
        end = len(data) if count is None else count
        finish(work.taking(data[first : min(4096, end)]))
        if not fresh:
            finish(work.ending())
            first = work.wanted[0]
            work.opened(first, len(data))
        finish(work.taking(data[max(first, 4096) : end]))
        if count is None:
            finish(work.ending())
        return first

    def install(self):
        return finish(self.updater.install())

    def shown(self) -> tuple:
        return self.loader.number, self.updater.trial_s, self.updater.fell_back


def installed() -> Station:
    station = Station()
    station.receive(SYSTEM)
    assert station.install() is None
    assert bytes(station.loader.flashes[1].data[: len(CONTENT)]) == CONTENT
    assert station.shown() == (0, None, None)
    return station


def test_from_download_to_confirmation():
    station = installed()
    station.restart()
    assert station.shown() == (1, 900, None)
    station.updater.confirm()
    for _ in range(2):
        station.restart()
        assert station.shown() == (1, None, None)
    assert station.world.records.load().counter == 7
    # The application's slots are as they were, and another firmware goes where the first one was.
    assert slots.image(station.world.view(1)) is None
    station.receive(SYSTEM)
    assert station.install() is None
    station.restart()
    assert station.shown() == (0, 900, None)


def test_the_boot_loader_goes_back_from_what_is_not_confirmed():
    """A crash, the watchdog or a power cut."""
    station = installed()
    station.restart()
    station.restart()
    assert station.shown() == (0, None, "the boot loader went back")
    assert station.world.records.load() is None  # nothing was confirmed
    station.restart()
    assert station.shown() == (0, None, "the boot loader went back")
    station.receive(SYSTEM)  # and can be updated again
    assert station.install() is None
    station.restart()
    assert station.shown() == (1, 900, None)


def test_the_power_fails_before_the_boot_loader_knows():
    """What was to run is noted first: so what runs is never taken for it."""
    station = Station()
    station.receive(SYSTEM)
    station.updater.places.system.boot = no_power
    try:
        station.install()
    except KeyboardInterrupt:
        station.restart()
    else:
        raise AssertionError("the boot loader was not asked")
    assert station.shown() == (0, None, "the boot loader went back")
    station.receive(SYSTEM)
    assert station.install() is None


def no_power():
    raise KeyboardInterrupt  # what no one catches


def test_a_firmware_that_is_given_up():
    for deadline, why in ((True, "deadline passed"), (False, "given up")):
        station = installed()
        station.restart()
        station.updater.give_up(deadline)
        assert station.updater.trial_s is None
        station.restart()
        assert station.shown() == (0, None, why)


def test_no_update_while_it_is_on_trial():
    station = installed()
    station.restart()
    for data in (SYSTEM, images.header(images.payload(2), counter=7) + images.payload(2)):
        station.receive(data)
        assert station.install() == "the running image is on trial"
    assert station.loader.flashes[0].operations == 0 and slots.image(station.world.view(1)) is None


def test_what_the_boot_loader_does_not_take():
    content = b"\0" + CONTENT[1:]
    station = Station()
    station.receive(images.header(content, kind=2, counter=7) + content)
    assert station.install().startswith("flash: ")
    station.restart()
    assert station.shown() == (0, None, None)


def test_it_is_checked_as_an_application_is():
    for data, why in (
        (images.header(CONTENT, kind=2, product="other") + CONTENT, container.WRONG_PRODUCT),
        (images.header(CONTENT, kind=2, counter=4) + CONTENT, container.OLDER_COUNTER),
        (images.header(CONTENT, kind=2, payload_bytes=12 * 4096 + 1), container.TOO_LARGE),
        (images.header(CONTENT, kind=1) + CONTENT, container.TOO_LARGE),
        (SYSTEM[:4096] + bytes(1) + SYSTEM[4097:], container.WRONG_HASH),
        (SYSTEM[:-1], container.TRUNCATED),
    ):
        station = Station()
        station.receive(data)
        assert station.install() == why
        station.restart()
        assert station.shown() == (0, None, None)


def test_what_the_flash_did_not_keep():
    station = Station()
    station.receive(SYSTEM)
    station.loader.flashes[1].data[30000] ^= 1
    assert station.install() == container.WRONG_HASH


def test_a_download_goes_on_after_a_power_cut():
    for count in (4096 + 512, 4096 + 32768 + 700, 4096 + 40000):
        station = Station()
        station.receive(SYSTEM, count)
        station.power_up()
        first = station.receive(SYSTEM, None, False)
        assert first == (4096 + 32768 if count > 4096 + 32768 else 4096)
        assert station.install() is None
        station.restart()
        assert station.shown() == (1, 900, None)


def test_a_board_without_such_slots():
    station = Station()
    station.updater.places.system = None
    content = CONTENT[:9000]
    station.receive(images.header(content, kind=2, counter=7) + content)
    assert station.install() == container.WRONG_KIND
