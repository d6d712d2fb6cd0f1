import { SchedulerDefinition } from './contract/tuner-definition';
import { requireInteger, requireNumber } from './private/checks';

/** Details of the median stopping rule. */
export interface MedianStoppingOptions {
  /**
   * No trial is stopped before it has reported at this resource (epoch, step); greater than 0.
   *
   * @default 1
   */
  readonly gracePeriod?: number;

  /**
   * No trial is stopped before this many others have reported at the same resource; at least 1.
   *
   * @default 5
   */
  readonly minimumTrials?: number;
}

/** What decides how long a trial trains. It looks at the reports that trials make on their way. */
export class Scheduler {
  /** Every trial trains to its end. */
  public static none(): Scheduler {
    return new Scheduler({ name: 'none' });
  }

  /**
   * Stops a trial whose best value so far is worse than the median of the other trials' averages up to the same resource.
   *
   * @see https://research.google/pubs/google-vizier-a-service-for-black-box-optimization/
   */
  public static medianStopping(options: MedianStoppingOptions = {}): Scheduler {
    const { gracePeriod = 1, minimumTrials = 5 } = options;
    requireNumber('gracePeriod of median stopping', gracePeriod, 'a number greater than 0', (n) => n > 0);
    requireInteger('minimumTrials of median stopping', minimumTrials, 1, 10_000);
    return new Scheduler({ name: 'medianStopping', gracePeriod, minimumTrials });
  }

  private constructor(private readonly definition: SchedulerDefinition) {}

  /** @internal */
  public _toDefinition(): SchedulerDefinition {
    return this.definition;
  }
}
