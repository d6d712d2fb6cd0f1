import { ParameterDefinition, ParameterValue } from '../../../lib/contract/search-space';
import { polynomialMutation } from '../models/variation/polynomial-mutation';
import { Random } from '../random/random';
import { cardinality, decode, encode } from '../space/parameter-codec';

/**
 * Another value of a parameter: a category any other one, a number or level a step away; if the step is too short for a
 * discrete one, its neighbour.
 *
 * @param parameter one of at least two values
 * @param eta distribution index of the step, see `polynomialMutation`
 */
export function mutated(
  parameter: ParameterDefinition,
  value: ParameterValue,
  eta: number,
  random: Random,
): ParameterValue {
  if (parameter.type === 'constant') return parameter.value;
  if (parameter.type === 'categorical') {
    const others = parameter.values.filter((other) => other !== value);
    return others[random.integer(others.length)];
  }
  const unit = Math.min(Math.max(encode(parameter, value), 0), 1);
  const stepped = polynomialMutation(unit, eta, random.uniform());
  const other = decode(parameter, stepped);
  if (other !== value || cardinality(parameter) === Infinity) return other;
  return neighbour(parameter, value, stepped < unit ? -1 : 1);
}

/** The next value on one side, or where there is none on the other. */
export function neighbour(parameter: ParameterDefinition, value: ParameterValue, side: -1 | 1): ParameterValue {
  if (parameter.type === 'ordinal') {
    const place = parameter.values.indexOf(value);
    return parameter.values[place + side] ?? parameter.values[place - side];
  }
  if (parameter.type === 'integer') {
    const next = (value as number) + side;
    return next < parameter.min || next > parameter.max ? (value as number) - side : next;
  }
  return value;
}
