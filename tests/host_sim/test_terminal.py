"""Messages in words: both dialects, anything unforeseen, and lines that never wrap."""

import io

from hypothesis import given
from hypothesis import strategies as st

from host_sim import terminal
from host_sim.terminal import Transcript


def _text(direction, frame, asked=None):
    return "  ".join(text for _, text in terminal.segments(direction, frame, asked))


def test_boot_in_both_dialects():
    new = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}}
    old = {"chargePointVendor": "Acme", "chargePointModel": "One", "firmwareVersion": "0.1.0"}
    assert _text("out", [2, "a", "BootNotification", new]) == (
        "→  BootNotification  Acme  One  PowerUp"
    )
    assert _text("out", [2, "a", "BootNotification", old]) == (
        "→  BootNotification  Acme  One  version 0.1.0"
    )
    answer = {"status": "Accepted", "interval": 300, "currentTime": "2026-05-01T10:00:00Z"}
    assert _text("in", [3, "a", answer], "BootNotification") == "←  ✓  Accepted  interval 300 s"


def test_transaction_event():
    payload = {
        "eventType": "Started",
        "timestamp": "2026-05-01T10:00:00Z",
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "t", "chargingState": "EVConnected"},
        "evse": {"id": 1, "connectorId": 2},
        "idToken": {"idToken": "04AABBCC", "type": "ISO14443"},
        "meterValue": [
            {
                "timestamp": "2026-05-01T10:00:00Z",
                "sampledValue": [
                    {"value": 0, "context": "Transaction.Begin"},
                    {"value": 7360, "measurand": "Power.Active.Import"},
                    {"value": 32, "measurand": "Current.Import", "phase": "L1"},
                ],
            }
        ],
    }
    assert _text("out", [2, "a", "TransactionEvent", payload]) == (
        "→  TransactionEvent  Started  evse 1/2  04AABBCC  0 Wh  7360 W  (Authorized, EVConnected)"
    )
    answer = [3, "a", {"idTokenInfo": {"status": "Blocked"}}]
    assert _text("in", answer, "TransactionEvent") == "←  ✗  Blocked"
    assert _text("in", [3, "a", {}], "TransactionEvent") == "←  ✓  done"


def test_the_transaction_messages_of_1_6():
    start = {"connectorId": 1, "idTag": "04AA", "meterStart": 0, "timestamp": "x"}
    assert _text("out", [2, "a", "StartTransaction", start]) == (
        "→  StartTransaction  connector 1  04AA  0 Wh"
    )
    answer = {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}
    assert _text("in", [3, "a", answer], "StartTransaction") == "←  ✓  Accepted  transaction 7"
    sample = [{"value": "150.5", "unit": "Wh"}, {"value": "55", "measurand": "SoC"}]
    meter = {"connectorId": 1, "transactionId": 7, "meterValue": [{"sampledValue": sample}]}
    assert _text("out", [2, "a", "MeterValues", meter]) == (
        "→  MeterValues  connector 1  transaction 7  150.5 Wh  55 %"
    )
    stop = {"transactionId": 7, "meterStop": 200, "reason": "EVDisconnected"}
    assert _text("out", [2, "a", "StopTransaction", stop]) == (
        "→  StopTransaction  transaction 7  200 Wh  (EVDisconnected)"
    )


def test_status_notification_in_both_dialects():
    new = {"evseId": 1, "connectorId": 1, "connectorStatus": "Occupied"}
    old = {"connectorId": 0, "status": "Faulted", "errorCode": "GroundFailure"}
    quiet = {"connectorId": 2, "status": "Charging", "errorCode": "NoError"}
    name = "StatusNotification"
    assert _text("out", [2, "a", name, new]) == f"→  {name}  evse 1/1  Occupied"
    assert _text("out", [2, "a", name, old]) == f"→  {name}  station  Faulted  GroundFailure"
    assert _text("out", [2, "a", name, quiet]) == f"→  {name}  connector 2  Charging"


def test_configuration_in_both_dialects():
    item = {
        "component": {"name": "TxCtrlr"},
        "variable": {"name": "V", "instance": "i"},
        "attributeValue": "5",
    }
    assert _text("in", [2, "a", "SetVariables", {"setVariableData": [item]}]) == (
        "←  SetVariables  TxCtrlr.V[i] = 5"
    )
    result = {**item, "attributeStatus": "Rejected"}
    del result["attributeValue"]
    assert _text("out", [3, "a", {"setVariableResult": [result]}], "SetVariables") == (
        "→  ✗  TxCtrlr.V[i]  Rejected"
    )
    change = {"key": "K", "value": "1"}
    assert _text("in", [2, "a", "ChangeConfiguration", change]) == "←  ChangeConfiguration  K = 1"
    assert _text("in", [2, "a", "GetConfiguration", {}]) == "←  GetConfiguration  all keys"


def test_errors_and_things_that_are_no_messages():
    error = [4, "a", "NotSupported", "not in this station", {}]
    assert _text("out", error) == "→  ✗ NotSupported  not in this station"
    assert "not an OCPP message" in _text("in", {"a": 1})
    assert "not an OCPP message" in _text("in", [])
    assert _text("in", [2, "a", "Mystery", {"x": 1, "y": {"z": 2}}]) == "←  Mystery  x 1  y …"


def test_control_characters_do_not_reach_the_terminal():
    assert "\x1b" not in _text("out", [2, "a", "Authorize", {"idTag": "\x1b[2J\n"}])


def test_a_line_is_cut_at_the_width_and_says_so():
    stream = io.StringIO()
    transcript = Transcript(stream, width=30)
    transcript.message("12:00:04", "out", [2, "a", "Authorize", {"idTag": "A" * 60}])
    transcript.message("12:00:04", "in", [3, "a", {"idTagInfo": {"status": "Accepted"}}])
    assert stream.getvalue().splitlines() == [
        "12:00:04  →  Authorize  AAAAA…",
        "12:00:04  ←  ✓  Accepted",
    ]


def test_wide_characters_count_twice():
    assert terminal.columns("充电") == 4
    (_, text), (_, dots) = terminal.cut([("", "充电充电")], 6)
    assert text + dots == "充电…"


def test_a_table_is_aligned_and_a_heading_fills_the_line():
    stream = io.StringIO()
    transcript = Transcript(stream, width=24)
    transcript.heading("OCPP 1.6")
    transcript.table([("a", "energy"), ("long", "1 Wh")])
    assert stream.getvalue().splitlines() == [
        "",
        "── OCPP 1.6 ────────────",
        "a     energy",
        "long  1 Wh",
    ]


class _ClosedPipe(io.StringIO):
    def flush(self):
        raise BrokenPipeError


def test_a_pipe_that_nobody_reads_is_told_once():
    closed = []
    transcript = Transcript(_ClosedPipe(), 80, on_closed=lambda: closed.append(1))
    transcript.note("a")
    transcript.note("b")
    assert closed == [1]


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def test_colour_only_on_a_terminal_and_not_with_no_color(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert terminal.paint("red", "x", _Terminal()) == "\x1b[31mx\x1b[0m"
    assert terminal.paint("red", "x", io.StringIO()) == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.paint("red", "x", _Terminal()) == "x"


_KEYS = st.text(max_size=5) | st.sampled_from(
    "status idTagInfo idTokenInfo idToken evse id connectorId meterValue sampledValue value unit "
    "unitOfMeasure measurand context phase key setVariableData getVariableResult component "
    "variable name instance transactionInfo chargingStation reportData info errorCode".split()
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)
_ACTIONS = st.sampled_from([*terminal._FACTS, "Heartbeat", "Reset", "Mystery"])


@given(_ACTIONS, _JSON, st.sampled_from([2, 3, 4, 5, None]), st.integers(20, 200))
def test_nothing_crashes_and_no_line_is_wider_than_asked(action, payload, kind, width):
    stream = io.StringIO()
    transcript = Transcript(stream, width)
    transcript.message("12:00:00", "in", [2, "a", action, payload])
    transcript.message("12:00:00", "out", [kind, "a", payload, payload])
    transcript.message("12:00:00", "out", payload)
    lines = stream.getvalue().split("\n")
    assert len(lines) == 4 and max(map(terminal.columns, lines)) <= width
