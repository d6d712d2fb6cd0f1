import { SuccessiveHalvingDefinition } from '../../../lib/contract/tuner-definition';
import { HalvingRounds } from './halving-rounds';
import { hyperbandBrackets } from './hyperband-brackets';

/**
 * Successive halving in rounds: η^s trials train to the first of s + 1 rungs, one of η of them to the next, and so on, until
 * the last one trains in full; then as many new trials begin. A trial's `bracket` counts these passes.
 *
 * Source: Jamieson, Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016. How
 * many begin is not settled there; here they are those of the largest bracket of Hyperband.
 */
export class SuccessiveHalving extends HalvingRounds {
  constructor(definition: Omit<SuccessiveHalvingDefinition, 'name'>) {
    super(hyperbandBrackets(definition).slice(0, 1), definition.reductionFactor);
  }
}
