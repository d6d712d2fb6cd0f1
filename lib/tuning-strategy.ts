import { requireInteger } from './private/checks';

/** How SageMaker automatic model tuning chooses configurations. */
export class TuningStrategy {
  /** By a Gaussian process over the jobs before. */
  public static bayesian(): TuningStrategy {
    return new TuningStrategy('Bayesian');
  }

  /** At random. */
  public static random(): TuningStrategy {
    return new TuningStrategy('Random');
  }

  /**
   * All combinations once, in one tuning job: the search space has categorical parameters only, and `maxTrials` must be the
   * number of combinations. A study that was stopped on its way can't go on.
   */
  public static grid(): TuningStrategy {
    return new TuningStrategy('Grid');
  }

  /**
   * Many jobs for few epochs, the best of them for more. The training code takes its number of epochs from a static
   * hyperparameter `epochs`, and prints the objective after each.
   *
   * @param minResource epochs at least, from 1
   * @param maxResource epochs at most, up to 20,000
   */
  public static hyperband(minResource: number, maxResource: number): TuningStrategy {
    requireInteger('minResource of TuningStrategy.hyperband', minResource, 1, 20_000);
    requireInteger('maxResource of TuningStrategy.hyperband', maxResource, minResource, 20_000);
    return new TuningStrategy('Hyperband', {
      HyperbandStrategyConfig: { MinResource: minResource, MaxResource: maxResource },
    });
  }

  private constructor(
    /** @internal */
    public readonly _name: string,
    /** @internal */
    public readonly _config?: { [name: string]: any },
  ) {}
}
