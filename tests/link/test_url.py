"""URLs of a CSMS: good ones taken apart, bad ones refused in words."""

from chargepoint.link.url import decode, encode, parse, split


def refusal(url):
    try:
        parse(url, "CP1")
    except ValueError as error:
        return str(error)
    raise AssertionError("taken: " + url)


def test_part4_3_1_1_examples_of_the_specification():
    assert parse("ws://csms.example.com/ocpp", "CS001") == (
        False,
        "csms.example.com",
        80,
        "/ocpp/CS001",
    )
    assert parse("wss://csms.example.com/ocppj", "RDAM 123") == (
        True,
        "csms.example.com",
        443,
        "/ocppj/RDAM%20123",
    )


def test_forms():
    table = (
        ("ws://h", (False, "h", 80, "/CP1")),
        ("ws://h/", (False, "h", 80, "/CP1")),
        ("ws://h/a/", (False, "h", 80, "/a/CP1")),
        ("ws://h/a//", (False, "h", 80, "/a//CP1")),
        ("WSS://H.example:8443/a/b", (True, "H.example", 8443, "/a/b/CP1")),
        ("ws://127.0.0.1:9000/x", (False, "127.0.0.1", 9000, "/x/CP1")),
        ("ws://[::1]/x", (False, "::1", 80, "/x/CP1")),
        ("wss://[2001:DB8::7]:65535/", (True, "2001:DB8::7", 65535, "/CP1")),
        ("ws://h?a=1", (False, "h", 80, "/CP1?a=1")),
        ("ws://h/p/?a=/b/", (False, "h", 80, "/p/CP1?a=/b/")),
        ("ws://my_host.local:1/%20", (False, "my_host.local", 1, "/%20/CP1")),
    )
    for url, expected in table:
        assert parse(url, "CP1") == expected, url


def test_without_identity_the_path_stays():
    assert parse("ws://h/a/") == (False, "h", 80, "/a/")
    assert parse("ws://h") == (False, "h", 80, "/")


def test_refused_with_a_reason():
    table = (
        ("", "begin with ws://"),
        ("http://h/", "begin with ws://"),
        ("ws:/h", "begin with ws://"),
        ("wss:h", "begin with ws://"),
        ("ws://", "no host"),
        ("ws:///path", "no host"),
        ("ws://:80/", "no host"),
        ("ws://user:pw@h/", "user name"),
        ("ws://h/#top", "fragment"),
        ("ws://h/a b", "percent-encoded"),
        ("ws://h/a\r\nX: y", "percent-encoded"),
        ("ws://h/a\x00", "percent-encoded"),
        ("ws://h/\u00fc", "percent-encoded"),
        ("ws://h\\x/", "percent-encoded"),
        ("ws://h\u00fc.example/", "percent-encoded"),
        ("ws://h:/", "port"),
        ("ws://h:0/", "port"),
        ("ws://h:65536/", "port"),
        ("ws://h:99999999/", "port"),
        ("ws://h:-1/", "port"),
        ("ws://h:8o/", "port"),
        ("ws://h:1:2/", "port"),
        ("ws://[::1/", "IPv6"),
        ("ws://[]/", "IPv6"),
        ("ws://[fe80::1%25eth0]/", "IPv6"),
        ("ws://[::g]/", "IPv6"),
        ("ws://[::1]9/", "IPv6"),
        ("ws://[::1]:/", "port"),
        ("ws://a*b/", "host name"),
        ("ws://h&c/", "host name"),
    )
    for url, reason in table:
        assert reason in refusal(url), url


def test_percent_encoding_of_identities():
    table = (
        ("CP-1_2.3~4", "CP-1_2.3~4"),
        ("DE*ABC*E1", "DE*ABC*E1"),
        ("a b", "a%20b"),
        ("a/b?c#d%e", "a%2Fb%3Fc%23d%25e"),
        ("\u00fc\u20ac", "%C3%BC%E2%82%AC"),
        ('"<>\\^`{|}', "%22%3C%3E%5C%5E%60%7B%7C%7D"),
        ("\r\n\x00\x7f", "%0D%0A%00%7F"),
    )
    for text, expected in table:
        assert encode(text) == expected, text


FILES = (("ftp", 21), ("http", 80), ("https", 443))


def test_the_url_of_a_file():
    table = (
        ("http://h", ("http", None, "h", 80, "", "")),
        ("HTTPS://h:1/a?b=/c", ("https", None, "h", 1, "/a", "?b=/c")),
        ("ftp://u:p%40w@h/a;type=i", ("ftp", "u:p%40w", "h", 21, "/a;type=i", "")),
        ("http://@h/", ("http", "", "h", 80, "/", "")),
        ("http://a@b@[::1]:8/", ("http", "a@b", "::1", 8, "/", "")),
        ("http://h/a@b?u@h", ("http", None, "h", 80, "/a@b", "?u@h")),
        ("http://h/?http://x/", ("http", None, "h", 80, "/", "?http://x/")),
    )
    for url, expected in table:
        assert split(url, FILES) == expected, url
    for url in ("ws://h/", "h/a", "sftp://h/a", "http:/h", "http//h", "://h", ""):
        try:
            split(url, FILES)
        except ValueError as error:
            assert str(error) == "the URL must begin with ftp:// or http:// or https://"
        else:
            raise AssertionError(url)


def test_percent_decoding():
    assert decode("a%2Fb%c3%bc%00") == b"a/b\xc3\xbc\0"
    for text in ("%", "a%2", "%zz", "%+1", "%2%20"):
        try:
            decode(text)
        except ValueError as error:
            assert "percent" in str(error)
        else:
            raise AssertionError(text)
