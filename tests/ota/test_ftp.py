"""FTP's replies: whole ones, cut everywhere, and what is no reply."""

from chargepoint.ota import ftp


def refusal(function, *arguments) -> str:
    try:
        function(*arguments)
    except ValueError as error:
        return str(error)
    raise AssertionError("taken")


def read(data: bytes, step: int = 1) -> list:
    replies = ftp.Replies()
    found = []
    at = 0
    while at < len(data):
        at += replies.feed(data[at : at + step])
        if replies.code:
            found.append((replies.code, replies.text))
    return found


def test_replies_however_they_come_in():
    data = (
        b"220-Welcome\r\n220 is not the end\r\n 220 nor this\r\n220-nor this\r\n220 Ready\r\n"
        b"331 Password?\r\n200\r\n"
        b"211-Features\n MDTM\n213 not this code\n211 End\n"
    )
    # The 2nd line of the first ends it: RFC 959 knows no escape.
    expected = [(220, b"is not the end")]
    assert read(data[: data.index(b" 220 nor")]) == expected
    data = data.replace(b"220 is not", b"221 is not")
    expected = [(220, b"Ready"), (331, b"Password?"), (200, b""), (211, b"End")]
    for step in (1, 3, 17, 1000):
        assert read(data, step) == expected


def test_what_is_no_reply():
    for data in (
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 400\r\n",
        b"22\r\n",
        b"\r\n",
        b"099 x\r\n",
        b"600 x\r\n",
        b"2200 x\r\n",
    ):
        assert refusal(read, data) == "the server does not speak FTP"
    for data in (b"220 " + b"x" * 600, b"220-\r\n" + b"endless\r\n" * 1000):
        assert refusal(read, data) == "a reply of the FTP server is too long"


def test_commands():
    assert ftp.command("TYPE", b"I") == b"TYPE I\r\n"
    assert ftp.command("EPSV") == b"EPSV\r\n"
    for argument in (b"a\r\nDELE b", b"a\nb", b"a\0"):
        assert "control character" in refusal(ftp.command, "RETR", argument)


def test_ports():
    assert ftp.extended_port(b"Entering Extended Passive Mode (|||6446|)") == 6446
    assert ftp.extended_port(b"(!!!1!)") == 1
    for text in (b"", b"()", b"(|||)", b"(|1|h|80|)", b"(|||80|x|)", b"(||80|)", b"6446"):
        assert refusal(ftp.extended_port, text) == "malformed reply to EPSV", text
    for text in (b"(|||0|)", b"(|||65536|)"):
        assert "port" in refusal(ftp.extended_port, text)
    assert "number" in refusal(ftp.extended_port, b"(|||-1|)")
    assert ftp.passive_port(b"Entering Passive Mode (10,0,0,1,4,210)") == 1234
    for text in (b"", b"(10,0,0,1,4)", b"(10,0,0,1,4,256)", b"(1,2,3,4,5,6,7)"):
        assert refusal(ftp.passive_port, text) == "malformed reply to PASV"
    assert "number" in refusal(ftp.passive_port, b"(10,0,0,1,4,x)")
    assert "port" in refusal(ftp.passive_port, b"(10,0,0,1,0,0)")


def test_size():
    assert ftp.size(b" 40960 ") == 40960
    for text in (b"", b"big", b"-1", b"1e3", b"12345678901"):
        assert "number" in refusal(ftp.size, text)
