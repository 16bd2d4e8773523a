"""UpdateFirmware: who may, what is refused, and what becomes of the update that runs."""

import binascii
from hashlib import sha256

from chargepoint.crypto import pem
from tests.support import certificates as made
from tests.support import rsa_keys
from tests.support.pair import Pair
from tests.support.updating import (
    DIALECTS,
    FILE,
    LEAF,
    LOCATION,
    PAST,
    ROOT,
    SEQUENCE,
    SOON,
    USES,
    V16,
    V201,
    Updating,
    request,
    unsigned,
    updating,
)

INVALID = "InvalidFirmwareSigningCertificate"


def leaf(**fields):
    """A signing certificate with something else in it."""
    wanted = {"extensions": USES, "key": 5, "signer": 1, "issuer": "root"}
    wanted.update(fields)
    return made.certificate("signing", **wanted)


def refused(certificate, reason, **pair_options):
    """It is refused in both dialects, with the event and its reason, and nothing begins."""
    for dialect in DIALECTS:
        pair = updating(dialect, **pair_options)
        assert pair.update(**request(certificate=certificate)) == "InvalidCertificate"
        pair.run(1)
        assert pair.security() == [(INVALID, reason)], reason
        assert pair.told() == [] and pair.updater.fetches == []
        assert pair.station.update is None


def test_L01_FR_22_certificates_that_are_not_right():
    refused(leaf(not_after="260430000000Z"), "expired")
    refused(leaf(not_before="260601000000Z"), "not yet valid")
    refused(leaf(issuer="other", signer=11), "no way to a root")
    refused(leaf(signer=3), "signature of a certificate")
    refused(leaf(extensions=(made.key_usage(0x20),)), "key usage")
    client = made.purposes(b"\x2b\x06\x01\x05\x05\x07\x03\x02")
    refused(leaf(extensions=(client,)), "key usage")
    refused(made.certificate("leaf", "sub", 5, 2, extensions=USES), "no way to a root")


def test_L01_FR_22_what_is_no_certificate():
    good = pem.encode(LEAF, "CERTIFICATE")
    refused("", "PEM blocks: 0")
    refused("-----BEGIN", "PEM blocks: 0")
    refused(good + good, "PEM blocks: 2")
    refused(good + pem.encode(ROOT, "CERTIFICATE"), "PEM blocks: 2")
    refused(good.replace("CERTIFICATE", "PUBLIC KEY"), "PEM block without its label")
    refused(good.replace("MII", "M!I"), "PEM block not base64")
    refused(good[: len(good) // 2], "PEM block without its label")
    refused(pem.encode(LEAF[:-1], "CERTIFICATE"), "malformed DER")
    refused(pem.encode(LEAF + b"\0", "CERTIFICATE"), "more than expected")
    refused(pem.encode(bytes(4000), "CERTIFICATE"), "malformed DER")


def test_a_key_on_another_curve_or_too_short_is_refused():
    curve = bytes.fromhex("301006072a8648ce3d020106052b81040022")  # secp384r1
    point = b"\4" + bytes(96)
    other = made.element(0x30, curve, made.element(3, b"\0", point))
    refused(leaf(public_key=other), "public key")
    short = made.rsa_public(b"\xc1" + bytes(126) + b"\1")  # 1024 bits
    refused(leaf(public_key=short), "public key")


def test_a_certificate_beyond_the_schema_is_the_servers_error():
    pair = updating()
    code = pair.update(**request(certificate="x" * 5501))
    assert code == "PropertyConstraintViolation"
    code = pair.update(**request(location="h" * 513))
    assert code == "PropertyConstraintViolation"


def test_a_signed_url_of_a_store_of_files_is_taken_where_no_schema_forbids_it():
    location = "https://files.example/box.img?X-Amz-Signature=" + "0123456789abcdef" * 122
    pair = updating(V16, roots=False)
    assert pair.update("UpdateFirmware", **unsigned(V16, location=location)) is None
    assert pair.updater.fetches == [(location, True)]
    pair.fail()
    pair.power_cut()
    pair.connect()
    pair.run(120)
    assert pair.updater.fetches == [(location, False)]
    location = "http://files.example/" + "x" * 1980
    code = pair.update("UpdateFirmware", **unsigned(V16, location=location))
    assert code == "PropertyConstraintViolation"


def test_without_a_manufacturers_root_nothing_signed_is_taken():
    refused(LEAF, "no manufacturer root", roots=False)


def test_TC_L_18_a_station_with_roots_takes_nothing_unsigned():
    pair = updating(V201)
    result = pair.call("UpdateFirmware", unsigned(V201))
    assert result["status"] == "Rejected"
    assert result["statusInfo"]["reasonCode"] == "MissingParam"
    pair = updating(V16)  # security whitepaper, L01.FR.20
    assert pair.update("UpdateFirmware", **unsigned(V16)) == "NotSupported"
    assert pair.updater.fetches == []


def test_a_setting_lets_unsigned_firmware_in():
    for dialect in DIALECTS:
        pair = updating(dialect, {"SecurityCtrlr.AllowUnsignedFirmware": True})
        assert pair.update("UpdateFirmware", **unsigned(dialect)) in ("Accepted", None)
        assert pair.told() == ["Downloading"]
        pair = updating(dialect, {"SecurityCtrlr.AllowUnsignedFirmware": True})
        assert pair.update(**request()) == "Accepted"
        pair.arrive(FILE + b"!")
        assert pair.told()[-1] == "InvalidSignature"


def test_a_signature_without_a_certificate_is_rejected():
    pair = updating(roots=False)
    fields = request()
    del fields["firmware"]["signingCertificate"]
    assert pair.update(**fields) == "Rejected"


def test_a_missing_or_malformed_signature_is_told_after_the_download():
    """L01, step 5."""
    for signature in None, "", "!!!!", "AAAA", "A":
        pair = updating()
        fields = request()
        if signature is None:
            del fields["firmware"]["signature"]
        else:
            fields["firmware"]["signature"] = signature
        assert pair.update(**fields) == "Accepted", signature
        pair.arrive()
        assert pair.told() == ["Downloading", "Downloaded", "InvalidSignature"]


def rsa(scheme):
    """A request signed with an RSA key of 2048 bits."""
    public = made.rsa_public(rsa_keys.modulus(2048))
    digest = sha256(FILE).digest()
    if scheme == "pkcs1":
        signature = rsa_keys.sign_pkcs1(2048, digest)
    else:
        signature = rsa_keys.sign_pss(2048, digest, bytes(scheme))
    return request(certificate=leaf(public_key=public), signature=signature)


def test_L01_FR_04_rsa_pss_with_a_salt_of_any_length():
    for salt_bytes in 32, 20, 0, 222:
        pair = updating()
        assert pair.update(**rsa(salt_bytes)) == "Accepted"
        pair.arrive()
        assert pair.told() == SEQUENCE[:-1], salt_bytes


def test_pkcs1_is_a_setting():
    pair = updating()
    pair.update(**rsa("pkcs1"))
    pair.arrive()
    assert pair.told()[-1] == "InvalidSignature"
    pair = updating(variables={"SecurityCtrlr.AllowPkcs1FirmwareSignature": True})
    pair.update(**rsa("pkcs1"))
    pair.arrive()
    assert pair.told() == SEQUENCE[:-1]
    pair = updating(variables={"SecurityCtrlr.AllowPkcs1FirmwareSignature": True})
    pair.update(**rsa("pkcs1"))
    pair.arrive(FILE + b"!")
    assert pair.told()[-1] == "InvalidSignature"


def test_a_valid_signature_of_another_key_or_file():
    for fields in request(key=6), request(file=b"another"):
        pair = updating()
        assert pair.update(**fields) == "Accepted"
        pair.arrive()
        assert pair.told()[-1] == "InvalidSignature"


def test_while_the_time_is_not_known_no_certificate_is_valid():
    pair = updating()
    pair.station.provisioning._base_epoch_s = None
    result = pair.call("UpdateFirmware", request())
    assert result["statusInfo"]["reasonCode"] == "NotReady"


def test_L01_FR_24_another_request_cancels_in_each_phase():
    for dialect in DIALECTS:
        for phase in "scheduled", "downloading", "trying again", "install scheduled":
            pair = updating(dialect)
            first = {}
            if phase == "scheduled":
                first = {"retrieve": SOON}
            elif phase == "install scheduled":
                first = {"install": SOON}
            pair.update(**request(1, **first))
            if phase == "trying again":
                pair.fail()
            elif phase == "install scheduled":
                pair.arrive()
            pair.forget()
            assert pair.update(**request(2)) == "AcceptedCanceled", phase
            assert pair.updater.fetches[-1] == (LOCATION, True)
            pair.arrive()
            assert pair.firmware_statuses() == [(status, 2) for status in SEQUENCE[:-1]]


class Halting(Updating):
    """Stops in the middle of what the updater runs, after so many turns; -1: never."""

    turns = -1

    def step(self):
        if self.turns < 0:
            super().step()
            return
        Pair.step(self)
        while self.turns and self.updater.turn():
            self.turns -= 1
            Pair.step(self)


def halting(dialect=V201):
    pair = Halting(dialect)
    pair.connect()
    pair.run(1)
    pair.forget()
    return pair


def test_L01_FR_24_while_the_signature_is_verified_or_the_image_installed():
    for turns, last in ((3, "Downloaded"), (None, "Installing")):
        pair = halting()
        pair.update(**request(1))
        if turns is None:
            pair.updater.install = endless
        else:
            pair.turns = turns
        pair.updater.arrive(FILE)
        if turns is None:
            pair.turns = 500
        pair.step()
        assert pair.told()[-1] == last
        pair.forget()
        pair.turns = -1
        assert pair.update(**request(2)) == "AcceptedCanceled"
        assert pair.firmware_statuses() == [("Downloading", 2)]


def endless():
    while True:
        yield


def test_L01_FR_27_an_image_on_trial_is_not_canceled():
    pair = updating()
    pair.update()
    pair.csms.answers["BootNotification"] = lambda payload: {
        "status": "Pending",
        "currentTime": pair.wall_time(),
        "interval": 60,
    }
    pair.arrive()
    pair.connect()
    result = pair.call("UpdateFirmware", request(2))
    assert (result["status"], result["statusInfo"]["reasonCode"]) == (
        "Rejected",
        "FwUpdateInProgress",
    )
    pair.csms.answers = {}
    pair.run(100)
    assert pair.firmware_statuses()[-1] == ("Installed", 7)


def test_a_request_that_is_refused_leaves_the_running_update_alone():
    pair = updating()
    pair.update(**request(1))
    bad = leaf(not_after="260430000000Z")
    assert pair.update(**request(2, certificate=bad)) == "InvalidCertificate"
    assert pair.updater.fetches == [(LOCATION, True), (LOCATION, False)]  # it goes on
    pair.arrive()
    assert pair.firmware_statuses() == [(status, 1) for status in SEQUENCE[:-1]]


def test_the_same_request_again_is_another_one():
    pair = updating()
    pair.update()
    pair.forget()
    assert pair.update() == "AcceptedCanceled"
    pair.arrive()
    assert pair.firmware_statuses() == [(status, 7) for status in SEQUENCE[:-1]]


def test_a_link_that_is_lost_before_the_answer_changes_nothing():
    for running in False, True:
        pair = halting()
        if running:
            pair.update(**request(1))
        pair.turns = 3
        assert pair.update(**request(2)) is None
        pair.disconnect()
        pair.turns = -1
        pair.step()
        assert (pair.station.update is not None) == running
        pair.connect()
        pair.run(1)
        assert pair.firmware_statuses() == ([("Downloading", 1)] if running else [])
        assert pair.update(**request(3)) == ("AcceptedCanceled" if running else "Accepted")


def test_another_call_that_waits_for_its_answer_is_in_the_way():
    pair = halting()
    pair.turns = 3
    assert pair.update(**request(1)) is None
    assert pair.update(**request(2)) == "GenericError"
    pair.turns = -1
    pair.step()
    assert pair.firmware_statuses() == [("Downloading", 1)]


def test_ids_that_are_too_large_and_locations_that_are_empty():
    pair = updating()
    for fields in request(0x80000000), request(location=""):
        assert pair.update(**fields) in ("PropertyConstraintViolation", "FormatViolation")
    assert pair.update(**request(-0x7FFFFFFF)) == "Accepted"
    assert pair.firmware_statuses() == [("Downloading", -0x7FFFFFFF)]


def test_no_room_for_it_on_flash():
    pair = updating()
    save = pair.store.slots.save

    def full(name, data):
        return name != "firmware" and save(name, data)

    pair.store.slots.save = full
    result = pair.call("UpdateFirmware", request())
    assert result["statusInfo"]["reasonCode"] == "OutOfStorage"
    assert pair.station.update is None


def test_a_station_without_an_updater_knows_no_updates():
    for dialect in DIALECTS:
        pair = updating(dialect)
        pair.station.updater = None
        assert pair.update() == "NotSupported"
        for action in "PublishFirmware", "UnpublishFirmware":
            fields = {"requestId": 1, "location": "a", "checksum": "b"}
            if action == "UnpublishFirmware":
                fields = {"checksum": "b"}
            wanted = "NotImplemented" if dialect == V16 else "NotSupported"
            assert pair.call(action, fields)[0] == wanted


def test_what_the_server_may_not_have_meant_is_a_date_far_away():
    pair = updating()
    pair.update(**request(retrieve="9999-12-31T23:59:59Z"))
    assert pair.told() == ["DownloadScheduled"]
    pair.power_cut()
    pair.connect()
    pair.run(86400)
    assert pair.updater.fetches == []
    assert pair.update(**request(2, retrieve="1970-01-01T00:00:00Z")) == "AcceptedCanceled"
    assert pair.told()[-1] == "Downloading"


def test_signatures_are_base64():
    fields = request()
    assert binascii.a2b_base64(fields["firmware"]["signature"])
    assert fields["firmware"]["retrieveDateTime"] == PAST
