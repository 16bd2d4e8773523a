"""What one transaction tells, and keeps."""

import json

from chargepoint.station.transaction import Transaction
from tests.support.fake_station import FakeStation


def test_energy_and_the_limit():
    transaction = Transaction("t")
    transaction.start_wh = transaction.register_wh = 1000
    assert transaction.energy_wh == 0 and not transaction.blocked
    transaction.limit_wh = 100
    assert not transaction.blocked
    transaction.register_wh = 1100
    assert transaction.energy_wh == 100 and transaction.blocked
    transaction.limit_wh = None
    assert not transaction.blocked
    transaction.final = ("StopAuthorized", None)
    assert transaction.blocked


def test_time_of_charging_is_added_up_without_the_pauses():
    station = FakeStation()
    station.plug()
    station.token("04AA")
    for pilot, now in (("B", 60000), ("C", 100000), ("B", 130000)):
        station.now = now
        station.pilot(pilot)
    station.now = 200000
    station.token("04AA")
    assert station.records()[-1].time_spent_charging_s == 90


def test_a_transaction_that_never_charged_tells_no_time():
    station = FakeStation({"TxCtrlr.TxStartPoint": "EVConnected"})
    station.plug(pilot="B")
    station.unplug()
    assert station.records()[-1].time_spent_charging_s is None


def test_E02_FR_18_phases_are_told_when_they_change():
    station = FakeStation({"SampledDataCtrlr.TxUpdatedInterval": "10"})
    station.meter(0)
    station.plug()
    station.token("04AA")
    phases = []
    for currents in ((0, 0, 0), (16000, 0, 0), (16000, 0, 0), (16000, 16000, 16000), (0, 0, 0)):
        before = len(station.log)
        station.meter(10, current_ma=currents)
        station.run(10)
        phases.append(station.records(before)[0].phases_used)
    assert phases == [0, 1, 0, 3, 0]


def test_the_slot_knows_at_once_what_an_answer_says_of_the_token():
    station = FakeStation(
        {"TxCtrlr.StopTxOnInvalidId": "false", "TxCtrlr.MaxEnergyOnInvalidId": "9"}
    )
    station.plug()
    station.token("04AA")
    group = {"status": "Accepted", "groupIdToken": {"idToken": "G", "type": "Central"}}
    record = station.records()[0]
    station.transactions.on_answer(record, {"idTokenInfo": group}, station.now)
    saved = json.loads(station.store.slots.load("tx1"))
    assert (saved[15], saved[17][:3]) == (None, ["04AA", "ISO14443", "G"])
    station.idle("Invalid")
    assert json.loads(station.store.slots.load("tx1"))[15] == 9
    told = len(station.records())
    station.idle("Accepted")
    assert len(station.records()) == told


def test_the_slot_says_how_far_it_has_come():
    station = FakeStation({"TxCtrlr.TxStartPoint": "EVConnected"})
    station.meter(500)
    station.plug(pilot="B")
    record = station.records()[0]
    start = [record.epoch_s, 0, 1, record.epoch_s]
    saved = json.loads(station.store.slots.load("tx1"))
    assert saved == [2, record.transaction_id, 1, 500, 500, 500, 1, 24, 1] + start + [
        -1,
        0,
        None,
        None,
        None,
    ]
    station.meter(600)
    station.now = 5000
    station.token("04AA")
    station.meter(700, current_ma=(16000, 16000, 0))
    station.now = 9000
    station.pilot("C")
    station.now = 12500
    station.evses[0].transaction.save(station, station.evses[0])
    saved = json.loads(station.store.slots.load("tx1"))
    later = [record.epoch_s + 12, 12500, 1, record.epoch_s]
    token = ["04AA", "ISO14443", "", None, None]
    assert saved == [2, record.transaction_id, 3, 700, 700, 500, 1, 31, 15] + later + [
        3500,
        2,
        None,
        None,
        token,
    ]
