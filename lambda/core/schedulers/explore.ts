import { Configuration, ParameterDefinition, ParameterValue } from '../../../lib/contract/search-space';
import { Random } from '../random/random';
import { neighbour } from '../search/mutation';
import { cardinality, decode, encode } from '../space/parameter-codec';
import { SearchSpace } from '../space/search-space';

/** Tries to meet the constraints between parameters. */
const ATTEMPTS = 100;

export interface Exploration {
  /** A number or level is moved up or down by this share of its range, under its scaling. */
  readonly perturbation: number;
  /** Probability that a parameter is drawn anew instead. */
  readonly resampleProbability: number;
}

/**
 * A configuration near another one: the step `explore` of population based training. Numbers and levels move by the step, or
 * where it is too short for a discrete one to its neighbour; categories stay unless they are drawn anew. What becomes active
 * by that is drawn too. If the constraints allow none of the tries, the configuration stays as it is.
 */
export function explored(
  space: SearchSpace,
  configuration: Configuration,
  exploration: Exploration,
  random: Random,
): Configuration {
  for (let i = 0; i < ATTEMPTS; i++) {
    const candidate = perturbed(space, configuration, exploration, random);
    if (space.isAllowed(candidate)) return candidate;
  }
  return configuration;
}

function perturbed(
  space: SearchSpace,
  configuration: Configuration,
  { perturbation, resampleProbability }: Exploration,
  random: Random,
): Configuration {
  const result: Configuration = {};
  for (const parameter of space.parameters) {
    if (!space.isActive(parameter, result)) continue;
    const { name } = parameter;
    const isNew = !Object.hasOwn(configuration, name);
    result[name] =
      random.uniform() < resampleProbability || isNew
        ? decode(parameter, random.uniform())
        : moved(parameter, configuration[name], perturbation, random.uniform() < 0.5 ? -1 : 1);
  }
  return result;
}

/** A step to one side, or where the range ends before that, to the other. */
function moved(parameter: ParameterDefinition, value: ParameterValue, step: number, side: -1 | 1): ParameterValue {
  if (parameter.type === 'categorical' || cardinality(parameter) === 1) return value;
  const unit = Math.min(Math.max(encode(parameter, value), 0), 1);
  const isInside = (candidate: number) => unit + candidate * step >= 0 && unit + candidate * step <= 1;
  const way = !isInside(side) && isInside(side === 1 ? -1 : 1) ? -side : side;
  const other = decode(parameter, Math.min(Math.max(unit + way * step, 0), 1));
  return other === value ? neighbour(parameter, value, side) : other;
}
