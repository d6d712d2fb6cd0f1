import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock';
import type { DueFault } from '../faults';
import type { ServiceEndpoints } from '../lambda/endpoints';
import type { JobQueueDescription } from '../template/description';
import { AttemptRun } from './attempt-run';
import type { AttemptEnd } from './attempt-run';
import type { BatchJob, JobStatus } from './batch-job';
import type { BatchLauncher } from './batch-launcher';
import type { Place } from './compute-environment';
import { MAX_OVERRIDES, OVERRIDES_REASON } from './exits';
import type { JobStore } from '../job-store';
import { isRetried } from './retries';
import type { Scheduler } from './scheduler';
import { cancelledBy, timeLimitFor } from './time-limit';

export interface JobRunnerOptions {
  readonly clock: Clock;
  readonly launcher: BatchLauncher;
  readonly store: JobStore<BatchJob>;
  readonly scheduler: Scheduler;
  readonly queue: JobQueueDescription;
  readonly endpoints: ServiceEndpoints;
  readonly region: string;
  readonly stopGraceSeconds: number;
  /** What strikes its containers, in turn: one an attempt. */
  readonly strikes: readonly DueFault[];
  readonly onLine?: (jobName: string, line: string) => void;
  readonly onStatus?: (job: BatchJob) => void;
}

/** Takes one job from its queue to its end, over all its attempts. */
export class JobRunner {
  private readonly stopping = new AbortController();
  private readonly strikes: DueFault[];
  private stopReason?: string;
  private place?: Place;
  private current?: AttemptRun;

  constructor(
    private readonly job: BatchJob,
    private readonly options: JobRunnerOptions,
  ) {
    this.strikes = [...options.strikes];
  }

  /** Ends the job as FAILED with this reason: a container that runs gets SIGTERM, and SIGKILL after the grace period. */
  stop(reason: string): void {
    if (this.stopReason !== undefined) return;
    this.stopReason = reason;
    this.current?.stop();
    this.stopping.abort(new Error(reason));
  }

  /** Ends the job at once. */
  kill(reason: string): void {
    // goes before any other reason, also that of a task which ends with the runtime: nobody waits out a grace period.
    this.stopReason = reason;
    this.job.isTerminated = false;
    this.current?.kill();
    this.stopping.abort(new Error(reason));
  }

  /** The host of a container that runs is gone; nothing happens to a job that does not run. */
  loseHost(): void {
    if (this.current !== undefined) this.place!.environment.lose(this.place!);
  }

  /** The job is at the head of its queue and can never start: its queue may have a limit for that. */
  limitWait(): void {
    const { job, stopping, options } = this;
    const limit = timeLimitFor(options.queue, job.statusReason);
    if (limit === undefined) return;
    const cancel = () => {
      job.isCancelled = true;
      this.stop(cancelledBy(limit));
    };
    options.clock.sleep(limit.maxTimeSeconds * 1000, stopping.signal).then(cancel, () => undefined);
  }

  /** Resolves when the job has ended, well or badly; never rejects. */
  async run(): Promise<void> {
    try {
      this.enter('PENDING');
      do this.enter('RUNNABLE');
      while (!(await this.attempt()));
    } catch (error) {
      this.fail(this.stopReason ?? `InternalError: ${(error as Error).message}`);
    }
  }

  /** One place and one run of the container; false when another one is to follow. */
  private async attempt(): Promise<boolean> {
    const { clock, scheduler, queue } = this.options;
    const place = await scheduler.place(this.job, queue, this.stopping.signal);
    this.place = place;
    try {
      const wait = place.readyAt - clock.now();
      // a job stays RUNNABLE while its instance is launched.
      if (wait > 0) await clock.sleep(wait, this.stopping.signal);
      this.job.statusReason = undefined;
      this.enter('STARTING');
      if (this.job.overridesLength > MAX_OVERRIDES) {
        this.fail(OVERRIDES_REASON);
        return true;
      }
      return this.settle(await this.runContainer(place));
    } finally {
      this.place = undefined;
      scheduler.release(place);
    }
  }

  private async runContainer(place: Place): Promise<AttemptEnd> {
    const { job } = this;
    const { clock, launcher, store, queue, endpoints, region, stopGraceSeconds } = this.options;
    const attempt = job.attempts.length + 1;
    job.logStreamName = `${definitionName(job)}/default/${randomUUID().replaceAll('-', '')}`;
    job.startedAt = clock.now();
    this.enter('RUNNING');
    this.current = new AttemptRun({
      clock,
      launcher,
      context: {
        job: { jobId: job.id, jobName: job.name, jobQueue: queue.name, attempt, container: job.container },
        folder: launcher.needsFiles ? attemptFolder(store.folderOf(job.id), attempt) : '',
        endpoints,
        region,
        onLine: (line) => this.print(line),
        onProcess: (identity) => {
          job.process = identity;
          store.save(job);
        },
      },
      place,
      attemptDurationSeconds: job.attemptDurationSeconds,
      stopGraceSeconds,
      strike: this.strikes.shift(),
    });
    // a program may have asked for its own end while it was launched.
    if (this.stopReason !== undefined) this.current.stop();
    try {
      return await this.current.ended;
    } finally {
      this.current = undefined;
      job.process = undefined;
    }
  }

  private settle({ exitCode, reason, statusReason, hasStarted, timedOut }: AttemptEnd): boolean {
    const { job, stopReason } = this;
    const stoppedAt = this.options.clock.now();
    const { startedAt, logStreamName } = job;
    job.logStreamName = undefined;
    if (!hasStarted) job.startedAt = undefined;
    job.attempts.push({
      container: {
        ...(exitCode !== undefined && { exitCode }),
        ...(reason !== undefined && { reason }),
        ...(hasStarted && { logStreamName }),
      },
      ...(hasStarted && { startedAt }),
      stoppedAt,
      statusReason: stopReason ?? statusReason,
    });
    job.statusReason = stopReason ?? statusReason;
    if (stopReason === undefined && !timedOut && exitCode === 0) {
      job.stoppedAt = stoppedAt;
      this.enter('SUCCEEDED');
      return true;
    }
    if (stopReason === undefined && !timedOut && isRetried(job.retryStrategy, job.attempts)) return false;
    this.fail(job.statusReason);
    return true;
  }

  private print(line: string): void {
    const { store, onLine } = this.options;
    store.appendLog(this.job.id, `${line}\n`);
    onLine?.(this.job.name, line);
  }

  private fail(reason: string): void {
    this.job.statusReason = reason;
    this.job.stoppedAt = this.options.clock.now();
    this.enter('FAILED');
  }

  private enter(status: JobStatus): void {
    this.job.status = status;
    this.options.store.save(this.job);
    this.options.onStatus?.(this.job);
  }
}

function definitionName({ jobDefinition }: BatchJob): string {
  return jobDefinition.replace(/^.*:job-definition\/|:\d+$/g, '');
}

/** An empty working folder: a container that is started anew finds nothing of the last attempt. */
function attemptFolder(jobFolder: string, attempt: number): string {
  const folder = join(jobFolder, `attempt-${attempt}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}
