/**
 * Random numbers that depend on (seed, stream, index) alone. Whoever asks for the same number gets the same number: an
 * epoch that is trained again after a restart sees the same order, and the Python twin draws the very same weights.
 */

/** An integer of 32 bits whose bits all depend on all bits of x (the finalizer of MurmurHash3). */
function mix(x) {
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** `count` integers from 0 to 2^32 - 1. */
export function integers(seed, stream, count) {
  const key = mix(mix(seed + 1) + stream);
  return Uint32Array.from({ length: count }, (_, index) => mix(key ^ mix(index + 1)));
}

/** `count` numbers from -limit to limit. */
export function uniform(seed, stream, count, limit) {
  return Float64Array.from(integers(seed, stream, count), (value) => ((value + 0.5) / 2 ** 31 - 1) * limit);
}

/** The numbers from 0 to count - 1 in a random order. */
export function shuffled(seed, stream, count) {
  const keys = integers(seed, stream, count);
  return Uint32Array.from(keys.keys()).sort((a, b) => keys[a] - keys[b] || a - b);
}
