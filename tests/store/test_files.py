import os

import pytest

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


def test_the_journal_keeps_order_and_what_is_not_acknowledged(tmp_path):
    journal = store(tmp_path).journal
    seqs = [journal.append(b"entry %d" % n) for n in range(5)]
    assert seqs == [0, 1, 2, 3, 4]
    journal.acknowledge(0)
    journal.acknowledge(2)
    journal = store(tmp_path).journal
    assert [payload for _, payload in journal.records()] == [b"entry 1", b"entry 3", b"entry 4"]
    assert journal.head() == (1, b"entry 1")
    assert journal.append(b"next") == 5


def test_sequence_numbers_never_come_again_after_the_journal_was_rewritten(tmp_path):
    journal = store(tmp_path).journal
    for _ in range(400):
        journal.acknowledge(journal.append(bytes(100)))
    assert os.stat(tmp_path / "journal").st_size <= 16384 + 200
    assert journal.head() is None
    assert store(tmp_path).journal.append(b"next") == 400


def test_a_rewrite_keeps_what_waits(tmp_path):
    journal = store(tmp_path).journal
    kept = journal.append(b"kept")
    for _ in range(400):
        journal.acknowledge(journal.append(bytes(100)))
    assert journal.head() == (kept, b"kept")
    assert store(tmp_path).journal.head() == (kept, b"kept")
    assert store(tmp_path).journal.append(b"") == 401


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
        assert after.journal.append(b"third") == 1
        assert store(tmp_path).journal.count() == 2
