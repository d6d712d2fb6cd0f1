import * as fc from 'fast-check';
import { Acquisition } from '../../../../../lambda/core/models/acquisition/acquisition';
import { candidates, perturbed } from '../../../../../lambda/core/models/acquisition/candidates';
import { maximize } from '../../../../../lambda/core/models/acquisition/maximize';
import { ModelInputs } from '../../../../../lambda/core/models/gaussian-process/model-inputs';
import { Random } from '../../../../../lambda/core/random/random';
import { SearchSpace } from '../../../../../lambda/core/space/search-space';
import { Configuration, SearchSpaceDefinition } from '../../../../../lib/contract/search-space';
import { finiteSpaces } from '../../../../support/lambda-histories';
import { searchSpaces } from '../../../../support/lambda-spaces';

const random = (stream = 1) => new Random(1, stream, 99);
const all = () => true;

/** A hill around a point; another category than the point's costs 1. */
class Hill implements Acquisition {
  constructor(
    private readonly inputs: ModelInputs,
    private readonly top: Float64Array,
  ) {}

  value(point: Float64Array): number {
    return this.valueAndGradient(point, new Float64Array(point.length));
  }

  valueAndGradient(point: Float64Array, gradient: Float64Array): number {
    return point.reduce((sum, coordinate, c) => {
      const delta = coordinate - this.top[c];
      const { isCategorical } = this.inputs.dimensions[c];
      gradient[c] = isCategorical ? 0 : -2 * delta;
      return sum - (isCategorical ? Number(delta !== 0) : delta * delta);
    }, 0);
  }
}

function observedIn(inputs: ModelInputs, count: number): Float64Array[] {
  const draws = random(2);
  return Array.from({ length: count }, () => inputs.fromUnitCube(draws.point(inputs.space.dimension)));
}

const mixed: SearchSpaceDefinition = [
  { name: 'x', type: 'continuous', min: 0, max: 1, scaling: 'linear' },
  { name: 'y', type: 'continuous', min: 1e-4, max: 1, scaling: 'logarithmic' },
  { name: 'kind', type: 'categorical', values: ['a', 'b', 'c', 'd'] },
  { name: 'width', type: 'integer', min: 1, max: 1000, scaling: 'linear' },
  { name: 'depth', type: 'integer', min: 1, max: 8, scaling: 'linear' },
  { name: 'batch', type: 'ordinal', values: [16, 32, 64] },
  {
    name: 'rate',
    type: 'continuous',
    min: 0,
    max: 1,
    scaling: 'linear',
    activeWhen: { parameter: 'kind', values: ['c', 'd'] },
  },
];

test.each([
  ['in the middle', { x: 0.31, y: 0.02, kind: 'c', width: 417, depth: 3, batch: 32, rate: 0.8 }],
  ['where a parameter is not active', { x: 0.6, y: 0.3, kind: 'b', width: 12, depth: 7, batch: 64 }],
  ['at bounds', { x: 0, y: 1e-4, kind: 'd', width: 1000, depth: 8, batch: 16, rate: 0 }],
])('finds the highest point of a mixed space, %s', (_, top: Configuration) => {
  const inputs = new ModelInputs(new SearchSpace(mixed));
  for (const stream of [1, 2, 3]) {
    const hill = new Hill(inputs, inputs.toPoint(top));
    const found = maximize(hill, inputs, observedIn(inputs, 5), all, random(stream))!;
    expect(Object.keys(found).sort()).toEqual(Object.keys(top).sort());
    expect(found).toMatchObject({ kind: top.kind, depth: top.depth, batch: top.batch });
    const point = inputs.toPoint(found);
    inputs.toPoint(top).forEach((coordinate, c) => expect(Math.abs(point[c] - coordinate)).toBeLessThan(2e-3));
  }
});

test('only answers with what is new and of the space', () => {
  const cases = searchSpaces({ maxParameters: 5 }).map((definition) => new SearchSpace(definition));
  fc.assert(
    fc.property(cases, fc.nat(3), (space, divisor) => {
      const inputs = new ModelInputs(space);
      if (inputs.size === 0) return;
      const isNew = (configuration: Configuration) => space.key(configuration).length % 4 !== divisor;
      const observed = observedIn(inputs, 3);
      const found = maximize(new Hill(inputs, observed[0]), inputs, observed, isNew, random());
      if (found === undefined) return;
      expect(isNew(found)).toBe(true);
      expect(space.problems(found)).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

test('has no answer where nothing is new', () => {
  const inputs = new ModelInputs(new SearchSpace(mixed));
  const observed = observedIn(inputs, 4);
  expect(maximize(new Hill(inputs, observed[0]), inputs, observed, () => false, random())).toBeUndefined();
});

test('finds the best that is left of a small space, however much of the best is taken', () => {
  fc.assert(
    fc.property(finiteSpaces(30), fc.nat(29), (definition, taken) => {
      const space = new SearchSpace(definition);
      const inputs = new ModelInputs(space);
      if (inputs.size === 0) return;
      const observed = observedIn(inputs, 3);
      const hill = new Hill(inputs, observed[0]);
      const height = (configuration: Configuration) => hill.value(inputs.toPoint(configuration));
      const ranked = [...space.enumerate()].sort((a, b) => height(b) - height(a));
      if (taken >= ranked.length) return;
      const old = new Set(ranked.slice(0, taken).map((one) => space.key(one)));
      const found = maximize(hill, inputs, observed, (one) => !old.has(space.key(one)), random());
      expect(found).toBeDefined();
      expect(height(found!)).toBeCloseTo(height(ranked[taken]), 9);
    }),
    { numRuns: 40 },
  );
});

test('is stopped by no plateau and no number that is none', () => {
  const inputs = new ModelInputs(new SearchSpace(mixed));
  const observed = observedIn(inputs, 4);
  for (const height of [0, -Infinity, NaN]) {
    const flat: Acquisition = {
      value: () => height,
      valueAndGradient: (_, gradient) => {
        gradient.fill(0);
        return height;
      },
    };
    expect(maximize(flat, inputs, observed, all, random())).toBeDefined();
  }
});

test('the same random numbers find the same', () => {
  const inputs = new ModelInputs(new SearchSpace(mixed));
  const observed = observedIn(inputs, 4);
  const find = () => maximize(new Hill(inputs, observed[1]), inputs, observed, all, random(9));
  expect(find()).toEqual(find());
});

describe('candidates', () => {
  test('lie where configurations lie', () => {
    fc.assert(
      fc.property(searchSpaces({ maxParameters: 5 }), fc.constantFrom(1, 2, 30), (definition, count) => {
        const inputs = new ModelInputs(new SearchSpace(definition));
        if (inputs.size === 0) return;
        for (const point of candidates(inputs, observedIn(inputs, count), random()).slice(-150)) {
          const snapped = inputs.snap(Float64Array.from(point));
          snapped.forEach((coordinate, c) => expect(Math.abs(coordinate - point[c])).toBeLessThan(1e-6));
        }
      }),
      { numRuns: 10 },
    );
  });

  test('some lie at bounds, some beside the best', () => {
    const definition: SearchSpaceDefinition = ['x', 'y'].map((name) => {
      return { name, type: 'continuous', min: 0, max: 1, scaling: 'linear' };
    });
    const inputs = new ModelInputs(new SearchSpace(definition));
    const best = Float64Array.of(0.4, 0.6);
    const drawn = candidates(inputs, [best, Float64Array.of(0.9, 0.9)], random());
    const atBound = drawn.filter((point) => point.some((x) => x < 1e-9 || x > 1 - 1e-9));
    expect(atBound.length).toBeGreaterThan(50);
    expect(drawn.filter(([x, y]) => Math.hypot(x - best[0], y - best[1]) < 0.1).length).toBeGreaterThan(30);
  });

  test('a neighbour is near in numbers', () => {
    const inputs = new ModelInputs(new SearchSpace(mixed));
    const point = inputs.toPoint({ x: 0.3, y: 0.02, kind: 'c', width: 400, depth: 3, batch: 32, rate: 0.8 });
    const draws = random(3);
    for (let i = 0; i < 50; i++) {
      const [x, y, , width] = perturbed(inputs, point, 0.01, draws);
      expect(Math.max(Math.abs(x - point[0]), Math.abs(y - point[1]), Math.abs(width - point[3]))).toBeLessThan(0.05);
    }
  });
});
