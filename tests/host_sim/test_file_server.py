"""The file server for updates: whole files, parts, breaks, and what it does not give."""

import asyncio
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from host_sim.file_server import FileServer
from tests.tools import made_certificates

DATA = bytes(range(256)) * 40


def got(folder: Path | str, *requests: str, setup=lambda files: None) -> tuple[list, list]:
    """(status line, fields and body of each answer, what the server notes of the requests)."""

    async def body():
        async with FileServer(folder) as files:
            setup(files)
            answers = []
            for request in requests:
                reader, writer = await asyncio.open_connection("127.0.0.1", _port(files))
                writer.write(request.encode())
                head, _, data = (await reader.read()).partition(b"\r\n\r\n")
                status, *fields = head.decode().split("\r\n")
                answers.append((status, dict(field.split(": ") for field in fields), data))
                writer.close()
            return answers, files.requests

    return asyncio.run(body())


def _port(files: FileServer) -> int:
    port = urlsplit(files.url).port
    assert port is not None
    return port


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "outside").write_bytes(b"secret")
    (tmp_path / "served" / "in").mkdir(parents=True)
    (tmp_path / "served" / "in" / "a b").write_bytes(DATA)
    return tmp_path / "served"


def test_a_file_whole_and_in_part(folder):
    whole = "GET /in/a%20b HTTP/1.1\r\n\r\n"
    parts = (f"bytes={span}" for span in ("10000-", f"{len(DATA)}-", "256-511"))
    asked = [f"GET /in/a%20b HTTP/1.1\r\nRange: {part}\r\n\r\n" for part in parts]
    answers, requests = got(folder, whole, *asked)
    assert requests == [
        ("/in/a b", None),
        ("/in/a b", 10000),
        ("/in/a b", len(DATA)),
        ("/in/a b", 256),
    ]
    status, fields, data = answers[0]
    assert status == "HTTP/1.1 200 OK" and fields["Content-Length"] == str(len(DATA))
    assert data == DATA
    status, fields, data = answers[1]
    assert status == "HTTP/1.1 206 Partial Content" and data == DATA[10000:]
    assert fields["Content-Range"] == "bytes 10000-10239/10240"
    status, fields, data = answers[2]
    assert status == "HTTP/1.1 416 Range Not Satisfiable" and data == b""
    assert answers[3][1]["Content-Range"] == "bytes 256-511/10240"
    assert answers[3][2] == bytes(range(256))


def test_a_folder_may_be_a_text_and_must_be_there(folder, monkeypatch):
    monkeypatch.chdir(folder)
    answers, _ = got(".", "GET /in/a%20b HTTP/1.1\r\n\r\n")
    assert answers[0][2] == DATA
    for wrong in ("nowhere", "in/a b"):
        with pytest.raises(NotADirectoryError, match=wrong):
            FileServer(wrong)


def test_what_is_no_name_of_a_file_is_not_found(folder):
    requests = [f"GET {path} HTTP/1.1\r\n\r\n" for path in ("/a%00b", "/" + "a" * 5000)]
    answers, _ = got(folder, *requests)
    assert [status for status, _, _ in answers] == ["HTTP/1.1 404 Not Found"] * 2


def test_it_breaks_off_once(folder):
    request = "GET /in/a%20b HTTP/1.1\r\n\r\n"
    answers, _ = got(folder, request, request, setup=lambda f: setattr(f, "break_after", 3000))
    assert answers[0][1]["Content-Length"] == str(len(DATA)) and answers[0][2] == DATA[:3000]
    assert answers[1][2] == DATA


@pytest.mark.parametrize(
    "path", ["/none", "/in", "/../outside", "/%2e%2e/outside", "//etc/passwd"]
)
def test_what_is_not_in_the_folder_is_not_given(folder, path):
    answers, _ = got(folder, f"GET {path} HTTP/1.1\r\n\r\n")
    assert answers[0][0] == "HTTP/1.1 404 Not Found" and answers[0][2] == b""


def test_other_methods(folder):
    answers, _ = got(folder, "PUT /in/a%20b HTTP/1.1\r\n\r\n")
    assert answers[0][0] == "HTTP/1.1 405 Method Not Allowed"


def test_https(folder, tmp_path):
    _, certificate, key = made_certificates.write(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def body():
        async with FileServer(folder, context) as files:
            assert files.url.startswith("https://")
            client = ssl.create_default_context(cafile=str(certificate))
            client.check_hostname = False
            reader, writer = await asyncio.open_connection("127.0.0.1", _port(files), ssl=client)
            writer.write(b"GET /in/a%20b HTTP/1.1\r\n\r\n")
            assert (await reader.read()).endswith(DATA)
            writer.close()

    asyncio.run(body())
