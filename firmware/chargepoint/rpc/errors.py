"""Errors of the peer, by neutral codes: OCPP 2.0.1's names, which a profile spells its own way.

FormatViolation, GenericError, InternalError, MessageTypeNotSupported, NotImplemented,
NotSupported, OccurrenceConstraintViolation, PropertyConstraintViolation, ProtocolError,
RpcFrameworkError, SecurityError, TypeConstraintViolation (OCPP-J 2.0.1, 4.3).
"""


class CallError(Exception):
    """A CALL of the server is answered with this CALLERROR.

    args: a neutral code, and text for a human, cut at 255 characters on the wire.
    """
