import os

import pytest

from chargepoint.store import files, frame
from chargepoint.store.files import FileStore


def store(path, random=b"\x01\x02\x03\x04"):
    return FileStore(str(path), lambda n: random[:n])


def test_a_new_store_has_a_nonce_that_stays_and_counts_its_boots(tmp_path):
    first = store(tmp_path)
    again = store(tmp_path, b"\xff\xff\xff\xff")
    assert (first.nonce, again.nonce) == ("01020304", "01020304")
    assert (first.boot_count, again.boot_count) == (1, 2)


def test_a_slot_keeps_its_last_value_over_a_boot(tmp_path):
    slots = store(tmp_path).slots
    assert slots.load("x") is None
    for value in (b"one", b"two", b"three"):
        slots.save("x", value)
        assert slots.load("x") == value
    assert store(tmp_path).slots.load("x") == b"three"
    slots.delete("x")
    assert slots.load("x") is None


@pytest.mark.parametrize("length", [0, 1, 5, 20])
def test_a_torn_save_leaves_the_older_value(tmp_path, length):
    slots = store(tmp_path).slots
    slots.save("x", b"older")
    slots.save("x", b"newer value")
    torn = (tmp_path / "x.1").read_bytes()[:length]
    (tmp_path / "x.1").write_bytes(torn)
    after = store(tmp_path)
    assert after.slots.load("x") == b"older"
    assert after.damaged == []


def test_a_slot_of_which_nothing_can_be_read_is_reported(tmp_path):
    store(tmp_path).slots.save("x", b"value")
    (tmp_path / "x.0").write_bytes(b"garbage")
    after = store(tmp_path)
    assert after.slots.load("x") is None
    assert after.damaged == ["x"]


def test_a_journal_without_a_file_is_empty(tmp_path):
    journal = store(tmp_path).journal
    assert (journal.head(), list(journal.records()), journal.count()) == (None, [], 0)


def test_the_journal_keeps_order_and_what_is_not_acknowledged(tmp_path):
    journal = store(tmp_path).journal
    seqs = [journal.append(b"entry %d" % n) for n in range(5)]
    assert seqs == [0, 1, 2, 3, 4]
    journal.acknowledge(0)
    journal.acknowledge(2)  # and 1
    assert journal.head() == (3, b"entry 3") and journal.count() == 2
    journal = store(tmp_path).journal
    assert [payload for _, payload in journal.records()] == [b"entry 3", b"entry 4"]
    assert journal.head() == (3, b"entry 3") and journal.count() == 2
    assert journal.append(b"next") == 5


# As firmware 0.1 wrote them: they must be readable for ever.
_JOURNAL_1 = (
    b"\xa5\x01\x07\x00\x00\x00\x00\x00entry 0\xc6\xf0\x03\x0c"
    b"\xa5\x01\x07\x00\x01\x00\x00\x00entry 1\x90\x1f\x8a\xba"
    b"\xa5\x01\x07\x00\x02\x00\x00\x00entry 2+(a\xba"
    b"\xa5\x01\x07\x00\x03\x00\x00\x00entry 3}\xc7\xe8\x0c"
    b"\xa5\x02\x00\x00\x00\x00\x00\x00\xa8'\x10\x10"
    b"\xa5\x02\x00\x00\x01\x00\x00\x00\xcd@\xac\xa8"
)
_JOURNAL_1_REWRITTEN = (
    b"\xa5\x04\x00\x00\x04\x00\x00\x00\xc5\x85\xa2\xfc"
    b"\xa5\x01\x07\x00\x02\x00\x00\x00entry 2+(a\xba"
    b"\xa5\x01\x07\x00\x03\x00\x00\x00entry 3}\xc7\xe8\x0c"
)
_SLOT_1 = b"\xa5\x03\x03\x00\x01\x00\x00\x00two\xe0x\xebq"


@pytest.mark.parametrize("data", [_JOURNAL_1, _JOURNAL_1_REWRITTEN])
def test_a_journal_of_the_first_format_is_read(tmp_path, data):
    (tmp_path / "journal").write_bytes(data)
    after = store(tmp_path)
    assert list(after.journal.records()) == [(2, b"entry 2"), (3, b"entry 3")]
    assert after.damaged == [] and after.journal.append(b"next") == 4


def test_the_format_is_the_first_one_still(tmp_path):
    journal = store(tmp_path).journal
    for n in range(4):
        journal.append(b"entry %d" % n)
    journal.acknowledge(0)
    journal.acknowledge(1)
    assert (tmp_path / "journal").read_bytes() == _JOURNAL_1
    journal.edit(lambda payload: payload)
    assert (tmp_path / "journal").read_bytes() == _JOURNAL_1_REWRITTEN


def test_a_slot_of_the_first_format_is_read(tmp_path):
    (tmp_path / "x.1").write_bytes(_SLOT_1)
    slots = store(tmp_path).slots
    assert slots.load("x") == b"two"
    slots.save("x", b"two")
    slots.save("x", b"two")
    assert (tmp_path / "x.1").read_bytes()[8:11] == _SLOT_1[8:11]


@pytest.mark.parametrize(
    "newer",
    [frame.HEADER, 9],
    ids=["a header that says something", "an unknown kind"],
)
def test_a_journal_of_a_newer_format_is_reported_and_left_alone(tmp_path, newer):
    with open(tmp_path / "journal", "wb") as file:
        frame.write(file, newer, 700, b"format 2")
        frame.write(file, frame.ENTRY, 700, b"what only it understands")
    data = (tmp_path / "journal").read_bytes()
    after = store(tmp_path)
    assert after.damaged == ["journal"] and after.journal.count() == 0
    seq = after.journal.append(b"mine")
    assert seq > 700
    again = store(tmp_path)
    assert list(again.journal.records()) == [(seq, b"mine")]
    again.journal.acknowledge(seq)
    assert again.journal.append(b"next") == seq + 1
    assert (tmp_path / "journal").read_bytes() == data


def test_a_slot_of_a_newer_format_is_reported_and_not_the_first_to_go(tmp_path):
    with open(tmp_path / "x.0", "wb") as file:
        frame.write(file, 9, 4, b"format 2")
    after = store(tmp_path)
    assert after.slots.load("x") is None and after.damaged == ["x"]
    after.slots.save("x", b"mine")
    assert store(tmp_path).slots.load("x") == b"mine"
    assert b"format 2" in (tmp_path / "x.0").read_bytes()


def test_the_journal_has_a_bound(tmp_path):
    journal = FileStore(str(tmp_path), bytes, 1000).journal
    sizes = []
    while journal.room() >= 100:
        sizes.append(journal.room())
        journal.append(bytes(100 - frame.OVERHEAD))
    assert sizes == list(range(988, 99, -100))
    with pytest.raises(OSError) as raised:
        journal.append(bytes(100))
    assert raised.value.args == (28,)
    journal.acknowledge(journal.head()[0])
    assert journal.room() == 188
    assert FileStore(str(tmp_path), bytes, 1000).journal.room() == 188


def test_a_full_journal_can_be_emptied_and_filled_for_ever(tmp_path):
    journal = FileStore(str(tmp_path), bytes, 4000).journal
    for round_number in range(20):
        while journal.room() >= 112:
            journal.append(bytes(100))
        for _ in range(9 + round_number):
            journal.acknowledge(journal.head()[0])
        assert os.stat(tmp_path / "journal").st_size < 4000 + 16384 + 200
    waiting = list(journal.records())
    assert list(FileStore(str(tmp_path), bytes, 4000).journal.records()) == waiting


def test_a_pass_drops_and_shortens_all_but_the_head(tmp_path):
    journal = store(tmp_path).journal
    for n in range(10):
        journal.append(b"%d" % n * 20)
    journal.acknowledge(2)
    room = journal.room()

    def change(payload):
        return (None, payload, payload[:1])[payload[0] % 3]

    assert journal.edit(change) is False
    expected = [(3, b"3" * 20)]
    for n in range(4, 10):
        kept = change(b"%d" % n * 20)
        if kept is not None:
            expected.append((n, kept))
    assert list(journal.records()) == expected == list(store(tmp_path).journal.records())
    assert journal.room() > room and journal.append(b"next") == 10


def test_the_journal_takes_no_more_memory_when_more_waits(tmp_path):
    journal = store(tmp_path).journal

    def held():
        return [type(value) for value in vars(journal).values()]

    before = held()
    for _ in range(300):
        journal.append(bytes(100))
    assert held() == before
    assert set(before) == {str, int, bool}


def test_an_append_that_the_file_system_refuses_leaves_the_rest(tmp_path, monkeypatch):
    journal = store(tmp_path).journal
    journal.append(b"first")

    def refuse(file):
        raise OSError(28)

    monkeypatch.setattr(files.file_access, "sync", refuse)
    with pytest.raises(OSError):
        journal.append(b"refused")
    monkeypatch.undo()
    assert journal.append(b"second") == 1
    assert [payload for _, payload in journal.records()] == [b"first", b"second"]
    after = store(tmp_path)
    assert [payload for _, payload in after.journal.records()] == [b"first", b"second"]
    assert after.damaged == []


def test_sequence_numbers_never_come_again_after_the_journal_was_rewritten(tmp_path):
    journal = store(tmp_path).journal
    for _ in range(400):
        journal.acknowledge(journal.append(bytes(100)))
    assert os.stat(tmp_path / "journal").st_size <= 16384 + 200
    assert journal.head() is None
    assert store(tmp_path).journal.append(b"next") == 400


def test_a_rewrite_keeps_what_waits(tmp_path):
    journal = store(tmp_path).journal
    for _ in range(400):
        journal.append(bytes(100))
        if journal.count() > 3:
            journal.acknowledge(journal.head()[0])
    assert os.stat(tmp_path / "journal").st_size < 16384 + 600
    assert [seq for seq, _ in journal.records()] == [397, 398, 399]
    assert [seq for seq, _ in store(tmp_path).journal.records()] == [397, 398, 399]
    assert store(tmp_path).journal.append(b"") == 400


def test_a_torn_last_entry_is_dropped_at_every_length_and_the_rest_stays(tmp_path):
    journal = store(tmp_path).journal
    journal.append(b"first")
    whole = len((tmp_path / "journal").read_bytes())
    journal.append(b"second")
    data = (tmp_path / "journal").read_bytes()
    for length in range(whole + 1, len(data)):
        (tmp_path / "journal").write_bytes(data[:length])
        after = store(tmp_path)
        assert [payload for _, payload in after.journal.records()] == [b"first"]
        assert after.damaged == ["journal"]
        assert (tmp_path / "journal.bad").read_bytes() == data[whole:length]
        assert after.journal.append(b"third") > 1  # it may have been told by that number
        assert store(tmp_path).journal.count() == 2
