import * as fc from 'fast-check';
import { importanceOf } from '../../../../lambda/core/importance/importance';
import { Random } from '../../../../lambda/core/random/random';
import { Observation } from '../../../../lambda/core/search/search-algorithm';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { Configuration, ParameterDefinition } from '../../../../lib/contract/search-space';
import { searchSpaces } from '../../../support/lambda-spaces';

const unit = (name: string): ParameterDefinition => ({ name, type: 'continuous', min: 0, max: 1, scaling: 'linear' });

/** Random trials of a space with these losses. */
function historyOf(space: SearchSpace, trials: number, loss: (configuration: Configuration) => number): Observation[] {
  const random = new Random(5, 1, 99);
  return Array.from({ length: trials }, (_, i) => {
    const configuration = space.decode(random.point(space.dimension));
    return { trial: i + 1, configuration, status: 'finished', losses: [loss(configuration)] };
  });
}

function importances(
  definition: ParameterDefinition[],
  loss: (configuration: Record<string, number>) => number,
  trials = 300,
): Record<string, number> {
  const space = new SearchSpace(definition);
  const history = historyOf(space, trials, (configuration) => loss(configuration as Record<string, number>));
  return Object.fromEntries(
    importanceOf(space, history, 1).map(({ parameter, importance }) => [parameter, importance]),
  );
}

const close = (expected: number, tolerance = 0.06) => ({
  asymmetricMatch: (actual: number) => Math.abs(actual - expected) < tolerance,
  toString: () => `within ${tolerance} of ${expected}`,
});

test('the most important parameter comes first, and all add up to 1', () => {
  const space = new SearchSpace([unit('small'), unit('none'), unit('large')]);
  const result = importanceOf(
    space,
    historyOf(space, 100, ({ small, large }) => Number(small) + 3 * Number(large)),
    1,
  );
  expect(result.map(({ parameter }) => parameter)).toEqual(['large', 'small', 'none']);
  expect(result.reduce((sum, { importance }) => sum + importance, 0)).toBeCloseTo(1, 12);
});

test('importances are the shares of the variance, whichever way the parameters are written', () => {
  expect(importances([unit('x'), unit('y'), unit('z')], ({ x, y }) => 2 * x + y)).toEqual({
    x: close(0.8),
    y: close(0.2),
    z: close(0, 0.02),
  });
});

test('a logarithmic parameter counts in its logarithm', () => {
  const rate: ParameterDefinition = { name: 'rate', type: 'continuous', min: 1e-5, max: 1, scaling: 'logarithmic' };
  // both terms are uniform on 0 to 1.
  expect(importances([rate, unit('x')], (c) => Math.log10(c.rate) / 5 + c.x)).toEqual({
    rate: close(0.5),
    x: close(0.5),
  });
});

test('categories, levels and integers count by the variance of their means', () => {
  const space: ParameterDefinition[] = [
    // +-1 for three against one: 4 * 3/16.
    { name: 'category', type: 'categorical', values: ['a', 'b', 'c', 'd'] },
    // variance of 0, 1, 2: 2/3.
    { name: 'level', type: 'ordinal', values: [1, 10, 100] },
    // variance of 0 to 3: 5/4, halved.
    { name: 'integer', type: 'integer', min: 1, max: 4, scaling: 'linear' },
  ];
  const loss = (c: Configuration) =>
    (c.category === 'c' ? 1 : -1) + Math.log10(c.level as number) + (c.integer as number) / Math.SQRT2;
  const sum = 3 / 4 + 2 / 3 + 5 / 8;
  expect(importances(space, loss as (c: Record<string, number>) => number, 500)).toEqual({
    category: close(3 / 4 / sum),
    level: close(2 / 3 / sum),
    integer: close(5 / 8 / sum),
  });
});

describe('a conditional parameter', () => {
  const algorithm: ParameterDefinition = { name: 'algorithm', type: 'categorical', values: ['a', 'b', 'c', 'd'] };
  const child: ParameterDefinition = { ...unit('child'), activeWhen: { parameter: 'algorithm', values: ['a'] } };

  test('counts by its variance where it is active, times how much of the space that is', () => {
    // child: variance 16/12 in a quarter of the space; x: 1/12.
    expect(
      importances([algorithm, child, unit('x')], ({ child: c, x }) => (c === undefined ? 2 : 4 * c) + x, 600),
    ).toEqual({
      child: close(0.8, 0.1),
      x: close(0.2, 0.1),
      algorithm: close(0, 0.06),
    });
  });

  test('takes nothing from the one that it depends on', () => {
    const result = importances([algorithm, child], ({ child: c }) => (c === undefined ? 0 : 1));
    expect(result).toEqual({ algorithm: close(1, 0.02), child: close(0, 0.02) });
  });

  test('of an integer, with a child of its own, is found too', () => {
    const layers: ParameterDefinition = { name: 'layers', type: 'integer', min: 1, max: 4, scaling: 'logarithmic' };
    const kind: ParameterDefinition = {
      name: 'kind',
      type: 'ordinal',
      values: ['no', 'yes'],
      activeWhen: { parameter: 'layers', values: [2, 3, 4] },
    };
    const rate: ParameterDefinition = { ...unit('rate'), activeWhen: { parameter: 'kind', values: ['yes'] } };
    const result = importances([rate, kind, layers], ({ rate: r }) => (r === undefined ? 0.5 : r), 600);
    expect(result.rate).toBeGreaterThan(0.85);
  });
});

test('a few trials that went astray are not all there is to see', () => {
  const definition = [unit('x'), unit('y')];
  const loss = ({ x, y }: Record<string, number>) => (y > 0.97 ? 1e300 : x);
  expect(importances(definition, loss).x).toBeGreaterThan(0.5);
});

test('a constant has no importance', () => {
  const constant: ParameterDefinition = { name: 'constant', type: 'constant', value: 'c' };
  expect(importances([constant, unit('x')], ({ x }) => x)).toEqual({ x: 1, constant: 0 });
});

test.each<[string, number, (configuration: Configuration) => number]>([
  ['nothing is known', 0, () => 1],
  ['too little is known', 9, ({ x }) => x as number],
  ['all results are the same', 5000, () => 0.1],
])('there are none when %s', (_, trials, loss) => {
  const space = new SearchSpace([unit('x')]);
  expect(importanceOf(space, historyOf(space, trials, loss), 1)).toEqual([]);
});

test('only finished trials count', () => {
  const space = new SearchSpace([unit('x')]);
  const history = historyOf(space, 20, ({ x }) => x as number);
  const others = history.map(({ trial, configuration }, i): Observation => ({
    trial: trial + 20,
    configuration,
    status: i % 2 === 0 ? 'failed' : 'pending',
  }));
  expect(importanceOf(space, others, 1)).toEqual([]);
  expect(importanceOf(space, [...history, ...others], 1)).toEqual(importanceOf(space, history, 1));
});

test('more trials than are looked at say the same', () => {
  const result = importances([unit('x'), unit('y')], ({ x, y }) => 2 * x + y, 10_000);
  expect(result).toEqual({ x: close(0.8), y: close(0.2) });
});

test('any space and any results give shares that add up to 1, whatever the order of the trials', () => {
  const extreme = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, 1, 1e-300, 1e300, -1e300, Number.MAX_VALUE, -Number.MAX_VALUE),
  );
  fc.assert(
    fc.property(
      searchSpaces(),
      fc.array(fc.tuple(extreme, fc.boolean()), { minLength: 8, maxLength: 40 }),
      fc.nat(),
      (definition, results, seed) => {
        const space = new SearchSpace(definition);
        const random = new Random(seed, 1, 99);
        const history = results.map(([loss, again], i): Observation => ({
          trial: i + 1,
          configuration: space.decode(again ? new Float64Array(space.dimension) : random.point(space.dimension)),
          status: 'finished',
          losses: [loss],
        }));
        const result = importanceOf(space, history, seed);
        expect(importanceOf(space, [...history].reverse(), seed)).toEqual(result);
        if (result.length === 0) return;
        expect(result.map(({ parameter }) => parameter).sort()).toEqual(definition.map(({ name }) => name).sort());
        for (const { importance } of result) expect(importance).toBeGreaterThanOrEqual(0);
        expect(result.reduce((sum, { importance }) => sum + importance, 0)).toBeCloseTo(1, 9);
      },
    ),
    { numRuns: 40 },
  );
});
