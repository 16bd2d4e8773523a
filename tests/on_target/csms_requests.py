# ruff: noqa: E501 - one message a line
"""What a server can ask of a station: every message that brings in a transient module.

A line for each message: action, payload; with ! the answer is a CALLERROR. One that names nobody is refused and changes nothing, so
that a round of all leaves the station as it was.
"""

REQUESTS_201 = """
GetVariables {"getVariableData":[{"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}
GetVariables {"getVariableData":[{"component":{"name":"ChargingStation"},"variable":{"name":"AvailabilityState"}},{"component":{"name":"No"},"variable":{"name":"Way"}}]}
SetVariables {"setVariableData":[{"attributeValue":"61","component":{"name":"SampledDataCtrlr"},"variable":{"name":"TxUpdatedInterval"}}]}
SetVariables {"setVariableData":[{"attributeValue":"60","component":{"name":"SampledDataCtrlr"},"variable":{"name":"TxUpdatedInterval"}}]}
SetVariables {"setVariableData":[{"attributeValue":"x","component":{"name":"SampledDataCtrlr"},"variable":{"name":"TxUpdatedInterval"}}]}
GetBaseReport {"requestId":1,"reportBase":"FullInventory"}
GetBaseReport {"requestId":2,"reportBase":"ConfigurationInventory"}
GetBaseReport {"requestId":3,"reportBase":"SummaryInventory"}
GetReport {"requestId":4,"componentCriteria":["Problem"]}
GetReport {"requestId":5,"componentVariable":[{"component":{"name":"EVSE"}}]}
TriggerMessage {"requestedMessage":"Heartbeat"}
TriggerMessage {"requestedMessage":"MeterValues","evse":{"id":1}}
TriggerMessage {"requestedMessage":"StatusNotification","evse":{"id":1,"connectorId":1}}
TriggerMessage {"requestedMessage":"FirmwareStatusNotification"}
ChangeAvailability {"operationalStatus":"Inoperative","evse":{"id":2}}
ChangeAvailability {"operationalStatus":"Operative","evse":{"id":2}}
ChangeAvailability {"operationalStatus":"Operative"}
!ChangeAvailability {"operationalStatus":"Operative","evse":{"id":0}}
!DataTransfer {"vendorId":"broken"}
Reset {"type":"Immediate","evseId":1}
DataTransfer {"vendorId":"com.example","messageId":"m","data":{"a":[1,2,3]}}
ClearCache {}
RequestStartTransaction {"idToken":{"idToken":"04AABBCC","type":"ISO14443"},"remoteStartId":7,"evseId":9}
RequestStopTransaction {"transactionId":"none"}
GetTransactionStatus {}
UnlockConnector {"evseId":2,"connectorId":1}
UnlockConnector {"evseId":2,"connectorId":9}
SetNetworkProfile {"configurationSlot":1,"connectionData":{"ocppVersion":"OCPP20","ocppTransport":"JSON","ocppCsmsUrl":"ws://csms/ocpp","messageTimeout":30,"securityProfile":0,"ocppInterface":"Wired0"}}
GetLocalListVersion {}
!CostUpdated {"totalCost":1,"transactionId":"none"}
!NoSuchAction {}
!GetBaseReport {"reportBase":"FullInventory"}
"""
REQUESTS_16 = """
GetConfiguration {}
GetConfiguration {"key":["HeartbeatInterval","NoSuchKey"]}
ChangeConfiguration {"key":"MeterValueSampleInterval","value":"61"}
ChangeConfiguration {"key":"MeterValueSampleInterval","value":"60"}
ChangeConfiguration {"key":"MeterValueSampleInterval","value":"x"}
ChangeConfiguration {"key":"NoSuchKey","value":"x"}
GetConfiguration {"key":["NetworkProfile0"]}
TriggerMessage {"requestedMessage":"Heartbeat"}
TriggerMessage {"requestedMessage":"MeterValues","connectorId":1}
TriggerMessage {"requestedMessage":"StatusNotification"}
TriggerMessage {"requestedMessage":"DiagnosticsStatusNotification"}
ExtendedTriggerMessage {"requestedMessage":"FirmwareStatusNotification"}
ChangeAvailability {"connectorId":2,"type":"Inoperative"}
ChangeAvailability {"connectorId":2,"type":"Operative"}
ChangeAvailability {"connectorId":0,"type":"Operative"}
DataTransfer {"vendorId":"com.example","messageId":"m","data":"d"}
ClearCache {}
!DataTransfer {"vendorId":"broken"}
RemoteStartTransaction {"connectorId":9,"idTag":"04AABBCC"}
RemoteStopTransaction {"transactionId":99}
UnlockConnector {"connectorId":2}
UnlockConnector {"connectorId":9}
GetLocalListVersion {}
!ClearChargingProfile {}
!NoSuchAction {}
!ChangeAvailability {"connectorId":2}
"""


def of(subprotocol):
    """(action, payload, whether the answer is a CALLERROR) of each."""
    text = REQUESTS_16 if subprotocol == "ocpp1.6" else REQUESTS_201
    for line in text.strip().split("\n"):
        action, _, payload = line.partition(" ")
        yield action.lstrip("!"), payload, action[0] == "!"
