import * as fc from 'fast-check';
import { Observation, SearchContext } from '../../lambda/core/search/search-algorithm';
import { SearchSpace } from '../../lambda/core/space/search-space';
import { SearchSpaceDefinition } from '../../lib/contract/search-space';
import { contextOf } from './lambda-search';
import { points, searchSpaces } from './lambda-spaces';

const sane = fc.double({ min: -3, max: 3, noNaN: true });

/** Losses of one study, from the well-behaved to those that break sums, squares and logarithms. */
const LOSSES = {
  ordinary: sane,
  few: fc.integer({ min: 0, max: 2 }),
  constant: fc.constant(0.25),
  tiny: sane.map((value) => value * 1e-300),
  huge: sane.map((value) => value * 3e299),
  anything: fc.constantFrom(1e300, -1e300, 1e-300, -1e-300, 0, 1, Number.MAX_VALUE, -Number.MAX_VALUE),
};

/** Expressions that a drawn configuration meets, and for each of at most two parameters half of the others or more. */
function constraintsFor(definition: SearchSpaceDefinition): fc.Arbitrary<string[]> {
  const space = new SearchSpace(definition);
  const numeric = space.parameters
    .map((parameter, i) => ({ name: parameter.name, type: parameter.type, i }))
    .filter(({ name, type }) => /^\w+$/.test(name) && (type === 'continuous' || type === 'integer'));
  return fc
    .tuple(points(space.dimension), fc.subarray(numeric, { maxLength: Math.min(numeric.length, 2) }))
    .map(([point, chosen]) =>
      chosen.flatMap(({ name, i }) => {
        const value = space.complete({}, point)[name];
        return value === undefined ? [] : [`${name} ${point[i] < 0.5 ? '>=' : '<='} ${value as number}`];
      }),
    );
}

export interface HistoryOptions {
  readonly maxParameters?: number;
  readonly maxTrials?: number;
  readonly objectives?: number;
}

/**
 * Any moment of any study: finished, pending and failed trials, results known from elsewhere (trial 0), twins, constraints
 * between parameters, violated outcome constraints, batches. No configuration but those known from elsewhere breaks the
 * constraints between parameters.
 */
export function searchContexts(options: HistoryOptions = {}): fc.Arbitrary<SearchContext> {
  const { maxParameters = 6, maxTrials = 30, objectives } = options;
  const studies = searchSpaces({ maxParameters }).chain((definition) =>
    fc.record({
      definition: fc.constant(definition),
      constraints: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: constraintsFor(definition) },
      ),
      objectives: objectives === undefined ? fc.constantFrom(1, 1, 2) : fc.constant(objectives),
      outcomeConstraints: fc.constantFrom(0, 0, 1, 2),
      losses: fc.constantFrom(...Object.values(LOSSES)),
      elsewhere: fc.constantFrom(0, 0, 4),
      seed: fc.maxSafeNat(),
      maxParallelTrials: fc.constantFrom(1, 4, 20),
      trials: fc.constantFrom(0, 3, Math.ceil(maxTrials / 2), maxTrials),
    }),
  );
  return studies.chain(
    ({ definition, constraints, objectives, outcomeConstraints, losses, elsewhere, trials, ...rest }) => {
      const space = new SearchSpace(definition, constraints);
      const trial = fc.record({
        point: points(space.dimension),
        twinOf: fc.option(fc.nat(), { freq: 6, nil: undefined }),
        status: fc.constantFrom('finished', 'finished', 'finished', 'finished', 'pending', 'failed'),
        losses: fc.array(losses, { minLength: objectives, maxLength: objectives }),
        violations: fc.array(fc.oneof(sane, losses), { minLength: outcomeConstraints, maxLength: outcomeConstraints }),
      });
      return fc.array(trial, { minLength: trials, maxLength: trials }).map((drawn): SearchContext => {
        const configurations = drawn.map(({ point }) => space.decode(point));
        const history = drawn.map(({ twinOf, status, losses, violations }, i): Observation => {
          const number = Math.max(0, i + 1 - elsewhere);
          const configuration = configurations[twinOf === undefined ? i : twinOf % drawn.length];
          return status === 'finished'
            ? { trial: number, configuration, status, losses, ...(outcomeConstraints > 0 && { violations }) }
            : // what is known from elsewhere doesn't run.
              { trial: number, configuration, status: number === 0 ? 'failed' : (status as 'pending' | 'failed') };
        });
        return contextOf({
          ...rest,
          space,
          objectives,
          history: history.filter((one) => one.trial === 0 || space.isAllowed(one.configuration)),
        });
      });
    },
  );
}

/** Spaces of few configurations, one at least. */
export function finiteSpaces(maxSize: number): fc.Arbitrary<SearchSpaceDefinition> {
  return searchSpaces({ maxParameters: 4, small: true })
    .map((definition) =>
      definition.map((parameter) =>
        parameter.type === 'continuous' ? { name: parameter.name, type: 'constant' as const, value: 1 } : parameter,
      ),
    )
    .filter((definition) => new SearchSpace(definition).size <= maxSize);
}

/** A space of this many parameters of all types, with a conditional one here and there. */
export function mixedSpace(parameters: number): SearchSpace {
  return new SearchSpace(
    Array.from({ length: parameters }, (_, i) => {
      const name = `p${i}`;
      switch (i % 7) {
        case 0:
          return { name, type: 'continuous', min: 1e-5, max: 1, scaling: 'logarithmic' };
        case 1:
          return { name, type: 'categorical', values: ['a', 'b', 'c'] };
        case 2:
          return { name, type: 'integer', min: 1, max: 512, scaling: 'logarithmic' };
        case 3:
          return { name, type: 'ordinal', values: [8, 16, 32, 64] };
        case 4:
          return { name, type: 'continuous', min: -1, max: 1, scaling: 'linear' };
        case 5:
          return { name, type: 'integer', min: 1, max: 4, scaling: 'linear' };
        default: {
          const activeWhen = { parameter: `p${i - 5}`, values: ['a'] };
          return { name, type: 'continuous', min: 0, max: 0.99, scaling: 'reverseLogarithmic', activeWhen };
        }
      }
    }),
  );
}
