"""ChangeAvailability (blocks G03 and G04), and the memory of it.

The station, each EVSE and each connector have an `operative` flag of their own; a connector serves
only if all three are set, so that each returns to what it was when the one above is operative again
(G03.FR.07, G04.FR.08). A running transaction keeps its EVSE occupied until it ends: that is all there
is to "Scheduled".
"""

from ..rpc.errors import CallError

_SLOT = "availability"


def change_availability(station, request: dict, now: int) -> dict:
    """2.0.1's ChangeAvailabilityRequest -> its response."""
    target = station
    evses = station.evses
    evse_id = request.get("evse", {}).get("id", 0)
    if evse_id:
        if evse_id > len(evses):
            return {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}}
        target = evses[evse_id - 1]
        evses = (target,)
        connector_id = request["evse"].get("connectorId", 0)
        if connector_id:
            if connector_id > len(target.connectors):
                return {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownConnectorId"}}
            target = target.connectors[connector_id - 1]
    elif "evse" in request:
        raise CallError("PropertyConstraintViolation", "evse.id")
    operative = request["operationalStatus"] == "Operative"
    if target.operative == operative:  # G03.FR.03
        return {"status": "Accepted"}
    target.operative = operative
    station.store.slots.save(_SLOT, _flags(station))
    for evse in evses:
        if evse.transaction is not None:
            return {"status": "Scheduled"}  # G03.FR.05
    return {"status": "Accepted"}


def restore(station) -> None:
    """After a boot: what was inoperative stays so (G03.FR.08)."""
    saved = station.store.slots.load(_SLOT)
    if saved is None:
        return
    for flag, target in zip(saved, _targets(station)):  # noqa: B905 - MicroPython has no `strict`
        target.operative = flag == ord("1")


def _flags(station) -> bytes:
    return b"".join([b"1" if target.operative else b"0" for target in _targets(station)])


def _targets(station):
    """The station, then each EVSE followed by its connectors: the order in the slot."""
    targets = [station]
    for evse in station.evses:
        targets.append(evse)
        targets.extend(evse.connectors)
    return targets
