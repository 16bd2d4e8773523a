from chargepoint.store.flash_store import FlashStore
from tests.support.flash import Flash


def opened(flash, random=b"\x01\x02\x03\x04"):
    return FlashStore(flash, lambda n: random[:n], 4, flash.align)


def test_a_new_store_has_a_nonce_that_stays_and_counts_its_boots():
    flash = Flash(8, 512, 4)
    first = opened(flash)
    again = opened(flash, b"\xff\xff\xff\xff")
    assert (first.nonce, again.nonce) == ("01020304", "01020304")
    assert (first.boot_count, again.boot_count) == (1, 2)
    assert first.damaged == again.damaged == []


def test_slots_and_journal_keep_to_their_sectors():
    flash = Flash(8, 512, 4)
    store = opened(flash)
    for n in range(200):
        store.slots.save("x", bytes([n]) * 50)
        store.journal.acknowledge(store.journal.append(bytes([n]) * 50))
    seq = store.journal.append(b"waits")
    store = opened(flash)
    assert store.slots.load("x") == bytes([199]) * 50
    assert list(store.journal.records()) == [(seq, b"waits")]
    assert min(flash.erases) > 3 and store.damaged == []


def test_what_can_not_be_read_of_both_is_in_one_list():
    flash = Flash(8, 512, 4)
    store = opened(flash)
    store.slots.save("x", b"the slot")
    store.slots.save("y", b"after it")
    store.journal.append(b"an entry")
    store.journal.append(b"after it")
    for text in (b"the slot", b"an entry"):
        flash.data[flash.data.index(text)] ^= 1
    assert opened(flash).damaged == ["x", "journal: 24 bytes lost"]


_STARTED, _UPDATED, _ENDED = 125, 110, 165  # bytes of a record, its first told by its length


def _transaction(journal):
    for length in (_STARTED, _UPDATED, _UPDATED, _ENDED):
        journal.append(bytes(length))


def test_so_many_offline_transactions_fit_into_256_kib():
    journal = FlashStore(Flash(64, 4096, 4), bytes).journal
    transactions = 0
    try:
        while True:
            _transaction(journal)
            transactions += 1
    except OSError as error:
        assert error.args[0] == 28
    assert transactions == 371  # all of 510 bytes: 189 kB of 224


def test_500_offline_transactions_fit_into_256_kib_once_updated_is_thinned():
    flash = Flash(64, 4096, 4)
    journal = FlashStore(flash, bytes).journal
    seen = [0]

    def thin(payload):
        if len(payload) == _UPDATED:
            seen[0] += 1
            return None if seen[0] % 2 else payload
        return payload

    transactions = 0
    while transactions < 500:
        if journal.room() < 2048:
            while journal.edit(thin):
                pass
        _transaction(journal)
        transactions += 1
    lengths = [len(payload) for _, payload in journal.records()]
    assert (lengths.count(_STARTED), lengths.count(_ENDED)) == (500, 500)
    assert lengths.count(_UPDATED) > 300 and max(flash.erases) < 5
    assert FlashStore(flash, bytes).journal.count() == len(lengths)
