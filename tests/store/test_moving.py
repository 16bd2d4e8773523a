import pytest

from chargepoint.store.files import FileStore
from chargepoint.store.flash_store import FlashStore
from tests.support.flash import PARTS, Flash, PowerCut

NONCE = b"\x01\x02\x03\x04"


def old_store(path):
    """As an image with files has left it; what waits."""
    path.mkdir()
    store = FileStore(str(path), lambda n: NONCE)
    for n in range(9):
        store.journal.append(b"entry %d" % n * 4)
    for seq in range(4):
        store.journal.acknowledge(seq)
    store.slots.save("once", b"only")
    for value in (b"one", b"two", b"three" * 40):
        store.slots.save("often", value)
    store.slots.save("gone", b"x")
    store.slots.delete("gone")
    return list(store.journal.records())


def opened(flash, path):
    return FlashStore(flash, lambda n: b"\xff" * n, 4, flash.align, str(path))


def check(store, waiting):
    assert list(store.journal.records()) == waiting and store.nonce == "01020304"
    assert (store.slots.load("once"), store.slots.load("often")) == (b"only", b"three" * 40)
    assert store.slots.load("gone") is None and store.boot_count >= 2


def test_slots_entries_and_numbers_go_over_and_the_files_go(tmp_path):
    waiting = old_store(tmp_path / "store")
    flash = Flash(9, 512, 4)
    store = opened(flash, tmp_path / "store")
    check(store, waiting)
    assert store.boot_count == 2 and store.damaged == []
    assert not (tmp_path / "store").exists()
    assert store.journal.append(b"next") == 9
    store = opened(flash, tmp_path / "store")
    assert store.journal.count() == 6 and store.boot_count == 3


def test_numbers_go_on_where_nothing_waits(tmp_path):
    (tmp_path / "store").mkdir()
    journal = FileStore(str(tmp_path / "store"), lambda n: NONCE).journal
    for _ in range(9):
        journal.acknowledge(journal.append(b"told"))
    flash = Flash(9, 512, 4)
    opened(flash, tmp_path / "store")
    assert opened(flash, tmp_path / "store").journal.append(b"next") == 9


def test_without_files_there_is_nothing_to_move(tmp_path):
    store = opened(Flash(9, 512, 4), tmp_path / "store")
    assert store.nonce == "ffffffff" and store.boot_count == 1 and store.damaged == []


def test_what_can_not_be_read_is_reported(tmp_path):
    waiting = old_store(tmp_path / "store")
    (tmp_path / "store" / "once.0").write_bytes(b"garbage")
    store = opened(Flash(9, 512, 4), tmp_path / "store")
    assert store.damaged == ["once"] and list(store.journal.records()) == waiting


@pytest.mark.parametrize("part", range(PARTS))
def test_power_fails_at_every_operation_and_again_in_the_next_start(tmp_path, part):
    cut = 0
    while True:
        path = tmp_path / str(cut)
        waiting = old_store(path)
        flash = Flash(9, 512, 4)
        cuts = 0
        for number in (cut, cut // 2):
            flash.cut_after(number, part)
            try:
                opened(flash, path)
            except PowerCut:
                cuts += 1
            flash.power_up()
        store = opened(flash, path)
        check(store, waiting)
        assert not path.exists()
        assert set(store.damaged) <= {"slots"}  # whose first header was torn
        assert store.journal.append(b"next") >= 9
        if not cuts:
            break
        cut += 1
    assert cut > 15


@pytest.mark.parametrize("left", range(1, 6))
def test_files_that_are_left_over_are_removed_and_not_moved_again(tmp_path, left):
    waiting = old_store(tmp_path / "store")
    flash = Flash(9, 512, 4)
    names = sorted(file.name for file in (tmp_path / "store").iterdir())
    kept = {name: (tmp_path / "store" / name).read_bytes() for name in names[:left]}
    store = opened(flash, tmp_path / "store")
    store.slots.save("often", b"newer")
    (tmp_path / "store").mkdir()
    for name, data in kept.items():
        (tmp_path / "store" / name).write_bytes(data)
    store = opened(flash, tmp_path / "store")
    assert store.slots.load("often") == b"newer" and list(store.journal.records()) == waiting
    assert not (tmp_path / "store").exists()
