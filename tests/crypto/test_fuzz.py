"""Bytes from anywhere: nothing but Invalid comes out, and the work stays within their length."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargepoint.crypto import chain, der, pem, signature, x509
from chargepoint.crypto.der import Invalid
from tests.conftest import SOAK
from tests.support import certificates as made

EXAMPLES = 5_000 if SOAK else 100
GOOD = (
    made.certificate(extensions=(made.ca(1), made.key_usage(4), made.purposes(b"\x2a\x03"))),
    made.certificate(algorithm=made.pss(), public_key=made.rsa_public(b"\xff" * 256)),
)
TAGS = (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x17, 0x18, 0x30, 0x31, 0xA0, 0xA3, 0x1F, 0)
SIZES = (0, 1, 2, 0x7F, 0x80, 0x81, 0x82, 0x83, 0x84, 0x88, 0xFF)
NOISE = st.lists(st.one_of(st.sampled_from(TAGS), st.sampled_from(SIZES), st.integers(0, 255)))


@st.composite
def elements(draw, depth: int = 4) -> bytes:
    """DER that is well formed, or nearly so."""
    if not depth or draw(st.integers(0, 2)) == 0:
        content = draw(st.binary(max_size=40))
    else:
        content = b"".join(draw(st.lists(elements(depth - 1), max_size=4)))
    data = der.element(draw(st.sampled_from(TAGS)), content)
    if draw(st.integers(0, 9)) == 0 and data:
        at = draw(st.integers(0, len(data) - 1))
        data = data[:at] + draw(st.binary(max_size=3)) + data[at + 1 :]
    return data


@st.composite
def certificates(draw) -> bytes:
    """A good one with some places changed, cut or filled."""
    data = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        gone = draw(st.integers(0, 4))
        data = data[:at] + draw(st.binary(max_size=6)) + data[at + gone :]
    return data


@pytest.fixture
def work(monkeypatch) -> list:
    """The tags of all elements that were taken."""
    taken = []
    value = der.Reader.value

    def counted(self, tag):
        taken.append(tag)
        return value(self, tag)

    monkeypatch.setattr(der.Reader, "value", counted)
    return taken


def read(work: list, data: bytes, function, *arguments):
    work.clear()
    try:
        found = function(data, *arguments)
    except Invalid as error:
        assert str(error)
        found = None
    # Each element has two bytes at least, and some are read again as the rest of another.
    assert len(work) <= 2 * len(data) + 4
    return found


ANY_BYTES = st.one_of(st.binary(max_size=300), NOISE.map(bytes), elements(), certificates())
fuzzed = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))


def walk(data: bytes) -> int:
    """Everything there is, by its own tags."""
    waiting, count = [der.Reader(memoryview(data))], 0
    while waiting:
        reader = waiting.pop()
        while reader.tag():
            count += 1
            if reader.tag() & 0x20:
                waiting.append(reader.inner(reader.tag()))
            else:
                reader.value(reader.tag())
    return count


@given(data=ANY_BYTES)
@fuzzed
def test_der(work, data):
    count = read(work, data, walk)
    assert count is None or 2 * count <= len(data)


@given(data=ANY_BYTES)
@fuzzed
def test_certificates(work, data):
    found = read(work, data, x509.Certificate)
    if found is not None:
        read(work, bytes(found.subject), x509.name_part, x509.COMMON_NAME)
        assert x509.hash_data(found, found)["hashAlgorithm"] == "SHA256"
        read(work, data * 12, lambda _: chain.trusted(found, [data], [data], 0))


@given(data=ANY_BYTES)
@fuzzed
def test_ecdsa_signatures(data):
    assert not signature.verify(signature.ECDSA, (made.public(2)[-65:], 0), bytes(32), data)


@given(data=ANY_BYTES, cut=st.integers(0, 2000), filled=st.binary(max_size=80))
@fuzzed
def test_pem(work, data, cut, filled):
    """What comes out is what went in, or nothing."""
    text = pem.encode(data, "CERTIFICATE").encode()
    cut %= len(text)
    for changed in (filled, text[:cut] + filled + text[cut:], text[:cut] + filled):
        found = read(work, changed, pem.decode, "CERTIFICATE", 3)
        assert found is None or all(len(each) <= len(changed) for each in found)
    if data:
        assert pem.decode(text, "CERTIFICATE", 1) == [data]
