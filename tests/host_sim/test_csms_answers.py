"""Every message that a station may send has a default answer, and that answer is valid."""

from host_sim import csms_schema
from host_sim.csms import Csms
from host_sim.csms_answers import DEFAULT_ANSWERS

# From the actions tables of both specifications: what only a CSMS sends.
_FROM_CSMS_16 = set(
    "CancelReservation CertificateSigned ChangeAvailability ChangeConfiguration ClearCache "
    "ClearChargingProfile DeleteCertificate ExtendedTriggerMessage GetCompositeSchedule "
    "GetConfiguration GetDiagnostics GetInstalledCertificateIds GetLocalListVersion GetLog "
    "InstallCertificate RemoteStartTransaction RemoteStopTransaction ReserveNow Reset "
    "SendLocalList SetChargingProfile SignedUpdateFirmware TriggerMessage UnlockConnector "
    "UpdateFirmware".split()
)
_FROM_CSMS_201 = set(
    "CancelReservation CertificateSigned ChangeAvailability ClearCache ClearChargingProfile "
    "ClearDisplayMessage ClearVariableMonitoring CostUpdated CustomerInformation "
    "DeleteCertificate GetBaseReport GetChargingProfiles GetCompositeSchedule "
    "GetDisplayMessages GetInstalledCertificateIds GetLocalListVersion GetLog "
    "GetMonitoringReport GetReport GetTransactionStatus GetVariables InstallCertificate "
    "PublishFirmware RequestStartTransaction RequestStopTransaction ReserveNow Reset "
    "SendLocalList SetChargingProfile SetDisplayMessage SetMonitoringBase SetMonitoringLevel "
    "SetNetworkProfile SetVariableMonitoring SetVariables TriggerMessage UnlockConnector "
    "UnpublishFirmware UpdateFirmware".split()
)


def test_a_station_may_send_all_but_what_only_a_csms_sends():
    answered = {dialect: set() for dialect in csms_schema.DIALECTS}
    for dialect, action in DEFAULT_ANSWERS:
        answered[dialect].add(action)
    assert answered["1.6"] == csms_schema.actions("1.6") - _FROM_CSMS_16
    assert answered["2.0.1"] == csms_schema.actions("2.0.1") - _FROM_CSMS_201


def test_every_default_answer_is_valid():
    csms = Csms(loud=False)
    requests = {
        ("1.6", "Authorize"): {"idTag": "1"},
        ("1.6", "StopTransaction"): {"idTag": "1"},
        ("1.6", "StartTransaction"): {
            "connectorId": 1,
            "idTag": "1",
            "meterStart": 0,
            "timestamp": "2026-05-01T10:00:00Z",
        },
        ("2.0.1", "Authorize"): {"idToken": {"idToken": "1", "type": "Central"}},
        ("2.0.1", "TransactionEvent"): {"idToken": {"idToken": "1", "type": "Central"}},
    }
    rules = csms.rules("CP-1")
    rules.call("m", "StartTransaction", requests["1.6", "StartTransaction"])
    for (dialect, action), answer in DEFAULT_ANSWERS.items():
        payload = answer(csms, rules, requests.get((dialect, action), {}))
        assert csms_schema.check(dialect, action, payload, True) is None, action


def test_nobody_is_authorised_by_the_type_NoAuthorization():
    csms = Csms(loud=False)
    payload = {"idToken": {"idToken": "", "type": "NoAuthorization"}}
    answer = DEFAULT_ANSWERS["2.0.1", "TransactionEvent"](csms, csms.rules("CP-1"), payload)
    assert answer == {}
