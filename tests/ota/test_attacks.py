"""What somebody may send, or change, and what refuses it: the table of docs/ota.md, row by row.

Each attack goes all the way of an update: certificate, download, OCPP's signature, header and
payload, boot. All that it does not change is right. On both interpreters.
"""

from hashlib import sha256

from chargepoint.crypto import pem, signature
from chargepoint.crypto.steps import finish
from chargepoint.hal.sim import MemoryStore
from chargepoint.ota import container, receiving, slots
from chargepoint.ota.updater import Updater
from chargepoint.station.firmware_signature import of_certificate
from chargepoint.timestamp import parse
from tests.ota.test_installation import World
from tests.support import certificates as made
from tests.support import images, rsa_keys

NOW_S = parse("2026-05-01T00:00:00Z")
CONTENT = images.payload(2, 9001)
OTHER_CONTENT = images.payload(3, 9001)
GOOD = images.header(CONTENT, counter=6) + CONTENT
OTHER = images.header(OTHER_CONTENT, counter=6, version="2.0.0") + OTHER_CONTENT
USES = (made.key_usage(0x80), made.purposes(b"\x2b\x06\x01\x05\x05\x07\x03\x03"))
CA = (made.ca(), made.key_usage(0x04))
ROOT = made.certificate("root", key=1, signer=1, extensions=CA)
MODULUS = rsa_keys.modulus(3072)


def leaf(**fields) -> bytes:
    wanted = {"key": 5, "extensions": USES}
    wanted.update(fields)
    return made.certificate("signing", **wanted)


def image(**fields) -> bytes:
    fields["counter"] = fields.get("counter", 6)
    return images.header(CONTENT, **fields) + CONTENT


def with_bit(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def attack(data=GOOD, certificate=None, signer=5, signed=None, change=None) -> tuple:
    """(what refuses it, why), or ("", "") if the image boots.

    data: the file; certificate: the signing one; signer: whose key OCPP's signature is of, signed:
    the file that it is of; change: the place of a byte of the slot that is changed before the
    boot.
    """
    text = pem.encode(certificate or leaf(), "CERTIFICATE")
    key, problem = finish(of_certificate(text, [ROOT], NOW_S))
    if problem:
        return "certificate", problem
    world, digest = World(), sha256(signed or data).digest()
    places = world.places(0)
    places.update_keys = b"CPK\x01\x03" + images.PUBLIC + b"\x01" + MODULUS
    updater = Updater(places, MemoryStore(), None, (None, None, None))
    work = receiving.Receiving(updater, "http://server/file", True)
    work.opened(0, len(data))
    for at in range(0, len(data), 4096):
        finish(work.taking(data[at : at + 4096]))
    finish(work.ending())
    assert work.digest == sha256(data).digest()
    found = made.ecdsa(signer, digest)
    if not finish(signature.verifying(signature.ECDSA, key, work.digest, found)):
        return "OCPP's signature", "wrong"
    reason = finish(updater.install())
    state = world.records.load() or slots.State()
    views = [world.view(0), world.view(1)]
    if reason:
        assert state.slots[1].state == slots.EMPTY and slots.image(views[1]) is None
        assert slots.decide(state, views)[0] == 0
        written = world.flash.operations
        return ("payload" if written else "header"), reason
    if change is not None:
        world.flash.data[6 * 4096 + change] ^= 1
    if slots.decide(state, views)[0] == 0:
        assert state.slots[1].why == slots.DAMAGED
        return "boot", "damaged"
    return "", ""


# As in docs/ota.md.
TABLE = (
    ("certificate expired", "certificate", "expired"),
    ("certificate not yet valid", "certificate", "not yet valid"),
    ("certificate of another root", "certificate", "no way to a root"),
    ("certificate that says it is of the root, and is not", "certificate", "signature of a"),
    ("certificate below another that signs", "certificate", "no way to a root"),
    ("certificate for another key usage", "certificate", "key usage"),
    ("certificate for another purpose", "certificate", "key usage"),
    ("OCPP's signature of another key", "OCPP's signature", "wrong"),
    ("OCPP's signature of another file", "OCPP's signature", "wrong"),
    ("a bit of the file changed on its way", "OCPP's signature", "wrong"),
    ("no image at all", "header", container.NO_IMAGE),
    ("image signed with another key", "header", container.UNKNOWN_KEY),
    ("image signed with another key that names ours", "header", container.WRONG_SIGNATURE),
    ("header with the signature of another image", "header", container.WRONG_SIGNATURE),
    ("a bit of the header changed", "header", container.WRONG_SIGNATURE),
    ("image of another product", "header", container.WRONG_PRODUCT),
    ("image for another hardware revision", "header", container.WRONG_HARDWARE),
    ("image with an older security counter", "header", container.OLDER_COUNTER),
    ("image of the whole firmware, for a board that takes none", "header", container.WRONG_KIND),
    ("image that is too large", "header", container.TOO_LARGE),
    ("file that ends in the header", "header", container.TRUNCATED),
    ("header of one image, payload of another", "payload", container.WRONG_HASH),
    ("file that ends in the payload", "payload", container.TRUNCATED),
    ("more behind the payload", "payload", container.TRAILING),
    ("slot changed after it was verified", "boot", "damaged"),
)


def attacks() -> dict:
    """Name -> what `attack` is told."""
    sub = made.certificate("sub", key=2, extensions=CA)
    assert sub != ROOT
    large = images.header(CONTENT, counter=6, payload_bytes=3 * 4096 + 1) + CONTENT
    return {
        "certificate expired": {"certificate": leaf(not_after="260430000000Z")},
        "certificate not yet valid": {"certificate": leaf(not_before="260502000000Z")},
        "certificate of another root": {"certificate": leaf(issuer="other", signer=3)},
        "certificate that says it is of the root, and is not": {"certificate": leaf(signer=3)},
        "certificate below another that signs": {"certificate": leaf(issuer="sub", signer=2)},
        "certificate for another key usage": {
            "certificate": leaf(extensions=(made.key_usage(0x20), USES[1]))
        },
        "certificate for another purpose": {
            "certificate": leaf(
                extensions=(USES[0], made.purposes(b"\x2b\x06\x01\x05\x05\x07\x03\x01"))
            )
        },
        "OCPP's signature of another key": {"signer": 6},
        "OCPP's signature of another file": {"signed": OTHER},
        "a bit of the file changed on its way": {"data": with_bit(GOOD, 9000), "signed": GOOD},
        "no image at all": {"data": OTHER_CONTENT},
        "image signed with another key": {
            "data": image(private=images.OTHER_PRIVATE, public=images.OTHER_PUBLIC)
        },
        "image signed with another key that names ours": {
            "data": image(private=images.OTHER_PRIVATE)
        },
        "header with the signature of another image": {
            "data": GOOD[:244] + OTHER[244:308] + GOOD[308:]
        },
        "a bit of the header changed": {"data": with_bit(GOOD, 57)},
        "image of another product": {"data": image(product="other")},
        "image for another hardware revision": {"data": image(hardware="A C")},
        "image with an older security counter": {"data": image(counter=4)},
        "image of the whole firmware, for a board that takes none": {"data": image(kind=2)},
        "image that is too large": {"data": large},
        "file that ends in the header": {"data": GOOD[:3000]},
        "header of one image, payload of another": {"data": GOOD[:4096] + OTHER_CONTENT},
        "file that ends in the payload": {"data": GOOD[:-1]},
        "more behind the payload": {"data": GOOD + b"\0"},
        "slot changed after it was verified": {"change": 5000},
    }


def test_without_an_attack_it_boots():
    assert attack() == ("", "")


def test_each_attack_is_refused_where_the_table_says():
    told = attacks()
    assert sorted(told) == sorted([name for name, _, _ in TABLE])
    for name, guard, why in TABLE:
        found = attack(**told[name])
        assert found[0] == guard and found[1].startswith(why), (name, found)


def test_the_table_of_the_document():
    with open("docs/ota.md") as file:
        text = file.read()
    for name, guard, why in TABLE:
        assert "| %s | %s | %s" % (name, guard, why) in text, name


def test_a_file_cut_off_at_every_block():
    """Signed as it is, by somebody with a certificate."""
    for count in range(0, len(GOOD), 512):
        guard, why = attack(GOOD[:count])
        assert why == container.TRUNCATED, count
        assert guard == ("header" if count < 4096 else "payload")


def test_each_byte_of_a_header_signed_with_rsa():
    """As test_container.py has it for P-256: no byte but is signed, or has one value only."""
    body = images.header(CONTENT, public=MODULUS, algorithm=1, signature_bytes=384)[:244]
    body += rsa_keys.sign_pss(3072, sha256(body).digest(), bytes(32))
    header = body + b"\xff" * (container.HEADER_BYTES - len(body))
    station = images.station(keys=[(container.RSA_3072, MODULUS)])
    assert container.check(header, station).algorithm == container.RSA_3072
    accepted = []
    for at in range(container.HEADER_BYTES):
        if not images.refusal(container.check, with_bit(header, at), station):
            accepted.append(at)
    assert accepted == []
