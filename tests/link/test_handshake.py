"""The upgrade by byte literals: requests, good responses cut everywhere, all kinds of bad ones."""

from chargepoint.link.handshake import OPEN, Response, request

NONCE = b"the sample nonce"  # of RFC 6455 section 1.3
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
OFFERED = ("ocpp2.0.1", "ocpp1.6")
ADDRESS = (False, "some.server.com", 33033, "/webServices/ocpp/CS3211")


def response(*lines):
    return b"\r\n".join(lines) + b"\r\n\r\n"


def upgrade(*more, accept=ACCEPT, protocol=b"ocpp1.6"):
    return response(
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + accept,
        b"Sec-WebSocket-Protocol: " + protocol,
        *more,
    )


def read(data, offered=OFFERED):
    answer = Response(NONCE, offered)
    assert answer.feed(data) <= len(data)
    return answer


def test_part4_3_1_3_the_request():
    lines = request(ADDRESS, NONCE, OFFERED).split(b"\r\n")
    assert lines[0] == b"GET /webServices/ocpp/CS3211 HTTP/1.1"
    assert lines[-2:] == [b"", b""]
    assert sorted(lines[1:-2]) == [
        b"Connection: Upgrade",
        b"Host: some.server.com:33033",
        b"Sec-WebSocket-Key: " + KEY,
        b"Sec-WebSocket-Protocol: ocpp2.0.1, ocpp1.6",
        b"Sec-WebSocket-Version: 13",
        b"Upgrade: websocket",
    ]


def test_the_host_header():
    table = (
        ((False, "h", 80, "/"), b"Host: h"),
        ((True, "h", 443, "/"), b"Host: h"),
        ((True, "h", 80, "/"), b"Host: h:80"),
        ((False, "h", 443, "/"), b"Host: h:443"),
        ((False, "::1", 80, "/"), b"Host: [::1]"),
        ((False, "::1", 81, "/"), b"Host: [::1]:81"),
    )
    for address, line in table:
        assert line in request(address, NONCE, OFFERED).split(b"\r\n"), address


def test_J16_6_2_basic_authentication_with_a_binary_key():
    key = b"\x00\x01\x02\x03\x04\x05\x06\x07\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    data = request(ADDRESS, NONCE, OFFERED, "AL1000", key)
    # "AL1000:" and the bytes of the key themselves, no hexadecimal digits
    assert b"\r\nAuthorization: Basic QUwxMDAwOgABAgMEBQYH////////////////\r\n" in data


def test_A00_FR_205_a_password_goes_as_utf8():
    data = request(ADDRESS, NONCE, OFFERED, "CP1", "gr\u00fcn".encode())
    assert b"\r\nAuthorization: Basic Q1AxOmdyw7xu\r\n" in data


def test_an_empty_password_is_one_and_none_is_none():
    assert b"Authorization: Basic Q1AxOg==\r\n" in request(ADDRESS, NONCE, OFFERED, "CP1", b"")
    assert b"Authorization" not in request(ADDRESS, NONCE, OFFERED, "CP1", None)


def test_4_1_a_long_password_stays_on_one_line():
    data = request(ADDRESS, NONCE, OFFERED, "CP1", b"x" * 200)
    assert data.count(b"\n") == 9


def test_the_servers_choice_is_the_subprotocol():
    for name in OFFERED:
        answer = read(upgrade(protocol=name.encode()))
        assert (answer.outcome, answer.status, answer.subprotocol) == (OPEN, 101, name)


def test_spelling_and_order_of_the_headers_do_not_matter():
    answer = read(
        response(
            b"HTTP/1.1 101",
            b"SEC-WEBSOCKET-PROTOCOL:ocpp2.0.1\t",
            b"sec-websocket-accept:   " + ACCEPT,
            b"X-Powered-By: \xfcber",
            b"connection: keep-alive, UPGRADE",
            b"upgrade: WebSocket",
            b"Set-Cookie: " + b"c" * 2000,
        )
    )
    assert (answer.outcome, answer.subprotocol) == (OPEN, "ocpp2.0.1")


def test_lines_may_end_with_a_bare_line_feed():
    assert read(upgrade().replace(b"\r\n", b"\n")).outcome == OPEN


def test_split_at_every_position():
    data = upgrade() + b"\x81\x02hi"
    size = len(data) - 4
    for cut in range(len(data)):
        answer = Response(NONCE, OFFERED)
        used = answer.feed(data[:cut])
        assert used == min(cut, size)
        if answer.outcome is None:
            used += answer.feed(data[used:])
        assert (answer.outcome, used) == (OPEN, size), cut


def test_byte_by_byte_from_views():
    answer = Response(NONCE, OFFERED)
    view = memoryview(upgrade())
    for n in range(len(view)):
        assert answer.outcome is None
        assert answer.feed(view[n : n + 1]) == 1
    assert answer.outcome == OPEN


def test_what_comes_early_is_skipped():
    early = response(b"HTTP/1.1 103 Early Hints", b"Connection: close", b"Upgrade: h2c")
    assert read(early + early + upgrade()).outcome == OPEN


def test_refusals_by_status():
    table = (
        (b"401 Unauthorized", "unauthorized"),
        (b"403 Forbidden", "forbidden"),
        (b"404 Not Found", "not found"),
        (b"301 Moved", "redirect"),
        (b"302 Found", "redirect"),
        (b"307 Temporary Redirect", "redirect"),
        (b"308", "redirect"),
        (b"500 Oops", "server error"),
        (b"502 Bad Gateway", "server error"),
        (b"503 Busy", "server error"),
        (b"200 OK", "refused"),
        (b"204", "refused"),
        (b"400 Bad Request", "refused"),
        (b"426 Upgrade Required", "refused"),
        (b"429 Too Many Requests", "refused"),
    )
    for line, outcome in table:
        answer = read(response(b"HTTP/1.1 " + line, b"Content-Length: 5") + b"hello")
        assert (answer.outcome, answer.status) == (outcome, int(line[:3])), line
        assert line[:3].decode() in answer.why


def test_a_redirect_says_where_to_and_that_it_is_not_followed():
    where = response(b"HTTP/1.1 302 Found", b"Location: wss://elsewhere.example/ocpp")
    assert read(where).why == "302: redirects are not followed (to wss://elsewhere.example/ocpp)"
    odd = response(b"HTTP/1.1 302 Found", b"Location: \xff\xfe")
    assert read(odd).outcome == "redirect"


def test_an_old_server_may_refuse_but_not_upgrade():
    assert read(response(b"HTTP/1.0 404 Not Found")).outcome == "not found"
    assert read(upgrade().replace(b"HTTP/1.1", b"HTTP/1.0")).outcome == "garbage"


def without(name):
    lines = [x for x in upgrade().split(b"\r\n") if not x.startswith(name)]
    return b"\r\n".join(lines)


def test_4_1_a_101_must_be_for_this_request():
    table = (
        (without(b"Upgrade"), "Upgrade: websocket"),
        (without(b"Connection"), "Connection: Upgrade"),
        (without(b"Sec-WebSocket-Accept"), "Accept"),
        (upgrade().replace(b"Upgrade: websocket", b"Upgrade: h2c"), "Upgrade: websocket"),
        (upgrade(b"Upgrade: websocket"), "Upgrade: websocket"),
        (upgrade().replace(b"Connection: Upgrade", b"Connection: close"), "Connection"),
        (upgrade().replace(b"Connection: Upgrade", b"Connection: Upgraded"), "Connection"),
        (upgrade(accept=ACCEPT.lower()), "Accept"),
        (upgrade(accept=b""), "Accept"),
        (upgrade(b"Sec-WebSocket-Accept: " + ACCEPT), "Accept"),
        (upgrade(b"Sec-WebSocket-Extensions: permessage-deflate"), "extension"),
        (upgrade(protocol=b"ocpp2.1"), "not offered"),
        (upgrade(protocol=b"OCPP1.6"), "not offered"),
        (upgrade(protocol=b"ocpp2.0.1, ocpp1.6"), "not offered"),
        (upgrade(b"Sec-WebSocket-Protocol: ocpp1.6"), "not offered"),
    )
    for data, why in table:
        answer = read(data)
        assert answer.outcome == "bad handshake", data
        assert why in answer.why, (data, answer.why)


def test_part4_3_2_no_subprotocol_means_no_common_version():
    assert read(without(b"Sec-WebSocket-Protocol")).outcome == "no common version"
    assert read(upgrade(protocol=b"")).outcome == "no common version"


def test_garbage():
    status = b"HTTP/1.1 101 Switching Protocols\r\n"
    table = (
        b"\n",
        b"\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/2 101 x\r\n",
        b"HTTP/1.1\r\n",
        b"HTTP/1.1 \r\n",
        b"HTTP/1.1 1x1 A\r\n",
        b"HTTP/1.1 1010\r\n",
        b"HTTP/1.1 099 A\r\n",
        b"HTTP/1.1  101\r\n",
        b"http/1.1 101 A\r\n",
        b"\x16\x03\x01\x00\x05hello\n",
        b"\x15\x03\x03\x00\x02\x02\x0a" + b"\n",
        status + b"no colon\r\n",
        status + b": no name\r\n",
        status + b"Upgrade : websocket\r\n",
        status + b"Upgrade: websocket\r\n folded: line\r\n",
        status + b"Upgrade: websocket\r\n\tfolded\r\n",
        status + b"X: a\rb\r\n",
        status + b"X: a\x00b\r\n",
        status + b"X: a\x7fb\r\n",
        status + b"Sec-WebSocket-Accept: " + b"A" * 300 + b"\r\n",
    )
    for data in table:
        assert read(data).outcome == "garbage", data


def test_endless_responses_end():
    for data in (b"A" * 70000, b"HTTP/1.1 101 A\r\n" + b"X: y\r\n" * 12000):
        answer = Response(NONCE, OFFERED)
        assert answer.feed(data) < 20000
        assert answer.outcome == "garbage"


def test_what_is_incomplete_is_neither_good_nor_bad():
    assert read(upgrade()[:-1]).outcome is None
    assert read(b"").outcome is None
    assert read(response(b"HTTP/1.1 100 Continue")).outcome is None
