"""Names into addresses: MicroPython asks a name server made here, CPython its event loop."""

import asyncio
import socket

import pytest

from chargepoint.link.dns import Resolver
from tests.link import network_scenarios
from tests.link.test_manager import names, on_micropython

NAMES = [name for name in names(network_scenarios) if name.startswith("names")]
ADDRESSES = {
    "second-try": ["10.0.0.2"],
    "after-a-forgery": ["10.0.0.3"],
    "several": ["10.0.1.1", "10.0.1.2"],
    "then-silent": ["10.0.0.9"],
}


class NameServer(asyncio.DatagramProtocol):
    """Answers, or not, by the first label of the name."""

    def __init__(self):
        self.asked = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        label = data[13 : 13 + data[12]].decode()
        first = label not in self.asked
        self.asked.append(label)
        question = data[12:]
        mute = {"silent": True, "second-try": first, "then-silent": not first}
        if mute.get(label):
            return
        if label == "after-a-forgery":
            self.reply(b"\x00\x00", question, ["6.6.6.6"], addr)
        found = ADDRESSES.get(label, [] if label == "missing" else ["10.0.0.1"])
        code = {"missing": 3, "refused": 5}.get(label, 0)
        self.reply(data[:2], question, found, addr, code, broken=label == "broken")

    def reply(self, number, question, addresses, addr, code=0, broken=False):
        data = number + bytes((0x81, 0x80 | code, 0, 1, 0, len(addresses), 0, 0, 0, 0)) + question
        for address in addresses:
            data += b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + socket.inet_aton(address)
        self.transport.sendto(data[:-1] if broken else data, addr)


@pytest.mark.parametrize("name", NAMES)
def test_on_micropython(name):
    async def play():
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(NameServer, ("127.0.0.1", 0))
        mute, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, ("127.0.0.1", 0))
        ports = [t.get_extra_info("sockname")[1] for t in (transport, mute)]
        try:
            await on_micropython(network_scenarios, name, ports)
        finally:
            transport.close()
            mute.close()

    asyncio.run(play())


def resolve(host, answers):
    """Resolve on CPython with an event loop that gives these answers of getaddrinfo, in turn."""

    async def go():
        async def getaddrinfo(*_, **__):
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            families = (socket.AF_INET6 if ":" in a else socket.AF_INET for a in answer)
            return [(f, 0, 0, "", (a, 80)) for f, a in zip(families, answer, strict=True)]

        asyncio.get_running_loop().getaddrinfo = getaddrinfo  # type: ignore[method-assign]
        resolver = Resolver(None)
        found = []
        while answers:
            try:
                found.append((await resolver.resolve(host, 80))[0])
            except OSError as error:
                found.append(str(error))
        return found

    return asyncio.run(go())


def test_on_cpython_the_event_loop_resolves():
    assert resolve("a.example", [["10.0.0.1"], ["10.0.0.2"]]) == ["10.0.0.1", "10.0.0.2"]


def test_on_cpython_ipv4_comes_first_and_several_take_turns():
    both = ["2001:db8::1", "10.0.0.1", "10.0.0.2"]
    assert set(resolve("a.example", [both, both])) == {"10.0.0.1", "10.0.0.2"}
    assert resolve("a.example", [["2001:db8::1"]]) == ["2001:db8::1"]


def test_on_cpython_the_last_address_stays_known():
    gone = socket.gaierror(-2, "Name or service not known")
    assert resolve("a.example", [["10.0.0.1"], gone]) == ["10.0.0.1", "10.0.0.1"]
    assert resolve("a.example", [gone]) == ["no address for the name a.example"]
    odd = UnicodeError("label too long")
    assert resolve("a.example", [odd]) == ["no address for the name a.example"]


def test_on_cpython_literals_ask_nobody():
    async def go():
        resolver = Resolver(None)
        for host in ("192.0.2.1", "::1", "localhost"):
            await resolver.resolve(host, 80)

    asyncio.run(go())
