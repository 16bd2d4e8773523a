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
    assert preset(station, {"Nope": 1}) == '"Nope": there is no such configuration key'
    for key, value in (
        ("HeartbeatInterval", 0),
        ("NumberOfConnectors", 2),
        ("LocalAuthListMaxLength", 101),
        ("MeterValuesSampledDataMaxLength", 0),
        ("MeterValuesSampledDataMaxLength", 21),
        ("MeterValuesSampledDataMaxLength", "x"),
        ("AuthorizationKey", "short"),
        ("ConnectorPhaseRotation", "x"),
        ("MeterValuesSampledData", "x"),
        ("ChargingScheduleAllowedChargingRateUnit", "x"),
    ):
        assert preset(station, {key: value}) == '"%s" can\'t have this value' % key
    assert station.model.presets == {}


def test_limits_are_set_like_any_other_key():
    station = make_station()
    model = station.model
    model.features = bytes(range(20))  # as if all blocks were built
    values = {
        "LocalAuthListMaxLength": 7,
        "SendLocalListMaxLength": 3,
        "CertificateStoreMaxLength": 2,
        "MaxChargingProfilesInstalled": 4,
        "ChargeProfileMaxStackLevel": 6,
        "ReserveConnectorZeroSupported": False,
        "MeterValuesSampledDataMaxLength": 2,
    }
    assert preset(station, values) is None
    for key in values:
        shown = str(values[key]).lower()
        assert get(station, key) == {"key": key, "readonly": True, "value": shown}
    presets.preset(model, {"SecurityCtrlr.CertificateEntries": 5})  # variables win
    assert get(station, "CertificateStoreMaxLength")["value"] == "5"
    for value, status in (("Voltage,SoC", "Accepted"), ("Voltage,SoC,Frequency", "Rejected")):
        assert change(station, "MeterValuesSampledData", value) == status
    assert change(station, "StopTxnSampledData", "Voltage,SoC,Frequency") == "Accepted"


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
