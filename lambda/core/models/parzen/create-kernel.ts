import { ParameterDefinition } from '../../../../lib/contract/search-space';
import { cardinality } from '../../space/parameter-codec';
import { BandwidthSettings, categoricalBandwidth, numericBandwidth } from './bandwidth';
import { CategoricalKernel } from './categorical-kernel';
import { ContinuousKernel } from './continuous-kernel';
import { DiscreteKernel } from './discrete-kernel';
import { Kernel } from './kernel';

/**
 * One parameter's kernels; none of a parameter that has only one value.
 *
 * @param centers of the observations in the unit interval; NaN where the parameter isn't active
 * @param weights of the observations
 * @param dimension how many parameters with several values an observation has
 */
export function createKernel(
  parameter: ParameterDefinition,
  centers: Float64Array,
  weights: Float64Array,
  dimension: number,
  settings: BandwidthSettings,
): Kernel | undefined {
  const values = cardinality(parameter);
  if (values === 1 || parameter.type === 'constant') return undefined;
  if (parameter.type === 'categorical') {
    return new CategoricalKernel(centers, values, categoricalBandwidth(centers, values));
  }
  const bandwidth = numericBandwidth(centers, weights, dimension, values, settings);
  return parameter.type === 'continuous'
    ? new ContinuousKernel(centers, bandwidth)
    : new DiscreteKernel(parameter, centers, bandwidth);
}
