import { Configuration } from '../../../../lib/contract/search-space';
import { Random } from '../../random/random';
import { cardinality, decode, encode } from '../../space/parameter-codec';
import { SearchSpace } from '../../space/search-space';
import { BandwidthSettings } from './bandwidth';
import { createKernel } from './create-kernel';
import { Kernel } from './kernel';
import { WeightedObservations } from './split-observations';

export interface MixtureSettings extends BandwidthSettings {
  /** Weight of the uniform distribution, where an observation's mean weight is 1; above 0. */
  readonly priorWeight: number;
}

/**
 * A joint density over a search space: a mixture of the uniform distribution and a product of kernels around each
 * observation, one factor for each parameter that is active in it.
 *
 * Conditional parameters: one that an observation lacks is uniform in its product, given that it is active. So the
 * parameters that are active together are modelled together, at any depth of conditions, by the observations that have
 * them. The density stays a proper one, which `sample` draws from, and observations of another branch have little part in
 * what it says about this one, as the categories that lead there differ.
 *
 * Source: Falkner, Klein, Hutter, "BOHB: robust and efficient hyperparameter optimization at scale", ICML 2018, for the
 * product kernels; there, a missing parameter is drawn at random, which is the same on average.
 */
export class ProductMixture {
  /** For each parameter the places of all observations; NaN where it isn't active. */
  private readonly points: readonly Float64Array[];
  private readonly kernels: readonly (Kernel | undefined)[];
  /** Cumulative weights of the observations; the rest up to 1 is the uniform distribution's. */
  private readonly ends: Float64Array;
  private readonly logWeights: Float64Array;
  private readonly logPrior: number;
  private readonly sums: Float64Array;

  constructor(
    private readonly space: SearchSpace,
    { observations, weights }: WeightedObservations,
    settings: MixtureSettings,
  ) {
    const count = observations.length;
    const all = observations.map(({ configuration }) => configuration);
    this.points = space.parameters.map((parameter) =>
      placesOf(parameter.name, all, (value) => encode(parameter, value)),
    );
    const dimension = meanDimension(space, this.points);
    this.kernels = space.parameters.map((parameter, i) =>
      createKernel(parameter, this.points[i], weights, dimension, settings),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const share = count === 0 ? 0 : count / (count + settings.priorWeight);
    let end = 0;
    this.ends = weights.map((weight) => (end += (share * weight) / total));
    this.logWeights = weights.map((weight) => Math.log((share * weight) / total));
    this.logPrior = Math.log1p(-share);
    this.sums = new Float64Array(count);
  }

  /** Relative to the uniform density over what is active in the configuration. */
  logDensity(configuration: Configuration): number {
    const { sums } = this;
    sums.set(this.logWeights);
    this.space.parameters.forEach((parameter, i) => {
      if (Object.hasOwn(configuration, parameter.name)) {
        this.kernels[i]?.addLogDensities(encode(parameter, configuration[parameter.name]), sums);
      }
    });
    return logSumExp(sums, this.logPrior);
  }

  sample(random: Random): Configuration {
    const u = random.uniform();
    const chosen = this.ends.findIndex((end) => u < end);
    const configuration: Configuration = {};
    this.space.parameters.forEach((parameter, i) => {
      if (!this.space.isActive(parameter, configuration)) return;
      const kernel = chosen < 0 || Number.isNaN(this.points[i][chosen]) ? undefined : this.kernels[i];
      configuration[parameter.name] = decode(parameter, kernel?.sample(chosen, random) ?? random.uniform());
    });
    return configuration;
  }
}

function placesOf(
  name: string,
  configurations: readonly Configuration[],
  place: (value: Configuration[string]) => number,
): Float64Array {
  return Float64Array.from(configurations, (configuration) =>
    Object.hasOwn(configuration, name) ? place(configuration[name]) : NaN,
  );
}

/** How many parameters with several values are active in an observation, on average. */
function meanDimension(space: SearchSpace, points: readonly Float64Array[]): number {
  const active = space.parameters.reduce(
    (sum, parameter, i) =>
      cardinality(parameter) === 1 ? sum : sum + points[i].reduce((n, place) => (Number.isNaN(place) ? n : n + 1), 0),
    0,
  );
  return active / Math.max(points[0]?.length ?? 0, 1);
}

/** log(Σ exp(values[i]) + exp(last)). */
function logSumExp(values: Float64Array, last: number): number {
  let largest = last;
  for (let i = 0; i < values.length; i++) if (values[i] > largest) largest = values[i];
  let sum = Math.exp(last - largest);
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - largest);
  return largest + Math.log(sum);
}
