"""What both card readers do with cards that come, stay and go."""

from chargepoint.hal.reader import Reader
from chargepoint.hal.sim import SimReader
from tests.support import contracts
from tests.support.contracts import Rig


class SimRig(Rig):
    def present(self, uid):
        self.driver.present(uid, "ISO14443")

    def remove(self):
        pass


def test_contract_of_the_simulated_driver():
    contracts.reader(SimRig(SimReader()))


def test_another_card_is_told_at_once_and_the_same_one_after_a_while():
    reader = Reader(evse_id=2, gone_ms=1000)
    reader._seen(b"\x01\x02\x03\x04", 4, 0)
    assert reader.take() == ("01020304", "ISO14443", 2)
    reader._seen(b"\x01\x02\x03\x05", 4, 10)
    assert reader.take() == ("01020305", "ISO14443", 2)
    reader._empty(900)  # a moment without contact
    reader._seen(b"\x01\x02\x03\x05", 4, 1000)
    assert reader.take() is None
    reader._empty(2000)
    reader._seen(b"\x01\x02\x03\x05", 4, 2001)
    assert reader.take() is not None


def test_a_longer_identifier_that_begins_alike_is_another_card():
    reader = Reader()
    reader._seen(b"\x01\x02\x03\x04\x05\x06\x07", 4, 0)
    reader.take()
    reader._seen(b"\x01\x02\x03\x04\x05\x06\x07", 7, 10)
    assert reader.take() == ("01020304050607", "ISO14443", 0)
