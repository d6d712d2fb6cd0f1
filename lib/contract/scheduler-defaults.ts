/** What the schedulers' own parameters are where the user gives none. */

/** Others that must have come as far before median stopping ends a trial. */
export const DEFAULT_MINIMUM_TRIALS = 5;

/** What counts as an improvement for patience: more than this. */
export const DEFAULT_MINIMUM_IMPROVEMENT = 0;

/** One of so many trials goes on beyond a rung. */
export const DEFAULT_REDUCTION_FACTOR = 3;

/** The model of the curves looks at more rungs. */
export const DEFAULT_MODEL_REDUCTION_FACTOR = 2;

/** Of ASHA. */
export const DEFAULT_BRACKETS = 1;

/** Of population based training. */
export const DEFAULT_POPULATION = {
  populationSize: 10,
  quantile: 0.25,
  perturbation: 0.2,
  resampleProbability: 0.25,
} as const;
