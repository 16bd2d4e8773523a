# ruff: noqa: E501 - one message a line
"""Parts of the way of a message, each alone."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

import json
import os

import plain
from wire import put, server_frame
from world import random_bytes

from chargepoint.link.masking import mask
from chargepoint.link.sender import Sender
from chargepoint.link.websocket import Receiver
from chargepoint.rpc import message, schema
from chargepoint.store.files import FileStore

_KIB = 1024
_FRAMES = (
    (
        "1.6",
        "BootNotificationResponse",
        '[3,"0badcafe.1.1",{"status":"Accepted","currentTime":"2026-05-01T10:00:00Z","interval":300}]',
    ),
    (
        "1.6",
        "RemoteStartTransaction",
        '[2,"s-1","RemoteStartTransaction",{"connectorId":1,"idTag":"04AABBCC"}]',
    ),
    (
        "1.6",
        "GetConfiguration",
        '[2,"s-1","GetConfiguration",{"key":["HeartbeatInterval","NoSuchKey"]}]',
    ),
    (
        "2.0.1",
        "BootNotificationResponse",
        '[3,"0badcafe.1.1",{"status":"Accepted","currentTime":"2026-05-01T10:00:00Z","interval":300}]',
    ),
    (
        "2.0.1",
        "RequestStartTransaction",
        '[2,"s-1","RequestStartTransaction",{"idToken":{"idToken":"04AABBCC","type":"ISO14443"},"remoteStartId":7,"evseId":1}]',
    ),
    (
        "2.0.1",
        "GetVariables",
        '[2,"s-1","GetVariables",{"getVariableData":[{"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}]',
    ),
)
_RECORD = bytes(range(100))


def count(meter) -> None:
    buffer = bytearray(_KIB)
    key = b"\x12\x34\x56\x78"
    meter.repeat("mask 1 KiB, native", 4, mask, buffer, 0, _KIB, key)
    meter.repeat("mask 1 KiB, plain", 4, plain.mask, buffer, 0, _KIB, key)
    text = '"' + "x" * (_KIB - 2) + '"'
    meter.repeat("write a frame of 1 KiB", 4, _write, Sender(random_bytes), text)
    meter.repeat("read a frame of 1 KiB", 4, _read, Receiver(_KIB), server_frame(text))
    _journal(meter)


def count_frames(meter, dialect: str, table: bytes) -> None:
    """table: the dialect's schemas."""
    for spoken, name, text in _FRAMES:
        if spoken == dialect:
            payload = json.loads(text)[-1]
            meter.repeat("%s parse %s" % (dialect, name), 8, message.parse, text)
            meter.repeat("%s schema walk %s" % (dialect, name), 8, _walk, table, name, payload)


def _write(sender, text: str) -> None:
    for _ in sender.frames(text):
        pass


def _read(receiver, frame: bytes) -> None:
    if put(receiver, memoryview(frame)) is None or receiver.next() is not None:
        raise AssertionError("not one message")


def _walk(table: bytes, name: str, payload: dict) -> None:
    violation = schema.check(table, name, payload)
    if violation is not None:
        raise AssertionError("%s: %s" % (name, violation))


def _journal(meter) -> None:
    """A record of 100 bytes on the file system, which is in the emulated memory."""
    os.mkdir("/flash/bench")
    journal = FileStore("/flash/bench", random_bytes).journal
    meter.repeat("journal: append 100 bytes", 4, journal.append, _RECORD)
    meter.repeat("journal: read 100 bytes", 4, journal.head)
    waiting = [seq for seq, _ in journal.records()]
    meter.repeat("journal: acknowledge", 4, _acknowledge, journal, waiting)


def _acknowledge(journal, waiting: list) -> None:
    journal.acknowledge(waiting.pop(0))
