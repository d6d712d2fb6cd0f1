import { normalDensity, normalProbability } from '../../numerics/normal';
import { GaussianProcess } from '../gaussian-process/gaussian-process';
import { Acquisition } from './acquisition';
import { Box } from './non-dominated-boxes';

/** Below this the logarithm would only amplify rounding errors. */
const SMALLEST = 1e-300;

/**
 * The logarithm of the expected gain in hypervolume, for several objectives with a model each: exact, box by box.
 *
 * Source: Emmerich, Deutz, Klinkenberg, "Hypervolume-based expected improvement: monotonicity properties and exact
 * computation", CEC 2011.
 */
export class HypervolumeImprovement implements Acquisition {
  private readonly meanGradients: Float64Array[];
  private readonly varianceGradients: Float64Array[];

  /**
   * @param models one an objective
   * @param boxes what isn't dominated yet
   */
  constructor(
    private readonly models: readonly GaussianProcess[],
    private readonly boxes: readonly Box[],
    dimensions: number,
  ) {
    this.meanGradients = models.map(() => new Float64Array(dimensions));
    this.varianceGradients = models.map(() => new Float64Array(dimensions));
  }

  value(point: Float64Array): number {
    const predictions = this.models.map((model) => model.predict(point));
    let sum = 0;
    for (const { lower, upper } of this.boxes) {
      let product = 1;
      for (let k = 0; k < predictions.length && product > 0; k++) {
        const { mean, variance } = predictions[k];
        const deviation = Math.sqrt(variance);
        product *= gain(upper[k], mean, deviation) - gain(lower[k], mean, deviation);
      }
      sum += Math.max(product, 0);
    }
    return Math.log(Math.max(sum, SMALLEST));
  }

  valueAndGradient(point: Float64Array, gradient: Float64Array): number {
    const m = this.models.length;
    const predictions = this.models.map((model, k) =>
      model.predictWithGradient(point, this.meanGradients[k], this.varianceGradients[k]),
    );
    const deviations = predictions.map(({ variance }) => Math.sqrt(variance));
    const byMean = new Float64Array(m);
    const byDeviation = new Float64Array(m);
    let sum = 0;
    for (const { lower, upper } of this.boxes) {
      const parts = predictions.map(
        ({ mean }, k) => gain(upper[k], mean, deviations[k]) - gain(lower[k], mean, deviations[k]),
      );
      sum += Math.max(
        parts.reduce((a, b) => a * b, 1),
        0,
      );
      for (let k = 0; k < m; k++) {
        const others = parts.reduce((product, part, i) => (i === k ? product : product * part), 1);
        const { mean } = predictions[k];
        const [upperMean, upperDeviation] = gainSlopes(upper[k], mean, deviations[k]);
        const [lowerMean, lowerDeviation] = gainSlopes(lower[k], mean, deviations[k]);
        byMean[k] += others * (upperMean - lowerMean);
        byDeviation[k] += others * (upperDeviation - lowerDeviation);
      }
    }
    gradient.fill(0);
    if (sum <= SMALLEST) return Math.log(SMALLEST);
    for (let k = 0; k < m; k++) {
      for (let c = 0; c < gradient.length; c++) {
        const deviationSlope = this.varianceGradients[k][c] / (2 * deviations[k]);
        gradient[c] += (byMean[k] * this.meanGradients[k][c] + byDeviation[k] * deviationSlope) / sum;
      }
    }
    return Math.log(sum);
  }
}

/** E max(bound - Y, 0). */
function gain(bound: number, mean: number, deviation: number): number {
  if (bound === -Infinity) return 0;
  const z = (bound - mean) / deviation;
  return deviation * (normalDensity(z) + z * normalProbability(z));
}

/** Derivatives of `gain` by mean and deviation. */
function gainSlopes(bound: number, mean: number, deviation: number): [number, number] {
  if (bound === -Infinity) return [0, 0];
  const z = (bound - mean) / deviation;
  return [-normalProbability(z), normalDensity(z)];
}
