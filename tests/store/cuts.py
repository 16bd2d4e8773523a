"""The power fails at every flash operation of a script, in each part of it.

What lives it is a `Life` of ring_life.py or slots_life.py: do(step), boot(), finish(), twin() and
its flash.
"""

from tests.support.flash import PARTS, Flash, PowerCut

_REST = 5  # steps that follow a cut


def sweep(life, script, depth=1):
    """How many cuts it took; depth 2: the power fails again at each operation of the start that
    follows, and of the next two steps."""
    cuts = 0
    for at, step in enumerate(script):
        rest = script[at + 1 : at + 1 + _REST]
        cuts += _at_each(life, step, [step] + rest, depth)
        life.do(step)
    return cuts


def _at_each(life, step, rest, depth):
    cuts = number = 0
    while True:
        for part in range(PARTS):
            twin = life.twin()
            twin.flash.cut_after(number, part)
            try:
                twin.do(step)
            except PowerCut:
                twin.flash.power_up()
            else:
                return cuts
            cuts += 1
            if depth > 1:
                cuts += sweep(twin.twin(), [("boot",)] + rest[:2], depth - 1)
            twin.boot()
            for one in rest:
                twin.do(one)
            twin.finish()
        number += 1


def live(life, script, cuts):
    """The script to its end; the power fails at those (operations since it came, part)."""
    script = [("boot",)] + list(script)
    cuts = list(cuts)
    while script:
        if cuts:
            life.flash.cut_after(*cuts[0])
        try:
            while script:
                life.do(script[0])
                script.pop(0)
        except PowerCut:
            cuts.pop(0)
            life.flash.power_up()
            script.insert(0, ("boot",))
    life.flash.power_up()
    life.boot()
    life.finish()


def flash_twin(flash):
    twin = Flash(flash.sectors, flash.sector_bytes, flash.align)
    twin.data[:] = flash.data
    twin._programmed[:] = flash._programmed
    twin.erases = list(flash.erases)
    twin.operations = flash.operations
    return twin


def store_twin(store, flash):
    """The same in memory, on another flash."""
    twin = object.__new__(type(store))
    for name, value in store.__dict__.items():
        setattr(twin, name, bytearray(value) if isinstance(value, bytearray) else value)
    twin.device = flash
    return twin
