import { RungsDefinition } from '../../../lib/contract/tuner-definition';
import { Purpose, Random } from '../random/random';
import { rungLevels } from './rungs';

/** Rungs and how many brackets share them; bracket b has the rungs from the b-th on. */
export interface BracketsDefinition extends RungsDefinition {
  readonly brackets: number;
}

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** The rungs of a bracket, ascending. The last bracket that there can be trains all its trials to the end. */
export function bracketLevels(definition: RungsDefinition, bracket: number): number[] {
  const levels = rungLevels(definition);
  return levels.slice(Math.min(bracket, levels.length - 1));
}

/** How many brackets there are: no more than rungs. */
export function bracketCount(definition: BracketsDefinition): number {
  return Math.min(definition.brackets, rungLevels(definition).length);
}

/**
 * Which part of the trials each bracket gets, adding up to 1: so many that all brackets train for equally long, if each of
 * their rungs takes as long as any other one.
 *
 * Source: Li et al., "Hyperband: a novel bandit-based approach to hyperparameter optimization", JMLR 18, 2018, algorithm 1:
 * bracket s has rungs from R·η^-s on and gets trials in proportion to η^s / (s + 1), which is the inverse of its first
 * rung times the number of its rungs. With the latter form the maximum need not be a power of η times the minimum.
 */
export function bracketShares(definition: BracketsDefinition): number[] {
  const weights = Array.from({ length: bracketCount(definition) }, (_, bracket) => {
    const levels = bracketLevels(definition, bracket);
    return 1 / (levels[0] * levels.length);
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * The bracket of a new trial: depends on nothing but the study's seed and the trial's number. The numbers are spread by
 * multiples of the golden ratio (Weyl), so that any run of successive trials is shared out nearly as `bracketShares` says,
 * where independent draws would leave a rare bracket out for long.
 */
export function bracketOf(definition: BracketsDefinition, seed: number, trial: number): number {
  const shares = bracketShares(definition);
  const place = (new Random(seed, 0, Purpose.BRACKET).uniform() + trial * GOLDEN_RATIO) % 1;
  let sum = 0;
  const bracket = shares.findIndex((share) => place < (sum += share));
  // the shares' sum may be a little less than 1.
  return bracket === -1 ? shares.length - 1 : bracket;
}
