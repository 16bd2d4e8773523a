"""Which CALL of ours goes next, whose answer comes back, and the answers that the server gets.

One CALL may be on its way (part 4, 4.1.1). It comes from two queues. `emit` keeps events in RAM,
which are worth nothing once the link is gone: a status is told anew, an authorization fails at
once. The outbox keeps in the journal what must arrive. An event goes before what was journalled
after it, but never overtakes a transaction event that came before it, unless that one was queued
offline or waits for its next attempt, or the dialect has statuses first. Of the events those go
first that a person waits for, or that show whether the server lives. A running report comes last,
a part at a time.

The answer to a journalled message counts also if it comes after its time, for as long as the link
lasts: the server has the message then, and in OCPP 1.6 only that answer has the transaction's id.

An answer that is not to the letter is read all the same, and each kind of that is told on the
console once for each link. A CALLRESULT, whatever is in it, says that the server has the message.
Who has asked gets one of three: the answer, {} where the server refuses or says nothing that can
be understood, and None where nobody answers. Only the last one is being offline.

A server that leaves two CALLs in a row without an answer is taken for dead, and the link is made
anew (part 2, 3.2), if the later one was of those that every server answers. Silence about anything
else proves nothing: a Heartbeat asks then whether the server lives. Who waits with a card to be
asked about is asked all the same, with half the time, for he has waited already.

A journalled message that was on its way when the link was lost may be what costs the link. On the
next one a Heartbeat is sent before it; if that is answered and the message costs this link too, it
has failed once more (see `outbox`). A server that answers no Heartbeat gets the message all the
same.
"""

from collections import deque

from .. import modules
from ..compat import cold, const
from ..rpc.endpoint import Endpoint
from ..rpc.errors import CallError
from . import router

_MESSAGE_TIMEOUT = const(58)  # OCPPCommCtrlr.MessageTimeout[Default]

_MAX_EVENTS = const(32)
_MAX_URGENT = const(8)
_MAX_UNANSWERED = const(2)
_MAX_DEVIATIONS = const(16)  # kinds that are told
_MAX_FIELD = const(50)
_URGENT = "Authorize Heartbeat"
_ANSWERED_BY_ALL = "Authorize BootNotification Heartbeat TransactionEvent"


class Calls:
    """The calls of one Station, in both directions.

    unanswered: CALLs in a row that got no answer in time, or none at all on a link that was lost.
    """

    def __init__(self, station):
        self.station = station
        self.endpoint = Endpoint(self)
        self._events: deque = deque((), _MAX_EVENTS)  # (newest seq then, kind, data, on_answer)
        self._urgent: deque = deque((), _MAX_URGENT)  # the same, and goes before
        self._owed = None  # (action, request) of the CALL that is answered later
        self._number = 0  # of message ids in this boot
        self.unanswered = 0
        self._timed_out = False
        # Anything of the server since the last CALL of a journalled security event (1), or of a
        # transaction event (2), ended.
        self._heard = 0
        self._proven = False  # the server has said something on this link
        self._answer: tuple = ()  # to our CALL, as `on_answer` got it
        self._deviations: tuple = ()  # their kinds on this link
        self._deviating = 0  # how many there were

    # ---- from the station

    @cold
    def emit(self, kind: str, data, on_answer, wanted: bool) -> bool:
        """See Station.emit."""
        station = self.station
        if not (station.online or (wanted and station.profile is not None)):
            self._fail(on_answer)
            return False
        queue, most = self._events, _MAX_EVENTS
        if kind in _URGENT.split():
            queue, most = self._urgent, _MAX_URGENT
        if len(queue) == most:
            station.log("event queue full: %s dropped" % kind)
            self._fail(on_answer)
            return False
        queue.append((station.outbox.last_seq, kind, data, on_answer))
        return True

    @cold
    def receive(self, text) -> None:
        """One message of the server: a str, or a view of its bytes."""
        self.unanswered = 0
        self._heard, self._proven = 3, True
        self.endpoint.receive(text)

    @cold
    def oversized(self, beginning: str) -> None:
        self.unanswered = 0
        self._heard, self._proven = 3, True
        self.endpoint.oversized(beginning)

    def poll(self, now: int) -> None:
        """Deal with the answer that has come, or give it up if it does not come in time."""
        self._timed_out = True
        self.endpoint.poll(now)
        self._timed_out = False
        if self._answer:
            modules.release()  # what has read it: much else comes in now
            self._settle()

    @cold
    def settle(self) -> None:
        """Deal with an answer that came right before the link was lost, while it can be read."""
        if self._answer:
            self._settle()

    @cold
    def broke_off(self, error) -> None:
        """A message could not be made to its end: it costs the link, and that is not to blame."""
        self.station.log("the link broke off: %r" % error)
        self._proven = True

    @cold
    def drop(self) -> None:
        """The link is gone: what was queued in RAM has failed."""
        station, message_id = self.station, self.endpoint.outstanding
        self.unanswered += message_id is not None  # for whoever waits for that one
        self._owed = None
        if self._deviating:
            self.station.log("%d fields of answers were not to the letter" % self._deviating)
            self._deviations, self._deviating = (), 0
        self.endpoint.drop()
        self.settle()
        self.unanswered = 0
        self.forget()
        if message_id is not None and station.outbox.is_head(message_id):
            station.outbox.cost_link(self._proven, station.now)
        self._proven = False

    @cold
    def forget(self) -> None:
        """Nothing that is queued in RAM may be sent any more."""
        self.station.report = None
        for queue in self._urgent, self._events:
            while queue:
                self._fail(queue.popleft()[3])

    def waiting(self) -> bool:
        """Whether there is still something to send, or an answer awaited."""
        return bool(self._urgent or self._events) or self.endpoint.outstanding is not None

    @cold
    def answer_owed(self, result: dict) -> None:
        """Answer the CALL whose handler returned None, if its link is still there."""
        if self._owed is None:
            return
        (action, request), self._owed = self._owed, None
        payload = self.station.profile.encode_result(self.station, action, request, result)
        self.endpoint.answer(payload)
        modules.release()

    def next(self, now: int) -> bool:
        """Send what comes next; True if an event was dealt with that can't be said here."""
        station, outbox = self.station, self.station.outbox
        if self.endpoint.outstanding is not None or station.link_request is not None:
            return False
        head = outbox.head() if station.online else None
        if head is not None and outbox.suspect and not (self._proven or self.unanswered):
            station.provisioning.probe(now)
            head = None
        free = head is None or now < outbox.next_try_ms  # nothing journalled can go now
        if self.unanswered and self._urgent:
            free = True  # they show if the server lives
        events = self._urgent or self._events
        if events and (free or self._overtakes(head, events[0])):
            _, kind, data, on_answer = events.popleft()
            if self._call(kind, data, on_answer, None, now):
                return False
            if on_answer is not None:  # the dialect knows what its silence means
                on_answer(station.profile.decode_answer(station, kind, data, None), now)
            return True
        while head is not None and now >= outbox.next_try_ms:
            _, kind, data = head
            if self._call(kind, data, None, outbox.message_id(), now):
                return False
            outbox.done()  # nothing to say in this dialect
            if events:
                return True  # one may have waited for this
            head = outbox.head()
        if station.report is not None:
            part = modules.use("device_model.report").next_part(station, now)
            if part is not None:
                self._call("NotifyReport", part, None, None, now)
            modules.release()
        return False

    # ---- from the endpoint

    @cold
    def on_call(self, action: str, payload: dict):
        """Answer a CALL of the server. Raises CallError."""
        station = self.station
        station.sent_at_ms = station.now  # by the answer that will go out now
        if station.provisioning.status == "Rejected":  # B03.FR.08
            raise CallError("SecurityError", "the station is not accepted by the CSMS")
        intent, request = station.profile.decode(station, action, payload)
        if intent is None:  # the profile has answered by itself: a matter of its dialect alone
            return request
        result = router.handle(station, intent, request, station.now)
        if result is None:
            if self.endpoint.owed is None:
                self._owed = (action, request)
            return None
        return station.profile.encode_result(station, action, request, result)

    @cold
    def on_answer(self, context, payload, error) -> None:
        """The server's answer to our CALL; payload None with `error` text where it failed."""
        self._answer = context, payload, error, self._timed_out

    @cold
    def _settle(self) -> None:
        """What comes of the answer, or of its absence."""
        context, payload, error, timed_out = self._answer
        self._answer = ()
        station = self.station
        kind, data, on_answer, message_id = context
        if timed_out:
            self.unanswered += 1
            if kind not in _ANSWERED_BY_ALL.split():
                station.provisioning.probe(station.now)
            elif self.unanswered >= _MAX_UNANSWERED:
                station.log("%d CALLs without an answer: reconnecting" % self.unanswered)
                station.link_request = "reconnect"
        answer = None
        if payload is not None:
            answer = station.profile.decode_answer(station, kind, data, payload)
        if message_id is None:
            if answer is None and not timed_out and station.profile is not None:
                station.log("%s was refused: %s" % (kind, error))
                answer = {}
            if on_answer is not None:
                on_answer(answer, station.now)
            return
        outbox = station.outbox
        bit = 1 + (kind == "TransactionEvent")
        heard = self._heard & bit != 0
        self._heard &= ~bit
        if answer is not None:
            if outbox.is_head(message_id):
                outbox.done()
            if kind == "TransactionEvent":
                outbox.in_vain = outbox.in_vain and not data.is_detail
                station.transactions.on_answer(data, answer, station.now)
        elif station.profile is not None:
            outbox.failed(error, not timed_out, heard, station.now)
            if timed_out:  # a Heartbeat shows if it is this message alone that has no answer
                station.provisioning.probe(station.now)
            if outbox.is_head(message_id):
                return
            if kind != "TransactionEvent" or data.event_type == "Ended":
                self.endpoint.late = None  # nothing can come of it any more
            elif data.is_detail and station.profile.DETAIL_APART:
                outbox.in_vain = True

    @cold
    def on_late_answer(self, context, payload) -> None:
        """The answer to a CALL that was given up, and maybe is to be tried again."""
        kind, data, _, message_id = context
        station = self.station
        if message_id is None or self._answer:
            return
        if not station.outbox.is_head(message_id):  # it has had its last attempt
            if kind != "TransactionEvent":
                return
            transaction_id = data.transaction_id
            running = station.transactions.find(transaction_id) is not None
            if not (running or station.outbox.holds(transaction_id)):
                return
        self._answer = context, payload, None, False

    @cold
    def on_deviation(self, action: str, field: str) -> None:
        """A field of an answer is not to the letter, or its whole text."""
        self._deviating += 1
        if len(self._deviations) == _MAX_DEVIATIONS:
            return
        kind = "%s, %s" % (action, field[:_MAX_FIELD])
        if kind not in self._deviations:
            self._deviations += (kind,)
            self.station.log("an answer is not to the letter: " + kind)

    @cold
    def on_defect(self, error) -> None:
        self.station.log("a request could not be handled: %r" % error)

    @cold
    def new_message_id(self) -> str:
        store = self.station.store
        self._number += 1
        return "%s.%x.%x" % (store.nonce, store.boot_count, self._number)

    # ---- inside

    @cold
    def _overtakes(self, head, event) -> bool:
        """Whether the event goes before that journal entry."""
        seq, kind, data = head
        if kind != "TransactionEvent" or data.offline or seq > event[0]:
            return True
        return event[1] == "StatusNotification" and self.station.profile.STATUS_FIRST

    @cold
    def _call(self, kind, data, on_answer, message_id, now: int) -> bool:
        station = self.station
        encoded = station.profile.encode(station, kind, data)
        if encoded is None:
            return False
        timeout_ms = station.model.integer(_MESSAGE_TIMEOUT) * 1000
        if kind == "Authorize" and self.unanswered:
            timeout_ms >>= 1
        context = (kind, data, on_answer, message_id)
        self.endpoint.call(encoded[0], encoded[1], context, now, timeout_ms, message_id)
        return True

    @cold
    def _fail(self, on_answer) -> None:
        if on_answer is not None:
            on_answer(None, self.station.now)
