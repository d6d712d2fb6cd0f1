import {
  MAX_HYPERPARAMETERS,
  MAX_HYPERPARAMETER_VALUE_LENGTH,
  MAX_PARAMETER_NAME_LENGTH,
  PARAMETER_NAME_PATTERN,
} from './limits';
import { ParameterDefinition, ParameterValue, SearchSpaceDefinition } from './search-space';

/** DynamoDB holds numbers from 1e-130 to 1e126 in size; ranges stay well inside. */
const MIN_MAGNITUDE = 1e-100;
const MAX_MAGNITUDE = 1e100;

/** Tells whether a value is only known at deployment (a CDK token); the Lambda steps know every value. */
export type IsUnresolved = (value: unknown) => boolean;

const show = (value: unknown) => (typeof value === 'number' ? String(value) : JSON.stringify(value));

/**
 * Every problem of a search space, as sentences that name the parameter, the value and what is allowed.
 *
 * @param isUnresolved values for which this is true are taken as valid
 */
export function searchSpaceProblems(space: SearchSpaceDefinition, isUnresolved: IsUnresolved = () => false): string[] {
  const problems: string[] = [];
  if (space.length === 0) {
    problems.push('searchSpace must have at least one parameter, got none');
  }
  if (space.length > MAX_HYPERPARAMETERS) {
    problems.push(`searchSpace must have at most ${MAX_HYPERPARAMETERS} parameters, got ${space.length}`);
  }
  problems.push(...nameProblems(space));
  for (const parameter of space) {
    problems.push(...rangeProblems(parameter, isUnresolved));
  }
  problems.push(...conditionProblems(space, isUnresolved));
  return problems;
}

function nameProblems(space: SearchSpaceDefinition): string[] {
  const problems: string[] = [];
  const seen = new Map<string, string>();
  for (const { name } of space) {
    if (typeof name !== 'string' || !PARAMETER_NAME_PATTERN.test(name)) {
      problems.push(
        `parameter name must start with a letter or underscore and hold only letters, digits and _ . : -, got ${show(name)}`,
      );
      continue;
    }
    if (name === '__proto__') {
      problems.push('parameter name must not be __proto__, which JavaScript programs take for something else');
    }
    if (name.length > MAX_PARAMETER_NAME_LENGTH) {
      problems.push(
        `parameter name must have at most ${MAX_PARAMETER_NAME_LENGTH} characters, got ${name.length} in ${show(name)}`,
      );
    }
    // the training container sees SM_HP_<NAME>, in capitals.
    const earlier = seen.get(name.toUpperCase());
    if (earlier === name) {
      problems.push(`parameter names must be unique, got ${show(name)} twice`);
    } else if (earlier !== undefined) {
      problems.push(`parameter names must differ in more than case, got ${show(earlier)} and ${show(name)}`);
    }
    seen.set(name.toUpperCase(), name);
  }
  return problems;
}

function rangeProblems(parameter: ParameterDefinition, isUnresolved: IsUnresolved): string[] {
  const of = `of parameter ${show(parameter.name)}`;
  switch (parameter.type) {
    case 'continuous':
    case 'integer':
      return boundsProblems(parameter.type, of, parameter, isUnresolved);
    case 'categorical':
    case 'ordinal':
      return valuesProblems(parameter.type, of, parameter.values, isUnresolved);
    case 'constant':
      return valueProblems(`value ${of}`, parameter.value, isUnresolved);
    default:
      return [
        `type ${of} must be continuous, integer, categorical, ordinal or constant, got ${show((parameter as { type: unknown }).type)}`,
      ];
  }
}

function boundsProblems(
  type: 'continuous' | 'integer',
  of: string,
  { min, max, scaling }: { min: number; max: number; scaling: string },
  isUnresolved: IsUnresolved,
): string[] {
  const problems: string[] = [];
  for (const [name, value] of [
    ['min', min],
    ['max', max],
  ] as const) {
    if (isUnresolved(value)) continue;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      problems.push(`${name} ${of} must be a finite number, got ${show(value)}`);
    } else if (Math.abs(value) > MAX_MAGNITUDE || (value !== 0 && Math.abs(value) < MIN_MAGNITUDE)) {
      problems.push(`${name} ${of} must be 0 or from ${MIN_MAGNITUDE} to ${MAX_MAGNITUDE} in size, got ${show(value)}`);
    } else if (type === 'integer' && !Number.isSafeInteger(value)) {
      problems.push(`${name} ${of} must be an integer, got ${show(value)}; use Parameter.continuous for fractions`);
    }
  }
  if (!['linear', 'logarithmic', 'reverseLogarithmic'].includes(scaling)) {
    problems.push(`scaling ${of} must be linear, logarithmic or reverseLogarithmic, got ${show(scaling)}`);
  }
  if (problems.length > 0 || isUnresolved(min) || isUnresolved(max)) return problems;

  if (min >= max) {
    problems.push(
      `min ${of} must be less than max, got min ${min} and max ${max}; use Parameter.constant for one value`,
    );
  }
  if (scaling === 'logarithmic' && min <= 0) {
    problems.push(
      `min ${of} must be greater than 0 with logarithmic scaling, got ${min}; use a small positive number or linear scaling`,
    );
  }
  if (scaling === 'reverseLogarithmic' && type === 'integer') {
    problems.push(`scaling ${of} must be linear or logarithmic for an integer, got reverseLogarithmic`);
  } else if (scaling === 'reverseLogarithmic' && (min < 0 || max >= 1)) {
    problems.push(`min and max ${of} must lie in 0 <= x < 1 with reverse logarithmic scaling, got ${min} and ${max}`);
  }
  return problems;
}

function valuesProblems(
  type: 'categorical' | 'ordinal',
  of: string,
  values: ParameterValue[],
  isUnresolved: IsUnresolved,
): string[] {
  if (isUnresolved(values)) return [];
  if (!Array.isArray(values) || values.length === 0) {
    return [`values ${of} must be a list of at least one value, got ${show(values)}`];
  }
  const problems = values.flatMap((value) => valueProblems(`each of values ${of}`, value, isUnresolved));
  const known = values.filter((value) => !isUnresolved(value));
  const texts = known.map((value) => String(value));
  const twice = texts.find((text, i) => texts.indexOf(text) !== i);
  if (twice !== undefined) {
    // both arrive in the container as the same text.
    problems.push(`values ${of} must be unique, got ${show(twice)} twice`);
  }
  const numbers = known.filter((value) => typeof value === 'number') as number[];
  if (type === 'ordinal' && numbers.length === known.length && numbers.some((n, i) => i > 0 && n < numbers[i - 1])) {
    problems.push(`values ${of} must be in ascending order for an ordinal, got ${show(values)}`);
  }
  return problems;
}

function valueProblems(what: string, value: unknown, isUnresolved: IsUnresolved): string[] {
  if (isUnresolved(value)) return [];
  if (typeof value === 'number') {
    return Number.isFinite(value) ? [] : [`${what} must be finite, got ${value}`];
  }
  if (typeof value === 'boolean') return [];
  if (typeof value !== 'string') {
    return [`${what} must be a string, a number or a boolean, got ${show(value)}`];
  }
  if (value.length > MAX_HYPERPARAMETER_VALUE_LENGTH) {
    return [`${what} must have at most ${MAX_HYPERPARAMETER_VALUE_LENGTH} characters, got ${value.length}`];
  }
  // SageMaker's own rule for hyperparameters.
  if (/[\r\n]/.test(value)) return [`${what} must be a single line, got ${show(value)}`];
  // the state machine would evaluate it as a JSONata expression.
  return value.trimStart().startsWith('{%') ? [`${what} must not start with "{%", got ${show(value)}`] : [];
}

function conditionProblems(space: SearchSpaceDefinition, isUnresolved: IsUnresolved): string[] {
  const problems: string[] = [];
  const byName = new Map(space.map((parameter) => [parameter.name, parameter]));
  for (const { name, activeWhen } of space) {
    if (activeWhen === undefined) continue;
    const what = `activeWhen of parameter ${show(name)}`;
    const parent = byName.get(activeWhen.parameter);
    if (parent === undefined) {
      problems.push(
        `${what} must name a parameter of the search space, got ${show(activeWhen.parameter)}; there are ${[...byName.keys()].join(', ')}`,
      );
      continue;
    }
    if (!Array.isArray(activeWhen.values) || activeWhen.values.length === 0) {
      problems.push(`${what} must list at least one value of ${show(parent.name)}, got ${show(activeWhen.values)}`);
      continue;
    }
    for (const value of activeWhen.values) {
      const allowed = isUnresolved(value) ? undefined : allowedValues(parent, value, isUnresolved);
      if (allowed !== undefined) {
        problems.push(`${what} must use values that ${show(parent.name)} can take (${allowed}), got ${show(value)}`);
      }
    }
  }
  for (const { name } of space) {
    const path = conditionPath(name, byName);
    if (path !== undefined) {
      problems.push(`activeWhen must not form a cycle, got ${path.join(' -> ')}`);
      break;
    }
  }
  return problems;
}

/** What the parent can take, in words, if `value` isn't one of it; else undefined. */
function allowedValues(
  parent: ParameterDefinition,
  value: ParameterValue,
  isUnresolved: IsUnresolved,
): string | undefined {
  switch (parent.type) {
    case 'categorical':
    case 'ordinal':
      return isUnresolved(parent.values) || parent.values.some(isUnresolved) || parent.values.includes(value)
        ? undefined
        : parent.values.map(show).join(', ');
    case 'constant':
      return isUnresolved(parent.value) || parent.value === value ? undefined : show(parent.value);
    case 'integer':
      return typeof value === 'number' &&
        Number.isInteger(value) &&
        (isUnresolved(parent.min) || value >= parent.min) &&
        (isUnresolved(parent.max) || value <= parent.max)
        ? undefined
        : `integers from ${parent.min} to ${parent.max}`;
    case 'continuous':
      return 'nothing: a condition on a continuous parameter would almost never hold';
  }
}

/** The names from `name` back to itself, if its conditions lead there. */
function conditionPath(name: string, byName: Map<string, ParameterDefinition>): string[] | undefined {
  const path = [name];
  for (
    let current = byName.get(name);
    current?.activeWhen !== undefined;
    current = byName.get(current.activeWhen.parameter)
  ) {
    const next = current.activeWhen.parameter;
    path.push(next);
    if (next === name) return path;
    if (path.length > byName.size + 1) return undefined;
  }
  return undefined;
}
