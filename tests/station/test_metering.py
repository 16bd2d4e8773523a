"""What is measured, when, and what it becomes."""

from chargepoint.station.samples import MEASURANDS
from chargepoint.station.transaction import Transaction
from tests.support.fake_station import FakeStation, Things
from tests.support.whole import samples_of

ENERGY = "Energy.Active.Import.Register"
SAMPLED = "SampledDataCtrlr."
ALIGNED = "AlignedDataCtrlr."


def mask_of(*names):
    return sum([1 << MEASURANDS.split().index(name) for name in names])


def metered(**variables):
    """A station whose names of variables have `_` for `Ctrlr.`: Sampled_..., Aligned_..."""
    given = {SAMPLED + "TxUpdatedInterval": "0"}
    for name in variables:
        prefix = SAMPLED if name.startswith("Sampled_") else ALIGNED
        given[prefix + name[8:]] = str(variables[name])
    station = FakeStation(given)
    station.meter(1000)
    return station


def start(station):
    station.plug()
    station.token("04AA")
    return station


def contexts(record):
    return [(sample.context, sample.reading.energy_wh) for sample in samples_of(record.samples)]


def periodic(station):
    return [
        (record.tick_ms, samples_of(record.samples)[0].reading.energy_wh)
        for record in station.records()
        if record.trigger_reason == "MeterValuePeriodic"
    ]


# ---- begin and end


def test_E01_FR_09_E06_FR_11_begin_and_end():
    station = start(metered())
    station.now = 1000
    station.meter(1500)
    station.token("04AA")
    records = station.records()
    assert contexts(records[0]) == [("Transaction.Begin", 1000)]
    assert contexts(records[1]) == []
    assert contexts(records[2]) == [("Transaction.Begin", 1000), ("Transaction.End", 1500)]
    assert samples_of(records[2].samples)[1].epoch_s == station.epoch_s + 1
    assert [record.meter_wh for record in records] == [1000, 1000, 1500]


def test_measurands_are_chosen_by_event():
    station = start(
        metered(Sampled_TxStartedMeasurands="SoC,Voltage", Sampled_TxEndedMeasurands="")
    )
    station.token("04AA")
    assert samples_of(station.records()[0].samples)[0].mask == mask_of("SoC", "Voltage")
    assert station.records()[-1].samples == b""


def test_sampled_data_can_be_switched_off():
    station = start(metered(Sampled_Enabled="false", Sampled_TxUpdatedInterval=10))
    station.run(60)
    station.token("04AA")
    assert [record.samples for record in station.records()] == [b"", b"", b""]


def test_an_evse_without_meter_tells_none():
    station = start(FakeStation())
    station.run(100)
    station.token("04AA")
    assert [record.samples for record in station.records()] == [b"", b"", b""]


# ---- sampled


def test_J02_FR_11_samples_count_from_the_start():
    station = metered(Sampled_TxUpdatedInterval=60)
    station.run(17)
    start(station)
    station.run(200)
    assert [tick for tick, _ in periodic(station)] == [77000, 137000, 197000]
    record = [r for r in station.records() if r.samples][-1]
    assert samples_of(record.samples)[0].mask == mask_of(
        ENERGY, "Power.Active.Import", "Current.Import", "Voltage"
    )
    assert samples_of(record.samples)[0].context == "Sample.Periodic"


def test_samples_never_drift_and_never_catch_up():
    station = start(metered(Sampled_TxUpdatedInterval=60))
    station.now = 61500  # late
    station.run(0)
    station.now = 400000  # a jump over five moments
    station.run(0)
    station.run(30)
    assert [tick for tick, _ in periodic(station)] == [61500, 400000, 420000]


def test_the_interval_may_change_while_it_runs():
    station = start(metered(Sampled_TxUpdatedInterval=60))
    station.run(60)
    station.model.set(SAMPLED + "TxUpdatedInterval", 10)
    station.run(20)
    station.model.set(SAMPLED + "TxUpdatedInterval", 0)
    station.run(100)
    assert [tick for tick, _ in periodic(station)] == [60000, 70000, 80000]


def test_samples_end_with_the_transaction():
    station = start(metered(Sampled_TxUpdatedInterval=10))
    station.obey = False
    station.token("04AA")
    station.run(1)
    station.contactor(False)
    station.run(100)
    assert periodic(station) == []


def test_tx_ended_samples_are_kept_for_the_end():
    station = start(metered(Sampled_TxEndedInterval=60))
    for n in range(3):
        station.run(60)
        station.meter(1010 + n * 10)
    station.token("04AA")
    assert len(station.records()) == 3
    assert contexts(station.records()[-1]) == [
        ("Transaction.Begin", 1000),
        ("Sample.Periodic", 1000),
        ("Sample.Periodic", 1010),
        ("Sample.Periodic", 1020),
        ("Transaction.End", 1030),
    ]


def test_E12_FR_09_when_they_become_too_many_every_second_goes():
    station = start(metered(Sampled_TxEndedInterval=60))
    for n in range(500):
        station.meter(1000 + n)
        station.run(60)
    station.meter(2000)
    station.token("04AA")
    samples = samples_of(station.records()[-1].samples)
    assert 24 <= len(samples) <= 49
    assert samples[0].context == "Transaction.Begin" and samples[0].reading.energy_wh == 1000
    assert samples[-1].context == "Transaction.End" and samples[-1].reading.energy_wh == 2000
    gaps = [samples[n + 1].epoch_s - samples[n].epoch_s for n in range(1, len(samples) - 2)]
    assert min(gaps) == max(gaps)  # evenly thinned
    assert samples[-2].epoch_s >= samples[-1].epoch_s - 2 * gaps[0]  # up to the end


# ---- clock-aligned


def test_J01_FR_14_aligned_values_of_an_idle_evse():
    station = metered(Aligned_Interval=900)
    station.now = 100000
    station.run(2000)
    events = station.events()
    assert [(kind, data["evseId"]) for kind, data in events] == [("MeterValues", 1)] * 2
    samples = [samples_of(data["meterValue"])[0] for _, data in events]
    assert [sample.epoch_s - station.epoch_s for sample in samples] == [900, 1800]
    assert [sample.context for sample in samples] == ["Sample.Clock"] * 2
    assert samples[0].mask == mask_of(ENERGY)


def test_J01_FR_22_aligned_values_in_a_transaction_are_its_events():
    station = start(metered(Aligned_Interval=900))
    station.run(900)
    assert [kind for kind, _ in station.events()] == ["Authorize"]
    record = station.records()[-1]
    assert (record.event_type, record.trigger_reason) == ("Updated", "MeterValueClock")
    assert samples_of(record.samples)[0].context == "Sample.Clock"


def test_J01_FR_20_send_during_idle_stops_all_while_one_charges():
    station = FakeStation({ALIGNED + "Interval": 900, ALIGNED + "SendDuringIdle": "true"}, evses=2)
    station.meter(1, 1)
    station.meter(2, 2)
    station.plug(1)
    station.token("04AA", 1)
    before = len(station.log)
    station.run(890)
    station.token("04AA", 1)
    station.run(890)
    station.token("04AA", 1)
    station.run(60)
    assert [e for e in station.events(before) if e[0] == "MeterValues"] != []
    station.log = []
    station._done = 0
    station.run(900)
    assert station.events() == []


def test_aligned_moments_begin_anew_at_midnight():
    station = metered(Aligned_Interval=25000)
    station.run(86400 + 25000)
    times = [
        samples_of(data["meterValue"])[0].epoch_s - station.epoch_s for _, data in station.events()
    ]
    assert times == [25000, 50000, 75000, 86400, 111400]


def test_without_wall_time_there_is_no_alignment():
    station = metered(Aligned_Interval=900)
    epoch_s, station.epoch_s = station.epoch_s, None
    station.run(5000)
    assert station.events() == []
    station.epoch_s = epoch_s
    station.metering.clock_changed(station.now)
    station.run(500)
    assert [samples_of(d["meterValue"])[0].epoch_s - epoch_s for _, d in station.events()] == [
        5400
    ]


def test_a_clock_that_jumps_tells_the_next_moment_only():
    station = metered(Aligned_Interval=900)
    station.run(10)
    station.epoch_s += 10000
    station.metering.clock_changed(station.now)
    station.run(1000)
    times = [samples_of(d["meterValue"])[0].epoch_s % 86400 for _, d in station.events()]
    assert times == [10800]


def test_aligned_samples_for_the_end():
    station = start(metered(Aligned_TxEndedInterval=600))
    station.run(1300)
    station.token("04AA")
    assert [context for context, _ in contexts(station.records()[-1])] == [
        "Transaction.Begin",
        "Sample.Clock",
        "Sample.Clock",
        "Transaction.End",
    ]


def test_aligned_data_can_be_switched_off():
    station = start(metered(Aligned_Enabled="false", Aligned_Interval=60))
    station.run(200)
    assert len(station.records()) == 2


# ---- registers


def test_J02_FR_16_energy_never_falls_when_the_meter_is_replaced():
    station = start(metered(Sampled_TxUpdatedInterval=10))
    for shown in (1200, 5, 105):
        station.run(10)
        station.meter(shown)
    station.run(10)
    station.token("04AA")
    assert [energy for _, energy in periodic(station)] == [1000, 1200, 1200, 1300]
    assert contexts(station.records()[-1])[-1] == ("Transaction.End", 1300)
    assert station.records()[-1].meter_wh == 1300
    before = len(station.log)
    station.token("04AA")
    assert station.records(before)[0].meter_wh == 105  # the next one tells what is shown


def test_readings_may_be_updated_in_place():
    station = start(metered(Sampled_TxUpdatedInterval=10))
    reading = station.evses[0].reading
    station.run(10)
    reading.energy_wh = 1700
    station.metering.on_reading(station.evses[0], reading, station.now)
    station.run(10)
    assert [energy for _, energy in periodic(station)] == [1000, 1700]


def test_a_sample_tells_what_is_offered():
    station = start(metered(Sampled_TxUpdatedInterval=10))
    station.run(10)
    assert samples_of(station.records()[-1].samples)[0].reading.offered_ma == 32000


def test_F06_trigger_tells_each_evse_or_one():
    station = FakeStation(evses=2)
    station.meter(1, 1)
    station.meter(2, 2)
    station.profile = Things(encode=lambda station, kind, data: (kind, data))
    assert station.metering.trigger(0) and station.metering.trigger(2)
    assert not station.metering.trigger(3)
    assert [data["evseId"] for _, data in station.events()] == [1, 2, 2]
    assert samples_of(station.events()[0][1]["meterValue"])[0].context == "Trigger"


def test_deadlines_are_none_where_nothing_is_due():
    station = metered()
    station.run(0)
    assert station.metering.next_deadline() is None
    station.evses[0].transaction = Transaction("t")
    assert station.metering.next_deadline() is None
