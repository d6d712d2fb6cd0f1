import { Prediction, Predictor } from '../../models/gaussian-process/gaussian-process';

/** A model of curves, at one place of the resource: a model over the configurations alone. */
export class AtResource implements Predictor {
  private readonly point: Float64Array;
  private readonly meanGradient: Float64Array;
  private readonly varianceGradient: Float64Array;

  constructor(
    private readonly model: Predictor,
    private readonly place: number,
    private readonly dimensions: number,
  ) {
    this.point = new Float64Array(dimensions + 1);
    this.meanGradient = new Float64Array(dimensions + 1);
    this.varianceGradient = new Float64Array(dimensions + 1);
  }

  predict(point: ArrayLike<number>): Prediction {
    return this.model.predict(this.extended(point));
  }

  predictWithGradient(
    point: ArrayLike<number>,
    meanGradient: Float64Array,
    varianceGradient: Float64Array,
  ): Prediction {
    const prediction = this.model.predictWithGradient(this.extended(point), this.meanGradient, this.varianceGradient);
    meanGradient.set(this.meanGradient.subarray(0, this.dimensions));
    varianceGradient.set(this.varianceGradient.subarray(0, this.dimensions));
    return prediction;
  }

  private extended(point: ArrayLike<number>): Float64Array {
    this.point.set(point);
    this.point[this.dimensions] = this.place;
    return this.point;
  }
}
