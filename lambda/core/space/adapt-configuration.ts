import { Configuration, ParameterDefinition, ParameterValue } from '../../../lib/contract/search-space';
import { hasValue } from './parameter-codec';
import { SearchSpace } from './search-space';

/** How far a number may be off its range, or an integer off a whole number, to be taken for a rounding error. */
const TOLERANCE = 1e-9;

export interface Adapted {
  /** A configuration of the space, unless the given one is too far from any. */
  readonly configuration?: Configuration;
  /** What was changed, or why it can't be used. */
  readonly notes: string[];
}

/**
 * Maps what comes from elsewhere, or from an earlier form of the space, to a configuration of the space: numbers in quotes,
 * integers with a rounding error, values a rounding error outside of their range, parameters that the space doesn't have.
 */
export function adaptConfiguration(space: SearchSpace, given: Readonly<Record<string, unknown>>): Adapted {
  if (space.contains(given as Configuration)) return { configuration: given as Configuration, notes: [] };

  const configuration: Configuration = {};
  const problems: string[] = [];
  for (const parameter of space.parameters) {
    if (!space.isActive(parameter, configuration)) continue;
    const name = JSON.stringify(parameter.name);
    const value = Object.hasOwn(given, parameter.name)
      ? nearestValue(parameter, given[parameter.name])
      : onlyValue(parameter);
    if (value !== undefined) {
      configuration[parameter.name] = value;
    } else if (Object.hasOwn(given, parameter.name)) {
      problems.push(`${name} can't be ${shown(given[parameter.name])}`);
    } else {
      problems.push(`${name} is missing`);
    }
  }
  if (problems.length > 0) return { notes: [`left out: ${problems.join(', ')}`] };

  const extra = Object.keys(given).filter((name) => !Object.hasOwn(configuration, name));
  const names = extra.slice(0, 5).map(shown).join(', ');
  return {
    configuration,
    notes: extra.length === 0 ? [] : [`used without ${names}${extra.length > 5 ? ', ...' : ''}`],
  };
}

function nearestValue(parameter: ParameterDefinition, given: unknown): ParameterValue | undefined {
  if (hasValue(parameter, given)) return given as ParameterValue;
  switch (parameter.type) {
    case 'continuous':
      return withinRange(parameter, toNumber(given));
    case 'integer': {
      const number = toNumber(given);
      const rounded = Math.round(number);
      return isClose(number, rounded) ? withinRange(parameter, rounded) : undefined;
    }
    case 'categorical':
    case 'ordinal':
      return parameter.values.find((value) => isSame(value, given));
    case 'constant':
      return isSame(parameter.value, given) ? parameter.value : undefined;
  }
}

function onlyValue(parameter: ParameterDefinition): ParameterValue | undefined {
  if (parameter.type === 'constant') return parameter.value;
  const values = parameter.type === 'categorical' || parameter.type === 'ordinal' ? parameter.values : [];
  return values.length === 1 ? values[0] : undefined;
}

function withinRange({ min, max }: { min: number; max: number }, value: number): number | undefined {
  const clamped = Math.min(Math.max(value, min), max);
  return isClose(value, clamped) ? clamped : undefined;
}

/** Values of one list differ in their texts, which is how a training job gets them. */
function isSame(value: ParameterValue, given: unknown): boolean {
  if (!['string', 'number', 'boolean'].includes(typeof given)) return false;
  return String(value) === String(given) || (typeof value === 'number' && isClose(value, toNumber(given)));
}

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}

function toNumber(given: unknown): number {
  if (typeof given === 'number') return given;
  return typeof given === 'string' && given.trim() !== '' ? Number(given) : NaN;
}

function shown(value: unknown): string {
  const text = (typeof value === 'number' ? String(value) : JSON.stringify(value)) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
