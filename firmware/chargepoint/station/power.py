"""What the hardware of an EVSE is commanded: contactor, offer and lock (safety).

The contactor closes only for a transaction, or for what starts one, with an authorization, a
healthy pilot, no fault and, at a socket, a locked cable; `cut` opens it the moment that one of
these is missing, and is called before anything else is done about an event. Where only the
authorization is missing, or what stands for it, the offer goes first (state X1), and the contactor
opens when the EV has stopped drawing, or after `ramp_down_ms` at the latest, so that it does not
open under load. A command is confirmed by the hardware; a contactor that does not follow in the
time that its driver says is reported as a fault by `Transactions.poll`."""

from ..compat import const

_UNLOCK_ON_EV_SIDE_DISCONNECT = const(68)  # OCPPCommCtrlr.UnlockOnEVSideDisconnect

_ASK_MS = const(10000)  # an EV's time to wake up and ask for energy
GRACE_MS = const(1500)  # how long Ended waits for a contactor whose time to open is over


def cut(transactions, evse, now: int) -> None:
    """Open the contactor if it may not be closed (any more), at once or when the EV is ready."""
    if not (evse.wanted or evse.closed) or (evse.may_close() and transactions.served(evse)):
        evse.open_at_ms = None
    elif evse.may_ramp_down(now):
        _offer(transactions, evse, 0, now)
    else:
        if evse.open_at_ms is not None:  # the EV has had its time, or needed less
            evse.open_at_ms = None
            evse.transaction.final_by_ms = now + evse.open_ms + GRACE_MS
        if evse.wanted or evse.contactor_by_ms is None:
            evse.contactor_by_ms = now + evse.open_ms
            transactions.station.command("contactor", evse.id, False)
        evse.wanted = False


def apply(transactions, evse, now: int) -> None:
    """Offer, lock and close as far as the facts allow."""
    if not evse.id:
        return
    command = transactions.station.command
    offers = evse.may_offer() and transactions.served(evse)
    _offer(transactions, evse, evse.max_current_ma if offers else 0, now)
    lock = None
    if evse.plugged and evse.connector.socket:
        lock = evse.owner is not None or evse.closed  # never unlocked under power
    elif evse.locked and not (evse.closed or (evse.transaction and evse.transaction.resumed)):
        lock = False  # an empty socket; after a boot its cable may not have been seen yet
    if lock != evse.lock_wanted:
        evse.lock_wanted = lock
        if lock is not None:
            command("lock", evse.id, lock)
    if not evse.wanted and evse.may_close() and transactions.served(evse):
        evse.wanted = True
        evse.contactor_by_ms = now + evse.close_ms
        command("contactor", evse.id, True)


def _offer(transactions, evse, offered_ma: int, now: int) -> None:
    if offered_ma != evse.offered_ma:
        evse.offered_ma = offered_ma
        evse.ask_by_ms = now + _ASK_MS if offered_ma else None
        transactions.station.command("offer", evse.id, offered_ma)


def confirmed(evse, now: int) -> None:
    """`evse.closed` is fresh from the hardware."""
    if evse.closed:
        evse.charged = True
    else:
        evse.set_fault(0, "WeldedContactor", False)
    if evse.closed == evse.wanted:
        evse.contactor_by_ms = None
    elif evse.wanted and evse.contactor_by_ms is None:  # it fell open by itself
        evse.contactor_by_ms = now + evse.close_ms


def free(model, evse, reason) -> None:
    """Let everybody take the cable, unless a stop for this reason waits for the owner's card."""
    if reason == "EVDisconnected":  # E09.FR.02, E09.FR.03
        keep = not model.boolean(_UNLOCK_ON_EV_SIDE_DISCONNECT)
    else:
        keep = reason == "DeAuthorized"  # E05.FR.11
    if not keep:
        evse.owner = None
