import { Configuration } from '../../../lib/contract/search-space';
import { MixtureSettings, ProductMixture } from '../models/parzen/product-mixture';
import { splitObservations } from '../models/parzen/split-observations';
import { Purpose, Random } from '../random/random';
import { isNew } from './newness';
import { SearchAlgorithm, SearchContext, Suggestion } from './search-algorithm';
import { SobolSearch } from './sobol-search';

export interface TpeSettings {
  /** N_init: the first trials are points of a Sobol sequence, until so many have ended. */
  readonly initialTrials: number;
  /** beta: the share of the trials that is good. */
  readonly goodShare: number;
  /** No more trials than this are good. */
  readonly maxGood: number;
  /** No more than this enter the density of the bad ones, see `splitObservations`. */
  readonly maxBad: number;
  /** N_s: how many configurations are drawn from the density of the good ones, to take the best of. */
  readonly candidates: number;
  /** l: the density of the good trials. */
  readonly good: MixtureSettings;
  /** g: the density of the others. */
  readonly bad: MixtureSettings;
}

const DEFAULTS: TpeSettings = {
  initialTrials: 10,
  goodShare: 0.1,
  maxGood: 25,
  maxBad: 500,
  candidates: 64,
  good: { priorWeight: 1, factor: 0.7, minimum: 0.6, minimumCells: 0.5 },
  bad: { priorWeight: 3, factor: 0.7, minimum: 0.6, minimumCells: 0.5 },
};

/** Candidates that a trial has had or that constraints forbid are drawn again, up to this many times in all. */
const DRAWS_PER_CANDIDATE = 10;

/**
 * The multivariate tree-structured Parzen estimator: of configurations drawn from the density l of the good trials, the
 * one where l is largest over the density g of the bad ones, which is where the expected improvement is largest.
 *
 * Sources: Bergstra, Bardenet, Bengio, Kégl, "Algorithms for hyper-parameter optimization", NeurIPS 2011; Falkner, Klein,
 * Hutter, "BOHB", ICML 2018, for the joint density; Watanabe, "Tree-structured Parzen estimator: understanding its algorithm
 * components and their roles for better empirical performance", arXiv 2304.11127, 2023, whose symbols the settings name.
 */
export class TpeSearch implements SearchAlgorithm {
  private readonly settings: TpeSettings;

  constructor(settings: Partial<TpeSettings> = {}) {
    this.settings = { ...DEFAULTS, ...settings };
  }

  suggest(context: SearchContext): Suggestion {
    const { space, history, objectives } = context;
    const { initialTrials, goodShare, maxGood, maxBad, good, bad } = this.settings;
    const ended = history.filter(({ status }) => status !== 'pending');
    if (ended.length < initialTrials || ended.every(({ status }) => status === 'failed')) {
      return new SobolSearch().suggest(context);
    }
    const split = splitObservations(history, objectives, {
      goodCount: (n) => Math.min(Math.ceil(goodShare * n), maxGood),
      goodWeight,
      maxBad,
    });
    const best = this.bestCandidate(
      context,
      new ProductMixture(space, split.good, good),
      new ProductMixture(space, split.bad, bad),
    );
    return best === undefined ? new SobolSearch().suggest(context) : { configuration: best };
  }

  private bestCandidate(context: SearchContext, good: ProductMixture, bad: ProductMixture): Configuration | undefined {
    const { candidates } = this.settings;
    const random = new Random(context.seed, context.trial, Purpose.SEARCH);
    let best: Configuration | undefined;
    let bestRatio = -Infinity;
    let found = 0;
    for (let draw = 0; draw < DRAWS_PER_CANDIDATE * candidates && found < candidates; draw++) {
      const candidate = good.sample(random);
      if (!isNew(context, candidate)) continue;
      found++;
      const ratio = good.logDensity(candidate) - bad.logDensity(candidate);
      if (best === undefined || ratio > bestRatio) [best, bestRatio] = [candidate, ratio];
    }
    return best;
  }
}

/**
 * Logarithmic in the rank, as evolution strategies weight their parents: better trials draw more of the search, however
 * much better they are.
 */
function goodWeight(rank: number, count: number): number {
  return Math.log(count + 1) - Math.log(rank + 1);
}
