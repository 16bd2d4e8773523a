from chargepoint.device_model import presets
from chargepoint.device_model.variables import get_variables, set_variables
from chargepoint.rpc.errors import CallError
from tests.support.models import Slots, item, make_station
from tests.support.whole import payload_of


def get(station, *addresses, **more):
    request = {"getVariableData": [item(address, **more) for address in addresses]}
    return payload_of(get_variables(station, request, 0))["getVariableResult"]


def set_(station, *pairs, **more):
    data = [item(address, attributeValue=value, **more) for address, value in pairs]
    return payload_of(set_variables(station, {"setVariableData": data}, 0))["setVariableResult"]


def status_of(result):
    return result["attributeStatus"]


def set_one(station, address, value, **more):
    """(status, reason code or None)"""
    result = set_(station, (address, value), **more)[0]
    return status_of(result), result.get("attributeStatusInfo", {}).get("reasonCode")


def value_of(station, address, **more):
    return get(station, address, **more)[0].get("attributeValue")


def test_B06_FR_01_one_result_for_each_in_the_same_order():
    station = make_station()
    addresses = ["TxCtrlr.TxStopPoint", "Nobody.X", "OCPPCommCtrlr.HeartbeatInterval"] * 4
    results = get(station, *addresses)
    assert len(results) == 12
    for number, result in enumerate(results):
        asked = item(addresses[number])
        assert result["component"] == asked["component"]  # B06.FR.02
        assert result["variable"] == asked["variable"]


def test_B06_FR_04_and_10_the_value():
    result = get(make_station(), "OCPPCommCtrlr.HeartbeatInterval")[0]
    assert result == {
        "attributeStatus": "Accepted",
        "attributeType": "Actual",  # B06.FR.11
        "attributeValue": "300",
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "HeartbeatInterval"},
    }


def test_B06_FR_06_an_unknown_component():
    station = make_station()
    for address in (
        "Nobody.HeartbeatInterval",
        "EVSE.Power",
        "EVSE:3.Power",
        "EVSE:0.Power",
        "EVSE:1:1.Power",
        "Connector.Available",
        "Connector:1.Available",
        "Connector:1:3.Available",
        "Connector:2:2.Available",
        "OCPPCommCtrlr:1.HeartbeatInterval",
    ):
        result = get(station, address)[0]
        assert status_of(result) == "UnknownComponent", address
        assert "attributeValue" not in result
        assert set_one(station, address, "1")[0] == "UnknownComponent"  # B05.FR.04


def test_B06_FR_15_an_instance_of_a_component_without_instances():
    station = make_station()
    request = item("OCPPCommCtrlr.HeartbeatInterval")
    for instance, status in (("x", "UnknownComponent"), ("", "Accepted")):
        request["component"]["instance"] = instance
        answer = payload_of(get_variables(station, {"getVariableData": [request]}, 0))
        assert status_of(answer["getVariableResult"][0]) == status


def test_B06_FR_07_an_unknown_variable():
    station = make_station()
    for address in (
        "OCPPCommCtrlr.Heartbeat",
        "OCPPCommCtrlr.MessageAttempts",  # B06.FR.15: exists with an instance only
        "OCPPCommCtrlr.MessageAttempts[Other]",
        "OCPPCommCtrlr.HeartbeatInterval[x]",
        "EVSE:1.ConnectorType",
        "Connector:1:1.Power",
    ):
        result = get(station, address)[0]
        assert status_of(result) == "UnknownVariable", address
        assert "attributeValue" not in result
        assert set_one(station, address, "1")[0] == "UnknownVariable"  # B05.FR.05


def test_names_compare_without_case_and_are_echoed_as_asked():
    result = get(make_station(), "ocppcommctrlr.MESSAGEATTEMPTS[transactionevent]")[0]
    assert status_of(result) == "Accepted"
    assert result["component"] == {"name": "ocppcommctrlr"}
    assert result["variable"] == {"name": "MESSAGEATTEMPTS", "instance": "transactionevent"}


def test_B06_FR_08_an_attribute_type_that_is_not_there():
    station = make_station()
    for attribute in ("Target", "MinSet", "MaxSet"):
        result = get(station, "OCPPCommCtrlr.HeartbeatInterval", attributeType=attribute)[0]
        assert status_of(result) == "NotSupportedAttributeType"
        assert result["attributeType"] == attribute  # B06.FR.03
        assert "attributeValue" not in result
        answer = set_one(station, "OCPPCommCtrlr.HeartbeatInterval", "60", attributeType=attribute)
        assert answer[0] == "NotSupportedAttributeType"  # B05.FR.06
    assert value_of(station, "EVSE:1.Power", attributeType="MaxSet") == "22080"
    assert value_of(station, "EVSE:2.Power", attributeType="MaxSet") == "3680"
    assert set_one(station, "EVSE:2.Power", "1", attributeType="MaxSet")[0] == "Rejected"


def test_B06_FR_09_what_is_write_only():
    result = get(make_station(), "SecurityCtrlr.BasicAuthPassword")[0]
    assert status_of(result) == "Rejected"
    assert "attributeValue" not in result


def test_B06_FR_13_no_value_is_an_empty_text():
    station = make_station()
    assert value_of(station, "AuthCtrlr.MasterPassGroupId") == ""
    assert value_of(station, "ClockCtrlr.DateTime") == ""


def test_B06_FR_16_and_17_too_many_items_or_bytes():
    station = make_station()
    name = "OCPPCommCtrlr.HeartbeatInterval"
    assert len(get(station, *[name] * 20)) == 20
    assert_error(get, "OccurrenceConstraintViolation", station, *[name] * 21)
    assert_error(set_, "OccurrenceConstraintViolation", station, *[(name, "60")] * 21)
    assert_error(set_, "FormatViolation", station, *[(name, "6" * 1000)] * 5)
    station.model.preset(51 << 16, "512")
    assert_error(get, "FormatViolation", station, *[name] * 10)


def assert_error(function, code, *arguments):
    try:
        function(*arguments)
    except CallError as error:
        assert error.args[0] == code
        return
    raise AssertionError("no CallError")


def test_values_of_the_layout():
    station = make_station()
    for address, value in (
        ("ChargingStation.VendorName", "Acme"),
        ("ChargingStation.Model", "One"),
        ("ChargingStation.SerialNumber", "0001"),
        ("ChargingStation.FirmwareVersion", "1.2.3"),
        ("SecurityCtrlr.Identity", "CP-1"),
        ("ChargingStation.SupplyPhases", "3"),
        ("EVSE:1.SupplyPhases", "3"),
        ("EVSE:2.SupplyPhases", "1"),
        ("Connector:2:1.SupplyPhases", "1"),
        ("Connector:1:1.ConnectorType", "sType2"),
        ("Connector:1:2.ConnectorType", "cType2"),
        ("Connector:2:1.ConnectorType", "cType1"),
    ):
        assert value_of(station, address) == value, address


def test_values_that_the_station_computes():
    station = make_station()
    asked = []

    def compute(variable_id, evse_id, connector_id):
        asked.append((variable_id, evse_id, connector_id))
        return "Occupied" if evse_id == 2 else None

    station.model.compute = compute
    assert value_of(station, "Connector:2:1.AvailabilityState") == "Occupied"
    assert value_of(station, "Connector:1:2.AvailabilityState") == ""
    assert value_of(station, "SecurityCtrlr.CertificateEntries") == "0"
    assert asked == [(18, 2, 1), (18, 1, 2), (81, 0, 0)]
    value_of(station, "OCPPCommCtrlr.HeartbeatInterval")
    assert len(asked) == 3


def test_B05_FR_10_a_value_is_set_and_lasts():
    slots = Slots()
    station = make_station(slots)
    result = set_(station, ("OCPPCommCtrlr.HeartbeatInterval", "60"))[0]
    assert result == {
        "attributeStatus": "Accepted",
        "attributeType": "Actual",  # B05.FR.12
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "HeartbeatInterval"},
    }
    assert value_of(make_station(slots), "OCPPCommCtrlr.HeartbeatInterval") == "60"


def test_B05_FR_01_and_02_each_gets_its_result_and_one_save_is_enough():
    slots = Slots()
    station = make_station(slots)
    results = set_(
        station,
        ("OCPPCommCtrlr.HeartbeatInterval", "60"),
        ("Nobody.X", "1"),
        ("TxCtrlr.EVConnectionTimeOut", "-1"),
        ("TxCtrlr.StopTxOnInvalidId", "False"),
    )
    assert [status_of(result) for result in results] == [
        "Accepted",
        "UnknownComponent",
        "Rejected",
        "Accepted",
    ]
    assert slots.saves == 1
    assert value_of(station, "TxCtrlr.StopTxOnInvalidId") == "false"


def test_B05_FR_07_a_wrong_format():
    station = make_station()
    for address, values in (
        (
            "OCPPCommCtrlr.HeartbeatInterval",
            ("", "x", "1.0", "+1", "01", "1e3", " 1", "--1", "-", "1_0", "\u0663", "0x10"),
        ),
        ("TxCtrlr.StopTxOnInvalidId", ("", "1", "yes", "true ")),
        (
            "SmartChargingCtrlr.LimitChangeSignificance",
            ("", ".", "1.", ".5", "1e3", "nan", "inf", "1.1234567", "00.1"),
        ),
        ("TxCtrlr.TxStartPoint", ("Never", "Authorized,", "Authorized,Authorized", ",")),
        ("AuthCacheCtrlr.Policy", ("", "LFU", "LRU,LRU")),
        ("ClockCtrlr.TimeSource", ("NTP", "Heartbeat,NTP", "Heartbeat,Heartbeat")),
        ("EVSE:1.PhaseRotation", ("RS", "RSTR", "ABC", "RRS", "rst", "RSR")),
    ):
        for value in values:
            assert set_one(station, address, value) == ("Rejected", "InvalidValue"), value
    assert station.model.values == {}


def test_B05_FR_08_out_of_range():
    station = make_station()
    for address, value in (
        ("OCPPCommCtrlr.HeartbeatInterval", "0"),
        ("OCPPCommCtrlr.HeartbeatInterval", "2147483648"),
        ("OCPPCommCtrlr.WebSocketPingInterval", "-1"),
        ("OCPPCommCtrlr.NetworkConfigurationPriority", ""),
        ("TxCtrlr.TxStartPoint", ""),
        ("SmartChargingCtrlr.LimitChangeSignificance", "100.1"),
        ("SmartChargingCtrlr.LimitChangeSignificance", "-0.1"),
        ("TariffCostCtrlr.Currency", "EURO"),
        ("SecurityCtrlr.BasicAuthPassword", "x" * 15),
        ("SecurityCtrlr.BasicAuthPassword", "x" * 41),
    ):
        assert set_one(station, address, value) == ("Rejected", "ValueOutOfRange"), value
    assert set_one(station, "SecurityCtrlr.OrganizationName", "x" * 501) == (
        "Rejected",
        "TooLargeElement",
    )


def test_values_at_the_limits():
    station = make_station()
    for address, value, stored in (
        ("OCPPCommCtrlr.HeartbeatInterval", "2147483647", "2147483647"),
        ("OCPPCommCtrlr.WebSocketPingInterval", "0", "0"),
        ("SmartChargingCtrlr.LimitChangeSignificance", "0.123456", "0.123456"),
        ("SmartChargingCtrlr.LimitChangeSignificance", "100", "100"),
        ("TxCtrlr.StopTxOnInvalidId", "TRUE", "true"),
        ("TxCtrlr.TxStartPoint", "evconnected, authorized", "EVConnected,Authorized"),
        ("SampledDataCtrlr.TxEndedMeasurands", "", ""),
        ("ClockCtrlr.TimeSource", "RealTimeClock,Heartbeat", "RealTimeClock,Heartbeat"),
        ("EVSE:2.PhaseRotation", "Rxx", "Rxx"),
        ("EVSE:2.PhaseRotation", "", ""),
        ("SecurityCtrlr.OrganizationName", "M\u00fcller \u20ac", "M\u00fcller \u20ac"),
    ):
        assert set_one(station, address, value) == ("Accepted", None), (address, value)
        assert value_of(station, address) == stored


def test_B05_FR_09_what_is_read_only():
    station = make_station()
    for address in (
        "DeviceDataCtrlr.ItemsPerMessage[GetReport]",
        "SecurityCtrlr.SecurityProfile",
        "EVSE:1.Power",
        "ClockCtrlr.DateTime",
    ):
        assert set_one(station, address, "1") == ("Rejected", "ReadOnly")


def test_fixed_cables_have_nothing_to_unlock():
    address = "OCPPCommCtrlr.UnlockOnEVSideDisconnect"
    station = make_station()
    assert value_of(station, address) == "true"
    assert set_one(station, address, "false")[0] == "Accepted"
    station = make_station()
    station.model.layout.evses = station.model.layout.evses[1:]
    assert value_of(station, address) == "false"
    assert set_one(station, address, "true") == ("Rejected", "ReadOnly")


def test_B10_FR_02_priorities_name_slots_that_are_set():
    address = "OCPPCommCtrlr.NetworkConfigurationPriority"
    station = make_station()
    assert set_one(station, address, "0,1") == ("Rejected", "NotFound")
    station.model.network_slots = (0, 1)
    assert set_one(station, address, "1,0") == ("RebootRequired", None)
    assert value_of(station, address) == "1,0"
    assert set_one(station, address, "9") == ("Rejected", "InvalidValue")


def test_A01_FR_11_and_12_a_new_password_is_told_but_never_shown():
    slots = Slots()
    station = make_station(slots)
    password = "a-new.Password:1@x"
    result = set_(station, ("SecurityCtrlr.BasicAuthPassword", password))[0]
    assert status_of(result) == "Accepted"
    assert "attributeValue" not in result
    assert station.model.credential() == password.encode()
    assert station.model.values == {}
    assert station.events == [("ReconfigurationOfSecurityParameters", "BasicAuthPassword")]
    assert station.link_request == "reconnect"
    assert make_station(slots).model.credential() == password.encode()


def test_the_station_hears_of_each_change_after_all_are_kept():
    slots = Slots()
    station = make_station(slots)
    heard = []
    station.model.on_change = lambda variable_id: heard.append((variable_id, slots.saves))
    set_(
        station,
        ("OCPPCommCtrlr.HeartbeatInterval", "60"),
        ("OCPPCommCtrlr.HeartbeatInterval", "x"),
        ("TxCtrlr.EVConnectionTimeOut", "5"),
    )
    assert heard == [(57, 1), (87, 1)]


def test_B05_FR_09_a_flash_that_fails_leaves_all_as_it_was():
    slots = Slots()
    station = make_station(slots)
    set_(station, ("OCPPCommCtrlr.HeartbeatInterval", "60"))
    slots.fail = True
    heard = []
    station.model.on_change = heard.append
    results = set_(
        station,
        ("OCPPCommCtrlr.HeartbeatInterval", "70"),
        ("TxCtrlr.EVConnectionTimeOut", "5"),
        ("SecurityCtrlr.BasicAuthPassword", "0123456789abcdef"),
    )
    for result in results:
        assert status_of(result) == "Rejected"
        assert result["attributeStatusInfo"] == {"reasonCode": "InternalError"}
    assert value_of(station, "OCPPCommCtrlr.HeartbeatInterval") == "60"
    assert value_of(station, "TxCtrlr.EVConnectionTimeOut") == "60"
    assert station.model.credential() is None
    assert heard == station.events == []


def test_no_room_is_told():
    station = make_station()
    for number in range(20):
        assert station.model.put(0x20000000 + (number << 16), "x" * 402)
    status = set_one(station, "SecurityCtrlr.OrganizationName", "x" * 64)
    assert status == ("Rejected", "OutOfStorage")
    assert value_of(station, "SecurityCtrlr.OrganizationName") == ""


def test_variables_of_a_feature_are_there_with_the_feature_only():
    address = "ReservationCtrlr.Enabled"
    assert status_of(get(make_station(), address)[0]) == "Accepted"
    without = make_station(features=("smart_charging",))
    assert status_of(get(without, address)[0]) == "UnknownComponent"
    assert set_one(without, address, "true")[0] == "UnknownComponent"
    part = "SecurityCtrlr.CertSigningRepeatTimes"
    assert status_of(get(without, part)[0]) == "UnknownVariable"


def test_names_that_the_table_does_not_know():
    slots = Slots()
    station = make_station(slots)
    presets.preset(station.model, {"Lamp.Colour[Top]": "red", "Foo": 5}, True)
    assert value_of(station, "lamp.colour[top]") == "red"
    assert value_of(station, "CustomizationCtrlr.foo") == "5"
    assert status_of(get(station, "Lamp.Colour")[0]) == "UnknownVariable"
    assert status_of(get(station, "Lamp:1.Colour[Top]")[0]) == "UnknownComponent"
    assert set_one(station, "Lamp.Colour[Top]", "blue") == ("Accepted", None)
    assert set_one(station, "Lamp.Colour[Top]", "x", attributeType="Target")[0] == (
        "NotSupportedAttributeType"
    )
    again = make_station(slots)
    presets.preset(again.model, {"Lamp.Colour[Top]": "red"}, True)
    assert value_of(again, "Lamp.Colour[Top]") == "blue"
