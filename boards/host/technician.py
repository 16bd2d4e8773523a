"""What a technician at the station reads and sets: its variables, without a server."""

from board import Board
from channel import Channel

from chargepoint import modules
from chargepoint.device_model.model import DeviceModel
from chargepoint.rpc.errors import CallError
from chargepoint.station.station import Station


class Technician:
    """Takes the lines that are for it; the others are the board's."""

    def __init__(self, board: Board, channel: Channel):
        self._board = board
        self._channel = channel

    def handle(self, line: dict) -> None:
        if "technician" not in line:
            self._board.handle(line)
            return
        number, item = line["technician"]
        station = self._board.runtime.station
        value = _listed(station.model) if item is None else _set(station, item)
        modules.release()
        self._channel.send({"state": number, "value": value})
        self._board.runtime.wake()


def _listed(model: DeviceModel) -> list:
    """The ReportData of all variables."""
    report = modules.use("device_model.report")
    everything = [0, "", (), (), 0, 0]
    return [report.report_data(model, key) for _, key in report.matches(model, everything)]


def _set(station: Station, item: dict) -> dict:
    """The SetVariableResult of a SetVariableData."""
    set_variables = modules.use("device_model.variables").set_variables
    try:
        return set_variables(station, {"setVariableData": [item]}, 0)["setVariableResult"][0]
    except CallError as error:
        return {"attributeStatus": "Rejected", "attributeStatusInfo": {"reasonCode": str(error)}}
