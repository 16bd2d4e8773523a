"""The Station's state for the simulator's control interface and for a maker's console. Transient.

Only what the Station knows: what is physical (cable, pilot, register, power) its caller adds. No
secret is in it.
"""

from .. import timestamp


def snapshot(station, url, now: int) -> dict:
    """The state at tick `now`; url: of the network connection profile in use, or None."""
    epoch_s = station.clock_epoch_s(now)
    queue = station.outbox.counts()
    profile = station.profile
    return {
        "clock": _time(epoch_s),
        "connection": {
            "url": url,
            "subprotocol": None if profile is None else profile.SUBPROTOCOL,
            "online": profile is not None,
            "boot": station.provisioning.status,
        },
        "firmware": _firmware(station),
        "queue": {"transaction_messages": queue[0], "security_events": queue[1]},
        "evses": [_evse(station, evse) for evse in station.evses],
    }


def _firmware(station) -> dict:
    updater = station.updater
    return {
        "version": station.layout.firmware_version,
        "slot": "a" if updater is None else "ab"[updater.places.running],
        "trial": updater is not None and updater.trial_s is not None,
    }


def _evse(station, evse) -> dict:
    connectors = [
        {"id": connector.id, "status": evse.status(station, connector)}
        for connector in evse.connectors
    ]
    transaction = evse.transaction
    statuses = [connector["status"] for connector in connectors]
    return {
        "status": statuses[evse.plugged - 1] if evse.plugged else _worst(statuses),
        "authorized": None if evse.authorized is None else evse.authorized.id_token,
        "transaction": None
        if transaction is None
        else {
            "id": transaction.id,
            "started": _time(transaction.started_epoch_s),
            "energy_wh": transaction.energy_wh,
            "charging_state": evse.charging_state(),
        },
        "connectors": connectors,
    }


def _worst(statuses) -> str:
    """Of an EVSE with nothing plugged: what keeps it from being used, if anything does."""
    for status in ("Occupied", "Reserved", "Faulted", "Unavailable"):
        if status in statuses:
            return status
    return "Available"


def _time(epoch_s):
    return None if epoch_s is None else timestamp.format(epoch_s)
