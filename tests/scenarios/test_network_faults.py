"""Each message of a whole scenario is lost, late, doubled or the last of its connection, one at a
time; afterwards the network is good, and the server must know all that happened.

The station has its real Link, on a network in memory (`tests.support.linked`), and a virtual
clock. What happened is seen from outside, at the contactor and the meter. SOAK=1 in the
environment adds pairs of faults.
"""

import json
import os
import random
from itertools import pairwise

import pytest

from tests.support import told
from tests.support.linked import FAULTS, Linked

SOAK = bool(os.environ.get("SOAK"))
PAIRS, SOAK_PAIRS = 100, 5000
V16, V201 = "ocpp1.6", "ocpp2.0.1"
FOUND = {  # pairs that have failed
    V16: (),
    V201: (  # a time that was 15 s on its way moved the clock, and with it a sample
        ((13, "stall"), (16, "drop")),
        ((0, "close before"), (13, "stall")),
    ),
}
TOKEN = "04AABBCC"
PING_S, PONG_S, CLOSE_S = 60, 15, 5
CALL_S = 30  # MessageTimeout
SAMPLED_INTERVAL = 74  # SampledDataCtrlr.TxUpdatedInterval
SAMPLES_S = 60, 30  # before and after the server has changed it
VARIABLES = {
    "OCPPCommCtrlr.WebSocketPingInterval": str(PING_S),
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": "10",
    "OCPPCommCtrlr.RetryBackOffRandomRange": "5",
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    "SampledDataCtrlr.TxUpdatedInterval": str(SAMPLES_S[0]),
    "SampledDataCtrlr.TxUpdatedMeasurands": "Energy.Active.Import.Register",
}
CONFIGURATION = {
    V16: ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": str(SAMPLES_S[1])}),
    V201: (
        "SetVariables",
        {
            "setVariableData": [
                {
                    "attributeValue": str(SAMPLES_S[1]),
                    "component": {"name": "SampledDataCtrlr"},
                    "variable": {"name": "TxUpdatedInterval"},
                }
            ]
        },
    ),
}


class Observed(Linked):
    """Looks at the hardware and at what the station sends."""

    def __init__(self, *arguments, **options):
        self.delivered = []  # [Wh at the start, Wh at the end] of each time that power flowed
        self.said = {}  # message id -> CALL, without what may change from one attempt to the next
        self.told = []  # (message id, action, payload) as the server got them, each id once
        self.outstanding = None  # (message id, when, connection)
        super().__init__(*arguments, **options)

    def check(self):
        closed = self.drivers[0].contactor.closed()
        if closed != (bool(self.delivered) and len(self.delivered[-1]) == 1):
            if closed:
                self.delivered.append([self.energy_wh(1)])
            else:
                self.delivered[-1].append(self.energy_wh(1))

    def leaves(self, text):
        message = json.loads(text)
        if message[0] != 2:
            return
        if self.outstanding is not None:
            message_id, since_ms, socket = self.outstanding
            assert (
                message_id in self.heard
                or self.wall_ms - since_ms >= CALL_S * 1000
                or socket is not self.network.socket
            ), "two CALLs at a time"
        self.outstanding = message[1], self.wall_ms, self.network.socket
        accepted = self.station.provisioning.status == "Accepted"
        assert message[2] != "BootNotification" or not accepted, "a second BootNotification"
        for key in "offline", "transactionId":
            message[3].pop(key, None)
        for key in "transactionData", "meterValue":  # a retry may have fewer samples
            if key in message[3]:
                message[3][key] = message[3][key][0], message[3][key][-1]
        assert self.said.setdefault(message[1], message) == message, "a retry says something else"

    def _take(self, text):
        message = json.loads(text)
        self.told.append((message[1], message[2], message[3]))
        super()._take(text)


def play(dialect, faults):
    """The scenario; then time for the station to tell all."""
    pair = Observed(dialect, VARIABLES, faults=faults, evses=1, meter_ms=30000)
    try:
        pair.run(5)
        for session in 1, 2:
            pair.plug(1)
            pair.run(2)
            while pair.station.evses[0].transaction is None:  # its driver is patient
                pair.token(TOKEN, 1)
                pair.run(CALL_S * 2 + 10)
            pair.run(70)
            if session == 1:
                pair.ask(*CONFIGURATION[dialect])
            pair.run(45)
            pair.token(TOKEN, 1)
            pair.run(2)
            pair.unplug(1)
            pair.run(2)
        pair.run(500)
        judge(pair)
        if any(kind == "half-open" for _, kind in faults):
            found_ms = [at for at, kind in pair.events if kind == "disconnected"]
            bound_ms = (PING_S + PONG_S + CLOSE_S) * 1000
            if len(faults) == 1:
                assert len(found_ms) == 1
                assert 0 < found_ms[0] - pair.network.spoilt_ms[0] <= bound_ms
        return pair
    finally:
        pair.close()


def judge(pair):
    """What the server knows against what happened."""
    station = pair.station
    assert station.online and not station.busy and pair.connected
    assert station.outbox.counts() == [0, 0] and station.outbox.server_ids == {}
    ids = [message_id for message_id, _, _ in pair.told]
    journalled = [i for i in ids if i.startswith(pair.store.nonce + "-")]
    events = {i for i, action, _ in pair.told if action == "SecurityEventNotification"}
    numbers = [int(i.partition("-")[2], 16) for i in journalled if i not in events]
    assert numbers == sorted(set(numbers)), "lost, doubled or out of order"
    assert len(pair.delivered) == 2
    security = [p["type"] for _, a, p in pair.told if a == "SecurityEventNotification"]
    assert security == ["StartupOfTheDevice"]
    sessions = told.sessions(
        pair.subprotocol, [call for call in pair.told if call[0] in journalled]
    )
    assert [[session.levels[0], session.levels[-1]] for session in sessions] == pair.delivered
    for session in sessions:
        gaps = [after - before for before, after in pairwise(session.times)]
        assert max(gaps) <= SAMPLES_S[0] + 1, "a sample is missing"
        assert len(session.times) >= 3 and session.reason == "Local"
    assert not [i for i in numbers if i > station.outbox.last_seq]
    if pair.subprotocol == V201:
        events = {}
        for _, action, payload in pair.told:
            if action == "TransactionEvent":
                name = payload["transactionInfo"].get("transactionId")
                events.setdefault(name, []).append(payload["seqNo"])
        assert list(events.values()) == [list(range(len(n))) for n in events.values()], (
            "an event is missing"
        )
    assert [r[4] is not None for r in pair.requests] == [True]
    assert station.model.text(SAMPLED_INTERVAL) == str(SAMPLES_S[1])
    statuses = {}
    for _, action, payload in pair.told:
        if action == "StatusNotification":
            place = payload.get("evseId"), payload["connectorId"]
            status = payload.get("connectorStatus") or payload["status"]
            if place not in statuses or payload["timestamp"] >= statuses[place][0]:
                statuses[place] = payload["timestamp"], status
    assert {status for _, status in statuses.values()} == {"Available"}, statuses


def failures(dialect, points):
    """What went wrong, by point."""
    found = []
    for faults in points:
        try:
            play(dialect, faults)
        except Exception as error:
            found.append("%s: %s %s" % (faults, type(error).__name__, str(error)[:300]))
    return found


def report(dialect, points, wrong, say):
    say(f"{dialect}: {len(points)} points with network faults, failures: {len(wrong)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("dialect", [V16, V201])
def test_every_message_spoilt(dialect, say):
    count = len(play(dialect, ()).network.messages)
    points = [((n, kind),) for n in range(count) for kind in FAULTS]
    report(dialect, points, failures(dialect, points), say)


@pytest.mark.parametrize("dialect", [V16, V201])
def test_two_messages_spoilt(dialect, say):
    count = len(play(dialect, ()).network.messages)
    pick = random.Random(os.urandom(8) if SOAK else 1)
    points = list(FOUND[dialect])
    for _ in range(SOAK_PAIRS if SOAK else PAIRS):
        first, second = sorted(pick.sample(range(count), 2))
        points.append(((first, pick.choice(FAULTS)), (second, pick.choice(FAULTS))))
    report(dialect, points, failures(dialect, points), say)
