import type { JobQueueDescription } from '../template/description';
import type { BatchJob } from './batch-job';
import { needOf } from './batch-job';
import type { ComputeEnvironment, Place } from './compute-environment';

interface Waiting {
  readonly job: BatchJob;
  readonly queue: JobQueueDescription;
  readonly take: (place: Place) => void;
}

/** What Batch says of jobs that can never start. */
const MAX_VCPUS_REASON =
  'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet the CPU requirement of the job.';
const NO_INSTANCE_REASON =
  'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job queue.';

/** Gives the jobs of the queues their places, first in, first out: a job that finds no room holds up those behind it. */
export class Scheduler {
  private waiting: Waiting[] = [];

  constructor(
    private readonly environmentsOf: (queue: JobQueueDescription) => readonly ComputeEnvironment[],
    /** Told once of a job that no environment of its queue can ever hold. */
    private readonly onNeverFits: (job: BatchJob, queue: JobQueueDescription) => void,
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
    const isTold = job.statusReason === MAX_VCPUS_REASON || job.statusReason === NO_INSTANCE_REASON;
    if (!isTold && !environments.some((environment) => environment.canEverHold(need))) {
      const isAllTooSmall = environments.every((environment) => environment.exceedsMaxVcpus(need));
      job.statusReason = isAllTooSmall ? MAX_VCPUS_REASON : NO_INSTANCE_REASON;
      this.onNeverFits(job, queue);
    }
    return undefined;
  }
}
