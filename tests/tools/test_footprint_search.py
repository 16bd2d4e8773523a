"""The search for the smallest heap, on numbers."""

from pathlib import Path

import pytest

from tools import footprint_search
from tools.footprint_station import Plan


class Trials:
    """What is enough: a number from `least` on, and for a second time from `sure` on."""

    def __init__(self, least: int, sure: int | None = None) -> None:
        self.least = least
        self.sure = least if sure is None else sure
        self.tried: list[tuple[int, bool]] = []

    def __call__(self, number: int, again: bool) -> bool:
        self.tried.append((number, again))
        return number >= (self.sure if again else self.least)


@pytest.mark.parametrize("near", [1, 2, 25, 29, 30, 31, 35, 60, 96])
def test_it_is_found_from_anywhere(near):
    trials = Trials(30)
    assert footprint_search.smallest(trials, near, 96) == 30
    assert {(30, False), (30, True), (29, False)} <= set(trials.tried)  # both sides
    assert len(trials.tried) < 16


def test_near_what_is_known_three_trials_do():
    trials = Trials(30)
    footprint_search.smallest(trials, 30, 96)
    assert trials.tried == [(30, False), (29, False), (30, True)]


def test_what_is_enough_once_only_is_not():
    trials = Trials(30, 33)
    assert footprint_search.smallest(trials, 30, 96) == 33
    assert {(32, True), (33, False), (33, True)} <= set(trials.tried)


def test_one_can_be_enough():
    assert footprint_search.smallest(Trials(1), 30, 96) == 1


@pytest.mark.parametrize("trials", [Trials(97), Trials(30, 97), Trials(96, 97)])
def test_none_up_to_the_bound_is_enough(trials):
    assert footprint_search.smallest(trials, 30, 96) is None
    assert max(trials.tried)[0] == 96


class FakePool:
    """A life needs 31 steps."""

    def go_through(self, plan: Plan) -> str:
        return "" if plan.heap_bytes >= 31 * footprint_search.STEP_BYTES else "it rebooted"


def test_a_search_is_in_steps_and_says_what_it_tries():
    said = []
    pool, plan = FakePool(), Plan(Path("built"), "1.6", 0)
    near = 30 * footprint_search.STEP_BYTES + 1
    assert footprint_search.search(pool, plan, near, said.append) == 63_488  # type: ignore
    assert said == [
        "61,440 bytes: it rebooted",
        "63,488 bytes: enough",
        "63,488 bytes: enough, again",
    ]


def test_what_was_found_is_read_as_it_was_written():
    found = {"both, speaking 1.6": 65536, "1.6 only, TLS": 98304}
    assert footprint_search.load(footprint_search.dump(found)) == found
