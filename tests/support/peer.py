"""An rpc.endpoint.Endpoint with all that it calls back, for tests on both interpreters."""

import json

from chargepoint import profiles
from chargepoint.rpc.endpoint import Endpoint

V16 = profiles.load("ocpp1.6")
V201 = profiles.load("ocpp2.0.1")


class Peer:
    """An endpoint, what was called back, and how it answers."""

    def __init__(self, profile=V201, result=None):
        self.number = 0
        self.endpoint = Endpoint(self)
        self.endpoint.profile = profile
        self.calls = []
        self.answers = []
        self.late = []
        self.deviations = []
        self.defects = []
        self.result = result or {"status": "Accepted"}
        self.now = 0

    def new_message_id(self):
        self.number += 1
        return "id-%d" % self.number

    def on_call(self, action, payload):
        self.calls.append((action, payload))
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    def on_answer(self, context, payload, error):
        self.answers.append((context, payload, error))

    def on_late_answer(self, context, payload):
        self.late.append((context, payload))

    def on_deviation(self, action, field):
        self.deviations.append((action, field))

    def on_defect(self, error):
        self.defects.append(error)

    def receive(self, text):
        self.endpoint.receive(text)

    def call(self, context="boot", timeout_ms=30000, message_id=None):
        self.endpoint.call("BootNotification", {}, context, self.now, timeout_ms, message_id)

    def poll(self, now):
        self.now = now
        self.endpoint.poll(now)

    def taken(self):
        """All that is to be sent, parsed."""
        texts = []
        while True:
            text = self.endpoint.take()
            if text is None:
                return texts
            texts.append(json.loads(text if isinstance(text, str) else "".join(text)))

    def reply(self, text):
        """The one answer to a message, or None."""
        self.receive(text)
        texts = self.taken()
        assert len(texts) <= 1
        return texts[0] if texts else None

    def error(self, text):
        """(message id, error code) of the CALLERROR that answers the message, or None."""
        reply = self.reply(text)
        if reply is None:
            return None
        assert reply[0] == 4 and len(reply) == 5 and reply[4] == {} and len(reply[3]) <= 255
        return reply[1], reply[2]
