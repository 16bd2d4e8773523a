"""Variables whose value is derived from the station's facts each time somebody asks."""

from .. import timestamp
from ..compat import const

_STATION_STATE = const(2)  # ChargingStation.AvailabilityState
_EVSE_STATE = const(12)  # EVSE.AvailabilityState
_CONNECTOR_STATE = const(18)  # Connector.AvailabilityState
_POWER = const(14)  # EVSE.Power
_DATE_TIME = const(44)  # ClockCtrlr.DateTime
_ACTIVE_NETWORK_PROFILE = const(55)  # OCPPCommCtrlr.ActiveNetworkProfile
_FILE_TRANSFER_PROTOCOLS = const(56)  # OCPPCommCtrlr.FileTransferProtocols
_CACHE_STORAGE = const(33)  # AuthCacheCtrlr.Storage

# Of several states the one that comes first here is the state of the whole.
_STATES = "Available Occupied Reserved Faulted Unavailable"


def compute(station, variable_id: int, evse_id: int, connector_id: int):
    """Text of the variable, or None where the stored value counts."""
    if variable_id == _DATE_TIME:
        epoch_s = station.clock_epoch_s(station.now)
        return "" if epoch_s is None else timestamp.format(epoch_s)
    if variable_id == _ACTIVE_NETWORK_PROFILE:
        return str(station.network[2])
    if variable_id == _FILE_TRANSFER_PROTOCOLS:
        return None if station.updater is None else station.updater.protocols
    if variable_id == _CACHE_STORAGE:
        return str(len(station.store.slots.load("cache") or b""))
    if variable_id == _CONNECTOR_STATE:
        evse = station.evses[evse_id - 1]
        return evse.status(station, evse.connectors[connector_id - 1])
    if variable_id == _EVSE_STATE:
        return _state(station, (station.evses[evse_id - 1],))
    if variable_id == _STATION_STATE:
        return _state(station, station.evses)
    if variable_id == _POWER:
        reading = station.evses[evse_id - 1].reading
        return "0" if reading is None else str(reading.power_w)
    return None


def _state(station, evses) -> str:
    """The state of all connectors of `evses` taken together; an EVSE in use is Occupied."""
    states = [evse.status(station, connector) for evse in evses for connector in evse.connectors]
    if len(evses) == 1 and "Occupied" in states:
        return "Occupied"
    for state in _STATES.split():
        if state in states:
            return state
    return "Unavailable"
