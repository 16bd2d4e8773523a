"""A stand-in for Station with what a dialect looks at: EVSEs, ids of the server, a clock.

EVSE 1 has one connector, EVSE 2 two and EVSE 3 one: flat numbers 1, 2 and 3, 4.
`events` gives an example of every kind of event, and more of the ones with many forms.
"""

from chargepoint import timestamp
from chargepoint.device_model.model import EvseLayout
from chargepoint.rpc import schema
from chargepoint.station.evse import Evse
from chargepoint.station.record import Reading, TransactionRecord
from chargepoint.station.samples import pack
from tests.support.whole import payload_of

NOW = timestamp.parse("2026-05-01T10:00:00Z")
TX = "6f1c2ff0-6e4d-4f0f-9f5e-0123456789ab"
ALL_MEASURANDS = 0xFFFF

# OCPP 2.0.1: every message that a charging station sends on its own account.
KINDS = (
    "Authorize BootNotification ClearedChargingLimit DataTransfer FirmwareStatusNotification"
    " Get15118EVCertificate GetCertificateStatus Heartbeat LogStatusNotification MeterValues"
    " NotifyChargingLimit NotifyCustomerInformation NotifyDisplayMessages NotifyEVChargingNeeds"
    " NotifyEVChargingSchedule NotifyEvent NotifyMonitoringReport NotifyReport"
    " PublishFirmwareStatusNotification ReportChargingProfiles ReservationStatusUpdate"
    " SecurityEventNotification SignCertificate StatusNotification TransactionEvent"
).split()


class Model:
    """Its one variable is the longest message, of which there are none."""

    def integer(self, number):
        return 1000000


class Outbox:
    def __init__(self):
        self.server_ids = {}
        self.fitting_bytes = 1000000
        self.suspect = False
        self.sample_bytes = 0

    def set_server_id(self, transaction_id, server_id):
        self.server_ids[transaction_id] = server_id

    def forget_server_id(self, transaction_id):
        self.server_ids.pop(transaction_id, None)


class Transaction:
    """What a dialect asks of a running transaction."""

    def __init__(self, transaction_id=TX, charging_ms=-1):
        self.id = transaction_id
        self.charging_ms = charging_ms
        self.blocked = False


def put(thing, **facts):
    """Set attributes that there are."""
    for name in facts:
        assert hasattr(thing, name), name
        setattr(thing, name, facts[name])
    return thing


class Station:
    def __init__(self, profile):
        self.profile = profile
        self.now = 0
        self.operative = True
        self.outbox = Outbox()
        self.model = Model()
        layouts = (
            EvseLayout(3, 32, ("cType2",)),
            EvseLayout(1, 16, ("sType2", "cType1")),
            EvseLayout(3, 32, ("sType2",)),
        )
        self.evses = [Evse(n + 1, layout) for n, layout in enumerate(layouts)]

    @property
    def in_service(self):
        return self.operative

    def clock_epoch_s(self, now):
        return NOW

    def encode(self, kind, data):
        """What the dialect says, checked against its schema."""
        encoded = self.profile.encode(self, kind, data)
        if encoded is not None:
            action, payload = encoded[0], payload_of(encoded[1])
            encoded = action, payload
            assert schema.known(self.profile.TABLE, action), action
            error = schema.check(self.profile.TABLE, action, payload)
            assert error is None, (action, error, payload)
        return encoded

    def said(self, kind, data):
        """(action, payload) of an event that is not nothing."""
        encoded = self.encode(kind, data)
        assert encoded is not None, kind
        return encoded

    def decode(self, action, payload):
        """What the dialect makes of a request that its schema allows."""
        error = schema.check(self.profile.TABLE, action, payload)
        assert error is None, (action, error)
        return self.profile.decode(self, action, payload)

    def result(self, action, result, request=None):
        """The answer of the dialect, checked against its schema."""
        payload = payload_of(self.profile.encode_result(self, action, request or {}, result))
        error = schema.check(self.profile.TABLE, action + "Response", payload)
        assert error is None, (action, error, payload)
        return payload


def sample(context="Sample.Periodic", mask=1, energy_wh=1000):
    reading = Reading()
    reading.power_w = 11040
    reading.current_ma, reading.voltage_mv = [16000, 15990, 16010], [230000, 229900, 230100]
    reading.offered_ma, reading.soc_percent = 16000, 55
    reading.frequency_mhz, reading.temperature_dc = 49980, 312
    return pack(NOW, context, mask, reading, energy_wh, reading.offered_ma)


def record(event_type="Updated", **facts):
    """A TransactionRecord of EVSE 1; `facts` are its other attributes."""
    made = TransactionRecord(event_type, TX, 3)
    put(made, epoch_s=NOW, meter_wh=1000, evse_id=1, connector_id=1)
    return put(made, **facts)


def started(**facts):
    facts.setdefault("id_token", "04AABB")
    facts.setdefault("id_token_type", "ISO14443")
    facts.setdefault("trigger_reason", "Authorized")
    facts.setdefault("charging_state", "EVConnected")
    facts.setdefault("tell_evse", True)
    facts.setdefault("samples", sample("Transaction.Begin"))
    return record("Started", **facts)


def events():
    """(kind, data) of every kind in the shapes that the station gives them."""
    time = timestamp.format(NOW)
    station = {"model": "One", "vendorName": "Acme"}
    yield "BootNotification", {"reason": "PowerUp", "chargingStation": station}
    long_names = {
        "model": "M" * 20,
        "vendorName": "V" * 50,
        "serialNumber": "S" * 25,
        "firmwareVersion": "F" * 50,
        "modem": {"iccid": "8" * 20, "imsi": None},
    }
    yield "BootNotification", {"reason": "Watchdog", "chargingStation": long_names}
    yield "Heartbeat", {}
    yield "Authorize", {"idToken": {"idToken": "04AABB", "type": "ISO14443"}}
    yield "Authorize", {"idToken": {"idToken": "x" * 36, "type": "Central"}}
    for status in "Available", "Occupied", "Reserved", "Unavailable", "Faulted":
        if status != "Occupied":
            data = {"evseId": 2, "connectorId": 2, "connectorStatus": status, "timestamp": time}
            yield "StatusNotification", data
    data = {"evseId": 0, "connectorId": 0, "connectorStatus": "Available", "timestamp": time}
    yield "StatusNotification", data
    for event in (
        started(),
        started(id_token=None, id_token_type=None, samples=b""),
        started(id_token="", id_token_type="NoAuthorization", reservation_id=7, offline=True),
        started(remote_start_id=5, phases_used=3, connector_id=0, evse_id=0, tell_evse=False),
        record(charging_state="Charging", trigger_reason="ChargingStateChanged"),
        record(samples=sample(mask=ALL_MEASURANDS), time_spent_charging_s=60),
        record(evse_id=2, connector_id=2, samples=sample(mask=ALL_MEASURANDS)),
        record(samples=sample(mask=ALL_MEASURANDS) * 20),
        record("Ended", samples=sample(mask=ALL_MEASURANDS) * 48),
        record(id_token="x" * 36, id_token_type="Central", trigger_reason="Authorized"),
    ):
        yield "TransactionEvent", event
    for reason in (
        "DeAuthorized EmergencyStop EnergyLimitReached EVDisconnected GroundFault ImmediateReset"
        " Local LocalOutOfCredit MasterPass Other OvercurrentFault PowerLoss PowerQuality Reboot"
        " Remote SOCLimitReached StoppedByEV TimeLimitReached Timeout"
    ).split():
        for trigger in "StopAuthorized", "ResetCommand", "UnlockCommand":
            samples = sample("Transaction.Begin") + sample("Transaction.End", ALL_MEASURANDS)
            yield (
                "TransactionEvent",
                record("Ended", stopped_reason=reason, trigger_reason=trigger, samples=samples),
            )
    for mask in 1, 1 << 8, 0, ALL_MEASURANDS:  # 1 << 8: temperature alone
        data = {"evseId": 2, "meterValue": sample("Sample.Clock", mask)}
        yield "MeterValues", data
        data = {"evseId": 2, "meterValue": data["meterValue"] * 5}
        yield "MeterValues", data
    for tech_info in None, "x" * 255:
        data = {"type": "SettingSystemTime", "timestamp": time, "techInfo": tech_info}
        yield "SecurityEventNotification", data
    for request_id in None, 7:
        for status in (
            "Downloaded DownloadFailed Downloading DownloadScheduled DownloadPaused Idle"
            " InstallationFailed Installing Installed InstallRebooting InstallScheduled"
            " InstallVerificationFailed InvalidSignature SignatureVerified"
        ).split():
            yield "FirmwareStatusNotification", {"status": status, "requestId": request_id}
            yield "FirmwareStatusNotification", {"status": status}
        for status in (
            "BadMessage Idle NotSupportedOperation PermissionDenied Uploaded UploadFailure"
            " Uploading AcceptedCanceled"
        ).split():
            yield "LogStatusNotification", {"status": status, "requestId": request_id}
    yield "DataTransfer", {"vendorId": "com.example"}
    yield "DataTransfer", {"vendorId": "com.example", "messageId": "m", "data": {"a": [1, None]}}
    yield "DataTransfer", {"vendorId": "com.example", "messageId": None, "data": "text"}
    yield "SignCertificate", {"csr": "-----BEGIN", "certificateType": "ChargingStationCertificate"}
    report = {"requestId": 1, "generatedAt": time, "seqNo": 0, "tbc": None}
    yield "NotifyReport", report
    yield "NotifyEvent", {"generatedAt": time, "seqNo": 0, "eventData": [_event(time)]}
    yield "NotifyMonitoringReport", {"requestId": 1, "generatedAt": time, "seqNo": 0}
    yield (
        "NotifyCustomerInformation",
        {
            "data": "",
            "seqNo": 0,
            "generatedAt": time,
            "requestId": 1,
        },
    )
    limit = {"chargingLimitSource": "EMS"}
    yield "NotifyChargingLimit", {"chargingLimit": limit}
    yield "ClearedChargingLimit", limit
    yield "ReservationStatusUpdate", {"reservationId": 1, "reservationUpdateStatus": "Expired"}
    yield "PublishFirmwareStatusNotification", {"status": "Idle"}
    yield "NotifyDisplayMessages", {"requestId": 1}
    yield (
        "Get15118EVCertificate",
        {
            "iso15118SchemaVersion": "urn:iso",
            "action": "Install",
            "exiRequest": "AA",
        },
    )
    ocsp = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "00",
        "issuerKeyHash": "00",
        "serialNumber": "1",
        "responderURL": "http://ocsp.example",
    }
    yield "GetCertificateStatus", {"ocspRequestData": ocsp}
    period = {"startPeriod": 0, "limit": 16.0}
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    yield "NotifyEVChargingSchedule", {"timeBase": time, "evseId": 1, "chargingSchedule": schedule}
    yield (
        "NotifyEVChargingNeeds",
        {
            "evseId": 1,
            "chargingNeeds": {"requestedEnergyTransfer": "AC_three_phase"},
        },
    )
    profile = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    }
    yield (
        "ReportChargingProfiles",
        {
            "requestId": 1,
            "chargingLimitSource": "CSO",
            "evseId": 0,
            "chargingProfile": [profile],
        },
    )


def _event(time):
    return {
        "eventId": 1,
        "timestamp": time,
        "trigger": "Delta",
        "actualValue": "true",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "Connector"},
        "variable": {"name": "Problem"},
    }
