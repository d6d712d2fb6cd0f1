import * as fc from 'fast-check';
import { cellAt } from '../../../../../lambda/core/models/parzen/cells';
import { ProductMixture } from '../../../../../lambda/core/models/parzen/product-mixture';
import { Random } from '../../../../../lambda/core/random/random';
import { Observation } from '../../../../../lambda/core/search/search-algorithm';
import { encode } from '../../../../../lambda/core/space/parameter-codec';
import { SearchSpace } from '../../../../../lambda/core/space/search-space';
import { Configuration, SearchSpaceDefinition } from '../../../../../lib/contract/search-space';
import { points, searchSpaces } from '../../../../support/lambda-spaces';

const SETTINGS = { priorWeight: 1, factor: 0.7, minimum: 0.6, minimumCells: 0.5 };

function mixture(space: SearchSpace, configurations: Configuration[], weights?: number[]): ProductMixture {
  const observations = configurations.map((configuration, i): Observation => ({
    trial: i + 1,
    configuration,
    status: 'finished',
    losses: [i],
  }));
  return new ProductMixture(
    space,
    { observations, weights: Float64Array.from(weights ?? configurations.map(() => 1)) },
    SETTINGS,
  );
}

/** How likely a uniform draw is to give the configuration of a finite space. */
function uniformProbability(space: SearchSpace, configuration: Configuration): number {
  return space.parameters.reduce((product, parameter) => {
    if (!Object.hasOwn(configuration, parameter.name)) return product;
    if (parameter.type === 'categorical' || parameter.type === 'ordinal') return product / parameter.values.length;
    if (parameter.type !== 'integer') return product;
    const { lower, upper } = cellAt(parameter, encode(parameter, configuration[parameter.name]));
    return product * (upper - lower);
  }, 1);
}

const finiteSpaces = searchSpaces({ maxParameters: 4, small: true })
  .map((definition) => definition.filter(({ type }) => type !== 'continuous'))
  .filter((definition) => definition.length > 0)
  .map((definition) => new SearchSpace(definition));

test('the probabilities of all configurations of a finite space sum to 1, whatever is conditional', () => {
  fc.assert(
    fc.property(
      finiteSpaces.chain((space) => fc.tuple(fc.constant(space), fc.array(points(space.dimension), { maxLength: 6 }))),
      ([space, known]) => {
        const joint = mixture(
          space,
          known.map((point) => space.decode(point)),
          known.map((_, i) => i + 1),
        );
        let sum = 0;
        for (const one of space.enumerate()) sum += Math.exp(joint.logDensity(one)) * uniformProbability(space, one);
        expect(Math.abs(sum - 1)).toBeLessThan(2e-3);
      },
    ),
  );
});

test('draws valid configurations of any space', () => {
  fc.assert(
    fc.property(
      searchSpaces().chain((definition) =>
        fc.tuple(fc.constant(definition), fc.array(points(definition.length), { maxLength: 6 }), fc.maxSafeNat()),
      ),
      ([definition, known, seed]) => {
        const space = new SearchSpace(definition);
        const joint = mixture(
          space,
          known.map((point) => space.decode(point)),
        );
        const random = new Random(seed, 1, 99);
        for (let i = 0; i < 5; i++) {
          const one = joint.sample(random);
          expect(space.problems(one)).toEqual([]);
          expect(Number.isFinite(joint.logDensity(one))).toBe(true);
        }
      },
    ),
  );
});

const conditional: SearchSpaceDefinition = [
  { name: 'kind', type: 'categorical', values: ['a', 'b'] },
  { name: 'n', type: 'integer', min: 1, max: 3, scaling: 'linear', activeWhen: { parameter: 'kind', values: ['a'] } },
  { name: 'flag', type: 'categorical', values: [true, false] },
];

test('draws what its density says, in branches of which there are few observations too', () => {
  const space = new SearchSpace(conditional);
  const joint = mixture(space, [
    { kind: 'a', n: 1, flag: true },
    { kind: 'b', flag: false },
    { kind: 'b', flag: false },
  ]);
  const random = new Random(5, 1, 99);
  const counts = new Map<string, number>();
  const draws = 8000;
  for (let i = 0; i < draws; i++) {
    const key = space.key(joint.sample(random));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (const one of space.enumerate()) {
    const expected = Math.exp(joint.logDensity(one)) * uniformProbability(space, one);
    expect(Math.abs((counts.get(space.key(one)) ?? 0) / draws - expected)).toBeLessThan(0.03);
  }
});

test('is joint: what was only seen together is likely only together', () => {
  const space = new SearchSpace(
    ['x', 'y'].map((name) => ({ name, type: 'continuous', min: 0, max: 1, scaling: 'linear' })),
  );
  const known = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? { x: 0.1, y: 0.1 } : { x: 0.9, y: 0.9 }));
  const joint = mixture(space, known);
  const together = joint.logDensity({ x: 0.1, y: 0.1 });
  expect(together - joint.logDensity({ x: 0.1, y: 0.9 })).toBeGreaterThan(1);
  expect(joint.logDensity({ x: 0.9, y: 0.9 })).toBeCloseTo(together, 6);
});

test('without observations it is uniform', () => {
  const space = new SearchSpace(conditional);
  for (const one of space.enumerate()) expect(mixture(space, []).logDensity(one)).toBeCloseTo(0, 12);
});

test('thousands of equal observations, or those at the edges, leave it finite', () => {
  const space = new SearchSpace([{ name: 'x', type: 'continuous', min: 0, max: 1, scaling: 'linear' }]);
  for (const x of [0, 0.5, 1]) {
    const joint = mixture(space, new Array<Configuration>(5000).fill({ x }));
    for (const at of [0, 0.5, 1]) expect(Number.isFinite(joint.logDensity({ x: at }))).toBe(true);
  }
});
