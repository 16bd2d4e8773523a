"""Messages that must arrive, in order: transaction events and critical security events.

They lie in the store's journal as neutral facts and become messages of the dialect that is spoken
when their turn comes. One is on its way at a time. The server's answer acknowledges it; a refusal
or a time-out is tried again after MessageAttemptInterval x attempts, with the same message id, up
to MessageAttempts (E13); then it is given up so that it does not hold the rest. Being offline
costs no attempt. A security event that the server has no use for (NotImplemented, NotSupported) is
given up at once: servers without the security extension of the older dialect are common, and
transactions wait behind it.
"""

import json

from .. import modules, timestamp
from ..compat import cold, const

_MESSAGE_ATTEMPTS = const(59)  # OCPPCommCtrlr.MessageAttempts[TransactionEvent]
_MESSAGE_ATTEMPT_INTERVAL = const(60)  # OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]

_UNREADABLE = (ValueError, KeyError, IndexError, TypeError)

_TRANSACTION = const(1)  # first byte of a journal entry
_SECURITY = const(2)


class Outbox:
    """Ordered delivery of the journal's entries for one Station."""

    def __init__(self, station):
        self.station = station
        self.journal = station.store.journal
        self.next_try_ms = 0
        self.attempts = 0
        self.last_seq = -1  # of the newest entry
        for seq, _ in self.journal.records():
            self.last_seq = seq
        # E11.FR.07: all that was queued when the link dropped is told with `offline` set.
        self.offline_until = self.last_seq
        self._head: tuple | None = None  # (seq, kind, data) of the entry whose turn it is
        saved = station.store.slots.load("server_ids")
        self.server_ids = json.loads(saved) if saved else {}

    @cold
    def append_transaction(self, record) -> None:
        """Journal a TransactionRecord; when this returns it survives a power cut."""
        parts = modules.use("station.record_bytes").parts(record)
        modules.done("station.record_bytes")  # the journal needs the room
        modules.done("station.samples")
        self.last_seq = self.journal.append(bytes((_TRANSACTION,)), *parts)

    @cold
    def append_security_event(self, event: dict) -> None:
        """Journal {"type", "epoch_s" or None, "tick_ms", "boot_count", "techInfo"}."""
        self.last_seq = self.journal.append(bytes((_SECURITY,)), json.dumps(event).encode())

    @cold
    def set_server_id(self, transaction_id: str, server_id: int) -> None:
        """Remember the integer by which a server knows the transaction."""
        self.server_ids[transaction_id] = server_id
        self._save_server_ids()

    @cold
    def link_lost(self) -> None:
        self.offline_until = self.last_seq
        self.next_try_ms = 0

    def head(self):
        """(seq, kind, data) of the entry to send next, or None when all has been told."""
        while self._head is None:
            entry = self.journal.head()
            if entry is None:
                return None
            try:
                kind, data = self._read(entry[1])
                self._head = (entry[0], kind, data)
                modules.release()  # before its message is made
            except _UNREADABLE as error:
                # What can't be read is reported, and must not hold the rest.
                self.journal.acknowledge(entry[0])
                self.station.security_event("JournalEntryUnreadable", str(error))
        seq, kind, data = self._head
        if kind == "TransactionEvent" and seq <= self.offline_until:
            data.offline = True
        return self._head

    @cold
    def message_id(self, seq: int) -> str:
        """The same for every attempt, for a server to see the duplicate (part 4, errata 4.6)."""
        return "%s-%x" % (self.station.store.nonce, seq)

    @cold
    def done(self) -> None:
        """The head has been told, or can't be told: go on with the next."""
        if self._head is None:
            return
        seq, kind, data = self._head
        self._head = None
        self.attempts = 0
        self.next_try_ms = 0
        self.journal.acknowledge(seq)
        if kind == "TransactionEvent" and data.event_type == "Ended":
            if self.server_ids.pop(data.transaction_id, None) is not None:
                self._save_server_ids()

    @cold
    def failed(self, why: str, now: int) -> None:
        """The server refused the head, `why` begins with the error code, or did not answer."""
        if self._head is None:  # it was done while its answer was awaited
            return
        self.attempts += 1
        model = self.station.model
        unwanted = self._head[1] != "TransactionEvent" and why.startswith("Not")
        if unwanted or self.attempts >= model.integer(_MESSAGE_ATTEMPTS):
            self.station.log("gave up message %s: %s" % (self.message_id(self._head[0]), why))
            self.done()
        else:
            wait_s = model.integer(_MESSAGE_ATTEMPT_INTERVAL) * self.attempts
            self.next_try_ms = now + wait_s * 1000

    @cold
    def holds(self, transaction_id=None) -> bool:
        """Whether messages (of that transaction) wait, the one on its way included (E14)."""
        for _, entry in self.journal.records():
            try:
                kind, data = self._read(entry)
            except _UNREADABLE:  # reported when its turn comes
                continue
            if kind == "TransactionEvent" and transaction_id in (None, data.transaction_id):
                return True
        return False

    @cold
    def counts(self):
        """(transaction messages, security events) that wait."""
        counts = [0, 0]
        for _, entry in self.journal.records():
            counts[entry[:1] != b"\x01"] += 1
        return counts

    @cold
    def _read(self, entry: bytes) -> tuple:
        """(kind, data) of a journal entry. Raises one of _UNREADABLE."""
        if entry[0] == _TRANSACTION:
            record = modules.use("station.record_bytes").unpack(entry, 1)
            if record.epoch_s is None:
                record.epoch_s = self.station.moment_epoch_s(record.boot_count, record.tick_ms)
            return "TransactionEvent", record
        if entry[0] != _SECURITY:
            raise ValueError("unknown kind %d" % entry[0])
        event = json.loads(entry[1:])
        epoch_s = event["epoch_s"]
        if epoch_s is None:
            epoch_s = self.station.moment_epoch_s(event["boot_count"], event["tick_ms"])
        data = {"type": event["type"], "timestamp": timestamp.format(epoch_s)}
        if event["techInfo"]:
            data["techInfo"] = event["techInfo"]
        return "SecurityEventNotification", data

    @cold
    def _save_server_ids(self) -> None:
        self.station.store.slots.save("server_ids", json.dumps(self.server_ids).encode())
