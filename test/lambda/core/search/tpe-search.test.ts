import * as fc from 'fast-check';
import { createSearchAlgorithm } from '../../../../lambda/core/search/create-search-algorithm';
import { RandomSearch } from '../../../../lambda/core/search/random-search';
import { Observation, Suggestion } from '../../../../lambda/core/search/search-algorithm';
import { TpeSearch } from '../../../../lambda/core/search/tpe-search';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { Configuration, SearchSpaceDefinition } from '../../../../lib/contract/search-space';
import { bestLoss, contextOf, runSearch } from '../../../support/lambda-search';
import { points, searchSpaces } from '../../../support/lambda-spaces';

const search = new TpeSearch();

function configurationOf(suggestion: Suggestion): Configuration {
  if ('exhausted' in suggestion) throw new Error(`exhausted: ${suggestion.exhausted}`);
  return suggestion.configuration;
}

const loss = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ min: -1e300, max: 1e300, noNaN: true }),
  fc.constantFrom(1e-300, -1e-300, 1e300, -1e300, 0),
);
const outcome = fc.oneof(
  { weight: 6, arbitrary: loss.map((value) => ({ status: 'finished' as const, losses: [value] })) },
  { weight: 1, arbitrary: fc.constant({ status: 'failed' as const }) },
  { weight: 1, arbitrary: fc.constant({ status: 'pending' as const }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(loss, fc.double({ min: -1, max: 1e300, noNaN: true }))
      .map(([value, violation]) => ({ status: 'finished' as const, losses: [value], violations: [violation] })),
  },
);

/** A space and trials in it; the first few may be known from elsewhere, or be the same. */
const histories = searchSpaces({ maxParameters: 6 }).chain((definition) => {
  const space = new SearchSpace(definition);
  const trial = fc.tuple(points(space.dimension), outcome);
  return fc.tuple(fc.array(trial, { minLength: 12, maxLength: 30 }), fc.nat(3)).map(([drawn, elsewhere]) => ({
    space,
    history: drawn.map(([point, result], i): Observation => ({
      trial: Math.max(0, i + 1 - elsewhere),
      configuration: space.decode(point),
      ...result,
    })),
  }));
});

test('suggests valid configurations after any history, and no trial’s twin while there are others', () => {
  fc.assert(
    fc.property(histories, fc.maxSafeNat(), ({ space, history }, seed) => {
      const suggestion = createSearchAlgorithm({ name: 'tpe' }).suggest(contextOf({ space, history, seed }));
      if ('exhausted' in suggestion) {
        expect(new Set(history.map((one) => space.key(one.configuration))).size).toBe(space.size);
        return;
      }
      expect(space.problems(suggestion.configuration)).toEqual([]);
      expect(history.map((one) => space.key(one.configuration))).not.toContain(space.key(suggestion.configuration));
    }),
    { numRuns: 60 },
  );
});

test('the order in which trials are listed does not matter', () => {
  fc.assert(
    fc.property(
      histories.chain((one) =>
        fc.tuple(fc.constant(one), fc.shuffledSubarray(one.history, { minLength: one.history.length })),
      ),
      ([{ space, history }, shuffled]) => {
        const suggestion = search.suggest(contextOf({ space, history }));
        expect(search.suggest(contextOf({ space, history: shuffled }))).toEqual(suggestion);
      },
    ),
    { numRuns: 30 },
  );
});

test('an affine change of the losses changes no suggestion', () => {
  fc.assert(
    fc.property(
      searchSpaces({ maxParameters: 5 }).chain((definition) =>
        fc.tuple(
          fc.constant(new SearchSpace(definition)),
          fc.array(fc.tuple(points(definition.length), fc.integer({ min: -50, max: 50 })), {
            minLength: 12,
            maxLength: 25,
          }),
        ),
      ),
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: -1000, max: 1000 }),
      ([space, drawn], scale, offset) => {
        const suggest = (change: (value: number) => number) =>
          search.suggest(
            contextOf({
              space,
              history: drawn.map(([point, value], i) => ({
                trial: i + 1,
                configuration: space.decode(point),
                status: 'finished',
                losses: [change(value)],
              })),
            }),
          );
        expect(suggest((value) => scale * value + offset)).toEqual(suggest((value) => value));
      },
    ),
    { numRuns: 60 },
  );
});

const square: SearchSpaceDefinition = [
  { name: 'x', type: 'continuous', min: -5, max: 5, scaling: 'linear' },
  { name: 'y', type: 'continuous', min: 1e-4, max: 1, scaling: 'logarithmic' },
];
const bowl = ({ x, y }: Configuration) => ((x as number) - 2) ** 2 + (Math.log10(y as number) + 3) ** 2;

/** The mean over some seeds of the best loss after so many trials. */
function meanBest(
  algorithm: TpeSearch | RandomSearch,
  definition: SearchSpaceDefinition,
  evaluate: (configuration: Configuration) => number,
  trials: number,
  batch = 1,
): number {
  const seeds = [1, 2, 3];
  const best = (seed: number) => bestLoss(runSearch(algorithm, definition, evaluate, trials, { seed, batch }));
  return seeds.reduce((sum, seed) => sum + best(seed), 0) / seeds.length;
}

test.each([1, 10])('comes nearer to the optimum than random search, %d at a time', (batch) => {
  expect(meanBest(search, square, bowl, 50, batch)).toBeLessThan(
    0.3 * meanBest(new RandomSearch(), square, bowl, 50, batch),
  );
});

const tree: SearchSpaceDefinition = [
  { name: 'model', type: 'categorical', values: ['a', 'b', 'c'] },
  ...['a', 'b'].flatMap((model): SearchSpaceDefinition => [
    {
      name: `${model}1`,
      type: 'continuous',
      min: 0,
      max: 1,
      scaling: 'linear',
      activeWhen: { parameter: 'model', values: [model] },
    },
    {
      name: `${model}2`,
      type: 'integer',
      min: 1,
      max: 200,
      scaling: 'logarithmic',
      activeWhen: { parameter: 'model', values: [model] },
    },
  ]),
];
const branch = (c: Configuration) => {
  const distance = (x: string, n: string) => ((c[x] as number) - 0.3) ** 2 + (Math.log((c[n] as number) / 20) / 5) ** 2;
  return c.model === 'a' ? distance('a1', 'a2') : c.model === 'b' ? 0.2 + distance('b1', 'b2') : 0.3;
};

test('finds the best branch and the optimum in it', () => {
  expect(meanBest(search, tree, branch, 60)).toBeLessThan(0.5 * meanBest(new RandomSearch(), tree, branch, 60));
});

const table: SearchSpaceDefinition = [
  { name: 'c', type: 'categorical', values: ['p', 'q', 'r'] },
  { name: 'o', type: 'ordinal', values: [1, 2, 4, 8] },
  { name: 'n', type: 'integer', min: 0, max: 4, scaling: 'linear' },
];

test('goes through a finite space without a repeat, and ends when all of it has been tried', () => {
  const { history, exhausted } = runSearch(
    createSearchAlgorithm({ name: 'tpe' }),
    table,
    (c) => (c.n as number) + (c.o as number) + (c.c === 'q' ? 0 : 5),
    100,
  );
  expect(history).toHaveLength(60);
  expect(exhausted).toContain('60');
  // eight of the sixty have a loss of at most 4, which a random order is through with after 53.
  const good = history.flatMap(({ losses }, i) => (losses![0] <= 4 ? [i] : []));
  expect(good).toHaveLength(8);
  expect(good[good.length - 1]).toBeLessThan(45);
});

test('trials that are pending keep others away', () => {
  const { history } = runSearch(search, square, bowl, 30);
  const place = ({ x, y }: Configuration) => [(x as number) / 10, Math.log10(y as number) / 4];
  const distance = (a: Configuration, b: Configuration) => Math.hypot(...place(a).map((u, i) => u - place(b)[i]));
  // twenty suggestions at once, with all of the earlier ones known as pending, and without.
  const suggestions = (known: boolean) => {
    const all: Observation[] = [...history];
    const list: Configuration[] = [];
    for (let trial = 31; trial <= 50; trial++) {
      const one = configurationOf(
        search.suggest(contextOf({ space: new SearchSpace(square), history: all, trial, seed: 1 })),
      );
      list.push(one);
      if (known) all.push({ trial, configuration: one, status: 'pending' });
    }
    return list;
  };
  const spread = (list: Configuration[]) =>
    list.reduce((sum, a) => sum + list.reduce((inner, b) => inner + distance(a, b), 0), 0);
  expect(spread(suggestions(true))).toBeGreaterThan(1.3 * spread(suggestions(false)));
});

test('keeps away from where trials fail', () => {
  const { history } = runSearch(search, square, ({ x }) => ((x as number) > 0 ? NaN : 1), 50);
  expect(history.slice(20).filter(({ status }) => status === 'failed').length).toBeLessThan(6);
});

test('meets an outcome constraint, and gets near the optimum that it leaves', () => {
  const { history } = runSearch(
    search,
    square,
    (c) => ({ status: 'finished', losses: [bowl(c)], violations: [(c.x as number) - 0] }),
    80,
  );
  const allowed = history.filter(({ violations }) => violations![0] <= 0);
  expect(allowed.length).toBeGreaterThan(40);
  // the optimum without the constraint is 0, with it 4.
  expect(Math.min(...allowed.map(({ losses }) => losses![0]))).toBeLessThan(5);
});

test('two objectives: trials gather along the whole front', () => {
  const evaluate = ({ x, y }: Configuration) => {
    const off = (Math.log10(y as number) + 2) ** 2;
    return [((x as number) - 1) ** 2 + off, ((x as number) + 1) ** 2 + off];
  };
  const { history } = runSearch(search, square, evaluate, 100, { objectives: 2 });
  const near = history
    .slice(50)
    .filter(
      ({ configuration: { x, y } }) => Math.abs(x as number) < 1.5 && Math.abs(Math.log10(y as number) + 2) < 0.7,
    );
  expect(near.length).toBeGreaterThan(20);
  expect(near.filter(({ configuration }) => (configuration.x as number) > 0.3).length).toBeGreaterThan(3);
  expect(near.filter(({ configuration }) => (configuration.x as number) < -0.3).length).toBeGreaterThan(3);
});

test('suggests what the constraints between parameters allow', () => {
  class HalfSpace extends SearchSpace {
    override isAllowed({ x, y }: Configuration): boolean {
      return (x as number) < 5 * (Math.log10(y as number) / 2 + 1);
    }
  }
  const space = new HalfSpace(square);
  const { history } = runSearch(createSearchAlgorithm({ name: 'tpe' }), space, bowl, 40);
  expect(history.filter(({ configuration }) => !space.isAllowed(configuration))).toEqual([]);
});

test('while all trials fail, it goes on filling the space', () => {
  const { history } = runSearch(search, square, () => NaN, 30);
  expect(new Set(history.map(({ configuration }) => configuration.x)).size).toBe(30);
});

test('5,000 identical results do not stop it', () => {
  const space = new SearchSpace(square);
  const history = Array.from({ length: 5000 }, (_, i): Observation => ({
    trial: i + 1,
    configuration: { x: 0, y: 0.01 },
    status: 'finished',
    losses: [1],
  }));
  expect(space.problems(configurationOf(search.suggest(contextOf({ space, history }))))).toEqual([]);
});
