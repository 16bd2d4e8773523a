"""ChangeAvailability (blocks G03 and G04), and the memory of it.

The station, each EVSE and each connector have an `operative` flag of their own; a connector serves
only if all three are set, so that each returns to what it was when the one above is operative
again (G03.FR.07, G04.FR.08). A running transaction keeps its connector occupied until it ends:
that is all there is to "Scheduled".
"""

from ..rpc.errors import CallError

_SLOT = "availability"


def change_availability(station, request: dict, now: int) -> dict:
    """2.0.1's ChangeAvailabilityRequest -> its response.

    The neutral key `everywhere` (1.6) makes each EVSE and connector operative with the station.
    """
    operative = request["operationalStatus"] == "Operative"
    targets = [station]
    place = request.get("evse")
    if place is not None:
        target = _find(station, place)
        if target is None:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}}
        targets = [target]
    elif operative and request.get("everywhere"):
        targets = _targets(station)
    changed = [target for target in targets if target.operative != operative]
    for target in changed:
        target.operative = operative
    if changed and not station.store.slots.save(_SLOT, _flags(station)):
        for target in changed:
            target.operative = not operative
        return {"status": "Rejected", "statusInfo": {"reasonCode": "OutOfStorage"}}
    if not operative and _in_use(station, place):
        return {"status": "Scheduled"}  # G03.FR.05, G04.FR.06
    return {"status": "Accepted"}  # also where nothing has changed: G03.FR.03, G04.FR.04


def restore(station) -> None:
    """After a boot: what was inoperative stays so (G03.FR.08)."""
    saved = station.store.slots.load(_SLOT)
    if saved is None:
        return
    for flag, target in zip(saved, _targets(station)):  # noqa: B905 - MicroPython has no `strict`
        target.operative = flag == ord("1")


def _find(station, place: dict):
    """The Evse or Connector of an EVSEType, or None if there is no such. Raises CallError."""
    evse_id, connector_id = place["id"], place.get("connectorId")
    if evse_id == 0:  # the whole station is meant by leaving it out (G04.FR.01)
        raise CallError("PropertyConstraintViolation", "evse.id")
    if not 1 <= evse_id <= len(station.evses):
        return None
    evse = station.evses[evse_id - 1]
    if connector_id is None:
        return evse
    return evse.connectors[connector_id - 1] if 1 <= connector_id <= len(evse.connectors) else None


def _in_use(station, place) -> bool:
    """Whether a transaction runs there; place: EVSEType, None for the station."""
    for evse in station.transactions.all():
        if evse.transaction is None or (place is not None and place["id"] != evse.id):
            continue
        if place is None or not evse.plugged:
            return True
        if place.get("connectorId") in (None, evse.plugged):
            return True
    return False


def _flags(station) -> bytes:
    return b"".join([b"1" if target.operative else b"0" for target in _targets(station)])


def _targets(station) -> list:
    """The station, then each EVSE followed by its connectors: the order in the slot."""
    targets = [station]
    for evse in station.evses:
        targets.append(evse)
        targets.extend(evse.connectors)
    return targets
