"""The configuration keys of OCPP 1.6 as a server sees them, and the variables behind them."""

import json

from chargepoint.device_model.access import find, read
from chargepoint.profiles.ocpp16 import schema
from chargepoint.profiles.ocpp16.configuration import change_configuration, get_configuration
from chargepoint.rpc.schema import check
from tests.support.models import item


def answer_of(station, *keys):
    """The whole answer of GetConfiguration, which is valid."""
    payload = {"key": list(keys)} if keys else {}
    answer = json.loads("".join(get_configuration(station, payload, 0)))
    assert check(schema.TABLE, "GetConfigurationResponse", answer) is None
    return answer


def get(station, key):
    """The KeyValue of a key."""
    answer = answer_of(station, key)
    assert "unknownKey" not in answer and len(answer["configurationKey"]) == 1
    return answer["configurationKey"][0]


def change(station, key, value):
    return change_configuration(station, {"key": key, "value": value}, 0)["status"]


def variable(station, address):
    asked = item(address)
    status, key = find(station.model, asked["component"], asked["variable"])
    assert status == "Accepted", address
    return read(station.model, key)
