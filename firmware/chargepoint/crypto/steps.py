"""A check as a generator of steps, so that the pilot is polled between them."""


def finish(steps):
    """What the generator returns, its steps one after the other."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
