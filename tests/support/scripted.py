"""The server of a Pair. Runs on both interpreters: no pytest here."""

ACCEPTED = {"status": "Accepted"}


class Refuse(Exception):
    """Raised by an answer function: the server sends CALLERROR with this code."""


class ScriptedCsms:
    """Answers by action: a payload, a function of the request's payload, or None for silence.
    While `slow` is set, answers wait in `late` until `Pair.deliver`."""

    def __init__(self, pair, answers=None):
        self.pair = pair
        self.answers = answers or {}
        self.next_transaction_id = 1001
        self.slow = False
        self.late = []

    def answer(self, action: str, payload: dict):
        """The payload of the CALLRESULT, or None: no answer. Raises Refuse."""
        if action in self.answers:
            answer = self.answers[action]
            return answer(payload) if callable(answer) else answer
        if action == "BootNotification":
            return {"status": "Accepted", "currentTime": self.pair.wall_time(), "interval": 300}
        if action == "Heartbeat":
            return {"currentTime": self.pair.wall_time()}
        if action == "Authorize":
            key = "idTagInfo" if self.pair.subprotocol == "ocpp1.6" else "idTokenInfo"
            return {key: ACCEPTED}
        if action == "StartTransaction":
            self.next_transaction_id += 1
            return {"transactionId": self.next_transaction_id - 1, "idTagInfo": ACCEPTED}
        if action == "DataTransfer":
            return ACCEPTED
        return {}
