import { Acquisition, ProductAcquisition } from '../models/acquisition/acquisition';
import { ExpectedImprovement } from '../models/acquisition/expected-improvement';
import { HypervolumeImprovement } from '../models/acquisition/hypervolume-improvement';
import { maximize } from '../models/acquisition/maximize';
import { nonDominatedBoxes } from '../models/acquisition/non-dominated-boxes';
import { ProbabilityBelow } from '../models/acquisition/probability-below';
import { BeliefInNoise, DETAILS, TRENDS } from '../models/gaussian-process/belief';
import { FitInDoubt, fitInDoubt } from '../models/gaussian-process/fit-in-doubt';
import { GaussianProcess } from '../models/gaussian-process/gaussian-process';
import { Layout, layoutOf } from '../models/gaussian-process/hyperparameters';
import { MAX_OBSERVATIONS, selectForFit, selectForModel } from '../models/gaussian-process/model-data';
import { ModelInputs } from '../models/gaussian-process/model-inputs';
import { transformLosses } from '../models/gaussian-process/output-transform';
import { transformViolations } from '../models/gaussian-process/transform-violations';
import { crowdingDistances } from '../models/pareto/crowding-distance';
import { nonDominatedRanks } from '../models/pareto/non-dominated-sort';
import { byAge, rankObservations } from '../models/ranking/rank-observations';
import { Purpose, Random } from '../random/random';
import { newnessTest } from './newness';
import { Observation, SearchAlgorithm, SearchContext, Suggestion, finished, isFeasible } from './search-algorithm';
import { SobolSearch } from './sobol-search';

/** Trials that come before the model, and results without which it isn't asked. */
const INITIAL_TRIALS = 8;
const MIN_RESULTS = 3;

/**
 * Trials take turns between a model that expects details and one that expects broad trends: where the one is stuck the other
 * isn't, and the trials of a batch differ by more than their place in it.
 */
const BELIEFS: readonly BeliefInNoise[] = [DETAILS, TRENDS];

/** Running trials that the model takes into account, the newest; it grows with them. None is ever proposed again. */
const MAX_PENDING = 100;

/** The front that hypervolume is measured on is limited: boxes grow with its size to the power of objectives - 1. */
const FRONT_LIMITS = [0, 0, 40, 16, 8];
const LEAST_FRONT = 5;

/** How far beyond the front's worst values the reference point of the hypervolume lies, in parts of its range. */
const REFERENCE_MARGIN = 0.1;

/**
 * Bayesian optimization: a Gaussian process models what is known, and the trial with the highest expected improvement, of
 * several objectives the highest expected gain in hypervolume, comes next.
 *
 * Source of the scheme: Snoek, Larochelle, Adams, "Practical Bayesian optimization of machine learning algorithms", NIPS
 * 2012. What differs here, and by how much it helps, is told in docs/search.md.
 */
export class GaussianProcessSearch implements SearchAlgorithm {
  suggest(context: SearchContext): Suggestion {
    const { space, seed, trial, history } = context;
    const inputs = new ModelInputs(space);
    const results = history.filter(({ status }) => status !== 'pending').sort(byAge);
    if (inputs.size === 0 || history.length < INITIAL_TRIALS || finished(results).length < MIN_RESULTS) {
      return new SobolSearch().suggest(context);
    }
    const study = new StudyModel(context, inputs, results);
    const proposal = maximize(
      study.acquisition(history.filter(({ status }) => status === 'pending').sort(byAge)),
      inputs,
      study.bestPoints(),
      newnessTest(context),
      new Random(seed, trial, Purpose.SEARCH),
    );
    return proposal === undefined ? new SobolSearch().suggest(context) : { configuration: proposal };
  }
}

/** The model of one objective. */
interface LossModel {
  readonly model: GaussianProcess;
  readonly isNoisy: boolean;
  /** What each result counts for in the choice of the next trial. */
  readonly values: ReadonlyMap<number, number>;
}

/** The models of one suggestion. */
class StudyModel {
  private readonly layout: Layout;
  private readonly belief: BeliefInNoise;
  /** Indices of the results, the best first, failed trials last. */
  private readonly order: number[];
  /** Indices of the results that the models see, and of those that their hyperparameters are fitted to. */
  private readonly selected: number[];
  private readonly selectedForFit: number[];
  private readonly points = new Map<number, Float64Array>();

  constructor(
    private readonly context: SearchContext,
    private readonly inputs: ModelInputs,
    private readonly results: readonly Observation[],
  ) {
    this.layout = layoutOf(inputs.dimensions);
    this.belief = BELIEFS[context.trial % BELIEFS.length];
    this.order = orderOf(results, context.objectives);
    this.selected = selectForModel(this.order, MAX_OBSERVATIONS);
    this.selectedForFit = selectForFit(this.order, inputs.size);
  }

  /** Points of finished trials, the best first. */
  bestPoints(): Float64Array[] {
    const isSelected = new Set(this.selected);
    return this.order
      .filter((i) => isSelected.has(i) && this.results[i].status === 'finished')
      .map((i) => this.pointOf(i));
  }

  acquisition(pending: readonly Observation[]): Acquisition {
    const pendingPoints = pending.slice(-MAX_PENDING).map(({ configuration }) => this.inputs.toPoint(configuration));
    const violated = Math.max(0, ...this.results.map(({ violations = [] }) => violations.length));
    const parts: Acquisition[] = Array.from({ length: violated }, (_, k) => this.feasibility(k, pendingPoints));
    const objective = this.objective(pendingPoints);
    if (objective !== undefined) parts.unshift(objective);
    return parts.length === 1 ? parts[0] : new ProductAcquisition(parts, this.inputs.size);
  }

  /** What a trial gains; undefined while no trial meets the outcome constraints, since that comes first. */
  private objective(pending: readonly Float64Array[]): Acquisition | undefined {
    const feasible = this.selected.filter((i) => this.results[i].status === 'finished' && isFeasible(this.results[i]));
    if (feasible.length === 0) return undefined;

    const models = Array.from({ length: this.context.objectives }, (_, k) => this.lossModel(k));
    const extended = models.map(({ model }) => model.withExpected(pending));
    if (models.length === 1) {
      const [{ model, values, isNoisy }] = models;
      const observed = feasible.map((i) => values.get(i)!);
      const expected = pending.map((point) => model.predict(point).mean);
      const noise = isNoisy ? Math.sqrt(model.noiseVariance) : 0;
      return new ExpectedImprovement(extended[0], Math.min(...observed, ...expected), this.inputs.size, noise);
    }
    const losses = [
      ...feasible.map((i) => models.map(({ values }) => values.get(i)!)),
      ...pending.map((point) => models.map(({ model }) => model.predict(point).mean)),
    ];
    const front = frontOf(losses, FRONT_LIMITS[models.length] ?? LEAST_FRONT);
    return new HypervolumeImprovement(extended, nonDominatedBoxes(front, referenceOf(front)), this.inputs.size);
  }

  /**
   * The model of one objective, with what its results are worth: the transformed losses, or where those are noisy what the
   * model makes of them, lest a lucky trial is what all others have to beat.
   */
  private lossModel(k: number): LossModel {
    const losses = (indices: readonly number[]) =>
      transformLosses(withWorst(indices.map((i) => this.results[i].losses?.[k])));
    const y = losses(this.selected);
    const { hyperparameters, isNoisy } = this.fit(this.selectedForFit, losses(this.selectedForFit));
    const model = this.model(hyperparameters, this.selected, y);
    const valueOf = (i: number, at: number) => (isNoisy ? model.predict(this.pointOf(i)).mean : y[at]);
    return { model, isNoisy, values: new Map(this.selected.map((i, at) => [i, valueOf(i, at)])) };
  }

  /** The probability that outcome constraint `k` holds. */
  private feasibility(k: number, pending: readonly Float64Array[]): Acquisition {
    const known = (indices: readonly number[]) => indices.filter((i) => this.results[i].violations?.[k] !== undefined);
    const excesses = (indices: readonly number[]) =>
      transformViolations(indices.map((i) => this.results[i].violations![k]));
    const fitted = known(this.selectedForFit);
    const { hyperparameters } = this.fit(fitted, excesses(fitted).values);
    const seen = known(this.selected);
    const { values, bound } = excesses(seen);
    const model = this.model(hyperparameters, seen, values);
    return new ProbabilityBelow(model.withExpected(pending), bound, this.inputs.size);
  }

  /** What fits the values at the results `indices`. */
  private fit(indices: readonly number[], values: Float64Array): FitInDoubt {
    return fitInDoubt(this.layout, this.pointsOf(indices), values, this.belief);
  }

  private model(hyperparameters: Float64Array, indices: readonly number[], values: Float64Array): GaussianProcess {
    return new GaussianProcess(this.layout, hyperparameters, this.pointsOf(indices), values);
  }

  private pointsOf(indices: readonly number[]): Float64Array[] {
    return indices.map((i) => this.pointOf(i));
  }

  private pointOf(index: number): Float64Array {
    let point = this.points.get(index);
    if (point === undefined) {
      point = this.inputs.toPoint(this.results[index].configuration);
      this.points.set(index, point);
    }
    return point;
  }
}

function orderOf(results: readonly Observation[], objectives: number): number[] {
  const indexOf = new Map(results.map((result, i) => [result, i]));
  const failed = results.filter(({ status }) => status === 'failed');
  return [...rankObservations(finished(results), objectives, MAX_OBSERVATIONS), ...failed].map((result) =>
    indexOf.get(result)!,
  );
}

/** A failed trial counts as the worst that was seen: its neighbourhood is avoided, as far as the model carries. */
function withWorst(losses: readonly (number | undefined)[]): number[] {
  const worst = Math.max(...losses.filter((loss) => loss !== undefined));
  return losses.map((loss) => loss ?? (Number.isFinite(worst) ? worst : 0));
}

/** The non-dominated ones, the least crowded if there are too many. */
function frontOf(losses: readonly (readonly number[])[], limit: number): (readonly number[])[] {
  const ranks = nonDominatedRanks(losses);
  const front = losses.filter((_, i) => ranks[i] === 0);
  if (front.length <= limit) return front;
  const distances = crowdingDistances(front);
  return front
    .map((point, i) => ({ point, distance: distances[i], i }))
    .sort((a, b) => b.distance - a.distance || a.i - b.i)
    .slice(0, limit)
    .map(({ point }) => point);
}

/** Beyond the front's worst value of each objective, so that its ends count too. */
function referenceOf(front: readonly (readonly number[])[]): number[] {
  return front[0].map((_, k) => {
    const values = front.map((point) => point[k]);
    const worst = Math.max(...values);
    const range = worst - Math.min(...values);
    return worst + (range > 0 ? REFERENCE_MARGIN * range : REFERENCE_MARGIN);
  });
}
