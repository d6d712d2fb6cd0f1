import { ExpectedImprovement } from '../../models/acquisition/expected-improvement';
import { Belief } from '../../models/gaussian-process/belief';
import { rememberedFit } from '../../models/gaussian-process/fit-cache';
import { GaussianProcess } from '../../models/gaussian-process/gaussian-process';
import { Layout, layoutOf, widened } from '../../models/gaussian-process/hyperparameters';
import { selectForModel } from '../../models/gaussian-process/model-data';
import { ModelInputs } from '../../models/gaussian-process/model-inputs';
import { normalProbability } from '../../numerics/normal';
import { CurveExtrapolation, RungValues } from './curve-extrapolation';

const MAX_OBSERVATIONS = 150;
const MAX_FITTED = 80;

/** Broad trends. What noise there is comes with the curves. */
const BELIEF: Belief = { lengthscaleRate: 1, startNoises: [1e-4] };

/**
 * The model is too sure by so much, in multiples of its standard deviation: it takes the ends of curves for observations of
 * their own, though near ones err alike, and what is chosen because it looks best looks better than it is. No fit to one
 * kind of curve: 2 to 4 measure alike, and on other curves it is too sure by more; see docs/schedulers.md.
 *
 * Source: Wang, de Freitas, "Theoretical analysis of Bayesian optimisation with unknown Gaussian process hyper-parameters",
 * arXiv 1406.7758, 2014.
 */
const DOUBT = 3;

/** A curve's end that is hardly better known than that of any trial is no observation. */
const LEAST_EVIDENCE = 1e-2;

/** What a trial's curve says of its end, as if it had been observed with so much noise. */
interface Evidence {
  readonly index: number;
  readonly value: number;
  readonly noise: number;
}

/** What the model is made of. */
export interface ModelledTrials {
  /** By trial. */
  readonly curves: readonly RungValues[];
  /** By trial. */
  readonly points: readonly Float64Array[];
  /** The best value that any trial has shown, in the same units. */
  readonly best: number;
  /** The points of running trials: they count with what is expected of them. */
  readonly running: readonly Float64Array[];
}

/**
 * A model of the values at the end of training, over configurations. Each trial counts with what its curve tells of its end,
 * beyond what is known of any trial: surely where it has trained to the end, hardly where it has just begun.
 */
export class EndModel {
  /** Points of the trials that count, the best first. */
  readonly bestPoints: Float64Array[];
  readonly improvement: ExpectedImprovement;
  private readonly model: GaussianProcess;
  private readonly least: number;

  /**
   * @param isSmooth whether lengthscales of all parameters are believed to grow with their number
   */
  constructor(
    inputs: ModelInputs,
    { curves, best, points, running }: ModelledTrials,
    extrapolation: CurveExtrapolation,
    isSmooth: boolean,
  ) {
    const evidence = curves.flatMap((values, index) => evidenceOf(values, index, extrapolation) ?? []);
    const order = evidence.map((_, i) => i).sort((a, b) => evidence[a].value - evidence[b].value || a - b);
    const selected = selectForModel(order, MAX_OBSERVATIONS).map((i) => evidence[i]);
    const fitted = selectForModel(order, MAX_FITTED).map((i) => evidence[i]);
    // not by the mean and spread of the evidence: the less it is worth, the farther out it lies.
    const { mean, variance } = extrapolation.population;
    const unit = Math.sqrt(variance) || 1;
    const data = (list: readonly Evidence[]) => ({
      x: list.map(({ index }) => points[index]),
      y: Float64Array.from(list, ({ value }) => (value - mean) / unit),
      noises: Float64Array.from(list, ({ noise }) => noise / unit ** 2),
    });
    const layout = layoutFor(inputs, isSmooth);
    const fit = data(fitted);
    const seen = data(selected);
    const hyperparameters = rememberedFit(layout, fit.x, fit.y, BELIEF, fit.noises);
    this.model = new GaussianProcess(
      layout,
      widened(hyperparameters, DOUBT),
      seen.x,
      seen.y,
      seen.noises.map((noise) => DOUBT ** 2 * noise),
    );
    this.least = (best - mean) / unit;
    const expected = running.map((point) => this.model.predict(point).mean);
    this.improvement = new ExpectedImprovement(
      this.model.withExpected(running),
      Math.min(this.least, ...expected),
      inputs.size,
    );
    this.bestPoints = order.map((i) => points[evidence[i].index]);
  }

  /** The probability that a configuration, trained to the end, beats all that has been seen. */
  chance(point: Float64Array): number {
    const { mean, variance } = this.model.predict(point);
    return normalProbability((this.least - mean) / Math.sqrt(Math.max(variance, 1e-12)));
  }
}

/** By the precision that the curve adds to what is known of any trial. */
function evidenceOf(values: RungValues, index: number, extrapolation: CurveExtrapolation): Evidence | undefined {
  const rung = values.length - 1;
  if (rung < 0) return undefined;
  const { mean, variance } = extrapolation.toEnd(values, rung);
  if (variance === 0) return { index, value: mean, noise: 0 };
  const { population } = extrapolation;
  const precision = 1 / variance - 1 / population.variance;
  if (!(precision > LEAST_EVIDENCE / population.variance)) return undefined;
  const value = (mean / variance - population.mean / population.variance) / precision;
  return { index, value, noise: 1 / precision };
}

/** Discrete parameters have the prior that grows with their number; here all may. */
function layoutFor({ dimensions }: ModelInputs, isSmooth: boolean): Layout {
  return layoutOf(
    dimensions.map(({ isCategorical, levels }) => ({
      isCategorical,
      ...((isSmooth || levels) && { levels: levels ?? [] }),
    })),
  );
}
