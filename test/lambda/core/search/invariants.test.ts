import * as fc from 'fast-check';
import { Purpose, Random } from '../../../../lambda/core/random/random';
import { createSearchAlgorithm } from '../../../../lambda/core/search/create-search-algorithm';
import { Observation, SearchContext, Suggestion } from '../../../../lambda/core/search/search-algorithm';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { SearchAlgorithmDefinition } from '../../../../lib/contract/tuner-definition';
import { finiteSpaces, mixedSpace, searchContexts } from '../../../support/lambda-histories';
import { contextOf, runSearch } from '../../../support/lambda-search';
import { searchSpaces } from '../../../support/lambda-spaces';

interface Case {
  readonly name: string;
  readonly definition: SearchAlgorithmDefinition;
  /** How often a property is tried: fewer times where a suggestion costs more. */
  readonly runs: number;
}

/** All of them, with populations that a short history fills. */
const DEFINITIONS: SearchAlgorithmDefinition[] = [
  { name: 'auto' },
  { name: 'gaussianProcess' },
  { name: 'tpe' },
  { name: 'cmaEs', populationSize: 6 },
  { name: 'evolution', populationSize: 8, sampleSize: 3 },
  { name: 'nsga2', populationSize: 8 },
  { name: 'random' },
  { name: 'sobol' },
  { name: 'grid', pointsPerParameter: 3 },
];
const RUNS: Record<string, number> = { auto: 8, gaussianProcess: 20 };
const ALGORITHMS: Case[] = DEFINITIONS.map((definition) => ({
  name: definition.name,
  definition,
  runs: RUNS[definition.name] ?? 60,
}));

const suggest = ({ definition }: Case, context: SearchContext): Suggestion =>
  createSearchAlgorithm(definition).suggest(context);

const keysOf = ({ space, history }: Pick<SearchContext, 'space' | 'history'>): string[] =>
  history.map(({ configuration }) => space.key(configuration));

/** A configuration that is the space's, that the constraints allow and that no trial has had; or an end that is true. */
function expectSound(algorithm: Case, context: SearchContext, suggestion: Suggestion): void {
  const { space } = context;
  if ('configuration' in suggestion) {
    expect(space.problems(suggestion.configuration)).toEqual([]);
    expect(space.isAllowed(suggestion.configuration)).toBe(true);
    expect(keysOf(context)).not.toContain(space.key(suggestion.configuration));
  } else if (algorithm.name !== 'grid') {
    // the grid is a part of the space only, with an end of its own.
    expect(space.size).toBeLessThanOrEqual(1000);
    const taken = new Set(keysOf(context));
    const left = [...space.enumerate()].filter((one) => space.isAllowed(one) && !taken.has(space.key(one)));
    expect(left).toEqual([]);
  }
}

const withPending = (context: SearchContext, configuration: Observation['configuration']): SearchContext => ({
  ...context,
  trial: context.trial + 1,
  history: [...context.history, { trial: context.trial, configuration, status: 'pending' }],
});

describe.each(ALGORITHMS)('$name', (algorithm) => {
  const { definition, runs } = algorithm;

  test('suggests what is valid, allowed and new, and no twin of it while it runs', () => {
    fc.assert(
      fc.property(searchContexts(), (context) => {
        let now = context;
        for (let pending = 0; pending < 3; pending++) {
          const suggestion = suggest(algorithm, now);
          expectSound(algorithm, now, suggestion);
          if ('exhausted' in suggestion) return;
          now = withPending(now, suggestion.configuration);
        }
      }),
      { numRuns: runs },
    );
  });

  test('answers the same to the same, in whatever order it is told and whatever was asked before', () => {
    const contexts = searchContexts().chain((context) =>
      fc.record({
        context: fc.constant(context),
        shuffled: fc.shuffledSubarray([...context.history], { minLength: context.history.length }),
      }),
    );
    fc.assert(
      fc.property(contexts, ({ context, shuffled }) => {
        const before = JSON.stringify(context.history);
        const suggestion = suggest(algorithm, context);
        suggest(algorithm, { ...context, seed: 0, history: context.history.slice(1) });
        expect(suggest(algorithm, { ...context, history: shuffled })).toEqual(suggestion);
        expect(JSON.stringify(context.history)).toBe(before);
      }),
      { numRuns: runs },
    );
  });

  test('goes through a finite space to its end, once', () => {
    fc.assert(
      fc.property(
        finiteSpaces(30),
        fc.constantFrom(1, 4),
        fc.maxSafeNat(),
        fc.constantFrom('constant', 'different', 'failing'),
        (parameters, batch, seed, losses) => {
          const space = new SearchSpace(parameters);
          const evaluate = (_: unknown, trial: number) =>
            losses === 'constant' ? 1 : losses === 'different' ? (trial * 7) % 10 : trial % 2 === 0 ? NaN : trial;
          const run = runSearch(createSearchAlgorithm(definition), space, evaluate, space.size + 1, { batch, seed });
          expect(new Set(keysOf({ space, history: run.history })).size).toBe(run.history.length);
          expect(run.history).toHaveLength(space.size);
          expect(run.exhausted).toContain('have been tried');
        },
      ),
      { numRuns: Math.ceil(runs / 6) },
    );
  });

  test('has one suggestion for a space of one point', () => {
    const run = runSearch(
      createSearchAlgorithm(definition),
      [
        { name: 'batch_size', type: 'constant', value: 32 },
        { name: 'optimizer', type: 'categorical', values: ['adam'] },
        { name: 'width', type: 'ordinal', values: [8], activeWhen: { parameter: 'optimizer', values: ['adam'] } },
      ],
      () => 1,
      3,
    );
    expect(run.history.map(({ configuration }) => configuration)).toEqual([
      { batch_size: 32, optimizer: 'adam', width: 8 },
    ]);
    expect(run.exhausted).toBeDefined();
  });

  test.each([1, 2])('goes on where each of %d objectives is constant', (objectives) => {
    const space = mixedSpace(7);
    const losses = new Array<number>(objectives).fill(-7e-5);
    const { history } = runSearch(createSearchAlgorithm(definition), space, () => losses, 15, { objectives });
    expect(new Set(keysOf({ space, history })).size).toBe(15);
  });

  test('can do 100 parameters', () => {
    const space = mixedSpace(100);
    const random = new Random(1, 0, Purpose.SEARCH);
    const history = Array.from({ length: 30 }, (_, i): Observation => {
      const point = random.point(space.dimension);
      const losses = [point.reduce((sum, x) => sum + (x - 0.5) ** 2, 0)];
      return { trial: i + 1, configuration: space.decode(point), status: 'finished', losses };
    });
    let context = contextOf({ space, history });
    for (let pending = 0; pending < 2; pending++) {
      const suggestion = suggest(algorithm, context);
      expectSound(algorithm, context, suggestion);
      if ('configuration' in suggestion) context = withPending(context, suggestion.configuration);
    }
  });

  test.each([
    ['of as many configurations', (i: number) => (i + 0.5) / 5000],
    ['of one configuration', () => 0.3],
  ])('is neither stopped nor held by 5,000 identical results %s', (_, coordinate) => {
    const space = mixedSpace(7);
    const history = Array.from({ length: 5000 }, (_, i): Observation => {
      const point = Array.from({ length: space.dimension }, (_, k) => (coordinate(i) * (2 * k + 1)) % 1);
      return { trial: i + 1, configuration: space.decode(point), status: 'finished', losses: [0.5] };
    });
    const context = contextOf({ space, history, maxTrials: 10_000 });
    expectSound(algorithm, context, suggest(algorithm, context));
  });

  test('is not held by trials that all failed', () => {
    const space = mixedSpace(7);
    const run = runSearch(createSearchAlgorithm(definition), space, () => NaN, 30, { batch: 3 });
    expect(new Set(keysOf({ space, history: run.history })).size).toBe(30);
  });
});

describe.each(ALGORITHMS.filter(({ name }) => ['auto', 'gaussianProcess', 'tpe'].includes(name)))(
  '$name, told other units,',
  (algorithm) => {
    // with these losses, 16 of them, sums and mean are exact, before the change and after.
    const dyadic = fc.integer({ min: -500, max: 500 }).map((n) => n / 64);
    const studies = searchSpaces({ maxParameters: 5 }).chain((definition) => {
      const space = new SearchSpace(definition);
      return fc.record({
        space: fc.constant(space),
        seed: fc.maxSafeNat(),
        losses: fc.array(dyadic, { minLength: 16, maxLength: 16 }),
        coordinates: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 16, maxLength: 16 }),
      });
    });

    test.each([
      ['a multiple', 4, 0],
      ['a fraction', 1 / 1024, 0],
      ['a shift', 1, 20],
      ['both', 4, -37.5],
    ])('suggests the same: %s', (_, scale, shift) => {
      fc.assert(
        fc.property(studies, ({ space, seed, losses, coordinates }) => {
          const told = (change: (loss: number) => number) =>
            contextOf({
              space,
              seed,
              history: losses.map((loss, i) => ({
                trial: i + 1,
                configuration: space.decode(
                  Array.from({ length: space.dimension }, (_, k) => (coordinates[i] * (3 * k + 1) + k * 0.37) % 1),
                ),
                status: 'finished',
                losses: [change(loss)],
              })),
            });
          expect(
            suggest(
              algorithm,
              told((loss) => scale * loss + shift),
            ),
          ).toEqual(
            suggest(
              algorithm,
              told((loss) => loss),
            ),
          );
        }),
        { numRuns: Math.ceil(algorithm.runs / 3) },
      );
    });

    test('suggests the same where the change has to round', () => {
      const space = mixedSpace(7);
      for (const seed of [1, 2, 3]) {
        const random = new Random(seed, 0, Purpose.SEARCH);
        const trials = Array.from({ length: 20 }, () => random.point(space.dimension));
        const told = (change: (loss: number) => number) =>
          contextOf({
            space,
            seed,
            history: trials.map((point, i) => ({
              trial: i + 1,
              configuration: space.decode(point),
              status: 'finished',
              losses: [change(point.reduce((sum, x) => sum + (x - 0.4) ** 2, 0))],
            })),
          });
        const [plain, changed] = [told((loss) => loss), told((loss) => 3.7 * loss - 1234.5)].map((context) => {
          const suggestion = suggest(algorithm, context);
          return 'configuration' in suggestion ? space.encode(suggestion.configuration) : [];
        });
        expect(plain).toHaveLength(space.dimension);
        plain.forEach((coordinate, i) => {
          if (coordinate === undefined) expect(changed[i]).toBeUndefined();
          else expect(changed[i]).toBeCloseTo(coordinate, 4);
        });
      }
    });
  },
);
