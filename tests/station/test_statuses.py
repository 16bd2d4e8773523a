"""When the status of a connector is told; which one it is, is tested with the profiles."""

from tests.support.pair import Pair

DIALECTS = ("ocpp1.6", "ocpp2.0.1")


def online(dialect, duration_s):
    pair = Pair(dialect, {"ChargingStation.MinimumStatusDuration": duration_s})
    pair.connect()
    pair.run(1)
    return pair


def test_after_the_boot_each_status_is_told_at_once_whatever_the_duration():
    for dialect in DIALECTS:
        assert online(dialect, 10).statuses(1) == ["Available"]


def test_a_change_is_told_at_once_without_a_minimum_duration():
    for dialect, status in zip(DIALECTS, ("Preparing", "Occupied")):  # noqa: B905
        pair = online(dialect, 0)
        pair.plug(1)
        assert pair.statuses(1)[-1] == status


def test_a_change_is_told_when_it_has_lasted_for_the_minimum_duration():
    for dialect, status in zip(DIALECTS, ("Preparing", "Occupied")):  # noqa: B905
        pair = online(dialect, 10)
        pair.plug(1)
        pair.run(9)
        assert pair.statuses(1) == ["Available"]
        pair.run(2)
        assert pair.statuses(1) == ["Available", status]


def test_what_has_passed_before_is_never_told():
    for dialect in DIALECTS:
        pair = online(dialect, 10)
        pair.plug(1)
        pair.run(5)
        pair.unplug(1)
        pair.run(60)
        assert pair.statuses(1) == ["Available"]


def test_a_trigger_tells_the_status_of_the_moment():
    pair = online("ocpp2.0.1", 10)
    pair.plug(1)
    evse = {"id": 1, "connectorId": 1}
    pair.call("TriggerMessage", {"requestedMessage": "StatusNotification", "evse": evse})
    assert pair.statuses(1)[-1] == "Occupied"


def test_a_status_that_nobody_answered_is_told_again():
    for dialect in DIALECTS:
        pair = online(dialect, 0)
        pair.csms.answers["StatusNotification"] = None
        pair.plug(1)
        pair.run(29)
        assert len(pair.statuses(1)) == 2
        pair.csms.answers = {}
        pair.run(2)
        assert pair.statuses(1)[1:] == pair.statuses(1)[1:2] * 2
        pair.run(600)
        assert len(pair.statuses(1)) == 3


def test_a_status_that_got_lost_with_a_dead_link_is_told_on_the_next():
    for dialect in DIALECTS:
        pair = online(dialect, 0)
        pair.csms.slow = True
        pair.plug(1)
        pair.run(65)
        assert pair.drops == 1
        pair.csms.slow = False
        told = len(pair.statuses(1))
        pair.connect()
        pair.run(600)
        assert len(pair.statuses(1)) == told + 1


def test_a_server_that_never_answers_them_is_not_told_for_ever():
    for dialect in DIALECTS:
        pair = Pair(dialect, answers={"StatusNotification": None})
        for _ in range(10):
            if not pair.connected:
                pair.connect()
            pair.run(100)
        assert pair.connected and pair.drops <= 4
        assert len(pair.statuses(1)) <= 5
        told = len(pair.sent("StatusNotification"))
        pair.run(3600)
        assert len(pair.sent("StatusNotification")) == told
