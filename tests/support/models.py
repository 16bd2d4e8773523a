"""Device models in memory, and the little of a station that their messages ask for."""

from chargepoint.device_model.model import DeviceModel, EvseLayout, Layout
from chargepoint.device_model.table import FEATURES
from tests.support.fake_updater import FakeUpdater


class Slots:
    """The slots of a store, in memory. `fail` makes the next writes fail like a broken flash."""

    def __init__(self):
        self.contents = {}
        self.saves = 0
        self.fail = False

    def load(self, name):
        return self.contents.get(name)

    def save(self, name, contents):
        if self.fail:
            return False
        self.saves += 1
        self.contents[name] = contents
        return True


class ModelOnly:
    """A station of which only the device model is there."""

    def __init__(self, model):
        self.model = model
        self.report = None
        self.link_request = None
        self.events = []
        self.network = ("", 0, 0, (), 0)
        self.updater: "FakeUpdater | None" = None

    def log(self, text):
        pass

    def security_event(self, event_type, tech_info=None):
        self.events.append((event_type, tech_info))

    def clock_epoch_s(self, now):
        return now // 1000


def make_layout():
    """Two EVSEs: three phases with a socket and a cable, one phase with a cable."""
    evses = (EvseLayout(3, 32, ("sType2", "cType2")), EvseLayout(1, 16, ("cType1",)))
    return Layout("Acme", "One", "0001", "1.2.3", "CP-1", evses)


def make_station(slots=None, features=None, layout=None):
    """A station with this layout and, if not told otherwise, every feature that has variables."""
    features = FEATURES.split() if features is None else features
    return ModelOnly(DeviceModel(layout or make_layout(), slots or Slots(), features))


def item(address, **more):
    """`Component:1:2.Variable[Instance]` as component and variable of a message, with `more`."""
    component, _, variable = address.partition(".")
    name, _, evse = component.partition(":")
    evse, _, connector = evse.partition(":")
    variable, _, instance = variable.partition("[")
    result = {"component": {"name": name}, "variable": {"name": variable}}
    if instance:
        result["variable"]["instance"] = instance[:-1]
    if evse:
        result["component"]["evse"] = {"id": int(evse)}
        if connector:
            result["component"]["evse"]["connectorId"] = int(connector)
    for key in more:
        result[key] = more[key]
    return result
