"""The running image, and the one that is to run next: put on trial, confirmed, or given up."""

from .. import modules
from ..compat import const
from . import container, slots

_STORE_FORMAT = const(1)  # of what this application keeps
_DEADLINE_S = const(900)  # of one that boots only because nothing else does


def look(places) -> tuple:
    """(version, trial_s, fell_back) as Updater has them."""
    running, trial_s, fell_back = places.running, None, None
    state = places.records.load() if places.records else None
    if state is not None:
        mine, other = state.slots[running], state.slots[1 - running]
        if mine.state == slots.TRIAL:
            trial_s = mine.deadline_s or _DEADLINE_S
        elif other.state == slots.BAD:
            fell_back = _why(other.why)
        elif other.state == slots.TRIAL:  # the boot could not write the record
            fell_back = "not booted"
    if places.system is not None and trial_s is None:
        system = modules.use("ota.system")
        trial_s, fell_back = system.trial_s(places), system.fell_back(places) or fell_back
    if trial_s is not None:
        try:
            container.keys(places.update_keys)
        except container.Refused:
            trial_s = 0
    return version(places.views[running]), trial_s, fell_back


def _why(why: int) -> str:
    if why == slots.BOOTS_USED_UP:
        return "boots used up"
    if why == slots.DEADLINE_PASSED:
        return "deadline passed"
    if why == slots.DAMAGED:
        return "damaged"
    return "not mounted" if why == slots.NOT_MOUNTED else "given up"


def version(view) -> "str | None":
    """As the header says."""
    if slots.image(view) is None:
        return None
    try:
        return container.Header(view[: slots.HEADER_BYTES]).version
    except container.Refused:
        return None


def this_station(updater, kind: int, room: int) -> container.Station:
    """What an image has to fit; room: for its payload. Raises Refused."""
    places = updater.places
    return container.Station(
        container.keys(places.update_keys),
        places.product,
        places.hardware,
        counter(places.records.load() if places.records else None, places.views[places.running]),
        places.boot_version,
        _STORE_FORMAT,
        room,
        updater.subprotocol() if updater.subprotocol else None,
        kind,
    )


def put_on_trial(records, number: int, boots: int, deadline_s: int) -> None:
    """The next boot is of this slot, which is whole; it may be tried so many times.

    deadline_s: how soon after a boot it must be confirmed.
    """
    state = records.load()
    slot = state.slots[number]
    if slot.state != slots.WHOLE:
        raise ValueError("slot %d is not whole" % number)
    slot.set(slots.TRIAL, boots=boots, deadline_s=deadline_s)
    records.save(state)


def confirm(places) -> bool:
    """The running image stays. False if it was not on trial."""
    state = _on_trial(places)
    if state is None:
        return places.system is not None and modules.use("ota.system").confirm(places)
    state.slots[places.running].set(slots.CONFIRMED)
    state.active = places.running
    state.counter = counter(state, places.views[places.running])
    places.records.save(state)
    return True


def give_up(places, deadline: bool) -> bool:
    """The other image boots next. deadline: this one had its time. False: it was not on trial."""
    state = _on_trial(places)
    if state is None:
        return places.system is not None and modules.use("ota.system").give_up(places, deadline)
    why = slots.DEADLINE_PASSED if deadline else slots.GIVEN_UP
    state.slots[places.running].set(slots.BAD, why=why)
    places.records.save(state)
    return True


def _on_trial(places):
    """The record, if the running image is on trial."""
    state = places.records.load()
    is_tried = state is not None and state.slots[places.running].state == slots.TRIAL
    return state if is_tried else None


def counter(state, running_slot) -> int:
    """The security counter that a new image must not be below."""
    found = slots.image(running_slot)
    return max(state.counter if state else 0, found[2] if found else 0)
