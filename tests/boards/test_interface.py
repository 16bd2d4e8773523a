"""The network interface of a board: joined, looked at, and started late if it must be."""

import importlib.util
from typing import Any

from tools import boards

_PATH = boards.BOARDS / "common" / "interface.py"


def module() -> Any:
    spec = importlib.util.spec_from_file_location("interface", _PATH)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


class Nic:
    """A network.LAN or network.WLAN that notes what is done to it."""

    def __init__(self, cable=True):
        self.cable, self.up, self.busy = cable, False, False
        self.started = 0
        self.joined = []
        self.server = "10.0.0.1"

    def active(self, on):
        assert on
        self.started += 1
        if not self.cable:
            raise OSError(110)

    def isconnected(self):
        assert self.cable, "a driver that has not started is not asked"
        return self.up

    def ifconfig(self):
        return ("10.0.0.2", "255.0.0.0", "10.0.0.1", self.server)

    def disconnect(self):
        pass

    def connect(self, ssid, key):
        self.joined.append((ssid, key))
        if self.busy:
            raise OSError(114)


def made(nic, wifi=None):
    servers = []
    join = module().joiner(nic, wifi) if wifi else None
    return module().Interface(nic, join, servers), servers


def run(interface, start_s, end_s, may_wait=True):
    for tick in range(start_s * 50, end_s * 50):
        interface.poll(tick * 20, may_wait)


def test_the_name_server_is_the_networks():
    nic = Nic()
    interface, servers = made(nic)
    run(interface, 0, 5)
    assert servers == []
    nic.up = True
    run(interface, 5, 7)
    assert servers == [("10.0.0.1", 53)]
    nic.server = "10.0.0.9"
    run(interface, 7, 9)
    assert servers == [("10.0.0.9", 53)] and nic.started == 1


def test_wifi_is_joined_again_and_again_until_it_is_there():
    nic = Nic()
    interface, _ = made(nic, ("net", "key"))
    nic.busy = True
    run(interface, 0, 61)
    assert nic.joined == [("net", "key")] * 3
    nic.busy, nic.up = False, True
    run(interface, 61, 200)
    assert len(nic.joined) == 3
    nic.up = False
    run(interface, 200, 202)
    assert len(nic.joined) == 4


def test_a_board_without_its_cable_starts_and_looks_again_each_minute():
    nic = Nic(cable=False)
    interface, servers = made(nic)
    assert nic.started == 1
    run(interface, 0, 59)
    assert nic.started == 1
    run(interface, 59, 190)
    assert nic.started == 4
    nic.cable = nic.up = True
    run(interface, 190, 250)
    assert nic.started == 5 and servers == [("10.0.0.1", 53)]
    run(interface, 250, 500)
    assert nic.started == 5


def test_nothing_waits_while_something_charges():
    nic = Nic(cable=False)
    interface, _ = made(nic)
    run(interface, 0, 3600, may_wait=False)
    assert nic.started == 1
    run(interface, 3600, 3601)
    assert nic.started == 2
