"""Lives of a station's process: what it is told at boot, queries, power, ends."""

import asyncio
from pathlib import Path

import pytest

from host_sim.clock import WorldClock
from host_sim.config import Config
from host_sim.csms import Csms
from host_sim.state_dir import StateDir
from host_sim.station_life import PowerIsOff, StationLife
from host_sim.world import Ev, Evse

PATIENCE_S = 60


def scenario(test, flash=None):
    """Run `test(life, lines, evse)` with a station that has nobody to talk to.

    flash: the folder of its flash, if that is not its own.
    """

    async def run():
        folder, evse, lines, tasks = StateDir(None), Evse(1, 3, 32, 1), [], []
        folder.flash = flash or folder.flash
        life = StationLife(
            Config(csms=("ws://127.0.0.1:9",)),
            folder,
            WorldClock(1),
            [evse, Evse(2, 3, 32, 1)],
            lines.append,
            lambda coroutine: tasks.append(asyncio.create_task(coroutine)),
        )
        life.csms = ["ws://127.0.0.1:9"]
        await life.open()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await test(life, lines, evse)
        finally:
            await life.close()
            folder.close()
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_a_life_begins_with_the_world_as_it_is():
    async def test(life, lines, evse):
        evse.plugged, evse.ev = 1, Ev()
        evse.faults[1, "GroundFailure"] = None
        await life.boot()
        state = await life.ask()
        assert state["evses"][0]["status"] == "Faulted"
        assert state["evses"][0]["connectors"] == [{"id": 1, "status": "Faulted"}]
        assert state["evses"][1]["status"] == "Available"
        assert state["firmware"]["version"] and state["queue"]["security_events"] >= 1
        assert state["connection"]["online"] is False and state["clock"] is None

    scenario(test)


def test_a_flash_that_takes_no_writes_is_told_and_the_station_lives():
    async def test(life, lines, evse):
        await life.boot()
        state = await life.ask()
        assert state["evses"][0]["status"] == "Available"
        assert state["queue"]["security_events"] >= 2  # they wait in RAM
        assert [line for line in lines if "takes no writes" in str(line)]

    scenario(test, Path("/sys/kernel"))  # where nobody may make a file, root neither


def test_what_is_told_is_taken_before_a_later_query_is_answered():
    async def test(life, lines, evse):
        await life.boot()
        evse.plugged, evse.ev = 1, Ev()
        life.tell_news()
        assert (await life.ask())["evses"][0]["status"] == "Occupied"
        sent = life.process.sent
        life.tell_news()
        assert life.process.sent == sent  # nothing new

    scenario(test)


def test_without_power_there_is_nobody_to_ask():
    async def test(life, lines, evse):
        await life.boot()
        process = life.process
        await life.set_power(False)
        with pytest.raises(PowerIsOff):
            await life.ask()
        await life.set_power(True)
        assert life.process is not process and await life.ask()

    scenario(test)


def test_a_process_that_dies_is_started_again():
    async def test(life, lines, evse):
        await life.boot()
        process = life.process
        process._process.kill()
        while life.process is process:
            await life.wait_changed(PATIENCE_S)
        assert await life.ask() and life.process is not process

    scenario(test)


def test_a_query_that_the_power_cut_caught_fails():
    async def test(life, lines, evse):
        await life.boot()
        asked = asyncio.create_task(life.ask())
        await asyncio.sleep(0)
        await life.set_power(False)
        with pytest.raises(PowerIsOff):
            await asked

    scenario(test)


def test_a_watched_station_says_when_it_is_idle():
    async def test(life, lines, evse):
        life.watched = True
        await life.boot()
        await life.ask()
        assert any(set(line) == {"idle", "settled", "seen"} for line in lines)

    scenario(test)


def test_a_jump_that_was_decided_before_a_call_went_out_is_not_its_time_out():
    """The server's message and the host's jump cross: that is no silence of the server."""

    async def test(life, lines, evse):
        calls, withheld = [], asyncio.Event()

        async def answer(station, payload):
            calls.append(payload)
            await withheld.wait()
            return {}

        async with Csms(loud=False) as csms:
            csms.answers["2.0.1", "StatusNotification"] = answer
            life.csms = [csms.url]
            await life.boot()
            while not calls:
                for line in [line for line in lines if "resolve" in line]:
                    lines.remove(line)
                    number, host, port = line["resolve"]
                    life.process.send({"route": [number, host, port, ""]})
                await asyncio.sleep(0)
            life.process.send({"advance": 60_000, "settled": True})
            for _ in range(3):  # it makes a pass, and has told all that it did
                assert (await life.ask())["connection"]["online"]
            assert sum("StatusNotification" in str(line) for line in lines) == 1
            life.process.send({"advance": 60_000, "settled": False})
            while not csms.violations:
                await asyncio.sleep(0)
            assert [v.rule for v in csms.violations] == ["outstanding"]
            withheld.set()

    scenario(test)
