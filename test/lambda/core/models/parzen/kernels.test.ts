import * as fc from 'fast-check';
import { CategoricalKernel } from '../../../../../lambda/core/models/parzen/categorical-kernel';
import { ContinuousKernel } from '../../../../../lambda/core/models/parzen/continuous-kernel';
import { DiscreteKernel } from '../../../../../lambda/core/models/parzen/discrete-kernel';
import { cellAt } from '../../../../../lambda/core/models/parzen/cells';
import { Kernel } from '../../../../../lambda/core/models/parzen/kernel';
import { Random } from '../../../../../lambda/core/random/random';
import { decode, encode } from '../../../../../lambda/core/space/parameter-codec';
import { IntegerDefinition, OrdinalDefinition } from '../../../../../lib/contract/search-space';

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const bandwidths = fc.double({ min: 0.005, max: 1, noNaN: true });

/** The density at a place of the kernel around the only observation. */
function density(kernel: Kernel, place: number): number {
  const sums = new Float64Array(1);
  kernel.addLogDensities(place, sums);
  return Math.exp(sums[0]);
}

const integers: fc.Arbitrary<IntegerDefinition> = fc
  .record({
    min: fc.integer({ min: 1, max: 50 }),
    span: fc.integer({ min: 1, max: 60 }),
    scaling: fc.constantFrom('linear', 'logarithmic'),
  })
  .map(({ min, span, scaling }) => ({ name: 'n', type: 'integer', min, max: min + span, scaling }));

const ordinals: fc.Arbitrary<OrdinalDefinition> = fc
  .integer({ min: 2, max: 20 })
  .map((count) => ({ name: 'o', type: 'ordinal', values: Array.from({ length: count }, (_, i) => 10 * i) }));

const valuesOf = (parameter: IntegerDefinition | OrdinalDefinition) =>
  parameter.type === 'ordinal'
    ? parameter.values
    : Array.from({ length: parameter.max - parameter.min + 1 }, (_, i) => parameter.min + i);

describe('continuous kernel', () => {
  test('is a density over the unit interval, wherever its centre lies', () => {
    fc.assert(
      fc.property(unit, bandwidths, (center, bandwidth) => {
        const kernel = new ContinuousKernel(Float64Array.of(center), bandwidth);
        const n = 1000;
        let sum = 0;
        for (let i = 0; i < n; i++) sum += density(kernel, (i + 0.5) / n) / n;
        expect(sum).toBeCloseTo(1, 3);
      }),
      { numRuns: 50 },
    );
  });

  test('has the values of the normal distribution between its bounds', () => {
    // density(1) / (2 probability(0 <= Z <= 1)) in units of 0.5, from a table of the normal distribution.
    const kernel = new ContinuousKernel(Float64Array.of(0.5), 0.5);
    expect(density(kernel, 1)).toBeCloseTo(0.241970725 / 0.682689492 / 0.5, 7);
    expect(density(kernel, 0.5)).toBeCloseTo(0.39894228 / 0.682689492 / 0.5, 7);
  });

  test('draws what its density says, inside of the interval', () => {
    const kernel = new ContinuousKernel(Float64Array.of(0.1), 0.2);
    const random = new Random(1, 1, 99);
    const draws = Array.from({ length: 4000 }, () => kernel.sample(0, random));
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThanOrEqual(1);
    for (const bound of [0.05, 0.1, 0.2, 0.4]) {
      let expected = 0;
      for (let i = 0; i < 1000; i++) expected += (density(kernel, ((i + 0.5) / 1000) * bound) * bound) / 1000;
      const share = draws.filter((x) => x < bound).length / draws.length;
      expect(Math.abs(share - expected)).toBeLessThan(0.04);
    }
  });

  test('says nothing around an observation that lacks the parameter', () => {
    const sums = Float64Array.of(1, 1);
    new ContinuousKernel(Float64Array.of(NaN, 0.5), 0.1).addLogDensities(0.5, sums);
    expect(sums[0]).toBe(1);
    expect(sums[1]).toBeGreaterThan(1);
  });
});

describe('discrete kernel', () => {
  test('gives the values probabilities that sum to 1', () => {
    fc.assert(
      fc.property(fc.oneof(integers, ordinals), unit, bandwidths, (parameter, place, bandwidth) => {
        const center = encode(parameter, decode(parameter, place));
        const kernel = new DiscreteKernel(parameter, Float64Array.of(center), bandwidth);
        const sum = valuesOf(parameter).reduce<number>((total, value) => {
          const { lower, upper } = cellAt(parameter, encode(parameter, value));
          return total + density(kernel, encode(parameter, value)) * (upper - lower);
        }, 0);
        expect(Math.abs(sum - 1)).toBeLessThan(2e-3);
      }),
    );
  });

  test('draws the values with these probabilities', () => {
    const parameter: IntegerDefinition = { name: 'n', type: 'integer', min: 1, max: 8, scaling: 'logarithmic' };
    const kernel = new DiscreteKernel(parameter, Float64Array.of(encode(parameter, 2)), 0.2);
    const random = new Random(1, 1, 99);
    const draws = Array.from({ length: 4000 }, () => decode(parameter, kernel.sample(0, random)));
    for (const value of valuesOf(parameter)) {
      const { lower, upper } = cellAt(parameter, encode(parameter, value));
      const expected = density(kernel, encode(parameter, value)) * (upper - lower);
      expect(Math.abs(draws.filter((drawn) => drawn === value).length / 4000 - expected)).toBeLessThan(0.04);
    }
  });

  test('each value lies in its own cell, and the cells tile the interval', () => {
    fc.assert(
      fc.property(fc.oneof(integers, ordinals), (parameter) => {
        const cells = valuesOf(parameter).map((value) => {
          const place = encode(parameter, value);
          return { place, ...cellAt(parameter, place) };
        });
        expect(cells.filter(({ place, lower, upper }) => !(lower < place && place < upper))).toEqual([]);
        const gaps = cells.map(({ lower }, i) => Math.abs(lower - (cells[i - 1]?.upper ?? 0)));
        expect(Math.max(...gaps, 1 - cells[cells.length - 1].upper)).toBeLessThan(1e-9);
      }),
    );
  });

  test('far from its centre the density is small, not zero', () => {
    const parameter: IntegerDefinition = { name: 'n', type: 'integer', min: 1, max: 4, scaling: 'linear' };
    const kernel = new DiscreteKernel(parameter, Float64Array.of(encode(parameter, 1)), 0.005);
    const sums = new Float64Array(1);
    kernel.addLogDensities(encode(parameter, 4), sums);
    expect(Number.isFinite(sums[0])).toBe(true);
  });
});

describe('categorical kernel', () => {
  test('gives the categories probabilities that sum to 1, the most to its own', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 20 }),
        fc.nat(19),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (count, index, share) => {
          const own = index % count;
          const place = (category: number) => (category + 0.5) / count;
          const bandwidth = (share * (count - 1)) / count;
          const kernel = new CategoricalKernel(Float64Array.of(place(own)), count, bandwidth);
          const all = Array.from({ length: count }, (_, category) => density(kernel, place(category)) / count);
          expect(all.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
          expect(all[own]).toBeCloseTo(1 - bandwidth, 9);
          expect(Math.max(...all)).toBe(all[own]);
        },
      ),
    );
  });

  test('draws its own category and the others with these probabilities', () => {
    const kernel = new CategoricalKernel(Float64Array.of(0.5), 3, 0.3);
    const random = new Random(1, 1, 99);
    const counts = [0, 0, 0];
    for (let i = 0; i < 4000; i++) counts[Math.floor(3 * kernel.sample(0, random))]++;
    [0.15, 0.7, 0.15].forEach((share, i) => expect(Math.abs(counts[i] / 4000 - share)).toBeLessThan(0.04));
  });
});
