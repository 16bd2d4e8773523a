from chargepoint.store import frame


def test_an_entry_comes_back_whole():
    data = frame.pack(frame.ENTRY, 7, b"payload")
    assert frame.unpack(data, 0) == (frame.ENTRY, 7, b"payload", len(data))


def test_entries_are_read_one_after_the_other():
    data = frame.pack(frame.ENTRY, 1, b"a") + frame.pack(frame.ACKNOWLEDGED, 1, b"")
    end = frame.unpack(data, 0)[3]
    assert frame.unpack(data, end) == (frame.ACKNOWLEDGED, 1, b"", len(data))


def test_every_torn_prefix_and_every_flipped_byte_shows():
    data = frame.pack(frame.SLOT, 3, b"some state")
    for length in range(len(data)):
        assert frame.unpack(data[:length], 0) is None
    for at in range(len(data)):
        flipped = bytearray(data)
        flipped[at] ^= 0x10
        assert frame.unpack(flipped, 0) is None


def test_a_payload_beyond_the_length_field_is_our_error():
    try:
        frame.pack(frame.ENTRY, 0, bytes(0x10000))
    except ValueError as error:
        assert "65536" in str(error)
    else:
        raise AssertionError("taken")
