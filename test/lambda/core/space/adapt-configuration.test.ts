import * as fc from 'fast-check';
import { SearchSpaceDefinition } from '../../../../lib/contract/search-space';
import { adaptConfiguration } from '../../../../lambda/core/space/adapt-configuration';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { points, searchSpaces } from '../../../support/lambda-spaces';

const DEFINITION: SearchSpaceDefinition = [
  { name: 'rate', type: 'continuous', min: 0.001, max: 0.1, scaling: 'logarithmic' },
  { name: 'layers', type: 'integer', min: 1, max: 8, scaling: 'linear' },
  { name: 'optimizer', type: 'categorical', values: ['sgd', 'adam'] },
  {
    name: 'momentum',
    type: 'continuous',
    min: 0,
    max: 0.99,
    scaling: 'linear',
    activeWhen: { parameter: 'optimizer', values: ['sgd'] },
  },
  { name: 'batch', type: 'ordinal', values: [16, 32] },
  { name: 'amp', type: 'categorical', values: [true, false] },
  { name: 'version', type: 'constant', value: 'v1' },
  { name: 'device', type: 'categorical', values: ['gpu'] },
];
const SPACE = new SearchSpace(DEFINITION);
const VALID = { rate: 0.01, layers: 3, optimizer: 'adam', batch: 16, amp: true, version: 'v1', device: 'gpu' };

test('a configuration of the space is left as it is', () => {
  expect(adaptConfiguration(SPACE, VALID)).toEqual({ configuration: VALID, notes: [] });
});

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  [
    'numbers in quotes',
    { rate: '0.05', layers: '4', batch: '32', amp: 'false' },
    { rate: 0.05, layers: 4, batch: 32, amp: false },
  ],
  ['an integer with a rounding error', { layers: 2.9999999999 }, { layers: 3 }],
  ['a level with a rounding error', { batch: 32.00000000001 }, { batch: 32 }],
  ['a value a rounding error outside of its range', { rate: 0.10000000001 }, { rate: 0.1 }],
  ['a value a rounding error below its range', { rate: 0.00099999999999 }, { rate: 0.001 }],
])('%s is mapped without a word', (_, change, expected) => {
  expect(adaptConfiguration(SPACE, { ...VALID, ...change })).toEqual({
    configuration: { ...VALID, ...expected },
    notes: [],
  });
});

test('what can have one value only may be missing', () => {
  const { version: _, device: __, ...rest } = VALID;
  expect(adaptConfiguration(SPACE, rest)).toEqual({ configuration: VALID, notes: [] });
});

test('parameters that the space does not have, or that are not active, are left out, and named', () => {
  expect(adaptConfiguration(SPACE, { ...VALID, momentum: 0.5, dropout: 0.1 })).toEqual({
    configuration: VALID,
    notes: ['used without "momentum", "dropout"'],
  });
});

test.each<[string, Record<string, unknown>, string]>([
  ['a value far outside', { rate: 0.2 }, 'left out: "rate" can\'t be 0.2'],
  ['a fraction', { layers: 2.5 }, 'left out: "layers" can\'t be 2.5'],
  ['an unknown category', { optimizer: 'lion' }, 'left out: "optimizer" can\'t be "lion"'],
  ['another constant', { version: 'v2' }, 'left out: "version" can\'t be "v2"'],
  ['no number', { rate: Number.NaN, layers: '' }, 'left out: "rate" can\'t be NaN, "layers" can\'t be ""'],
  ['an object', { optimizer: { toString: () => 'sgd' } }, 'left out: "optimizer" can\'t be {}'],
  ['a missing value of an active parameter', { optimizer: 'sgd' }, 'left out: "momentum" is missing'],
  ['null', { rate: null }, 'left out: "rate" can\'t be null'],
])('%s makes it useless', (_, change, note) => {
  expect(adaptConfiguration(SPACE, { ...VALID, ...change })).toEqual({ notes: [note] });
});

test('what comes out is always a configuration of the space, whatever came in', () => {
  fc.assert(
    fc.property(
      searchSpaces({ small: true }).chain((definition) =>
        fc.tuple(
          fc.constant(definition),
          points(definition.length),
          fc.dictionary(fc.constantFrom(...definition.map(({ name }) => name), 'x', '__proto__'), fc.jsonValue()),
        ),
      ),
      ([definition, point, change]) => {
        const space = new SearchSpace(definition);
        const { configuration, notes } = adaptConfiguration(space, { ...space.decode(point), ...change });
        if (configuration === undefined) expect(notes).toHaveLength(1);
        else expect(space.problems(configuration)).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
});

test('hyperparameters as a training job gets them map back', () => {
  fc.assert(
    fc.property(
      searchSpaces().chain((definition) => fc.tuple(fc.constant(definition), points(definition.length))),
      ([definition, point]) => {
        const space = new SearchSpace(definition);
        const configuration = space.decode(point);
        const texts = Object.fromEntries(Object.entries(configuration).map(([name, value]) => [name, String(value)]));
        expect(adaptConfiguration(space, texts)).toEqual({ configuration, notes: [] });
      },
    ),
  );
});
