"""`make qemu`: what it takes for a whole session."""

import pytest

from host_sim.csms_records import Sample, Transaction
from tools import run_qemu


def record(evse: int, *levels: float | None) -> Transaction:
    """A session that has ended, with samples between the first level and the last."""
    samples = [Sample("", "Sample.Periodic", level, (), "Updated") for level in levels[1:-1]]
    # As 2.0.1 has it: the end repeats what was told.
    samples.append(Sample("", "Transaction.Begin", levels[0], (), "Ended"))
    start, stop = levels[0], levels[-1]
    return Transaction(
        "CP", "2.0.1", f"t{evse}", evse, start_wh=start, stop_wh=stop, samples=samples
    )


METERS = {1: (0, 250), 2: (40, 43)}


def test_a_record_that_agrees_with_the_meters():
    assert run_qemu.differences([record(2, 40, 43), record(1, 0, 60, 121, 250)], METERS) == []


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (record(1, 0, 60, 121, 249), "the CSMS has 0 to 249 Wh, the meter 0 to 250 Wh"),
        (record(1, 1, 60, 121, 250), "the CSMS has 1 to 250 Wh"),
        (record(1, 0, 60, 59, 250), "falls"),
        (record(1, 0, None, 59, 250), "missing"),
        (record(1, 0, 60, None), "missing"),
        (record(3, 0, 250), "at EVSE 3, 2"),
    ],
)
def test_a_record_that_does_not(first, said):
    found = run_qemu.differences([first, record(2, 40, 43)], METERS)
    assert found and said in found[0]


def test_a_session_that_is_not_there_or_brought_nothing():
    assert "at EVSE 2;" in run_qemu.differences([record(2, 40, 43)], METERS)[0]
    assert "at EVSE none;" in run_qemu.differences([], METERS)[0]
    assert "0 to 0 Wh" in run_qemu.differences([record(1, 0, 0)], {1: (0, 0)})[0]
