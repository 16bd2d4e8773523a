"""From a network profile to an open WebSocket: address, name, TCP, TLS, HTTP upgrade."""

from .. import modules
from ..compat import const

_PIECE_BYTES = const(256)  # of the response, read byte by byte, before others have their turn


async def upgrade(stream, receiver, profile, settings, network, random_bytes) -> str:
    """Open the stream; the subprotocol that the server has chosen. What comes behind its response
    is left in the receiver. Raises OSError or ValueError with what is wrong.

    The other arguments are those of a Link. `stream.phase` says what is being done.
    """
    place, security_profile, _, offered = profile[:4]
    stream.phase = "settings"
    address = modules.use("link.url").parse(place, settings.identity)
    if security_profile >= 2 and not address[0]:
        raise ValueError("security profile %d needs a wss:// URL" % security_profile)
    context = None
    if address[0]:
        context = modules.use("link.tls").context(security_profile, settings.tls_files)
    # With security profile 3 the certificate says who the station is, with 0 nothing does: what
    # is known for another profile goes to nobody in clear.
    password = settings.password() if security_profile in (1, 2) else None
    nonce = random_bytes(16)
    handshake = modules.use("link.handshake")
    request = handshake.request(address, nonce, offered, settings.identity, password)
    stream.phase = "name"
    ip, port = await network.resolve(address[1], address[2])
    stream.phase, stream.secure = "connecting", address[0]
    await stream.open(ip, port, context, address[1])
    stream.phase = "upgrade"
    await stream.write(request)
    response = handshake.Response(nonce, offered)
    receiver.reset()
    while response.outcome is None:
        view = receiver.room()[:_PIECE_BYTES]
        count = await stream.readinto(view)
        if not count:
            raise OSError("the server closed the connection")
        used = response.feed(view[:count])
        if used < count or response.outcome is not None:
            receiver.received(count, used)
    if response.outcome != handshake.OPEN:
        raise OSError(response.why)
    return response.subprotocol or ""


def distrust(stream, error):
    """The security event that it is to have failed so, or None."""
    return modules.use("link.tls").refusal(error) if stream.secure else None
