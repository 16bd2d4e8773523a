"""A station in the field: a Linked with several servers, whose image may be changed.

    field = Field()
    field.run(5)
    field.change("NetworkProfile1", "OCPP20 1 ws://new.example/ocpp")

The old server is at OLD and speaks OCPP 1.6, the new one at NEW and speaks 2.0.1 only. `boots`
says for each host how BootNotification is answered there: a status, or None for no answer.
"""

from chargepoint.device_model.table import FEATURES
from chargepoint.runtime import Runtime
from tests.support.linked import Linked
from tests.support.models import item

OLD, NEW = "ws://old.example/ocpp", "ws://new.example/ocpp"
V16, V201 = "ocpp1.6", "ocpp2.0.1"
KEY = "00112233445566778899aabbccddeeff"
VARIABLES = {
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": 1,
    "OCPPCommCtrlr.RetryBackOffRandomRange": 0,
    "OCPPCommCtrlr.RetryBackOffRepeatTimes": 2,
    "TxCtrlr.TxStartPoint": "PowerPathClosed",
    "TxCtrlr.TxStopPoint": "EVConnected,Authorized",
}


class Field(Linked):
    """built: the dialects of the image; more: variables besides VARIABLES."""

    networks = ((OLD, 1),)
    features = tuple(FEATURES.split())

    def __init__(self, built=(V16,), more=None, **options):
        self.built = built
        self.boots = {"old.example": "Accepted", "new.example": "Accepted"}
        self.boot_interval_s = 0  # HeartbeatInterval stays as it is
        self.hellos = []  # (host, subprotocol, headers) of each connection
        options.setdefault("answers", {})["BootNotification"] = self._boot_answer
        super().__init__(V16, dict(VARIABLES, **(more or {})), **options)
        self.network.servers = {"old.example": (b"ocpp1.6",), "new.example": (b"ocpp2.0.1",)}
        self._choose, self.network.choose = self.network.choose, self._chosen

    def _chosen(self, host, fields):
        chosen = self._choose(host, fields)
        if chosen:
            self.subprotocol = chosen.decode()
            self.hellos.append((host, self.subprotocol, fields))
        return chosen

    def _boot_answer(self, payload):
        status = self.boots[self.network.socket.host]
        if status is None:
            return None
        now = self.wall_time()
        return {"status": status, "currentTime": now, "interval": self.boot_interval_s}

    # ---- power

    def rebooted(self) -> Runtime:
        self.reboots.append(self.station.reboot)
        self._cut(self.station.reboot)
        self._boot()
        assert self.runtime is not None
        return self.runtime

    def cut(self, built=None):
        """The power fails, and comes back with this image."""
        self.built = built or self.built
        self._cut("PowerUp")
        self.step()

    def _cut(self, reason):
        if self.network.socket is not None:
            self.network.socket.end()
        self.power_cut(reason)

    # ---- the server

    @property
    def host(self):
        """Of the server that the station is connected to, "" if it is not online."""
        return self.network.socket.host if self.station.online else ""

    @property
    def spoken(self):
        return self.station.profile.SUBPROTOCOL if self.station.online else None

    def asked(self, action, payload):
        """The answer of the station."""
        self.ask(action, payload)
        return self.requests[-1][4]

    def change(self, key, value):
        """ChangeConfiguration; the status."""
        return self.asked("ChangeConfiguration", {"key": key, "value": value})["status"]

    def key(self, name):
        """A configuration key's value."""
        found = self.asked("GetConfiguration", {"key": [name]})
        return found["configurationKey"][0].get("value")

    def set(self, address, text):
        """SetVariables; the status."""
        items = [item(address, attributeValue=text)]
        answer = self.asked("SetVariables", {"setVariableData": items})
        return answer["setVariableResult"][0]["attributeStatus"]

    def variable(self, address):
        """GetVariables; the value, or the status if there is none."""
        answer = self.asked("GetVariables", {"getVariableData": [item(address)]})
        result = answer["getVariableResult"][0]
        return result.get("attributeValue", result["attributeStatus"])

    def profile(self, slot, version, url, level=1, **more):
        """SetNetworkProfile; the answer."""
        data = {
            "ocppVersion": version,
            "ocppTransport": "JSON",
            "ocppCsmsUrl": url,
            "messageTimeout": 30,
            "securityProfile": level,
            "ocppInterface": "Wired0",
        }
        data.update(more)
        return self.asked("SetNetworkProfile", {"configurationSlot": slot, "connectionData": data})

    def told(self, event_type):
        """techInfo of each security event of this type that a server has got."""
        return [
            event.get("techInfo")
            for event in self.sent("SecurityEventNotification")
            if event["type"] == event_type
        ]

    def choose(self, slots="1,0"):
        """The new profile is set and comes first from the next boot on."""
        assert self.change("NetworkProfile1", "OCPP20 1 " + NEW) == "RebootRequired"
        assert self.change("NetworkConfigurationPriority", slots) == "RebootRequired"

    def go(self, slots="1,0"):
        """What moves a station in OCPP 1.6 to 2.0.1, until it has rebooted."""
        self.choose(slots)
        self.ask("Reset", {"type": "Soft"})
        self.run(15)

    def record(self):
        return str(self.store.slots.load("network"), "utf-8")


def on_old(station):
    return (station.host, station.spoken) == ("old.example", V16)


def on_new(station):
    return (station.host, station.spoken) == ("new.example", V201)
