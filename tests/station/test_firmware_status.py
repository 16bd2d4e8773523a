"""What the server is told of an update, and when."""

from tests.support.pair import Refuse
from tests.support.updating import (
    DIALECTS,
    SEQUENCE,
    SOON,
    V16,
    V201,
    Updating,
    request,
    unsigned,
    updating,
)


def trigger(pair, action="TriggerMessage"):
    """The statuses that came after the answer: (action, status, requestId or None)."""
    pair.forget()
    payload = {"requestedMessage": "FirmwareStatusNotification"}
    assert pair.call(action, payload) == {"status": "Accepted"}
    return [
        (m[2], m[3]["status"], m[3].get("requestId"))
        for kind, m in pair.transcript
        if kind == "out" and m[0] == 2
    ]


def test_L01_FR_25_26_the_last_status_is_triggered_and_idle_after_installed():
    pair = updating()
    name = "FirmwareStatusNotification"
    assert trigger(pair) == [(name, "Idle", None)]
    pair.update(**request(retrieve=SOON))
    assert trigger(pair) == [(name, "DownloadScheduled", 7)]
    pair.run(7300)
    assert trigger(pair) == [(name, "Downloading", 7)]
    pair.arrive()
    pair.connect()
    pair.run(1)
    assert pair.told()[-1] == "Installed"
    assert trigger(pair) == [(name, "Idle", None)]
    pair.power_cut()
    pair.connect()
    pair.run(1)
    assert trigger(pair) == [(name, "Idle", None)]


def test_L01_FR_26_a_failure_is_told_again_also_after_a_boot():
    pair = updating()
    pair.update(**request(retries=0))
    pair.fail()
    for _ in range(2):
        assert trigger(pair) == [("FirmwareStatusNotification", "DownloadFailed", 7)]
        pair.power_cut()
        pair.connect()
        pair.run(1)


def test_1_6_has_two_messages_for_it():
    signed, plain = "SignedFirmwareStatusNotification", "FirmwareStatusNotification"
    extended = "ExtendedTriggerMessage"
    pair = updating(V16)
    assert trigger(pair) == [(plain, "Idle", None)]
    assert trigger(pair, extended) == [(signed, "Idle", None)]
    pair.update(**request(install=SOON))
    pair.arrive()
    assert pair.told()[-1] == "InstallScheduled"
    assert trigger(pair, extended) == [(signed, "InstallScheduled", 7)]
    assert trigger(pair) == [(plain, "Downloaded", None)]
    pair = updating(V16, roots=False)
    pair.update("UpdateFirmware", **unsigned(V16))
    assert trigger(pair) == [(plain, "Downloading", None)]
    assert trigger(pair, extended) == [(signed, "Idle", None)]  # of a signed one


def test_what_happened_offline_is_told_in_its_order():
    for dialect in DIALECTS:
        pair = updating(dialect)
        pair.update(**request(install=SOON))
        pair.disconnect()
        pair.arrive()
        pair.run(600)
        assert pair.told() == ["Downloading"]
        pair.connect()
        pair.run(1)
        wanted = ["Downloading", "Downloaded", "SignatureVerified", "InstallScheduled"]
        assert pair.firmware_statuses() == [(status, 7) for status in wanted]


def test_what_waits_for_the_link_costs_nothing_meanwhile():
    pair = updating()
    pair.update(**request(retries=0))
    pair.disconnect()
    pair.fail("gone", False)
    assert pair.station.update["untold"] == [("DownloadFailed", 7)]
    due_ms = pair.station.update_due_ms
    assert due_ms is not None and due_ms - pair.now > 3000000


def test_a_status_whose_answer_was_lost_is_told_again():
    pair = updating()
    pair.csms.answers["FirmwareStatusNotification"] = None
    pair.update()
    assert pair.told() == ["Downloading"]
    pair.disconnect()
    pair.csms.answers = {}
    pair.connect()
    pair.run(1)
    assert pair.told() == ["Downloading", "Downloading"]
    pair.arrive()
    assert pair.told() == ["Downloading"] + SEQUENCE[:-1]


def refuse(payload):
    raise Refuse("NotSupported")


def test_a_server_that_has_no_use_for_a_status_gets_the_next():
    pair = updating()
    pair.csms.answers["FirmwareStatusNotification"] = refuse
    pair.update()
    pair.run(3600)
    assert pair.told() == ["Downloading"]
    pair.arrive()
    pair.run(10)
    assert pair.reboots == ["FirmwareUpdate"]  # it does not wait for what nobody hears


def test_the_last_status_is_told_after_a_power_cut_until_it_was_answered():
    for dialect in DIALECTS:
        pair = updating(dialect)
        pair.update()
        pair.arrive()
        silent = {"BootNotification": pair.csms.answer("BootNotification", {})}
        for name in "", "Signed":
            silent[name + "FirmwareStatusNotification"] = None
        pair.csms.answers = silent
        pair.connect()
        pair.run(1)
        assert pair.told()[-1] == "Installed"
        for _ in range(2):
            pair.power_cut()
            pair.forget()
            pair.connect()
            pair.run(1)
            assert pair.told() == ["Installed"]
        pair.csms.answers = {}
        pair.power_cut()
        pair.connect()
        pair.run(1)
        pair.forget()
        pair.power_cut()
        pair.connect()
        pair.run(60)
        assert pair.told() == []


def test_the_last_status_of_one_update_is_not_lost_by_the_next():
    pair = updating()
    pair.update(**request(1, retries=0))
    pair.disconnect()
    pair.updater.fail("gone", False)
    pair.run(1)
    pair.csms.answers["FirmwareStatusNotification"] = None
    pair.connect()
    pair.run(1)
    pair.csms.slow = True
    pair.run(1)
    pair.csms.slow = False
    assert pair.update(**request(2)) == "Accepted"
    pair.csms.answers = {}
    pair.run(70)
    statuses = pair.firmware_statuses()
    assert ("DownloadFailed", 1) in statuses and ("Downloading", 2) in statuses


def test_an_update_begun_in_one_dialect_is_told_in_the_other():
    pair = updating(V16)
    pair.update()
    pair.arrive()
    pair.connect(V201)
    pair.run(1)
    assert pair.firmware_statuses()[-1] == ("Installed", 7)
    pair = updating(V201)
    pair.update()
    pair.arrive()
    pair.connect(V16)
    pair.run(1)
    assert pair.sent("SignedFirmwareStatusNotification")[-1] == {
        "status": "Installed",
        "requestId": 7,
    }


def test_an_update_without_a_request_id_has_none_in_the_other_dialect_either():
    pair = updating(V16, roots=False)
    pair.update("UpdateFirmware", **unsigned(V16))
    pair.arrive()
    pair.connect(V201)
    pair.run(1)
    assert pair.sent("FirmwareStatusNotification")[-1] == {"status": "Installed"}
    assert trigger(pair) == [("FirmwareStatusNotification", "Idle", None)]


def test_before_it_is_accepted_the_station_says_nothing_of_an_update():
    pair = Updating(V201)
    pair.csms.answers["BootNotification"] = lambda payload: {
        "status": "Pending",
        "currentTime": pair.wall_time(),
        "interval": 600,
    }
    pair.connect()
    pair.run(1)
    pair.forget()
    assert pair.update(**request(retrieve=SOON)) == "Accepted"
    pair.run(60)
    assert pair.told() == []
    assert trigger(pair) == [("FirmwareStatusNotification", "DownloadScheduled", 7)]
    pair.csms.answers = {}
    pair.run(600)
    assert pair.told()[-1] == "DownloadScheduled"


def test_a_status_that_costs_the_connection_each_time_is_left():
    pair = updating()
    pair.csms.answers["FirmwareStatusNotification"] = None
    pair.update()
    for _ in range(5):
        pair.disconnect()
        pair.connect()
        pair.run(1)
    assert pair.told() == ["Downloading"] * 3
