import { ServiceError } from '../../service';
import type { TrainingJobs } from './training-jobs';

const RETRY_MS = 1000;

/** Stops a training job, and tries again as long as that is throttled. */
export async function stopChild(jobs: TrainingJobs, name: string): Promise<void> {
  for (;;) {
    try {
      jobs.stop(name);
      return;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      // any other error: it has ended in this very moment.
      if (error.code !== 'ThrottlingException') return;
    }
    await jobs.clock.sleep(RETRY_MS);
  }
}
