"""HTTP for a file: requests, bodies in every framing, cut everywhere, and servers that lie."""

from chargepoint.ota import http

ADDRESS = (False, "files.example", 8080, "/a/fw.img?x=1")


def response(*lines, body: bytes = b"") -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def ok(*lines, body: bytes = b"", status: bytes = b"200 OK") -> bytes:
    return response(b"HTTP/1.1 " + status, *lines, body=body)


def part(content_range: bytes, *lines, body: bytes = b"") -> bytes:
    return ok(b"Content-Range: " + content_range, *lines, body=body, status=b"206 Partial Content")


def read(data: bytes, first: int = 0, last=None, step: int = 1, is_closed: bool = True):
    """(response, body) fed so many bytes at a time; raises what it raises."""
    found = http.Response(first, last)
    body = b""
    for at in range(0, len(data), step):
        piece = bytearray(data[at : at + step])
        used = 0 if found.outcome else found.feed(piece)
        if found.outcome == http.FILE and not found.ended:
            rest = memoryview(piece)[used:]
            body += bytes(rest[: found.strip(rest)])
    if is_closed:
        found.close()
    return found, body


def refusal(data: bytes, first: int = 0, last=None) -> str:
    """Why it was refused, the same however it comes in."""
    reasons = set()
    for step in (1, 7, 100000):
        try:
            read(data, first, last, step)
        except ValueError as error:
            reasons.add(str(error))
        else:
            raise AssertionError("taken: %r" % data)
    assert len(reasons) == 1
    return reasons.pop()


def test_the_request():
    assert http.request(ADDRESS).split(b"\r\n") == [
        b"GET /a/fw.img?x=1 HTTP/1.1",
        b"Host: files.example:8080",
        b"User-Agent: chargepoint",
        b"Accept-Encoding: identity",
        b"Connection: close",
        b"",
        b"",
    ]
    lines = http.request((True, "::1", 443, "/"), 4096, credentials=b"u:p").split(b"\r\n")
    assert b"Host: [::1]" in lines and b"Range: bytes=4096-" in lines
    assert b"Authorization: Basic dTpw" in lines
    assert b"Range: bytes=0-4095" in http.request(ADDRESS, 0, 4095).split(b"\r\n")


def test_a_file_in_each_framing():
    content = bytes(range(256)) * 3
    half = content[:300], content[300:]
    chunks = b"12c;name=value\r\n%s\r\n001D4\r\n%s\r\n0\r\nTrailer: x\r\n\r\n"
    length = b"Content-Length: 768"
    cases = (
        (ok(length, body=content), 768),
        (ok(length, b"Content-Encoding: identity", body=content), 768),
        (ok(length, body=content + b"more than that"), 768),
        (ok(b"X: " + b"y" * 5000, length, body=content), 768),
        (ok(body=content), None),
        (response(b"HTTP/1.0 200 OK", body=content), None),
        (ok(b"Transfer-Encoding: Chunked", body=chunks % half), None),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + ok(length, body=content), 768),
        (b"HTTP/1.1 103 \r\nContent-Length: 3\r\n\r\n" + ok(length, body=content), 768),
    )
    for data, total in cases:
        for step in (1, 5, 511, len(data)):
            found, body = read(data, step=step)
            assert body == content, data[:60]
            assert (found.outcome, found.start, found.total) == (http.FILE, 0, total)
            assert found.ended
            is_open = b"Content-Length" not in data and b"chunk" not in data.lower()
            assert found.is_framed != is_open


def test_an_empty_file():
    for data in (ok(b"Content-Length: 0"), ok(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n")):
        found, body = read(data)
        assert body == b"" and found.ended


def test_a_range():
    found, body = read(part(b"bytes 3-7/10", b"Content-Length: 5", body=b"34567"), 3, 7)
    assert (body, found.start, found.total, found.ended) == (b"34567", 3, 10, True)
    found, body = read(part(b"BYTES 3-9/*", body=b"3456789 and more"), 3)
    assert (body, found.start, found.total) == (b"3456789", 3, None)
    chunked = part(b"bytes 3-4/10", b"Transfer-Encoding: chunked", body=b"2\r\n34\r\n0\r\n\r\n")
    assert read(chunked, 3)[1] == b"34"
    # The server need not know ranges: then all of it comes, and the caller has to see that.
    found, body = read(ok(b"Content-Length: 3", body=b"012"), 2)
    assert (body, found.start, found.total) == (b"012", 0, 3)
    assert read(ok(status=b"416 Range Not Satisfiable"), 5000)[0].outcome == http.GONE


def test_a_range_that_is_none():
    asked = "the server gives another range than asked"
    malformed = "malformed Content-Range"
    cases = (
        (b"bytes 2-9/10", asked),
        (b"bytes 4-9/10", asked),
        (b"bytes 3-9/9", malformed),
        (b"bytes 3-2/10", malformed),
        (b"bytes 3-/10", malformed),
        (b"bytes -3-9/10", malformed),
        (b"bytes 3-9", malformed),
        (b"bytes */10", malformed),
        (b"items 3-9/10", malformed),
        (b"bytes 3-99999999999/*", malformed),
        (b"bytes 3-9/10, bytes 3-9/10", malformed),
    )
    for text, why in cases:
        assert refusal(part(text, body=b"3456789"), 3) == why, text
    assert refusal(part(b"bytes 3-8/10", body=b"345678"), 3, 7) == asked
    assert refusal(ok(status=b"206 x", body=b"3456789"), 3) == "206 without Content-Range"
    assert "unasked" in refusal(part(b"bytes 0-2/3", body=b"012"))
    differ = part(b"bytes 3-9/10", b"Content-Length: 6", body=b"345678")
    assert refusal(differ, 3) == "Content-Length and Content-Range differ"


def test_a_body_that_is_cut_off():
    ended = "the connection ended before the file"
    assert refusal(ok(b"Content-Length: 5", body=b"1234")) == ended
    assert refusal(part(b"bytes 3-9/10", body=b"345678"), 3) == ended
    whole = b"5\r\n12345\r\n0\r\n"
    for count in range(len(whole) - 1):
        assert refusal(ok(b"Transfer-Encoding: chunked", body=whole[:count])) == ended
    head = ok(b"Content-Length: 5")
    for count in range(1, len(head)):
        assert refusal(head[:count]) == "the server closed the connection"


def test_headers_that_are_refused():
    cases = (
        ((b"Content-Encoding: gzip",), "the server has encoded the file"),
        ((b"Transfer-Encoding: gzip, chunked",), "unknown Transfer-Encoding"),
        ((b"Transfer-Encoding: chunked", b"Content-Length: 3"), "both Content-Length and chunks"),
        ((b"Content-Length: -1",), "malformed Content-Length"),
        ((b"Content-Length: 1x",), "malformed Content-Length"),
        ((b"Content-Length:",), "malformed Content-Length"),
        ((b"Content-Length: 3", b"Content-Length: 3"), "malformed Content-Length"),
        ((b"Content-Length: 99999999999",), "malformed Content-Length"),
        ((b"Content-Length : 3",), "malformed header line"),
        ((b"Content-Length",), "malformed header line"),
        ((b" folded",), "malformed header line"),
        ((b"X: a\x00b",), "control character in the response"),
        ((b"X: y\r\n" * 3000,), "the response is too long"),
        ((b"Location: " + b"x" * 2100,), "header line too long"),
        ((b"Location: " + b"x" * 700,) * 3, "header line too long"),
    )
    for lines, why in cases:
        assert refusal(ok(*lines, body=b"012")) == why, lines[0][:40]


def test_other_statuses():
    for status in (b"204", b"304", b"400", b"404 Not Found", b"500", b"999"):
        assert refusal(ok(status=status)).startswith(status[:3].decode() + ": ")
    assert "protocol" in refusal(ok(status=b"101 x"))
    assert refusal(b"220 ready\r\n") == "the server does not speak HTTP/1.1"
    assert refusal(b"HTTP/1.1 2x0 OK\r\n") == "the server does not speak HTTP/1.1"


def test_chunks_that_are_refused():
    for body in (
        b"\r\n",
        b"x\r\n",
        b"-1\r\n",
        b"0x3\r\n123\r\n0\r\n",
        b"3\r\n1234\r\n0\r\n",
        b"123456789\r\n",
        b"3;" + b"x" * 80 + b"\r\n123\r\n0\r\n",
    ):
        assert refusal(ok(b"Transfer-Encoding: chunked", body=body)) == "malformed chunk", body


def test_redirects():
    for status in (b"301", b"302", b"303", b"307", b"308"):
        found, _ = read(ok(b"Location: /b", status=status))
        assert (found.outcome, found.location) == (http.MOVED, "/b")
    assert "without a location" in refusal(ok(status=b"302"))
    plain, secure = (False, "h", 80, "/a/b?c=/d"), (True, "::1", 8443, "/x")
    cases = (
        (plain, "https://o/y", "https://o/y"),
        (plain, "http://o/y", "http://o/y"),
        (plain, "/y?z", "http://h:80/y?z"),
        (plain, "y", "http://h:80/a/y"),
        (plain, "?z=http://o", "http://h:80/a/?z=http://o"),
        (secure, "//o:1/y", "https://o:1/y"),
        (secure, "/y", "https://[::1]:8443/y"),
        (secure, "HTTPS://o/y", "HTTPS://o/y"),
    )
    for address, location, expected in cases:
        assert http.moved(address, location) == expected
    for location in ("http://h/y", "ftp://h/y"):
        try:
            http.moved(secure, location)
        except ValueError as error:
            assert str(error) == "a redirect away from https"
        else:
            raise AssertionError(location)
