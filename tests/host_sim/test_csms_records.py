"""Meter values of both dialects become the same samples."""

from host_sim.csms_records import Sample, Station, Transaction, read_samples


def _energy(*values):
    (sample,) = read_samples([{"timestamp": "t", "sampledValue": list(values)}], "Updated")
    return sample.energy_wh


def test_energy_is_the_register_of_all_phases_in_wh():
    assert _energy({"value": "150"}) == 150
    assert _energy({"value": "1.5", "unit": "kWh"}) == 1500
    assert _energy({"value": 15, "unitOfMeasure": {"unit": "kWh", "multiplier": -1}}) == 1500
    assert _energy({"value": 15, "unitOfMeasure": {"multiplier": 2}}) == 1500
    assert _energy({"value": 1, "phase": "L1"}, {"value": 7}, {"value": 2, "phase": "L2"}) == 7
    assert _energy({"value": 7, "measurand": "Power.Active.Import"}) is None
    assert _energy({"value": 7, "location": "EV"}) is None
    assert _energy({"value": "00ff", "format": "SignedData"}) is None


def test_periodic_samples_leave_out_begin_end_and_what_the_last_message_repeats():
    record = Transaction("CP-1", "1.6", 1)
    kinds = [
        ("Transaction.Begin", "Started"),
        ("Sample.Periodic", "MeterValues"),
        ("Sample.Clock", "MeterValues"),
        ("Sample.Periodic", "StopTransaction"),
        ("Transaction.End", "StopTransaction"),
    ]
    record.samples = [Sample("t", context, 1, (), source) for context, source in kinds]
    assert [s.context for s in record.periodic_samples] == ["Sample.Periodic", "Sample.Clock"]


def test_energy_of_a_transaction_needs_both_ends():
    record = Transaction("CP-1", "1.6", 1, start_wh=100)
    assert record.energy_wh is None
    record.stop_wh = 150
    assert record.energy_wh == 50


def test_a_station_finds_its_messages_and_finished_sessions():
    station = Station("CP-1", calls=[("Heartbeat", {}), ("Authorize", {"idTag": "1"})])
    assert station.payloads("Authorize") == [{"idTag": "1"}]
    over, running = Transaction("CP-1", "1.6", 1, ended="t"), Transaction("CP-1", "1.6", 2)
    station.transactions = {1: over, 2: running}
    assert station.sessions == [over]
