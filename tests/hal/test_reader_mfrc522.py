"""The MFRC522: both lengths of identifiers, bad cards, and a chip that goes away."""

from binascii import unhexlify

from chargepoint.hal.reader_mfrc522 import Mfrc522, crc_a
from tests.support import contracts
from tests.support.contracts import Rig, failure
from tests.support.fakes import cards
from tests.support.fakes.cards import Card, Mfrc522Chip
from tests.support.fakes.pins import Output, World, locked_heap


class RealRig(Rig):
    def __init__(self):
        world = World()
        self.chip = Mfrc522Chip(world)
        super().__init__(Mfrc522(self.chip, self.chip.select), world, 2000)

    def present(self, uid):
        self.chip.cards.append(Card(unhexlify(uid)))

    def remove(self):
        self.chip.cards.clear()


def test_contract_of_the_real_driver():
    contracts.reader(RealRig())


def test_a_card_is_read_soon():
    rig = RealRig()
    rig.settle()
    rig.present("04A1B2C3D4E5F6")
    rig.settle(400)
    assert rig.driver.take() is not None


def test_wrong_check_bytes_are_no_card():
    for weakness in ("bad_bcc", "bad_crc"):
        rig = RealRig()
        rig.present("DEADBEEF")
        setattr(rig.chip.cards[0], weakness, True)
        rig.settle()
        assert rig.driver.take() is None
        setattr(rig.chip.cards[0], weakness, False)
        rig.settle()
        assert rig.driver.take() is not None


def test_two_cards_at_once_are_not_read():
    rig = RealRig()
    rig.settle()
    rig.present("DEADBEEF")
    rig.present("01020304")
    rig.settle()
    assert rig.driver.take() is None
    rig.chip.cards.pop()
    rig.settle()
    assert rig.driver.take() == ("DEADBEEF", "ISO14443", 0)


def test_a_chip_that_lost_its_settings_is_set_up_again():
    rig = RealRig()
    rig.settle()
    rig.chip.lose_settings()
    resets = rig.chip.resets
    # Up to the check that finds it, the antenna is off: nothing may be sent without it.
    rig.driver._check_ms = 0
    rig.driver._rest(rig.world.now)
    rig.settle()
    assert rig.chip.resets == resets + 1
    rig.present("DEADBEEF")
    rig.settle()
    assert rig.driver.take() is not None


def test_a_chip_that_does_not_answer_is_an_error_until_it_does():
    for version in (0x00, 0xFF):
        rig = RealRig()
        rig.settle()
        rig.chip.version = version
        for _ in range(100):
            rig.world.advance(20)
            failure(rig.driver.poll, rig.world.now)
        for _ in range(3):
            assert failure(rig.driver.poll, rig.world.now)
        rig.chip.version = 0x92
        for _ in range(100):
            rig.world.advance(20)
            failure(rig.driver.poll, rig.world.now)
        rig.present("DEADBEEF")
        rig.settle()
        assert rig.driver.take() is not None


def test_a_poll_is_bounded():
    rig = RealRig()
    transfers = []

    class Counted:
        def write_readinto(self, out, into):
            transfers[-1] += 1
            rig.chip.write_readinto(out, into)

    rig.driver._spi = Counted()
    rig.present("04A1B2C3D4E5F6")
    for _ in range(200):
        rig.world.advance(20)
        transfers.append(0)
        rig.driver.poll(rig.world.now)
    assert max(transfers) <= 40


def test_a_poll_does_not_allocate():
    class Dumb:
        def write_readinto(self, out, into):
            into[1] = 0x82

    reader = Mfrc522(Dumb(), Output())
    for n in range(100):
        locked_heap(reader.poll, 20 * n)


def test_crc_a_of_the_standard():
    assert crc_a(b"\x00\x00", 2) == 0x1EA0 == cards.crc_a(b"\x00\x00")
    assert crc_a(b"\x12\x34", 2) == 0xCF26 == cards.crc_a(b"\x12\x34")
