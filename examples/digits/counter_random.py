"""Random numbers that depend on (seed, stream, index) alone: the twin of counter-random.mjs, number by number."""

import numpy as np


def _mix(x):
    """Integers of 32 bits whose bits all depend on all bits of x (the finalizer of MurmurHash3)."""
    x = np.array(x, dtype=np.uint32, ndmin=1)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def integers(seed, stream, count):
    """`count` integers from 0 to 2^32 - 1."""
    key = _mix(_mix(seed + 1) + np.uint32(stream))
    return _mix(key ^ _mix(np.arange(1, count + 1)))


def uniform(seed, stream, count, limit):
    """`count` numbers from -limit to limit."""
    return ((integers(seed, stream, count) + 0.5) / 2.0**31 - 1) * limit


def shuffled(seed, stream, count):
    """The numbers from 0 to count - 1 in a random order."""
    return np.argsort(integers(seed, stream, count), kind='stable')
