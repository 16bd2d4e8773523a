"""The messages of docs/migration.md are answered as the page says."""

import json
from pathlib import Path

from tests.support.field import KEY, V16, V201, Field

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "migration.md"


def steps(heading):
    """(action, payload, answer) of each message below a heading of the page."""
    text = PAGE.read_text().split("## " + heading + "\n")[1].partition("\n## ")[0]
    lines = [line[4:] for line in text.split("\n") if line.startswith("    ")]
    assert len(lines) % 2 == 0
    for asked, answer in zip(lines[::2], lines[1::2], strict=True):
        action, _, payload = asked.partition(" ")
        assert answer.startswith("-> ")
        yield action, json.loads(payload), json.loads(answer[3:])


def play(station, messages):
    for action, payload, answer in messages:
        assert station.asked(action, payload) == answer, action
        if action == "Reset":
            station.run(15)


def test_there_and_back():
    station = Field((V201, V16))
    station.run(5)
    station.change("AuthorizationKey", KEY)
    station.run(5)
    play(station, steps("To 2.0.1"))
    assert (station.host, station.spoken) == ("new.example", V201)
    back = list(steps("Back to 1.6"))
    assert [step[0] for step in back] == ["SetVariables", "Reset", "SetNetworkProfile"]
    play(station, back[2:] + back[:2])
    assert (station.host, station.spoken) == ("old.example", V16)
    station.close()
