import { HyperbandDefinition } from '../../../lib/contract/tuner-definition';
import { HalvingRounds } from './halving-rounds';
import { hyperbandBrackets } from './hyperband-brackets';

/**
 * Hyperband in rounds: brackets of successive halving that begin with ever fewer trials at an ever later rung, so that it
 * needn't be known from which resource on results can be trusted; after the last one the first again. A trial's `bracket`
 * counts on; modulo the number of brackets it is s_max - s of the paper.
 *
 * Source: Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar, "Hyperband: a novel bandit-based approach to hyperparameter
 * optimization", JMLR 18, 2018, algorithm 1.
 */
export class Hyperband extends HalvingRounds {
  constructor(definition: Omit<HyperbandDefinition, 'name'>) {
    super(hyperbandBrackets(definition), definition.reductionFactor);
  }
}
