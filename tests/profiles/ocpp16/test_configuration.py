import json

from chargepoint.device_model import presets
from chargepoint.profiles.ocpp16.configuration import get_configuration
from chargepoint.rpc.errors import CallError
from tests.support.fake_updater import FakeUpdater, Flash
from tests.support.keys16 import answer_of, change, get, variable
from tests.support.models import Slots, make_station

# key, a value to set, what it then reads as, and each variable that shows it with its value.
DIRECT = """
AllowOfflineTxForUnknownId|TRUE|true|AuthCtrlr.OfflineTxForUnknownIdEnabled=true
AuthorizationCacheEnabled|False|false|AuthCacheCtrlr.Enabled=false
AuthorizeRemoteTxRequests|true|true|AuthCtrlr.AuthorizeRemoteStart=true
BlinkRepeat|5|5|ChargingStatusIndicator.BlinkRepeat=5
ClockAlignedDataInterval|900|900|AlignedDataCtrlr.Interval=900|AlignedDataCtrlr.TxEndedInterval=900
ConnectionTimeOut|90|90|TxCtrlr.EVConnectionTimeOut=90
HeartbeatInterval|77|77|OCPPCommCtrlr.HeartbeatInterval=77
LightIntensity|30|30|ChargingStatusIndicator.Percent=30
LocalAuthorizeOffline|false|false|AuthCtrlr.LocalAuthorizeOffline=false
LocalPreAuthorize|true|true|AuthCtrlr.LocalPreAuthorize=true
MaxEnergyOnInvalidId|1500|1500|TxCtrlr.MaxEnergyOnInvalidId=1500
MeterValueSampleInterval|15|15|SampledDataCtrlr.TxUpdatedInterval=15|SampledDataCtrlr.TxEndedInterval=15
MinimumStatusDuration|3|3|ChargingStation.MinimumStatusDuration=3
ResetRetries|2|2|OCPPCommCtrlr.ResetRetries=2
StopTransactionOnEVSideDisconnect|false|false|TxCtrlr.StopTxOnEVSideDisconnect=false|TxCtrlr.TxStopPoint=Authorized
StopTransactionOnInvalidId|false|false|TxCtrlr.StopTxOnInvalidId=false
TransactionMessageAttempts|7|7|OCPPCommCtrlr.MessageAttempts[TransactionEvent]=7
TransactionMessageBytes|2000|2000|OCPPCommCtrlr.BytesPerMessage[TransactionEvent]=2000
TransactionMessageRetryInterval|11|11|OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]=11
UnlockConnectorOnEVSideDisconnect|false|false|OCPPCommCtrlr.UnlockOnEVSideDisconnect=false
WebSocketPingInterval|0|0|OCPPCommCtrlr.WebSocketPingInterval=0
LocalAuthListEnabled|false|false|LocalAuthListCtrlr.Enabled=false
TxLockedCableTimeout|300|300|TxCtrlr.LockedCableTimeout=300
TxResumptionTimeout|300|300|TxCtrlr.ResumptionTimeout=300
AllowNewSessionsPendingFirmwareUpdate|true|true|ChargingStation.AllowNewSessionsPendingFirmwareUpdate=true
AllowUnsignedFirmware|true|true|SecurityCtrlr.AllowUnsignedFirmware=true
AllowPkcs1FirmwareSignature|true|true|SecurityCtrlr.AllowPkcs1FirmwareSignature=true
TxAllowEnergyTransferResumption|false|false|TxCtrlr.AllowEnergyTransferResumption=false
CpoName|Acme Power|Acme Power|SecurityCtrlr.OrganizationName=Acme Power
MeterValuesAlignedData|Voltage,SoC|Voltage,SoC|AlignedDataCtrlr.Measurands=Voltage,SoC
MeterValuesSampledData|voltage.l1, Voltage.L2|voltage.l1,Voltage.L2|SampledDataCtrlr.TxUpdatedMeasurands=Voltage
StopTxnAlignedData|Frequency||AlignedDataCtrlr.TxEndedMeasurands=Frequency
StopTxnSampledData|||SampledDataCtrlr.TxEndedMeasurands=
ConnectorPhaseRotation|0.RST, 1.RTS,2.Unknown,3.NotApplicable|0.RST,1.RTS,2.Unknown,3.NotApplicable|ChargingStation.PhaseRotation=RST|Connector:1:1.PhaseRotation=RTS|Connector:2:1.PhaseRotation=Rxx
"""  # noqa: E501
READ_ONLY = """
ConnectorPhaseRotationMaxLength=4
GetConfigurationMaxKeys=20 DeviceDataCtrlr.ItemsPerMessage[GetVariables]
MeterValuesAlignedDataMaxLength=20
MeterValuesSampledDataMaxLength=20
StopTxnAlignedDataMaxLength=20
StopTxnSampledDataMaxLength=20
NumberOfConnectors=3
SupportedFeatureProfilesMaxLength=6
LocalAuthListMaxLength=100
SendLocalListMaxLength=20 LocalAuthListCtrlr.ItemsPerMessage
ReserveConnectorZeroSupported=true ReservationCtrlr.NonEvseSpecific
ChargeProfileMaxStackLevel=5 SmartChargingCtrlr.ProfileStackLevel
ChargingScheduleAllowedChargingRateUnit=Current,Power
ChargingScheduleMaxPeriods=10 SmartChargingCtrlr.PeriodsPerSchedule
ConnectorSwitch3to1PhaseSupported=false SmartChargingCtrlr.Phases3to1
MaxChargingProfilesInstalled=10
SupportedFileTransferProtocols= OCPPCommCtrlr.FileTransferProtocols
AdditionalRootCertificateCheck=false SecurityCtrlr.AdditionalRootCertificateCheck
CertificateSignedMaxChainSize=5600 SecurityCtrlr.MaxCertificateChainSize
CertificateStoreMaxLength=8
SupportedFeatureProfiles=Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger
"""  # noqa: E501
OTHER = "AuthorizationKey SecurityProfile"  # written below
NETWORK = "NetworkConfigurationPriority " + " ".join(["NetworkProfile%d" % n for n in range(4)])


def lines_of(text):
    return [line for line in text.split("\n") if line]


def test_every_key_that_can_be_written_is_a_view_on_its_variables():
    for line in lines_of(DIRECT):
        parts = line.split("|")
        key, value, reads = parts[:3]
        slots = Slots()
        station = make_station(slots)
        assert get(station, key)["readonly"] is False
        assert change(station, key, value) == "Accepted", key
        assert get(station, key)["value"] == (reads or value), key
        again = make_station(slots)
        assert get(again, key)["value"] == (reads or value), key
        for shown in parts[3:]:
            address, _, expected = shown.partition("=")
            assert variable(again, address) == expected, address


def test_what_is_set_as_a_variable_is_read_by_its_key():
    for line in lines_of(DIRECT):
        parts = line.split("|")
        station = make_station()
        for shown in parts[3:]:
            address, _, value = shown.partition("=")
            presets.preset(station.model, {address: value})
        expected = parts[2] or parts[1]
        if parts[0] == "MeterValuesSampledData":
            expected = "Voltage"
        assert get(station, parts[0])["value"] == expected


def test_every_key_that_can_only_be_read():
    station = make_station()
    for line in lines_of(READ_ONLY):
        key, _, rest = line.partition("=")
        value, _, address = rest.partition(" ")
        assert get(station, key) == {"key": key, "readonly": True, "value": value}
        assert change(station, key, value) == "Rejected"
        if address:
            assert variable(station, address) == value
    assert station.model.values == {}


def test_all_keys_are_listed_once_and_all_are_tested_here():
    keys = [line.partition("|")[0] for line in lines_of(DIRECT)]
    keys += [line.partition("=")[0] for line in lines_of(READ_ONLY)]
    listed = [entry["key"] for entry in answer_of(make_station())["configurationKey"]]
    assert sorted(listed) == sorted(keys + (OTHER + " " + NETWORK).split())
    assert len(listed) == 62


def test_keys_of_a_feature_are_there_with_the_feature_only():
    station = make_station(features=("remote_trigger", "data_transfer"))
    listed = [entry["key"] for entry in answer_of(station)["configurationKey"]]
    assert len(listed) == 45
    for key in (
        "AuthorizationCacheEnabled",
        "LocalAuthListEnabled",
        "ChargeProfileMaxStackLevel",
        "CertificateStoreMaxLength",
    ):
        assert key not in listed
        assert answer_of(station, key) == {"configurationKey": [], "unknownKey": [key]}
        assert change(station, key, "1") == "NotSupported"
    assert get(station, "SupportedFeatureProfiles")["value"] == "Core,RemoteTrigger"


def test_names_compare_without_case_and_unknown_ones_are_told_as_asked():
    answer = answer_of(make_station(), "heartbeatinterval", "Nope", "CPONAME", "nada")
    assert [entry["key"] for entry in answer["configurationKey"]] == [
        "HeartbeatInterval",
        "CpoName",
    ]
    assert answer["unknownKey"] == ["Nope", "nada"]
    station = make_station()
    assert change(station, "HEARTBEATINTERVAL", "12") == "Accepted"
    assert get(station, "heartbeatInterval")["value"] == "12"
    assert change(station, "Nope", "12") == "NotSupported"


def test_the_answer_comes_in_small_pieces():
    station = make_station()
    pieces = list(get_configuration(station, {}, 0))
    assert len(pieces) == 63
    assert max([len(piece) for piece in pieces]) < 250


def test_an_empty_list_of_keys_is_all_of_them():
    station = make_station()
    pieces = get_configuration(station, {"key": []}, 0)
    assert json.loads("".join(pieces)) == answer_of(station)


def test_more_keys_than_allowed():
    station = make_station()
    assert len(answer_of(station, *["CpoName"] * 20)["configurationKey"]) == 20
    try:
        get_configuration(station, {"key": ["CpoName"] * 21}, 0)
    except CallError as error:
        assert error.args[0] == "OccurrenceConstraintViolation"
        return
    raise AssertionError("no CallError")


def test_values_that_are_rejected():
    for key, value in (
        ("HeartbeatInterval", "0"),
        ("HeartbeatInterval", "soon"),
        ("HeartbeatInterval", ""),
        ("WebSocketPingInterval", "-1"),
        ("StopTransactionOnInvalidId", "1"),
        ("MeterValuesSampledData", "Voltage,Warp.Factor"),
        ("MeterValuesSampledData", "Voltage,,SoC"),
        ("MeterValuesSampledData", "Voltage.L4"),
        ("MeterValuesSampledData", ",".join(["Voltage.L1"] * 21)),
        ("ConnectorPhaseRotation", "4.RST"),
        ("ConnectorPhaseRotation", "1.RRR"),
        ("ConnectorPhaseRotation", "1"),
        ("ConnectorPhaseRotation", "RST"),
        ("ConnectorPhaseRotation", "1.Rxx"),
        ("ConnectorPhaseRotation", ""),
        ("CpoName", "x" * 65),
        ("LightIntensity", "101"),
    ):
        station = make_station()
        assert change(station, key, value) == "Rejected", (key, value)
        assert station.model.values == {}


def test_phases_of_measurands_are_kept_as_set_as_long_as_they_mean_the_same():
    slots = Slots()
    station = make_station(slots)
    value = "Current.Import.L1,Current.Import.L2,Voltage.L1-N,Energy.Active.Import.Register"
    assert change(station, "MeterValuesSampledData", value) == "Accepted"
    name = "SampledDataCtrlr.TxUpdatedMeasurands"
    assert variable(station, name) == "Current.Import,Voltage,Energy.Active.Import.Register"
    assert get(make_station(slots), "MeterValuesSampledData")["value"] == value
    station.model.write(75, "Voltage,Current.Import")
    assert get(station, "MeterValuesSampledData")["value"] == "Voltage,Current.Import"
    assert change(station, "MeterValuesSampledData", "Voltage") == "Accepted"
    assert sorted(station.model.values) == [75 << 16]


def test_temperature_is_a_measurand_of_this_dialect_only():
    station = make_station()
    value = "Energy.Active.Import.Register,Temperature"
    assert change(station, "StopTxnSampledData", value) == "Accepted"
    assert get(station, "StopTxnSampledData")["value"] == value
    assert station.model.bits(77, "Temperature") == 1
    name = "SampledDataCtrlr.TxEndedMeasurands"
    assert variable(station, name) == "Energy.Active.Import.Register"


def test_some_rotations_leave_the_others():
    station = make_station()
    assert change(station, "ConnectorPhaseRotation", "1.RST") == "Accepted"
    assert change(station, "ConnectorPhaseRotation", "3.TSR") == "Accepted"
    value = get(station, "ConnectorPhaseRotation")["value"]
    assert value == "0.Unknown,1.RST,2.Unknown,3.TSR"


def test_fixed_cables_have_nothing_to_unlock():
    station = make_station()
    station.model.layout.evses = station.model.layout.evses[1:]
    key = "UnlockConnectorOnEVSideDisconnect"
    assert get(station, key) == {"key": key, "readonly": True, "value": "false"}
    assert change(station, key, "true") == "Rejected"


def test_A01_FR_02_an_authorization_key_becomes_the_credential():
    slots = Slots()
    station = make_station(slots)
    digits = "00fFa1b2c3d4e5f60718293a4b5c6d7e8f901234"
    assert change(station, "AuthorizationKey", digits) == "Accepted"
    secret = b"\x00\xff\xa1\xb2\xc3\xd4\xe5\xf6\x07\x18\x29\x3a\x4b\x5c\x6d\x7e\x8f\x90\x12\x34"
    assert make_station(slots).model.credential() == secret
    assert get(station, "AuthorizationKey") == {"key": "AuthorizationKey", "readonly": False}
    assert station.model.values == {}
    assert "variables" not in slots.contents
    assert station.events == [("ReconfigurationOfSecurityParameters", "BasicAuthPassword")]
    assert station.link_request == "reconnect"


def test_A01_FR_04_what_is_no_key():
    station = make_station()
    for digits in (
        "",
        "0" * 31,
        "0" * 33,
        "0" * 30,
        "0" * 42,
        "g" * 32,
        "password of 32 characters.......",
    ):
        assert change(station, "AuthorizationKey", digits) == "Rejected", digits
    assert station.model.credential() is None
    assert station.events == []
    assert station.link_request is None


def test_A05_FR_01_a_security_profile_only_goes_up():
    station = make_station()
    station.model.preset_credential = b"0123456789abcdef"
    station.model.max_security_profile = 2
    for value, status, then in (
        ("0", "Rejected", "0"),
        ("x", "Rejected", "0"),
        ("1", "Accepted", "1"),
        ("1", "Rejected", "1"),
        ("3", "Rejected", "1"),
        ("4", "Rejected", "1"),
        ("2", "Accepted", "2"),
        ("1", "Rejected", "2"),
    ):
        station.link_request = None
        assert change(station, "SecurityProfile", value) == status, value
        entry = get(station, "SecurityProfile")
        assert entry == {"key": "SecurityProfile", "readonly": False, "value": then}
        assert station.link_request == ("reconnect" if status == "Accepted" else None)


def test_A05_FR_02_no_profile_with_a_password_without_one():
    station = make_station()
    assert change(station, "SecurityProfile", "1") == "Rejected"
    station.model.set_credential(b"0123456789abcdef")
    assert change(station, "SecurityProfile", "1") == "Accepted"


def test_a_security_profile_that_could_not_be_tried_is_rejected():
    """An image that is on trial first tries what worked last."""
    station = make_station()
    station.model.preset_credential = b"0123456789abcdef"
    flash = Flash()
    flash.on_trial = True
    station.updater = FakeUpdater(flash)
    assert change(station, "SecurityProfile", "1") == "Rejected"
    station.updater.confirm()
    assert change(station, "SecurityProfile", "1") == "Accepted"


def test_a_security_profile_that_is_active_counts():
    station = make_station()
    station.model.preset_credential = b"0123456789abcdef"
    station.model.compute = lambda variable_id, evse_id, connector_id: "1"
    assert change(station, "SecurityProfile", "1") == "Rejected"


def test_the_station_hears_of_each_variable():
    station = make_station()
    heard = []
    station.model.on_change = heard.append
    change(station, "MeterValueSampleInterval", "15")
    assert heard == [74, 76]


def test_a_flash_that_fails_leaves_all_as_it_was():
    slots = Slots()
    station = make_station(slots)
    slots.fail = True
    assert change(station, "MeterValueSampleInterval", "15") == "Rejected"
    assert change(station, "AuthorizationKey", "0" * 32) == "Rejected"
    assert station.model.values == {}
