import { Configuration } from '../../../lib/contract/search-space';
import { Bandwidths, bandwidthOf, categoricalBandwidth } from '../models/parzen/bandwidths';
import { CategoricalKernel } from '../models/parzen/categorical-kernel';
import { ContinuousKernel } from '../models/parzen/continuous-kernel';
import { DiscreteKernel } from '../models/parzen/discrete-kernel';
import { KernelFactory } from '../models/parzen/kernel';
import { ProductMixture } from '../models/parzen/product-mixture';
import { splitObservations } from '../models/parzen/split-observations';
import { Purpose, Random } from '../random/random';
import { cardinality } from '../space/parameter-codec';
import { SearchSpace } from '../space/search-space';
import { SearchAlgorithm, SearchContext, Suggestion } from './search-algorithm';
import { SobolSearch } from './sobol-search';

export interface TpeSettings {
  startup: number;
  gamma: 'linear' | 'sqrt';
  beta: number;
  maxGood: number;
  goodWeights: 'uniform' | 'log' | 'linear';
  maxBad: number;
  candidates: number;
  priorGood: number;
  priorBad: number;
  good: Bandwidths;
  bad: Bandwidths;
}

export const OPTUNA: TpeSettings = {
  startup: 10,
  gamma: 'linear',
  beta: 0.1,
  maxGood: 25,
  goodWeights: 'uniform',
  maxBad: 500,
  candidates: 24,
  priorGood: 1,
  priorBad: 1,
  good: { rule: 'fixed', factor: 0.2, minimum: 0, magic: 1, minCells: 0, cat: 0, catN: 0 },
  bad: { rule: 'fixed', factor: 0.2, minimum: 0, magic: 1, minCells: 0, cat: 0, catN: 0 },
};

export class TpeSearch implements SearchAlgorithm {
  constructor(private readonly settings: TpeSettings = OPTUNA) {}

  suggest(context: SearchContext): Suggestion {
    const { space, history, seed, trial, objectives } = context;
    const s = this.settings;
    const ended = history.filter(({ status }) => status !== 'pending').length;
    if (ended < s.startup || !history.some(({ status }) => status === 'finished')) return new SobolSearch().suggest(context);

    const { good, bad } = splitObservations(history, objectives, {
      goodCount: (n) => Math.max(1, Math.min(Math.ceil(s.gamma === 'linear' ? s.beta * n : s.beta * Math.sqrt(n)), s.maxGood)),
      goodWeight: (rank, count) =>
        s.goodWeights === 'uniform' ? 1 : s.goodWeights === 'log' ? Math.log(count + 1) - Math.log(rank + 1) : count - rank,
      maxBad: s.maxBad,
    });
    const dimension = space.parameters.filter((p) => cardinality(p) > 1).length;
    const l = new ProductMixture(space, good, s.priorGood, kernels(s.good, dimension));
    const g = new ProductMixture(space, bad, s.priorBad, kernels(s.bad, dimension));

    const random = new Random(seed, trial, Purpose.SEARCH);
    const taken = new Set(history.map(({ configuration }) => space.key(configuration)));
    let best: Configuration | undefined;
    let bestScore = -Infinity;
    let found = 0;
    for (let i = 0; i < 10 * s.candidates && found < s.candidates; i++) {
      const candidate = l.sample(random);
      if (taken.has(space.key(candidate)) || !space.isAllowed(candidate)) continue;
      found++;
      const score = l.logDensity(candidate) - g.logDensity(candidate);
      if (score > bestScore || best === undefined) [best, bestScore] = [candidate, score];
    }
    return best === undefined ? new SobolSearch().suggest(context) : { configuration: best };
  }
}

function kernels(settings: Bandwidths, dimension: number): KernelFactory {
  return (parameter, centers, weights) => {
    const count = cardinality(parameter);
    if (count === 1) return undefined;
    if (parameter.type === 'categorical') {
      return new CategoricalKernel(centers, count, categoricalBandwidth(settings, centers, count));
    }
    const bandwidth = bandwidthOf(settings, centers, weights, dimension, count);
    switch (parameter.type) {
      case 'continuous':
        return new ContinuousKernel(centers, bandwidth);
      case 'integer':
      case 'ordinal':
        return new DiscreteKernel(parameter, centers, bandwidth);
      case 'constant':
        return undefined;
    }
  };
}
