"""A message that costs the link: it is tried on a proven link, shorter, and not without end."""

import json

from tests.support.pair import Pair, Refuse

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
MANY = {
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    "OCPPCommCtrlr.HeartbeatInterval": "86400",
    "SampledDataCtrlr.TxUpdatedInterval": "0",
    "SampledDataCtrlr.TxEndedInterval": "60",
    "SampledDataCtrlr.TxEndedMeasurands": "Energy.Active.Import.Register,Power.Active.Import,"
    "Current.Import,Voltage,Current.Offered,Power.Offered,Frequency",
}
LIMIT = "OCPPCommCtrlr.BytesPerMessage[TransactionEvent]"


class Closing:
    """A session of an hour with a server that ends the connection at what `refuses` says.

    ends: (seconds, bytes, samples) of each end of a transaction that it got; closes: how often.
    """

    def __init__(self, dialect, refuses, variables=()):
        self.dialect = dialect
        self.refuses = refuses  # of the bytes of the payload
        self.ends = []
        self.closes = 0
        self.is_closing = False
        settings = dict(MANY)
        settings.update(variables)
        self.pair = Pair(dialect, settings)
        self.pair.connect()
        self.charge(3600)

    def charge(self, seconds):
        """A session, to its end."""
        pair = self.pair
        action = "StopTransaction" if self.dialect == V16 else "TransactionEvent"
        pair.csms.answers = {}
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(seconds)
        pair.csms.answers = {action: self.take}
        pair.unplug(1)

    def take(self, payload):
        samples = payload.get("transactionData", payload.get("meterValue", ()))
        size = len(json.dumps(payload))
        is_end = payload.get("eventType") in (None, "Ended")
        if is_end:
            self.ends.append((self.pair.wall_ms // 1000, size, len(samples)))
        if is_end and self.refuses(size):
            self.is_closing = True
            return None
        if self.dialect == V16:
            return {"idTagInfo": {"status": "Accepted"}}
        return {}

    def run(self, seconds):
        """Time passes; the station connects again five seconds after each loss."""
        for _ in range(seconds):
            if self.is_closing:
                self.is_closing = False
                self.closes += 1
                self.pair.disconnect()
                self.pair.run(5)
                self.pair.connect()
            self.pair.run(1)

    def given_up(self):
        events = self.pair.sent("SecurityEventNotification")
        return [e for e in events if e["type"] == "TransactionMessageGivenUp"]


def test_a_message_at_which_the_server_always_closes_is_given_up_after_its_attempts():
    for dialect in DIALECTS:
        session = Closing(dialect, lambda size: True)
        session.run(600)
        assert session.closes == 3
        assert session.pair.station.outbox.counts() == [0, 0]
        assert len(session.given_up()) == 1
        sizes = [size for _, size, _ in session.ends]
        assert sizes[0] > sizes[1] >= sizes[2], "they are no shorter"
        moments = [at for at, _, _ in session.ends]
        assert moments[2] - moments[1] >= 120


def test_the_second_try_is_shorter_and_what_was_learnt_holds_for_the_next():
    for dialect in DIALECTS:
        session = Closing(dialect, lambda size: size > 5000)
        session.run(60)
        assert session.closes == 1 and len(session.ends) == 2
        assert session.ends[0][1] > 5000 >= session.ends[1][1] > 1500
        assert session.pair.station.outbox.counts() == [0, 0] and not session.given_up()
        session.charge(3600)
        session.run(60)
        assert session.closes == 1 and len(session.ends) == 3


def test_the_last_try_of_an_end_has_no_samples_where_two_have_cost_a_link():
    for dialect in DIALECTS:
        session = Closing(dialect, lambda size: size > 1500)
        session.run(300)
        assert session.closes == 2 and [samples for _, _, samples in session.ends[1:]] == [2, 0]
        assert session.pair.station.outbox.counts() == [0, 0] and not session.given_up()


def test_no_message_is_longer_than_the_setting_and_its_first_and_last_samples_are_told():
    for dialect in DIALECTS:
        for most in 8000, 3000, 1024:
            session = Closing(dialect, lambda size: False, {LIMIT: str(most)})
            session.run(5)
            _, size, samples = session.ends[0]
            assert samples >= 2 and (size <= most or samples == 2)
            action = "StopTransaction" if dialect == V16 else "TransactionEvent"
            end = session.pair.sent(action)[-1]
            told = end["transactionData" if dialect == V16 else "meterValue"]
            contexts = [value["sampledValue"][0]["context"] for value in (told[0], told[-1])]
            assert contexts == ["Transaction.Begin", "Transaction.End"]
            register = told[-1]["sampledValue"][0]["value"]
            assert int(register) == session.pair.energy_wh(1)


def test_a_link_that_is_lost_by_itself_costs_no_message():
    for dialect in DIALECTS:
        works = [0]
        session = Closing(dialect, lambda size, works=works: works[0] < 1)
        session.pair.csms.slow = True  # on these links the server says nothing at all
        session.pair.disconnect()
        session.is_closing = False
        for _ in range(10):
            session.pair.connect()
            session.pair.run(10)
            session.pair.disconnect()
            session.pair.run(10)
        session.pair.csms.slow = False
        works[0] = 1
        session.pair.connect()
        session.run(120)
        assert session.pair.station.outbox.counts() == [0, 0] and not session.given_up()


def test_a_heartbeat_shows_that_the_link_works_before_what_has_cost_one():
    for dialect in DIALECTS:
        session = Closing(dialect, lambda size: True)
        session.pair.forget()
        session.run(1)
        calls = [action for action in session.pair.actions() if action != "StatusNotification"]
        assert calls[0] == "Heartbeat" and calls[1] in ("StopTransaction", "TransactionEvent")


def test_a_server_that_answers_no_Heartbeat_gets_what_was_on_its_way_when_the_link_was_lost():
    for dialect in DIALECTS:
        sizes = []
        session = Closing(dialect, lambda size, sizes=sizes: sizes.append(size) or len(sizes) < 2)
        session.pair.csms.answers["Heartbeat"] = None
        session.run(120)
        assert session.closes == 1 and len(session.ends) == 2 and session.pair.drops == 0
        assert session.pair.station.outbox.counts() == [0, 0] and not session.given_up()


def test_a_status_at_which_the_server_always_closes_holds_no_transaction_up():
    for dialect in DIALECTS:
        pair = Pair(dialect, MANY)
        pair.connect()
        pair.run(1)
        closing = []

        def close(payload, closing=closing):
            closing.append(payload)

        pair.csms.answers = {"StatusNotification": close}
        pair.plug(1)
        pair.token("04AABBCC", 1)
        for _ in range(300):
            if len(closing) > 0:
                closing.clear()
                pair.disconnect()
                pair.run(5)
                pair.connect()
            pair.run(1)
        start = "StartTransaction" if dialect == V16 else "TransactionEvent"
        assert pair.sent(start) and pair.station.outbox.counts() == [0, 0]
        assert len(pair.statuses(1)) < 15


def test_a_security_event_that_gets_no_answer_is_given_up_while_transactions_are_told():
    for dialect in DIALECTS:
        variables = dict(MANY)
        variables["SampledDataCtrlr.TxUpdatedInterval"] = "20"
        pair = Pair(dialect, variables, answers={"SecurityEventNotification": None})
        pair.connect()
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(1800)
        assert len(pair.sent("SecurityEventNotification")) == 3
        assert pair.station.outbox.counts() == [0, 0] and pair.drops == 0


def test_1_6_meter_values_that_no_server_takes_hold_no_end_of_a_transaction():
    for refuses in False, True:
        taken = []

        def take(payload, refuses=refuses, taken=taken):
            if refuses and not taken:
                raise Refuse("InternalError")
            return {} if taken else None

        variables = dict(MANY)
        variables["SampledDataCtrlr.TxUpdatedInterval"] = "60"
        pair = Pair(V16, variables, answers={"MeterValues": take})
        pair.connect()
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(1800)
        pair.unplug(1)
        pair.run(120)
        assert pair.station.outbox.counts() == [0, 0] and pair.drops == 0
        assert len(pair.sent("StopTransaction")) == 1
        kinds = [event["type"] for event in pair.sent("SecurityEventNotification")]
        assert kinds.count("TransactionMessageGivenUp") == 1
        assert pair.station.outbox.in_vain
        taken.append(True)
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(100)
        assert not pair.station.outbox.in_vain


def test_201_each_event_has_its_attempts_and_a_server_that_answers_none_keeps_its_link():
    def take(payload):
        return None if payload["triggerReason"] == "MeterValuePeriodic" else {}

    variables = dict(MANY)
    variables["SampledDataCtrlr.TxUpdatedInterval"] = "60"
    pair = Pair(V201, variables, answers={"TransactionEvent": take})
    pair.connect()
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(1800)
    numbers = [event["seqNo"] for event in pair.sent("TransactionEvent")]
    assert pair.drops == 0
    for number in 2, 3, 4:  # a time-out counts only when the server is known to be alive
        assert numbers.count(number) in (3, 4)
