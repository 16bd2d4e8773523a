from io import BytesIO

from chargepoint.store import frame


def written(kind, number, *parts):
    file = BytesIO()
    size = frame.write(file, kind, number, *parts)
    data = file.getvalue()
    assert len(data) == size == frame.OVERHEAD + sum([len(part) for part in parts])
    return data


def read(data):
    return frame.read(BytesIO(data))


def test_an_entry_comes_back_whole():
    assert read(written(frame.ENTRY, 7, b"payload")) == (frame.ENTRY, 7, b"payload")
    assert read(written(frame.ACKNOWLEDGED, 7)) == (frame.ACKNOWLEDGED, 7, b"")


def test_what_is_on_flash_stays_as_it_is():
    data = b"\xa5\x01\x07\x00\x07\x00\x00\x00payload\x8f4\x114"
    assert written(frame.ENTRY, 7, b"payload") == data


def test_the_parts_are_joined():
    whole = written(frame.ENTRY, 7, b"payload")
    assert written(frame.ENTRY, 7, b"pay", bytearray(b"lo"), b"", b"ad") == whole


def test_entries_are_read_one_after_the_other():
    file = BytesIO(written(frame.ENTRY, 1, b"a") + written(frame.ACKNOWLEDGED, 1))
    assert frame.read(file) == (frame.ENTRY, 1, b"a")
    assert frame.read(file) == (frame.ACKNOWLEDGED, 1, b"")
    assert frame.read(file) is None


def test_every_torn_prefix_and_every_flipped_byte_shows():
    data = written(frame.SLOT, 3, b"some state")
    for length in range(len(data)):
        assert read(data[:length]) is None
    for at in range(len(data)):
        flipped = bytearray(data)
        flipped[at] ^= 0x10
        assert read(bytes(flipped)) is None


def test_a_payload_beyond_the_length_field_is_our_error():
    file = BytesIO()
    try:
        frame.write(file, frame.ENTRY, 0, bytes(0xFFFF), b"x")
    except ValueError as error:
        assert "65536" in str(error) and file.getvalue() == b""
    else:
        raise AssertionError("taken")
