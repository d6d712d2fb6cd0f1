import { ActiveWhen, Parameter, Scaling } from '../../lib';
import { newStack, newTuner, tunerDefinition } from '../support/lib-stack';

const NAME_RULE = 'parameter name must start with a letter or underscore and hold only letters, digits and _ . : -';
const linear = (min: number, max: number) => Parameter.continuous({ min, max });
const integer = (min: number, max: number) => Parameter.integer({ min, max });

function expectError(searchSpace: Record<string, Parameter>): jest.JestMatchers<() => void> {
  return expect(() => newTuner(newStack(), { searchSpace }));
}

describe('a range', () => {
  test.each<[string, Parameter, string]>([
    [
      'min above max',
      linear(2, 1),
      'min of parameter "x" must be less than max, got min 2 and max 1; use Parameter.constant for one value',
    ],
    [
      'min equal to max',
      integer(3, 3),
      'min of parameter "x" must be less than max, got min 3 and max 3; use Parameter.constant for one value',
    ],
    ['no finite min', linear(Number.NaN, 1), 'min of parameter "x" must be a finite number, got NaN'],
    ['no finite max', linear(0, Infinity), 'max of parameter "x" must be a finite number, got Infinity'],
    ['a text as min', linear('0' as unknown as number, 1), 'min of parameter "x" must be a finite number, got "0"'],
    [
      'a fraction for an integer',
      integer(1, 2.5),
      'max of parameter "x" must be an integer, got 2.5; use Parameter.continuous for fractions',
    ],
    [
      'a logarithmic scale from 0',
      Parameter.continuous({ min: 0, max: 1, scaling: Scaling.LOGARITHMIC }),
      'min of parameter "x" must be greater than 0 with logarithmic scaling, got 0; use a small positive number or linear scaling',
    ],
    [
      'a logarithmic scale below 0, for an integer',
      Parameter.integer({ min: -1, max: 8, scaling: Scaling.LOGARITHMIC }),
      'min of parameter "x" must be greater than 0 with logarithmic scaling, got -1; use a small positive number or linear scaling',
    ],
    [
      'a reverse logarithmic scale up to 1',
      Parameter.continuous({ min: 0, max: 1, scaling: Scaling.REVERSE_LOGARITHMIC }),
      'min and max of parameter "x" must lie in 0 <= x < 1 with reverse logarithmic scaling, got 0 and 1',
    ],
    [
      'a reverse logarithmic scale for an integer',
      Parameter.integer({ min: 0, max: 8, scaling: Scaling.REVERSE_LOGARITHMIC }),
      'scaling of parameter "x" must be linear or logarithmic for an integer, got reverseLogarithmic',
    ],
    [
      'another scale',
      Parameter.continuous({ min: 0, max: 1, scaling: 'cubic' as Scaling }),
      'scaling of parameter "x" must be linear, logarithmic or reverseLogarithmic, got "cubic"',
    ],
  ])('with %s is refused', (_, parameter, message) => {
    expectError({ x: parameter }).toThrow(`searchSpace: ${message}`);
  });
});

describe('a list of values', () => {
  test.each<[string, Parameter, string]>([
    ['no value', Parameter.categorical([]), 'values of parameter "x" must be a list of at least one value, got []'],
    [
      'the same value twice',
      Parameter.categorical(['a', 'a']),
      'values of parameter "x" must be unique, got "a" twice',
    ],
    ['the same text twice', Parameter.categorical([1, '1']), 'values of parameter "x" must be unique, got "1" twice'],
    [
      'an object',
      Parameter.categorical([{ a: 1 }]),
      'each of values of parameter "x" must be a string, a number or a boolean, got {"a":1}',
    ],
    ['no finite number', Parameter.categorical([NaN]), 'each of values of parameter "x" must be finite, got NaN'],
    [
      'a value of 2501 characters',
      Parameter.categorical(['v'.repeat(2501)]),
      'each of values of parameter "x" must have at most 2500 characters, got 2501',
    ],
    [
      'an expression of the state machine',
      Parameter.categorical(['{% $now() %}']),
      'each of values of parameter "x" must not start with "{%", got "{% $now() %}"',
    ],
    [
      'levels out of order',
      Parameter.ordinal([8, 2, 4]),
      'values of parameter "x" must be in ascending order for an ordinal, got [8,2,4]',
    ],
  ])('with %s is refused', (_, parameter, message) => {
    expectError({ x: parameter }).toThrow(`searchSpace: ${message}`);
  });

  test('may have values of 2500 characters', () => {
    expectError({ x: Parameter.categorical(['v'.repeat(2500)]) }).not.toThrow();
  });
});

describe('a constant', () => {
  test.each<[string, unknown, string]>([
    ['null', null, 'value of parameter "x" must be a string, a number or a boolean, got null'],
    ['a list', [1], 'value of parameter "x" must be a string, a number or a boolean, got [1]'],
    ['an infinite number', -Infinity, 'value of parameter "x" must be finite, got -Infinity'],
  ])('of %s is refused', (_, value, message) => {
    expectError({ x: Parameter.constant(value) }).toThrow(`searchSpace: ${message}`);
  });
});

describe('a name', () => {
  test.each<[string, string]>([
    ['', `${NAME_RULE}, got ""`],
    ['1st', `${NAME_RULE}, got "1st"`],
    ['learning rate', `${NAME_RULE}, got "learning rate"`],
    ['n'.repeat(200), `parameter name must have at most 128 characters, got 200 in "${'n'.repeat(200)}"`],
  ])('%p is refused', (name, message) => {
    expectError({ [name]: linear(0, 1) }).toThrow(`searchSpace: ${message}`);
  });

  test('that differs from another only in case is refused: in the container both are the same variable', () => {
    expectError({ lr: linear(0, 1), LR: linear(0, 1) }).toThrow(
      'searchSpace: parameter names must differ in more than case, got "lr" and "LR"',
    );
  });

  test.each(['_private', 'adam.beta-1', 'block:width', 'n'.repeat(128)])('%p is taken', (name) => {
    expectError({ [name]: linear(0, 1) }).not.toThrow();
  });
});

describe('the number of parameters', () => {
  const parameters = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, linear(0, 1)]));

  test('must be at least 1', () => {
    expectError({}).toThrow('searchSpace: searchSpace must have at least one parameter, got none');
  });

  test('must be at most 100', () => {
    expectError(parameters(100)).not.toThrow();
    expectError(parameters(101)).toThrow('searchSpace: searchSpace must have at most 100 parameters, got 101');
  });
});

describe('a condition', () => {
  const onX = (value: unknown) => Parameter.constant(1, { activeWhen: ActiveWhen.is('x', value) });

  test('on a parameter that does not exist is refused', () => {
    expectError({
      x: Parameter.constant(1, { activeWhen: ActiveWhen.is('optimiser', 'sgd') }),
      y: linear(0, 1),
    }).toThrow(
      'searchSpace: activeWhen of parameter "x" must name a parameter of the search space, got "optimiser"; there are x, y',
    );
  });

  test.each<[string, Parameter, unknown, string]>([
    ['categorical', Parameter.categorical(['a', 'b']), 'c', 'must use values that "x" can take ("a", "b"), got "c"'],
    ['ordinal', Parameter.ordinal([1, 2]), '1', 'must use values that "x" can take (1, 2), got "1"'],
    ['constant', Parameter.constant('a'), 'b', 'must use values that "x" can take ("a"), got "b"'],
    ['integer', integer(1, 4), 5, 'must use values that "x" can take (integers from 1 to 4), got 5'],
    ['integer', integer(1, 4), 1.5, 'must use values that "x" can take (integers from 1 to 4), got 1.5'],
    [
      'continuous',
      linear(0, 1),
      0.5,
      'must use values that "x" can take (nothing: a condition on a continuous parameter would almost never hold), got 0.5',
    ],
  ])('on a value that a %s parameter cannot have is refused', (_, parent, value, message) => {
    expectError({ x: parent, y: onX(value) }).toThrow(`searchSpace: activeWhen of parameter "y" ${message}`);
  });

  test('on no value is refused', () => {
    expectError({
      x: Parameter.categorical(['a']),
      y: Parameter.constant(1, { activeWhen: ActiveWhen.isOneOf('x', []) }),
    }).toThrow('searchSpace: activeWhen of parameter "y" must list at least one value of "x", got []');
  });

  test('on the parameter itself is refused', () => {
    expectError({ x: onX(1) }).toThrow('searchSpace: activeWhen must not form a cycle, got x -> x');
  });

  test('in a cycle of three is refused', () => {
    const on = (parent: string) => Parameter.constant(1, { activeWhen: ActiveWhen.is(parent, 1) });
    expectError({ a: on('c'), b: on('a'), c: on('b'), d: on('a') }).toThrow(
      'searchSpace: activeWhen must not form a cycle, got a -> c -> b -> a',
    );
  });

  test('may be nested ten deep', () => {
    const searchSpace = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [
        `p${i}`,
        Parameter.constant(i, i === 0 ? {} : { activeWhen: ActiveWhen.is(`p${i - 1}`, i - 1) }),
      ]),
    );
    expect(tunerDefinition({ searchSpace }).searchSpace).toHaveLength(10);
  });
});

test('all problems are told at once', () => {
  expectError({ a: linear(1, 0), b: Parameter.categorical([]) }).toThrow(
    /^searchSpace: min of parameter "a" .*; values of parameter "b" must be a list/,
  );
});
