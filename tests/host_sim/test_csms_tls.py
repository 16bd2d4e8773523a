"""The built-in CSMS behind TLS."""

import asyncio
import datetime
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from host_sim.csms import Csms
from tests.host_sim.csms_client import Client


def _contexts(folder):
    """TLS contexts of a server and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    pem = certificate.public_bytes(encoding)
    plain = serialization.NoEncryption()
    own = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    (folder / "server.pem").write_bytes(own + pem)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


def test_a_station_boots_over_tls(tmp_path):
    server, client = _contexts(tmp_path)

    async def body():
        async with Csms(loud=False, ssl=server) as csms:
            assert csms.url.startswith("wss://")
            station = await Client.connect(csms, ssl=client, server_hostname="localhost")
            assert (await station.boot())[2]["status"] == "Accepted"

    asyncio.run(body())
