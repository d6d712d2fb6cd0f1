import type { JobQueueDescription } from '../template/description';
import type { BatchJob } from './batch-job';
import { needOf } from './batch-job';
import type { ComputeEnvironment, Place } from './compute-environment';

interface Waiting {
  readonly job: BatchJob;
  readonly queue: JobQueueDescription;
  readonly take: (place: Place) => void;
}

export const NO_INSTANCE_REASON =
  'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The resource requirement of the job is higher than that of the CE(s) assigned to the job queue.';

/** Gives the jobs of the queues their places, first in, first out: a job that finds no room holds up those behind it. */
export class Scheduler {
  private waiting: Waiting[] = [];

  constructor(
    private readonly environmentsOf: (queue: JobQueueDescription) => readonly ComputeEnvironment[],
    /** Told once of a job that no environment of its queue can ever hold. */
    private readonly onNeverFits: (job: BatchJob) => void,
  ) {}

  /** Resolves when the job has its share of a host, which may still be starting; rejects when aborted before. */
  place(job: BatchJob, queue: JobQueueDescription, signal: AbortSignal): Promise<Place> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting = this.waiting.filter((other) => other !== waiting);
        reject(signal.reason as Error);
        this.schedule();
      };
      const waiting: Waiting = {
        job,
        queue,
        take: (place) => {
          signal.removeEventListener('abort', leave);
          resolve(place);
        },
      };
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(waiting);
      // a job that is retried keeps its turn.
      this.waiting.sort((a, b) => b.queue.priority - a.queue.priority || a.job.number - b.job.number);
      this.schedule();
    });
  }

  release(place: Place): void {
    place.environment.release(place);
    this.schedule();
  }

  private schedule(): void {
    const blocked = new Set<string>();
    for (const entry of [...this.waiting]) {
      if (blocked.has(entry.queue.arn)) continue;
      const place = this.findPlace(entry);
      if (place === undefined) {
        blocked.add(entry.queue.arn);
        continue;
      }
      this.waiting = this.waiting.filter((other) => other !== entry);
      entry.take(place);
    }
  }

  private findPlace({ job, queue }: Waiting): Place | undefined {
    const need = needOf(job);
    const environments = this.environmentsOf(queue);
    for (const environment of environments) {
      const place = environment.place(need);
      if (place !== undefined) return place;
    }
    if (job.statusReason !== NO_INSTANCE_REASON && !environments.some((environment) => environment.canEverHold(need))) {
      job.statusReason = NO_INSTANCE_REASON;
      this.onNeverFits(job);
    }
    return undefined;
  }
}
