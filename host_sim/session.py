"""One charging session as the station's own messages tell it, in either dialect.

`read` goes through the message log of the control interface; `Session.missing` says what a whole
session would have and this one has not. It needs no record of the server, so it works with any.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from host_sim import csms_schema
from host_sim.csms_records import Sample, Transaction, read_samples

NEEDED_SAMPLES = 3
_NOT_CORE = (
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "SecurityEventNotification",
    "SignCertificate",
    "SignedFirmwareStatusNotification",
)


@dataclass
class Session:
    """The first transaction in a message log, and what came around it."""

    dialect: str
    record: Transaction | None = None
    is_booted: bool = False
    is_authorized: bool = False
    is_started: bool = False  # and the server has said so
    is_stopped: bool = False  # likewise
    refused: str | None = None  # the status that the server gave the token, if not Accepted
    waiting: int = 0  # CALLs of the station that have no answer yet
    statuses: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # messages against the schema, CALLERRORs

    @property
    def samples(self) -> list[Sample]:
        return self.record.periodic_samples if self.record else []

    @property
    def duration_s(self) -> float:
        if self.record is None or self.record.ended is None:
            return 0
        start, end = (
            datetime.fromisoformat(text) for text in (self.record.started, self.record.ended)
        )
        return (end - start).total_seconds()

    def missing(self) -> list[str]:
        """What a whole and correct session would have; empty when nothing is missing. Where no
        transaction was started, the first thing is the cause of all others and is told alone."""
        steps = [
            (self.is_booted, "no accepted BootNotification"),
            (bool(self.statuses), "no StatusNotification"),
            (
                self.is_authorized and self.refused is None,
                f"the token was not authorised: {self.refused or 'no answer'}",
            ),
            (self.is_started, "no transaction was started"),
            (
                len(self.samples) >= NEEDED_SAMPLES,
                f"{len(self.samples)} meter samples, not {NEEDED_SAMPLES}",
            ),
            (self.is_stopped, "the transaction was not stopped"),
            (self.statuses[-1:] == ["Available"], "the connector is not Available at the end"),
        ]
        found = [text for is_there, text in steps if not is_there]
        found = (found if self.is_started else found[:1]) + self.wrong
        record = self.record
        if record is not None and record.is_over and not found:
            levels = [record.start_wh, *(s.energy_wh for s in self.samples), record.stop_wh]
            known = [level for level in levels if level is not None]
            if len(known) != len(levels):
                found.append("a meter sample has no energy")
            elif known != sorted(known):
                found.append("the energy falls")
            elif known[0] == known[-1]:
                found.append("no energy was delivered")
        return found


def read(dialect: str, messages: Iterable[dict[str, Any]]) -> Session:
    """Reads entries of `GET /v1/messages`, in order."""
    session = Session(dialect)
    open_calls: dict[str, tuple[str, dict[str, Any]]] = {}
    for entry in messages:
        frame = entry["message"]
        if not isinstance(frame, list) or len(frame) < 3:
            session.wrong.append(f"not an OCPP message: {frame!r:.80}")
        elif entry["direction"] == "out" and frame[0] == 2:
            _, message_id, action, payload = frame
            invalid = csms_schema.check(dialect, action, payload, False)
            if invalid is not None:
                session.wrong.append(f"{action} is against the schema: {invalid[1]}")
            elif message_id not in open_calls:  # a retry keeps its place
                open_calls[message_id] = action, payload
                _asked(session, action, payload)
        elif entry["direction"] == "in" and frame[1] in open_calls:
            action, payload = open_calls.pop(frame[1])
            if frame[0] == 4 and not _may_be_unknown(dialect, action, frame[2]):
                session.wrong.append(f"{action} was answered with {frame[2]}")
            elif frame[0] == 3:
                _answered(session, action, payload, frame[2])
    session.waiting = len(open_calls)
    return session


def _may_be_unknown(dialect: str, action: str, code: object) -> bool:
    """Whether a server may answer so: of 1.6 it needs to know Core only."""
    return dialect == "1.6" and action in _NOT_CORE and code in ("NotImplemented", "NotSupported")


def _asked(session: Session, action: str, payload: dict[str, Any]) -> None:
    """Takes what the station says as it says it."""
    record = session.record
    if action == "StatusNotification":
        if payload.get("evseId", payload.get("connectorId")) == 1:
            session.statuses.append(payload.get("connectorStatus") or payload["status"])
    elif action == "StartTransaction" and record is None:
        session.record = Transaction("", session.dialect, 0, payload["connectorId"])
        session.record.id_token = payload["idTag"]
        session.record.started = payload["timestamp"]
        session.record.start_wh = payload["meterStart"]
    elif action == "TransactionEvent":
        _event(session, payload)
    elif action == "MeterValues" and record is not None and "transactionId" in payload:
        if payload["transactionId"] != record.transaction_id:
            session.wrong.append(f"MeterValues of transaction {payload['transactionId']}")
        record.samples += read_samples(payload["meterValue"], action)
    elif action == "StopTransaction" and record is not None:
        if payload["transactionId"] != record.transaction_id:
            session.wrong.append(f"StopTransaction of transaction {payload['transactionId']}")
        record.ended = payload["timestamp"]
        record.stop_wh = payload["meterStop"]
        record.stopped_reason = payload.get("reason", "Local")


def _event(session: Session, payload: dict[str, Any]) -> None:
    info = payload["transactionInfo"]
    if session.record is None:
        session.record = Transaction("", session.dialect, info["transactionId"])
        session.record.started = payload["timestamp"]
    record = session.record
    samples = read_samples(payload.get("meterValue", []), payload["eventType"])
    record.samples += samples
    levels = [sample.energy_wh for sample in samples if sample.energy_wh is not None]
    if record.start_wh is None and levels:
        record.start_wh = levels[0]
    if payload["eventType"] == "Ended":
        record.ended = payload["timestamp"]
        record.stop_wh = levels[-1] if levels else None
        record.stopped_reason = info.get("stoppedReason", "Local")


def _answered(
    session: Session, action: str, payload: dict[str, Any], answer: dict[str, Any]
) -> None:
    """Takes what the server made of it."""
    info = answer.get("idTagInfo") or answer.get("idTokenInfo") or {}
    if action == "BootNotification":
        session.is_booted = session.is_booted or answer["status"] == "Accepted"
    elif action in ("Authorize", "StartTransaction", "TransactionEvent"):
        status = info.get("status")
        session.is_authorized = session.is_authorized or status == "Accepted"
        session.refused = session.refused if status in (None, "Accepted") else status
    if action == "StartTransaction" and session.record is not None:
        session.record.transaction_id = answer["transactionId"]
    if action == "StartTransaction" or payload.get("eventType") == "Started":
        session.is_started = True
    if action == "StopTransaction" or payload.get("eventType") == "Ended":
        session.is_stopped = True
