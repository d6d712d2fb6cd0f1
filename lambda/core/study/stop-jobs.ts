import { StudyStore } from '../store/study-store';
import { TrainingJobs } from './settle';

/** StopTrainingJob is limited to one call a second in an account and region; a little more keeps clear of it. */
const STOP_INTERVAL_MS = 1100;

/** Stops training jobs one after another, at the pace that a tuner's functions share. */
export class JobStopper {
  private readonly began = Date.now();

  /** @param at now, by the caller's clock */
  constructor(
    private readonly jobs: TrainingJobs,
    private readonly store: StudyStore,
    private readonly at: string,
  ) {}

  /** Asks a job to stop; one that has ended meanwhile is no error. */
  async stop(jobName: string): Promise<void> {
    const now = Date.parse(this.at) + Date.now() - this.began;
    const place = await this.store.reserveStop(now, STOP_INTERVAL_MS);
    if (place > now) await new Promise((resolve) => setTimeout(resolve, place - now));
    await this.jobs.stop(jobName);
  }
}
