"""SetNetworkProfile (B09), and the configuration keys that do the same under OCPP 1.6."""

import pytest

from chargepoint.station import network
from tests.support.pair import Pair, online

V16, V201 = "ocpp1.6", "ocpp2.0.1"
URL = "ws://new.example/ocpp"


def data(**more):
    result = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": URL,
        "messageTimeout": 30,
        "securityProfile": 0,
        "ocppInterface": "Wireless0",
    }
    result.update(more)
    return {key: value for key, value in result.items() if value is not None}


def set_profile(pair, slot=1, **more):
    return pair.call(
        "SetNetworkProfile", {"configurationSlot": slot, "connectionData": data(**more)}
    )


def change(pair, key, value):
    return pair.call("ChangeConfiguration", {"key": key, "value": value})["status"]


def value(pair, key):
    return pair.call("GetConfiguration", {"key": [key]})["configurationKey"][0]["value"]


def stored(pair):
    return network.Record(pair.station.model.slots).stored


def refusals(pair):
    return [
        event["techInfo"]
        for event in pair.sent("SecurityEventNotification")
        if event["type"] == "NetworkProfileRefused"
    ]


def test_B09_FR_01_what_was_set_is_kept():
    pair = online(V201)
    assert set_profile(pair) == {"status": "Accepted"}
    assert stored(pair) == {1: (0, 30, "OCPP20", URL)}
    assert pair.station.model.network_slots == (0, 1)
    pair.power_cut()
    assert stored(pair) == {1: (0, 30, "OCPP20", URL)}
    assert pair.station.model.network_slots == (0, 1)
    assert set_profile_after(pair, 0)[0] == (URL, 0, 0, (V201, V16), 30)


def set_profile_after(pair, slot):
    """The profiles by priority when that slot has been set anew."""
    pair.connect()
    pair.run(1)
    assert set_profile(pair, slot) == {"status": "Accepted"}
    return network.by_priority(pair.station.model)


@pytest.mark.parametrize(
    "more, code, text",
    [
        ({"slot": 4}, "InvalidConfSlot", "slots 0 to 3"),
        ({"slot": 999}, "InvalidConfSlot", "slots 0 to 3"),
        ({"slot": -1}, "InvalidConfSlot", "slots 0 to 3"),
        ({"ocppTransport": "SOAP"}, "InvalidNetworkConf", "JSON"),
        ({"ocppVersion": "OCPP12"}, "InvalidNetworkConf", "OCPP12"),
        ({"ocppVersion": "OCPP15"}, "InvalidNetworkConf", "OCPP15"),
        ({"ocppCsmsUrl": "http://a/"}, "InvalidNetworkConf", "ws://"),
        ({"ocppCsmsUrl": "ws://user:word@a/"}, "InvalidNetworkConf", "password"),
        ({"ocppCsmsUrl": "ws://a b/"}, "InvalidNetworkConf", "character"),
        ({"ocppCsmsUrl": "ws://a/x\ny"}, "InvalidNetworkConf", "character"),
        ({"ocppCsmsUrl": "wss://a/"}, "InvalidNetworkConf", "ws://"),
        ({"securityProfile": 1}, "InvalidNetworkConf", "no password"),
        ({"securityProfile": 2}, "InvalidNetworkConf", "wss://"),
        (
            {"securityProfile": 3, "ocppCsmsUrl": "wss://a/"},
            "InvalidNetworkConf",
            "no certificates",
        ),
        (
            {"securityProfile": 9, "ocppCsmsUrl": "wss://a/"},
            "InvalidNetworkConf",
            "profiles 0 to 3",
        ),
        ({"messageTimeout": -1}, "InvalidNetworkConf", "messageTimeout"),
        ({"messageTimeout": 100000}, "InvalidNetworkConf", "messageTimeout"),
        ({"vpn": {"server": "a", "user": "b", "password": "c", "key": "d", "type": "PPTP"}},
         "InvalidNetworkConf", "VPN"),
        ({"apn": {"apn": "a", "apnAuthentication": "AUTO"}}, "InvalidNetworkConf", "APN"),
    ],
)  # fmt: skip
def test_B09_FR_02_and_05_what_is_refused_changes_nothing(more, code, text):
    pair = online(V201)
    answer = set_profile(pair, **more)
    assert answer["status"] == "Rejected"
    assert answer["statusInfo"]["reasonCode"] == code
    assert text in answer["statusInfo"]["additionalInfo"]
    assert stored(pair) == {} and pair.station.model.network_slots == (0,)


def test_B09_FR_04_a_lower_security_profile_is_refused():
    pair = online(V201)
    pair.station.model.set_credential(b"password-12345678")
    pair.station.network = (URL, 1, 0, (V201,), 0)
    answer = set_profile(pair)
    assert answer["statusInfo"]["reasonCode"] == "NoSecurityDowngrade"
    assert set_profile(pair, securityProfile=1)["status"] == "Accepted"
    pair.station.network = (URL, 0, 0, (V201,), 0)
    pair.station.model.write(82, "1")
    assert set_profile(pair)["statusInfo"]["reasonCode"] == "NoSecurityDowngrade"


def test_A05_FR_02_and_03_certificates_first():
    pair = online(V201)
    pair.station.model.set_credential(b"password-12345678")
    for level, held in ((2, 2), (3, 3)):
        options = {"securityProfile": level, "ocppCsmsUrl": "wss://a.example"}
        pair.station.model.max_security_profile = held - 1
        assert set_profile(pair, **options)["status"] == "Rejected"
        pair.station.model.max_security_profile = held
        assert set_profile(pair, **options)["status"] == "Accepted"


def test_a_version_that_the_image_does_not_have_is_refused():
    pair = Pair(V16)
    pair.built = (V16,)
    pair.power_cut()
    pair.connect()
    pair.run(1)
    assert change(pair, "NetworkProfile1", "OCPP20 0 " + URL) == "Rejected"
    pair.run(1)
    assert refusals(pair) == ["NetworkProfile1: this image does not speak OCPP20"]
    assert change(pair, "NetworkProfile1", "OCPP16 0 " + URL) == "RebootRequired"


def test_B09_FR_03_a_store_that_fails_is_told():
    pair = online(V201)

    def save(name, data):
        return name != "network"

    pair.station.model.slots.save = save
    answer = set_profile(pair)
    assert answer["status"] == "Failed" and pair.station.model.network_slots == (0,)


def test_the_change_is_a_security_event_without_the_url():
    pair = online(V201)
    set_profile(pair)
    pair.run(1)
    event = pair.sent("SecurityEventNotification")[-1]
    assert event["type"] == "ReconfigurationOfSecurityParameters"
    assert event["techInfo"] == "network profile 1"


def test_B10_FR_01_and_02_priorities_name_slots_that_are_set():
    pair = online(V201)

    def prefer(slots):
        item = {
            "component": {"name": "OCPPCommCtrlr"},
            "variable": {"name": "NetworkConfigurationPriority"},
            "attributeValue": slots,
        }
        return pair.call("SetVariables", {"setVariableData": [item]})["setVariableResult"][0]

    assert prefer("1,0")["attributeStatus"] == "Rejected"
    set_profile(pair)
    assert prefer("1,0")["attributeStatus"] == "RebootRequired"


def test_the_keys_of_16_do_the_same():
    pair = online(V16)
    assert value(pair, "NetworkProfile0") == "OCPP16 1 ws://csms.example/ocpp"
    assert value(pair, "NetworkProfile1") == ""
    assert change(pair, "NetworkProfile1", "OCPP20 0 " + URL) == "RebootRequired"
    assert value(pair, "networkprofile1") == "OCPP20 0 " + URL
    assert stored(pair) == {1: (0, 0, "OCPP20", URL)}
    assert change(pair, "NetworkConfigurationPriority", "1,0") == "RebootRequired"
    assert value(pair, "NetworkConfigurationPriority") == "1,0"


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "the value is"),
        (URL, "the value is"),
        ("OCPP20 9 " + URL, "the value is"),
        ("OCPP20 0 " + URL + " more", "the value is"),
        ("OCPP21 0 " + URL, "does not speak OCPP21"),
        ("OCPP20 0 ftp://a", "ws://"),
        ("OCPP20 1 " + URL, "no password"),
        ("OCPP20 2 wss://a", "no password"),
    ],
)
def test_a_key_that_is_refused_says_why(text, why):
    pair = online(V16)
    assert change(pair, "NetworkProfile1", text) == "Rejected"
    pair.run(1)
    assert len(refusals(pair)) == 1 and why in refusals(pair)[0]
    assert refusals(pair)[0] in pair.log[-1].replace(" refused", "")
    assert stored(pair) == {}


def test_a_priority_that_is_refused_says_why():
    pair = online(V16)
    for text in ("1,0", "0,0", "x", ""):
        assert change(pair, "NetworkConfigurationPriority", text) == "Rejected"
    pair.run(1)
    assert len(refusals(pair)) == 4
    assert "slots that are set" in refusals(pair)[0]


def test_a_url_that_is_too_long_for_a_key_is_left_out():
    pair = online(V201)
    assert set_profile(pair, ocppCsmsUrl="ws://a/" + "x" * 500)["status"] == "Accepted"
    pair.disconnect()
    pair.connect(V16)
    pair.run(1)
    entry = pair.call("GetConfiguration", {"key": ["NetworkProfile1"]})["configurationKey"][0]
    assert entry == {"key": "NetworkProfile1", "readonly": False}
