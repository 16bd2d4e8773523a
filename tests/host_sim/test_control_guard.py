"""Requests that a web page may have made are refused; those of programs are not."""

import socket

import pytest

from host_sim.control_guard import refusal

JSON = {"Content-Type": "application/json"}
HERE = {"Host": "127.0.0.1:8080"}


@pytest.mark.parametrize(
    "headers",
    [
        {**HERE, **JSON},
        {**HERE, "Content-Type": "Application/JSON; charset=utf-8"},
        HERE,  # http.client
        {**HERE, "Content-Type": "application/x-www-form-urlencoded"},  # urllib, curl -d
        {"Host": "localhost:8080"},
        {"Host": "LocalHost.:8080"},
        {"Host": "[::1]:8080"},
        {"Host": "10.1.2.3"},
        {"Host": "simulator:8080"},
        {"Host": socket.gethostname()},
        {},
        {**HERE, **JSON, "Origin": "http://127.0.0.1:8080"},
    ],
)
def test_a_program_passes(headers):
    assert refusal("POST", headers, "simulator") is None
    if headers.get("Host") != "simulator:8080":
        assert refusal("POST", headers, "127.0.0.1") is None


@pytest.mark.parametrize(
    ("headers", "part"),
    [
        ({"Host": "evil.example:8080", **JSON}, "Host 'evil.example:8080'"),
        ({"Host": "127.0.0.1.evil.example", **JSON}, "Host"),
        ({"Host": "[::1", **JSON}, "Host"),
        ({"Host": "", **JSON}, "Host"),
        ({**HERE, **JSON, "Origin": "https://evil.example"}, "Origin 'https://evil.example'"),
        ({**HERE, **JSON, "Origin": "http://127.0.0.1:8081"}, "Origin"),
        ({**HERE, **JSON, "Origin": "null"}, "Origin"),
        ({**HERE, "Content-Type": "text/plain"}, "Content-Type 'text/plain'"),
        ({**HERE, "Content-Type": "multipart/form-data; boundary=x"}, "Content-Type"),
        ({**HERE, "Content-Type": "text/plain; application/json"}, "Content-Type"),
        ({**HERE, "Origin": "http://127.0.0.1:8080"}, "Content-Type"),
    ],
)
def test_a_web_page_does_not(headers, part):
    told = refusal("POST", headers, "127.0.0.1")
    assert told is not None and told.startswith(part) and "\n" not in told


def test_other_machines_may_have_any_name_for_it_but_no_page_has():
    named = {"Host": "charger.test:8080", **JSON}
    assert refusal("POST", named, "0.0.0.0") is None
    assert refusal("POST", named, "localhost") is not None
    rebound = {**named, "Origin": "http://charger.test:8080"}
    assert refusal("POST", rebound, "0.0.0.0") is not None


def test_reading_needs_no_content_type_but_is_not_for_other_sites():
    assert refusal("GET", HERE, "127.0.0.1") is None
    assert refusal("GET", {"Host": "evil.example"}, "127.0.0.1") is not None
    assert refusal("GET", {**HERE, "Origin": "http://evil.example"}, "127.0.0.1") is not None
