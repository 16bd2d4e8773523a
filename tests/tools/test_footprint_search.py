"""The search for the smallest heap, on numbers."""

import pytest

from tools import footprint_search


class Trials:
    """What is enough: a number from `least` on, and for a whole life from `whole` on."""

    def __init__(self, least: int, whole: int | None = None) -> None:
        self.least = least
        self.whole = least if whole is None else whole
        self.tried: list[tuple[int, bool]] = []

    def __call__(self, number: int, whole: bool) -> bool:
        self.tried.append((number, whole))
        return number >= (self.whole if whole else self.least)


@pytest.mark.parametrize("near", [1, 2, 25, 29, 30, 31, 35, 60])
def test_it_is_found_from_anywhere(near):
    trials = Trials(30)
    assert footprint_search.smallest(trials, near, 96) == 30
    assert (30, True) in trials.tried and (29, False) in trials.tried  # both sides
    assert len(trials.tried) < 14


def test_near_what_is_known_three_trials_do():
    trials = Trials(30)
    footprint_search.smallest(trials, 30, 96)
    assert trials.tried == [(30, False), (29, False), (30, True)]


def test_a_whole_life_may_need_more_than_a_short_one():
    trials = Trials(30, 33)
    assert footprint_search.smallest(trials, 30, 96) == 33
    assert (32, True) in trials.tried


def test_one_can_be_enough():
    assert footprint_search.smallest(Trials(1), 30, 96) == 1


@pytest.mark.parametrize("trials", [Trials(97), Trials(30, 97)])
def test_none_up_to_the_bound_is_enough(trials):
    assert footprint_search.smallest(trials, 30, 96) is None
    assert max(trials.tried)[0] <= 96


def test_what_was_found_is_read_as_it_was_written():
    found = {"both, speaking 1.6": 65536, "1.6 only, TLS": 98304}
    assert footprint_search.load(footprint_search.dump(found)) == found
