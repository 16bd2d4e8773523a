import subprocess
import sys

from tools import variable_ids

IDS = {"OCPPCommCtrlr.HeartbeatInterval": 57, "A.B[C]": 3}
CHECKED = """\
_HEARTBEAT = const(57)  # OCPPCommCtrlr.HeartbeatInterval
_WRONG = const(0)  # OCPPCommCtrlr.HeartbeatInterval
    INDENTED = const(0)  # OCPPCommCtrlr.HeartbeatInterval
_INSTANCE = const(0)  # A.B[C]
_MISSING = const(0)  # OCPPCommCtrlr.HeartBeat
_NO_COMPONENT = const(0)  # OtherCtrlr.X
_REQUIREMENT = const(0)  # E05.FR.02
_REMARK = const(0)  # see A.B[C] of the table
_UNIT = const(0)  # seconds
"""


def test_numbers_are_corrected_and_what_is_unknown_is_told():
    fixed, wrong = variable_ids.corrected(CHECKED, IDS)
    assert fixed == CHECKED.replace("_WRONG = const(0)", "_WRONG = const(57)").replace(
        "_INSTANCE = const(0)", "_INSTANCE = const(3)"
    )
    assert wrong == [
        (2, "OCPPCommCtrlr.HeartbeatInterval is 57, not 0"),
        (4, "A.B[C] is 3, not 0"),
        (5, "no variable OCPPCommCtrlr.HeartBeat"),
        (6, "no variable OtherCtrlr.X"),
    ]
    assert variable_ids.corrected(fixed, IDS)[0] == fixed


def test_ids_are_read_from_the_csv():
    ids = variable_ids.read_ids()
    assert ids["ChargingStation.Available"] == 1
    assert ids["OCPPCommCtrlr.HeartbeatInterval"] == 57
    assert ids["DeviceDataCtrlr.ItemsPerMessage[GetReport]"] == 47


def test_every_number_in_the_firmware_is_right(capsys):
    assert variable_ids.main([]) == 0, capsys.readouterr().out


def test_every_id_number_in_the_device_model_s_tests_is_right():
    """The tests may not import from tools, since they run on MicroPython too."""
    path = variable_ids.ROOT / "tests" / "device_model" / "test_model.py"
    ids = variable_ids.read_ids()
    text = path.read_text()
    assert "_HEARTBEAT_INTERVAL = %d\n" % ids["OCPPCommCtrlr.HeartbeatInterval"] in text
    assert "_TX_STOP_POINT = %d\n" % ids["TxCtrlr.TxStopPoint"] in text


def test_a_bad_option_is_refused(capsys):
    assert variable_ids.main(["--what"]) == 2
    assert "variable_ids.py" in capsys.readouterr().err


def test_as_a_command():
    command = [sys.executable, str(variable_ids.ROOT / "tools" / "variable_ids.py")]
    assert subprocess.run(command, capture_output=True).returncode == 0
