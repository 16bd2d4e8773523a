"""The order rules of OCPP that a schema can't say, checked on what one station sends.

`StationRules` is pure: it takes the station's CALLs one by one, keeps the `Station` record up to
date and gives back what was wrong as (rule, text). A message that breaks a rule is recorded all
the same, so that one mistake is told once and not again with every message after it.

Rules by name: boot (only BootNotification before Accepted, none afterwards on the same
connection unless triggered), outstanding (one CALL at a time), message_id (unique, but for an
equal retry), timestamp (UTC with Z, not before the year 2020), empty (no null, [] or {}),
transaction (Started first, Ended last, ids known, one open at an EVSE), seq_no (from 0 without a
gap), energy (a register never falls), once (evse and reservationId told once), connector
(numbers from 1 where 0 means nothing), report (parts in order, to a request that was made).
"""

from __future__ import annotations

import json
from typing import Any

from host_sim.csms_records import Sample, Station, Transaction, read_samples
from host_sim.csms_schema import empty_fields, is_utc, timestamps

Payload = dict[str, Any]
Problem = tuple[str, str]

_ACCEPTED = "Accepted"
_FIRST_YEAR = "2020"
_REPORT_REQUESTS = ("GetBaseReport", "GetReport")
_TRIGGERED_NAMES = {
    "SignChargingStationCertificate": "SignCertificate",
    "SignV2GCertificate": "SignCertificate",
    "SignCombinedCertificate": "SignCertificate",
    "SignChargePointCertificate": "SignCertificate",
}


class StationRules:
    """Follows one station over all its connections and dialects."""

    def __init__(self, station: Station, first_transaction_id: int = 1) -> None:
        self.station = station
        self.open_call: str | None = None  # "Action id" of the CALL that waits for its answer
        self._seen: dict[str, str] = {}  # message id -> its content
        self._triggered: set[str] = set()  # actions that a TriggerMessage asked for
        self._report_ids: set[int] = set()
        self._next_transaction_id = first_transaction_id
        self._booted_here = False

    def connected(self, dialect: str) -> None:
        """A new connection: its dialect counts from here, and no CALL is open on it."""
        self.station.dialect = dialect
        self.open_call = None
        self._booted_here = False

    def asked(self, action: str, payload: Payload, answer: Payload) -> None:
        """The CSMS's own CALL was answered; what it entitles the station to send."""
        if action in ("TriggerMessage", "ExtendedTriggerMessage"):
            if answer.get("status") == _ACCEPTED:
                name = str(payload["requestedMessage"])
                self._triggered.add(_TRIGGERED_NAMES.get(name, name))

    def asking(self, action: str, payload: Payload) -> None:
        """The CSMS is about to send this CALL; parts of a report may come before its answer."""
        if action in _REPORT_REQUESTS or action == "GetMonitoringReport":
            self._report_ids.add(payload["requestId"])

    def is_retry(self, message_id: str, action: str, payload: Payload) -> bool:
        """True when exactly this message was received before; `offline` may have changed."""
        return self._seen.get(message_id) == _content(action, payload)

    def call(self, message_id: str, action: str, payload: Payload) -> list[Problem]:
        """Takes one schema-valid CALL that is no retry; gives what is wrong with it."""
        problems: list[Problem] = []
        if message_id in self._seen:
            problems.append(("message_id", f"{message_id!r} was used before for another message"))
        self._seen[message_id] = _content(action, payload)
        problems += self._boot_order(action)
        for path, text in timestamps(payload):
            if not is_utc(text):
                problems.append(("timestamp", f"{action}.{path} is {text}, not UTC with Z"))
            elif text[:4] < _FIRST_YEAR:
                problems.append(("timestamp", f"{action}.{path} is {text}: an unset clock"))
        if action != "DataTransfer":
            problems += [("empty", f"{action}.{path} is empty") for path in empty_fields(payload)]
        self.station.calls.append((action, payload))
        handler = getattr(self, "_on_" + action, None)
        if handler is not None:
            problems += handler(payload)
        return problems

    def start_of(self, payload: Payload) -> Transaction | None:
        """The 1.6 transaction that this StartTransaction began, also when it is a retry."""
        for record in self.station.transactions.values():
            if record.events[0] == ("StartTransaction", payload):
                return record
        return None

    # Boot, B01.FR.08, B02.FR.02, B03

    def _boot_order(self, action: str) -> list[Problem]:
        triggered = action in self._triggered
        status = self.station.boot_status
        if action == "BootNotification":
            again = self._booted_here and status == _ACCEPTED and not triggered
            self._booted_here = True
            self._triggered.discard(action)
            text = "BootNotification again on a connection that has been accepted"
            return [("boot", text)] if again else []
        if status == _ACCEPTED or triggered:
            return []
        if status == "Pending" and action == "NotifyReport":
            return []
        what = "before BootNotification" if status is None else f"while the boot is {status}"
        return [("boot", f"{action} {what}")]

    def _on_BootNotification(self, payload: Payload) -> list[Problem]:
        self.station.boot = payload
        self.station.boots += 1
        return []

    def _on_Heartbeat(self, payload: Payload) -> list[Problem]:
        self.station.heartbeats += 1
        return []

    def _on_SecurityEventNotification(self, payload: Payload) -> list[Problem]:
        self.station.security_events.append(payload)
        return []

    def _on_StatusNotification(self, payload: Payload) -> list[Problem]:
        self.station.status_history.append(payload)
        if "connectorStatus" not in payload:
            self.station.statuses[payload["connectorId"], 0] = payload["status"]
            return []
        evse_id, connector_id = payload["evseId"], payload["connectorId"]
        self.station.statuses[evse_id, connector_id] = payload["connectorStatus"]
        if evse_id < 1 or connector_id < 1:
            return [("connector", f"StatusNotification of evse {evse_id}/{connector_id}")]
        return []

    def _on_NotifyReport(self, payload: Payload) -> list[Problem]:
        request_id = payload["requestId"]
        problems: list[Problem] = []
        if request_id not in self._report_ids:
            problems.append(("report", f"NotifyReport {request_id} was not asked for"))
        if request_id in self.station.finished_reports:
            problems.append(("report", f"NotifyReport {request_id} goes on after its last part"))
        parts = self.station.reports.setdefault(request_id, [])
        expected = len(parts)
        if payload["seqNo"] != expected:
            problems.append(
                ("report", f"NotifyReport {request_id} part {payload['seqNo']}, not {expected}")
            )
        parts.append(payload)
        if not payload.get("tbc", False):
            self.station.finished_reports.add(request_id)
        return problems

    # Transactions, 2.0.1

    def _on_TransactionEvent(self, payload: Payload) -> list[Problem]:
        event_type, info = payload["eventType"], payload["transactionInfo"]
        transaction_id, seq_no = info["transactionId"], payload["seqNo"]
        problems: list[Problem] = []
        record = self._known(transaction_id)
        if record is None:
            record = Transaction(self.station.station_id, "2.0.1", transaction_id)
            record.started = payload["timestamp"]
            self.station.transactions[transaction_id] = record
            if event_type != "Started":
                text = f"{event_type} of {transaction_id} that was never Started"
                problems.append(("transaction", text))
                record.next_seq_no = seq_no
        elif self._is_repeated_event(record, payload):
            return []
        elif event_type == "Started":
            problems.append(("transaction", f"{transaction_id} is Started a second time"))
        elif record.is_over:
            problems.append(("transaction", f"{event_type} of {transaction_id} after Ended"))
        if record.dialect == "1.6" and record.next_seq_no == 0:
            record.next_seq_no = seq_no  # begun in 1.6, which has no numbers
        if seq_no != record.next_seq_no:
            text = f"{event_type} of {transaction_id} has seqNo {seq_no}, not {record.next_seq_no}"
            problems.append(("seq_no", text))
        record.next_seq_no = seq_no + 1
        problems += self._place(record, payload)
        if "idToken" in payload and record.id_token is None:
            record.id_token = payload["idToken"]["idToken"]
        if "reservationId" in payload:
            if record.reservation_id is not None:
                problems.append(("once", f"reservationId again in {transaction_id}"))
            record.reservation_id = payload["reservationId"]
        record.remote_start_id = info.get("remoteStartId", record.remote_start_id)
        samples = read_samples(payload.get("meterValue", []), event_type)
        problems += _take_samples(record, samples, event_type == "Ended")
        if event_type == "Ended":
            record.ended = payload["timestamp"]
            record.stopped_reason = info.get("stoppedReason", "Local")
            record.stop_wh = record.last_wh
        record.events.append((event_type, payload))
        return problems

    def _place(self, record: Transaction, payload: Payload) -> list[Problem]:
        """E01.FR.16: the EVSE is told once, and one transaction at a time runs at it."""
        if "evse" not in payload:
            return []
        problems: list[Problem] = []
        if record.evse_id is not None and record.dialect == "2.0.1":
            problems.append(("once", f"evse again in {record.transaction_id}"))
        record.evse_id = payload["evse"]["id"]
        record.connector_id = payload["evse"].get("connectorId")
        return problems + self._alone(record)

    def _alone(self, record: Transaction) -> list[Problem]:
        return [
            (
                "transaction",
                f"{record.transaction_id} at evse {record.evse_id} where "
                f"{other.transaction_id} is still open",
            )
            for other in self.station.transactions.values()
            if other is not record and other.evse_id == record.evse_id and not other.is_over
        ]

    def _known(self, transaction_id: str) -> Transaction | None:
        known = self.station.transactions
        if transaction_id not in known and transaction_id.isdecimal():
            return known.get(int(transaction_id))
        return known.get(transaction_id)

    @staticmethod
    def _is_repeated_event(record: Transaction, payload: Payload) -> bool:
        """The same event in a new message, as a station may send it when no answer came."""
        content = _content("", payload)
        return any(_content("", earlier) == content for _, earlier in record.events)

    # Transactions, 1.6

    def _on_StartTransaction(self, payload: Payload) -> list[Problem]:
        if self.start_of(payload) is not None:
            return []
        record = Transaction(self.station.station_id, "1.6", self._next_transaction_id)
        self._next_transaction_id += 1
        record.evse_id = record.connector_id = payload["connectorId"]
        record.id_token = payload["idTag"]
        record.started = payload["timestamp"]
        record.start_wh = record.last_wh = payload["meterStart"]
        record.reservation_id = payload.get("reservationId")
        record.events.append(("StartTransaction", payload))
        self.station.transactions[record.transaction_id] = record
        problems = self._alone(record)
        if payload["connectorId"] < 1:
            problems.append(("connector", f"StartTransaction at {payload['connectorId']}"))
        return problems

    def _on_MeterValues(self, payload: Payload) -> list[Problem]:
        if "transactionId" not in payload:
            return []
        transaction_id = payload["transactionId"]
        record = self.station.transactions.get(transaction_id)
        if record is None:
            return [("transaction", f"MeterValues of unknown transaction {transaction_id}")]
        problems: list[Problem] = []
        if record.is_over:
            problems.append(("transaction", f"MeterValues of {transaction_id} after its stop"))
        if record.evse_id != payload["connectorId"]:
            text = f"MeterValues of {transaction_id} at connector {payload['connectorId']}"
            problems.append(("transaction", text))
        record.events.append(("MeterValues", payload))
        samples = read_samples(payload["meterValue"], "MeterValues")
        return problems + _take_samples(record, samples, False)

    def _on_StopTransaction(self, payload: Payload) -> list[Problem]:
        transaction_id = payload["transactionId"]
        record = self.station.transactions.get(transaction_id)
        if record is None:
            return [("transaction", f"StopTransaction of unknown transaction {transaction_id}")]
        if ("StopTransaction", payload) in record.events:
            return []
        problems: list[Problem] = []
        if record.is_over:
            problems.append(("transaction", f"{transaction_id} is stopped a second time"))
        samples = read_samples(payload.get("transactionData", []), "StopTransaction")
        problems += _take_samples(record, samples, True)
        stop_wh = float(payload["meterStop"])
        if record.last_wh is not None and stop_wh < record.last_wh:
            text = f"{transaction_id} stops at {stop_wh:g} Wh after {record.last_wh:g} Wh"
            problems.append(("energy", text))
        record.stop_wh = stop_wh
        record.ended = payload["timestamp"]
        record.stopped_reason = payload.get("reason", "Local")
        record.events.append(("StopTransaction", payload))
        return problems


def _take_samples(record: Transaction, samples: list[Sample], is_last: bool) -> list[Problem]:
    """Adds samples in order of arrival. The last message may tell the whole story again."""
    problems: list[Problem] = []
    low = record.start_wh if is_last else record.last_wh
    if is_last and samples and record.events and record.events[0][0] == "Updated":
        low = record.start_wh = None  # its Started was told elsewhere, and this may tell the level
    for sample in samples:
        record.samples.append(sample)
        if sample.energy_wh is None:
            continue
        if record.start_wh is None:
            record.start_wh = sample.energy_wh
        if low is not None and sample.energy_wh < low:
            text = f"{record.transaction_id} falls from {low:g} Wh to {sample.energy_wh:g} Wh"
            problems.append(("energy", text))
        low = sample.energy_wh
    if low is not None:
        if is_last and samples and record.last_wh is not None and low < record.last_wh:
            text = f"{record.transaction_id} ends at {low:g} Wh after {record.last_wh:g} Wh"
            problems.append(("energy", text))
        record.last_wh = low if record.last_wh is None else max(low, record.last_wh)
    return problems


def _content(action: str, payload: Payload) -> str:
    """What makes two messages equal: all but `offline`, which may turn true while one waits."""
    return json.dumps(
        [action, {k: v for k, v in payload.items() if k != "offline"}], sort_keys=True
    )
