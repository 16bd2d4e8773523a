"""From OCPP 1.6 to 2.0.1 in the field and back: nothing that the station keeps is lost."""

import base64
import csv
from pathlib import Path

import pytest

from tests.support import kept
from tests.support.field import KEY, OLD, V16, V201, Field, on_new, on_old

BOTH = (V201, V16)
PASSWORD = "a-new-password-of-2.0.1"
TOOLS = Path(__file__).resolve().parent.parent.parent / "tools"


@pytest.fixture
def field():
    fields = []

    def make(**options):
        fields.append(Field(connectors=("sType2",), **options))
        fields[-1].run(5)
        assert (fields[-1].host, fields[-1].spoken) == ("old.example", V16)
        return fields[-1]

    yield make
    for made in fields:
        made.close()


def password(station):
    """Of the latest handshake."""
    return base64.b64decode(station.hellos[-1][2][b"Authorization"].split(b" ")[1]).split(b":")[1]


def values_16(station):
    names = [row[0] for row in kept.keys()] + [row[0] for row in kept.shown()]
    return {name: station.key(name) for name in names}


def test_the_table_has_every_key():
    with (TOOLS / "keys16.csv").open(newline="") as rows:
        access = {row["key"]: row["access"] for row in csv.DictReader(rows)}
    written = [row[0] for row in kept.keys()]
    found = written + [row[0] for row in kept.shown()] + [kept.SECRET]
    assert sorted(found) == sorted(access)
    assert {name for name in access if access[name] == "R"} < {row[0] for row in kept.shown()}


def test_every_value_is_there_before_and_after_and_back(field):
    station = field()
    assert station.change(kept.SECRET, KEY) == "Accepted"
    station.run(5)
    for name, value, _ in kept.keys():
        if not name.startswith("Network"):
            before = station.key(name)
            assert station.change(name, value) == "Accepted", name
            assert station.key(name) == value != before, name
    before = values_16(station)

    station.cut(built=BOTH)  # the new image boots
    station.run(5)
    assert on_old(station) and values_16(station) == before
    for name, value, _ in kept.keys():
        if name.startswith("NetworkProfile"):
            assert station.change(name, value) == "RebootRequired"
    station.go()
    assert on_new(station) and password(station) == bytes.fromhex(KEY)
    for _, _, variables in kept.keys():
        for address, text in variables:
            assert station.variable(address) == text, address
    for name, address in kept.shown():
        if address:
            assert station.variable(address) == before[name], name
    assert station.variable("OCPPCommCtrlr.ActiveNetworkProfile") == "1"
    assert station.variable("SecurityCtrlr.BasicAuthPassword") == "Rejected"

    assert station.profile(2, "OCPP16", OLD) == {"status": "Accepted"}
    assert station.set("OCPPCommCtrlr.NetworkConfigurationPriority", "2") == "RebootRequired"
    station.ask("Reset", {"type": "Immediate"})
    station.run(15)
    assert on_old(station) and password(station) == bytes.fromhex(KEY)
    after = values_16(station)
    assert after.pop("NetworkProfile2") == "OCPP16 1 " + OLD
    assert after.pop("NetworkConfigurationPriority") == "2"
    expected = dict(before, **{name: value for name, value, _ in kept.keys()})
    assert after == {name: expected[name] for name in after}


@pytest.mark.parametrize("row", kept.OTHERS, ids=[row[0] for row in kept.OTHERS])
def test_what_is_no_key_is_kept_too(field, row):
    _, make, read_16, read_201, text = row
    station = field()
    station.change(kept.SECRET, KEY)
    station.run(5)
    make(station)
    assert read_16(station) == text
    station.cut(built=BOTH)
    station.run(5)
    assert read_16(station) == text
    station.go()
    assert on_new(station) and read_201(station) == text
    station.set("OCPPCommCtrlr.NetworkConfigurationPriority", "0")
    station.ask("Reset", {"type": "Immediate"})
    station.run(15)
    assert on_old(station) and read_16(station) == text


def test_a_key_of_16_is_the_credential_until_a_password_is_set_and_the_other_way(field):
    station = field()
    station.change(kept.SECRET, KEY)
    station.run(5)
    station.cut(built=BOTH)
    station.run(5)
    station.go()
    assert on_new(station) and password(station) == bytes.fromhex(KEY)
    assert station.set("SecurityCtrlr.BasicAuthPassword", PASSWORD) == "Accepted"
    station.run(5)
    assert on_new(station) and password(station) == PASSWORD.encode()
    station.set("OCPPCommCtrlr.NetworkConfigurationPriority", "0")
    station.ask("Reset", {"type": "Immediate"})
    station.run(15)
    assert on_old(station) and password(station) == PASSWORD.encode()
    station.change(kept.SECRET, KEY)
    station.run(5)
    assert on_old(station) and password(station) == bytes.fromhex(KEY)


def test_a_factory_profile_offers_what_the_board_was_told_and_the_image_has(field):
    station = field()
    station.offered = BOTH  # from here on, as a station.json with both says
    station.network.servers["old.example"] = (b"ocpp2.0.1", b"ocpp1.6")
    station.cut()
    station.run(5)
    assert station.spoken == V16
    station.cut(built=BOTH)
    station.run(5)
    assert (station.host, station.spoken) == ("old.example", V201)
