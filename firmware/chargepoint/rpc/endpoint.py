"""One end of an OCPP-J connection: a CALL of ours at a time, and an answer to each of the peer's.

- At most one CALL of ours is outstanding (4.1.1): it ends by its answer, by `poll` after its time,
  or by `drop`. Each end is told once, through `on_answer(context, payload, error)`: payload a
  dict, or None with `error` saying why. Answers that match nothing (late, twice, unknown) are
  ignored.
- A CALL of the peer is checked against the dialect's schemas and given to `on_call(action,
  payload)`, which returns the payload of the answer (a dict, or an iterator of pieces of its JSON
  text), raises CallError, or returns None: then `answer` gives it later. One can be owed so.
- Any other exception of `on_call` is answered InternalError, kept in `last_error` and handed to
  `on_error`; exceptions of `on_answer` go through to the caller.
- A frame that can't be understood is answered where its dialect says so, never crashed on.

`take` gives what to send, answers before our CALL. What was queued is lost with the connection;
whoever must deliver, calls again with the same message id (errata 4.6).
"""

from ..compat import cold, const
from . import message, schema
from .errors import CallError, FrameError

_CALL = const(2)
_CALLRESULT = const(3)
_CALLERROR = const(4)

_MAX_ANSWERS = const(8)  # beyond, a CALL is refused; beyond twice that, dropped


class Endpoint:
    """new_message_id: () -> str, unique for the station's life (4.1.4).

    profile: the dialect's module, set at each handshake. outstanding: id of our CALL that awaits
    its answer, or None. owed: id of the peer's CALL that is answered later, or None. on_error:
    called with the exception of a handler that failed; None for nobody.
    """

    def __init__(self, new_message_id, profile=None, on_error=None):
        self.profile = profile
        self.outstanding = None
        self.owed = None
        self.last_error = None
        self.on_error = on_error
        self._new_message_id = new_message_id
        self._on_answer = None  # as last given to `receive` or `poll`
        self._action = ""
        self._context = None
        self._deadline_ms = 0
        self._call = None  # our CALL until it is taken
        self._answers = []

    def call(self, action, payload, context, now, timeout_ms, message_id=None) -> None:
        """Queue a CALL. payload: dict or iterator of pieces; context: handed to `on_answer`.

        Raises RuntimeError while one is outstanding.
        """
        if self.outstanding is not None:
            raise RuntimeError("a CALL is outstanding")
        message_id = message_id or self._new_message_id()
        self._call = message.call(message_id, action, payload)
        self._action, self._context = action, context
        self._deadline_ms = now + timeout_ms
        self.outstanding = message_id

    def receive(self, text, now, on_call, on_answer) -> None:
        """Take one message of the peer: a str, or a view of its bytes."""
        self._on_answer = on_answer
        if self.profile is None:  # came in while the connection was being given up
            return
        try:
            kind, message_id, first, second = message.parse(text)
        except FrameError as error:
            self._refuse(error)
            return
        if kind == _CALL:
            self._handle(message_id, first, second, on_call)
        elif message_id != self.outstanding:
            pass  # late, twice or unknown: nobody waits for it
        elif kind == _CALLERROR:
            self._finish(None, first + ": " + second)
        else:
            violation = self._violation(self._action + "Response", first)
            if violation is None:
                self._finish(first, None)
            else:
                self._finish(None, "the answer has a %s at '%s'" % violation)

    @cold
    def oversized(self, beginning: str, now, on_answer) -> None:
        """A message beyond the link's limit was thrown away; `beginning` is its first text."""
        self._on_answer = on_answer
        kind, message_id = message.head(beginning)
        if self.profile is not None:
            code = "RpcFrameworkError" if message_id is None else "FormatViolation"
            self._refuse(FrameError(code, "the message is too long", kind, message_id))

    def answer(self, payload) -> None:
        """Answer the CALL that is owed one. payload: as `on_call` returns it, or a CallError."""
        message_id, self.owed = self.owed, None
        if message_id is None:  # its connection is gone
            return
        if isinstance(payload, CallError):
            self._answers.append(self._error(message_id, payload))
        else:
            self._answers.append(message.result(message_id, payload))

    def poll(self, now, on_answer) -> None:
        """Give up the outstanding CALL if its time is over."""
        self._on_answer = on_answer
        if self.outstanding is not None and now >= self._deadline_ms:
            self._finish(None, "no answer in time")

    def next_deadline(self):
        """Tick in ms at which `poll` has something to do, or None."""
        return None if self.outstanding is None else self._deadline_ms

    def take(self):
        """What to send next: a str, or an iterator of its pieces; None when there is nothing."""
        if self._answers:
            return self._answers.pop(0)
        text, self._call = self._call, None
        return text

    @cold
    def drop(self, now) -> None:
        """The connection is gone: nothing of it is sent any more, our CALL has failed."""
        self._answers = []
        self.owed = None
        if self.outstanding is not None:
            self._finish(None, "the connection is lost")

    def _finish(self, payload, error) -> None:
        context = self._context
        self.outstanding = self._context = self._call = None
        if self._on_answer is not None:
            self._on_answer(context, payload, error)

    def _handle(self, message_id, action, payload, on_call) -> None:
        """Answer a CALL of the peer."""
        waiting = len(self._answers)
        if waiting >= 2 * _MAX_ANSWERS:
            return
        try:
            if waiting >= _MAX_ANSWERS:  # 4.1.1: one at a time, each after the answer to the last
                raise CallError("GenericError", "too many CALLs at once")
            if message_id == self.owed:  # 4.2.3
                raise CallError("RpcFrameworkError", "a CALL of this message id is being handled")
            if not schema.known(self.profile.TABLE, action):
                raise CallError("NotImplemented", "unknown action " + action[:50])
            violation = self._violation(action, payload)
            if violation is not None:
                raise CallError(violation[0], "%s: '%s'" % (action, violation[1]))
            payload = on_call(action, payload)
            if payload is not None:
                text = message.result(message_id, payload)
            elif self.owed is None:
                self.owed = message_id
                return
            else:
                raise CallError("GenericError", "an earlier CALL is still being handled")
        except CallError as error:
            text = self._error(message_id, error)
        except Exception as error:  # a defect of ours: the station goes on, and it is reported
            text = self._error(message_id, CallError("InternalError", type(error).__name__))
            self.last_error = error
            if self.on_error is not None:
                self.on_error(error)
        self._answers.append(text)

    @cold
    def _refuse(self, error) -> None:
        """Deal with a FrameError: an error answer to what may be a CALL, the end of ours else."""
        if error.kind == _CALLRESULT or error.kind == _CALLERROR:
            if error.message_id is not None and error.message_id == self.outstanding:
                self._finish(None, error.description)
            return
        message_id = error.message_id
        if message_id is None:
            message_id = self.profile.UNREADABLE_ID
        code = self.profile.error_code(error.code)
        if message_id is not None and code and len(self._answers) < 2 * _MAX_ANSWERS:
            self._answers.append(message.error(message_id, code, error.description))

    @cold
    def _error(self, message_id, error):
        return message.error(message_id, self.profile.error_code(error.code), error.description)

    @cold
    def _violation(self, name, payload):
        """None, or (neutral code, path) of what the schema of `name` forbids in the payload."""
        try:
            return schema.check(self.profile.TABLE, name, payload)
        except (TypeError, RuntimeError, MemoryError):  # MicroPython's JSON allows any key
            return "FormatViolation", ""
