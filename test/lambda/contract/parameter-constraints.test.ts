import * as fc from 'fast-check';
import {
  constraintProblems,
  parseConstraints,
  unmetConstraintProblems,
} from '../../../lib/contract/parameter-constraints';
import { Configuration, SearchSpaceDefinition } from '../../../lib/contract/search-space';

const SPACE: SearchSpaceDefinition = [
  { name: 'layers', type: 'integer', min: 1, max: 8, scaling: 'linear' },
  { name: 'units', type: 'integer', min: 8, max: 1024, scaling: 'logarithmic' },
  { name: 'rate', type: 'continuous', min: 1e-5, max: 1, scaling: 'logarithmic' },
  { name: 'optimizer', type: 'categorical', values: ['sgd', 'adam'] },
  {
    name: 'momentum',
    type: 'continuous',
    min: 0,
    max: 0.99,
    scaling: 'linear',
    activeWhen: { parameter: 'optimizer', values: ['sgd'] },
  },
  { name: 'nesterov', type: 'categorical', values: [true, false] },
  { name: 'size', type: 'categorical', values: ['small', 3, true] },
  { name: 'block:width', type: 'ordinal', values: [16, 32] },
  { name: 'or', type: 'constant', value: 5 },
];

const CONFIGURATION: Configuration = {
  layers: 4,
  units: 256,
  rate: 0.001,
  optimizer: 'adam',
  nesterov: true,
  size: 3,
  'block:width': 32,
  or: 5,
};

const problem = (text: string) => constraintProblems([text], SPACE)[0];
const allows = (text: string, configuration: Configuration = CONFIGURATION) =>
  parseConstraints([text], SPACE)[0].allows(configuration);

describe('a constraint', () => {
  test.each<[string, boolean]>([
    ['layers * units <= 1024', true],
    ['layers * units < 1024', false],
    ["optimizer == 'adam'", true],
    ['optimizer != "adam"', false],
    ["optimizer != 'sgd' or layers > 5", true],
    ["optimizer == 'sgd' or layers > 5", false],
    ['layers > 3 and units > 300', false],
    ['layers > 3 && units > 200 || rate > 0.5', true],
    ['layers > 9 or layers > 3 and units > 200', true],
    ['(layers > 9 or layers > 3) and units > 300', false],
    ['not (layers == 4)', false],
    ['!nesterov', false],
    ['nesterov', true],
    ['nesterov == true', true],
    ['layers in [1, 2, 4]', true],
    ["optimizer in ['sgd']", false],
    ['units % layers == 0', true],
    ['units / layers + 1 == 65', true],
    ['layers - 5 == -1', true],
    ['2 + 3 * layers == 14', true],
    ['8 - layers - 2 == 2', true],
    ['rate >= 1e-3', true],
    ['rate > 1E-3', false],
    ["'a' < optimizer", true],
    ["param('block:width') > 16", true],
    ["param('or') == 5", true],
    ['abs(layers - 6) == 2', true],
    ['log2(units) == 8 and log10(rate) < -2.9 and log(layers) < 2', true],
    ['max(layers, units, 3) == 256 and min(layers, 9) == 4', true],
    ['floor(rate) == 0 and ceil(rate) == 1 and round(layers / 8) == 1', true],
    ['pow(layers, 2) == sqrt(units) and exp(0) == 1', true],
    ['0 / (layers - 4) <= 1', false],
  ])('%s', (text, expected) => {
    expect(constraintProblems([text], SPACE)).toEqual([]);
    expect(allows(text)).toBe(expected);
  });

  test('says nothing of a configuration in which one of its parameters is not active', () => {
    const withMomentum = { ...CONFIGURATION, optimizer: 'sgd', momentum: 0.5 };
    expect(allows('momentum > 0.9', CONFIGURATION)).toBe(true);
    expect(allows('layers > 5 and momentum > 0.9', CONFIGURATION)).toBe(true);
    expect(allows('momentum > 0.9', withMomentum)).toBe(false);
  });

  test('does not allow a value that it can make nothing of', () => {
    expect(constraintProblems(['size > 2'], SPACE)).toEqual([]);
    expect(allows('size > 2', { size: 3 })).toBe(true);
    expect(allows('size > 2', { size: 'small' })).toBe(false);
    expect(allows('size * 1 > 2', { size: 'small' })).toBe(false);
    expect(allows('not size', { size: 3 })).toBe(false);
  });

  test.each<[string, string]>([
    ['', 'it is empty'],
    ['layers', 'it must be true or false, not a number'],
    ['1 < 2', 'it must be about at least one parameter'],
    ['layers <', 'expected expression after < at character 8'],
    ['layers = 4', 'unexpected "=" at character 7; comparisons are == != < <= > >='],
    ['layers 4', 'an operator is missing between two of its parts'],
    ['layers > 3, units > 3', 'an operator is missing between two of its parts'],
    ['layer > 3', '"layer" is not a parameter of the search space; there are layers, units, rate, optimizer'],
    ['optimizer == sgd', '"sgd" is not a parameter of the search space'],
    ["optimizer == 'SGD'", 'optimizer can\'t be \'SGD\'; its values are "sgd", "adam"'],
    ['layers in [1, "2"]', 'in compares layers, a number, with "2", a text'],
    ["param('block:width') == 24", "block:width can't be 24; its values are 16, 32"],
    ['layers == "4"', '== compares layers, a number, with "4", a text'],
    ['optimizer > 3', '> compares optimizer, a text, with 3, a number'],
    ['optimizer * 2 > 3', '* needs numbers, but optimizer is a text'],
    ['1 < layers < 3', '< needs numbers or texts, but ... < ... is a truth value'],
    ['not layers == 3', 'not needs truth values, but layers is a number'],
    ['layers and units', 'and needs truth values, but layers is a number'],
    ['block:width > 3', 'unexpected ":" at character 5'],
    ['layers in 3', "in needs a list on its right, such as x in ['a', 'b']"],
    ['layers in [1, , 2]', 'a list must have no gaps'],
    ['pow(layers) > 3', 'pow must have 2 arguments, got 1'],
    ['sin(layers) > 0', 'function "sin" is not known; there are abs, ceil'],
    ['param(layers) > 0', "param needs a parameter's name in quotes"],
    ['layers ** 2 > 4', 'operator ** is not known'],
    ['layers > 3 ? true : false', 'it may hold only numbers, texts, parameters'],
    ['null == layers', 'null is no number, text, true or false'],
    [`layers > ${'1 + '.repeat(400)}1`, 'it must have at most 1000 characters, got 1610'],
  ])('%j is refused', (text, message) => {
    expect(problem(text)).toContain(`parameterConstraints[0] ${JSON.stringify(text).slice(0, 100)}`);
    expect(problem(text)).toContain(`: ${message}`);
  });

  test.each([
    'constructor',
    '__proto__ == 1',
    'toString() == "x"',
    'layers.constructor == 1',
    'layers["constructor"]("return 1")() == 1',
    "param('constructor') == 1",
    'this == 1',
    'this.process.exit() == 1',
    '[].constructor == 1',
    'abs.constructor("x")() == 1',
    '(() => 1)() == 1',
    'new Date() > 1',
    'layers =~ /(a+)+$/ ',
    '`${layers}` == "4"',
    `${'('.repeat(900)}layers`,
    `${'not '.repeat(240)}nesterov2`,
    `${'['.repeat(900)}`,
  ])('%s reaches nothing', (text) => {
    expect(constraintProblems([text], SPACE)).toHaveLength(1);
  });

  test('of any tokens is either refused or says yes or no', () => {
    const tokens = fc.constantFrom(
      ...['layers', 'units', 'optimizer', 'nesterov', 'size', "'sgd'", '3', '1e-3', 'true', '(', ')', '[', ']', ','],
      ...['+', '-', '*', '/', '%', '<', '<=', '==', '!=', 'and', 'or', 'not', 'in', '!', 'max(', 'param(', '.', '?'],
    );
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 14 }), (list) => {
        const text = list.join(' ');
        if (problem(text) === undefined) expect([true, false]).toContain(allows(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('computes what JavaScript computes', () => {
    const number: fc.Arbitrary<string> = fc.letrec<{ sum: string; atom: string }>((tie) => ({
      atom: fc.constantFrom('layers', 'units', 'rate', '2', '0.5'),
      sum: fc.oneof(
        { maxDepth: 4 },
        tie('atom'),
        fc.tuple(tie('sum'), fc.constantFrom('+', '-', '*', '/', '%'), tie('sum')).map((parts) => parts.join(' ')),
        tie('sum').map((inner) => `(${inner})`),
      ),
    })).sum;
    const comparison = fc
      .tuple(number, fc.constantFrom('<', '<=', '>', '>=', '==', '!='), number)
      .map((p) => p.join(' '));
    const whole = fc.tuple(comparison, fc.constantFrom('&&', '||'), comparison).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(whole, (text) => {
        fc.pre(text.length <= 1000 && /layers|units|rate/.test(text));
        const expected: unknown = new Function('layers', 'units', 'rate', `return ${text}`)(4, 256, 0.001);
        expect(allows(text)).toBe(expected);
      }),
    );
  });
});

test('values that are only known at deployment are passed over', () => {
  const isUnresolved = (value: unknown) => value === 'TOKEN';
  const space: SearchSpaceDefinition = [
    { name: 'optimizer', type: 'categorical', values: ['TOKEN', 'adam'] },
    { name: 'layers', type: 'integer', min: 1, max: 8, scaling: 'linear' },
  ];
  const texts = ['TOKEN', "optimizer == 'sgd'", 'optimizer > 3', 'layers > 3'];
  expect(constraintProblems(texts, space, isUnresolved)).toEqual([]);
  expect(unmetConstraintProblems(texts, space, { optimizer: 'TOKEN', layers: 4 }, isUnresolved)).toEqual([]);
});

test('a configuration that misses some parameters fails only the constraints on those it has', () => {
  const texts = ['layers > 5', 'units > 512', 'layers * rate > 1'];
  expect(unmetConstraintProblems(texts, SPACE, { layers: 4, units: 600 })).toEqual([
    'it must meet the parameter constraint "layers > 5"',
  ]);
});
