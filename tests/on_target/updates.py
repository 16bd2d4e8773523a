"""An updater for measuring: it downloads nothing, and runs what it is given a step a turn.

The certificates are those of tests/support/updating.py, and so is the signature, of FILE_SHA256.
"""

ROOT = (
    "-----BEGIN CERTIFICATE-----\nMIIBLzCB16ADAgECAgISNDAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARy"
    "b290MB4X\nDTI2MDEwMTAwMDAwMFoXDTQ2MDEwMTAwMDAwMFowDzENMAsGA1UEAwwEcm9vdDBZ\nMBMGByqGSM"
    "49AgEGCCqGSM49AwEHA0IABGsX0fLhLEJH+Lzm5WOkQPJ3A32BLesz\noPShOUXYmMKWT+NC4v4af5uO5+tKf"
    "A+eFivOM1drMV7Oy7ZAaDe/UfWjIzAhMA8G\nA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgAEMAoGCCqG"
    "SM49BAMCA0cAMEQC\nIAW4Tq3+8KjgWW3IYN2koWXEEA3T+dMNrWzjhba8NSL2AiAkV7SGsTkaMv7JKbDb\ncl"
    "Lcvl6FYWQUnZ8LrN6JC+AUwg==\n-----END CERTIFICATE-----\n"
)
LEAF = (
    "-----BEGIN CERTIFICATE-----\nMIIBNjCB3qADAgECAgISNDAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARy"
    "b290MB4X\nDTI2MDEwMTAwMDAwMFoXDTQ2MDEwMTAwMDAwMFowEjEQMA4GA1UEAwwHc2lnbmlu\nZzBZMBMGBy"
    "qGSM49AgEGCCqGSM49AwEHA0IABFFZC3pRUUDS14TIVghmj9/vjIL9\nH1vlJCFVSg3D0DPt4MF9qJBKcn2K4"
    "b82v4p5Jg0BLwDU2AiI0dC7RP2hbaSjJzAl\nMA4GA1UdDwEB/wQEAwIAgDATBgNVHSUEDDAKBggrBgEFBQcD"
    "AzAKBggqhkjOPQQD\nAgNHADBEAiAK056q4J5UeR4z0Vwab7EMLZ5wHdE9DErUWHZzY/cw0QIgTswALeoG\nCK"
    "4I9xPSWuWozFVpf49fpl4wb+dUSrX9Hxo=\n-----END CERTIFICATE-----\n"
)
SIGNATURE = (
    "MEYCIQDbhg2lQo8awfQ3UkYtD2RMy20FTtKpJyABJFp/5NsasgIhAKxPNvav0Yts1ElSz6YXpf6C/FW5+/Py"
    "zzPetRTGeFkB"
)
FILE_SHA256 = "7628cc30d7d90290cd421d780b7044c00febf3d21108e728d30ec49722781b66"


class Images:
    """What survives a reboot."""

    def __init__(self):
        self.on_trial = False
        self.next = False  # the one that is to be tried


class Places:
    running = 0


class Updater:
    protocols = "HTTP"
    fell_back = None
    version = "1.0.0"
    places = Places

    def __init__(self, images):
        self.images = images
        self.news = False
        self.result = self.steps = None
        images.on_trial, images.next = images.on_trial or images.next, False
        self.trial_s = 900 if images.on_trial else None

    def fetch(self, location, fresh):
        self._tell(("fetched", bytes.fromhex(FILE_SHA256)))

    def run(self, steps):
        self.steps = steps

    def turn(self):
        """One step; False if there is none."""
        if self.steps is None:
            return False
        try:
            next(self.steps)
        except StopIteration as end:
            self.steps = None
            self._tell(("ran", end.value))
        return True

    def install(self):
        yield
        self.images.next = True
        return None

    def stop(self):
        self.news = False
        self.result = self.steps = None

    def take(self):
        self.news = False
        result, self.result = self.result, None
        return result

    def confirm(self):
        self.images.on_trial = False
        self.trial_s = None

    def give_up(self, deadline):
        raise AssertionError("the server accepts every image here")

    def _tell(self, result):
        self.news, self.result = True, result


def request(subprotocol, signed):
    """(action, payload) of UpdateFirmware, as text."""
    if not signed:
        if subprotocol == "ocpp1.6":
            return "UpdateFirmware", (
                '{"location":"http://a/b","retrieveDate":"2026-04-01T00:00:00Z"}'
            )
        return "UpdateFirmware", (
            '{"requestId":7,"firmware":{"location":"http://a/b",'
            '"retrieveDateTime":"2026-04-01T00:00:00Z"}}'
        )
    action = "SignedUpdateFirmware" if subprotocol == "ocpp1.6" else "UpdateFirmware"
    return action, (
        '{"requestId":7,"firmware":{"location":"http://a/b",'
        '"retrieveDateTime":"2026-04-01T00:00:00Z","signingCertificate":"%s","signature":"%s"}}'
    ) % (LEAF.replace("\n", "\\n"), SIGNATURE)
