import { ParameterDefinition } from '../../../../lib/contract/search-space';
import { Random } from '../../random/random';

/**
 * One parameter's part of the kernels around the observations. All densities are relative to the uniform one over the
 * parameter's values (each value's probability times their number, of discrete ones), so that those of parameters of
 * any type multiply, and a parameter that isn't there has a factor of 1.
 */
export interface Kernel {
  /** Adds to each of `sums` the log density at `unit` of the kernel around the observation with the same index. */
  addLogDensities(unit: number, sums: Float64Array): void;
  /** A place of the unit interval drawn from the kernel around an observation. */
  sample(observation: number, random: Random): number;
}

/**
 * Creates one parameter's kernels; none of a parameter that has only one value.
 *
 * @param centers of the observations in the unit interval; NaN where the parameter isn't active
 * @param weights of the observations
 */
export type KernelFactory = (
  parameter: ParameterDefinition,
  centers: Float64Array,
  weights: Float64Array,
) => Kernel | undefined;
