import { Random } from '../../random/random';

/**
 * One parameter's part of the kernels around the observations. All densities are relative to the uniform one over the
 * parameter's values (a discrete value's probability over the width of its cell), so that those of parameters of any
 * type multiply, and a parameter that isn't there has a factor of 1.
 */
export interface Kernel {
  /** Adds to each of `sums` the log density at `unit` of the kernel around the observation with the same index. */
  addLogDensities(unit: number, sums: Float64Array): void;
  /** A place of the unit interval drawn from the kernel around an observation in which the parameter is active. */
  sample(observation: number, random: Random): number;
}
