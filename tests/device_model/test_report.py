import json

from chargepoint.device_model import presets
from chargepoint.device_model.report import (
    get_base_report,
    get_report,
    matches,
    next_part,
    report_data,
)
from chargepoint.profiles.ocpp201 import schema
from chargepoint.rpc.errors import CallError
from chargepoint.rpc.schema import check
from tests.support.models import item, make_station

# What the specification requires (parts 1, 2 and 4), for all blocks that have required variables.
REQUIRED = """
AlignedDataCtrlr.Interval AlignedDataCtrlr.Measurands AlignedDataCtrlr.TxEndedInterval
AlignedDataCtrlr.TxEndedMeasurands AuthCtrlr.AuthorizeRemoteStart AuthCtrlr.LocalAuthorizeOffline
AuthCtrlr.LocalPreAuthorize ChargingStation.AvailabilityState ChargingStation.Available
ChargingStation.SupplyPhases ClockCtrlr.DateTime ClockCtrlr.TimeSource Connector.Available
Connector.ConnectorType Connector.SupplyPhases DeviceDataCtrlr.BytesPerMessage[GetReport]
DeviceDataCtrlr.BytesPerMessage[GetVariables] DeviceDataCtrlr.BytesPerMessage[SetVariables]
DeviceDataCtrlr.ItemsPerMessage[GetReport] DeviceDataCtrlr.ItemsPerMessage[GetVariables]
DeviceDataCtrlr.ItemsPerMessage[SetVariables] EVSE.AvailabilityState EVSE.Available EVSE.Power
EVSE.SupplyPhases OCPPCommCtrlr.FileTransferProtocols OCPPCommCtrlr.MessageTimeout[Default]
OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]
OCPPCommCtrlr.MessageAttempts[TransactionEvent] OCPPCommCtrlr.NetworkConfigurationPriority
OCPPCommCtrlr.NetworkProfileConnectionAttempts OCPPCommCtrlr.OfflineThreshold
OCPPCommCtrlr.ResetRetries OCPPCommCtrlr.UnlockOnEVSideDisconnect
OCPPCommCtrlr.RetryBackOffRandomRange OCPPCommCtrlr.RetryBackOffRepeatTimes
OCPPCommCtrlr.RetryBackOffWaitMinimum OCPPCommCtrlr.WebSocketPingInterval
SampledDataCtrlr.TxEndedInterval SampledDataCtrlr.TxEndedMeasurands
SampledDataCtrlr.TxStartedMeasurands SampledDataCtrlr.TxUpdatedInterval
SampledDataCtrlr.TxUpdatedMeasurands SecurityCtrlr.CertificateEntries
SecurityCtrlr.OrganizationName SecurityCtrlr.SecurityProfile TxCtrlr.EVConnectionTimeOut
TxCtrlr.StopTxOnEVSideDisconnect TxCtrlr.StopTxOnInvalidId TxCtrlr.TxStartPoint
TxCtrlr.TxStopPoint
"""
REQUIRED_OF_FEATURES = """
LocalAuthListCtrlr.BytesPerMessage LocalAuthListCtrlr.Entries LocalAuthListCtrlr.ItemsPerMessage
SmartChargingCtrlr.Entries[ChargingProfiles] SmartChargingCtrlr.LimitChangeSignificance
SmartChargingCtrlr.PeriodsPerSchedule SmartChargingCtrlr.ProfileStackLevel
SmartChargingCtrlr.RateUnit MonitoringCtrlr.BytesPerMessage[SetVariableMonitoring]
MonitoringCtrlr.ItemsPerMessage[SetVariableMonitoring] DisplayMessageCtrlr.DisplayMessages
DisplayMessageCtrlr.SupportedFormats DisplayMessageCtrlr.SupportedPriorities
TariffCostCtrlr.Currency TariffCostCtrlr.TariffFallbackMessage
TariffCostCtrlr.TotalCostFallbackMessage ISO15118Ctrlr.ContractValidationOffline
"""


def base_report(station, base, request_id=7):
    request = {"requestId": request_id, "reportBase": base}
    assert get_base_report(station, request, 0) == {"status": "Accepted"}
    return parts_of(station)


def parts_of(station):
    """All parts of the running report, each a valid message."""
    parts = []
    while station.report is not None:
        part = next_part(station, 86400000)
        assert check(schema.TABLE, "NotifyReport", part) is None, part
        assert part["seqNo"] == len(parts)  # B07.FR.10
        assert part["generatedAt"] == "2020-01-02T00:00:00Z"
        parts.append(part)
    assert next_part(station, 0) is None
    assert [part["tbc"] for part in parts] == [True] * (len(parts) - 1) + [False]
    return parts


def data_of(parts):
    return [data for part in parts for data in part.get("reportData", ())]


def custom_report(station, criteria=(), wanted=()):
    """The addresses in a custom report, or its status if it was not accepted."""
    request = {"requestId": 1}
    if criteria:
        request["componentCriteria"] = list(criteria)
    if wanted:
        request["componentVariable"] = list(wanted)
    status = get_report(station, request, 0)["status"]
    if status != "Accepted":
        assert station.report is None
        return status
    return [address_of(data) for data in data_of(parts_of(station))]


def address_of(data):
    """As `tests.support.models.item` reads it."""
    component = data["component"]
    text = component["name"]
    evse = component.get("evse", {})
    for name in ("id", "connectorId"):
        if name in evse:
            text += ":%d" % evse[name]
    text += "." + data["variable"]["name"]
    if "instance" in data["variable"]:
        text += "[%s]" % data["variable"]["instance"]
    return text


def everywhere(address):
    """An address of the list above at every place of the layout."""
    component, dot, variable = address.partition(".")
    places = {"EVSE": (":1", ":2"), "Connector": (":1:1", ":1:2", ":2:1")}
    return [component + place + dot + variable for place in places.get(component, ("",))]


def test_B07_FR_08_all_68_required_variables_are_in_the_full_inventory():
    names = (REQUIRED + REQUIRED_OF_FEATURES).split()
    assert len(names) == 68
    reported = [address_of(d) for d in data_of(base_report(make_station(), "FullInventory"))]
    for name in names:
        for address in everywhere(name):
            assert reported.count(address) == 1, address


def test_B07_FR_08_without_features_what_they_require_is_not_there():
    station = make_station(features=())
    reported = [address_of(data) for data in data_of(base_report(station, "FullInventory"))]
    for name in REQUIRED.split():
        for address in everywhere(name):
            assert address in reported
    for name in REQUIRED_OF_FEATURES.split():
        assert name not in reported
    for address in reported:
        assert address.partition(".")[0] not in ("ReservationCtrlr", "AuthCacheCtrlr")


def test_nothing_is_reported_twice_and_all_attributes_are_B07_FR_11():
    data = data_of(base_report(make_station(), "FullInventory"))
    assert len({address_of(each) for each in data}) == len(data)
    for each in data:
        types = [attribute["type"] for attribute in each["variableAttribute"]]
        is_power = each["variable"]["name"] == "Power"
        assert types == (["Actual", "MaxSet"] if is_power else ["Actual"])


def test_B08_FR_03_only_what_is_write_only_has_no_value():
    station = make_station()
    station.model.set_credential(b"a secret of the station")
    parts = base_report(station, "FullInventory")
    for each in data_of(parts):
        for attribute in each["variableAttribute"]:
            assert ("value" in attribute) == (attribute["mutability"] != "WriteOnly")
    assert "BasicAuthPassword" in str(parts)
    assert "secret" not in str(parts)


def test_what_is_told_of_a_variable():
    data = data_of(base_report(make_station(), "FullInventory"))
    found = {address_of(each): each for each in data}
    assert found["OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]"] == {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "MessageAttemptInterval", "instance": "TransactionEvent"},
        "variableAttribute": [
            {"type": "Actual", "value": "60", "mutability": "ReadWrite", "persistent": True}
        ],
        "variableCharacteristics": {
            "dataType": "integer",
            "unit": "s",
            "minLimit": 0,
            "maxLimit": 86400,
            "supportsMonitoring": False,
        },
    }
    assert found["EVSE:2.Power"] == {
        "component": {"name": "EVSE", "evse": {"id": 2}},
        "variable": {"name": "Power"},
        "variableAttribute": [
            {"type": "Actual", "value": "0", "mutability": "ReadOnly"},
            {"type": "MaxSet", "value": "3680", "mutability": "ReadOnly"},
        ],
        "variableCharacteristics": {
            "dataType": "decimal",
            "unit": "W",
            "minLimit": 0,
            "maxLimit": 3680,
            "supportsMonitoring": True,
        },
    }
    assert found["SecurityCtrlr.BasicAuthPassword"] == {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
        "variableAttribute": [{"type": "Actual", "mutability": "WriteOnly", "persistent": True}],
        "variableCharacteristics": {
            "dataType": "string",
            "maxLimit": 40,
            "supportsMonitoring": False,
        },
    }
    told = found["Connector:1:2.ConnectorType"]
    assert told["variableAttribute"] == [
        {"type": "Actual", "value": "cType2", "mutability": "ReadOnly", "constant": True}
    ]
    told = found["TxCtrlr.TxStopPoint"]["variableCharacteristics"]
    assert told["valuesList"] == "EVConnected,Authorized,PowerPathClosed,EnergyTransfer"


def test_every_list_tells_its_values_and_every_writable_variable_is_persistent():
    for each in data_of(base_report(make_station(), "FullInventory")):
        characteristics = each["variableCharacteristics"]
        if characteristics["dataType"].endswith("List"):
            assert characteristics["valuesList"]
        for attribute in each["variableAttribute"]:
            if attribute["mutability"] != "ReadOnly":
                assert attribute["persistent"], each


def test_B07_FR_07_the_configuration_inventory_is_what_can_be_set():
    full = data_of(base_report(make_station(), "FullInventory"))
    settable = [d for d in full if d["variableAttribute"][0]["mutability"] != "ReadOnly"]
    assert data_of(base_report(make_station(), "ConfigurationInventory")) == settable
    assert 0 < len(settable) < len(full)


def test_B07_FR_09_the_summary():
    reported = data_of(base_report(make_station(), "SummaryInventory"))
    assert [address_of(data) for data in reported] == [
        "ChargingStation.AvailabilityState",
        "EVSE:1.AvailabilityState",
        "EVSE:2.AvailabilityState",
        "Connector:1:1.AvailabilityState",
        "Connector:1:2.AvailabilityState",
        "Connector:2:1.AvailabilityState",
    ]


def test_B07_FR_02_and_05_an_unknown_base():
    station = make_station()
    answer = get_base_report(station, {"requestId": 1, "reportBase": "Everything"}, 0)
    assert answer == {"status": "NotSupported"}
    assert next_part(station, 0) is None


def test_B07_FR_13_a_second_report_waits_for_its_turn():
    station = make_station()
    get_base_report(station, {"requestId": 1, "reportBase": "FullInventory"}, 0)
    request = {"requestId": 2, "reportBase": "FullInventory"}
    assert get_base_report(station, request, 0) == {"status": "Rejected"}
    assert get_report(station, {"requestId": 2}, 0) == {"status": "Rejected"}
    for part in parts_of(station):
        assert part["requestId"] == 1  # B07.FR.04
    assert get_base_report(station, request, 0) == {"status": "Accepted"}


def test_parts_obey_the_limits_and_lose_nothing():
    station = make_station()
    presets.preset(station.model, {"Lamp.Colour": "red", "Foo": "x"}, True)
    whole = [report_data(station.model, key) for _, key in matches(station.model, cursor())]
    assert address_of(whole[-1]) == "Lamp.Colour"
    for items, size in ((1, 4096), (8, 2048), (3, 800), (1000, 1000), (50, 512), (1000, 10**6)):
        presets.preset(
            station.model,
            {
                "DeviceDataCtrlr.ItemsPerMessage[GetReport]": items,
                "DeviceDataCtrlr.BytesPerMessage[GetReport]": size,
            },
        )
        whole = [report_data(station.model, key) for _, key in matches(station.model, cursor())]
        parts = base_report(station, "FullInventory")
        assert data_of(parts) == whole
        for number, part in enumerate(parts):
            after = parts[number + 1] if part["tbc"] else None
            count = len(part["reportData"])
            assert 0 < count <= items
            assert message_size(part) <= size or count == 1
            if after is not None and count < items:  # no part is shorter than it must be
                longer = dict(part)
                longer["reportData"] = part["reportData"] + after["reportData"][:1]
                assert message_size(longer) > size - 2


def cursor():
    return [7, "FullInventory", (), (), 0, 0]


def message_size(part):
    """Bytes of the longest message that can carry this payload."""
    payload = json.dumps(part)
    payload = payload.replace('": ', '":').replace(', "', ',"').replace(", {", ",{")
    return len(payload.encode()) + len('[2,"%s","NotifyReport",]' % ("x" * 36))


def test_a_value_is_read_when_its_part_is_made():
    station = make_station()
    get_base_report(station, {"requestId": 1, "reportBase": "FullInventory"}, 0)
    parts = [next_part(station, 0)]
    station.model.write(94, "60")  # not in the first part
    station.model.write(93, "Authorized")
    parts += [next_part(station, 0) for _ in range(100)]
    text = str([part for part in parts if part])
    assert "'value': 'Authorized'" in text or '"value": "Authorized"' in text


def test_B08_FR_01_and_05_nothing_asked_is_everything():
    station = make_station()
    everything = [address_of(data) for data in data_of(base_report(station, "FullInventory"))]
    assert custom_report(station) == everything


def test_B08_FR_11_variables_by_name():
    station = make_station()
    wanted = [item("txctrlr.txstoppoint"), item("OCPPCommCtrlr.HeartbeatInterval")]
    assert custom_report(station, (), wanted) == [
        "OCPPCommCtrlr.HeartbeatInterval",
        "TxCtrlr.TxStopPoint",
    ]


def test_B08_FR_20_to_25_what_is_left_out_fits_all():
    station = make_station()
    variable = {"name": "ItemsPerMessage"}
    wanted = [{"component": {"name": "DeviceDataCtrlr"}, "variable": variable}]
    assert len(custom_report(station, (), wanted)) == 3  # B08.FR.21
    variable["instance"] = "getreport"
    assert custom_report(station, (), wanted) == ["DeviceDataCtrlr.ItemsPerMessage[GetReport]"]
    component = {"name": "Connector"}
    wanted = [{"component": component, "variable": {"name": "ConnectorType"}}]
    assert len(custom_report(station, (), wanted)) == 3  # B08.FR.23
    component["evse"] = {"id": 1}
    assert custom_report(station, (), wanted) == [  # B08.FR.22
        "Connector:1:1.ConnectorType",
        "Connector:1:2.ConnectorType",
    ]
    component["evse"]["connectorId"] = 2
    assert custom_report(station, (), wanted) == ["Connector:1:2.ConnectorType"]
    del wanted[0]["variable"]  # B08.FR.20
    assert len(custom_report(station, (), wanted)) == 5


def test_B08_FR_15_nothing_fits():
    station = make_station()
    for wanted in (
        item("Nobody.X"),
        item("OCPPCommCtrlr.X"),
        item("EVSE:3.Power"),
        item("OCPPCommCtrlr:1.HeartbeatInterval"),
        item("OCPPCommCtrlr.HeartbeatInterval[x]"),
        {"component": {"name": "OCPPCommCtrlr", "instance": "x"}},
    ):
        assert custom_report(station, (), [wanted]) == "EmptyResultSet"


def test_B08_FR_07_to_10_criteria():
    station = make_station()
    everything = custom_report(station)
    assert custom_report(station, ["Active"]) == everything  # nothing has it
    assert custom_report(station, ["Problem"]) == "EmptyResultSet"
    assert custom_report(station, ["Available"]) == everything
    assert custom_report(station, ["Enabled"]) == everything
    station.model.write(29 + 1, "false")  # AuthCacheCtrlr.Enabled
    station.model.preset(17 << 16 | 1 << 8 | 2, "false")  # Connector:1:2.Available
    without = custom_report(station, ["Enabled"])
    assert [a for a in everything if a not in without] == [
        a for a in everything if a.startswith("AuthCacheCtrlr.")
    ]
    without = custom_report(station, ["Available"])
    assert [a for a in everything if a not in without] == [
        a for a in everything if a.startswith("Connector:1:2.")
    ]
    # B08.FR.13: one of them is enough
    assert custom_report(station, ["Available", "Enabled"]) == everything
    assert custom_report(station, ["Problem", "Enabled"]) == custom_report(station, ["Enabled"])
    wanted = [item("AuthCacheCtrlr.Enabled"), item("AuthCtrlr.Enabled")]
    assert custom_report(station, ["Enabled"], wanted) == ["AuthCtrlr.Enabled"]


def test_B08_FR_10_a_component_with_a_problem():
    station = make_station()
    presets.preset(station.model, {"Lamp.Problem": True, "Lamp.Colour": "red"}, True)
    assert custom_report(station, ["Problem"]) == ["Lamp.Colour", "Lamp.Problem"]
    summary = [address_of(d) for d in data_of(base_report(station, "SummaryInventory"))]
    assert summary[-1] == "Lamp.Problem"


def test_B08_FR_02_a_criterion_that_is_not_known():
    assert custom_report(make_station(), ["Odd"]) == "NotSupported"


def test_B08_FR_17_and_18_too_many_items_or_bytes():
    station = make_station()
    for count, filler, code in (
        (9, "", "OccurrenceConstraintViolation"),
        (8, "x" * 300, "FormatViolation"),
    ):
        wanted = [item("OCPPCommCtrlr.X" + filler)] * count
        try:
            custom_report(station, (), wanted)
        except CallError as error:
            assert error.args[0] == code
            continue
        raise AssertionError("no CallError")
