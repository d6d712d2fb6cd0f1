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

describe('normal numbers', () => {
  const N = 20_000;
  const random = new Random(5, 1, Purpose.SEARCH);
  const numbers = Array.from({ length: N }, () => random.normal());
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  test('have the moments of the standard normal distribution', () => {
    // five standard errors of each: the variances of z, z^2, z^3 and z^4 are 1, 2, 15 and 96.
    expect(Math.abs(mean(numbers))).toBeLessThan(5 * Math.sqrt(1 / N));
    expect(Math.abs(mean(numbers.map((z) => z ** 2)) - 1)).toBeLessThan(5 * Math.sqrt(2 / N));
    expect(Math.abs(mean(numbers.map((z) => z ** 3)))).toBeLessThan(5 * Math.sqrt(15 / N));
    expect(Math.abs(mean(numbers.map((z) => z ** 4)) - 3)).toBeLessThan(5 * Math.sqrt(96 / N));
  });

  test.each([
    [-2, 0.0227501319481792],
    [-1, 0.158655253931457],
    [0, 0.5],
    [1, 0.841344746068543],
    [2, 0.977249868051821],
  ])('lie below %d as often as they should', (limit, probability) => {
    const share = mean(numbers.map((z) => Number(z < limit)));
    expect(Math.abs(share - probability)).toBeLessThan(5 * Math.sqrt((probability * (1 - probability)) / N));
  });

  test('are finite even for a uniform number of 0', () => {
    const zero = new Random(5, 1, Purpose.SEARCH);
    zero.uniform = () => 0;
    expect(Number.isFinite(zero.normal())).toBe(true);
  });
});

describe('points', () => {
  test.each([0, 1, 7])('have the %d coordinates that were asked for, those of the uniform numbers', (dimension) => {
    const point = new Random(9, 4, Purpose.SEARCH).point(dimension);
    expect(point).toEqual(draw(new Random(9, 4, Purpose.SEARCH), dimension));
  });

  test('that follow each other are different', () => {
    const random = new Random(9, 4, Purpose.SEARCH);
    expect(random.point(3)).not.toEqual(random.point(3));
  });
});

describe('permutations', () => {
  test.each([0, 1, 2, 50])('of %d numbers hold each once', (n) => {
    const permutation = new Random(2, 1, Purpose.SEARCH).permutation(n);
    expect([...permutation].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  test('come equally often', () => {
    const random = new Random(2, 1, Purpose.SEARCH);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const key = random.permutation(4).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    counts.forEach((count) => expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(1000)));
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
