"""Header of an image: what is read, and each reason to refuse one. On both interpreters."""

from chargepoint.ota import container
from tests.support import images
from tests.support.images import header, refusal, station

CONTENT = images.payload(1)
GOOD = header(CONTENT)


def check(data, **changes) -> str:
    return refusal(container.check, data, station(**changes))


def test_what_the_header_says():
    found = container.check(GOOD, station())
    assert (found.kind, found.product, found.version) == (container.APP, "box", "1.0.0")
    assert found.hardware == ["A", "B"] and found.subprotocols == ["ocpp1.6", "ocpp2.0.1"]
    assert (found.counter, found.payload_bytes) == (5, len(CONTENT))
    assert container.check(memoryview(GOOD + CONTENT), station()).digest == found.digest


def test_in_steps():
    steps = container.checking(GOOD, station())
    count = 0
    while True:
        try:
            next(steps)
            count += 1
        except StopIteration as end:
            assert end.value.version == "1.0.0"
            break
    assert count > 257


def test_a_byte_of_the_header_is_wrong():
    """No byte but is signed, or has one value only."""
    accepted = []
    reasons = set()
    for at in range(container.HEADER_BYTES):
        # Behind the signature all bytes are alike: each bit there, once.
        mask = 0x01 if at < 244 + 64 else 1 << at % 8
        wrong = GOOD[:at] + bytes((GOOD[at] ^ mask,)) + GOOD[at + 1 :]
        reason = check(wrong)
        if not reason:
            accepted.append(at)
        reasons.add(reason)
    assert accepted == []
    assert container.WRONG_SIGNATURE in reasons and container.UNKNOWN_KEY in reasons
    assert container.WRONG_HASH not in reasons


def test_a_header_that_is_cut_off():
    for count in (0, 1, 4, 243, 244, 308, 4095):
        assert check(GOOD[:count]) == container.TRUNCATED


def test_structure_comes_before_all_else():
    cases = (
        (container.NO_IMAGE, header(CONTENT, magic=b"CPIN")),
        (container.UNKNOWN_FORMAT, header(CONTENT, form=2)),
        (container.MALFORMED, header(CONTENT, kind=0)),
        (container.MALFORMED, header(CONTENT, kind=3)),
        (container.MALFORMED, header(CONTENT, algorithm=2)),
        (container.MALFORMED, header(CONTENT, flags=2)),
        (container.MALFORMED, header(CONTENT, flags=1)),
        (container.MALFORMED, header(CONTENT, flags=1, downgrade_from=5)),
        (container.MALFORMED, header(CONTENT, downgrade_from=9)),
        (container.MALFORMED, header(CONTENT, signed_bytes=245)),
        (container.MALFORMED, header(CONTENT, signature_bytes=63)),
        (container.MALFORMED, header(CONTENT, payload_bytes=0)),
        (container.MALFORMED, header(CONTENT, padding=b"\0")),
        (container.MALFORMED, header(CONTENT, product="")),
        (container.MALFORMED, header(CONTENT, product="a box")),
        (container.MALFORMED, header(CONTENT, version="1\0002")),
        (container.MALFORMED, header(CONTENT, version="1\x7f")),
        (container.MALFORMED, header(CONTENT, hardware="A  B")),
        (container.MALFORMED, header(CONTENT, hardware=" A")),
        (container.MALFORMED, header(CONTENT, subprotocols="ocpp2.0.1 ")),
    )
    for reason, data in cases:
        assert check(data, keys=[], product="other") == reason


def test_the_key_comes_before_the_signature():
    other = header(CONTENT, private=images.OTHER_PRIVATE, public=images.OTHER_PUBLIC)
    assert check(other) == container.UNKNOWN_KEY
    both = [(container.P256, images.PUBLIC), (container.P256, images.OTHER_PUBLIC)]
    assert check(other, keys=both) == check(GOOD, keys=both) == ""
    # Says to be of the pinned key and is of another.
    assert check(header(CONTENT, private=images.OTHER_PRIVATE)) == container.WRONG_SIGNATURE


def test_a_signature_of_another_image():
    newer = header(CONTENT, version="1.0.1")
    assert check(GOOD[:244] + newer[244:]) == container.WRONG_SIGNATURE
    assert check(newer[:244] + GOOD[244:]) == container.WRONG_SIGNATURE


def test_what_can_be_no_signature():
    order = bytes.fromhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    for signature in (
        bytes(64),
        b"\xff" * 64,
        order + GOOD[276:308],
        GOOD[244:276] + order,
        GOOD[244:276] + bytes(32),
        bytes(32) + GOOD[276:308],
    ):
        assert check(GOOD[:244] + signature + GOOD[308:]) == container.WRONG_SIGNATURE


def test_the_signature_comes_before_what_it_is_for():
    wrong = header(CONTENT, private=images.OTHER_PRIVATE, product="other", hardware="Z", counter=0)
    assert check(wrong) == container.WRONG_SIGNATURE


def test_an_image_for_another_station():
    cases = (
        (container.WRONG_KIND, {"kind": 2}, {}),
        (container.WRONG_PRODUCT, {"product": "Box"}, {}),
        (container.WRONG_HARDWARE, {"hardware": "A BB"}, {}),
        (container.WRONG_HARDWARE, {}, {"hardware": "A B"}),
        (container.WRONG_HARDWARE, {}, {"hardware": ""}),
        (container.OLDER_COUNTER, {"counter": 4}, {}),
        (container.NEWER_BOOT, {"boot_version": 2}, {}),
        (container.NEWER_STORE, {"store_format": 2}, {}),
        (container.OTHER_PROTOCOL, {"subprotocols": "ocpp1.6"}, {"subprotocol": "ocpp2.0.1"}),
        (container.TOO_LARGE, {}, {"room": len(CONTENT) - 1}),
    )
    for reason, fields, changes in cases:
        assert check(header(CONTENT, **fields), **changes) == reason
    assert check(header(CONTENT, subprotocols="ocpp1.6")) == ""  # none is in use
    assert check(header(CONTENT, counter=6), room=len(CONTENT)) == ""


def test_the_way_back_has_to_be_signed_and_holds_up_to_a_counter_only():
    back = header(CONTENT, counter=3, flags=1, downgrade_from=5)
    assert check(back) == ""
    assert check(back, counter=6) == container.OLDER_COUNTER


def test_the_key_file():
    one = b"\x03" + images.PUBLIC
    other = b"\x03" + images.OTHER_PUBLIC
    rsa = b"\x01" + bytes(range(1, 129)) * 3
    assert container.keys(b"CPK\x01" + one) == [(3, images.PUBLIC)]
    found = container.keys(memoryview(b"CPK\x01" + rsa + other))
    assert found == [(1, rsa[1:]), (3, images.OTHER_PUBLIC)]
    for wrong in (
        b"",
        b"CPK\x02" + one,
        b"CPK\x01",
        b"CPK\x01" + one[:-1],
        b"CPK\x01" + one + b"\0",
        b"CPK\x01\x02" + one,
        b"CPK\x01" + one + other + one,
    ):
        assert "key" in refusal(container.keys, wrong)
