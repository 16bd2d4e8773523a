"""The PN532: frames and checksums, a chip that sleeps, refuses or is silent."""

from binascii import unhexlify

from chargepoint.hal.reader_pn532 import Pn532
from tests.support import contracts
from tests.support.contracts import Rig, failure
from tests.support.fakes.cards import Pn532Chip
from tests.support.fakes.pins import World


class RealRig(Rig):
    def __init__(self):
        world = World()
        self.chip = Pn532Chip(world)
        super().__init__(Pn532(self.chip), world, 2000)

    def present(self, uid):
        self.chip.cards.append(unhexlify(uid))

    def remove(self):
        self.chip.cards.clear()

    def errors(self, duration_ms=4000):
        """How many of the polls failed."""
        count = 0
        for _ in range(duration_ms // 20):
            self.world.advance(20)
            count += failure(self.driver.poll, self.world.now)
        return count


def test_contract_of_the_real_driver():
    contracts.reader(RealRig())


def test_a_card_is_read_soon():
    rig = RealRig()
    rig.settle()
    rig.present("04A1B2C3D4E5F6")
    rig.settle(400)
    assert rig.driver.take() is not None


def test_every_failure_is_an_error_in_time_and_ends():
    for fault in ("silent", "checksum", "refuse"):
        rig = RealRig()
        rig.settle()
        rig.chip.fault = fault
        assert rig.errors() > 50, fault
        assert failure(rig.driver.poll, rig.world.now)
        rig.chip.fault = ""
        rig.errors()
        rig.present("DEADBEEF")
        rig.settle()
        assert rig.driver.take() == ("DEADBEEF", "ISO14443", 0), fault


def test_a_chip_that_fell_asleep_is_woken_without_an_error():
    rig = RealRig()
    rig.settle()
    rig.chip.power_dip()
    assert rig.errors() == 0
    rig.present("DEADBEEF")
    rig.settle()
    assert rig.driver.take() is not None


def test_bytes_that_nobody_asked_for_are_dropped():
    rig = RealRig()
    rig.settle()
    rig.chip._arrived += list(b"\x12\x00\xff\x00")
    rig.present("DEADBEEF")
    rig.settle()
    assert rig.driver.take() is not None
