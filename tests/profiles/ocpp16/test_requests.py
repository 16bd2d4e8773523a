from chargepoint.profiles import ocpp16
from chargepoint.profiles.ocpp16 import requests
from chargepoint.rpc.errors import CallError
from tests.support.facts import TX, Station

TIME = "2026-05-01T10:00:00Z"


def _status(station, evse_id, connector_id, status):
    data = {"evseId": evse_id, "connectorId": connector_id, "connectorStatus": status}
    data["timestamp"] = TIME
    return station.said("StatusNotification", data)[1]


# ---- requests of the server


def test_5_11_remote_start():
    station = Station(ocpp16)
    intent, request = station.decode("RemoteStartTransaction", {"idTag": "A", "connectorId": 3})
    assert intent == "RequestStartTransaction"
    assert request["evseId"] == 2
    assert request["idToken"] == {"idToken": "A", "type": "ISO14443"}
    assert isinstance(request["remoteStartId"], int)
    assert "evseId" not in station.decode("RemoteStartTransaction", {"idTag": "A"})[1]


def test_5_11_chargingprofile_is_ignored_without_smart_charging():
    period = {"startPeriod": 0, "limit": 16.1}
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]},
    }
    payload = {"idTag": "A", "connectorId": 1, "chargingProfile": profile}
    request = Station(ocpp16).decode("RemoteStartTransaction", payload)[1]
    assert sorted(request) == ["evseId", "idToken", "remoteStartId"]


def test_unknown_connectors_become_an_unknown_evse():
    station = Station(ocpp16)
    for number in (5, 99, -1):
        for action, payload in (
            ("RemoteStartTransaction", {"idTag": "A"}),
            ("UnlockConnector", {}),
            ("ChangeAvailability", {"type": "Operative"}),
            ("TriggerMessage", {"requestedMessage": "MeterValues"}),
        ):
            payload["connectorId"] = number
            request = station.decode(action, payload)[1]
            evse_id = request["evse"]["id"] if "evse" in request else request["evseId"]
            assert evse_id == len(station.evses) + 1
    for action, payload in (
        ("RemoteStartTransaction", {"idTag": "A", "connectorId": 0}),
        ("UnlockConnector", {"connectorId": 0}),
    ):
        assert station.decode(action, payload)[1]["evseId"] == len(station.evses) + 1


def test_5_12_remote_stop():
    station = Station(ocpp16)
    station.outbox.server_ids = {TX: 42, "other": -1, "third": 0, "untold": None}
    intent, request = station.decode("RemoteStopTransaction", {"transactionId": 42})
    assert (intent, request) == ("RequestStopTransaction", {"transactionId": TX})
    for server_id, ours in ((43, ""), (-1, "other"), (0, "third"), (-0x40000000, "")):
        request = station.decode("RemoteStopTransaction", {"transactionId": server_id})[1]
        assert request == {"transactionId": ours}


def test_5_14_reset():
    station = Station(ocpp16)
    assert station.decode("Reset", {"type": "Hard"}) == ("Reset", {"type": "Immediate"})
    intent, request = station.decode("Reset", {"type": "Soft"})
    assert (intent, request) == ("Reset", {"type": "Immediate", "stoppedReason": "Reboot"})
    for status, ours in (
        ("Accepted", "Accepted"),
        ("Scheduled", "Accepted"),
        ("Rejected", "Rejected"),
    ):
        result = {"status": status, "statusInfo": {"reasonCode": "x"}}
        assert station.result("Reset", result) == {"status": ours}


def test_5_18_unlock():
    station = Station(ocpp16)
    request = station.decode("UnlockConnector", {"connectorId": 4})[1]
    assert request == {"evseId": 3, "connectorId": 1, "stopTransaction": True}
    for status, ours in (
        ("Unlocked", "Unlocked"),
        ("UnlockFailed", "UnlockFailed"),
        ("OngoingAuthorizedTransaction", "UnlockFailed"),
        ("UnknownConnector", "NotSupported"),  # errata 3.87
    ):
        assert station.result("UnlockConnector", {"status": status}) == {"status": ours}


def test_5_2_change_availability():
    station = Station(ocpp16)
    payload = {"connectorId": 3, "type": "Inoperative"}
    intent, request = station.decode("ChangeAvailability", payload)
    assert intent == "ChangeAvailability"
    assert request == {
        "operationalStatus": "Inoperative",
        "evse": {"id": 2, "connectorId": 2},
    }
    request = station.decode("ChangeAvailability", {"connectorId": 0, "type": "Operative"})[1]
    assert request == {"operationalStatus": "Operative", "everywhere": True}
    for status in "Accepted", "Rejected", "Scheduled":
        assert station.result("ChangeAvailability", {"status": status}) == {"status": status}


def test_5_17_trigger():
    station = Station(ocpp16)
    for wanted, neutral in (
        ("BootNotification", "BootNotification"),
        ("DiagnosticsStatusNotification", "LogStatusNotification"),
        ("FirmwareStatusNotification", "FirmwareStatusNotification"),
        ("Heartbeat", "Heartbeat"),
        ("MeterValues", "MeterValues"),
        ("StatusNotification", "StatusNotification"),
    ):
        payload = {"requestedMessage": wanted}
        intent, request = station.decode("TriggerMessage", payload)
        assert intent == "TriggerMessage"
        expected = {"requestedMessage": neutral, "again": True}
        if wanted.startswith("Firmware"):
            expected["unsigned"] = True
        assert request == expected
    payload = {"requestedMessage": "StatusNotification", "connectorId": 2}
    request = station.decode("TriggerMessage", payload)[1]
    assert request["evse"] == {"id": 2, "connectorId": 1}
    payload["connectorId"] = 0
    assert station.decode("TriggerMessage", payload)[1]["evse"] == {"id": 0}
    for status in "Accepted", "Rejected", "NotImplemented":
        assert station.result("TriggerMessage", {"status": status}) == {"status": status}
        assert station.result("ExtendedTriggerMessage", {"status": status})


def test_wp_extended_trigger():
    station = Station(ocpp16)
    for wanted, neutral in (
        ("SignChargePointCertificate", "SignChargingStationCertificate"),
        ("Heartbeat", "Heartbeat"),
        # Of a block that is not built, and not the 1.6 message of the same name.
        ("LogStatusNotification", "ExtendedLogStatusNotification"),
        ("FirmwareStatusNotification", "FirmwareStatusNotification"),
    ):
        payload = {"requestedMessage": wanted}
        intent, request = station.decode("ExtendedTriggerMessage", payload)
        assert (intent, request["requestedMessage"]) == ("TriggerMessage", neutral)
        assert "unsigned" not in request


def test_clear_cache_and_data_transfer_are_as_they_are():
    station = Station(ocpp16)
    assert station.decode("ClearCache", {}) == ("ClearCache", {})
    payload = {"vendorId": "com.example", "messageId": "m", "data": "d"}
    assert station.decode("DataTransfer", payload) == ("DataTransfer", payload)
    assert station.result("ClearCache", {"status": "Rejected"}) == {"status": "Rejected"}
    result = {"status": "Accepted", "data": {"a": 1}}
    assert station.result("DataTransfer", result) == {"status": "Accepted", "data": '{"a": 1}'}
    assert station.result("DataTransfer", {"status": "UnknownVendorId"})


def test_configuration_is_answered_by_the_dialect():
    seen = []

    class Configuration:
        def get_configuration(self, station, payload, now):
            seen.append(payload)
            return {"configurationKey": []}

        def change_configuration(self, station, payload, now):
            seen.append(payload)
            return {"status": "RebootRequired"}

    used = requests.modules.use
    requests.modules.use = lambda name: Configuration()
    try:
        answered = requests.decode(Station(ocpp16), "GetConfiguration", {"key": ["A"]})
        assert answered == (None, {"configurationKey": []})
        answered = requests.decode(Station(ocpp16), "ChangeConfiguration", {"key": "A"})
        assert answered == (None, {"status": "RebootRequired"})
    finally:
        requests.modules.use = used
    assert seen == [{"key": ["A"]}, {"key": "A"}]


def test_known_actions_of_missing_blocks_are_left_to_the_router():
    station = Station(ocpp16)
    for action in (
        "CancelReservation CertificateSigned ClearChargingProfile DeleteCertificate"
        " GetCompositeSchedule GetInstalledCertificateIds GetLog InstallCertificate ReserveNow"
        " SetChargingProfile BootNotification Heartbeat StartTransaction"
    ).split():
        assert requests.decode(station, action, {}) == (action, {}), action


# ---- rare events


def test_4_2_boot_notification_keeps_the_lengths():
    data = {
        "reason": "PowerUp",
        "chargingStation": {
            "model": "M",
            "vendorName": "V" * 50,
            "serialNumber": "S",
            "firmwareVersion": "1.0",
            "modem": {"iccid": "89", "imsi": None},
        },
    }
    assert Station(ocpp16).encode("BootNotification", data) == (
        "BootNotification",
        {
            "chargePointVendor": "V" * 20,
            "chargePointModel": "M",
            "chargePointSerialNumber": "S",
            "firmwareVersion": "1.0",
            "iccid": "89",
        },
    )


def test_4_9_status_notification():
    assert _status(Station(ocpp16), 2, 2, "Charging") == {
        "connectorId": 3,
        "errorCode": "NoError",
        "status": "Charging",
        "timestamp": TIME,
    }
    assert _status(Station(ocpp16), 0, 0, "Available")["connectorId"] == 0


def test_4_9_error_codes_of_faults():
    for fault, code, vendor in (
        ("GroundFailure", "GroundFailure", None),
        ("WeldedContactor", "PowerSwitchFailure", "WeldedContactor"),
        ("DiodeFailure", "OtherError", "DiodeFailure"),
        ("Other", "OtherError", "Other"),
    ):
        station = Station(ocpp16)
        station.evses[0].set_fault(1, fault, True)
        payload = _status(station, 1, 1, "Faulted")
        assert payload["errorCode"] == code and payload.get("vendorErrorCode") == vendor
        station = Station(ocpp16)
        station.evses[0].set_fault(0, fault, True)
        assert _status(station, 1, 1, "Faulted")["errorCode"] == code


def test_4_9_a_warning_gives_way_to_a_failure():
    station = Station(ocpp16)
    station.evses[0].set_fault(1, "WeakSignal", True)
    station.evses[0].set_fault(1, "OverVoltage", True)
    payload = _status(station, 1, 1, "Faulted")
    assert payload["errorCode"] == "OverVoltage" and payload["info"] == "WeakSignal OverVoltage"


def test_4_9_communication_error_only_with_some_statuses():
    station = Station(ocpp16)
    station.evses[0].set_fault(1, "EVCommunicationError", True)
    for status in "Preparing", "SuspendedEV", "SuspendedEVSE", "Finishing":
        assert _status(station, 1, 1, status)["errorCode"] == "EVCommunicationError"
    for status in "Available", "Charging", "Unavailable", "Reserved":
        assert _status(station, 1, 1, status)["errorCode"] == "NoError"


def test_firmware_status_signed_and_not():
    station = Station(ocpp16)
    encoded = station.encode("FirmwareStatusNotification", {"status": "Idle"})
    assert encoded == ("FirmwareStatusNotification", {"status": "Idle"})
    data = {"status": "SignatureVerified", "requestId": 7}
    assert station.said("FirmwareStatusNotification", data)[0] == (
        "SignedFirmwareStatusNotification"
    )
    assert station.encode("FirmwareStatusNotification", {"status": "SignatureVerified"}) is None
    data = {"status": "Idle", "requestId": None}
    assert station.said("FirmwareStatusNotification", data) == (
        "SignedFirmwareStatusNotification",
        {"status": "Idle"},
    )


def test_of_a_status_that_is_not_said_the_one_before_is_triggered():
    station = Station(ocpp16)
    for status, before in (
        ("DownloadScheduled", "Idle"),
        ("SignatureVerified", "Downloaded"),
        ("InstallScheduled", "Downloaded"),
        ("InstallRebooting", "Installing"),
    ):
        assert station.encode("FirmwareStatusNotification", {"status": status}) is None
        data = {"status": status, "triggered": True}
        said = station.said("FirmwareStatusNotification", data)
        assert said == ("FirmwareStatusNotification", {"status": before})
    for status in "InvalidSignature", "InstallVerificationFailed":
        said = station.said("FirmwareStatusNotification", {"status": status})
        assert said == ("FirmwareStatusNotification", {"status": "InstallationFailed"})


def test_update_firmware_signed_and_not():
    station = Station(ocpp16)
    payload = {"location": "ftp://a/b", "retrieveDate": TIME, "retries": 3, "retryInterval": 9}
    assert station.decode("UpdateFirmware", payload) == (
        "UpdateFirmware",
        {
            "firmware": {"location": "ftp://a/b", "retrieveDateTime": TIME},
            "retries": 2,  # after the first attempt
            "retryInterval": 9,
        },
    )
    firmware = {"location": "ftp://a/b", "retrieveDateTime": TIME, "signature": "AA=="}
    firmware["signingCertificate"] = "-----BEGIN"
    payload = {"requestId": 7, "retries": 1, "firmware": firmware}
    intent, request = station.decode("SignedUpdateFirmware", dict(payload))
    payload["retries"] = 0
    assert (intent, request) == ("UpdateFirmware", payload)
    assert station.result("UpdateFirmware", {"status": "Accepted"}) == {}
    assert station.result("UpdateFirmware", {"status": "AcceptedCanceled"}) == {}
    result = {"status": "InvalidCertificate", "statusInfo": {"reasonCode": "InvalidCertificate"}}
    assert station.result("SignedUpdateFirmware", result) == {"status": "InvalidCertificate"}
    try:
        station.result("UpdateFirmware", {"status": "Rejected", "statusInfo": {"reasonCode": "A"}})
    except CallError as error:
        assert error.args == ("GenericError", "A")
    else:
        raise AssertionError


def test_log_status_of_both_kinds():
    station = Station(ocpp16)
    encoded = station.encode("LogStatusNotification", {"status": "UploadFailure"})
    assert encoded == ("DiagnosticsStatusNotification", {"status": "UploadFailed"})
    encoded = station.encode("LogStatusNotification", {"status": "Uploading", "requestId": 7})
    assert encoded == ("LogStatusNotification", {"status": "Uploading", "requestId": 7})


def test_security_event_and_data_transfer():
    station = Station(ocpp16)
    data = {"type": "SettingSystemTime", "timestamp": TIME, "techInfo": "x" * 300}
    payload = station.said("SecurityEventNotification", data)[1]
    assert payload["type"] == "SettingSystemTime" and len(payload["techInfo"]) == 255
    for name, ours in (  # white paper, chapter 8: all that are not called as in 2.0.1
        ("FailedToAuthenticateAtCsms", "FailedToAuthenticationAtCentralSystem"),
        ("CsmsFailedToAuthenticate", "CentralSystemFailedToAuthentication"),
        ("InvalidCsmsCertificate", "InvalidCentralSystemCertificate"),
        ("InvalidChargingStationCertificate", "InvalidChargePointCertificate"),
    ):
        data["type"] = name
        assert station.said("SecurityEventNotification", data)[1]["type"] == ours
    payload = station.said("DataTransfer", {"vendorId": "v", "data": [1]})[1]
    assert payload == {"vendorId": "v", "data": "[1]"}
