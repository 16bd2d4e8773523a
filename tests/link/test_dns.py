"""The codec of name questions by byte literals: good replies, foreign ones and hostile ones."""

from chargepoint.link.dns import answer, is_address, query

QUESTION = query("csms.example.com", 0xABCD)


def reply(records, flags=b"\x81\x80", question=QUESTION, count=None):
    counts = bytes((0, 1, 0, len(records) if count is None else count, 0, 0, 0, 0))
    return question[:2] + flags + counts + question[12:] + b"".join(records)


def record(data, kind=1, name=b"\xc0\x0c", family=1):
    head = bytes((0, kind, 0, family, 0, 0, 0, 60, len(data) >> 8, len(data) & 255))
    return name + head + data


def refused(packet):
    try:
        answer(packet, QUESTION)
    except ValueError:
        return True
    return False


def test_a_question():
    assert query("a.bc", 0x0102) == (
        b"\x01\x02\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x02bc\x00\x00\x01\x00\x01"
    )
    assert query("a.bc.", 0x0102) == query("a.bc", 0x0102)


def test_what_is_no_host_name():
    for name in ("", ".", "a..b", ".a", "x" * 64 + ".de", "abc." * 64):
        try:
            query(name, 1)
        except ValueError:
            continue
        raise AssertionError(name)


def test_addresses_are_found_behind_aliases():
    alias = record(b"\x03www\xc0\x11", 5)
    packet = reply([alias, record(b"\x0a\x00\x00\x07"), record(b"\xff\x01\x02\x03")])
    assert answer(packet, QUESTION) == ["10.0.0.7", "255.1.2.3"]


def test_other_records_are_stepped_over():
    records = [record(b"x" * 16, 28), record(b"\x01\x02\x03\x04", 1, family=3), record(b"", 16)]
    assert answer(reply(records), QUESTION) == []
    name = b"\x03abc\x04defg\x00"
    assert answer(reply([record(b"\x01\x02\x03\x04", name=name)]), QUESTION) == ["1.2.3.4"]


def test_the_name_does_not_exist():
    assert answer(reply([], b"\x81\x83"), QUESTION) == []


def test_a_server_that_can_not_tell_is_no_answer():
    for code in (1, 2, 4, 5):
        assert answer(reply([], bytes((0x81, 0x80 | code))), QUESTION) is None


def test_what_is_no_reply_to_this_question_is_ignored():
    good = reply([record(b"\x01\x02\x03\x04")])
    other = query("csms.example.org", 0xABCD)
    for packet in (
        b"",
        b"\xab\xcd",
        QUESTION,
        b"\xab\xce" + good[2:],
        good[:2] + b"\x01\x80" + good[4:],
        good[:2] + b"\x89\x80" + good[4:],
        good[:4] + b"\x00\x02" + good[6:],
        reply([record(b"\x01\x02\x03\x04")], question=other),
    ):
        assert answer(packet, QUESTION) is None, packet


def test_letters_may_come_back_in_another_case():
    packet = reply([record(b"\x01\x02\x03\x04")], question=query("CSMS.Example.com", 0xABCD))
    assert answer(packet, QUESTION) == ["1.2.3.4"]


def test_hostile_replies():
    address = record(b"\x01\x02\x03\x04")
    for packet in (
        reply([address], count=2),
        reply([address], count=65535 & 255),
        reply([address[:-1]]),
        reply([address[:5]]),
        reply([b"\xc0"], count=1),
        reply([record(b"\x01\x02\x03\x04", name=b"\x80\x00")]),
        reply([record(b"\x01\x02\x03\x04", name=b"\x41\x00")]),
        reply([b"\x3fabc"], count=1),
        reply([b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\xff\xff\x01"], count=1),
    ):
        assert refused(packet), packet


def test_a_compression_loop_is_stepped_over():
    at = len(QUESTION)
    itself = bytes((0xC0 | at >> 8, at & 255))
    assert answer(reply([record(b"\x01\x02\x03\x04", name=itself)]), QUESTION) == ["1.2.3.4"]


def test_a_reply_cut_to_fit_gives_what_came_whole():
    packet = reply([record(b"\x01\x02\x03\x04"), record(b"\x05\x06\x07\x08")], b"\x83\x80")
    begin = len(QUESTION) + 16
    for end in range(len(QUESTION), len(packet)):
        expected = ["1.2.3.4"] if end >= begin else []
        assert answer(packet[:end], QUESTION) == expected, end


def test_cut_anywhere_it_ends_in_an_answer_or_an_error():
    packet = reply([record(b"\x03www\xc0\x11", 5), record(b"\x01\x02\x03\x04")])
    for end in range(len(packet)):
        refused(packet[:end])


def test_addresses():
    for host in ("1.2.3.4", "255.255.255.255", "::1", "2001:db8::1"):
        assert is_address(host), host
    for host in ("1.2.3", "1.2.3.256", "1.2.3.4.5", "a.b.c.d", "localhost", "1.2.3.", "1.2.3.x"):
        assert not is_address(host), host
