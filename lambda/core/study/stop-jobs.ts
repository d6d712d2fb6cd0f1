import { TooMuchContention } from '../errors';
import { StudyStore } from '../store/study-store';
import { TrainingJobs } from './settle';

/** StopTrainingJob is limited to one call a second in an account and region; a little more keeps clear of it. */
const STOP_INTERVAL_MS = 1100;

/** How long a step waits for its turn to stop a job; then it fails, and is called again. */
const LONGEST_WAIT_MS = 25_000;

/** Stops training jobs one after another, at the pace that a tuner's functions share. */
export class JobStopper {
  private readonly began = Date.now();
  private waited = 0;

  /** @param at now, by the caller's clock */
  constructor(
    private readonly jobs: TrainingJobs,
    private readonly store: StudyStore,
    private readonly at: string,
  ) {}

  /**
   * Asks a job to stop; one that has ended meanwhile is no error.
   *
   * @throws TooMuchContention if others stop so many that its turn doesn't come
   */
  async stop(jobName: string): Promise<void> {
    const before = this.waited;
    // turns aren't kept for later: those of a step that has run out of time would be lost to all.
    for (;;) {
      const wait = await this.store.takeStop(this.now(), STOP_INTERVAL_MS);
      if (wait === 0) break;
      if (this.waited - before > LONGEST_WAIT_MS) {
        throw new TooMuchContention('too many training jobs are stopped at once');
      }
      // with jitter: those who wait for the same turn must not ask for it at once.
      await this.sleep(Math.ceil(wait * (1 + Math.random())));
    }
    await this.jobs.stop(jobName);
  }

  private async sleep(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.waited += ms;
  }

  /** A step that is called again comes with the time of its first try: those who stop meanwhile are ahead of it. */
  private now(): number {
    return Math.max(Date.parse(this.at) + Math.max(Date.now() - this.began, this.waited), Date.now());
  }
}
