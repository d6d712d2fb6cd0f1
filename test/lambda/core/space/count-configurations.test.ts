import * as fc from 'fast-check';
import { countConfigurations } from '../../../../lambda/core/space/count-configurations';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { ParameterDefinition } from '../../../../lib/contract/search-space';
import { searchSpaces } from '../../../support/lambda-spaces';

const countOf = (definition: ParameterDefinition[]) => countConfigurations(new SearchSpace(definition).parameters);

test('counts as many configurations as can be enumerated', () => {
  fc.assert(
    fc.property(searchSpaces({ maxParameters: 5, small: true }), (definition) => {
      const space = new SearchSpace(definition);
      if (definition.some(({ type }) => type === 'continuous')) {
        expect(countConfigurations(space.parameters)).toBe(Infinity);
      } else {
        const keys = [...space.enumerate()].map((configuration) => space.key(configuration));
        expect(countConfigurations(space.parameters)).toBe(new Set(keys).size);
      }
    }),
    { numRuns: 300 },
  );
});

test('parameters that are independent multiply', () => {
  expect(
    countOf([
      { name: 'a', type: 'categorical', values: ['x', 'y'] },
      { name: 'n', type: 'integer', min: 1, max: 5, scaling: 'linear' },
      { name: 'c', type: 'constant', value: 1 },
      { name: 'o', type: 'ordinal', values: [1, 2, 4] },
    ]),
  ).toBe(30);
});

test('a value adds the combinations of what it makes active, children of children too', () => {
  expect(
    countOf([
      { name: 'model', type: 'categorical', values: ['tree', 'net', 'linear'] },
      // tree: 4; net: 2 layers x (1 for none of dropout, 3 with it); linear: 1.
      { name: 'depth', type: 'ordinal', values: [1, 2, 3, 4], activeWhen: { parameter: 'model', values: ['tree'] } },
      { name: 'layers', type: 'ordinal', values: [1, 2], activeWhen: { parameter: 'model', values: ['net'] } },
      {
        name: 'dropout',
        type: 'categorical',
        values: [true, false],
        activeWhen: { parameter: 'model', values: ['net'] },
      },
      { name: 'rate', type: 'ordinal', values: [0.1, 0.2, 0.3], activeWhen: { parameter: 'dropout', values: [true] } },
    ]),
  ).toBe(4 + 2 * (1 + 3) + 1);
});

test('an integer parent of a million values is counted, not gone through', () => {
  expect(
    countOf([
      { name: 'n', type: 'integer', min: 1, max: 1e15, scaling: 'linear' },
      { name: 'o', type: 'ordinal', values: [1, 2, 3], activeWhen: { parameter: 'n', values: [7, 9] } },
    ]),
  ).toBe(1e15 + 4);
});

test('a continuous parameter makes a space infinite, even one that is rarely active', () => {
  expect(
    countOf([
      { name: 'a', type: 'categorical', values: ['x', 'y'] },
      {
        name: 'c',
        type: 'continuous',
        min: 0,
        max: 1,
        scaling: 'linear',
        activeWhen: { parameter: 'a', values: ['x'] },
      },
    ]),
  ).toBe(Infinity);
});
