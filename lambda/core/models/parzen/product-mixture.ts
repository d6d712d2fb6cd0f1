import { Configuration } from '../../../../lib/contract/search-space';
import { Random } from '../../random/random';
import { decode, encode } from '../../space/parameter-codec';
import { SearchSpace } from '../../space/search-space';
import { KernelFactory, Kernel } from './kernel';
import { WeightedObservations } from './split-observations';

/**
 * A joint density over a search space: a mixture of the uniform distribution and a product kernel around each
 * observation, one factor for each parameter that is active in it. Parameters that an observation lacks are uniform in
 * its kernel, given that what they depend on makes them active. So each observation says what it knows about the
 * parameters that go together, at any depth of conditions, and the density is a proper one: `sample` draws from it, and
 * observations of another branch have almost no part in what it says about this one.
 */
export class ProductMixture {
  private readonly kernels: readonly (Kernel | undefined)[];
  private readonly points: readonly Float64Array[];
  private readonly logWeights: Float64Array;
  private readonly logPrior: number;
  /** Cumulative weights; what is above the last one belongs to the prior. */
  private readonly cumulative: Float64Array;
  private readonly sums: Float64Array;

  /**
   * @param priorWeight of the uniform distribution, next to a mean weight of 1 of the observations
   */
  constructor(
    private readonly space: SearchSpace,
    { observations, weights }: WeightedObservations,
    priorWeight: number,
    createKernel: KernelFactory,
  ) {
    const count = observations.length;
    this.points = pointsOf(space, observations.map(({ configuration }) => configuration));
    this.kernels = space.parameters.map((parameter, d) => createKernel(parameter, this.points[d], weights));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const scale = count === 0 ? 0 : count / (total * (count + priorWeight));
    this.logWeights = weights.map((weight) => Math.log(weight * scale));
    this.logPrior = Math.log(count === 0 ? 1 : priorWeight / (count + priorWeight));
    this.cumulative = new Float64Array(count);
    weights.reduce((sum, weight, i) => (this.cumulative[i] = sum + weight * scale), 0);
    this.sums = new Float64Array(count);
  }

  /** Relative to the uniform density over what is active in the configuration. */
  logDensity(configuration: Configuration): number {
    const { sums } = this;
    sums.set(this.logWeights);
    this.space.parameters.forEach((parameter, d) => {
      if (Object.hasOwn(configuration, parameter.name)) {
        this.kernels[d]?.addLogDensities(encode(parameter, configuration[parameter.name]), sums);
      }
    });
    return logSumExp(sums, this.logPrior);
  }

  sample(random: Random): Configuration {
    const u = random.uniform();
    let component = this.cumulative.findIndex((end) => u < end);
    const configuration: Configuration = {};
    this.space.parameters.forEach((parameter, d) => {
      if (!this.space.isActive(parameter, configuration)) return;
      const kernel = component < 0 || Number.isNaN(this.points[d][component]) ? undefined : this.kernels[d];
      configuration[parameter.name] = decode(parameter, kernel?.sample(component, random) ?? random.uniform());
    });
    return configuration;
  }
}

/** For each parameter the places of all observations in the unit interval; NaN where it isn't active. */
function pointsOf(space: SearchSpace, configurations: readonly Configuration[]): Float64Array[] {
  return space.parameters.map((parameter) =>
    Float64Array.from(configurations, (configuration) =>
      Object.hasOwn(configuration, parameter.name) ? encode(parameter, configuration[parameter.name]) : NaN,
    ),
  );
}

/** log(Σ exp(values[i]) + exp(last)). */
function logSumExp(values: Float64Array, last: number): number {
  let largest = last;
  for (let i = 0; i < values.length; i++) if (values[i] > largest) largest = values[i];
  let sum = Math.exp(last - largest);
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - largest);
  return largest + Math.log(sum);
}
