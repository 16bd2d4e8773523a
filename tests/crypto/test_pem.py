"""PEM (RFC 7468): both interpreters."""

from chargepoint.crypto import pem
from tests.support.raises import refused

LABEL = "CERTIFICATE"
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
NOT_BASE64 = "PEM block not base64"


def decode(text, most: int = 3) -> list:
    return pem.decode(text, LABEL, most)


def block(body: str) -> str:
    return "%s\n%s\n%s\n" % (BEGIN, body, END)


def test_what_is_encoded_is_decoded():
    for size in (1, 2, 3, 47, 48, 49, 96, 1000):
        data = bytes([n & 255 for n in range(size)])
        text = pem.encode(data, LABEL)
        assert decode(text) == [data]
        assert decode(text.encode()) == [data]
        lines = text.split("\n")
        assert (lines[0], lines[-2], lines[-1]) == (BEGIN, END, "")
        assert max([len(line) for line in lines[1:-2]]) <= 64


def test_several_blocks_with_text_around_them():
    text = "subject=CN = a\n%s\r\n\r\nthe next:\n%s" % (block("AQID"), block("BAUG"))
    assert decode(text + "\n") == [b"\1\2\3", b"\4\5\6"]


def test_line_breaks_of_any_kind():
    for body in ("AQID\r\nBAUG", "AQ\nIDB\nAUG", "AQIDBAUG", " AQID\t\n\n BAUG "):
        assert decode(block(body)) == [b"\1\2\3\4\5\6"], body
    assert decode(BEGIN + "AQID" + END) == [b"\1\2\3"]
    assert decode(block("AQID").replace("\n", "\r\n")) == [b"\1\2\3"]


def test_how_many_blocks_there_may_be():
    assert refused(decode, "") == "PEM blocks: 0"
    assert refused(decode, "AQID") == "PEM blocks: 0"
    assert len(decode(block("AQID") * 3)) == 3
    assert refused(decode, block("AQID") * 4) == "PEM blocks: 4"
    assert refused(decode, block("AQID") * 400) == "PEM blocks: 4"


def test_labels_and_borders():
    wrong = "PEM block without its label"
    for text in (
        BEGIN,
        BEGIN + "\nAQID\n",
        BEGIN + "\nAQID\n-----END CERTIFICATE----",
        BEGIN + "\nAQID\n-----END PRIVATE KEY-----",
        block("AQID").replace("BEGIN CERT", "BEGIN X509 CERT"),
        block("AQID").replace("BEGIN CERTIFICATE-----", "BEGIN CERTIFICATE----"),
        block("AQID").replace("CERTIFICATE", "EC PRIVATE KEY"),
        block("AQID") + block("AQID").replace("CERTIFICATE", "PRIVATE KEY"),
        BEGIN + "\nAQID\n" + block("AQID"),
    ):
        assert refused(decode, text) == wrong, text


def test_only_base64_in_a_block():
    for body in (
        "",
        "A",
        "AQ",
        "AQI",
        "AQ=",
        "AQ===",
        "AQI==",
        "AQID=",
        "AQID====",
        "AR==",  # a bit set that stands for nothing
        "AQJ=",
        "AQ==AQID",
        "AQ-_",
        "AQ*ID",
        "A,QID",
        "Proc-Type: 4,ENCRYPTED\n\nAQID",
        "AQ\0ID",
        "AQ\u00e9ID",
        "\u00c1QID",
    ):
        assert refused(decode, block(body)) == NOT_BASE64, body
