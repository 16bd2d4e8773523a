"""The next attempt to connect: after which wait (part 4, 5.3), and to which network profile.

What is remembered is a list that `new` makes: the last wait in ms, how often it was doubled, the
profile's place in the list of them, and how often it was tried.
"""

from ..compat import const

_WAIT_MS = const(0)
_DOUBLINGS = const(1)
_ENTRY = const(2)
_TRIES = const(3)

_LEAST_WAIT_MS = const(1000)


def new() -> list:
    """Before the first attempt."""
    return [None, 0, 0, 0]


def next_wait_ms(turns: list, variables, random: bytes) -> int:
    """The next wait. First RetryBackOffWaitMinimum plus a random part; after each failure twice
    the previous wait plus a new random part; after RetryBackOffRepeatTimes doublings the last wait
    stays. Never below a second.

    variables: repeat times, range and minimum in s, read anew each time; random: two bytes.
    """
    repeat_times, range_s, minimum_s = variables
    part_ms = range_s * 1000 * int.from_bytes(random, "big") // 65535
    if turns[_WAIT_MS] is None:
        turns[_WAIT_MS] = minimum_s * 1000 + part_ms
    elif turns[_DOUBLINGS] < repeat_times:
        turns[_DOUBLINGS] += 1
        turns[_WAIT_MS] = 2 * turns[_WAIT_MS] + part_ms
    return max(turns[_WAIT_MS], _LEAST_WAIT_MS)


def next_profile(turns: list, profiles, attempts: int):
    """The profile to try now: each of the list `attempts` times in its order (B10.FR.03).

    When all have failed, the list again (B10.FR.08). None if there is none. The list may have
    changed meanwhile.
    """
    if turns[_TRIES] >= attempts:
        turns[_TRIES] = 0
        turns[_ENTRY] += 1
    if turns[_ENTRY] >= len(profiles):
        turns[_ENTRY] = 0
    if not profiles:
        return None
    turns[_TRIES] += 1
    return profiles[turns[_ENTRY]]


def worked(turns: list, anew: bool) -> None:
    """The connection that is lost has worked: the list's first is next. anew: the minimum holds
    again (errata 4.12), for the server did not go while it owed an answer. One that breaks off at
    a certain message each time has growing waits, too."""
    turns[_ENTRY] = turns[_TRIES] = 0
    if anew:
        turns[_WAIT_MS], turns[_DOUBLINGS] = None, 0
