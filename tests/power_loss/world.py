"""A station whose flash is recorded, and what is known of it outside: by the server, by who set
its configuration, by who stood at the contactor, and by the meter.

A `Watched` that is made with a mark of another one goes on where that one was when the mark was
taken, with a flash on which the power has just come back: the cars, the meters, the server and the
time are the same, the station is new.
"""

from tests.support.pair import ACCEPTED, Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"
OFF_MS = 90000
PASSWORD = "anotherpassword1"
# What is changed by the server in the scenarios: its key in 1.6, its variable in 2.0.1.
INTERVAL = "MeterValueSampleInterval", "SampledDataCtrlr", "TxUpdatedInterval"
PRE_AUTHORIZE = "LocalPreAuthorize", "AuthCtrlr", "LocalPreAuthorize"
RESUMPTION = "TxResumptionTimeout", "TxCtrlr", "ResumptionTimeout"
VARIABLES = {
    "SampledDataCtrlr.TxUpdatedInterval": "60",
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "false",
    "AuthCtrlr.LocalPreAuthorize": "false",
    "AuthCtrlr.LocalAuthorizeOffline": "true",
}
_REPLACED = (  # never mutated
    "subprotocol wall_ms expected server_ids_given settled settled_wh is_thinned"
    " _random _call_number"
)
_APPENDED = "heard promised closings server_ids"


class Watched(Pair):
    """heard: (message id, action, payload) of each CALL that the server got; promised: (message
    id, whether it is a security event) whose journalling has returned; closings: EVSE ids, one for
    each time a contactor closed; expected: what was set, name -> values that may be found;
    server_ids: (message id, transactionId) that a 1.6 server gave; settled, settled_wh: message
    ids and registers before all that; is_thinned: events may be missing.
    """

    def __init__(self, dialect, stores, flash, mark=None, ev_leaves=False, is_recorded=False):
        self.stores, self.flash = stores, flash
        self.heard = []
        self.promised = []
        self.closings = []
        self.server_ids = []
        self.server_ids_given = 1000
        self.expected = {
            INTERVAL: ("60",),
            PRE_AUTHORIZE: ("false",),
            RESUMPTION: ("0",),
            "credential": (None,),
            "operative": (True,),
            "cached": (False,),
        }
        self.settled = frozenset()
        self.settled_wh = (0, 0)
        self.is_thinned = False
        self.drivers = []
        self._was_closed = [False, False]
        self._setting = None  # (name, value) of which the server awaits the answer
        self._mark = mark
        self._ev_leaves = ev_leaves
        if is_recorded:
            flash.record(self.mark)
        answers = {"StartTransaction": self._start_transaction}
        super().__init__(
            dialect, VARIABLES, 2, answers, meter_ms=60000, make_store=self._open_store
        )

    # ---- the power

    def mark(self):
        """All that is known now, for another Watched to go on from."""
        self.update_meters()
        self.check()
        replaced = [getattr(self, name) for name in _REPLACED.split()]
        appended = [(getattr(self, name), len(getattr(self, name))) for name in _APPENDED.split()]
        return replaced, appended, tuple(self._meters_wms), tuple(self.evs), tuple(self.sockets)

    def power_up(self, reason="PowerUp"):
        mark, self._mark = self._mark, None
        if mark is not None:
            replaced, appended, meters, evs, sockets = mark
            for name, value in zip(_REPLACED.split(), replaced):  # noqa: B905
                setattr(self, name, value)
            for name, (values, count) in zip(_APPENDED.split(), appended):  # noqa: B905
                setattr(self, name, values[:count])
            self._meters_wms, self.sockets = list(meters), list(sockets)
            self.evs = [None] * len(evs) if self._ev_leaves else list(evs)
            self.wall_ms += OFF_MS
        super().power_up(reason)

    def _open_store(self, random_bytes):
        store = self.stores.open(self.flash, random_bytes)
        append = store.journal.append

        def appending(*parts):
            seq = append(*parts)
            self.promised.append(("%s-%x" % (store.nonce, seq), parts[0] != b"\x01"))
            return seq

        store.journal.append = appending
        return store

    def settle(self):
        """All is told: forget it but for the message ids, and record from here on."""
        self.settled |= frozenset([message_id for message_id, _, _ in self.heard])
        self.settled_wh = (self.energy_wh(1), self.energy_wh(2))
        self.heard, self.promised, self.closings = [], [], []
        self.flash.record(self.mark)

    # ---- the server

    def set_variable(self, name, value):
        """Change a variable from the server's side."""
        if self.subprotocol == V16:
            self._set(name, value, "ChangeConfiguration", {"key": name[0], "value": value})
        else:
            data = _address(name)
            data["attributeValue"] = value
            self._set(name, value, "SetVariables", {"setVariableData": [data]})

    def set_credential(self, password):
        """The same with the password, which is not to be read back but by its use."""
        name = "AuthorizationKey", "SecurityCtrlr", "BasicAuthPassword"
        if self.subprotocol == V16:
            value = "".join(["%02x" % ord(letter) for letter in password])
            request = {"key": name[0], "value": value}
            self._set("credential", password, "ChangeConfiguration", request)
        else:
            data = _address(name)
            data["attributeValue"] = password
            self._set("credential", password, "SetVariables", {"setVariableData": [data]})

    def set_operative(self, operative):
        """Change the availability of EVSE 2."""
        kind = "Operative" if operative else "Inoperative"
        if self.subprotocol == V16:
            request = {"connectorId": 2, "type": kind}
        else:
            request = {"operationalStatus": kind, "evse": {"id": 2}}
        self._set("operative", operative, "ChangeAvailability", request)

    def clear_cache(self):
        self._set("cached", False, "ClearCache", {})

    def variable(self, name):
        """The value that the server reads."""
        if self.subprotocol == V16:
            answer = self.call("GetConfiguration", {"key": [name[0]]})
            return answer["configurationKey"][0]["value"]
        answer = self.call("GetVariables", {"getVariableData": [_address(name)]})
        return answer["getVariableResult"][0]["attributeValue"]

    def expect(self, name, *values):
        """From now on one of these is found."""
        self.expected = dict(self.expected)
        self.expected[name] = values

    def drained(self):
        return self.store.journal.count() == 0 and not self.station.busy

    def check(self):
        """Called whenever something may have happened: see the contactors."""
        for n, evse in enumerate(self.drivers):
            closed = evse.contactor.closed()
            if closed and not self._was_closed[n]:
                self.closings.append(n + 1)
            self._was_closed[n] = closed

    # ---- inside

    def _set(self, name, value, action, request):
        self.expect(name, *(self.expected[name] + (value,)))
        self._setting = name, value
        self.call(action, request)
        assert self._setting is None, "%s was not accepted" % action

    def _take(self, text):
        super()._take(text)
        if self._setting is None:
            return
        answer = self._results.get("csms-%d" % self._call_number)
        if isinstance(answer, dict):
            results = answer.get("setVariableResult")
            status = results[0]["attributeStatus"] if results else answer["status"]
            if status in ("Accepted", "RebootRequired"):
                if self._setting[0] == "credential":
                    self.expect("reconfigured", True)
                self.expect(self._setting[0], self._setting[1])
                self._setting = None

    def _note(self, direction, message):
        """No transcript: the server remembers what it must."""
        if direction == "out" and message[0] == 2:
            self.heard.append((message[1], message[2], message[3]))

    def _start_transaction(self, payload):
        """A server that knows a duplicate by its message id."""
        message_id = self._outstanding[0]
        for known, server_id in self.server_ids:
            if known == message_id:
                return {"transactionId": server_id, "idTagInfo": ACCEPTED}
        self.server_ids_given += 1
        self.server_ids.append((message_id, self.server_ids_given))
        return {"transactionId": self.server_ids_given, "idTagInfo": ACCEPTED}


def _address(name):
    return {"component": {"name": name[1]}, "variable": {"name": name[2]}}
