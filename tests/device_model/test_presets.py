from chargepoint.device_model.access import limits, read
from chargepoint.device_model.presets import address, preset
from tests.support.models import Slots, make_station


def error_of(function, *arguments):
    try:
        function(*arguments)
    except ValueError as error:
        return str(error)
    raise AssertionError("no error")


def make_model(slots=None):
    return make_station(slots).model


def test_values_of_a_configuration_file_become_text():
    model = make_model()
    preset(
        model,
        {
            "OCPPCommCtrlr.HeartbeatInterval": 60,
            "ocppcommctrlr.messageattempts[transactionevent]": 5,
            "TxCtrlr.StopTxOnInvalidId": False,
            "TxCtrlr.TxStopPoint": ["Authorized", "EVConnected"],
            "SmartChargingCtrlr.LimitChangeSignificance": 2.5,
        },
    )
    assert model.integer(57) == 60
    assert model.integer(59) == 5
    assert not model.boolean(90)
    assert model.text(93) == "Authorized,EVConnected"
    assert model.values == {}


def test_read_only_ones_too_and_what_was_changed_wins():
    slots = Slots()
    model = make_model(slots)
    preset(model, {"DeviceDataCtrlr.ItemsPerMessage[GetReport]": 3, "SecurityCtrlr.Identity": "X"})
    assert model.integer(47) == 3
    assert read(model, address(model, "SecurityCtrlr.Identity")) == "X"
    model.write(57, "10")
    again = make_model(slots)
    preset(again, {"OCPPCommCtrlr.HeartbeatInterval": 60})
    assert again.integer(57) == 10


def test_one_evse_or_connector_or_all_of_them():
    model = make_model()
    preset(model, {"Connector.PhaseRotation": "RST", "Connector:1:2.PhaseRotation": "TSR"})
    assert model.text(21, 1, 1) == "RST"
    assert model.text(21, 1, 2) == "TSR"
    assert address(model, "EVSE:2.Power") == 14 << 16 | 2 << 8
    assert address(model, "EVSE.Power") == 14 << 16


def test_what_is_unknown():
    model = make_model()
    for text in ("Nobody.X", "X", "", ".", "OCPPCommCtrlr.HeartbeatInterval[x]"):
        assert error_of(preset, model, {text: 1}) == '"%s": there is no such variable' % text
    for text in ("EVSE:3.Power", "EVSE:1:1.Power", "OCPPCommCtrlr:1.HeartbeatInterval"):
        assert "no such EVSE or connector" in error_of(preset, model, {text: 1})
    assert "not a number" in error_of(preset, model, {"EVSE:x.Power": 1})


def test_what_a_variable_can_not_have_is_refused():
    model = make_model()
    model.network_slots = (0, 1)
    for text, value in (
        ("OCPPCommCtrlr.HeartbeatInterval", 0),
        ("OCPPCommCtrlr.NetworkConfigurationPriority", "2"),
        ("SecurityCtrlr.CertificateEntries", 9),
    ):
        assert error_of(preset, model, {text: value}) == '"%s" can\'t have this value' % text


def test_of_what_is_counted_the_limit_is_set():
    model = make_model()
    name = "LocalAuthListCtrlr.Entries"
    for value in (5, 50):  # one setting may follow another, also with more
        preset(model, {name: value})
        assert limits(model, address(model, name)) == ("0", str(value))
    assert read(model, address(model, name)) == "0"
    for value in (-1, 101, "x"):
        assert error_of(preset, model, {name: value}) == '"%s" can\'t have this value' % name
    assert limits(model, address(model, "SecurityCtrlr.CertificateEntries"))[1] == "8"


def test_a_password_is_the_credential_until_the_server_sets_one():
    model = make_model()
    preset(model, {"SecurityCtrlr.BasicAuthPassword": "0123456789abcdef"})
    assert model.credential() == b"0123456789abcdef"
    assert model.presets == {}


def test_unknown_names_if_allowed():
    model = make_model()
    preset(model, {"Lamp.Colour": "red", "Foo": 1, "OCPPCommCtrlr.Extra[A]": True}, True)
    assert model.names == ["CustomizationCtrlr.Foo", "Lamp.Colour", "OCPPCommCtrlr.Extra[A]"]
    assert [read(model, name) for name in model.names] == ["1", "red", "true"]
    assert address(model, "Lamp.Colour") == "Lamp.Colour"
    for text in ("", ".", "A.", "x" * 60):
        assert "a name has" in error_of(preset, model, {text: 1}, True)
    too_long = error_of(preset, model, {"Lamp.Colour": "x" * 501}, True)
    assert too_long == '"Lamp.Colour" can\'t have this value'
    preset(model, {"Lamp.N%d" % number: 1 for number in range(29)}, True)
    assert "too many" in error_of(preset, model, {"Lamp.More": 1}, True)
