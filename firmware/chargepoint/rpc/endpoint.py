"""One end of an OCPP-J connection: a CALL of ours at a time, and an answer to each of the peer's.

- At most one CALL of ours is outstanding (4.1.1): it ends by its answer, by `poll` after its time,
  or by `drop`. Each end is told once, through the owner's `on_answer(context, payload, error)`:
  payload a dict, or None with `error` saying why. Answers that match nothing (twice, unknown)
  are ignored, a late one can still be had, see `late`.
- A CALLRESULT is never refused: payload is what can be understood of it, {} if that is nothing.
  What is not to the letter is told through the owner's `on_deviation(action, field)`.
- A CALL of the peer is checked against the dialect's schemas and given to the owner's
  `on_call(action, payload)`, which returns the payload of the answer (a dict, or an iterator of
  pieces of its JSON text), raises CallError, or returns None: then `answer` gives it later. One
  can be owed so.
- Any other exception of `on_call` is answered InternalError and handed to the owner's
  `on_defect`; exceptions of `on_answer` go through to the caller.
- A frame that can't be understood is answered where its dialect says so, never crashed on.

`take` gives what to send, answers before our CALL. What was queued is lost with the connection;
whoever must deliver, calls again with the same message id (errata 4.6).
"""

from .. import modules
from ..compat import cold, const
from .errors import CallError

_CALL = const(2)
_CALLRESULT = const(3)
_CALLERROR = const(4)

_MAX_ANSWERS = const(8)  # beyond, a CALL is refused; beyond twice that, dropped


class Endpoint:
    """owner: has `on_call`, `on_answer` and `on_defect`, and `new_message_id()`, which gives a str
    that is unique for the station's life (4.1.4). They are looked up at each use.

    profile: the dialect's module, set at each handshake. outstanding: id of our CALL that awaits
    its answer, or None; deadline_ms: when it is given up. late: (message id, action, context) of
    the latest CALL that got no answer in time, or None; an answer that it gets after all goes to
    the owner's `on_late_answer(context, payload)`. owed: id of the peer's CALL that is answered
    later, or None.
    """

    def __init__(self, owner, profile=None):
        self.profile = profile
        self.outstanding = None
        self.late = None
        self.owed = None
        self._owner = owner
        self._action = ""
        self._context = None
        self.deadline_ms = 0
        self._call = None  # our CALL until it is taken
        self._answers = []

    @cold
    def call(self, action, payload, context, now, timeout_ms, message_id=None) -> None:
        """Queue a CALL. payload: dict or iterator of pieces; context: handed to `on_answer`.

        Raises RuntimeError while one is outstanding.
        """
        if self.outstanding is not None:
            raise RuntimeError("a CALL is outstanding")
        message_id = message_id or self._owner.new_message_id()
        self._call = _message().call(message_id, action, payload)
        self._action, self._context = action, context
        self.deadline_ms = now + timeout_ms
        self.outstanding = message_id

    @cold
    def receive(self, text) -> None:
        """Take one message of the peer: a str, or a view of its bytes."""
        if self.profile is None:  # came in while the connection was being given up
            return
        message = _message()
        try:
            kind, message_id, first, second = message.parse(text)
        except message.FrameError as error:
            self._refuse(*error.args)
            return
        finally:
            modules.done("rpc.message")
        if kind == _CALL:
            self._handle(message_id, first, second)
        elif kind == _CALLERROR:
            self._answered(kind, message_id, None, first + ": " + second)
        else:
            self._answered(kind, message_id, first, None)

    @cold
    def _answered(
        self, kind: int, message_id: str, payload: dict | None, problem: str | None
    ) -> None:
        """The peer's answer; `problem` says what a CALLERROR says, or why there is no payload."""
        if message_id == self.outstanding:
            if kind == _CALLERROR:
                self._finish(None, problem)
            else:
                self._finish(self._read(self._action, payload, problem), None)
        elif self.late is not None and message_id == self.late[0] and kind == _CALLRESULT:
            _, action, context = self.late
            self.late = None
            self._owner.on_late_answer(context, self._read(action, payload, problem))

    @cold
    def _read(self, action: str, payload: dict | None, problem: str | None) -> dict:
        """What can be understood of the answer to `action`."""
        deviations = [problem]
        try:
            if payload is not None:
                deviations = _schema().read(self.profile.TABLE, action + "Response", payload)
        except MemoryError:
            payload, deviations = None, ["no memory to read it"]
        modules.done("rpc.schema")
        for field in deviations:
            self._owner.on_deviation(action, field)
        return payload or {}

    @cold
    def oversized(self, beginning: str) -> None:
        """A message beyond the link's limit was thrown away; `beginning` is its first text."""
        kind, message_id = _message().head(beginning)
        if self.profile is not None:
            code = "RpcFrameworkError" if message_id is None else "FormatViolation"
            self._refuse(code, "the message is too long", kind, message_id)

    @cold
    def answer(self, payload) -> None:
        """Answer the CALL that is owed one. payload: as `on_call` returns it, or a CallError."""
        message_id, self.owed = self.owed, None
        if message_id is None:  # its connection is gone
            return
        if isinstance(payload, CallError):
            self._answers.append(self._error(message_id, payload))
        else:
            self._answers.append(_message().result(message_id, payload))

    def poll(self, now) -> None:
        """Give up the outstanding CALL if its time is over."""
        if self.outstanding is not None and now >= self.deadline_ms:
            late = self.outstanding, self._action, self._context
            self._finish(None, "no answer in time")
            self.late = late

    def next_deadline(self):
        """Tick in ms at which `poll` has something to do, or None."""
        return None if self.outstanding is None else self.deadline_ms

    def take(self):
        """What to send next: a str, or an iterator of its pieces; None when there is nothing."""
        if self._answers:
            return self._answers.pop(0)
        text, self._call = self._call, None
        return text

    @cold
    def drop(self) -> None:
        """The connection is gone: nothing of it is sent any more, our CALL has failed."""
        self._answers = []
        self.owed = self.late = None
        if self.outstanding is not None:
            self._finish(None, "the connection is lost")

    @cold
    def _finish(self, payload, error) -> None:
        context = self._context
        if self.late is not None and self.late[0] == self.outstanding:
            self.late = None
        self.outstanding = self._context = self._call = None
        self._owner.on_answer(context, payload, error)

    @cold
    def _handle(self, message_id, action, payload) -> None:
        """Answer a CALL of the peer."""
        waiting = len(self._answers)
        if waiting >= 2 * _MAX_ANSWERS:
            return
        try:
            if waiting >= _MAX_ANSWERS:  # 4.1.1: one at a time, each after the answer to the last
                raise CallError("GenericError", "too many CALLs at once")
            if message_id == self.owed:  # 4.2.3
                raise CallError("RpcFrameworkError", "a CALL of this message id is being handled")
            if not _schema().known(self.profile.TABLE, action):
                raise CallError("NotImplemented", "unknown action " + action[:50])
            violation = self._violation(action, payload)
            if violation is not None:
                raise CallError(violation[0], "%s: '%s'" % (action, violation[1]))
            payload = self._owner.on_call(action, payload)
            if payload is not None:
                text = _message().result(message_id, payload)
            elif self.owed is None:
                self.owed = message_id
                return
            else:
                raise CallError("GenericError", "an earlier CALL is still being handled")
        except CallError as error:
            text = self._error(message_id, error)
        except Exception as error:  # a defect of ours: the station goes on, and it is reported
            text = self._error(message_id, CallError("InternalError", type(error).__name__))
            self._owner.on_defect(error)
        self._answers.append(text)

    @cold
    def _refuse(self, code, problem, kind, message_id) -> None:
        """Deal with a FrameError: an error answer to a CALL, or the end of ours."""
        if kind == _CALLRESULT or kind == _CALLERROR:
            if message_id is not None:
                self._answered(kind, message_id, None, problem)
            return
        if message_id is None:
            message_id = self.profile.UNREADABLE_ID
        code = self.profile.error_code(code)
        if message_id is not None and code and len(self._answers) < 2 * _MAX_ANSWERS:
            self._answers.append(_message().error(message_id, code, problem))

    @cold
    def _error(self, message_id, error):
        code, description = (error.args + ("",))[:2]
        return _message().error(message_id, self.profile.error_code(code), description)

    @cold
    def _violation(self, name, payload):
        """None, or (neutral code, path) of what the schema of `name` forbids in the payload."""
        try:
            return _schema().check(self.profile.TABLE, name, payload)
        except MemoryError:  # ours, not the peer's
            return "InternalError", ""
        finally:
            modules.done("rpc.schema")


def _message():
    return modules.use("rpc.message")


def _schema():
    return modules.use("rpc.schema")
