"""What is refused, and why: both interpreters (pytest is not on MicroPython)."""

from chargepoint.crypto.der import Invalid


def refused(function, *arguments) -> str:
    """The reason, or "" if it was not refused."""
    try:
        function(*arguments)
    except Invalid as error:
        return str(error) or "no reason"
    return ""
