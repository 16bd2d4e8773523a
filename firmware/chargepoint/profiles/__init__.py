"""The dialects of OCPP. `load` gives the one that the server picked at the handshake.

The only rooms that know a wire dialect. A dialect is a module with

    SUBPROTOCOL      its name in the WebSocket handshake
    TABLE            its schemas, see rpc.schema
    LOST             words: the kinds of event that it can't say
    DETAIL_APART     whether meter values of a transaction are a message that nobody needs
    STATUS_FIRST     whether a status goes before the transaction events that wait
    UNREADABLE_ID    message id of the error answer to a message without one; None: no such answer
    encode(station, kind, data) -> (action, payload), or None where it has nothing to say; the
                     payload is a dict, or an iterator of pieces of JSON text made anew each time
    decode_answer(station, kind, data, payload) -> the answer in OCPP 2.0.1's shape; any field may
                     lack (`rpc.schema.read`). payload None: the answer to what `encode` can't say
    decode(station, action, payload) -> (intent, request), 2.0.1's name and shape; (None, payload)
                     of the answer where the dialect gives it itself; raises CallError
    encode_result(station, action, request, result) -> payload of the answer
    error_code(code) -> the neutral code as it is spelled, or None: not said at all
    connector_status(station, evse, connector) -> status, or None: not said; both None: the station
    connector_faults(evse, connector, status) -> list of the fault codes that are told with it

`kind` is 2.0.1's name of the action. `data` has 2.0.1's shape, but a TransactionEvent is a
TransactionRecord, and the `meterValue` of MeterValues is the bytes of samples.
A request may carry neutral keys that 2.0.1 lacks, for what 1.6 asks beyond it:

    Reset             stoppedReason    how transactions end that the reset cuts short
    UnlockConnector   stopTransaction  true: a transaction that is in the way is ended
    ChangeAvailability  everywhere     true: all EVSEs and connectors become operative with it
    TriggerMessage    evse.id 0        the station itself, not its connectors
    TriggerMessage    again            true: BootNotification also where the last was accepted
    TriggerMessage    unsigned         there: FirmwareStatusNotification without a requestId

UpdateFirmware may lack its requestId. A FirmwareStatusNotification whose data have no such key is
of such an update; `triggered` is there if the server has asked for that one.
"""

from .. import modules


def load(subprotocol: str):
    """The module of the dialect; the other one's is dropped.

    Raises ValueError for one that is not built in.
    """
    if subprotocol == "ocpp2.0.1":
        modules.drop("profiles.ocpp16")
        from . import ocpp201 as profile
    elif subprotocol == "ocpp1.6":
        modules.drop("profiles.ocpp201")
        from . import ocpp16 as profile
    else:
        raise ValueError("no such subprotocol: %r" % (subprotocol,))
    return profile
