import { DEFAULT_POPULATION_SIZE } from '../../../lib/contract/search-defaults';
import { SearchAlgorithmDefinition } from '../../../lib/contract/tuner-definition';
import { cardinality } from '../space/parameter-codec';
import { SearchSpace } from '../space/search-space';

/** What the choice of a search algorithm rests on. */
export interface SearchProblem {
  readonly space: SearchSpace;
  readonly objectives: number;
  readonly maxParallelTrials: number;
}

export interface Choice {
  /** Trials take turns between these, by their number. */
  readonly turns: readonly SearchAlgorithmDefinition[];
  /** A sentence for the study's record. */
  readonly reason: string;
}

/** Above these, a suggestion of the Gaussian process takes too long; see docs/search.md. */
const MAX_MODEL_PARAMETERS = 40;
const MAX_MODEL_PARALLEL = 200;
const MAX_MODEL_OBJECTIVES = 4;

/**
 * One of so many trials is TPE's: it has no idea of the landscape to be wrong about. It is of more use where the model can't
 * climb, since no parameter is continuous, and where several trials run at a time, which ought to differ.
 */
const TPE_EACH = 8;
const TPE_EACH_DISCRETE_OR_PARALLEL = 4;

/** Picks the search algorithm that measured best for problems of this kind. */
export function chooseSearch({ space, objectives, maxParallelTrials }: SearchProblem): Choice {
  const dimension = space.parameters.filter((parameter) => cardinality(parameter) > 1).length;
  if (objectives > MAX_MODEL_OBJECTIVES) {
    return {
      turns: [{ name: 'nsga2', populationSize: DEFAULT_POPULATION_SIZE }],
      reason: `NSGA-II, since there are ${objectives} objectives (a Gaussian process takes up to ${MAX_MODEL_OBJECTIVES})`,
    };
  }
  if (dimension > MAX_MODEL_PARAMETERS) {
    return {
      turns: [{ name: 'tpe' }],
      reason: `TPE, since ${dimension} parameters are searched (a Gaussian process takes up to ${MAX_MODEL_PARAMETERS})`,
    };
  }
  if (maxParallelTrials > MAX_MODEL_PARALLEL) {
    return {
      turns: [{ name: 'tpe' }],
      reason: `TPE, since ${maxParallelTrials} trials run at the same time (a Gaussian process takes up to ${MAX_MODEL_PARALLEL})`,
    };
  }
  const isHelpful = Number.isFinite(space.size) || maxParallelTrials > 1;
  const each = isHelpful ? TPE_EACH_DISCRETE_OR_PARALLEL : TPE_EACH;
  return {
    turns: [...Array.from({ length: each - 1 }, () => ({ name: 'gaussianProcess' }) as const), { name: 'tpe' }],
    reason: `a Gaussian process, since it needs the fewest trials for ${objectives === 1 ? 'one objective' : `${objectives} objectives`} over ${dimension} parameters, with each ${each}th trial by TPE`,
  };
}
