"""What happens to a station while its power may fail, and what comes after a cut."""

from tests.power_loss.world import INTERVAL, PASSWORD, PRE_AUTHORIZE, RESUMPTION, V16
from tests.support.pair import Ev

CARD, OTHER_CARD = "04AABBCC", "04DDEEFF"
IN_USE = "Occupied Preparing Charging SuspendedEV SuspendedEVSE Finishing"


def connect(pair):
    if not pair.connected:
        pair.connect()
    pair.run(1)


def charge(pair, seconds, card=CARD, evse_id=1):
    pair.plug(evse_id, Ev())
    pair.token(card, evse_id)
    pair.run(seconds)


# ---- what happens


def session(pair):
    """Switched on for the first time, set up and used once."""
    connect(pair)
    pair.set_variable(INTERVAL, "30")
    pair.expect("cached", False, True)
    charge(pair, 65)
    assert pair.drivers[0].contactor.closed()
    pair.expect("cached", True)
    pair.unplug(1)
    pair.run(2)


def day(pair):
    """Set up, used online and offline by two cars, one of them across a loss of the link."""
    session(pair)
    pair.set_operative(False)
    pair.set_credential(PASSWORD)
    connect(pair)
    charge(pair, 40)
    pair.disconnect()
    pair.run(40)
    pair.token(CARD, 1)
    pair.run(2)
    pair.unplug(1)
    charge(pair, 65)
    connect(pair)
    pair.set_variable(PRE_AUTHORIZE, "true")
    pair.set_variable(INTERVAL, "45")
    pair.set_operative(True)
    pair.run(5)
    pair.unplug(1)
    pair.run(2)
    charge(pair, 20, OTHER_CARD, 2)
    pair.clear_cache()
    pair.unplug(2)
    pair.run(2)


def reboots(pair):
    """Reset by the server while it charges, then used before it knows the time."""
    session(pair)
    charge(pair, 20)
    pair.call("Reset", {"type": "Hard" if pair.subprotocol == V16 else "Immediate"})
    pair.run(15)
    assert pair.reboots, "there was no reset"
    pair.unplug(1)
    charge(pair, 65)
    pair.power_cut()
    pair.run(5)
    connect(pair)
    pair.run(10)
    pair.unplug(1)
    pair.run(2)


def aged(pair):
    """A day with a flash of which each sector is in use for the third time, or more."""
    session(pair)
    erases = pair.flash.erases
    while min(erases) < 2 and sum(erases) < 10 * len(erases):  # littlefs spares some for ever
        charge(pair, 65)
        pair.unplug(1)
        pair.run(2)
    pair.settle()
    day(pair)


def full(pair):
    """So long without a link that the journal is thinned."""
    connect(pair)
    pair.expect("cached", False, True)
    pair.set_variable(INTERVAL, "10")
    charge(pair, 20)
    pair.expect("cached", True)
    pair.disconnect()
    pair.is_thinned = True
    journal, waited = pair.store.journal, 0
    while journal.count() >= waited or pair.station.outbox.thinning is not None:
        waited = journal.count()
        if journal.room() > 14336:  # not yet
            pair.flash.record(pair.mark)
        pair.run(10)
    pair.run(10)
    pair.flash.stop()
    connect(pair)
    pair.unplug(1)
    pair.run(5)


def resumes(pair):
    """A transaction goes on after the power has failed, offline as well."""
    connect(pair)
    pair.expect("cached", False, True)
    pair.set_variable(RESUMPTION, "600")
    charge(pair, 65)
    pair.expect("cached", True)
    pair.power_cut()
    pair.run(5)
    connect(pair)
    pair.run(65)
    pair.disconnect()
    pair.run(10)
    pair.power_cut()
    pair.run(65)
    connect(pair)
    pair.unplug(1)
    pair.run(2)


ALL = {
    "session": session,
    "day": day,
    "reboots": reboots,
    "resumes": resumes,
    "aged": aged,
    "full": full,
}


# ---- what comes after a cut


def recover(pair):
    """The power is back: the server hears of it, and all that was queued."""
    pair.run(5)
    connect(pair)
    pair.run(40)
    statuses_are_right(pair)
    values_are_right(pair)
    for evse_id in (1, 2):
        pair.unplug(evse_id)
    pair.run(5)
    statuses_are_right(pair)


def go_on(pair):
    """The station serves as before: by its cache without a link, else with one."""
    pair.disconnect()
    charge(pair, 1)
    cached = pair.drivers[0].contactor.closed()
    assert cached in pair.expected["cached"], "the card's authorization is %s" % cached
    if cached:
        pair.run(31)
        pair.unplug(1)
    connect(pair)
    if not cached:
        pair.token(CARD, 1)
        pair.run(31)
        assert pair.drivers[0].contactor.closed(), "it does not charge any more"
        pair.unplug(1)
    pair.run(5)


def statuses_are_right(pair):
    """Each status that was told last is what the hardware says."""
    is_16 = pair.subprotocol == V16
    told = {}
    for _, action, payload in pair.heard:
        if action == "StatusNotification":
            evse_id = payload["connectorId" if is_16 else "evseId"]
            told[evse_id] = payload["status" if is_16 else "connectorStatus"]
    for evse_id in (1, 2):
        operative = pair.expected["operative"] if evse_id == 2 else (True,)
        right = ["Available" if flag else "Unavailable" for flag in operative]
        if pair.evs[evse_id - 1] is not None:
            right = IN_USE.split()
        assert told.get(evse_id) in right, "EVSE %d is told as %s" % (evse_id, told.get(evse_id))


def values_are_right(pair):
    """What the server reads is what it has set; before the answer, the new value or the old."""
    for name in (INTERVAL, PRE_AUTHORIZE, RESUMPTION):
        value = pair.variable(name)
        assert value in pair.expected[name], "%s is %s" % (name[0], value)
        pair.expect(name, value)
    credential = pair.station.model.credential()
    credential = credential and credential.decode()
    assert credential in pair.expected["credential"], "the password is %s" % credential
    pair.expect("credential", credential)
