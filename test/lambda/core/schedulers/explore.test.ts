import * as fc from 'fast-check';
import { Purpose, Random } from '../../../../lambda/core/random/random';
import { explored } from '../../../../lambda/core/schedulers/explore';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { Configuration, ParameterDefinition, SearchSpaceDefinition } from '../../../../lib/contract/search-space';
import { points, searchSpaces } from '../../../support/lambda-spaces';

const continuous = (min: number, max: number, scaling: 'linear' | 'logarithmic' = 'linear'): ParameterDefinition => ({
  name: 'x',
  type: 'continuous',
  min,
  max,
  scaling,
});

/** What many trials make of a configuration. */
const outcomes = (
  definition: SearchSpaceDefinition,
  configuration: Configuration,
  options: { perturbation?: number; resampleProbability?: number; constraints?: string[]; trials?: number } = {},
) => {
  const { perturbation = 0.1, resampleProbability = 0, constraints = [], trials = 200 } = options;
  const space = new SearchSpace(definition, constraints);
  return Array.from({ length: trials }, (_, trial) =>
    explored(space, configuration, { perturbation, resampleProbability }, new Random(1, trial, Purpose.EXPLORE)),
  );
};

const distinct = (values: readonly unknown[]) => [...new Set(values)].sort();

describe('a step of exploration', () => {
  test('moves a number up or down by the share of its range', () => {
    const values = outcomes([continuous(0, 10)], { x: 5 }).map(({ x }) => x as number);
    expect(distinct(values)).toEqual([4, 6]);
    // both as often: 100 ± 7 of 200.
    expect(Math.abs(values.filter((value) => value === 4).length - 100)).toBeLessThan(35);
  });

  test('moves it under its scaling: by a tenth of the decades', () => {
    const values = outcomes([continuous(1e-5, 1e-1, 'logarithmic')], { x: 1e-3 }).map(({ x }) =>
      Math.log10(x as number),
    );
    expect(distinct(values.map((value) => value.toFixed(6)))).toEqual(['-2.600000', '-3.400000']);
  });

  test('turns back at the end of the range', () => {
    expect(distinct(outcomes([continuous(0, 10)], { x: 9.5 }).map(({ x }) => x))).toEqual([8.5]);
    expect(distinct(outcomes([continuous(0, 10)], { x: 0 }).map(({ x }) => x))).toEqual([1]);
  });

  test('goes to an end where neither side has room for the step', () => {
    expect(distinct(outcomes([continuous(0, 10)], { x: 5 }, { perturbation: 0.8 }).map(({ x }) => x))).toEqual([0, 10]);
  });

  test('takes an integer at least to its neighbour', () => {
    const definition: SearchSpaceDefinition = [{ name: 'n', type: 'integer', min: 1, max: 4, scaling: 'linear' }];
    expect(distinct(outcomes(definition, { n: 2 }, { perturbation: 0.01 }).map(({ n }) => n))).toEqual([1, 3]);
    expect(distinct(outcomes(definition, { n: 4 }, { perturbation: 0.01 }).map(({ n }) => n))).toEqual([3]);
  });

  test('takes a level to a neighbour', () => {
    const definition: SearchSpaceDefinition = [{ name: 'size', type: 'ordinal', values: [16, 32, 64, 128] }];
    expect(distinct(outcomes(definition, { size: 64 }).map(({ size }) => size))).toEqual([128, 32]);
  });

  test('leaves categories, constants and the only values of a parameter', () => {
    const definition: SearchSpaceDefinition = [
      { name: 'kind', type: 'categorical', values: ['a', 'b', 'c'] },
      { name: 'fixed', type: 'constant', value: 7 },
      { name: 'level', type: 'ordinal', values: [3] },
    ];
    const configuration = { kind: 'b', fixed: 7, level: 3 };
    outcomes(definition, configuration).forEach((outcome) => expect(outcome).toEqual(configuration));
  });

  test('draws a parameter anew with the given probability', () => {
    const definition: SearchSpaceDefinition = [
      { name: 'kind', type: 'categorical', values: ['a', 'b', 'c', 'd'] },
      continuous(0, 10),
    ];
    const trials = 1000;
    const found = outcomes(definition, { kind: 'a', x: 5 }, { resampleProbability: 0.25, trials });
    // a drawn category differs in 3 of 4 cases: 187.5 ± 12.3 of 1000; a drawn number always: 250 ± 13.7.
    expect(Math.abs(found.filter(({ kind }) => kind !== 'a').length - 187.5)).toBeLessThan(62);
    expect(Math.abs(found.filter(({ x }) => x !== 4 && x !== 6).length - 250)).toBeLessThan(69);
  });

  test('draws what becomes active, and drops what no longer is', () => {
    const definition: SearchSpaceDefinition = [
      { name: 'kind', type: 'categorical', values: ['a', 'b'] },
      { name: 'p', type: 'continuous', min: 0, max: 1, scaling: 'linear', activeWhen: { parameter: 'kind', values: ['a'] } }, // prettier-ignore
      { name: 'q', type: 'integer', min: 1, max: 9, scaling: 'linear', activeWhen: { parameter: 'kind', values: ['b'] } }, // prettier-ignore
    ];
    const found = outcomes(definition, { kind: 'a', p: 0.5 }, { resampleProbability: 0.5 });
    const changed = found.filter(({ kind }) => kind === 'b');
    expect(changed.length).toBeGreaterThan(0);
    changed.forEach((outcome) => expect(Object.keys(outcome)).toEqual(['kind', 'q']));
    expect(distinct(changed.map(({ q }) => q)).length).toBeGreaterThan(3);
  });

  test('meets the constraints between parameters, or leaves all as it is', () => {
    const definition = [continuous(0, 10), { ...continuous(0, 10), name: 'y' }];
    const found = outcomes(definition, { x: 5, y: 5 }, { constraints: ['x <= y'] });
    expect(found.every(({ x, y }) => x <= y)).toBe(true);
    expect(distinct(found.map(({ x, y }) => `${String(x)} ${String(y)}`))).toEqual(['4 4', '4 6', '6 6']);
    const stuck = outcomes(definition, { x: 5, y: 5 }, { constraints: ['x == 5'], trials: 3 });
    stuck.forEach((outcome) => expect(outcome).toEqual({ x: 5, y: 5 }));
  });

  test('always gives a configuration of the space, and the same one for the same numbers', () => {
    const cases = searchSpaces().chain((definition) =>
      fc.record({
        space: fc.constant(new SearchSpace(definition)),
        point: points(definition.length),
        perturbation: fc.double({ min: 0, max: 1, noNaN: true }),
        resampleProbability: fc.double({ min: 0, max: 1, noNaN: true }),
        trial: fc.nat({ max: 1000 }),
      }),
    );
    fc.assert(
      fc.property(cases, ({ space, point, trial, ...exploration }) => {
        const make = () => explored(space, space.decode(point), exploration, new Random(3, trial, Purpose.EXPLORE));
        expect(space.problems(make())).toEqual([]);
        expect(make()).toEqual(make());
      }),
    );
  });
});
