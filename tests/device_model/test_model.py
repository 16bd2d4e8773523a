from chargepoint.device_model.model import DeviceModel, EvseLayout, Layout
from tests.support.models import Slots, make_layout

_HEARTBEAT_INTERVAL = 57
_TX_START_POINT = 92
_TX_STOP_POINT = 93
_UNLOCK = 68
_AUTH_CACHE_STORAGE = 33  # not persistent
_PHASE_ROTATION = 21


def make(slots=None):
    return DeviceModel(make_layout(), slots or Slots())


def test_defaults_come_from_the_table():
    model = make()
    assert model.integer(_HEARTBEAT_INTERVAL) == 300
    assert model.text(_TX_START_POINT) == "PowerPathClosed"
    assert model.bits(_TX_STOP_POINT, "Author Authorized EVConnected") == 0b110
    assert model.boolean(_UNLOCK)
    assert model.values == {}


def test_an_unset_number_is_0_and_an_unknown_id_is_empty():
    model = make()
    assert model.integer(_AUTH_CACHE_STORAGE) == 0
    assert model.text(0) == model.text(9999) == ""


def test_a_write_lasts():
    slots = Slots()
    assert make(slots).write(_HEARTBEAT_INTERVAL, "60")
    again = make(slots)
    assert again.integer(_HEARTBEAT_INTERVAL) == 60
    assert not again.garbled


def test_the_same_write_again_costs_no_flash():
    slots = Slots()
    model = make(slots)
    for _ in range(3):
        model.write(_HEARTBEAT_INTERVAL, "60")
    assert slots.saves == 1


def test_what_is_not_persistent_is_not_written():
    slots = Slots()
    model = make(slots)
    model.write(_AUTH_CACHE_STORAGE, "123")
    assert model.integer(_AUTH_CACHE_STORAGE) == 123
    assert slots.saves == 0
    model.write(_HEARTBEAT_INTERVAL, "60")
    assert make(slots).integer(_AUTH_CACHE_STORAGE) == 0


def test_values_of_several_connectors_are_kept_apart():
    slots = Slots()
    model = make(slots)
    model.write(_PHASE_ROTATION, "RST", 1, 1)
    model.write(_PHASE_ROTATION, "TSR", 1, 2)
    again = make(slots)
    assert again.text(_PHASE_ROTATION, 1, 1) == "RST"
    assert again.text(_PHASE_ROTATION, 1, 2) == "TSR"
    assert again.text(_PHASE_ROTATION, 2, 1) == ""


def test_presets_are_below_what_was_changed_and_above_the_default():
    slots = Slots()
    model = make(slots)
    model.preset(_HEARTBEAT_INTERVAL << 16, "120")
    model.preset(_PHASE_ROTATION << 16, "STR")
    assert model.integer(_HEARTBEAT_INTERVAL) == 120
    assert model.text(_PHASE_ROTATION, 2, 1) == "STR"
    model.write(_HEARTBEAT_INTERVAL, "60")
    assert model.integer(_HEARTBEAT_INTERVAL) == 60
    assert slots.contents["variables"] == b"\x01\x39\x00\x00\x00\x02\x0060"


def test_an_id_of_a_later_version_is_kept():
    slots = Slots()
    later = b"\x01\x00\x20\x00\x00\x03\x00new"
    slots.contents["variables"] = later
    model = make(slots)
    assert not model.garbled
    model.write(_HEARTBEAT_INTERVAL, "60")
    assert slots.contents["variables"] == b"\x01\x39\x00\x00\x00\x02\x0060" + later[1:]


def test_a_name_that_nobody_declares_any_more_is_kept():
    slots = Slots()
    stored = b"\x01\xff\xff\x03\x00\x02\x00A.B42"
    slots.contents["variables"] = stored
    model = make(slots)
    assert model.values == {"A.B": "42"}
    model.write(_HEARTBEAT_INTERVAL, "60")
    assert slots.contents["variables"] == b"\x01\x39\x00\x00\x00\x02\x0060" + stored[1:]


def test_a_garbled_slot_is_told_and_what_came_before_counts():
    whole = b"\x01\x39\x00\x00\x00\x02\x0060\x5d\x00\x00\x00\x0a\x00Authorized"
    for cut in range(1, len(whole)):
        slots = Slots()
        slots.contents["variables"] = whole[:cut]
        model = make(slots)
        assert model.garbled == (cut not in (1, 9)), cut
        assert model.integer(_HEARTBEAT_INTERVAL) == (60 if cut >= 9 else 300)
        assert model.text(_TX_STOP_POINT) == "EVConnected,Authorized"


def test_a_slot_of_another_format_or_of_no_text_is_told():
    for stored in (b"\x02", b"\x00whatever", b"\x01\x39\x00\x00\x00\x02\x00\xff\xfe"):
        slots = Slots()
        slots.contents["variables"] = stored
        model = make(slots)
        assert model.garbled
        assert model.integer(_HEARTBEAT_INTERVAL) == 300
        model.save()
        assert not model.garbled
        assert slots.contents["variables"] == b"\x01"


def test_a_stored_text_that_is_no_number_reads_as_the_default():
    slots = Slots()
    slots.contents["variables"] = b"\x01\x39\x00\x00\x00\x02\x00xy"
    assert make(slots).integer(_HEARTBEAT_INTERVAL) == 300


def test_the_slot_is_bounded():
    slots = Slots()
    model = make(slots)
    written = 0
    while model.put(0x20000000 + (written << 16), "x" * 400):
        written += 1
        assert written < 100
    model.save()
    assert written == 20
    assert len(slots.contents["variables"]) <= 8192
    assert model.text(0x2000 + written) == ""
    assert not model.put(0x20000000, "y" * 4000)
    assert model.text(0x2000) == "x" * 400


def test_the_credential_is_the_preset_one_until_set():
    slots = Slots()
    model = make(slots)
    assert model.credential() is None
    model.preset_credential = b"factory"
    assert model.credential() == b"factory"
    model.set_credential(b"\x00\xff of the server")
    assert make(slots).credential() == b"\x00\xff of the server"
    assert "variables" not in slots.contents


def test_features():
    model = make()
    assert model.has_feature("data_transfer") and model.has_feature("remote_trigger")
    assert not model.has_feature("reservation")
    assert DeviceModel(make_layout(), Slots(), ("reservation",)).has_feature("reservation")
    try:
        DeviceModel(make_layout(), Slots(), ("teleport",))
    except ValueError:
        return
    raise AssertionError("an unknown feature passed")


def test_connectors_are_counted_through():
    layout = make_layout()
    places = [layout.connector(number) for number in range(5)]
    assert places == [None, (1, 1), (1, 2), (2, 1), None]
    assert [layout.number(1, 1), layout.number(1, 2), layout.number(2, 1)] == [1, 2, 3]


def test_a_layout_has_one_cable_of_three_phases_if_nothing_is_said():
    layout = Layout("v", "m", "s", "f", "i", (EvseLayout(),))
    assert layout.evses[0].phases == 3
    assert layout.connector(1) == (1, 1)


def test_a_feature_that_the_station_can_not_have_is_left_out():
    model = DeviceModel(make_layout(), Slots())
    assert model.has_feature("firmware") and model.has_feature("data_transfer")
    for _ in range(2):
        model.leave_out("firmware")
        assert not model.has_feature("firmware") and model.has_feature("data_transfer")
    assert model.features[0] == 0  # what is always there
