"""Updates while people charge, without a link, and with power cuts, in both dialects."""

from tests.support.updating import (
    DIALECTS,
    FILE,
    SEQUENCE,
    SOON,
    V16,
    V201,
    Updating,
    request,
    updating,
)

_TYPE_CHECKING = False
if _TYPE_CHECKING:
    from typing import Any

WAITS = SEQUENCE[:3] + ["InstallScheduled"]
ALLOW = {"ChargingStation.AllowNewSessionsPendingFirmwareUpdate": True}


def charging(dialect, variables=None, **options):
    pair = updating(dialect, variables, **options)
    pair.plug(1)
    pair.token("04AABBCC", 1)
    pair.run(60)
    assert pair.drivers[0].contactor.closed()
    pair.forget()
    return pair


def stop(pair, evse_id=1, token="04AABBCC"):
    pair.token(token, evse_id)
    pair.run(5)
    pair.unplug(evse_id)
    pair.run(10)


def samples(pair):
    """How many samples of the transaction were told."""
    if pair.subprotocol == V16:
        return len(pair.sent("MeterValues"))
    return len([e for e in pair.sent("TransactionEvent") if e["eventType"] == "Updated"])


def test_L01_FR_06_07_the_installation_waits_and_what_is_free_is_unavailable():
    """TC_L_15."""
    for dialect in DIALECTS:
        pair = charging(dialect)
        pair.update()
        assert pair.statuses(2) == []
        pair.arrive()
        pair.run(600)
        assert pair.told() == WAITS and pair.reboots == []
        assert pair.statuses(2) == ["Unavailable"] and pair.statuses(1) == []
        assert pair.drivers[0].contactor.closed()
        pair.plug(2)  # it charges nobody else
        pair.token("DDCCBBAA", 2)
        pair.run(60)
        assert not pair.drivers[1].contactor.closed()
        pair.unplug(2)
        pair.forget()
        stop(pair)
        assert pair.told() == ["Installing", "InstallRebooting"]
        assert pair.statuses(1)[-1] == "Unavailable"
        pair.connect()
        pair.run(5)
        assert pair.told()[-1] == "Installed"
        assert (pair.statuses(1)[-1], pair.statuses(2)[-1]) == ("Available", "Available")


def test_L01_FR_07_new_sessions_may_begin_where_the_operator_wants_it():
    """TC_L_14."""
    for dialect in DIALECTS:
        pair = charging(dialect, ALLOW)
        pair.update()
        pair.arrive()
        pair.run(60)
        assert pair.told() == WAITS and pair.statuses(2) == []
        pair.plug(2)
        pair.token("DDCCBBAA", 2)
        pair.run(60)
        assert pair.drivers[1].contactor.closed()
        stop(pair)
        assert pair.reboots == []
        stop(pair, 2, "DDCCBBAA")
        assert pair.reboots == ["FirmwareUpdate"]


def test_an_operator_who_changes_the_setting_is_heard_while_it_waits():
    pair = charging(V201)
    pair.update()
    pair.arrive()
    pair.run(10)
    assert pair.statuses(2) == ["Unavailable"]
    item = {"attributeValue": "true", "component": {"name": "ChargingStation"}}
    item["variable"] = {"name": "AllowNewSessionsPendingFirmwareUpdate"}
    pair.call("SetVariables", {"setVariableData": [item]})
    pair.run(10)
    assert pair.statuses(2) == ["Unavailable", "Available"]


def test_while_it_downloads_a_transaction_goes_on_with_every_sample():
    for dialect in DIALECTS:
        pair, other = charging(dialect), charging(dialect)
        pair.update()
        for one in pair, other:
            one.run(1800)
        pair.arrive()
        for one in pair, other:
            one.run(1800)
        assert samples(pair) == samples(other) and samples(pair) > 10
        assert pair.energy_wh(1) == other.energy_wh(1)


def test_a_canceled_update_makes_everything_available_again():
    for dialect in DIALECTS:
        pair = charging(dialect)
        pair.update()
        pair.arrive()
        pair.run(10)
        assert pair.statuses(2) == ["Unavailable"]
        assert pair.update(**request(8, retrieve=SOON)) == "AcceptedCanceled"
        pair.run(10)
        assert pair.statuses(2) == ["Unavailable", "Available"]


def test_a_refused_image_makes_everything_available_again():
    for dialect in DIALECTS:
        pair = charging(dialect)
        pair.flash.refusal = "downgrade"
        pair.update()
        pair.arrive()
        pair.run(10)
        stop(pair)
        assert pair.told() == WAITS + ["Installing", "InstallVerificationFailed"]
        assert pair.statuses(2)[-1] == "Available" and pair.statuses(1)[-1] == "Available"
        assert pair.reboots == []


def test_what_the_operator_has_put_out_of_service_stays_so():
    for dialect in DIALECTS:
        pair = charging(dialect)
        inoperative = {"operationalStatus": "Inoperative", "evse": {"id": 2}}
        if dialect == V16:
            inoperative = {"connectorId": 2, "type": "Inoperative"}
        pair.call("ChangeAvailability", inoperative)
        pair.update()
        pair.arrive()
        pair.run(10)
        stop(pair)
        pair.connect()
        pair.run(5)
        assert (pair.statuses(1)[-1], pair.statuses(2)[-1]) == ("Available", "Unavailable")


def test_offline_from_the_request_to_the_reboot():
    for dialect in DIALECTS:
        pair = charging(dialect)
        pair.update()
        pair.disconnect()
        pair.arrive()
        pair.run(600)
        stop(pair)
        assert pair.reboots == ["FirmwareUpdate"] and pair.told() == ["Downloading"]
        pair.run(300)
        pair.connect()
        pair.run(30)
        assert pair.told() == ["Downloading", "Installed"]
        ended = "StopTransaction" if dialect == V16 else "TransactionEvent"
        assert pair.sent(ended)  # nothing of the session is lost
        assert ("FirmwareUpdated", "2.0.0") in pair.security()


def test_B11_a_reset_on_idle_waits_for_the_download():
    pair = updating()
    pair.update()
    assert pair.call("Reset", {"type": "OnIdle"})["status"] == "Scheduled"
    pair.run(600)
    assert pair.reboots == []
    pair.updater.fail()
    pair.run(1)
    assert pair.reboots == ["ScheduledReset"]
    pair.connect()
    pair.run(1)
    assert pair.updater.fetches == [("https://files.example/box.img", False)]


def test_a_reset_in_each_phase_and_then_it_goes_on():
    for dialect in DIALECTS:
        for when in "scheduled", "downloading", "waiting":
            pair = updating(dialect)
            dates = {"scheduled": {"retrieve": SOON}, "waiting": {"install": SOON}}
            pair.update(**request(**dates.get(when, {})))
            if when == "waiting":
                pair.arrive()
            kind = "Hard" if dialect == V16 else "Immediate"
            assert pair.call("Reset", {"type": kind})["status"] == "Accepted"
            assert pair.reboots == ["RemoteReset"]
            pair.connect()
            pair.run(7200)
            if when != "waiting":
                pair.arrive()
            assert pair.reboots == ["RemoteReset", "FirmwareUpdate"]
            pair.connect()
            pair.run(1)
            assert pair.told()[-1] == "Installed"


def test_a_month_until_the_installation_costs_no_writes():
    pair = updating()
    pair.update(**request(install="2026-06-01T00:00:00Z"))
    pair.arrive()
    pair.run(60)
    saves = []
    slots: "Any" = pair.store.slots
    save = slots.save

    def counted(name, data):
        saves.append(name)
        return save(name, data)

    slots.save = counted
    pair.run(86400)
    assert "firmware" not in saves


class Cut(Exception):
    """The power has failed."""


class Failing(Updating):
    """The power fails before or after a write of the update's slot, or of a step of the flash."""

    left = -1  # writes until then; -1: never
    after = False

    def equip(self):
        super().equip()
        slots: "Any" = self.store.slots
        updater = self.updater
        if not hasattr(slots, "whole_save"):
            slots.whole_save = slots.save
        slots.save = lambda name, data: self._write(slots.whole_save, name, data)
        confirm = updater.confirm
        updater.confirm = lambda: self._write(confirm)

    def _write(self, write, *args):
        if args and args[0] != "firmware":
            return write(*args)
        if self.left == 0 and not self.after:
            self.left = -1
            raise Cut
        result = write(*args)
        if self.left == 0:
            self.left = -1
            raise Cut
        self.left = max(self.left - 1, -1)
        return result


def life(dialect, left, after):
    """An update with a power cut at that write; whether there was one, and the pair."""
    pair = Failing(dialect)
    pair.connect()
    pair.run(1)
    pair.left, pair.after = left, after
    cut = False
    asked = False
    for _ in range(6):
        try:
            if not asked:
                asked = pair.update() in ("Accepted", "AcceptedCanceled")
            if pair.updater.doing == "fetch":
                pair.arrive()
            if not pair.connected:
                pair.connect()
            pair.run(10)
        except Cut:
            cut = True
            pair.power_cut()
    return cut, pair


def test_a_power_cut_at_every_write_and_it_is_installed_all_the_same():
    for dialect in DIALECTS:
        cuts = 0
        for after in False, True:
            left = 0
            while True:
                cut, pair = life(dialect, left, after)
                if not cut:
                    break
                cuts += 1
                place = dialect, left, after
                assert pair.flash.running == "2.0.0" and not pair.flash.on_trial, place
                statuses = pair.told()
                assert statuses[-1] == "Installed", place
                order = [SEQUENCE.index(status) for status in statuses]
                assert sorted(order) == order or left < 2, (place, statuses)
                assert pair.station.update is None, place
                left += 1
        assert cuts > 12


def test_power_cuts_all_the_time_while_it_downloads():
    for dialect in DIALECTS:
        pair = updating(dialect)
        pair.update(**request(retries=0))
        for _ in range(20):
            pair.power_cut()
            pair.run(100)
            pair.connect()
            pair.run(30)
        assert set(pair.told()) == {"Downloading"}
        pair.arrive(FILE)
        assert pair.told()[-5:] == SEQUENCE[:-1]
