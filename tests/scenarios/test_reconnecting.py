"""The link comes and goes: how soon that is found, when it is made anew, and what is told then.

The real Link on a network in memory, see `tests.support.linked`.
"""

from contextlib import contextmanager

import pytest

from chargepoint.profiles.ocpp16 import transactions as transactions_16
from chargepoint.profiles.ocpp201 import transactions as transactions_201
from tests.support.linked import Linked

V16, V201 = "ocpp1.6", "ocpp2.0.1"
PING_S, PONG_S = 60, 15
MINIMUM_S, RANGE_S, REPEATS = 10, 20, 3
VARIABLES = {
    "OCPPCommCtrlr.WebSocketPingInterval": str(PING_S),
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": str(MINIMUM_S),
    "OCPPCommCtrlr.RetryBackOffRandomRange": str(RANGE_S),
    "OCPPCommCtrlr.RetryBackOffRepeatTimes": str(REPEATS),
    "OCPPCommCtrlr.OfflineThreshold": "300",
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    "SampledDataCtrlr.TxUpdatedInterval": "0",
}
both = pytest.mark.parametrize("dialect", [V16, V201])


@contextmanager
def linked(dialect, variables=None, **options):
    """A station that is connected and accepted."""
    pair = Linked(dialect, dict(VARIABLES, **(variables or {})), **options)
    try:
        pair.run(5)
        assert pair.connected
        yield pair
    finally:
        pair.close()


def cut(pair, seconds):
    """No network for so long, then until the link is there again."""
    pair.network.unreachable = True
    pair.network.socket.end()
    pair.run(seconds)
    assert not pair.connected
    pair.network.unreachable = False
    pair.run(8 * (MINIMUM_S + RANGE_S) + REPEATS * RANGE_S)
    assert pair.connected


@both
def test_a_half_open_connection_is_found_by_ping_also_when_there_is_nothing_to_say(dialect):
    with linked(dialect) as pair:
        for second in range(3):
            pair.run(PING_S + 7 * second)
            pair.network.socket.half_open = True
            dead_ms = pair.wall_ms
            pair.run(PING_S + PONG_S)
            found_ms = [at for at, kind in pair.events if kind == "disconnected" and at > dead_ms]
            assert len(found_ms) == 1
            pair.run(MINIMUM_S + RANGE_S)
            assert pair.connected and pair.events[-1][0] > dead_ms


@both
def test_the_waits_between_attempts_double_and_differ_from_device_to_device(dialect):
    waits = []
    for seed in 1, 2, 3:
        with linked(dialect, seed=seed) as pair:
            pair.network.unreachable = True
            pair.network.socket.end()
            pair.run(3600)
            times_ms = [at for at, kind in pair.events if kind in ("disconnected", "failed")]
            waits.append([b - a for a, b in zip(times_ms, times_ms[1:], strict=False)])
    for waits_ms in waits:
        assert MINIMUM_S * 1000 <= waits_ms[0] <= (MINIMUM_S + RANGE_S) * 1000
        for before, after in zip(waits_ms[:REPEATS], waits_ms[1 : REPEATS + 1], strict=True):
            assert 2 * before <= after <= 2 * before + RANGE_S * 1000
        assert set(waits_ms[REPEATS:]) == {waits_ms[REPEATS]} and len(waits_ms) > REPEATS + 5
    assert waits[0][0] != waits[1][0] != waits[2][0] != waits[0][0]


@both
def test_after_a_connection_the_first_wait_is_short_again(dialect):
    with linked(dialect) as pair:
        cut(pair, 1000)
        lost_ms = pair.wall_ms
        pair.network.socket.end()
        pair.run(MINIMUM_S + RANGE_S)
        assert pair.connected
        connected_ms = pair.events[-1][0]
        assert MINIMUM_S * 1000 <= connected_ms - lost_ms <= (MINIMUM_S + RANGE_S) * 1000


@both
def test_a_reconnected_station_does_not_boot_again(dialect):
    with linked(dialect) as pair:
        for seconds in 5, 400, 90000:
            cut(pair, seconds)
        assert pair.actions().count("BootNotification") == 1


@both
def test_OfflineThreshold_decides_which_statuses_are_told(dialect):
    """B04.FR.01 and FR.02; the station as a whole has one too in OCPP 1.6."""
    for seconds, changed, of_first, of_second in (
        (100, False, 0, 0),
        (100, True, 1, 0),
        (1000, False, 1, 1),
        (1000, True, 1, 1),
    ):
        with linked(dialect) as pair:
            pair.forget()
            pair.network.unreachable = True
            pair.network.socket.end()
            pair.run(5)
            if changed:
                pair.plug(1)
            cut(pair, seconds)
            assert (len(pair.statuses(1)), len(pair.statuses(2))) == (of_first, of_second)


@both
def test_what_changed_and_changed_back_is_no_news(dialect):
    with linked(dialect) as pair:
        pair.forget()
        pair.network.unreachable = True
        pair.network.socket.end()
        pair.run(5)
        pair.plug(1)
        pair.run(20)
        pair.unplug(1)
        cut(pair, 20)
        assert pair.sent("StatusNotification") == []


@both
def test_the_server_may_close_the_connection_at_any_moment(dialect):
    with linked(dialect) as pair:
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(5)
        for _ in range(5):
            pair.network.socket.send(8, b"\x03\xe9")  # 1001: it restarts
            pair.run(MINIMUM_S + RANGE_S)
            assert pair.connected
            pair.run(PING_S)  # its pong shows that it serves again
        pair.unplug(1)
        pair.run(10)
        assert pair.station.outbox.counts() == [0, 0] and pair.statuses(1)[-1] == "Available"


@both
def test_a_message_that_breaks_off_costs_a_connection_and_no_transaction(dialect, monkeypatch):
    """E13: it has its attempts, then it is given up; the station does not restart."""
    module = transactions_16 if dialect == V16 else transactions_201
    with_list = module.with_list
    broken = []

    def breaking(items):
        for n, value in enumerate(items):
            if n == 2:
                broken.append(1)
                raise MemoryError
            yield value

    monkeypatch.setattr(
        module,
        "with_list",
        lambda payload, key, items, count: with_list(payload, key, breaking(items), count),
    )
    variables = {
        "SampledDataCtrlr.TxEndedInterval": "60",
        "SampledDataCtrlr.TxEndedMeasurands": "Energy.Active.Import.Register",
    }
    with linked(dialect, variables) as pair:
        for evse_id in 2, 1:
            pair.plug(evse_id)
            pair.token("04AABBC%d" % evse_id, evse_id)
        pair.run(600)
        pair.token("04AABBC1", 1)  # its end has ten samples
        pair.run(600)
        assert len(broken) == 3 and pair.connected
        assert [line for line in pair.log if "gave up" in line]
        assert pair.station.evses[1].transaction is not None
        assert pair.station.outbox.counts() == [0, 0]
        types = [event["type"] for event in pair.sent("SecurityEventNotification")]
        assert types.count("MemoryExhaustion") == 3
