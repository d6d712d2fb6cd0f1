import type { ParameterRanges } from './tuning-job';

/** How many combinations of distinct categories there are. */
export function gridSize({ CategoricalParameterRanges = [] }: ParameterRanges): number {
  return CategoricalParameterRanges.reduce((product, { Values }) => product * new Set(Values).size, 1);
}
