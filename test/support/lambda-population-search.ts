import * as fc from 'fast-check';
import { createSearchAlgorithm } from '../../lambda/core/search/create-search-algorithm';
import { Observation, SearchAlgorithm, SearchContext } from '../../lambda/core/search/search-algorithm';
import { SearchSpace } from '../../lambda/core/space/search-space';
import { Configuration, ParameterDefinition, SearchSpaceDefinition } from '../../lib/contract/search-space';
import { SearchAlgorithmDefinition } from '../../lib/contract/tuner-definition';
import { bestLoss, contextOf, runSearch } from './lambda-search';
import { points, searchSpaces } from './lambda-spaces';

const RANDOM: SearchAlgorithmDefinition = { name: 'random' };
const SEEDS = [1, 2, 3];

export const unit = (name: string): ParameterDefinition => ({
  name,
  type: 'continuous',
  min: 0,
  max: 1,
  scaling: 'linear',
});

export const CUBE: SearchSpaceDefinition = ['a', 'b', 'c', 'd'].map(unit);
export const sphere = (configuration: Configuration) =>
  Object.values(configuration).reduce<number>((sum, value) => sum + ((value as number) - 0.7) ** 2, 0);

const MIXED: SearchSpaceDefinition = [
  { name: 'rate', type: 'continuous', min: 1e-5, max: 1, scaling: 'logarithmic' },
  { name: 'units', type: 'integer', min: 1, max: 64, scaling: 'logarithmic' },
  { name: 'layers', type: 'ordinal', values: [1, 2, 3, 4, 6, 8] },
  { name: 'activation', type: 'categorical', values: ['relu', 'tanh', 'gelu', 'elu', 'selu'] },
  { name: 'norm', type: 'categorical', values: [true, false] },
];
const mixedLoss = ({ rate, units, layers, activation, norm }: Configuration) =>
  Math.abs(Math.log10(rate as number) + 3) / 2 +
  Math.abs(Math.log2(units as number) - 4) / 3 +
  Math.abs((layers as number) - 3) / 3 +
  ['gelu', 'relu', 'elu', 'selu', 'tanh'].indexOf(activation as string) / 4 +
  (norm === true ? 0 : 0.5);

const CONDITIONAL: SearchSpaceDefinition = [
  { name: 'model', type: 'categorical', values: ['linear', 'tree', 'net'] },
  {
    name: 'depth',
    type: 'integer',
    min: 1,
    max: 20,
    scaling: 'linear',
    activeWhen: { parameter: 'model', values: ['tree'] },
  },
  {
    name: 'leaf',
    type: 'continuous',
    min: 1e-4,
    max: 1,
    scaling: 'logarithmic',
    activeWhen: { parameter: 'model', values: ['tree'] },
  },
  { ...unit('x'), activeWhen: { parameter: 'model', values: ['net'] } },
  { ...unit('y'), activeWhen: { parameter: 'model', values: ['net'] } },
];
const conditionalLoss = ({ model, depth, leaf, x, y }: Configuration) => {
  if (model === 'linear') return 1;
  if (model === 'tree')
    return 0.5 + Math.abs((depth as number) - 7) / 20 + Math.abs(Math.log10(leaf as number) + 2) / 4;
  return 4 * (((x as number) - 0.2) ** 2 + ((y as number) - 0.9) ** 2);
};

export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Numbers so small that half of them is 0 have no place in a test of scales. */
const withoutTiny = (x: number) => (Math.abs(x) < 1e-200 ? 0 : x);

/** A study in any state: known results, failures, ties, extreme values, trials in any order of completion. */
const contexts = (objectives: number): fc.Arbitrary<SearchContext> =>
  searchSpaces({ maxParameters: 6 }).chain((definition) => {
    const space = new SearchSpace(definition);
    const loss = fc.oneof(
      { weight: 5, arbitrary: fc.double({ min: -10, max: 10, noNaN: true }).map(withoutTiny) },
      fc.constantFrom(0, 1e300, -1e300, 1e-300, Number.MAX_VALUE),
    );
    const outcome = fc.record({
      point: points(space.dimension),
      known: fc.integer({ min: 0, max: 9 }),
      status: fc.constantFrom<Observation['status']>('finished', 'finished', 'finished', 'pending', 'failed'),
      losses: fc.array(loss, { minLength: objectives, maxLength: objectives }),
      violation: fc.option(fc.double({ min: -1, max: 5 })),
    });
    return fc
      .tuple(fc.array(outcome, { maxLength: 60, size: 'max' }), fc.maxSafeNat(), fc.nat(3), fc.constantFrom(1, 4, 20))
      .map(([outcomes, seed, initialTrials, maxParallelTrials]) => {
        const history = outcomes.map(({ point, known, status, losses, violation }, i): Observation => ({
          trial: known === 0 ? 0 : i + 1,
          configuration: space.decode(point),
          status,
          ...(status === 'finished' && { losses, ...(violation !== null && { violations: [violation] }) }),
        }));
        return contextOf({
          space,
          seed,
          initialTrials,
          maxParallelTrials,
          history,
          objectives,
          trial: outcomes.length + 1,
        });
      });
  });

const shuffled = <T>(items: readonly T[], seed: number): T[] =>
  items
    .map((item, i) => ({ item, key: Math.sin(seed + 1000 * i) }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);

/** What is expected of a method that learns from a population: better than chance, and sound in any state of a study. */
export function testPopulationSearch(definition: SearchAlgorithmDefinition): void {
  const suggest = (context: SearchContext) => createSearchAlgorithm(definition).suggest(context);

  test.each([1, 2, 3])('suggests a new configuration of the space, for %d objectives', (objectives) => {
    fc.assert(
      fc.property(contexts(objectives), (context) => {
        const { space, history } = context;
        const suggestion = suggest(context);
        if ('exhausted' in suggestion) {
          expect(space.size).toBeLessThanOrEqual(history.length);
          return;
        }
        expect(space.problems(suggestion.configuration)).toEqual([]);
        const taken = history.map(({ configuration }) => space.key(configuration));
        expect(taken).not.toContain(space.key(suggestion.configuration));
      }),
      { numRuns: 60 },
    );
  });

  test('suggests the same again, in whatever order the history is listed', () => {
    fc.assert(
      fc.property(contexts(2), fc.nat(1000), (context, seed) => {
        const expected = suggest(context);
        expect(suggest(context)).toEqual(expected);
        expect(suggest({ ...context, history: shuffled(context.history, seed) })).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('an increasing change of the losses makes no difference', () => {
    fc.assert(
      fc.property(contexts(1), (context) => {
        const scaled = context.history.map((one) => ({
          ...one,
          ...(one.losses && { losses: one.losses.map((loss) => loss / 2 ** 10) }),
        }));
        // 1e-300 stays a number of its own.
        expect(suggest({ ...context, history: scaled })).toEqual(suggest(context));
      }),
      { numRuns: 60 },
    );
  });

  test('keeps trying new places when all losses are the same, or all trials fail', () => {
    const search: SearchAlgorithm = createSearchAlgorithm(definition);
    for (const loss of [0, NaN]) {
      const { history } = runSearch(search, CUBE, () => loss, 100);
      const values = history.slice(50).map(({ configuration }) => configuration.a as number);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.3);
    }
  });

  test('5,000 results of one configuration are no trouble', () => {
    const space = new SearchSpace(MIXED);
    const configuration = space.decode([0.5, 0.5, 0.5, 0.5, 0.5]);
    const history = Array.from({ length: 5000 }, (__, i): Observation => ({
      trial: i + 1,
      configuration,
      status: 'finished',
      losses: [1],
    }));
    const suggestion = suggest(contextOf({ space, history }));
    expect(suggestion).toHaveProperty('configuration');
    expect(suggestion).not.toEqual({ configuration });
  });

  test('a finite space is gone through to its end', () => {
    const small: SearchSpaceDefinition = [
      { name: 'a', type: 'categorical', values: ['x', 'y', 'z'] },
      { name: 'n', type: 'integer', min: 1, max: 4, scaling: 'linear' },
    ];
    const { history, exhausted } = runSearch(createSearchAlgorithm(definition), small, ({ n }) => n as number, 100);
    expect(history).toHaveLength(12);
    expect(exhausted).toBeDefined();
  });

  test('a trial that never ends holds nothing up', () => {
    const loss = (configuration: Configuration, trial: number) =>
      trial % 7 === 3 ? { status: 'pending' as const } : sphere(configuration);
    const meanBest = (algorithm: SearchAlgorithmDefinition) =>
      mean(SEEDS.map((seed) => bestLoss(runSearch(createSearchAlgorithm(algorithm), CUBE, loss, 100, { seed }))));
    expect(meanBest(definition)).toBeLessThan(0.5 * meanBest(RANDOM));
  });

  test('100 parameters are searched', () => {
    const wide = Array.from({ length: 100 }, (__, i) => unit(`x${i}`));
    const { history } = runSearch(createSearchAlgorithm(definition), wide, sphere, 30);
    expect(history).toHaveLength(30);
  });

  describe('beats random search', () => {
    test.each([
      ['on a sphere', CUBE, sphere, 0.3],
      ['on a mixed space', MIXED, mixedLoss, 0.7],
      ['on a conditional space', CONDITIONAL, conditionalLoss, 0.7],
    ] as const)('%s', (__, space, loss, factor) => {
      const meanBest = (algorithm: SearchAlgorithmDefinition, batch: number) =>
        mean(
          SEEDS.map((seed) =>
            bestLoss(runSearch(createSearchAlgorithm(algorithm), [...space], loss, 100, { batch, seed })),
          ),
        );
      const random = meanBest(RANDOM, 1);
      expect(meanBest(definition, 1)).toBeLessThan(factor * random);
      expect(meanBest(definition, 5)).toBeLessThan(factor * random);
    });

    test('where half of all trials fail', () => {
      const loss = (configuration: Configuration) => ((configuration.a as number) < 0.5 ? NaN : sphere(configuration));
      const meanBest = (algorithm: SearchAlgorithmDefinition) =>
        mean(SEEDS.map((seed) => bestLoss(runSearch(createSearchAlgorithm(algorithm), CUBE, loss, 100, { seed }))));
      expect(meanBest(definition)).toBeLessThan(0.5 * meanBest(RANDOM));
    });

    test('where only a corner of the space keeps the outcome constraint', () => {
      const outcome = (configuration: Configuration) => ({
        status: 'finished' as const,
        losses: [sphere(configuration)],
        violations: [Math.max(...CUBE.map(({ name }) => configuration[name] as number)) - 0.4],
      });
      const bestFeasible = (algorithm: SearchAlgorithmDefinition, seed: number) =>
        Math.min(
          2,
          ...runSearch(createSearchAlgorithm(algorithm), CUBE, outcome, 100, { seed }).history.flatMap(
            ({ losses, violations }) => (violations![0] <= 0 ? [losses![0]] : []),
          ),
        );
      const meanBest = (algorithm: SearchAlgorithmDefinition) =>
        mean(SEEDS.map((seed) => bestFeasible(algorithm, seed)));
      // the best that there is: 4 (0.7 - 0.4)².
      expect(meanBest(definition) - 0.36).toBeLessThan(0.5 * (meanBest(RANDOM) - 0.36));
    });
  });
}
