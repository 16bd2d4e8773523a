"""The slot "firmware": what is written is what is read, and nothing else is."""

from chargepoint.station import firmware_record as record
from tests.support.models import Slots

KEPT = "phase status id signed fresh told attempts interval_s retrieve_s install_s exponent digest"
# As version 1 has been written since there are updates: it must stay readable.
VERSION_1 = bytes.fromhex(
    "01 04 05 0b 0300 3c000000 07000000 00e1bf0b 80fdbf0b 01000100"
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    "0a00 687474703a2f2f612f62 0300 6b6579 0200 5347"
)


class Station:
    def __init__(self):
        class Store:
            slots = Slots()

        self.store = Store()
        self.store.slots = Slots()
        self.lines = []

    def log(self, text):
        self.lines.append(text)


def sample():
    update = record.new(record.WAITING)
    update.update(
        {
            "status": "InstallScheduled",
            "id": 7,
            "signed": True,
            "fresh": False,
            "attempts": 3,
            "interval_s": 60,
            "retrieve_s": 197124352,
            "install_s": 197131648,
            "exponent": 65537,
            "digest": bytes(range(32)),
        }
    )
    return update


def test_the_bytes_of_version_1():
    station = Station()
    record.save(station, sample(), "http://a/b", b"key", b"SG")
    assert station.store.slots.contents[record.SLOT] == VERSION_1


def test_what_is_saved_is_loaded():
    station = Station()
    for changes in (
        {},
        {"id": None, "install_s": None, "signed": False, "fresh": True, "told": True},
        {"id": -0x7FFFFFFF, "retrieve_s": -1, "install_s": 0, "exponent": 0xFFFFFFFF},
        {"phase": record.OVER, "status": "InstallVerificationFailed"},
        {"phase": record.TRIAL, "status": "-", "id": 0},
    ):
        update = sample()
        update.update(changes)
        location = "https://é/b?" + "s" * 1987  # bytes: 2000, the most that is taken
        record.save(station, update, location, bytes(512), b"s" * 600)
        found = record.load(station)
        assert found is not None
        for name in KEPT.split():
            assert found[name] == update[name], name
        assert found["job"] is None and found["untold"] == []
        assert record.texts(station) == (location, bytes(512), b"s" * 600)


def test_the_texts_stay_when_the_rest_is_saved_again():
    station = Station()
    update = sample()
    record.save(station, update, "http://a/b", b"key", b"SG")
    update["phase"] = record.OVER
    record.save(station, update)
    assert record.texts(station) == ("http://a/b", b"key", b"SG")


def test_dates_beyond_what_fits_are_the_last_that_do():
    station = Station()
    update = sample()
    update["retrieve_s"], update["install_s"] = 1 << 40, -(1 << 40)
    record.save(station, update, "a")
    found = record.load(station)
    assert (found["retrieve_s"], found["install_s"]) == (0x7FFFFFFF, -0x7FFFFFFF)


def test_what_is_not_whole_is_no_update():
    station = Station()
    slots = station.store.slots
    assert record.load(station) is None and station.lines == []
    for data in (
        [VERSION_1[:length] for length in range(1, len(VERSION_1))]
        + [VERSION_1 + b"\0", b"\2" + VERSION_1[1:]]
        + [VERSION_1[:1] + bytes((phase,)) + VERSION_1[2:] for phase in (0, 9, 255)]
        + [VERSION_1[:2] + b"\x0d" + VERSION_1[3:]]
    ):
        slots.contents[record.SLOT] = data
        station.lines = []
        assert record.load(station) is None, data
        assert len(station.lines) == 1
