import * as fc from 'fast-check';
import { hyperbandBrackets, survivorsOf } from '../../../../lambda/core/schedulers/hyperband-brackets';

/** n_i and r_i of each bracket, as the papers print them. */
const table = (minResource: number, maxResource: number, reductionFactor: number) =>
  hyperbandBrackets({ minResource, maxResource, reductionFactor }).map(({ size, levels }) => {
    let trials = size;
    return levels.map((level, i) => {
      if (i > 0) trials = survivorsOf(trials, reductionFactor);
      return [trials, level];
    });
  });

describe('the brackets of Hyperband', () => {
  test('table 1 of the paper: R = 81, η = 3', () => {
    expect(table(1, 81, 3)).toEqual([
      [[81, 1], [27, 3], [9, 9], [3, 27], [1, 81]], // prettier-ignore
      [[34, 3], [11, 9], [3, 27], [1, 81]], // prettier-ignore
      [
        [15, 9],
        [5, 27],
        [1, 81],
      ],
      [
        [8, 27],
        [2, 81],
      ],
      [[5, 81]],
    ]);
  });

  test('algorithm 1 of the paper with R = 16, η = 4', () => {
    expect(table(1, 16, 4)).toEqual([
      [
        [16, 1],
        [4, 4],
        [1, 16],
      ],
      [
        [6, 4],
        [1, 16],
      ],
      [[3, 16]],
    ]);
  });

  test('counts resources from the minimum on', () => {
    expect(table(5, 45, 3)).toEqual([
      [
        [9, 5],
        [3, 15],
        [1, 45],
      ],
      [
        [5, 15],
        [1, 45],
      ],
      [[3, 45]],
    ]);
  });

  test('with a factor that is no whole number at least one trial goes on', () => {
    expect(table(1, 6.25, 2.5)).toEqual([
      [
        [7, 1],
        [2, 2.5],
        [1, 6.25],
      ],
      [
        [4, 2.5],
        [1, 6.25],
      ],
      [[3, 6.25]],
    ]);
  });

  test('a maximum that is no power of the factor is the last rung', () => {
    expect(table(1, 50, 3)[0].map(([, level]) => level)).toEqual([1, 3, 9, 27, 50]);
  });

  test('a rung that is nearly the maximum is none, so that there are as many brackets as in the paper', () => {
    // s_max = ⌊log_3 100⌋ = 4.
    expect(table(1, 100, 3)).toEqual([
      [[81, 1], [27, 3], [9, 9], [3, 27], [1, 100]], // prettier-ignore
      [[34, 3], [11, 9], [3, 27], [1, 100]], // prettier-ignore
      [
        [15, 9],
        [5, 27],
        [1, 100],
      ],
      [
        [8, 27],
        [2, 100],
      ],
      [[5, 100]],
    ]);
  });

  test('the minimum is a rung, however near the maximum is', () => {
    expect(table(50, 80, 3)).toEqual([[[3, 50], [1, 80]], [[2, 80]]]); // prettier-ignore
  });

  test('a single rung is a single bracket', () => {
    expect(table(7, 7, 3)).toEqual([[[1, 7]]]);
  });

  test('each bracket is a suffix of the first, and from fewer trials each gets more', () => {
    const definitions = fc.record({
      minResource: fc.double({ min: 0.1, max: 10, noNaN: true }),
      ratio: fc.double({ min: 1, max: 500, noNaN: true }),
      reductionFactor: fc.double({ min: 1.5, max: 8, noNaN: true }),
    });
    fc.assert(
      fc.property(definitions, ({ minResource, ratio, reductionFactor }) => {
        const maxResource = minResource * ratio;
        const brackets = hyperbandBrackets({ minResource, maxResource, reductionFactor });
        const all = brackets[0].levels;
        expect(all.at(-1)).toBe(maxResource);
        brackets.forEach(({ size, levels }, i) => {
          expect(levels).toEqual(all.slice(i));
          expect(size).toBeGreaterThanOrEqual(1);
          // the paper's formula has it so from a factor of 2 on.
          if (i > 0 && reductionFactor >= 2) expect(size).toBeLessThanOrEqual(brackets[i - 1].size);
        });
        expect(brackets.at(-1)).toEqual({ size: brackets.length, levels: [maxResource] });
        // no step is much shorter or longer than the factor, a first one that is the last excepted.
        all.slice(2).forEach((level, i) => {
          expect(level / all[i + 1]).toBeGreaterThan(Math.sqrt(reductionFactor) * 0.999);
          expect(level / all[i + 1]).toBeLessThan(reductionFactor ** 1.5 * 1.001);
        });
      }),
    );
  });
});

test.each([
  [0, 3, 0],
  [1, 3, 1],
  [2, 3, 1],
  [3, 3, 1],
  [5, 3, 1],
  [6, 3, 2],
  [81, 3, 27],
  [3, 1.1, 2],
  [11, 1.1, 10],
])('of %d trials with a factor of %d go on %d', (trials, factor, survivors) => {
  expect(survivorsOf(trials, factor)).toBe(survivors);
});
