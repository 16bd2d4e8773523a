"""Errors of the peer, by neutral codes: OCPP 2.0.1's names, which a profile spells its own way.

FormatViolation, GenericError, InternalError, MessageTypeNotSupported, NotImplemented,
NotSupported, OccurrenceConstraintViolation, PropertyConstraintViolation, ProtocolError,
RpcFrameworkError, SecurityError, TypeConstraintViolation (OCPP-J 2.0.1, 4.3).
"""


class CallError(Exception):
    """A CALL of the server is answered with this CALLERROR.

    code: a neutral code; description: text for a human, cut at 255 characters on the wire.
    """

    def __init__(self, code: str, description: str = ""):
        super().__init__(code, description)
        self.code = code
        self.description = description


class FrameError(Exception):
    """A text that is no proper OCPP-J message, with what could be read of it.

    kind: its message type number or None; message_id: str or None.
    """

    def __init__(self, code: str, description: str, kind=None, message_id=None):
        super().__init__(code, description)
        self.code = code
        self.description = description
        self.kind = kind
        self.message_id = message_id
