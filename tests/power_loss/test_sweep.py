"""The sweep can fail: it sees stores that break their promises, and flash that does."""

import pytest

from tests.power_loss import sweep as sweeping
from tests.power_loss.stores import STORES
from tests.power_loss.sweep import Sweep, main


class Broken:
    """A store of which `damage(store)` breaks something at each boot."""

    def __init__(self, damage):
        self.damage = damage
        self.name = damage.__name__
        self.flash = STORES["small"].flash

    def open(self, flash, random_bytes):
        store = STORES["small"].open(flash, random_bytes)
        self.damage(store)
        return store


def acknowledges_what_was_only_taken(store):
    head, acknowledge = store.journal.head, store.journal.acknowledge

    def taken():
        entry = head()
        if entry is not None:
            acknowledge(entry[0])
        return entry

    store.journal.head = taken
    store.journal.acknowledge = lambda seq: None


def deletes_variables_before_they_are_saved(store):
    save = store.slots.save

    def anew(name, data):
        if name == "variables":
            store.slots.delete(name)
        return save(name, data)

    store.slots.save = anew


def forgets_which_transaction_ran(store):
    load = store.slots.load
    store.slots.load = lambda name: None if name == "tx1" else load(name)


def has_another_nonce_at_each_boot(store):
    store.nonce = "%08x" % store.boot_count


@pytest.mark.parametrize(
    "damage, scenario, found",
    [
        (acknowledges_what_was_only_taken, "session", "journalled and never told"),
        (deletes_variables_before_they_are_saved, "day", "MeterValueSampleInterval is 60"),
        (forgets_which_transaction_ran, "session", "is ['Started'"),
        (has_another_nonce_at_each_boot, "session", "journalled and never told"),
    ],
)
def test_a_broken_store_is_seen(damage, scenario, found, capsys):
    sweep = Sweep(Broken(damage), scenario, "ocpp2.0.1", "one")
    assert not sweep.run()
    assert found in capsys.readouterr().out


def test_a_store_that_does_not_wait_for_its_flash_is_seen(monkeypatch, capsys):
    """The operation before the one that is cut had not been done yet."""

    def late(flash, choose=None):
        behind = flash.began.copy()
        for number, step in enumerate(flash.steps):
            if number:
                yield number, 0, behind.copy(), step[3]
                behind.repeat(flash.steps[number - 1])

    monkeypatch.setattr(sweeping, "cuts", late)
    sweep = Sweep(STORES["small"], "session", "ocpp2.0.1")
    assert not sweep.run()
    assert "journalled and never told" in capsys.readouterr().out


def test_a_failure_says_how_to_repeat_it_alone(capsys, monkeypatch):
    monkeypatch.setitem(STORES, "broken", Broken(acknowledges_what_was_only_taken))
    assert main(["broken", "session", "ocpp1.6", "parts=one"]) == 1
    repeat = capsys.readouterr().out.splitlines()[-2].removeprefix("repeat one: ").split()
    assert main(repeat) == 1
    assert ": 1 cuts, failures: 1" in capsys.readouterr().out
    path = repeat[-1]
    monkeypatch.setitem(STORES, "broken", STORES["small"])
    assert main([*repeat[:-1], path]) == 0
