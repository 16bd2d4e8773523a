"""The simulator as a process: time, flash, power cuts, on every target."""

import json
import os
import signal
import socket
from datetime import datetime

import pytest

from tests.host_sim.simulated import Simulated, failure


def options(tmp_path, *more):
    return ["--state-dir", str(tmp_path / "flash"), *more]


def settled(state):
    return state["queue"]["transaction_messages"] == 0 and state["connection"]["online"]


def test_the_first_line_tells_where_to_go():
    with Simulated() as station:
        assert set(station.hello) == {"control", "id", "pid"}
        assert station.hello["id"] == "SIM-0001" and station.hello["pid"] == station.process.pid
        assert station.hello["control"].startswith("http://127.0.0.1:")


def test_why_there_is_no_connection_is_said_once():
    with Simulated("--csms", "ws://127.0.0.1:9", "--speed", "2", errors=True) as station:
        assert station.process.stderr is not None
        station.post("/v1/clock", advance_s=600)  # many attempts
        network = station.state()["network"]
        station.terminate()
        (line,) = station.process.stderr
        assert line.endswith(f"host_sim: station: no connection: {network['trouble']}\n")
        assert "127.0.0.1:9: Connection refused" in network["trouble"]
        assert network["failures"] > 2


def test_the_energy_that_is_told_is_what_the_meter_shows_at_any_speed(tmp_path, target):
    file = tmp_path / "patient.toml"
    values = {"MessageTimeout[Default]": 86400, "WebSocketPingInterval": 0}  # in its own seconds
    lines = [f'"OCPPCommCtrlr.{name}" = {value}' for name, value in values.items()]
    file.write_text("\n".join(["[variables]", *lines, ""]))
    more = ["--speed", "400", "--ocpp", "ocpp1.6", "--target", target]
    with Simulated("--config", str(file), *more) as station:
        station.wait_online()
        for _ in range(5):
            before = station.evse()["energy_wh"]
            station.post("/v1/plug", evse=1, ev={"max_kw": 22})
            station.post("/v1/token", id_token="04AABB", evse=1)
            station.wait(lambda state: state["evses"][0]["power_w"] > 0)
            station.post("/v1/token", id_token="04AABB", evse=1)
            station.wait(lambda state: state["evses"][0]["transaction"] is None and settled(state))
            station.post("/v1/unplug", evse=1)
            start = station.calls("StartTransaction")[-1]["meterStart"]
            stop = station.calls("StopTransaction")[-1]["meterStop"]
            assert (start, stop) == (before, station.evse()["energy_wh"])


def test_the_clock_of_real_time_can_not_be_moved():
    with Simulated("--csms", "ws://127.0.0.1:9") as station:
        assert station.status("/v1/clock", advance_s=1) == 409


@pytest.mark.parametrize("way", ["stop", "SIGTERM", "SIGINT"])
def test_an_orderly_end_has_status_0(way):
    with Simulated() as station:
        station.wait_online()
        if way == "stop":
            station.post("/v1/stop")
        else:
            station.process.send_signal(getattr(signal, way))
        assert station.process.wait(60) == 0


def test_evses_start_plugged_where_that_is_asked_for():
    with Simulated("--plugged", "2") as station:
        plugged = [evse["plugged"] for evse in station.state()["evses"]]
        assert plugged == [None, 1]


@pytest.mark.parametrize("ocpp", ["ocpp2.0.1", "ocpp1.6"])
def test_a_whole_session_on_virtual_time(tmp_path, target, ocpp):
    with Simulated("--speed", "max", "--target", target, "--ocpp", ocpp) as station:
        station.wait_online()
        station.charge()
        station.post("/v1/clock", advance_s=600)
        station.post("/v1/ev", evse=1, wants_energy=False)
        evse = station.evse()
        assert evse["energy_wh"] >= 11000 * 600 // 3600
        assert evse["transaction"]["energy_wh"] == evse["energy_wh"]
        station.post("/v1/unplug", evse=1)
        station.wait(settled)
        kinds = {entry["message"][2] for entry in station.messages() if entry["direction"] == "out"
                 and entry["message"][0] == 2}  # fmt: skip
    if ocpp == "ocpp1.6":
        assert {"StartTransaction", "MeterValues", "StopTransaction"} <= kinds
    else:
        assert "TransactionEvent" in kinds and "StartTransaction" not in kinds


def test_a_moved_clock_stops_at_every_deadline_on_the_way():
    with Simulated("--speed", "2") as station:
        station.wait_online()
        station.charge()
        station.post("/v1/clock", advance_s=3600)
        events = station.calls("TransactionEvent")
        events = [event for event in events if event["triggerReason"] == "MeterValuePeriodic"]
        assert len(events) == 60  # a sample each minute, each at its minute
        assert len({event["timestamp"][17:19] for event in events}) <= 2


def test_a_battery_fills_up_and_the_car_lets_go():
    with Simulated("--speed", "2") as station:
        station.wait_online()
        station.post("/v1/plug", evse=1, ev={"battery_kwh": 1, "soc": 50, "max_kw": 22})
        station.post("/v1/token", id_token="04AABB", evse=1)
        station.wait(lambda state: state["evses"][0]["power_w"] > 0)
        station.post("/v1/clock", advance_s=3600)
        evse = station.evse()
        assert evse["energy_wh"] == 500 == evse["transaction"]["energy_wh"]
        assert evse["power_w"] == 0 and evse["pilot"] == "B" and evse["soc"] == 100


def test_a_power_cut_of_everything_loses_neither_session_nor_register(tmp_path, target):
    more = ["--speed", "60", "--target", target]
    with Simulated(*options(tmp_path, *more)) as station:
        station.wait_online()
        station.charge()
        station.post("/v1/clock", advance_s=600)
        told = station.evse()["energy_wh"]
        station.kill()
    with Simulated(*options(tmp_path, *more)) as station:  # at once, on the same flash
        station.wait(settled)
        evse = station.evse()
        assert evse["energy_wh"] >= told and evse["plugged"] is None
        ended = station.calls("TransactionEvent")[-1]
        assert ended["eventType"] == "Ended"
        value = ended["meterValue"][-1]["sampledValue"][0]["value"]
        assert 0 < value <= evse["energy_wh"]
    flash = [file for file in (tmp_path / "flash" / "flash").iterdir() if file.is_file()]
    assert flash and not any(file.stat().st_mode & 0o077 for file in flash)  # secrets are there


def test_a_replaced_meter_shows_its_own_register_and_loses_no_energy(target):
    with Simulated("--speed", "max", "--target", target, "--ocpp", "ocpp2.0.1") as station:
        station.wait_online()
        station.charge()
        for energy_wh in (7, 0, 9):
            station.post("/v1/clock", advance_s=50)
            before = station.state()
            station.post("/v1/meter", evse=1, energy_wh=energy_wh)
            after = station.state()
            clock = [datetime.fromisoformat(state["clock"]) for state in (before, after)]
            drawn_wh = 11_000 * ((clock[1] - clock[0]).total_seconds() + 2) / 3600
            assert energy_wh <= after["evses"][0]["energy_wh"] <= energy_wh + drawn_wh
        station.post("/v1/ev", evse=1, wants_energy=False)
        station.post("/v1/token", id_token="04AABB", evse=1)
        station.wait(lambda state: state["evses"][0]["transaction"] is None and settled(state))
        events = station.calls("TransactionEvent")
        times = [
            datetime.fromisoformat(event["timestamp"])
            for event in events
            if event["transactionInfo"].get("chargingState") in ("Charging", "SuspendedEV")
        ]
        told_wh = events[-1]["meterValue"][-1]["sampledValue"][0]["value"]
        drawn_wh = 11_000 * (times[-1] - times[0]).total_seconds() / 3600
        assert abs(told_wh - drawn_wh) < 10  # times are in whole seconds


def test_the_register_is_exact_after_an_orderly_end(tmp_path):
    with Simulated(*options(tmp_path)) as station:
        station.post("/v1/meter", evse=2, energy_wh=123456)
        station.terminate()
    with Simulated(*options(tmp_path)) as station:
        assert [evse["energy_wh"] for evse in station.state()["evses"]] == [0, 123456]


def test_a_second_process_on_the_same_flash_is_refused(tmp_path):
    with Simulated(*options(tmp_path)):
        assert "--state-dir" in failure(*options(tmp_path))


def test_the_station_dies_with_its_simulator(tmp_path):
    with Simulated(*options(tmp_path)) as station:
        station.wait_online()
        children = children_of(station.process.pid)
        assert children
        station.kill()
    with Simulated(*options(tmp_path)):  # gets the lock, which the station's process held too
        for pid in children:
            assert not os.path.exists(f"/proc/{pid}") or state_of(pid) == "Z"


def test_what_the_server_sets_wins_over_the_file(tmp_path):
    file = tmp_path / "station.toml"
    file.write_text('[variables]\n"OCPPCommCtrlr.HeartbeatInterval" = 1000\n')
    with Simulated(*options(tmp_path, "--config", str(file), "--csms", "ws://127.0.0.1:9")) as s:
        assert s.state()["connection"]["url"] in (None, "ws://127.0.0.1:9")


def test_the_network_that_is_down_at_the_start_is_no_error():
    with Simulated("--csms", "ws://127.0.0.1:9/nobody", "--speed", "60") as station:
        state = station.state()
        assert state["connection"]["online"] is False and state["connection"]["boot"] is None
        station.post("/v1/plug", evse=1)
        assert station.evse()["status"] == "Occupied"


def test_a_reset_keeps_the_process_and_what_is_plugged(tmp_path):
    with Simulated(*options(tmp_path, "--speed", "20")) as station:
        station.wait_online()
        station.charge()
        station.post("/v1/power", cycle=True)
        station.wait_online()
        reasons = [call["reason"] for call in station.calls("BootNotification")]
        assert reasons == ["PowerUp", "PowerUp"]
        station.wait(settled)
        assert station.evse()["plugged"] == 1
        assert station.calls("TransactionEvent")[-1]["transactionInfo"]["stoppedReason"] == (
            "PowerLoss"
        )


def test_live_events_begin_with_the_state():
    with Simulated() as station:
        state = station.wait(lambda state: True)
        assert json.dumps(state["evses"]) and state["id"] == "SIM-0001"


def children_of(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def state_of(pid: int) -> str:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]


def test_what_is_no_http_request_is_answered_without_a_traceback():
    with Simulated("--csms", "ws://127.0.0.1:9", errors=True) as simulated:
        host, _, port = simulated.hello["control"].removeprefix("http://").partition(":")
        for request in (
            b"\x16\x03\x01\xfc\r\n\r\n",  # TLS
            b"GET /v1/state HTTP/1.1\r\nHost\r\n\r\n",
            b"POST /v1/plug HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
            b"POST /v1/plug HTTP/1.1\r\nContent-Length: 50\r\n\r\n{}",
        ):
            with socket.create_connection((host, int(port))) as client:
                client.sendall(request)
                client.shutdown(socket.SHUT_WR)
                assert client.makefile("rb").readline() == b"HTTP/1.0 400 N/A\r\n"
        simulated.terminate()
        assert simulated.process.stderr is not None
        assert "Traceback" not in simulated.process.stderr.read()
