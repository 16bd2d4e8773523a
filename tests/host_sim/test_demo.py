"""`make sim`: whole sessions end with 0, anything less does not, and Ctrl-C ends cleanly."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from host_sim import demo
from host_sim.csms import Csms
from tests.interop.plain_ocpp_server import PlainServer

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "-u", "-m", "host_sim", "demo"]
ENVIRONMENT = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}


def _finish(*options):
    """Runs the demo to its end: (exit status, output, errors)."""
    done = subprocess.run(
        [*COMMAND, *options], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


def test_both_sessions_are_whole_on_the_built_in_csms():
    status, output, errors = _finish("--once")
    assert status == 0, output + errors
    assert errors == ""
    old = output.index("OCPP 1.6,")
    assert output.index("OCPP 2.0.1,") < old < output.index("Summary")
    new_part, old_part = output[:old], output[old:]
    for words in (
        "→  BootNotification",
        "←  ✓  Accepted  interval 300 s",
        "→  StatusNotification  evse 1/1  Available",
        "→  Authorize  04AABBCC",
        "→  TransactionEvent  Started  evse 1/1  04AABBCC  0 Wh",
        "→  TransactionEvent  Ended",
    ):
        assert words in new_part
    assert new_part.count("(MeterValuePeriodic, Charging)") >= 3
    for words in (
        "→  StatusNotification  connector 1  Preparing",
        "→  StartTransaction  connector 1  04AABBCC",
        "←  ✓  Accepted  transaction 1",
        "→  StopTransaction  transaction 1",
    ):
        assert words in old_part
    assert old_part.count("→  MeterValues  connector 1  transaction 1") >= 3
    for row in output.splitlines()[-2:]:
        cells = row.split()
        assert int(cells[3]) >= 3 and cells[-2:] == ["0", "whole"]
    assert "\x1b" not in output


def test_another_server_and_the_unix_target():
    async def body():
        async with PlainServer() as server:
            options = demo.DemoOptions(("1.6",), server.url, once=True, target="unix")
            assert await demo.demo(options) == 0
            assert "stop" in server.seen.steps

    asyncio.run(body())


def test_the_emulated_board_too(emulated):
    status, output, errors = _finish("--once", "--target", "qemu")
    assert (status, errors) == (0, ""), output + errors
    assert [row.split()[-1] for row in output.splitlines()[-2:]] == ["whole", "whole"]


def test_a_refused_card_is_no_whole_session(capsys):
    async def body():
        async with Csms(loud=False) as csms:
            csms.set_token("04AABBCC", "Blocked")
            assert await demo.demo(demo.DemoOptions(("2.0.1",), csms.url, once=True)) == 1

    asyncio.run(body())
    assert "✗ the token was not authorised: Blocked" in capsys.readouterr().out


def test_a_server_that_is_down_is_told_once_and_at_once(capsys):
    options = demo.DemoOptions(("2.0.1", "1.6"), "ws://127.0.0.1:9/ocpp", once=True)
    assert asyncio.run(demo.demo(options)) == 1
    output = capsys.readouterr().out
    assert output.count("✗") == 1
    why = "no route to 127.0.0.1:9: Connection refused"
    told = " ".join(output.split())  # a narrow terminal has it in two lines
    assert f"✗ no connection to ws://127.0.0.1:9/ocpp: {why} " in told
    assert "OCPP 1.6" not in output


def test_a_server_that_refuses_the_upgrade_is_asked_in_each_dialect(capsys):
    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def body():
        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp"
            return await demo.demo(demo.DemoOptions(("2.0.1", "1.6"), url, once=True))

    assert asyncio.run(body()) == 1
    output = capsys.readouterr().out
    assert output.count("✗") == output.count(": 404: the server") == 2


def test_a_station_that_stays_up_answers_until_ctrl_c():
    process = subprocess.Popen(
        [*COMMAND, "--ocpp", "1.6"],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    url = None
    for line in process.stdout:
        if line.startswith("  curl ") and line.rstrip().endswith("/v1/state"):
            url = line.split()[1]
            break
    assert url is not None
    with urllib.request.urlopen(url) as response:
        assert json.load(response)["id"] == "SIM-0001"
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to all of them
    _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")


def test_ctrl_c_in_a_session_ends_it():
    process = subprocess.Popen(
        COMMAND,
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "BootNotification" in line:
            break
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (130, "")


def test_a_reader_that_goes_away_and_a_terminal_without_arrows():
    process = subprocess.Popen(
        COMMAND,
        cwd=ROOT,
        env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    for line in process.stdout:
        if "?  BootNotification" in line:
            break
    process.stdout.close()
    errors = process.stderr.read()
    assert (process.wait(), errors) == (130, "")


@pytest.mark.parametrize(
    "options",
    [
        ("--csms", "wss://x"),
        ("--ca", "/nowhere"),
        ("--ocpp", "1.5"),
        ("--ocpp", ""),
        ("--csms", "http://x"),
        ("--speed", "9"),
        ("x",),
    ],
)
def test_a_bad_option_ends_with_2_and_one_line(options):
    status, output, errors = _finish(*options)
    assert status == 2 and output == "" and errors.count("\n") == 1
