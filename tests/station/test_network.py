"""Which network connection profile is next, and what follows from how it fares (B10, A05)."""

from chargepoint.station import network
from tests.support.pair import Pair

V16, V201 = "ocpp1.6", "ocpp2.0.1"
BOTH = (V201, V16)
A, B, C = "ws://a.example/ocpp", "wss://b.example/ocpp", "ws://c.example/ocpp"


class Station(Pair):
    """One with these profiles of the factory, never connected by the test's own hand."""

    networks: tuple = ((A, 1), (B, 2), (C, 1))

    def __init__(self, **options):
        super().__init__(V201, **options)
        self.offered = BOTH
        self.power_cut()

    @property
    def model(self):
        return self.station.model

    def prefer(self, slots):
        self.model.write(61, slots)

    def choice(self):
        """(the slots to try, whether the first of them waits)"""
        profiles = network.by_priority(self.model)
        found, held = network.choice(self.station, profiles)
        return [profile[2] for profile in found], held

    def accept(self, slot, subprotocol=V201, profile=None):
        """A connection by this slot, up to BootNotification; whether it was on trial. profile:
        another than the one that is known."""
        if self.connected:
            self.disconnect()
        if profile is None:
            profile = network.known(self.model, network.Record(self.model.slots))[slot]
        self.station.network = profile
        self.connected, self.subprotocol, self._outstanding = True, subprotocol, None
        self.station.connected(subprotocol, self.now)
        trial = network.connected(self.station, profile, subprotocol)
        self.run(1)
        assert self.station.provisioning.status == "Accepted"
        return trial

    def events(self, event_type):
        return [
            event.get("techInfo")
            for event in self.sent("SecurityEventNotification")
            if event["type"] == event_type
        ]


def test_the_factorys_profiles_in_their_order():
    pair = Station()
    assert pair.model.network_slots == (0, 1, 2)
    assert pair.model.text(61) == "0,1,2"
    assert pair.model.max_security_profile == 2
    assert pair.choice() == ([0, 1, 2], False)
    profile = network.by_priority(pair.model)[0]
    assert profile == (A, 1, 0, BOTH, 0)


def test_max_security_profile_follows_the_certificates():
    for files, level in (
        ((None, None, None), 1),
        (("root", None, None), 2),
        (("root", "certificate", None), 2),
        (("root", "certificate", "key"), 3),
    ):
        pair = Station()
        network.begin(pair.model, ((A, 0),), BOTH, BOTH, files)
        assert pair.model.max_security_profile == level


def test_B10_FR_04_the_order_is_that_of_NetworkConfigurationPriority():
    pair = Station()
    pair.prefer("2,0")
    assert pair.choice() == ([2, 0], False)
    pair.prefer("7,0")  # a slot that is not set is passed over
    assert pair.choice() == ([0], False)


def test_a_profile_that_the_image_can_not_speak_is_passed_over():
    pair = Station()
    pair.offered = (V201,)
    pair.built = (V16,)
    pair.power_cut()
    assert pair.choice() == ([], False)


def test_the_one_that_worked_last_is_the_last_way_out_B10_FR_07():
    pair = Station()
    assert pair.accept(2) is False  # none has worked before: nothing to go back to
    pair.prefer("0")
    assert pair.choice() == ([0, 2], False)
    pair.disconnect()
    pair.power_cut()
    assert pair.choice() == ([0, 2], False)
    good = network.Record(pair.model.slots).good
    assert good == (C, 1, 2, (V201,), 0)


def test_another_profile_or_another_dialect_is_on_trial():
    pair = Station()
    pair.accept(0, V16)
    assert pair.accept(0, V16) is False
    assert pair.accept(0, V201) is True
    assert pair.accept(0, V201) is False
    assert pair.accept(2, V201) is True


def test_what_was_given_up_is_passed_over_until_it_is_asked_for_again():
    pair = Station()
    pair.accept(0)
    pair.prefer("2,0")
    network.began(pair.station)
    network.give_up(pair.station, 2, 900000)
    pair.run(1)
    assert pair.choice() == ([0], False)
    text = "slot 2: BootNotification not Accepted (Accepted) after 900 s, boots: 1"
    assert pair.events("NetworkProfileFailed") == [text]
    assert "network profile failed: " + text in pair.log
    pair.disconnect()
    pair.power_cut()
    assert pair.choice() == ([0], False)
    network.asked_again(pair.model)
    assert pair.choice() == ([2, 0], False)


def test_a_trial_ends_in_time_and_after_so_many_boots():
    pair = Station()
    provisioning = pair.station.provisioning
    for status, ends_ms in (
        (None, 901000),
        ("Rejected", 901000),
        ("Pending", 3601000),
        ("Accepted", None),
    ):
        provisioning.status = status
        assert network.trial_ends_ms(pair.station, 1000) == ends_ms
    provisioning.status = None
    for _ in range(5):
        network.began(pair.station)
        assert network.trial_ends_ms(pair.station, 1000) == 901000
    network.began(pair.station)
    assert network.trial_ends_ms(pair.station, 1000) == 1000


def test_the_dialect_does_not_change_while_somebody_charges():
    pair = Station()
    pair.accept(0, V16)
    pair.prefer("2,0")
    assert pair.choice() == ([2, 0], False)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(30)
    assert pair.choice() == ([0], True)
    assert not network.may_change(pair.station)
    pair.disconnect()
    pair.unplug(1)
    assert pair.choice() == ([0], True)  # what has ended is still to be told
    pair.station.refusals = 3  # of a server that is there and takes the old dialect no longer
    assert pair.choice() == ([2, 0], False)
    pair.station.refusals = 2
    offered = network.choice(pair.station, network.by_priority(pair.model))[0][0][3]
    assert offered == (V16,)
    pair.connect(V16)
    pair.run(60)
    assert network.may_change(pair.station)
    assert pair.choice() == ([2, 0], False)


def test_the_same_dialect_elsewhere_does_not_wait():
    pair = Station()
    pair.accept(0, V201)
    pair.prefer("2,0")
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(30)
    assert pair.choice() == ([2, 0], False)


def test_the_message_timeout_of_a_profile_holds_while_it_is_used():
    pair = Station()
    record = network.Record(pair.model.slots)
    record.stored[2] = 1, 47, "OCPP20", C
    record.save(pair.model.slots)
    assert pair.accept(0) is False and pair.model.integer(58) == 30
    pair.accept(2)
    assert pair.model.integer(58) == 47
    pair.accept(0)
    assert pair.model.integer(58) == 30


def test_A05_FR_06_after_a_higher_security_profile_has_worked_the_lower_ones_are_gone():
    pair = Station()
    pair.accept(0)
    assert pair.model.text(82) == "1"
    pair.prefer("1,0")
    pair.accept(1)
    assert pair.model.text(82) == "2"
    assert pair.model.network_slots == (1,)
    assert pair.model.text(61) == "1"
    assert "SecurityProfile 2" in pair.events("ReconfigurationOfSecurityParameters")
    pair.disconnect()
    pair.power_cut()
    assert pair.model.network_slots == (1,) and pair.model.text(82) == "2"
    assert pair.choice() == ([1], False)


def test_A05_FR_10_a_slot_with_a_lower_security_profile_is_no_choice():
    pair = Station()
    pair.accept(1)  # none has worked before: nothing is removed
    assert sorted(network.known(pair.model, network.Record(pair.model.slots))) == [0, 1, 2]
    assert pair.model.network_slots == (1,)
    assert pair.choice() == ([1], False)
    item = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "NetworkConfigurationPriority"},
        "attributeValue": "0,1",
    }
    answer = pair.call("SetVariables", {"setVariableData": [item]})
    assert answer["setVariableResult"][0]["attributeStatus"] == "Rejected"
    pair.disconnect()
    pair.power_cut()
    assert pair.model.network_slots == (1,)


def test_A05_FR_08_of_16_a_security_profile_that_was_raised_in_vain_is_as_before():
    pair = Station()
    pair.accept(0, V16)
    pair.model.write(82, "2")  # ChangeConfiguration of SecurityProfile
    assert pair.choice()[0] == [1, 0, 0, 2]  # what has it comes first
    pair.accept(0, V16)
    assert pair.model.text(82) == "1"
    assert pair.choice() == ([0, 1, 2], False)


class Raised(Station):
    """One whose only server is of the level that the test says, at a port of its own."""

    def __init__(self, level, url="ws://a.example:8080/ocpp?x=1"):
        self.networks = ((url, level),)
        super().__init__()
        self.model.preset_credential = b"0123456789abcdef"
        self.model.max_security_profile = 3
        self.accept(0, V16)

    def first(self):
        return network.choice(self.station, network.by_priority(self.model))[0][0]

    def change(self, level):
        payload = {"key": "SecurityProfile", "value": str(level)}
        return self.call("ChangeConfiguration", payload)["status"]


def test_A05_FR_07_of_16_the_present_connection_is_raised_at_the_same_place():
    for level, url, then in (
        (0, "ws://a.example:8080/ocpp?x=1", "ws://a.example:8080/ocpp?x=1"),
        (1, "ws://a.example:8080/ocpp?x=1", "wss://a.example:8080/ocpp?x=1"),
        (1, "WS://a.example/ocpp", "wss://a.example/ocpp"),
        (2, "wss://a.example/ocpp", "wss://a.example/ocpp"),
    ):
        pair = Raised(level, url)
        assert pair.change(level + 1) == "Accepted"
        assert pair.drops == 1 and not pair.connected
        raised = then, level + 1, 0, (V16,), 0
        assert pair.first() == raised
        pair.power_cut()  # before it could be tried
        pair.model.preset_credential = b"0123456789abcdef"
        assert pair.first() == raised
        pair.accept(0, V16, raised)
        assert pair.model.text(82) == str(level + 1)
        pair.disconnect()
        assert pair.first()[:3] == raised[:3]
        pair.power_cut()  # in the place of the lower one (A05.FR.06), for both dialects
        assert pair.first() == raised[:3] + (BOTH, 0)
        assert pair.model.network_slots == (0,) and pair.model.text(61) == "0"


def test_A05_FR_08_of_16_a_raise_that_fails_leaves_all_as_it_was():
    pair = Raised(1)
    before = pair.first()
    assert pair.change(2) == "Accepted"
    assert pair.first()[:2] == ("wss://a.example:8080/ocpp?x=1", 2)
    pair.accept(0, V16)
    assert pair.model.text(82) == "1" and pair.first() == before
    assert network.Record(pair.model.slots).stored == {}
    assert pair.change(2) == "Accepted"  # and it is tried again
    assert pair.first()[1] == 2


def test_a_raise_that_was_given_up_is_tried_again_when_it_is_asked_for():
    pair = Raised(1)
    pair.change(2)
    network.give_up(pair.station, 0, 900000)
    assert pair.first()[1] == 1
    pair.accept(0, V16)
    assert pair.model.text(82) == "1"
    assert pair.change(2) == "Accepted"
    assert pair.first()[1] == 2


def test_a_raise_does_not_wait_for_who_charges_and_goes_before_no_other_of_its_level():
    pair = Raised(1)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(30)
    assert pair.change(2) == "Accepted"
    assert pair.first()[:2] == ("wss://a.example:8080/ocpp?x=1", 2)
    pair = Station()
    pair.accept(0, V16)
    pair.model.write(82, "2")
    profiles = network.choice(pair.station, network.by_priority(pair.model))[0]
    assert [(each[0], each[1]) for each in profiles[:2]] == [(B, 2), ("wss" + A[2:], 2)]


def test_a_profile_that_the_server_sets_meanwhile_is_not_overwritten():
    pair = Raised(1)
    record = network.Record(pair.model.slots)
    record.stored[0] = 2, 30, "OCPP20", B
    record.save(pair.model.slots)
    pair.change(2)
    pair.accept(0, V16, pair.first())
    assert network.Record(pair.model.slots).stored[0] == (2, 30, "OCPP20", B)


def test_a_record_of_another_format_counts_as_none():
    pair = Station()
    pair.model.slots.save("network", b"2 9 9\nwhatever")
    record = network.Record(pair.model.slots)
    assert record.stored == {} and record.good is None
    assert pair.choice() == ([0, 1, 2], False)


def test_what_a_later_version_has_added_harms_nothing_and_is_kept():
    pair = Station()
    text = b"1 0 0 more\n2 1 30 OCPP20 ws://c.example/ocpp more\n+ 1 2\nnew"
    pair.model.slots.save("network", text)
    record = network.Record(pair.model.slots)
    assert record.stored == {2: (1, 30, "OCPP20", C)} and record.good is None
    record.given_up = 2
    record.save(pair.model.slots)
    expected = b"1 2 0\n2 1 30 OCPP20 ws://c.example/ocpp\n+ 1 2\nnew"
    assert pair.model.slots.load("network") == expected


def test_nothing_is_written_that_is_there_already():
    pair = Station()
    pair.accept(0)
    saved = dict(pair.model.slots.saved)

    def save(name, data):
        raise AssertionError(name)

    pair.model.slots.save = save
    pair.accept(0)
    assert pair.model.slots.saved == saved


def test_what_worked_last_is_forgotten_when_the_board_is_provisioned_anew():
    for networks, offered, kept in (
        (((A, 1), (B, 2), (C, 1)), BOTH, True),
        (((A, 1),), BOTH, True),
        (((C, 1),), BOTH, False),
        (((A, 0),), BOTH, False),
        (((A, 1),), (V16,), False),
    ):
        pair = Station()
        pair.accept(0)
        network.give_up(pair.station, 2, 1000)
        pair.networks, pair.offered = networks, offered
        pair.power_cut()
        record = network.Record(pair.model.slots)
        assert (record.good is not None) == (record.given_up != 0) == kept, networks
    pair = Station()
    pair.accept(0)
    pair.built = pair.offered = (V16,)  # an image without that dialect, not another wish
    pair.power_cut()
    profiles, _ = network.choice(pair.station, network.by_priority(pair.model))
    assert profiles[0][:4] == (A, 1, 0, (V16,))


def test_what_a_server_has_set_outlives_that():
    pair = Station()
    record = network.Record(pair.model.slots)
    record.stored[0] = 1, 30, "OCPP20", C
    record.save(pair.model.slots)
    pair.accept(0)
    pair.networks = ((A, 1),)
    pair.power_cut()
    assert network.Record(pair.model.slots).good is not None
    assert network.by_priority(pair.model)[0][0] == C
