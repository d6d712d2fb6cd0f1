import type { Clock } from '../../clock';
import type { CreateTrainingJobRequest, TrainingJob } from '../training-job';

/** What a training job has of the tuning job that launched it. */
export interface LaunchedBy {
  readonly tuningJobArn: string;
  /** Beside those of the request, which may be as many as a request has. */
  readonly hyperParameters: NonNullable<CreateTrainingJobRequest['HyperParameters']>;
}

/** The training jobs of the account, as far as tuning jobs use them. */
export interface TrainingJobs {
  readonly clock: Clock;
  /** Throws a ServiceError, as CreateTrainingJob answers it. */
  create(request: Record<string, unknown>, launchedBy: LaunchedBy): void;
  /** Throws a ServiceError, as StopTrainingJob answers it. */
  stop(name: string): void;
  /** The job as it is. */
  find(name: string): TrainingJob | undefined;
  /** The job as Describe and List show it, which may be as it was some time ago. */
  seen(name: string): TrainingJob | undefined;
  waitForEnd(name: string): Promise<unknown>;
}
