"""Tries again, for a bounded time."""

import random
import time

_FIRST_DELAY = 0.25
_LONGEST_DELAY = 10


def patiently(function, *, give_up_at, is_final, wait=None):
    """Calls the function until it answers, an error is final, or it is too late for one more try.

    give_up_at: says up to which time.monotonic() to try: asked each time, for it may move.
    wait: sleeps so many seconds, and answers true when there is no point in trying again.
    """
    delay = _FIRST_DELAY
    while True:
        try:
            return function()
        except Exception as error:
            # many slots are refused at once: jitter keeps them from coming back at once.
            pause = delay * random.uniform(0.5, 1)
            if is_final(error) or time.monotonic() + pause > give_up_at():
                raise
            if wait is None:
                time.sleep(pause)
            elif wait(pause):
                raise
        delay = min(delay * 2, _LONGEST_DELAY)
