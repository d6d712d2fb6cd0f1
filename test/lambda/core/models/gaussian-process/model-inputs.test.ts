import * as fc from 'fast-check';
import { ModelInputs } from '../../../../../lambda/core/models/gaussian-process/model-inputs';
import { SearchSpace } from '../../../../../lambda/core/space/search-space';
import { encode } from '../../../../../lambda/core/space/parameter-codec';
import { Configuration, SearchSpaceDefinition } from '../../../../../lib/contract/search-space';
import { points, searchSpaces } from '../../../../support/lambda-spaces';

const drawn = searchSpaces().chain((definition) => {
  const space = new SearchSpace(definition);
  return fc.record({ space: fc.constant(space), point: points(space.dimension) });
});

/** The same but for rounding of continuous values. */
function expectSame(space: SearchSpace, actual: Configuration, expected: Configuration): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const parameter of space.parameters) {
    if (!Object.hasOwn(expected, parameter.name)) continue;
    const [value, other] = [actual[parameter.name], expected[parameter.name]];
    if (parameter.type === 'continuous') {
      expect(encode(parameter, value)).toBeCloseTo(encode(parameter, other), 6);
      const size = Math.max(Math.abs(parameter.min), Math.abs(parameter.max));
      expect(Math.abs((value as number) - (other as number))).toBeLessThanOrEqual(1e-9 * size);
    } else {
      expect(value).toBe(other);
    }
  }
}

test('a configuration becomes a point, and the point the configuration', () => {
  fc.assert(
    fc.property(drawn, ({ space, point }) => {
      const inputs = new ModelInputs(space);
      const configuration = space.decode(point);
      expectSame(space, inputs.toConfiguration(inputs.toPoint(configuration)), configuration);
      expect(inputs.fromUnitCube(point)).toEqual(inputs.toPoint(configuration));
    }),
  );
});

test('any point, on a cell’s place or not, has a valid configuration, and snapping goes there and stays', () => {
  fc.assert(
    fc.property(drawn, fc.array(fc.double({ min: -2, max: 9, noNaN: true }), { minLength: 8 }), ({ space }, drawn) => {
      const inputs = new ModelInputs(space);
      const point = Float64Array.from({ length: inputs.size }, (_, c) => drawn[c]);
      const configuration = inputs.toConfiguration(point);
      expect(space.problems(configuration)).toEqual([]);

      const snapped = inputs.snap(point);
      expect(snapped).toBe(point);
      expectSame(space, inputs.toConfiguration(snapped), configuration);
      const before = [...snapped];
      inputs.snap(snapped);
      snapped.forEach((coordinate, c) => expect(coordinate).toBeCloseTo(before[c], 6));
    }),
  );
});

test('only what varies is a coordinate; numbers lie in the unit interval', () => {
  fc.assert(
    fc.property(drawn, ({ space, point }) => {
      const inputs = new ModelInputs(space);
      for (const { parameter } of inputs.dimensions) {
        expect(parameter.type === 'constant' || ('values' in parameter && parameter.values.length === 1)).toBe(false);
      }
      inputs.fromUnitCube(point).forEach((coordinate, c) => {
        if (inputs.dimensions[c].isCategorical) return;
        expect(coordinate).toBeGreaterThanOrEqual(0);
        expect(coordinate).toBeLessThanOrEqual(1);
      });
    }),
  );
});

const definition: SearchSpaceDefinition = [
  { name: 'optimizer', type: 'categorical', values: ['adam', 'sgd'] },
  {
    name: 'momentum',
    type: 'continuous',
    min: 0,
    max: 1,
    scaling: 'linear',
    activeWhen: { parameter: 'optimizer', values: ['sgd'] },
  },
  {
    name: 'nesterov',
    type: 'categorical',
    values: [true, false],
    activeWhen: { parameter: 'optimizer', values: ['sgd'] },
  },
  { name: 'epochs', type: 'constant', value: 3 },
  { name: 'layers', type: 'integer', min: 1, max: 4, scaling: 'linear' },
  { name: 'width', type: 'integer', min: 1, max: 1000, scaling: 'linear' },
  { name: 'batch', type: 'ordinal', values: [16, 32] },
];
const inputs = new ModelInputs(new SearchSpace(definition));

test('what is not active lies in the middle, or is a category of its own', () => {
  const configuration = { optimizer: 'adam', epochs: 3, layers: 1, width: 500, batch: 32 };
  expect([...inputs.toPoint(configuration)]).toEqual([0, 0.5, -1, 0.125, 0.4995, 0.75]);
  // wherever the point has it.
  expect(inputs.toConfiguration([0, 0.9, 1, 0.125, 0.4995, 0.75])).toEqual(configuration);
});

test('few values are known one by one, many are a range', () => {
  expect(inputs.dimensions.map(({ levels }) => levels)).toEqual([
    [0, 1],
    undefined,
    [0, 1],
    [0.125, 0.375, 0.625, 0.875],
    undefined,
    [0.25, 0.75],
  ]);
});

test('many categories are known one by one all the same', () => {
  const values = Array.from({ length: 100 }, (_, i) => `c${i}`);
  const { dimensions } = new ModelInputs(new SearchSpace([{ name: 'p', type: 'categorical', values }]));
  expect(dimensions[0].levels).toHaveLength(100);
});
