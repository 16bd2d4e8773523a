"""The manufacturer's roots: in the slot, or those that the station left the factory with."""

from chargepoint.crypto import pem
from chargepoint.station import manufacturer_roots as roots
from tests.support.models import Slots
from tests.support.updating import LEAF, ROOT


class Station:
    def __init__(self, text=None):
        class Store:
            slots = Slots()

        self.store = Store()
        self.store.slots = Slots()
        self.factory_roots = None if text is None else lambda: text
        self.lines = []

    def log(self, text):
        self.lines.append(text)


def test_none():
    for station in Station(), Station(""):
        assert roots.load(station) == [] and station.lines == []


def test_those_of_the_factory():
    text = pem.encode(ROOT, "CERTIFICATE")
    assert roots.load(Station(text)) == [ROOT]
    assert roots.load(Station(text + pem.encode(LEAF, "CERTIFICATE"))) == [ROOT, LEAF]


def test_the_slot_counts_once_it_is_there_also_if_it_is_empty():
    station = Station(pem.encode(ROOT, "CERTIFICATE"))
    roots.save(station, [LEAF, ROOT])
    assert roots.load(station) == [LEAF, ROOT]
    roots.save(station, [])
    assert roots.load(station) == []
    assert station.lines == []


def test_what_can_not_be_read_is_none_and_is_said():
    text = pem.encode(ROOT, "CERTIFICATE")
    for broken in text[:-30], "no PEM", text * 5:
        station = Station(broken)
        assert roots.load(station) == [] and len(station.lines) == 1
    station = Station(text)
    roots.save(station, [ROOT])
    whole = station.store.slots.contents[roots.SLOT]
    for data in b"", b"\2" + whole[1:], whole[:-1], whole + b"\0", whole + b"\0\0", whole[:2]:
        station.store.slots.contents[roots.SLOT] = data
        station.lines = []
        assert roots.load(station) == [], data
        assert len(station.lines) == 1


def test_a_file_that_is_gone_is_said():
    def gone():
        raise OSError(2)

    station = Station()
    station.factory_roots = gone
    assert roots.load(station) == [] and len(station.lines) == 1
