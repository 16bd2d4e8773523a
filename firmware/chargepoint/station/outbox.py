"""Messages that must arrive, in order: transaction events and critical security events.

They lie in the store's journal as neutral facts and become messages of the dialect that is spoken
when their turn comes. One is on its way at a time. The server's answer acknowledges it; a refusal
or a time-out is tried again after MessageAttemptInterval x attempts, with the same message id, up
to MessageAttempts (E13); then it is given up so that it does not hold the rest. Being offline
costs no attempt, nor does a time-out of a server that says nothing else either.

A security event is not worth a transaction's delay. One that the server refuses, by whatever code,
was delivered (A04.FR.02) and is given up at once: servers without the security extension of the
older dialect are common. One that got no answer is tried again, but never holds a transaction
event: it is journalled anew behind those that come meanwhile, and keeps its message id.

A message that costs the link, by its size for example, has failed to be processed too (1.6 section
3.7.1). What has many samples is told with fewer then, and so is what comes after it. A transaction
event that is given up is told as a security event. After meter values that were, where they are a
message of their own, the next have one attempt until the server takes some: one that never does
would hold all ends back.

Where the store takes no writes no session begins. What one that runs has to tell, and security
events, wait in RAM as far as there is room, behind what the journal holds; once it takes writes
again they go there (`unsaved`). Nothing is promised of them if the power fails.
"""

import json

from .. import modules, timestamp
from ..compat import cold, const

_MESSAGE_ATTEMPTS = const(59)  # OCPPCommCtrlr.MessageAttempts[TransactionEvent]
_MESSAGE_ATTEMPT_INTERVAL = const(60)  # OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]
_UNREADABLE = (ValueError, KeyError, IndexError, TypeError)
_TRANSACTION = const(1)  # first byte of a journal entry
_SECURITY = const(2)

# Bytes of the journal. An Ended event with all its samples and tokens has less than 2 kB.
_ENDED_BYTES = const(2048)
_EVENTS_BYTES = const(1024)  # for critical security events
_THIN_BYTES = const(8192)  # thinning begins so early that what comes meanwhile finds room
_AGAIN_BYTES = const(4096)  # after a pass that won little, the next one waits for so much more
_LITTLE_BYTES = const(256)
_FEW_BYTES = const(1024)  # shorter samples than these are no reason to refuse a message
_MANY_BYTES = const(0x100000)
_NO_ROOM = const(28)  # ENOSPC
_UNSAVED_SEQ = const(0x20000000)  # of `unsaved`
_OLD = const(-0x40000000)  # in slots of older versions: nothing was said of the transaction yet


class Outbox:
    """Ordered delivery of the journal's entries for one Station."""

    def __init__(self, station):
        self.station = station
        self.journal = station.store.journal
        self.next_try_ms = 0  # of the head
        # Of the oldest security event and of the oldest transaction event: transmissions, those
        # that the server has failed to process, and when it may be sent again.
        self._tries = [0, 0, 0], [0, 0, 0]
        self.full = False  # no room for another session
        self.thinning: dict | None = None  # while a pass of it runs, see `thinning`
        self._thin_ended = False  # what that pass shortens: Ended events, else Updated ones
        self._thin_won = 0  # bytes, by that pass
        self._reserve = _ENDED_BYTES * len(station.evses) + _EVENTS_BYTES
        self._thin_at = self._reserve + _THIN_BYTES  # bytes of room below which a pass begins
        self._lost = 0  # records for which there was no room
        self.unsaved: list = []  # (seq, entry) that the journal did not take
        self._told = -1  # the newest entry of the journal that is told, if it can't be told that
        self.errno = 0  # of the last change of the journal that failed; 0 after one that did not
        self.failing = 0  # the same of the whole store, as it was told; no session begins then
        self.is_trying = False  # to write again
        self.again_ms = 0  # when that is due
        self.last_seq = -1  # of the newest entry
        for seq, _ in self.journal.records():
            self.last_seq = seq
        self.offline_until = self.last_seq  # E11.FR.07: what was queued then is told as `offline`
        self._head: tuple | None = None  # (seq, kind, data) of the entry whose turn it is
        self._id = 0  # its first seq, of which its message id is made
        self.suspect = False  # it was on its way when the link was lost
        self.in_vain = False  # the latest meter values were given up: the next get one attempt
        self.sample_bytes = 0  # of its samples as they were told; 0 where they are few
        self.fitting_bytes = _MANY_BYTES  # of samples; more has cost a link
        # What a 1.6 server calls a transaction: any integer; None: nothing was said of it yet.
        self.server_ids: dict = self._load_server_ids()

    @cold
    def append_transaction(self, record) -> bool:
        """Journal a TransactionRecord; when this returns it survives a power cut, unless the store
        can't be written. False if nothing of it is kept."""
        parts = modules.use("station.record_bytes").parts(record)
        modules.done("station.record_bytes")  # the journal needs the room
        modules.done("station.samples")
        is_kept = self._append(record.event_type, bytes((_TRANSACTION,)), *parts)
        if self.station.now < self.next_try_ms:
            self._head = None  # it may be in the way
        return is_kept

    @cold
    def append_security_event(self, event: dict) -> None:
        """Journal {"type", "epoch_s" or None, "tick_ms", "boot_count", "techInfo"}.

        Of an unknown moment `earliest_s` is what it is reckoned as, see `moments`. `seq`: of the
        entry in which it was journalled first, if that was another.
        """
        self._append("", bytes((_SECURITY,)), json.dumps(event).encode())

    @cold
    def set_server_id(self, transaction_id: str, server_id: int | None) -> None:
        """Remember the integer by which a server knows the transaction."""
        self.server_ids[transaction_id] = server_id
        self.save_server_ids()

    @cold
    def forget_server_id(self, transaction_id: str) -> None:
        if transaction_id in self.server_ids:
            del self.server_ids[transaction_id]
            self.save_server_ids()

    @cold
    def link_lost(self) -> None:
        self.offline_until = self.last_seq
        self._head = None  # it is offline now
        for tries in self._tries:
            if tries[1] < 2:  # one failure may be the link's
                tries[2] = 0

    def head(self):
        """(seq, kind, data) of the entry to send next; None when all has been told, and while the
        time is not known, for no message goes without one."""
        while self._head is None and (self.journal.count() or self.unsaved):
            if self.station.clock_epoch_s(self.station.now) is None or not self._load():
                return None
        return self._head

    @cold
    def _load(self) -> bool:
        """Read the oldest entry; it is the head, or is passed over. False if all are told."""
        oldest = self.journal.head()
        if self.unsaved or self._told >= 0:
            oldest = self._oldest()
        if oldest is None:
            return False
        seq, entry = oldest
        try:
            kind, data = self._read(entry)
        except _UNREADABLE as error:
            # What can't be read is reported, and must not hold the rest.
            self._acknowledge(seq)
            self.station.security_event("JournalEntryUnreadable", str(error))
            return True
        is_transaction = kind == "TransactionEvent"
        self._id = seq
        self.next_try_ms = self._tries[is_transaction][2]
        if is_transaction:
            if seq <= self.offline_until:
                data.offline = True
        else:
            self._id = data.pop("seq", seq)
            if self.station.now < self.next_try_ms and self.counts()[0]:
                event = json.loads(entry[1:])
                event["seq"] = self._id
                self.append_security_event(event)
                self._acknowledge(seq)
                return True
        self._head = seq, kind, data
        modules.release()  # before its message is made
        return True

    @cold
    def message_id(self) -> str:
        """The same for every attempt, for a server to see the duplicate (part 4, errata 4.6)."""
        return "%s-%x" % (self.station.store.nonce, self._id)

    @cold
    def is_head(self, message_id: str) -> bool:
        """Whether that message is the one whose turn it is."""
        return self._head is not None and self.message_id() == message_id

    @cold
    def done(self) -> None:
        """The head has been told, or can't be told: go on with the next."""
        if self._head is None:
            return
        seq, kind, data = self._head
        self._head = None
        self.suspect = False
        if self.sample_bytes and self.fitting_bytes < _MANY_BYTES:  # it may have been an accident
            self.fitting_bytes += self.fitting_bytes >> 3
        self.sample_bytes = 0
        self._tries[kind == "TransactionEvent"][:] = 0, 0, 0
        is_ended = kind == "TransactionEvent" and data.event_type == "Ended"
        if is_ended:  # until now the slot stands for an Ended that the journal may lose
            slots, name = self.station.store.slots, "tx%d" % data.evse_id
            if data.transaction_id.encode() in (slots.load(name) or b""):
                slots.delete(name)
        self._acknowledge(seq)
        self.look(self.journal.room())
        if is_ended:
            self.forget_server_id(data.transaction_id)

    @cold
    def failed(self, why: str, refused: bool, heard: bool, now: int) -> None:
        """The head has failed; `why` is for the maker.

        refused: the server has answered that; else it has said nothing of it. heard: it has said
        something since the last attempt of a journalled message ended.
        """
        if self._head is None:  # it was done while its answer was awaited
            return
        model, (_, kind, data) = self.station.model, self._head
        is_transaction = kind == "TransactionEvent"
        in_vain = is_transaction and self.in_vain and data.is_detail
        most = 1 if in_vain else model.integer(_MESSAGE_ATTEMPTS)
        tries = self._tries[is_transaction]
        tries[0] = min(tries[0] + 1, most)
        tries[1] += heard
        if tries[1] >= most or (refused and not is_transaction):
            text = "gave up message %s: %s" % (self.message_id(), why)
            self.station.log(text)
            self.done()
            if is_transaction and not in_vain:
                self.station.security_event("TransactionMessageGivenUp", text[:250])
        else:
            wait_s = model.integer(_MESSAGE_ATTEMPT_INTERVAL) * tries[0]
            self.next_try_ms = tries[2] = now + wait_s * 1000
            self._head = None
            self.head()  # the same, unless it is in the way

    @cold
    def cost_link(self, proven: bool, now: int) -> None:
        """The head was on its way when the link was lost; proven: that had worked until then."""
        self.suspect = True
        if proven:
            if self.sample_bytes > _FEW_BYTES:
                self.fitting_bytes = self.sample_bytes >> 1
            self.failed("the connection was lost", False, True, now)

    @cold
    def thin(self) -> None:
        """One step of the pass that makes room."""
        rules, seen, before = modules.use("station.thinning"), self.thinning, self.journal.room()
        change = rules.ended if self._thin_ended else rules.updated
        try:
            goes_on = self.journal.edit(lambda entry: change(seen, entry))
        except OSError as error:
            self.thinning, self.errno = None, error.args[0]
            return
        room = self.journal.room()
        self._thin_won += room - before
        if goes_on:
            return
        self.thinning = None
        if self._thin_won < _LITTLE_BYTES:
            self._thin_ended = not self._thin_ended
            if not self._thin_ended:  # neither has won anything: all that may go has gone
                self._thin_at = room - _AGAIN_BYTES
        self.look(room)

    @cold
    def holds(self, transaction_id=None) -> bool:
        """Whether messages (of that transaction) wait, the one on its way included (E14)."""
        for _, entry in self._waiting():
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
        for _, entry in self._waiting():
            counts[entry[:1] != b"\x01"] += 1
        return counts

    @cold
    def _waiting(self):
        """Each (seq, entry) that is not told yet, oldest first."""
        for entry in self.journal.records():
            if entry[0] > self._told:
                yield entry
        yield from self.unsaved

    @cold
    def _oldest(self):
        for entry in self._waiting():
            return entry
        return None

    @cold
    def _acknowledge(self, seq: int) -> None:
        if self.unsaved and self.unsaved[0][0] == seq:
            del self.unsaved[0]
        elif seq < _UNSAVED_SEQ:  # else it has gone into the journal meanwhile
            self._told = seq  # it is sent again after a boot, unless that can be noted
            try:
                if not self.station.store.slots.failed:  # else only the journal knows its session
                    self.journal.acknowledge(seq)
                    self._told = -1
            except OSError as error:
                self.errno = error.args[0]

    @cold
    def _append(self, event_type: str, *parts) -> bool:
        """Journal an entry unless the room left is for more important ones; False: dropped."""
        room, least = self.journal.room(), 0
        if event_type == "Updated":
            least = self._reserve
        elif not event_type:
            least = self._reserve - _EVENTS_BYTES
        is_kept = room >= least and self._write(event_type, room, parts)
        if not (is_kept or self.is_trying):
            if not self._lost:
                self.station.log("journal full: %s dropped" % (event_type or "security event"))
            self._lost += 1
        self.look(self.journal.room())
        return is_kept

    @cold
    def _write(self, event_type: str, room: int, parts: tuple) -> bool:
        """Into the journal, behind what could not go there before; else into RAM."""
        try:
            if self.unsaved:
                modules.use("station.unsaved").save(self, self._head)
            self.last_seq = self.journal.append(*parts)
            self.errno = 0
            return True
        except OSError as error:
            if error.args[0] == _NO_ROOM and room < _ENDED_BYTES and not self.errno:  # its bound
                return False
            self.errno = error.args[0]
        if self.is_trying or event_type == "Started":
            return False
        return modules.use("station.unsaved").keep(self, event_type, b"".join(parts))

    @cold
    def look(self, room: int) -> None:
        """What follows from the room that is left."""
        is_low = room < self._reserve + _ENDED_BYTES
        was_full, self.full = self.full, is_low or self.failing != 0
        plenty = self._reserve + _THIN_BYTES
        if room >= plenty:
            self._thin_at, self._thin_ended = plenty, False
            if self._lost and not self.failing:
                lost, self._lost = self._lost, 0
                self.station.security_event("MemoryExhaustion", "%d records lost" % lost)
        elif room < self._thin_at and self.thinning is None and not self.failing:
            self.thinning, self._thin_won = {}, 0
        if is_low and not was_full:
            self.station.security_event("MemoryExhaustion", "no room for another session")

    @cold
    def _read(self, entry: bytes) -> tuple:
        """(kind, data) of a journal entry. Raises one of _UNREADABLE."""
        if entry[0] == _TRANSACTION:
            record = modules.use("station.record_bytes").unpack(entry, 1)
            if record.epoch_s is None or record.estimated:
                modules.use("station.moments").settle(self.station, record)
            return "TransactionEvent", record
        if entry[0] != _SECURITY:
            raise ValueError("unknown kind %d" % entry[0])
        event = json.loads(entry[1:])
        epoch_s = event["epoch_s"]
        if epoch_s is None:
            resolve = modules.use("station.moments").resolve
            place = event["boot_count"], event["tick_ms"], event.get("earliest_s")
            epoch_s = resolve(self.station, *place)[0]
        data = {"type": event["type"], "timestamp": timestamp.format(epoch_s)}
        if "seq" in event:
            data["seq"] = event["seq"]
        if event["techInfo"]:
            data["techInfo"] = event["techInfo"]
        return "SecurityEventNotification", data

    @cold
    def _load_server_ids(self) -> dict:
        saved = self.station.store.slots.load("server_ids")
        try:
            found = dict(json.loads(saved)) if saved else {"": None}
        except (ValueError, TypeError):
            self.station.store.damaged.append("server_ids")
            return {}
        if found.pop("", _OLD) == _OLD:  # had its marks among the integers
            for transaction_id, server_id in list(found.items()):
                if server_id == _OLD:
                    found[transaction_id] = None
                elif server_id == -1:  # given up
                    del found[transaction_id]
        return found

    @cold
    def save_server_ids(self) -> None:
        saved: dict = {"": None}  # says of which format it is
        saved.update(self.server_ids)
        self.station.store.slots.save("server_ids", json.dumps(saved).encode())
