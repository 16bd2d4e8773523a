"""Too little memory for a message of the peer is our error, not the peer's."""

import json
from types import SimpleNamespace

import pytest

from chargepoint.rpc import message, schema
from tests.support.peer import V16, V201, Peer

CALL = '[2,"7","Reset",{"type":"Immediate"}]'


def exhausted(*_arguments):
    raise MemoryError


@pytest.mark.parametrize("profile", [V16, V201])
def test_while_it_is_read(monkeypatch, profile):
    monkeypatch.setattr(message, "json", SimpleNamespace(loads=exhausted, dumps=json.dumps))
    peer = Peer(profile)
    assert peer.error(CALL) == ("7", "InternalError")
    assert peer.calls == []


@pytest.mark.parametrize("profile", [V16, V201])
def test_while_it_is_checked(monkeypatch, profile):
    monkeypatch.setattr(schema, "check", exhausted)
    peer = Peer(profile)
    assert peer.error(CALL) == ("7", "InternalError")
    assert peer.calls == []


def test_while_an_answer_is_read(monkeypatch):
    monkeypatch.setattr(message, "json", SimpleNamespace(loads=exhausted, dumps=json.dumps))
    peer = Peer()
    peer.call()
    peer.receive('[3,"id-1",{}]')
    assert peer.answers == [("boot", {}, None)]
    assert peer.deviations == [("BootNotification", "no memory to read the message")]


def test_while_an_answer_is_looked_through(monkeypatch):
    monkeypatch.setattr(schema, "read", exhausted)
    peer = Peer()
    peer.call()
    peer.receive('[3,"id-1",{"status":"Accepted"}]')
    assert peer.answers == [("boot", {}, None)]
    assert peer.deviations == [("BootNotification", "no memory to read it")]
