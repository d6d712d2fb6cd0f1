import { Purpose, Random, seedOf } from '../../../../lambda/core/random/random';

const draw = (random: Random, n: number) => Array.from({ length: n }, () => random.uniform());

describe('uniform numbers', () => {
  const N = 20_000;
  const numbers = draw(new Random(7, 1, Purpose.SEARCH), N);

  test('lie in 0 <= x < 1', () => {
    expect(numbers.every((x) => x >= 0 && x < 1)).toBe(true);
  });

  test('have the mean and the variance of a uniform distribution', () => {
    const mean = numbers.reduce((sum, x) => sum + x, 0) / N;
    const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / N;
    // five standard errors.
    expect(Math.abs(mean - 1 / 2)).toBeLessThan((5 * Math.sqrt(1 / 12)) / Math.sqrt(N));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan((5 * Math.sqrt(1 / 180)) / Math.sqrt(N));
  });

  test('fill all parts of the interval evenly', () => {
    const counts = new Array<number>(100).fill(0);
    numbers.forEach((x) => counts[Math.floor(x * 100)]++);
    const chiSquare = counts.reduce((sum, count) => sum + (count - N / 100) ** 2 / (N / 100), 0);
    // mean 99, standard deviation 14.
    expect(chiSquare).toBeGreaterThan(99 - 5 * 14);
    expect(chiSquare).toBeLessThan(99 + 5 * 14);
  });

  test('are not correlated with the one before', () => {
    const products = numbers.slice(1).reduce((sum, x, i) => sum + (x - 0.5) * (numbers[i] - 0.5), 0);
    expect(Math.abs(products / (N - 1) / (1 / 12))).toBeLessThan(5 / Math.sqrt(N));
  });

  test('use more bits than a 32-bit integer has', () => {
    expect(numbers.some((x) => !Number.isInteger(x * 2 ** 32))).toBe(true);
  });
});

describe('integers', () => {
  test('come equally often', () => {
    const random = new Random(3, 2, Purpose.SEARCH);
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 60_000; i++) counts[random.integer(6)]++;
    counts.forEach((count) => expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(10_000)));
  });

  test('are without bias where the range is no divisor of 2^32', () => {
    // a plain remainder would give the lower third half of all draws.
    const random = new Random(3, 2, Purpose.SEARCH);
    const n = 3 * 2 ** 30;
    let low = 0;
    for (let i = 0; i < 10_000; i++) {
      const value = random.integer(n);
      expect(value).toBeLessThan(n);
      if (value < 2 ** 30) low++;
    }
    expect(Math.abs(low - 3333)).toBeLessThan(250);
  });

  test.each([1, 2, 2 ** 31, 2 ** 32])('below %d stay in their range', (n) => {
    const random = new Random(1, 1, 1);
    for (let i = 0; i < 100; i++) {
      const value = random.integer(n);
      expect(Number.isInteger(value) && value >= 0 && value < n).toBe(true);
    }
  });
});

describe('streams', () => {
  const first = (seed: number, trial: number, purpose: number) => draw(new Random(seed, trial, purpose), 8);

  test('are the same for the same seed, trial and purpose', () => {
    expect(first(11, 5, Purpose.SEARCH)).toEqual(first(11, 5, Purpose.SEARCH));
  });

  test.each([
    ['another trial', first(11, 6, Purpose.SEARCH)],
    ['another purpose', first(11, 5, Purpose.FILL)],
    ['another seed', first(12, 5, Purpose.SEARCH)],
    ['a seed that differs only above 32 bits', first(11 + 2 ** 32, 5, Purpose.SEARCH)],
  ])('share no number with %s', (_, other) => {
    const own = new Set(first(11, 5, Purpose.SEARCH));
    expect(other.filter((x) => own.has(x))).toEqual([]);
  });

  test('of 10,000 neighbouring trials all begin differently', () => {
    const begins = Array.from({ length: 10_000 }, (_, trial) => new Random(0, trial, Purpose.SEARCH).uniform());
    expect(new Set(begins).size).toBe(10_000);
    const mean = begins.reduce((sum, x) => sum + x, 0) / begins.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 10_000));
  });

  test('have purposes of their own', () => {
    expect(new Set(Object.values(Purpose)).size).toBe(Object.values(Purpose).length);
  });
});

test.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
])('the seed of %j is its FNV-1a hash', (text, hash) => {
  expect(seedOf(text)).toBe(hash);
});
