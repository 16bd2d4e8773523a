"""The power fails at every operation of the raw flash, under the ring and under the slots."""

import random

import pytest

from tests.store import ring_life, slots_life
from tests.store.cuts import live, sweep
from tests.support.flash import PARTS, PowerCut


def _ring_script():
    """Around the ring several times, full once, with acknowledgements and both kinds of pass."""
    script = [("append", bytes([n]) * (20 + n % 7 * 5)) for n in range(14)]
    script += [("acknowledge",), ("acknowledge",), ("edit_all",)]
    script += [("append", bytes([n + 50]) * 30) for n in range(8)]
    script += [("acknowledge",)] * 4 + [("acknowledge", 3), ("pack",)]
    for n in range(9):
        script += [("append", bytes([n + 80]) * 25), ("acknowledge",)]
    script += [("edit_all",), ("boot",)] + [("acknowledge",)] * 20
    return script + [("append", bytes([n + 90]) * 25) for n in range(4)]


def test_the_ring_when_power_fails_at_every_operation():
    cuts = 0
    for align in (1, 4, 16):
        life = ring_life.Life(align=align)
        life.boot()
        cuts += sweep(life, _ring_script())
        assert life.full > 0 and life.damage == 0 and min(life.flash.erases) > 1
    assert cuts > 1000, cuts


def test_the_ring_when_power_fails_again_in_what_follows():
    script = [("append", bytes([n]) * 30) for n in range(9)]
    script += [("acknowledge",), ("edit_all",), ("acknowledge", 3), ("pack",)]
    script += [("append", bytes([n + 60]) * 30) for n in range(3)]
    cuts = sweep(ring_life.Life(sectors=4, sector_bytes=192, align=16), [("boot",)] + script, 2)
    assert cuts > 2000, cuts


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_programmed_behind_what_an_interrupted_move_has_left(part):
    life = ring_life.Life()
    life.boot()
    for lengths in ((160,), (10,), (10,), (10,)):  # a sector each; the first has room for one more
        for length in lengths:
            life.append(b"\x03" * length)
        life.journal.tail_at = life.flash.sector_bytes
    life.flash.cut_after(0, part)
    with pytest.raises(PowerCut):
        life.pack()
    life.flash.power_up()
    for _ in range(3):
        life.boot()
        life.pack()
    life.finish()


def test_any_number_of_unclean_boots_keeps_what_waits():
    life = ring_life.Life()
    life.boot()
    for n in range(6):
        life.append(bytes([n]) * 30)
    for n in range(100):
        life.flash.cut_after(1, n % PARTS)
        try:
            life.append(b"torn" * 20)
        except PowerCut:
            life.flash.power_up()
            life.boot()
    assert life.boots > 90 and life.promised[5][1] == bytes([5]) * 30


def _slots_script():
    """Saves that go through both banks, with a name that goes and a value of two sectors."""
    script = []
    for n in range(12):
        script.append(("save", slots_life.NAMES[n % 3], bytes([n]) * (10 + n % 4 * 15)))
    script.append(("save", "d", b"long" * 70))
    script += [("delete", "b"), ("save", "e", b""), ("boot",), ("delete", "b")]
    for n in range(5):
        script.append(("save", "a", bytes([n]) * 30))
    script.append(("delete", "d"))
    for n in range(6):
        script.append(("save", "c", bytes([n]) * 40))
    return script


def test_the_slots_when_power_fails_at_every_operation():
    cuts = 0
    for align in (1, 4, 16):
        life = slots_life.Life(align=align)
        life.boot()
        cuts += sweep(life, _slots_script())
        assert life.full == 0 and min(life.flash.erases) > 1
    assert cuts > 1000, cuts


def test_the_slots_when_power_fails_again_in_what_follows():
    life = slots_life.Life(sectors=2)
    cuts = sweep(life, [("boot",)] + _slots_script()[:14], 2)
    assert cuts > 1000, cuts


@pytest.mark.parametrize("seed", range(8))
def test_the_ring_in_lives_of_all_kinds(seed):
    chance = random.Random(seed)
    for _ in range(12):
        life = ring_life.Life(
            sectors=chance.choice((3, 4, 5, 6)),
            sector_bytes=chance.choice((192, 256, 384)),
            align=chance.choice((1, 2, 4, 8, 16)),
            first=chance.choice((0, 2)),
        )
        script = []
        for _ in range(chance.randrange(20, 90)):
            kinds = (("append",), ("acknowledge",), ("edit_all",), ("pack",), ("boot",))
            step = chance.choices(kinds, (55, 30, 6, 6, 3))[0]
            if step == ("append",):
                step += (bytes([chance.randrange(256)]) * chance.randrange(1, 60),)
            elif step == ("acknowledge",):
                step += (chance.choice((1, 1, 1, 3, 7)),)
            script.append(step)
        count = chance.randrange(8)
        live(life, script, [(chance.randrange(40), chance.randrange(PARTS)) for _ in range(count)])


@pytest.mark.parametrize("seed", range(8))
def test_the_slots_in_lives_of_all_kinds(seed):
    chance = random.Random(seed)
    for _ in range(12):
        life = slots_life.Life(
            sectors=chance.choice((2, 4, 6)),
            sector_bytes=chance.choice((192, 256, 384)),
            align=chance.choice((1, 4, 8, 16)),
            first=chance.choice((0, 3)),
        )
        script = []
        for _ in range(chance.randrange(10, 100)):
            step = chance.choices((("save",), ("delete",), ("boot",)), (85, 8, 7))[0]
            if step != ("boot",):
                step += (chance.choice(slots_life.NAMES),)
            if step[0] == "save":
                step += (bytes([chance.randrange(256)]) * chance.randrange(90),)
            script.append(step)
        count = chance.randrange(8)
        live(life, script, [(chance.randrange(60), chance.randrange(PARTS)) for _ in range(count)])
