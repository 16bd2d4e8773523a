"""The order rules, each broken once; `rules_of` gives the names of the rules that complained."""

import pytest

from host_sim.csms_records import Station
from host_sim.csms_rules import StationRules
from tests.host_sim.csms_client import TIME, event, samples

BOOT = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}}
START = {"connectorId": 1, "idTag": "04AA", "meterStart": 100, "timestamp": TIME.format(0)}


class Rules(StationRules):
    def __init__(self, dialect="2.0.1", status: str | None = "Accepted"):
        super().__init__(Station("CP-1"))
        self.connected(dialect)
        self.station.boot_status = status
        self.count = 0

    def told(self, action, payload, message_id=None):
        """Names of the rules that this CALL breaks."""
        self.count += 1
        problems = self.call(message_id or f"m{self.count}", action, payload)
        return [rule for rule, _ in problems]

    def event(self, *args, **more):
        return self.told("TransactionEvent", event(*args, **more))

    def meter(self, second, wh, transaction_id=1, connector_id=1):
        entry = samples(second, wh, as_text=True)
        payload = {"connectorId": connector_id, "meterValue": [entry]}
        return self.told("MeterValues", {**payload, "transactionId": transaction_id})

    def stop(self, wh, transaction_id=1, second=9, **more):
        payload = {"transactionId": transaction_id, "meterStop": wh, **more}
        return self.told("StopTransaction", {**payload, "timestamp": TIME.format(second)})


def test_B01_FR_08_nothing_but_boot_before_accepted():
    for status in (None, "Pending", "Rejected"):
        rules = Rules(status=status)
        assert rules.told("Heartbeat", {}) == ["boot"]
        assert rules.told("BootNotification", BOOT) == []


def test_B02_while_pending_what_was_asked_for_may_be_sent():
    rules = Rules(status="Pending")
    rules.asking("GetBaseReport", {"requestId": 1})
    report = {"requestId": 1, "generatedAt": TIME.format(0), "seqNo": 0}
    assert rules.told("NotifyReport", report) == []
    asked = {"requestedMessage": "Heartbeat"}
    rules.asked("TriggerMessage", asked, {"status": "Rejected"})
    assert rules.told("Heartbeat", {}) == ["boot"]
    rules.asked("TriggerMessage", asked, {"status": "Accepted"})
    assert rules.told("Heartbeat", {}) == []


def test_a_second_boot_on_an_accepted_connection_needs_a_trigger():
    rules = Rules(status=None)
    rules.told("BootNotification", BOOT)
    rules.station.boot_status = "Accepted"
    assert rules.told("BootNotification", BOOT) == ["boot"]
    rules.asked("TriggerMessage", {"requestedMessage": "BootNotification"}, {"status": "Accepted"})
    assert rules.told("BootNotification", BOOT) == []
    rules.connected("2.0.1")
    assert rules.told("BootNotification", BOOT) == []


def test_message_ids_are_unique_but_for_an_equal_retry():
    rules = Rules()
    first = event("Started", 0, 100)
    assert rules.told("TransactionEvent", first, "x") == []
    assert rules.is_retry("x", "TransactionEvent", {**first, "offline": True})
    assert not rules.is_retry("x", "TransactionEvent", {**first, "seqNo": 5})
    assert rules.told("Heartbeat", {}, "x") == ["message_id"]


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-01T10:00:00+02:00",
        "2026-05-01T10:00:00.1234Z",
        "1970-01-01T00:00:00Z",
        "2000-01-01T00:00:00Z",
    ],
)
def test_timestamps_are_utc_with_z_of_a_set_clock(text):
    status = {"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": text}
    assert Rules().told("StatusNotification", status) == ["timestamp"]


@pytest.mark.parametrize("empty", [None, [], {}])
def test_empty_fields_are_left_out(empty):
    rules = Rules()
    assert rules.told("FirmwareStatusNotification", {"status": "Idle", "x": empty}) == ["empty"]
    assert rules.told("DataTransfer", {"vendorId": "v", "data": empty}) == []


def test_connectors_are_numbered_from_1():
    rules = Rules()
    status = {"connectorStatus": "Available", "timestamp": TIME.format(0)}
    assert rules.told("StatusNotification", {**status, "evseId": 0, "connectorId": 0}) == [
        "connector"
    ]
    old = {"connectorId": 0, "status": "Available", "errorCode": "NoError"}
    assert Rules("1.6").told("StatusNotification", old) == []
    assert Rules("1.6").told("StartTransaction", {**START, "connectorId": 0}) == ["connector"]


def test_parts_of_a_report_come_in_order_and_were_asked_for():
    part = {"requestId": 1, "generatedAt": TIME.format(0), "tbc": True}
    assert Rules().told("NotifyReport", {**part, "seqNo": 0}) == ["report"]
    rules = Rules()
    rules.asking("GetReport", {"requestId": 1})
    assert rules.told("NotifyReport", {**part, "seqNo": 0}) == []
    assert rules.told("NotifyReport", {**part, "seqNo": 2}) == ["report"]
    assert rules.told("NotifyReport", {**part, "seqNo": 2, "tbc": False}) == []
    assert rules.told("NotifyReport", {**part, "seqNo": 3}) == ["report"]
    assert rules.station.finished_reports == {1}


def test_E01_started_comes_first_and_once():
    assert Rules().event("Updated", 0, 100) == ["transaction"]
    rules = Rules()
    assert rules.event("Started", 0, 100) == []
    assert rules.event("Started", 1, 100) == ["transaction"]


def test_ended_comes_last_and_a_repeated_event_is_none():
    rules = Rules()
    rules.event("Started", 0, 100)
    assert rules.event("Ended", 1, 200) == []
    assert rules.event("Ended", 1, 200) == []  # the same facts in a new message
    assert rules.event("Updated", 2, 200) == ["transaction"]


def test_seq_no_counts_from_0_without_a_gap():
    assert Rules().event("Started", 1, 100) == ["seq_no"]
    rules = Rules()
    rules.event("Started", 0, 100)
    assert rules.event("Updated", 2, 100) == ["seq_no"]
    assert rules.event("Updated", 3, 100) == []
    assert rules.event("Updated", 3, 101) == ["seq_no"]


def test_energy_never_falls_in_2_0_1():
    rules = Rules()
    rules.event("Started", 0, 100)
    assert rules.event("Updated", 1, 99) == ["energy"]
    assert rules.event("Updated", 2, 100) == []
    # Ended may tell the whole story again, but ends no lower than what was told.
    story = [samples(0, 100), samples(1, 100), samples(3, 130)]
    assert rules.event("Ended", 3, meterValue=story) == []
    assert rules.station.sessions[0].stop_wh == 130
    rules = Rules()
    rules.event("Started", 0, 100)
    rules.event("Updated", 1, 150)
    assert rules.event("Ended", 2, 140) == ["energy"]


def test_the_last_event_may_tell_the_begin_of_what_was_started_at_another_csms():
    rules = Rules()
    assert rules.event("Updated", 3, 182) == ["transaction"]
    assert rules.event("Ended", 4, meterValue=[samples(0, 100), samples(3, 190)]) == []
    (session,) = rules.station.sessions
    assert (session.start_wh, session.stop_wh) == (100, 190)


def test_E01_FR_16_the_evse_is_told_once_and_serves_one_transaction():
    rules = Rules()
    rules.event("Started", 0, 100, evse={"id": 1})
    assert rules.event("Updated", 1, 100, evse={"id": 1}) == ["once"]
    other = {"transactionInfo": {"transactionId": "t-2"}, "evse": {"id": 1}}
    assert rules.event("Started", 0, 100, **other) == ["transaction"]
    other = {"transactionInfo": {"transactionId": "t-3"}, "evse": {"id": 2}}
    assert rules.event("Started", 0, 100, **other) == []


def test_H01_FR_15_the_reservation_is_told_once():
    rules = Rules()
    assert rules.event("Started", 0, 100, reservationId=3) == []
    assert rules.event("Updated", 1, 100, reservationId=3) == ["once"]


def test_1_6_knows_its_transactions():
    rules = Rules("1.6")
    assert rules.told("StartTransaction", START) == []
    assert rules.told("StartTransaction", START) == []  # the same again: a retry
    assert rules.told("StartTransaction", {**START, "meterStart": 101}) == ["transaction"]
    assert rules.meter(1, 110, transaction_id=-1) == ["transaction"]
    assert rules.meter(1, 110, connector_id=2) == ["transaction"]
    assert rules.stop(120, transaction_id=9) == ["transaction"]
    assert rules.stop(120) == []
    assert rules.stop(120) == []
    assert rules.stop(125) == ["transaction"]
    assert rules.meter(9, 130) == ["transaction"]


def test_1_6_meter_values_outside_a_transaction_are_free():
    entry = samples(1, 5, as_text=True)
    assert Rules("1.6").told("MeterValues", {"connectorId": 0, "meterValue": [entry]}) == []


def test_energy_never_falls_in_1_6():
    rules = Rules("1.6")
    rules.told("StartTransaction", START)
    assert rules.meter(1, 99) == ["energy"]
    assert rules.meter(2, 120) == []
    assert rules.stop(119) == ["energy"]


def test_a_transaction_begun_in_1_6_may_end_in_2_0_1():
    rules = Rules("1.6")
    rules.told("StartTransaction", START)
    rules.connected("2.0.1")
    info = {"transactionId": "1", "stoppedReason": "Local"}
    assert rules.event("Ended", 4, 150, transactionInfo=info, evse={"id": 1}, offline=True) == []
    (session,) = rules.station.sessions
    assert (session.start_wh, session.stop_wh) == (100, 150)
