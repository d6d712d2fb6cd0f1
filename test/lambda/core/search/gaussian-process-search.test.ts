import { hypervolume } from '../../../../lambda/core/models/pareto/hypervolume';
import { Random } from '../../../../lambda/core/random/random';
import { createSearchAlgorithm } from '../../../../lambda/core/search/create-search-algorithm';
import { GaussianProcessSearch } from '../../../../lambda/core/search/gaussian-process-search';
import { Observation, SearchContext } from '../../../../lambda/core/search/search-algorithm';
import { SobolSearch } from '../../../../lambda/core/search/sobol-search';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { Configuration, SearchSpaceDefinition } from '../../../../lib/contract/search-space';
import { RunOptions, bestLoss, contextOf, runSearch } from '../../../support/lambda-search';

const search = createSearchAlgorithm({ name: 'gaussianProcess' });
const random = createSearchAlgorithm({ name: 'random' });

const unit = (name: string): SearchSpaceDefinition[number] => {
  return { name, type: 'continuous', min: 0, max: 1, scaling: 'linear' };
};
const square = [unit('x'), unit('y')];
const space = new SearchSpace(square);

const at = (configuration: Configuration) => configuration as { x: number; y: number };
const bowl = (configuration: Configuration) => {
  const { x, y } = at(configuration);
  return (x - 0.3) ** 2 + (y - 0.7) ** 2;
};

/** Results at random places of a space, as of earlier trials. */
function results(
  count: number,
  outcome: (configuration: Configuration) => Partial<Observation>,
  of = space,
): Observation[] {
  const draws = new Random(1, 0, 99);
  return Array.from({ length: count }, (_, i) => {
    const configuration = of.decode(draws.point(of.dimension));
    return { trial: i + 1, configuration, status: 'finished', ...outcome(configuration) };
  });
}

function suggestion(context: SearchContext): Configuration {
  const answer = search.suggest(context);
  if ('exhausted' in answer) throw new Error(answer.exhausted);
  return answer.configuration;
}

describe('comes far nearer to the optimum than random search', () => {
  const scaled: SearchSpaceDefinition = [
    { name: 'x', type: 'continuous', min: -5, max: 5, scaling: 'linear' },
    { name: 'y', type: 'continuous', min: 1e-4, max: 1, scaling: 'logarithmic' },
  ];
  const scaledBowl = (configuration: Configuration) => {
    const { x, y } = at(configuration);
    return (x - 2) ** 2 + (Math.log10(y) + 3) ** 2;
  };

  const mixed: SearchSpaceDefinition = [
    { name: 'rate', type: 'continuous', min: 1e-5, max: 1, scaling: 'logarithmic' },
    { name: 'kind', type: 'categorical', values: ['a', 'b', 'c', 'd'] },
    { name: 'units', type: 'integer', min: 1, max: 200, scaling: 'linear' },
    { name: 'depth', type: 'integer', min: 1, max: 6, scaling: 'linear' },
    { name: 'batch', type: 'ordinal', values: [16, 32, 64, 128] },
  ];
  const costs: Record<string, number> = { a: 1, b: 0.5, c: 0, d: 2 };
  const mixedLoss = (configuration: Configuration) => {
    const { rate, kind, units, depth, batch } = configuration as Record<string, number>;
    return (
      (Math.log10(rate) + 2) ** 2 / 4 +
      costs[kind] +
      ((units - 140) / 100) ** 2 +
      (depth - 4) ** 2 / 10 +
      Math.abs(Math.log2(batch / 32)) / 4
    );
  };

  const under = (model: string, name: string) => ({
    ...unit(name),
    activeWhen: { parameter: 'model', values: [model] },
  });
  const tree: SearchSpaceDefinition = [
    { name: 'model', type: 'categorical', values: ['a', 'b', 'c'] },
    ...[under('a', 'ax'), under('a', 'ay'), under('b', 'bx'), under('b', 'by'), under('c', 'cx')],
    unit('z'),
  ];
  const treeLoss = (configuration: Configuration) => {
    const { ax, ay, bx, by, cx, z } = configuration as Record<string, number>;
    const branches: Record<string, number> = {
      a: 0.5 + (ax - 0.2) ** 2 + ay,
      b: (bx - 0.8) ** 2 + (by - 0.3) ** 2,
      c: 0.3 + cx,
    };
    return (z - 0.6) ** 2 + branches[configuration.model as string];
  };

  const cases: [string, SearchSpaceDefinition, (configuration: Configuration) => number, number, RunOptions][] = [
    ['of a bowl', scaled, scaledBowl, 24, {}],
    ['of a bowl, with another seed', scaled, scaledBowl, 24, { seed: 2 }],
    ['of a bowl, ten at a time', scaled, scaledBowl, 30, { batch: 10 }],
    ['of a mixed space', mixed, mixedLoss, 28, {}],
    ['of a space with conditions', tree, treeLoss, 30, {}],
  ];
  test.each(cases)('%s', (_, definition, loss, trials, options) => {
    const own = bestLoss(runSearch(search, definition, loss, trials, options));
    const other = bestLoss(runSearch(random, definition, loss, trials, options));
    expect(own).toBeLessThan(0.05 * other);
  });
});

describe('before there is something to model', () => {
  test.each([
    ['few trials', results(7, (one) => ({ losses: [bowl(one)] }))],
    ['trials that run', results(30, () => ({ status: 'pending' }))],
    ['trials that failed', results(30, () => ({ status: 'failed' }))],
  ])('a design comes first: %s', (_, history) => {
    const context = contextOf({ space, history });
    expect(new GaussianProcessSearch().suggest(context)).toEqual(new SobolSearch().suggest(context));
  });

  test('trials that all fail stop nothing', () => {
    const { history } = runSearch(search, square, () => NaN, 20);
    expect(new Set(history.map(({ configuration }) => space.key(configuration))).size).toBe(20);
  });
});

test('where all losses are equal it goes on all over the space', () => {
  const { history } = runSearch(search, square, () => 0.1, 24);
  const quarters = history.slice(8).map(({ configuration }) => {
    const { x, y } = at(configuration);
    return `${Math.round(x)}${Math.round(y)}`;
  });
  expect(new Set(quarters).size).toBe(4);
});

test('running trials are spread, none is where another is', () => {
  const history = results(12, (one) => ({ losses: [bowl(one)] }));
  for (let i = 0; i < 10; i++) {
    const configuration = suggestion(contextOf({ space, history }));
    history.push({ trial: history.length + 1, configuration, status: 'pending' });
  }
  const pending = history.slice(12).map(({ configuration }) => at(configuration));
  const distances = pending.flatMap((a, i) => pending.slice(0, i).map((b) => Math.hypot(a.x - b.x, a.y - b.y)));
  expect(Math.min(...distances)).toBeGreaterThan(1e-4);
  expect(distances.filter((distance) => distance < 0.05).length).toBeLessThan(distances.length / 2);
});

test('keeps away from where trials fail', () => {
  const loss = (configuration: Configuration) => {
    const { x, y } = at(configuration);
    return x < 0.5 ? NaN : (x - 0.6) ** 2 + (y - 0.5) ** 2;
  };
  const { history } = runSearch(search, square, loss, 28);
  // half of the space fails, right beside the optimum.
  expect(history.slice(12).filter(({ status }) => status === 'failed').length).toBeLessThanOrEqual(5);
  expect(bestLoss({ history })).toBeLessThan(1e-3);
});

describe('under an outcome constraint', () => {
  const holds = ({ violations }: Observation) => violations![0] <= 0;

  test('finds the best of what meets it, though all around is better', () => {
    // one eighth of the space; the optimum lies at the edge of the disc.
    const outcome = (configuration: Configuration) => {
      const { x, y } = at(configuration);
      const loss = (x - 0.2) ** 2 + (y - 0.8) ** 2;
      return { status: 'finished' as const, losses: [loss], violations: [(x - 0.7) ** 2 + (y - 0.3) ** 2 - 0.04] };
    };
    const { history } = runSearch(search, square, outcome, 28);
    const best = Math.min(...history.filter(holds).map(({ losses }) => losses![0]));
    expect(best).toBeLessThan((Math.SQRT1_2 - 0.2) ** 2 + 0.01);
  });

  test('proposes what meets it', () => {
    // a fifth of the space; the optimum lies inside, a better one far outside.
    const outcome = (configuration: Configuration) => {
      const { x, y } = at(configuration);
      const loss = Math.min((x - 0.2) ** 2 + (y - 0.5) ** 2, 0.05 + (x - 0.9) ** 2 + (y - 0.5) ** 2);
      return { status: 'finished' as const, losses: [loss], violations: [0.8 - x] };
    };
    const { history } = runSearch(search, square, outcome, 25);
    expect(history.slice(10).filter(holds).length).toBeGreaterThanOrEqual(9);
    expect(Math.min(...history.filter(holds).map(({ losses }) => losses![0]))).toBeLessThan(0.051);
  });

  test('looks for what meets it first, where nothing does yet', () => {
    const history = results(12, () => ({})).map((one) => {
      const { x, y } = at(one.configuration);
      const moved = { x: 0.5 * x, y };
      return { ...one, configuration: moved, losses: [moved.x], violations: [0.7 - moved.x] };
    });
    expect(at(suggestion(contextOf({ space, history }))).x).toBeGreaterThan(0.6);
  });

  test('follows its sign whatever its size', () => {
    const outcome = (configuration: Configuration) => {
      const { x, y } = at(configuration);
      return { status: 'finished' as const, losses: [x + y], violations: [x < 0.7 ? 1e300 : -1e-300] };
    };
    const { history } = runSearch(search, square, outcome, 25);
    // 5 of 15 would by chance.
    expect(history.slice(10).filter(holds).length).toBeGreaterThanOrEqual(9);
  });

  test('a constraint that all break alike stops nothing', () => {
    const history = results(15, (one) => ({ losses: [bowl(one)], violations: [0.1, -0.1] }));
    expect(space.problems(suggestion(contextOf({ space, history })))).toEqual([]);
  });
});

describe('of several objectives', () => {
  const squares = (configuration: Configuration) => {
    const { x, y } = at(configuration);
    return [(x - 0.2) ** 2 + (y - 0.2) ** 2, (x - 0.8) ** 2 + (y - 0.6) ** 2];
  };
  const reference = [0.6, 0.6];

  test('comes far nearer to the front than random search', () => {
    // the front is what lies between the two optima.
    const front = Array.from({ length: 1001 }, (_, i) => squares({ x: 0.2 + 0.0006 * i, y: 0.2 + 0.0004 * i }));
    const left = (algorithm: typeof search) => {
      const { history } = runSearch(algorithm, square, squares, 24, { objectives: 2 });
      const losses = history.map((one) => one.losses!);
      return hypervolume(front, reference) - hypervolume(losses, reference);
    };
    expect(left(search)).toBeLessThan(0.5 * left(random));
  });

  test('a long front and its running trials are no burden', () => {
    const history = results(100, ({ x }) => ({ losses: [x as number, 1 - (x as number)] })).map((one, i) =>
      i % 10 === 9 ? { trial: one.trial, configuration: one.configuration, status: 'pending' as const } : one,
    );
    expect(space.problems(suggestion(contextOf({ space, history, objectives: 2 })))).toEqual([]);
  });

  test('three objectives with a constraint', () => {
    const history = results(40, ({ x, y }) => {
      const [a, b] = [x as number, y as number];
      return { losses: [a, b, 1 - a * b], violations: [a + b - 1.5] };
    });
    expect(space.problems(suggestion(contextOf({ space, history, objectives: 3 })))).toEqual([]);
  });
});

test('a noisy loss leads to the optimum too', () => {
  const noise = new Random(1, 0, 99);
  const { history } = runSearch(search, square, (one) => bowl(one) + 0.02 * noise.normal(), 40);
  const near = history.slice(15).filter(({ configuration }) => bowl(configuration) < 0.2 ** 2);
  // 3 of 25 would be there by chance.
  expect(near.length).toBeGreaterThanOrEqual(9);
});

test('a lucky result where results are noisy does not keep later trials from the optimum', () => {
  const noise = new Random(2, 0, 99);
  const known = results(60, (one) => ({ losses: [bowl(one) + 0.05 * noise.normal()] }));
  const lucky = { trial: 61, configuration: { x: 0.9, y: 0.1 }, status: 'finished' as const, losses: [-0.2] };
  const history: Observation[] = [...known, lucky];
  for (let trial = 62; trial <= 70; trial++) {
    const configuration = suggestion(contextOf({ space, history, trial }));
    history.push({ trial, configuration, status: 'finished', losses: [bowl(configuration) + 0.05 * noise.normal()] });
  }
  // the values around it are checked, then left.
  expect(bowl(history.at(-1)!.configuration)).toBeLessThan(0.02);
});

test('a constraint between parameters is kept, up to its border', () => {
  const loss = (configuration: Configuration) => (at(configuration).x - 0.8) ** 2 + (at(configuration).y - 0.6) ** 2;
  const { history } = runSearch(search, new SearchSpace(square, ['x + y <= 1']), loss, 25);
  expect(history.every(({ configuration }) => at(configuration).x + at(configuration).y <= 1)).toBe(true);
  // the nearest point of the border is (0.6, 0.4).
  expect(bestLoss({ history })).toBeLessThan(0.085);
});

test('results from elsewhere help from the first trial on', () => {
  const known = results(20, (one) => ({ trial: 0, losses: [bowl(one)] }));
  expect(bowl(suggestion(contextOf({ space, history: known, trial: 1 })))).toBeLessThan(1e-3);
});

test('knows the best of a history that is too long for the model', () => {
  const history = results(600, (one) => ({ losses: [bowl(one)] })).map((one, i) =>
    i % 50 === 0 ? { trial: one.trial, configuration: one.configuration, status: 'failed' as const } : one,
  );
  expect(bowl(suggestion(contextOf({ space, history })))).toBeLessThan(1e-3);
});

test('trials that diverged to 1e300 do not blind it', () => {
  const history = results(20, (one) => {
    const loss = bowl(one);
    return { losses: [loss < 0.3 ? loss : loss < 0.5 ? 1e300 : Number.MAX_VALUE] };
  });
  expect(history.filter(({ losses }) => losses![0] > 1).length).toBeGreaterThan(2);
  expect(bowl(suggestion(contextOf({ space, history })))).toBeLessThan(1e-3);
});

test('goes through a small noisy space by what it expects, not at random', () => {
  const grid = new SearchSpace(
    ['a', 'b'].map((name) => ({ name, type: 'integer', min: 1, max: 5, scaling: 'linear' })),
  );
  const noise = new Random(4, 0, 99);
  const sum = ({ a, b }: Configuration) => (a as number) + (b as number);
  const { history } = runSearch(search, grid, (one) => sum(one) + 0.3 * noise.normal(), 25);
  const mean = (some: readonly Observation[]) =>
    some.reduce((total, { configuration }) => total + sum(configuration), 0) / some.length;
  expect(mean(history.slice(8, 14))).toBeLessThan(mean(history.slice(14, 20)));
  expect(mean(history.slice(8, 14))).toBeLessThan(5.5);
});
