"""An update from phase to phase, through the whole station."""

from tests.support.updating import (
    DIALECTS,
    FILE,
    SEQUENCE,
    SOON,
    V16,
    V201,
    request,
    unsigned,
    updating,
)


def installed(pair, **more):
    """Drive an accepted update to the reboot, and connect the new image."""
    pair.arrive()
    assert pair.reboots[-1] == "FirmwareUpdate"
    pair.connect()
    pair.run(1)


def test_L01_a_signed_update_and_its_statuses_in_order():
    for dialect in DIALECTS:
        pair = updating(dialect)
        assert pair.update() == "Accepted"
        assert pair.told() == ["Downloading"]
        assert pair.updater.fetches == [("https://files.example/box.img", True)]
        pair.arrive()
        assert pair.told() == SEQUENCE[:-1]
        assert pair.reboots == ["FirmwareUpdate"]
        pair.connect()
        pair.run(1)
        assert pair.firmware_statuses() == [(status, 7) for status in SEQUENCE]
        assert ("FirmwareUpdated", "2.0.0") in pair.security()
        assert not pair.flash.on_trial and pair.flash.running == "2.0.0"
        assert pair.station.update is None and pair.station.update_due_ms is None
        pair.forget()
        pair.power_cut()
        pair.connect()
        pair.run(1)
        assert pair.told() == []


def test_the_boot_after_an_installation_says_so():
    pair = updating()
    pair.update()
    pair.forget()
    installed(pair)
    assert pair.sent("BootNotification")[0]["reason"] == "FirmwareUpdate"


def test_L02_an_unsigned_update_has_no_signature_verified():
    for dialect, wanted in ((V201, SEQUENCE), (V16, SEQUENCE)):
        pair = updating(dialect, roots=False)
        assert pair.update("UpdateFirmware", **unsigned(dialect)) in ("Accepted", None)
        installed(pair)
        wanted = [status for status in SEQUENCE if status != "SignatureVerified"]
        if dialect == V16:  # which has no word for it
            wanted.remove("InstallRebooting")
        request_id = None if dialect == V16 else 7
        assert pair.firmware_statuses() == [(status, request_id) for status in wanted]


def test_L01_FR_13_the_download_waits_for_its_date():
    for dialect in DIALECTS:
        pair = updating(dialect)
        assert pair.update(**request(retrieve=SOON)) == "Accepted"
        assert pair.told() == ["DownloadScheduled"]
        pair.run(2 * 3600 - 10)
        assert pair.updater.doing is None
        pair.run(20)
        assert pair.told() == ["DownloadScheduled", "Downloading"]


def test_L01_FR_16_the_installation_waits_for_its_date():
    pair = updating()
    pair.update(**request(install=SOON))
    pair.arrive()
    scheduled = ["Downloading", "Downloaded", "SignatureVerified", "InstallScheduled"]
    assert pair.told() == scheduled
    assert pair.statuses() == []  # nobody is shut out before
    pair.run(2 * 3600 - 10)
    assert pair.reboots == []
    pair.run(20)
    assert pair.told() == scheduled + ["Installing", "InstallRebooting"]


def test_L01_FR_30_download_failed_is_told_after_all_attempts():
    for dialect, retries in ((V201, 2), (V16, 3)):  # 1.6 counts the first one too
        pair = updating(dialect)
        pair.update(**request(retries=retries, retryInterval=30))
        for _ in range(2):
            pair.fail()
            pair.run(29)
            assert pair.updater.doing is None
            pair.run(2)
            assert pair.told() == ["Downloading"]
        pair.fail("404 Not Found")
        assert pair.told() == ["Downloading", "DownloadFailed"]
        assert ("FirmwareUpdateFailed", "DownloadFailed: 404 Not Found") in pair.security()
        assert [fresh for _, fresh in pair.updater.fetches] == [True, False, False]
        pair.run(3600)
        assert pair.told() == ["Downloading", "DownloadFailed"]
        assert pair.station.update is None


def test_how_often_it_is_tried_where_the_server_does_not_say():
    pair = updating()
    pair.update()
    for _ in range(3):
        pair.fail()
        pair.run(61)
    pair.fail()
    assert pair.told() == ["Downloading", "DownloadFailed"]
    for retries, attempts in ((0, 1), (-5, 1)):
        pair = updating()
        pair.update(**request(retries=retries))
        for _ in range(attempts):
            pair.fail()
        assert pair.told()[-1] == "DownloadFailed"


def test_what_can_not_be_downloaded_is_not_tried_again():
    pair = updating()
    pair.update(**request(retries=5))
    pair.fail("unknown protocol", False)
    assert pair.told() == ["Downloading", "DownloadFailed"]


def test_an_attempt_that_fails_while_offline_does_not_count():
    pair = updating()
    pair.update(**request(retries=0))
    pair.disconnect()
    pair.fail("no route")
    pair.run(3600)
    assert pair.updater.doing is None
    pair.connect()
    pair.run(1)
    pair.arrive()
    assert pair.told() == SEQUENCE[:-1]


def test_L01_FR_03_a_wrong_signature():
    for dialect in DIALECTS:
        pair = updating(dialect)
        pair.update()
        pair.arrive(FILE + b"!")
        assert pair.told() == ["Downloading", "Downloaded", "InvalidSignature"]
        assert ("InvalidFirmwareSignature", None) in pair.security()
        assert pair.reboots == [] and pair.station.update is None


def test_L01_FR_29_an_image_that_does_not_fit_is_refused_with_the_reason():
    """TC_L_08: correctly signed, and of other hardware."""
    for dialect in DIALECTS:
        pair = updating(dialect)
        pair.flash.refusal = "other hardware"
        pair.update()
        pair.arrive()
        wanted = SEQUENCE[:4] + ["InstallVerificationFailed"]
        assert pair.told() == wanted
        event = "FirmwareUpdateFailed", "InstallVerificationFailed: other hardware"
        assert event in pair.security()
        pair.plug(1)
        pair.token("04AABBCC", 1)
        pair.run(60)
        assert pair.drivers[0].contactor.closed()


def spoken(pair):
    """The statuses of the update and of the first connector, in their order."""
    found = []
    for direction, message in pair.transcript:
        if direction == "out" and message[0] == 2:
            payload = message[3]
            if message[2].endswith("FirmwareStatusNotification"):
                found.append(payload["status"])
            elif payload.get("connectorId") == 1 and payload.get("evseId", 1) == 1:
                found.append(payload.get("connectorStatus") or payload["status"])
    return found


def refused_by_a_slow_server(dialect):
    """An image is refused faster than the server answers what it is told."""
    pair = updating(dialect)
    pair.flash.refusal = "wrong hash"
    pair.csms.slow = True
    pair.update()
    pair.arrive()
    return pair


def test_that_it_has_failed_is_told_before_the_connectors_are_free_again():
    for dialect in DIALECTS:
        pair = refused_by_a_slow_server(dialect)
        pair.csms.slow = False
        pair.deliver()
        told = [status for status in spoken(pair) if status != "Unavailable"]
        assert told == SEQUENCE[:4] + ["InstallVerificationFailed", "Available"]


def test_nobody_waits_for_a_server_that_does_not_answer_what_it_is_told():
    for dialect in DIALECTS:
        pair = refused_by_a_slow_server(dialect)
        assert not pair.station.in_service
        pair.run(31)
        assert pair.station.in_service
        pair = refused_by_a_slow_server(dialect)
        pair.disconnect()
        assert pair.station.in_service


def test_an_image_that_does_not_come_up_is_told_by_the_old_one():
    for dialect in DIALECTS:
        pair = updating(dialect)
        pair.flash.boots = False
        pair.update()
        pair.arrive()
        pair.connect()
        pair.run(1)
        assert pair.told() == SEQUENCE[:-1] + ["InstallationFailed"]
        assert ("FirmwareUpdateFailed", "InstallationFailed: boots used up") in pair.security()
        assert pair.flash.running == "1.0.0"


def test_an_image_that_the_server_does_not_accept_goes_back_in_its_time():
    pair = updating()
    pair.update()
    pair.arrive()
    pair.csms.answers = {
        "BootNotification": lambda payload: {
            "status": "Rejected",
            "currentTime": pair.wall_time(),
            "interval": 60,
        }
    }
    pair.connect()
    pair.run(899)
    assert pair.flash.on_trial and pair.reboots == ["FirmwareUpdate"]
    pair.run(2)
    assert pair.reboots == ["FirmwareUpdate", "ApplicationReset"]
    assert pair.flash.running == "1.0.0"
    pair.csms.answers = {}
    pair.connect()
    pair.run(1)
    assert pair.told()[-1] == "InstallationFailed"
    assert ("FirmwareUpdateFailed", "InstallationFailed: deadline passed") in pair.security()


def test_an_image_that_could_take_no_further_update_is_given_up_at_once():
    for dialect in DIALECTS:
        pair = updating(dialect)
        pair.flash.has_keys = False
        pair.update()
        pair.arrive()
        pair.connect()
        pair.run(1)
        assert pair.reboots == ["FirmwareUpdate", "ApplicationReset"]
        assert pair.flash.running == "1.0.0" and not pair.flash.on_trial
        pair.connect()
        pair.run(1)
        assert pair.told() == SEQUENCE[:-1] + ["InstallationFailed"]
        assert ("FirmwareUpdateFailed", "InstallationFailed: given up") in pair.security()


def test_the_way_back_waits_for_a_driver_too():
    pair = updating(variables={"AuthCtrlr.LocalPreAuthorize": True})
    pair.update()
    pair.arrive()
    pair.run(60)
    pair.station.provisioning.status = None
    pair.plug(1)
    pair.station.transactions.authorize(pair.station.evses[0], _token(), pair.now)
    pair.run(1000)
    assert pair.reboots == ["FirmwareUpdate"]
    pair.station.transactions.stop(pair.station.evses[0], "Local", "StopAuthorized", pair.now)
    pair.unplug(1)
    pair.run(10)
    assert pair.reboots == ["FirmwareUpdate", "ApplicationReset"]


def _token():
    from chargepoint.station.evse import IdToken

    return IdToken("04AABBCC", "ISO14443")


def test_a_trial_that_nobody_asked_for_is_confirmed_without_a_status():
    """Put on trial by a tool, or the record of the update was lost."""
    pair = updating()
    pair.flash.other = ("3.0.0", "trial")
    pair.power_cut()
    pair.forget()
    pair.connect()
    pair.run(1)
    assert pair.told() == []
    assert ("FirmwareUpdated", "3.0.0") in pair.security()
    assert not pair.flash.on_trial


def test_a_defect_in_what_is_run_ends_the_update_and_not_the_station():
    pair = updating()
    pair.update()

    def broken():
        yield
        raise MemoryError("no room")

    pair.updater.install = broken
    pair.arrive()
    assert pair.told() == SEQUENCE[:4] + ["InstallationFailed"]
    assert ("FirmwareUpdateFailed", "InstallationFailed: MemoryError: no room") in pair.security()
    assert pair.reboots == []


def test_nothing_of_an_update_is_in_the_way_of_an_idle_station():
    pair = updating()
    assert pair.station.update_due_ms is None
    pair.power_cut()
    assert pair.station.update_due_ms is None and pair.station.update is None
