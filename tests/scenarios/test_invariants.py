"""Anything may happen in any order, and still: one CALL at a time, no transaction message lost,
doubled or out of order, the contactor closed only for who is authorized, energy that never falls.

Hypothesis drives a whole station against a scripted server, in both dialects, with lost links,
slow and silent servers, faults, power cuts, resets and a clock that jumps. SOAK=1 in the
environment makes it a long run (`make soak`).
"""

import os

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chargepoint import timestamp
from tests.support.pair import ACCEPTED, START_EPOCH_S, Ev, Pair
from tests.support.whole import samples_of

SOAK = bool(os.environ.get("SOAK"))
V16 = "ocpp1.6"
EVSES = st.sampled_from((1, 2))
TOKENS = st.sampled_from(("GOOD1", "GOOD2", "BAD", "LATE"))  # LATE proves invalid at the start
FAULTS = ("GroundFailure", "OverCurrentFailure", "EVCommunicationError", "ReaderFailure")
POINTS = st.sampled_from(
    ("EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer", "EVConnected,Authorized")
)
SAFE_TO_CLOSE = ("ReaderFailure",)
STOP_MS = st.sampled_from((0, 2500, 3600000))  # until an EV stops that is offered nothing more
BOOLEANS = st.sampled_from(("true", "false"))


class Watched(Pair):
    """A Pair that remembers what its stations have journalled, and what the server was told."""

    def __init__(self, *arguments, **options):
        self.journalled = []  # (journal seq, TransactionRecord)
        self.told = []  # (message id, action, payload), each id once, in the order of the first
        self.answered = set()  # message ids of which the station got the answer
        self.clock_step_s = 0
        super().__init__(*arguments, **options)

    def power_up(self, reason="PowerUp"):
        self.booting = True
        super().power_up(reason)

    def step(self):
        if self.booting:  # the new Station is there
            self.booting = False
            outbox = self.station.outbox
            append = outbox.append_transaction

            def appending(record):
                assert append(record)
                self.journalled.append((outbox.last_seq, record))
                if record.event_type == "Ended" and record.evse_id:
                    meter_wh = self.energy_wh(record.evse_id)
                    assert record.meter_wh == meter_wh, "the final register is not the meter's"
                return True

            outbox.append_transaction = appending
        super().step()

    def wall_time(self):
        return timestamp.format(START_EPOCH_S + self.clock_step_s + self.wall_ms // 1000)

    def _take(self, text):
        super()._take(text)
        message = next(m for direction, m in reversed(self.transcript) if direction == "out")
        if message[0] == 2 and message[1] not in [told[0] for told in self.told[-200:]]:
            self.told.append((message[1], message[2], message[3]))

    def _answer(self, reply):
        super()._answer(reply)
        if not self.csms.slow:
            self.answered.add(reply[1])

    def idle(self):
        return self.station.outbox.counts() == [0, 0] and not self.station.busy


class AnyOrder(RuleBasedStateMachine):
    @initialize(
        dialect=st.sampled_from((V16, "ocpp2.0.1")),
        start=POINTS,
        stop=POINTS,
        stop_invalid=BOOLEANS,
        stop_disconnect=BOOLEANS,
        unknown=BOOLEANS,
        socket=st.booleans(),
        max_energy=st.sampled_from(("0", "500")),
    )
    def build(
        self, dialect, start, stop, stop_invalid, stop_disconnect, unknown, socket, max_energy
    ):
        variables = {
            "TxCtrlr.TxStartPoint": start,
            "TxCtrlr.TxStopPoint": stop,
            "TxCtrlr.StopTxOnInvalidId": stop_invalid,
            "TxCtrlr.StopTxOnEVSideDisconnect": stop_disconnect,
            "TxCtrlr.EVConnectionTimeOut": "60",
            "TxCtrlr.MaxEnergyOnInvalidId": max_energy,
            "AuthCtrlr.OfflineTxForUnknownIdEnabled": unknown,
            "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "100",
            "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "1",
            "SampledDataCtrlr.TxUpdatedInterval": "300",
        }
        self.pair = Watched(
            dialect, variables, connectors=("sType2" if socket else "cType2",), meter_ms=5000
        )
        self.pair.csms.answers = {
            "Authorize": self.authorize,
            "StartTransaction": self.start_transaction,
            "TransactionEvent": self.transaction_event,
        }
        self.pair.connect()

    # ---- the server

    def status(self, token, at_start):
        bad = token == "BAD" or (at_start and token == "LATE")
        return {"status": "Invalid"} if bad else ACCEPTED

    def authorize(self, payload):
        if self.pair.subprotocol == V16:
            return {"idTagInfo": self.status(payload["idTag"], False)}
        return {"idTokenInfo": self.status(payload["idToken"]["idToken"], False)}

    def start_transaction(self, payload):
        self.pair.csms.next_transaction_id += 1
        return {
            "transactionId": self.pair.csms.next_transaction_id,
            "idTagInfo": self.status(payload["idTag"], True),
        }

    def transaction_event(self, payload):
        if "idToken" in payload:
            return {"idTokenInfo": self.status(payload["idToken"]["idToken"], True)}
        return {}

    # ---- what happens

    @rule(evse_id=EVSES, stop_ms=STOP_MS)
    def plug(self, evse_id, stop_ms):
        if self.pair.evs[evse_id - 1] is None:
            self.pair.plug(evse_id, Ev(stop_ms=stop_ms))

    @rule(evse_id=EVSES)
    def unplug(self, evse_id):
        self.pair.unplug(evse_id)

    @rule(evse_id=EVSES, token=TOKENS, stop_ms=STOP_MS)
    def charge(self, evse_id, token, stop_ms):
        """What happens most: a car comes and its driver has a card."""
        self.plug(evse_id, stop_ms)
        self.pair.token(token, evse_id)
        self.pair.run(30)

    @rule(evse_id=EVSES, wants=st.booleans())
    def appetite(self, evse_id, wants):
        if self.pair.evs[evse_id - 1] is not None:
            self.pair.evs[evse_id - 1].wants_energy = wants
            self.pair.step()

    @rule(token=TOKENS, evse_id=st.sampled_from((0, 1, 2)))
    def token(self, token, evse_id):
        self.pair.token(token, evse_id)

    @rule(evse_id=EVSES, code=st.sampled_from(FAULTS), active=st.booleans())
    def fault(self, evse_id, code, active):
        self.pair.fault(evse_id, code, active)

    @rule()
    def link_down(self):
        if self.pair.connected:
            self.pair.disconnect()

    @rule()
    def link_up(self):
        if not self.pair.connected:
            self.pair.connect()

    @rule(slow=st.booleans())
    def server_pace(self, slow):
        self.pair.csms.slow = slow

    @rule()
    def late_answers(self):
        slow, self.pair.csms.slow = self.pair.csms.slow, False
        if self.pair.connected:
            self.pair.deliver()
        self.pair.csms.slow = slow

    @rule()
    def answers_lost(self):
        self.pair.csms.late = []

    @rule(seconds=st.sampled_from((31, 65)))
    def server_deaf(self, seconds):
        """What is sent in this time is never answered."""
        self.pair.csms.slow = True
        self.pair.run(seconds)
        self.pair.csms.slow = False
        self.pair.csms.late = []
        self.pair.run(5)

    @rule(seconds=st.sampled_from((1, 3, 20, 59, 61, 200, 1000)))
    def time_passes(self, seconds):
        self.pair.run(seconds)

    @rule()
    def power_cut(self):
        self.pair.power_cut()

    @precondition(lambda self: self.pair.connected)
    @rule(kind=st.sampled_from((0, 1)))
    def reset(self, kind):
        kinds = ("Hard", "Soft") if self.pair.subprotocol == V16 else ("Immediate", "OnIdle")
        self.pair.call("Reset", {"type": kinds[kind]})

    @precondition(lambda self: self.pair.connected)
    @rule(evse_id=EVSES, token=TOKENS)
    def remote_start(self, evse_id, token):
        if self.pair.subprotocol == V16:
            payload = {"idTag": token, "connectorId": evse_id}
            self.pair.call("RemoteStartTransaction", payload)
        else:
            id_token = {"idToken": token, "type": "ISO14443"}
            payload = {"idToken": id_token, "remoteStartId": 1, "evseId": evse_id}
            self.pair.call("RequestStartTransaction", payload)

    @precondition(lambda self: self.pair.connected)
    @rule(evse_id=EVSES)
    def remote_stop(self, evse_id):
        transaction = self.pair.station.evses[evse_id - 1].transaction
        if transaction is None:
            return
        if self.pair.subprotocol == V16:
            server_id = self.pair.station.outbox.server_ids.get(transaction.id, -1)
            self.pair.call("RemoteStopTransaction", {"transactionId": server_id})
        else:
            self.pair.call("RequestStopTransaction", {"transactionId": transaction.id})

    @precondition(lambda self: self.pair.connected)
    @rule(evse_id=EVSES)
    def unlock(self, evse_id):
        payload = {"connectorId": evse_id}
        if self.pair.subprotocol != V16:
            payload = {"evseId": evse_id, "connectorId": 1}
        self.pair.call("UnlockConnector", payload)

    @precondition(lambda self: self.pair.connected)
    @rule(evse_id=st.sampled_from((0, 1, 2)), operative=st.booleans())
    def availability(self, evse_id, operative):
        kind = "Operative" if operative else "Inoperative"
        if self.pair.subprotocol == V16:
            payload = {"connectorId": evse_id, "type": kind}
        else:
            payload = {"operationalStatus": kind}
            if evse_id:
                payload["evse"] = {"id": evse_id}
        self.pair.call("ChangeAvailability", payload)

    @rule(step_s=st.sampled_from((-3600, -5, 5, 3600)))
    def clock_jumps(self, step_s):
        self.pair.clock_step_s += step_s
        if self.pair.connected:
            self.pair.call("TriggerMessage", {"requestedMessage": "Heartbeat"})

    # ---- what holds

    @invariant()
    def power_is_safe(self):
        for evse, drivers in zip(self.pair.station.evses, self.pair.drivers, strict=True):
            if drivers.contactor.closed():
                assert evse.transaction is not None
                if evse.authorized is None or evse.transaction.blocked:  # an ordinary stop
                    assert drivers.pilot.offered_ma == 0
                    assert 0 < (evse.open_at_ms or 0) - self.pair.now <= 6000
                assert drivers.pilot.pilot_state in "CD" and drivers.pilot.connector_id
                codes = [code for _, code in drivers.faults.active()]
                assert not [code for code in codes if code not in SAFE_TO_CLOSE]
                assert drivers.lock.locked() or evse.connectors[0].type[0] == "c"

    def teardown(self):
        if not hasattr(self, "pair"):
            return
        pair = self.pair
        pair.csms.slow = False
        for _ in range(20):
            if not pair.connected:
                pair.connect()
            pair.run(120)
            if pair.idle():
                break
        assert pair.idle(), "the queue does not drain"
        self.check_journal()
        if pair.subprotocol == V16:
            self.check_16()
        else:
            self.check_201()

    def check_journal(self):
        """What the stations have said of each transaction, whole and in order."""
        transactions = {}
        for _, record in self.pair.journalled:
            transactions.setdefault(record.transaction_id, []).append(record)
        for records in transactions.values():
            assert [record.seq_no for record in records] == list(range(len(records)))
            assert records[0].event_type == "Started"
            assert "Started" not in [record.event_type for record in records[1:]]
            assert "Ended" not in [record.event_type for record in records[:-1]]
            registers = []
            for record in records:
                if record.evse_id:
                    registers += [
                        sample.reading.energy_wh for sample in samples_of(record.samples, 0)
                    ]
                    registers.append(record.meter_wh)
                if record.event_type == "Ended":
                    registers = [r.meter_wh for r in records if r.evse_id]
            assert registers == sorted(registers), "energy falls"
        running = {
            evse.transaction.id
            for evse in self.pair.station.transactions.all()
            if evse.transaction is not None
        }
        for transaction_id, records in transactions.items():
            ended = records[-1].event_type == "Ended"
            assert ended != (transaction_id in running), "a transaction without an end"

    def journal_ids(self):
        return ["%s-%x" % (self.pair.store.nonce, seq) for seq, _ in self.pair.journalled]

    def check_201(self):
        told = [(i, p) for i, action, p in self.pair.told if action == "TransactionEvent"]
        assert [i for i, _ in told] == self.journal_ids(), "lost, doubled or out of order"
        assert not [i for i, _ in told if i not in self.pair.answered], "never acknowledged"
        for (_, payload), (_, record) in zip(told, self.pair.journalled, strict=True):
            assert payload["transactionInfo"]["transactionId"] == record.transaction_id
            assert (payload["seqNo"], payload["eventType"]) == (record.seq_no, record.event_type)

    def check_16(self):
        actions = ("StartTransaction", "StopTransaction", "MeterValues")
        ids = self.journal_ids()
        told = [(i, a, p) for i, a, p in self.pair.told if a in actions and i in ids]
        assert not [i for i, _, _ in told if i not in self.pair.answered], "never acknowledged"
        places = [ids.index(i) for i, _, _ in told]
        assert places == sorted(places) and len(places) == len(set(places))
        authorized, ended = [], []
        for _, record in self.pair.journalled:
            transaction_id = record.transaction_id
            if record.id_token is not None and transaction_id not in authorized:
                if record.event_type != "Ended":
                    authorized.append(transaction_id)
            if record.event_type == "Ended" and transaction_id in authorized:
                ended.append(transaction_id)
        assert len([1 for _, a, _ in told if a == "StartTransaction"]) == len(authorized)
        stops = [p for _, a, p in told if a == "StopTransaction"]
        assert len(stops) == len(ended)
        assert -1 not in [stop["transactionId"] for stop in stops]
        server_ids = [stop["transactionId"] for stop in stops]
        assert len(server_ids) == len(set(server_ids))


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=10000 if SOAK else 100, stateful_step_count=80 if SOAK else 40
)
