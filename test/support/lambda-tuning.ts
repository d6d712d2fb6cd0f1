import { TunedJob, TunedJobs, TuningJobs } from '../../lambda/core/study/tuning/collect';
import { FoundJob } from '../../lambda/core/study/settle';

/** Automatic model tuning with the training jobs that a test gives it. */
export class FakeTuningJobs implements TuningJobs {
  readonly stopped: string[] = [];

  constructor(
    private readonly job?: FoundJob,
    private readonly trained: TunedJob[] = [],
  ) {}

  find(): Promise<FoundJob | undefined> {
    return Promise.resolve(this.job);
  }

  stop(name: string): Promise<void> {
    this.stopped.push(name);
    return Promise.resolve();
  }

  trainingJobs(): Promise<TunedJobs> {
    return Promise.resolve({ jobs: this.trained });
  }
}
