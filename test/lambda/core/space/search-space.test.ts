import * as fc from 'fast-check';
import { SearchSpace, hyperparametersOf } from '../../../../lambda/core/space/search-space';
import { Configuration, ParameterDefinition, SearchSpaceDefinition } from '../../../../lib/contract/search-space';
import { searchSpaceProblems } from '../../../../lib/contract/validate-search-space';
import { points, searchSpaces } from '../../../support/lambda-spaces';

const spaceAndPoint = searchSpaces().chain((definition) =>
  fc.tuple(fc.constant(definition), points(definition.length)),
);

/** A parameter exists if its parent does, with one of the condition's values. */
function shouldExist(definition: SearchSpaceDefinition, parameter: ParameterDefinition, found: Configuration): boolean {
  const { activeWhen } = parameter;
  if (activeWhen === undefined) return true;
  const parent = definition.find(({ name }) => name === activeWhen.parameter)!;
  return shouldExist(definition, parent, found) && activeWhen.values.includes(found[parent.name]);
}

test('the generator of these tests makes valid spaces', () => {
  fc.assert(fc.property(searchSpaces(), (definition) => expect(searchSpaceProblems(definition)).toEqual([])));
});

test('every point of the cube is a configuration of the space', () => {
  fc.assert(
    fc.property(spaceAndPoint, ([definition, point]) => {
      const space = new SearchSpace(definition);
      expect(space.problems(space.decode(point))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('a configuration holds exactly the active parameters', () => {
  fc.assert(
    fc.property(spaceAndPoint, ([definition, point]) => {
      const configuration = new SearchSpace(definition).decode(point);
      const active = definition.filter((parameter) => shouldExist(definition, parameter, configuration));
      expect(Object.keys(configuration).sort()).toEqual(active.map(({ name }) => name).sort());
    }),
    { numRuns: 500 },
  );
});

test('a configuration is found again from its place in the cube', () => {
  fc.assert(
    fc.property(spaceAndPoint, ([definition, point]) => {
      const space = new SearchSpace(definition);
      const configuration = space.decode(point);

      const encoded = space.encode(configuration);

      expect(encoded.every((unit) => unit === undefined || (unit >= 0 && unit <= 1))).toBe(true);
      const active = space.parameters.map(({ name }) => Object.hasOwn(configuration, name));
      expect(encoded.map((unit) => unit !== undefined)).toEqual(active);
      const again = space.decode(encoded.map((unit) => unit ?? 0));
      for (const parameter of space.parameters) {
        const [value, found] = [configuration[parameter.name], again[parameter.name]];
        if (parameter.type === 'continuous' && value !== undefined) {
          expect(Math.abs((found as number) - (value as number))).toBeLessThanOrEqual(
            1e-9 * (parameter.max - parameter.min) + 1e-9 * Math.abs(value as number),
          );
        } else {
          expect(found).toBe(value);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('parents come before their children, all else stays in order', () => {
  fc.assert(
    fc.property(searchSpaces(), (definition) => {
      const { parameters } = new SearchSpace(definition);
      const place = new Map(parameters.map(({ name }, i) => [name, i]));
      expect([...parameters].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
        [...definition].sort((a, b) => (a.name < b.name ? -1 : 1)),
      );
      for (const { name, activeWhen } of parameters) {
        if (activeWhen !== undefined) expect(place.get(activeWhen.parameter)).toBeLessThan(place.get(name)!);
      }
      const free = (all: readonly ParameterDefinition[]) => all.filter(({ activeWhen }) => activeWhen === undefined);
      if (free(definition).length === definition.length) expect(parameters).toEqual(definition);
    }),
  );
});

test('the values are found again from the texts that a training job gets', () => {
  fc.assert(
    fc.property(spaceAndPoint, ([definition, point]) => {
      const space = new SearchSpace(definition);
      const configuration = space.decode(point);

      const texts = hyperparametersOf(configuration);

      const parsed = Object.entries(texts).map(([name, text]) => {
        const parameter = definition.find((candidate) => candidate.name === name)!;
        if (parameter.type === 'continuous' || parameter.type === 'integer') return [name, Number(text)];
        const all = parameter.type === 'constant' ? [parameter.value] : parameter.values;
        return [name, all.find((value) => String(value) === text)];
      });
      expect(Object.fromEntries(parsed)).toEqual(configuration);
    }),
  );
});

test('completing keeps what is given and fills in the rest', () => {
  fc.assert(
    fc.property(
      spaceAndPoint.chain(([definition, point]) =>
        fc.tuple(fc.constant(definition), points(point.length), points(point.length)),
      ),
      ([definition, given, filling]) => {
        const space = new SearchSpace(definition);
        const all = space.decode(given);
        // parents with their children, so that what is given stays active.
        const kept = space.parameters.slice(0, Math.ceil(space.dimension / 2)).map(({ name }) => name);
        const partial = Object.fromEntries(Object.entries(all).filter(([name]) => kept.includes(name)));

        const completed = space.complete(partial, filling);

        expect(space.problems(completed)).toEqual([]);
        expect(completed).toMatchObject(partial);
      },
    ),
  );
});

test('each integer owns an equal part of a linear range, its ends too', () => {
  const space = new SearchSpace([{ name: 'n', type: 'integer', min: 1, max: 10, scaling: 'linear' }]);
  const counts = new Array<number>(11).fill(0);
  for (let i = 0; i < 1000; i++) counts[space.decode([(i + 0.5) / 1000]).n as number]++;
  expect(counts.slice(1)).toEqual(new Array(10).fill(100));
});

test('problems name the parameter, the value and what is allowed', () => {
  const space = new SearchSpace([
    { name: 'optimizer', type: 'categorical', values: ['sgd', 'adam'] },
    {
      name: 'momentum',
      type: 'continuous',
      min: 0,
      max: 0.99,
      scaling: 'linear',
      activeWhen: { parameter: 'optimizer', values: ['sgd'] },
    },
  ]);
  expect(space.problems({ optimizer: 'sgd', momentum: 0.5 })).toEqual([]);
  expect(space.problems({ optimizer: 'sgd' })).toEqual(['"momentum" is missing']);
  expect(space.problems({ optimizer: 'adam' })).toEqual([]);
  expect(space.problems({ optimizer: 'adam', momentum: 0.5 })).toEqual([
    '"momentum" must be absent unless "optimizer" is "sgd", got 0.5',
  ]);
  expect(space.problems({ optimizer: 'lion' })).toEqual(['"optimizer" must be one of "sgd", "adam", got "lion"']);
});

test('the key of a configuration is the same in any order, and another for another', () => {
  const space = new SearchSpace([
    { name: 'a', type: 'categorical', values: [1, '2', true] },
    { name: 'b', type: 'categorical', values: ['x', 'y'], activeWhen: { parameter: 'a', values: [1] } },
  ]);
  expect(space.key({ a: 1, b: 'x' })).toBe(space.key({ b: 'x', a: 1 }));
  const all: Configuration[] = [{ a: 1, b: 'x' }, { a: 1, b: 'y' }, { a: '2' }, { a: true }];
  const keys = all.map((one) => space.key(one));
  expect(new Set(keys).size).toBe(4);
});

test.each(['constructor', 'toString', '__proto__'])('a parameter may be called %s', (name) => {
  const definition: SearchSpaceDefinition = [
    { name: 'switch', type: 'categorical', values: ['on', 'off'] },
    { name, type: 'integer', min: 1, max: 3, scaling: 'linear', activeWhen: { parameter: 'switch', values: ['on'] } },
  ];
  // either it works, or the space is refused.
  if (searchSpaceProblems(definition).length > 0) return;

  const space = new SearchSpace(definition);
  expect(Object.entries(space.complete({ switch: 'on' }, [0, 0.5]))).toContainEqual([name, 2]);
  expect(Object.entries(space.decode([0, 0.5]))).toContainEqual([name, 2]);
  expect(space.encode({ switch: 'off' })[1]).toBeUndefined();
  expect(space.problems({ switch: 'on' })).toEqual([`"${name}" is missing`]);
});
