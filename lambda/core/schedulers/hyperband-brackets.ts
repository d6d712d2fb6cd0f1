import { RungsDefinition } from '../../../lib/contract/tuner-definition';
import { leadingPlaces } from './rung-leaders';
import { rungLevels } from './rungs';

/** Powers and quotients that are whole numbers in exact arithmetic may be missed by an error of rounding. */
const TOLERANCE = 1e-9;

/** A bracket of successive halving. */
export interface Bracket {
  /** How many trials start in it: n of the paper. */
  readonly size: number;
  /** Resource of each of its rungs, ascending: r_0, r_1, ... of the paper, the last one R. */
  readonly levels: readonly number[];
}

/**
 * The brackets of Hyperband in their order, from s = s_max with the most trials down to s = 0, where all train in full: each
 * takes about as much resource as the others.
 *
 * Source: Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar, "Hyperband: a novel bandit-based approach to hyperparameter
 * optimization", JMLR 18, 2018, algorithm 1. There the rungs are counted down from the maximum resource; here up from the
 * minimum, so that they are whole numbers where the minimum and the reduction factor are.
 */
export function hyperbandBrackets(definition: RungsDefinition): Bracket[] {
  const levels = levelsOfRounds(definition);
  return levels.map((_, rung) => ({
    size: bracketSize(levels.length, levels.length - rung, definition.reductionFactor),
    levels: levels.slice(rung),
  }));
}

/** How many of so many trials go on from a rung; if there is any, at least one does. */
export function survivorsOf(trials: number, reductionFactor: number): number {
  return Math.min(trials, Math.max(1, leadingPlaces(trials, reductionFactor)));
}

/** With S = s_max + 1 brackets and the s + 1 rungs of this one: ⌈S/(s + 1) · η^s⌉. */
function bracketSize(brackets: number, rungs: number, reductionFactor: number): number {
  return Math.ceil((brackets / rungs) * reductionFactor ** (rungs - 1) * (1 - TOLERANCE));
}

/**
 * The rungs, without the last one below the maximum if it is nearer to it than half a step: where the maximum isn't the
 * minimum times a power of the factor, a round there would end most trials for little training saved.
 */
function levelsOfRounds(definition: RungsDefinition): number[] {
  const levels = rungLevels(definition);
  const before = levels.length - 2;
  const isNear = before > 0 && definition.maxResource < levels[before] * Math.sqrt(definition.reductionFactor);
  return isNear ? levels.filter((_, i) => i !== before) : levels;
}
