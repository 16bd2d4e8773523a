"""Each real board, composed on stand-ins of MicroPython's hardware modules, lives a little."""

import asyncio
from pathlib import Path
from unittest.mock import patch

import pytest

from chargepoint.hal.rtc import Rtc
from host_sim.csms import Csms
from tools import boards, stand_ins

ALL = boards.names()


def make(name: str, flash: Path, config: dict | None = None):
    board = boards.load(name)
    return stand_ins.composed(board.folder, board.pins, board.is_esp32, flash, config)


def quiet(composed) -> None:
    """Levels as on a healthy station without a car."""
    for unit in composed.runtime.hardware._units:
        drivers = unit.drivers
        drivers.contactor._feedback.level = 1
        pilot = drivers.pilot
        pilot._adc.level_mv = pilot._zero_mv + 12 * pilot._slope_mv
        if pilot._proximity is not None:
            pilot._proximity._adc.level_mv = 3250
        for part in drivers.faults._parts:
            if hasattr(part, "_trip"):
                part._trip.level = 0


def passes(composed, count: int, first: int = 0) -> None:
    runtime = composed.runtime
    for n in range(first, first + count):
        runtime.hardware.poll(runtime.station, n * 20)
        runtime.station.poll(n * 20)
        runtime.hardware.execute(runtime.station, runtime.station.commands(), n * 20)


@pytest.mark.parametrize("name", ALL)
def test_a_board_has_no_problems(name: str):
    assert boards.problems(boards.load(name)) == []


@pytest.mark.parametrize("name", ALL)
def test_a_board_without_a_car_rests(name: str, tmp_path: Path, capsys):
    with make(name, tmp_path) as (composed, _):
        quiet(composed)
        composed.runtime.station.start(0)
        passes(composed, 20)
        unit = composed.runtime.hardware._units[0]
        assert not unit.closed and not unit.welded
        assert unit.drivers.pilot.state() == "A"
        assert unit.drivers.faults.active() == ()
        assert unit.drivers.contactor._coil.level == 0
        assert (tmp_path / "store").is_dir() != boards.load(name).is_esp32
        assert composed.runtime.station.store.boot_count == 1


@pytest.mark.parametrize("name", ALL)
def test_a_trip_takes_the_coils_voltage_in_the_interrupt(name: str, tmp_path: Path, capsys):
    with make(name, tmp_path) as (composed, _):
        quiet(composed)
        drivers = composed.runtime.hardware._units[0].drivers
        monitor = next(part for part in drivers.faults._parts if hasattr(part, "_trip"))
        drivers.contactor._energise()
        assert drivers.contactor._coil.level == 1
        monitor._interrupt(monitor._trip)
        assert drivers.contactor._coil.level == 0


@pytest.mark.parametrize("name", ALL)
def test_a_pass_feeds_the_watchdog_and_looks_at_the_network(name: str, tmp_path: Path, capsys):
    with make(name, tmp_path) as (composed, _):
        quiet(composed)
        runtime = composed.runtime
        runtime.stopping = True
        assert asyncio.run(composed.run()) == ""
        composed._interface._nic.up = True
        runtime.station.provisioning._set(200000000, composed.clock.now())
        composed._interface._look_ms = composed._rtc_ms = 0
        composed._rtc._rtc.datetime = dates = []
        composed._rtc.set = dates.append
        composed._rtc.epoch_s = lambda: None
        composed._before_wait(None, True)
        assert composed._watchdog._wdt.fed >= 1
        assert composed._interface._servers == [("10.0.0.1", 53)]
        assert dates == [200000000]


NOT_YET = "upgrade: \nThe certificate validity starts in the future\n"
PROVISIONED_S = stand_ins.CONFIG["provisioned_s"]


def guessing(tmp_path: Path, shown_s: int | None = None):
    """A board whose real time clock shows that at boot, and what it is set to from then on."""
    set_to = []

    class Shown(Rtc):
        def epoch_s(self):
            return shown_s

        def set(self, epoch_s: int) -> None:
            set_to.append(epoch_s)

    return set_to, patch("chargepoint.hal.rtc.Rtc", Shown), make("esp32_generic", tmp_path)


def test_without_the_time_dates_of_certificates_are_checked_by_a_moment_that_has_passed(
    tmp_path: Path, capsys
):
    set_to, rtc, board = guessing(tmp_path)
    with rtc, board as (composed, _):
        quiet(composed)
        settings, station = composed.runtime.settings, composed.runtime.station
        assert set_to == [PROVISIONED_S] and station.clock_epoch_s(0) is None
        for why, is_moved in (
            ("connecting: refused", False),
            ("upgrade: \nThe certificate validity has expired\n", False),
            (
                "upgrade: \nThe certificate is not correctly signed by the trusted CA\n"
                + NOT_YET[9:],
                False,
            ),
            (NOT_YET, True),
            (NOT_YET, True),
        ):
            before = len(set_to)
            settings.failed(("", 2, 0, ()), why)
            for _ in range(2):
                composed._before_wait(None, True)
            assert len(set_to) == before + is_moved, why
        assert set_to == [PROVISIONED_S + n * 20 * 86400 for n in range(3)]
        assert station.store.slots.load("guessed") is not None
        station.provisioning._set(220000000, composed.clock.now())  # the server has told it
        composed._rtc_ms = 0
        composed._before_wait(None, True)
        assert set_to[-1] == 220000000 and station.store.slots.load("guessed") is None
        settings.failed(("", 2, 0, ()), NOT_YET)
        composed._before_wait(None, True)
        assert set_to[-1] == 220000000  # a board that knows the time believes it


def test_a_guess_is_no_time_after_a_restart_either(tmp_path: Path, capsys):
    for shown_s, slot, known in ((230000000, None, True), (240000000, b"1", False)):
        set_to, rtc, board = guessing(tmp_path, shown_s)
        with rtc, board as (composed, _):
            slots = composed.runtime.station.store.slots
            assert (composed.runtime.station.clock_epoch_s(0) is not None) == known
            assert set_to == ([] if known else [230000000])  # the latest that was known
            if slot is None:
                slots.save("guessed", b"1")


def test_the_network_may_wait_only_while_all_contactors_are_open(tmp_path: Path, capsys):
    with make("nucleo_f767zi", tmp_path) as (composed, _):
        quiet(composed)
        told = []
        composed._interface.poll = lambda now, may_wait: told.append(may_wait)
        evse = composed.runtime.station.evses[0]
        for evse.closed in (False, True, False):
            composed._before_wait(None, True)
    assert told == [True, False, True]


def test_what_was_provisioned_is_in_the_device_model(tmp_path: Path, capsys):
    config = {
        "csms": [["wss://csms/ocpp", 2], ["ws://other/ocpp", 0]],
        "variables": {"OCPPCommCtrlr.HeartbeatInterval": 77},
        "configuration": {"MeterValueSampleInterval": 33},
        "credential": b"secret-secret-16".hex(),
    }
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "root").write_bytes(b"x")
    with make("esp32_generic", tmp_path, config) as (composed, _):
        model = composed.runtime.station.model
        assert model.text(57) == "77"
        assert model.max_security_profile == 2
        assert model.network_slots == (0, 1)
        settings = composed.runtime.settings
        tried = [profile[:3] for profile in settings.profiles()]
        assert tried == [("wss://csms/ocpp", 2, 0), ("ws://other/ocpp", 0, 1)]
        assert settings.password() == b"secret-secret-16"
        assert settings.tls_files == (str(tmp_path) + "/tls/root", None, None)


def test_the_boot_count_survives(tmp_path: Path, capsys):
    counts = []
    for _ in range(2):
        with make("esp32_poe", tmp_path) as (composed, _):
            counts.append(composed.runtime.station.store.boot_count)
    assert counts == [1, 2]


def test_wifi_needs_a_network_to_join(tmp_path: Path):
    with pytest.raises(ValueError, match="no wifi"):
        with make("esp32_s3", tmp_path, {"wifi": None}):
            pass


@pytest.mark.parametrize(
    "text, said", [(None, "not provisioned"), ("{", "Error"), ('{"id": 1}', "KeyError: 'vendor'")]
)
def test_a_bad_station_json_is_told(text, said, tmp_path: Path, capsys, monkeypatch):
    resets = []
    if text is not None:
        (tmp_path / "station.json").write_text(text)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with make("esp32_poe", tmp_path) as (_, _):
        import sys

        def show(error):
            print(f"{type(error).__name__}: {error}")

        monkeypatch.setattr(sys, "print_exception", show, raising=False)
        vars(sys.modules["machine"])["reset"] = lambda: resets.append(1)
        import start  # pyright: ignore[reportMissingImports]

        start.run()
    assert said in capsys.readouterr().out
    assert len(resets) == (text is not None)


@pytest.mark.parametrize("name", ["esp32_s3", "nucleo_h743zi"])
def test_a_board_registers_with_a_server(name: str, tmp_path: Path, capsys):
    async def scenario():
        csms = Csms()
        await csms.start()
        try:
            with make(name, tmp_path, {"csms": [[csms.url, 0]]}) as (composed, _):
                quiet(composed)
                station = composed.runtime.station
                task = asyncio.create_task(composed.run())
                for _ in range(200):
                    await asyncio.sleep(0.02)
                    if station.online:
                        break
                assert station.online and composed._watchdog._wdt.fed
                composed.runtime.stopping = True
                composed.runtime.wake()
                assert await asyncio.wait_for(task, 10) == ""
        finally:
            await csms.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize("name", ALL)
def test_a_flash_that_stalls_is_erased_ahead_and_not_while_a_contactor_is_closed(
    name: str, tmp_path: Path, capsys
):
    with make(name, tmp_path) as (composed, _):
        quiet(composed)
        station = composed.runtime.station
        station.start(0)
        store = station.store
        if not boards.load(name).is_esp32:
            assert composed._prepare is None  # files have no say in it
            return
        for _ in range(100):
            composed._before_wait(None, False)
        ring = store.journal
        assert store._prepared is not None
        assert all(ring.ready >> sector & 1 for sector in ring.free)
        assert not ring.is_live() and not store.slots.is_live()
        ready = ring.ready
        station.evses[0].wanted = True
        assert ring.is_live() and store.slots.is_live()
        ring.append(bytes(4000))
        ring.append(bytes(4000))
        composed._before_wait(None, False)
        assert ring.ready & ready == ring.ready != ready  # nothing is erased for what was taken
