"""What a station with two EVSEs takes of the heap, run on MicroPython from a ROMFS image.

    heap_station.main(SUBPROTOCOL, JOB, ROUNDS)

The image is made by tools/build_romfs.py with the modules of this folder. JOB is one of

    table   heap at each step of a station's life, and after rounds of everything that can happen
    life    the same life once, without measuring: to find the smallest heap it goes through in
    switch  the connection changes to the other dialect and back, again and again

Prints JSON, one [name, value] a line. Numbers are bytes above what was taken before the first
module of the package was imported: the image, the flash and this file are not in them, the
simulated drivers are. The link's receive buffer is not either, for its size is the board's choice.
"""

# The type checker knows CPython's gc.
# pyright: reportAttributeAccessIssue=false, reportMissingImports=false

import gc
import json
import sys

import csms_requests
import updates
from world import Flash, World, random_bytes

_BASE = "taken before"


class Settings:
    """What the link reads when it is made."""

    message_limit = 0


class Meter:
    """The heap, and which transient modules have come and gone."""

    def __init__(self, base):
        from chargepoint import modules

        self.base = base
        self.used = set()
        self._release = modules.release
        modules.release = self._note

    def taken(self):
        gc.collect()
        return gc.mem_alloc() - self.base

    def show(self, name):
        show(name, self.taken())

    def _note(self):
        from chargepoint.modules import TRANSIENT, full_name

        for name in TRANSIENT.split():
            if full_name(name) in sys.modules:
                self.used.add(name)
        self._release()

    def check(self, after):
        """Nothing transient is reachable."""
        from chargepoint.modules import TRANSIENT, full_name

        for name in [full_name(name) for name in TRANSIENT.split()]:
            if name in sys.modules:
                raise AssertionError("%s stays after %s" % (name, after))
            parent, _, leaf = name.rpartition(".")
            if hasattr(sys.modules.get(parent), leaf):
                raise AssertionError("%s stays in its package after %s" % (name, after))


def _overwrite_stack(depth):
    """The collector takes for alive what calls that are over have left on it."""
    return _overwrite_stack(depth - 1) + 1 if depth else 0


def show(name, value):
    print(json.dumps([name, value]))


# ---- what happens to a station; each leaves it idle and online


def messages(world, after=None):
    """Every message of the server once; after(action) is called when all it caused is over."""
    for action, payload, refused in csms_requests.of(world.subprotocol):
        world.call(action, payload)
        world.settle()
        if (world.status == "ok") == refused:
            raise AssertionError("%s %s: %s" % (action, payload, world.status))
        if after is not None:
            _overwrite_stack(40)
            after(action)
    from chargepoint import modules

    modules.use("station.snapshot").snapshot(world.station, None, world.now)
    modules.release()


def begin(world, evse_id):
    world.plug(evse_id, 1)
    world.token(evse_id)
    world.run(130)


def end(world, evse_id):
    world.token(evse_id)
    world.run(5)
    world.plug(evse_id, 0)
    world.run(5)


def session(world):
    begin(world, 2)
    end(world, 2)


def remote_session(world):
    world.plug(1, 1)
    if world.subprotocol == "ocpp1.6":
        world.call("RemoteStartTransaction", '{"connectorId":1,"idTag":"04AABBCC"}')
        world.run(70)
        world.call("RemoteStopTransaction", '{"transactionId":1001}')
    else:
        token = '{"idToken":"04AABBCC","type":"ISO14443"}'
        world.call(
            "RequestStartTransaction", '{"idToken":%s,"remoteStartId":7,"evseId":1}' % token
        )
        world.run(70)
        transaction_id = world.station.evses[0].transaction.id
        world.call("RequestStopTransaction", '{"transactionId":"%s"}' % transaction_id)
    world.run(5)
    world.plug(1, 0)
    world.run(5)


def power_cut(world):
    """Power fails in a transaction; the next boot ends it and tells so."""
    begin(world, 1)
    world.evses[0].contactor.open()
    world.boot()
    world.connect()
    world.run(20)
    world.plug(1, 0)
    world.run(5)


def reset(world):
    if world.subprotocol == "ocpp1.6":
        world.call("Reset", '{"type":"Soft"}')
    else:
        world.call("Reset", '{"type":"Immediate"}')
    world.run(30)
    if world.station.reboot is None:
        raise AssertionError("no reset")
    world.boot("RemoteReset")
    world.connect()
    world.run(5)


def reconnect(world):
    world.disconnect()
    world.run(700)
    world.connect()
    world.run(5)


def short_of_room(world):
    """A session without a link, in a journal that fills up."""
    world.disconnect()
    world.flash.journal.space = 12000
    session(world)
    world.flash.journal.space = 1 << 20
    world.connect()
    world.run(20)


def update(world, roots=None):
    """A new image, from the request to Installed; with roots it is signed."""
    world.roots = roots
    told = world.told_statuses()
    action, payload = updates.request(world.subprotocol, roots is not None)
    world.call(action, payload)
    if world.status != "ok":
        raise AssertionError(world.status)
    world.run(30)
    if world.station.reboot != "FirmwareUpdate":
        raise AssertionError("no reboot")
    world.boot("FirmwareUpdate")
    world.connect()
    world.run(30)
    if world.station.update is not None or world.told_statuses() - told < 4:
        raise AssertionError("not installed")


def signed_update(world):
    update(world, updates.ROOT)


EVENTS = (messages, session, remote_session, power_cut, reset, reconnect, short_of_room, update)
NAMES = "messages,session,remote session,power cut,reset,reconnect,short of room,update".split(",")


# ---- jobs


def table(world, meter, rounds):
    meter.show("imported")
    world.boot()
    meter.show("booted")
    world.connect()
    world.run(60)
    meter.check("boot")
    meter.show("idle online")
    begin(world, 1)
    meter.show("in one transaction")
    begin(world, 2)
    meter.show("in two transactions")
    end(world, 1)
    end(world, 2)
    for _ in range(3):  # whatever is interned once, or grows to its bound
        for event in EVENTS + (signed_update,):
            event(world)
    meter.show("idle after all")

    left = {}
    garbage = {}
    before = [meter.taken()]
    number = [0]

    def after(action):
        garbage[action] = max(gc.mem_alloc() - meter.base - before[0], garbage.get(action, 0))
        meter.check(action)
        now = meter.taken()
        number[0] += 1
        key = "%d %s" % (number[0], action)
        left[key] = min(now - before[0], left.get(key, now))
        before[0] = now

    for _ in range(3):  # a table that doubles is not left behind each time
        number[0] = 0
        messages(world, after)
    show("left behind by", left)
    show("garbage of", garbage)
    for which, event in enumerate(EVENTS):
        count = rounds if event is messages else rounds // 5
        curve = [0] * count
        event(world)  # the model's table of numbers finds its size again after a change
        for n in range(count):
            event(world)
            world.run(3)
            curve[n] = meter.taken()
        meter.check(NAMES[which])
        show("rounds of " + NAMES[which], curve)
        curve = None
    show("exercised", sorted(meter.used))
    show("said", world.said)


def life(world, meter, rounds):
    gc.threshold(4096)  # as the runtime does
    world.boot()
    world.connect()
    begin(world, 1)
    begin(world, 2)
    messages(world)
    end(world, 1)
    end(world, 2)
    for event in EVENTS + (signed_update,):
        event(world)
    show("lived", True)


def switch(world, meter, rounds):
    world.boot()
    for n in range(rounds):
        for subprotocol in ("ocpp1.6", "ocpp2.0.1"):
            world.speak(subprotocol)
            world.connect()
            world.run(60)
            messages(world)
            session(world)
            if n in (3, rounds - 1):
                show("round %d of %s" % (n, subprotocol), meter.taken())
            world.disconnect()


def polls(world, meter, rounds):
    """What is brought in while nothing happens but time, a moment at a time."""
    from chargepoint import modules

    brought = []

    def noted(name, use=modules.use):
        brought.append(name)
        return use(name)

    def idle(what):
        world.run(60)
        del brought[:]
        for _ in range(rounds):
            world.now += 20
            world.step()
        show(what, brought)

    world.boot()
    world.connect()
    modules.use = noted
    idle("idle")
    world.plug(1, 1)
    idle("plugged")
    world.token(1)
    idle("charging")
    world.evses[0].contactor.weld(True)
    world.token(1)
    idle("faulted")
    world.disconnect()
    idle("offline")


JOBS = {"polls": polls, "table": table, "life": life, "switch": switch}


def main(subprotocol, job, rounds):
    flash = Flash()
    gc.collect()
    base = gc.mem_alloc()
    world = World(subprotocol, flash)
    world.make_updater, world.images = updates.Updater, updates.Images()
    from chargepoint.link.manager import Link
    from chargepoint.runtime import Runtime  # part of what is measured

    world.link = Link(Settings, None, random_bytes, random_bytes)
    _overwrite_stack(40)
    gc.collect()
    show(_BASE, base)
    JOBS[job](world, Meter(base), rounds)
    return Runtime
