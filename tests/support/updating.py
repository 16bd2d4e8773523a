"""A Pair whose station can be updated, signing certificates, and requests that use them."""

import binascii
from hashlib import sha256

from chargepoint.crypto import pem
from tests.support import certificates as made
from tests.support.fake_updater import FakeUpdater, Flash
from tests.support.pair import Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"
DIALECTS = (V16, V201)
ROOT_KEY, LEAF_KEY = 1, 5
ROOT = made.certificate("root", "root", 1, 1, extensions=(made.ca(), made.key_usage(0x04)))
USES = (made.key_usage(0x80), made.purposes(b"\x2b\x06\x01\x05\x05\x07\x03\x03"))
LEAF = made.certificate("signing", "root", LEAF_KEY, ROOT_KEY, extensions=USES)
FILE = b"a container and its payload"
LOCATION = "https://files.example/box.img"
PAST, SOON = "2026-04-01T00:00:00Z", "2026-05-01T12:00:00Z"  # the pair begins at 10:00
SEQUENCE = "Downloading Downloaded SignatureVerified Installing InstallRebooting Installed".split()


class Updating(Pair):
    """flash: what survives of its images. roots: PEM that the station left the factory with."""

    def __init__(self, subprotocol=V201, variables=None, roots=True, **options):
        self.flash = Flash()
        self.roots = pem.encode(ROOT, "CERTIFICATE") if roots else None
        super().__init__(subprotocol, variables, **options)

    def equip(self):
        self.updater = FakeUpdater(self.flash)
        self.station.updater = self.updater  # pyright: ignore[reportAttributeAccessIssue]
        self.station.factory_roots = lambda: self.roots

    def step(self):
        super().step()
        while self.updater.turn():
            super().step()

    def update(self, action=None, **fields):
        """Send the request; the status of the answer, or the code of the error, None without."""
        if self.subprotocol == V16 and action is None:
            action = "SignedUpdateFirmware"
        answer = self.call(action or "UpdateFirmware", fields or request())
        if isinstance(answer, tuple):
            return answer[0]
        return answer.get("status") if answer else None

    def arrive(self, data=FILE):
        self.updater.arrive(data)
        self.run(0)

    def fail(self, *how):
        self.updater.fail(*how)
        self.run(0)

    def firmware_statuses(self):
        """(status, requestId or None) of all that were told, of signed and unsigned updates."""
        return [
            (m[3]["status"], m[3].get("requestId"))
            for direction, m in self.transcript
            if direction == "out" and m[0] == 2 and m[2].endswith("FirmwareStatusNotification")
        ]

    def told(self):
        """The statuses alone."""
        return [status for status, _ in self.firmware_statuses()]

    def security(self):
        """(type, techInfo) of the security events that were told."""
        return [(e["type"], e.get("techInfo")) for e in self.sent("SecurityEventNotification")]


def updating(subprotocol=V201, variables=None, **options):
    """One that is accepted and has an empty transcript."""
    pair = Updating(subprotocol, variables, **options)
    pair.connect()
    pair.run(1)
    pair.forget()
    return pair


def request(request_id=7, certificate=LEAF, signature=None, file=FILE, key=LEAF_KEY, **more):
    """A signed request: 2.0.1's UpdateFirmware and 1.6's SignedUpdateFirmware are alike."""
    if signature is None:
        signature = made.ecdsa(key, sha256(file).digest())
    firmware = {
        "location": more.pop("location", LOCATION),
        "retrieveDateTime": more.pop("retrieve", PAST),
        "signingCertificate": (
            certificate if isinstance(certificate, str) else pem.encode(certificate, "CERTIFICATE")
        ),
        "signature": binascii.b2a_base64(signature).decode().strip(),
    }
    if "install" in more:
        firmware["installDateTime"] = more.pop("install")
    fields = {"requestId": request_id, "firmware": firmware}
    fields.update(more)
    return fields


def unsigned(subprotocol, request_id=7, **more):
    """An unsigned request of the dialect: (action, payload)."""
    when = more.pop("retrieve", PAST)
    location = more.pop("location", LOCATION)
    if subprotocol == V16:
        fields = {"location": location, "retrieveDate": when}
    else:
        fields = {"requestId": request_id}
        fields["firmware"] = {"location": location, "retrieveDateTime": when}
    fields.update(more)
    return fields
