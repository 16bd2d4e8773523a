"""What a station keeps when its dialect changes: a row for each thing, for tests to compare.

A row of KEYS is a configuration key of OCPP 1.6, a value that is not its default, and each
variable that shows it with what it then reads as in 2.0.1. A row of SHOWN is a key that can't be
set, or not to anything else here, and the variable with the same text, if there is one.

Later work adds what it keeps: a key by a row here, anything else by an entry of OTHERS: its name,
how to set it, how to read it in OCPP 1.6, how to read it in 2.0.1 (each a function of a `Field`),
and what it reads as in both.
"""

KEYS = """
AllowOfflineTxForUnknownId|true|AuthCtrlr.OfflineTxForUnknownIdEnabled=true
AuthorizationCacheEnabled|false|AuthCacheCtrlr.Enabled=false
AuthorizeRemoteTxRequests|true|AuthCtrlr.AuthorizeRemoteStart=true
BlinkRepeat|5|ChargingStatusIndicator.BlinkRepeat=5
ClockAlignedDataInterval|900|AlignedDataCtrlr.Interval=900|AlignedDataCtrlr.TxEndedInterval=900
ConnectionTimeOut|90|TxCtrlr.EVConnectionTimeOut=90
ConnectorPhaseRotation|0.RST,1.RTS,2.NotApplicable|ChargingStation.PhaseRotation=RST|Connector:1:1.PhaseRotation=RTS|Connector:2:1.PhaseRotation=Rxx
HeartbeatInterval|770|OCPPCommCtrlr.HeartbeatInterval=770
LightIntensity|30|ChargingStatusIndicator.Percent=30
LocalAuthorizeOffline|false|AuthCtrlr.LocalAuthorizeOffline=false
LocalPreAuthorize|true|AuthCtrlr.LocalPreAuthorize=true
MaxEnergyOnInvalidId|1500|TxCtrlr.MaxEnergyOnInvalidId=1500
MeterValuesAlignedData|Voltage,SoC|AlignedDataCtrlr.Measurands=Voltage,SoC
MeterValuesSampledData|Voltage.L1,Temperature|SampledDataCtrlr.TxUpdatedMeasurands=Voltage
MeterValueSampleInterval|150|SampledDataCtrlr.TxUpdatedInterval=150|SampledDataCtrlr.TxEndedInterval=150
MinimumStatusDuration|3|ChargingStation.MinimumStatusDuration=3
ResetRetries|2|OCPPCommCtrlr.ResetRetries=2
StopTransactionOnEVSideDisconnect|false|TxCtrlr.StopTxOnEVSideDisconnect=false|TxCtrlr.TxStopPoint=Authorized
StopTransactionOnInvalidId|false|TxCtrlr.StopTxOnInvalidId=false
StopTxnAlignedData|Frequency|AlignedDataCtrlr.TxEndedMeasurands=Frequency
StopTxnSampledData|Voltage|SampledDataCtrlr.TxEndedMeasurands=Voltage
TransactionMessageAttempts|7|OCPPCommCtrlr.MessageAttempts[TransactionEvent]=7
TransactionMessageBytes|2000|OCPPCommCtrlr.BytesPerMessage[TransactionEvent]=2000
TransactionMessageRetryInterval|11|OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]=11
UnlockConnectorOnEVSideDisconnect|false|OCPPCommCtrlr.UnlockOnEVSideDisconnect=false
WebSocketPingInterval|0|OCPPCommCtrlr.WebSocketPingInterval=0
LocalAuthListEnabled|false|LocalAuthListCtrlr.Enabled=false
TxLockedCableTimeout|300|TxCtrlr.LockedCableTimeout=300
TxResumptionTimeout|300|TxCtrlr.ResumptionTimeout=300
TxAllowEnergyTransferResumption|false|TxCtrlr.AllowEnergyTransferResumption=false
CpoName|Acme Power|SecurityCtrlr.OrganizationName=Acme Power
AllowNewSessionsPendingFirmwareUpdate|true|ChargingStation.AllowNewSessionsPendingFirmwareUpdate=true
AllowUnsignedFirmware|true|SecurityCtrlr.AllowUnsignedFirmware=true
AllowPkcs1FirmwareSignature|true|SecurityCtrlr.AllowPkcs1FirmwareSignature=true
NetworkConfigurationPriority|1,0|OCPPCommCtrlr.NetworkConfigurationPriority=1,0
NetworkProfile1|OCPP20 1 ws://new.example/ocpp
NetworkProfile2|OCPP16 1 ws://two.example/ocpp
NetworkProfile3|OCPP20 1 ws://three.example/ocpp
"""  # noqa: E501
SHOWN = """
ConnectorPhaseRotationMaxLength
GetConfigurationMaxKeys DeviceDataCtrlr.ItemsPerMessage[GetVariables]
MeterValuesAlignedDataMaxLength
MeterValuesSampledDataMaxLength
NumberOfConnectors
StopTxnAlignedDataMaxLength
StopTxnSampledDataMaxLength
SupportedFeatureProfiles
SupportedFeatureProfilesMaxLength
LocalAuthListMaxLength
SendLocalListMaxLength LocalAuthListCtrlr.ItemsPerMessage
ReserveConnectorZeroSupported ReservationCtrlr.NonEvseSpecific
ChargeProfileMaxStackLevel SmartChargingCtrlr.ProfileStackLevel
ChargingScheduleAllowedChargingRateUnit
ChargingScheduleMaxPeriods SmartChargingCtrlr.PeriodsPerSchedule
ConnectorSwitch3to1PhaseSupported SmartChargingCtrlr.Phases3to1
MaxChargingProfilesInstalled
SupportedFileTransferProtocols OCPPCommCtrlr.FileTransferProtocols
SecurityProfile SecurityCtrlr.SecurityProfile
AdditionalRootCertificateCheck SecurityCtrlr.AdditionalRootCertificateCheck
CertificateSignedMaxChainSize SecurityCtrlr.MaxCertificateChainSize
CertificateStoreMaxLength
NetworkProfile0
"""
SECRET = "AuthorizationKey"  # can't be read: the next handshake shows it


def keys():
    """(key, value, ((address, text in 2.0.1), ...)) of each row of KEYS."""
    for line in KEYS.strip().split("\n"):
        name, value, *shown = line.split("|")
        pairs = [text.split("=", 1) for text in shown]
        yield name, value, tuple([(address, text) for address, text in pairs])


def shown():
    """(key, address or "") of each row of SHOWN."""
    for line in SHOWN.strip().split("\n"):
        name, _, address = line.partition(" ")
        yield name, address


def _make_unavailable(field):
    answer = field.asked("ChangeAvailability", {"connectorId": 2, "type": "Inoperative"})
    assert answer == {"status": "Accepted"}


def _charge(field):
    """A card that the server accepts is in the cache from then on."""
    field.plug(1)
    field.token("04AABBCC", 1)
    field.run(60)
    field.token("04AABBCC", 1)
    field.unplug(1)
    field.run(5)


def _status(field):
    field.asked("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 2})
    field.run(5)
    return field.statuses(2)[-1]


OTHERS = (
    (
        "availability",
        _make_unavailable,
        _status,
        lambda field: field.variable("EVSE:2.AvailabilityState"),
        "Unavailable",
    ),
    (
        "authorization cache",
        _charge,
        lambda field: str(len(field.store.slots.load("cache")) > 10),
        lambda field: str(int(field.variable("AuthCacheCtrlr.Storage")) > 10),
        "True",
    ),
)
