"""What `profiles.ocpp16.presets` makes of the keys of a configuration file."""

from chargepoint.device_model import presets
from chargepoint.profiles.ocpp16 import presets as key_presets
from chargepoint.profiles.ocpp16.configuration import change_configuration
from tests.support.keys16 import answer_of, change, get, variable
from tests.support.models import Slots, make_station


def preset(station, values, allow_unknown=False):
    """The error text, or None."""
    try:
        key_presets.preset(station.model, values, allow_unknown)
    except ValueError as error:
        return str(error)
    return None


def test_presets_by_key():
    station = make_station()
    values = {
        "MeterValueSampleInterval": 30,
        "stoptransactiononinvalidid": False,
        "MeterValuesSampledData": ["Voltage.L1", "SoC"],
        "ConnectorPhaseRotation": "1.RST",
        "GetConfigurationMaxKeys": 5,
        "ChargingScheduleAllowedChargingRateUnit": "Power",
        "SecurityProfile": 2,
        "AuthorizationKey": "00" * 16,
        "LocalAuthListEnabled": False,
    }
    assert preset(station, values) is None
    assert station.model.values == {}
    assert get(station, "MeterValueSampleInterval")["value"] == "30"
    assert station.model.integer(76) == 30
    assert get(station, "StopTransactionOnInvalidId")["value"] == "false"
    assert station.model.text(75) == "Voltage,SoC"
    assert get(station, "MeterValuesSampledData")["value"] == "Voltage.L1,SoC"
    for value in ("SoC", "Voltage,SoC", "Voltage.L2,SoC"):
        payload = {"key": "MeterValuesSampledData", "value": value}
        assert change_configuration(station, payload, 0)["status"] == "Accepted"
        assert get(station, "MeterValuesSampledData")["value"] == value
    assert get(station, "GetConfigurationMaxKeys")["value"] == "5"
    assert get(station, "ChargingScheduleAllowedChargingRateUnit")["value"] == "Power"
    assert get(station, "SecurityProfile")["value"] == "2"
    assert station.model.credential() == bytes(16)


def test_variables_win_over_keys():
    station = make_station()
    preset(station, {"HeartbeatInterval": 10})
    presets.preset(station.model, {"OCPPCommCtrlr.HeartbeatInterval": 20})
    assert get(station, "HeartbeatInterval")["value"] == "20"


def test_presets_that_are_wrong():
    station = make_station()
    for key, value, words in (
        ("Nope", 1, '"Nope": there is no such configuration key'),
        ("HeartbeatInterval", 0, '"HeartbeatInterval" must be an integer from 1'),
        ("NumberOfConnectors", 2, '"NumberOfConnectors" must be left out, for it is derived'),
        ("LocalAuthListMaxLength", 2, '"LocalAuthListMaxLength" must be left out'),
        ("AuthorizationKey", "short", '"AuthorizationKey" must be 32 to 40 hexadecimal digits'),
        ("ConnectorPhaseRotation", "x", '"ConnectorPhaseRotation" must be a list of 0.RST'),
        ("MeterValuesSampledData", "x", '"MeterValuesSampledData" must be a list without'),
        ("ChargingScheduleAllowedChargingRateUnit", "x", "a list of Current and Power"),
    ):
        error = preset(station, {key: value})
        assert error and words in error, error
    assert station.model.presets == {}


def test_unknown_keys_are_variables_and_unknown_variables_keys():
    slots = Slots()
    station = make_station(slots)
    assert preset(station, {"VendorKey": 1, "Vendor.Key": "x"}, True) is None
    presets.preset(station.model, {"Lamp.Colour": "red"}, True)
    assert variable(station, "CustomizationCtrlr.VendorKey") == "1"
    for key, value in (("vendorkey", "1"), ("Lamp.Colour", "red")):
        entry = get(station, key)
        assert entry["value"] == value and entry["readonly"] is False
    listed = [entry["key"] for entry in answer_of(station)["configurationKey"]]
    assert listed[-3:] == ["Vendor.Key", "VendorKey", "Lamp.Colour"]
    assert change(station, "VendorKey", "two") == "Accepted"
    assert change(station, "Vendor.Key", "y" * 501) == "Rejected"
    again = make_station(slots)
    preset(again, {"VendorKey": 1, "Vendor.Key": "x"}, True)
    assert get(again, "VendorKey")["value"] == "two"
    assert variable(again, "CustomizationCtrlr.VendorKey") == "two"
