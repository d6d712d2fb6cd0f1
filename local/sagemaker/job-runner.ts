import { join } from 'node:path';
import type { Clock } from '../clock';
import type { ServiceEndpoints } from '../lambda/endpoints';
import type { ObjectStore } from '../s3/object-store';
import type { AssetLookup } from '../template/description';
import { modelUri, uploadArtifacts } from './artifacts';
import { failureReasonOf } from './failure-reason';
import { JobFailure } from './job-failure';
import { layOutJobFolder, removeInput } from './job-folder';
import type { JobFolder } from './job-folder';
import type { JobExit, JobLauncher } from './job-launcher';
import type { JobStore } from './job-store';
import { MetricScanner } from './metrics';
import { DEFAULT_MAX_RUNTIME_SECONDS } from './training-job';
import type { SecondaryStatus, TrainingJob, TrainingJobStatus } from './training-job';

export interface JobRunnerOptions {
  readonly clock: Clock;
  readonly launcher: JobLauncher;
  readonly store: JobStore;
  readonly objectStore?: ObjectStore;
  readonly assets?: AssetLookup;
  readonly cacheFolder: string;
  readonly endpoints: ServiceEndpoints;
  readonly region: string;
  readonly stopGraceSeconds: number;
  readonly onLine?: (jobName: string, line: string) => void;
}

/** Why a job is to stop: a person or a program asked, its time is over, or the runtime ends. */
export type StopCause = 'request' | 'max-runtime' | 'runtime-end';

export const RUNTIME_ENDED = 'InternalServerError: the local runtime ended while this job ran';

const STATUS_MESSAGES: Readonly<Record<SecondaryStatus, string>> = {
  Starting: 'Starting the training job',
  Downloading: 'Downloading input data',
  Training: 'Training in progress',
  Uploading: 'Uploading generated training model',
  Stopping: 'Stopping the training job',
  Stopped: 'Training job stopped',
  MaxRuntimeExceeded: 'Training job exceeded MaxRuntimeInSeconds',
  Completed: 'Training job completed',
  Failed: 'Training job failed',
};

/** Takes one training job from its start to its end. */
export class JobRunner {
  private readonly metrics: MetricScanner;
  private readonly stopping = new AbortController();
  private stopCause?: StopCause;

  constructor(
    private readonly job: TrainingJob,
    private readonly options: JobRunnerOptions,
  ) {
    this.metrics = new MetricScanner(job.request.AlgorithmSpecification.MetricDefinitions);
  }

  stop(cause: StopCause): void {
    if (cause === 'runtime-end') {
      // goes before any other cause: nobody waits out a grace period then.
      this.stopCause = cause;
    } else if (this.stopCause !== undefined) {
      return;
    } else {
      this.stopCause = cause;
      this.enter('Stopping', 'Stopping');
    }
    this.stopping.abort(new Error(cause));
    this.onRuntimeEnd?.();
  }

  /** Resolves when the job has ended, well or badly; never rejects. */
  async run(): Promise<void> {
    let folder: JobFolder | undefined;
    try {
      if (!(await this.startUp())) return;
      folder = this.layOut();
      if (this.stopCause !== undefined) return;
      this.enter(this.job.status, 'Training');
      const exit = await this.train(folder);
      this.job.process = undefined;
      await this.upload(folder, exit);
    } catch (error) {
      this.fail(error instanceof JobFailure ? error.failureReason : `InternalServerError: ${(error as Error).message}`);
    } finally {
      this.end();
      if (folder !== undefined && folder.base !== '') removeInput(folder.base);
    }
  }

  private onRuntimeEnd?: () => void;

  private async startUp(): Promise<boolean> {
    const { clock, launcher } = this.options;
    try {
      const seconds = launcher.startupSeconds(this.job);
      if (seconds > 0) await clock.sleep(seconds * 1000, this.stopping.signal);
    } catch (error) {
      if (this.stopCause === undefined) throw error;
    }
    if (this.stopCause !== undefined) return false;
    this.job.trainingStartTime = clock.now();
    return true;
  }

  private layOut(): JobFolder {
    const { launcher, store, objectStore, assets, cacheFolder } = this.options;
    if (!launcher.needsFiles) return { base: '' };
    this.enter(this.job.status, 'Downloading');
    const base = join(store.folderOf(this.job.name), 'ml');
    return layOutJobFolder(this.job.request, base, { objectStore: objectStore!, assets, cacheFolder });
  }

  private async train({ base, checkpoints }: JobFolder): Promise<JobExit> {
    const { clock, launcher, endpoints, region, stopGraceSeconds } = this.options;
    const run = launcher.launch({
      job: this.job,
      baseFolder: base,
      checkpointFolder: checkpoints,
      endpoints,
      region,
      onLine: (line) => this.print(line),
      onProcess: (identity) => {
        this.job.process = identity;
        this.save();
      },
    });
    const over = new AbortController();
    const later = (seconds: number, work: () => void) =>
      clock.sleep(seconds * 1000, over.signal).then(work, () => undefined);
    const onStop = () => {
      if (this.stopCause === 'runtime-end') {
        run.kill();
      } else {
        run.terminate();
        void later(stopGraceSeconds, () => run.kill());
      }
    };
    this.onRuntimeEnd = () => {
      if (this.stopCause === 'runtime-end') run.kill();
    };
    this.stopping.signal.addEventListener('abort', onStop, { once: true });
    if (this.stopping.signal.aborted) onStop();
    void later(this.remainingSeconds(), () => this.stop('max-runtime'));
    try {
      // a process works in real time: a virtual clock must not run ahead of it.
      return await (launcher.needsFiles ? clock.track(run.ended) : run.ended);
    } finally {
      over.abort(new Error('the job has ended.'));
      this.onRuntimeEnd = undefined;
    }
  }

  private remainingSeconds(): number {
    const limit = this.job.request.StoppingCondition?.MaxRuntimeInSeconds ?? DEFAULT_MAX_RUNTIME_SECONDS;
    const used = (this.options.clock.now() - this.job.trainingStartTime!) / 1000;
    return Math.max(0, limit - used);
  }

  private async upload({ base }: JobFolder, exit: JobExit): Promise<void> {
    const { clock, objectStore } = this.options;
    if (this.stopCause === 'runtime-end') return;
    const reason = this.stopCause === undefined ? failureReasonOf(exit) : undefined;
    if (reason === undefined) {
      this.enter(this.job.status, 'Uploading');
      const uploaded = base === '' || (await clock.track(uploadArtifacts(this.job.request, base, objectStore!)));
      if (uploaded) this.job.modelArtifacts = modelUri(this.job.request);
    } else {
      this.fail(reason);
    }
  }

  private print(line: string): void {
    const { clock, store, onLine } = this.options;
    store.appendLog(this.job.name, `${line}\n`);
    this.metrics.scan(line, clock.now());
    onLine?.(this.job.name, line);
  }

  private fail(reason: string): void {
    this.job.failureReason ??= reason.slice(0, 1024);
  }

  private end(): void {
    if (this.stopCause === 'runtime-end') {
      this.job.failureReason = RUNTIME_ENDED;
    }
    this.job.process = undefined;
    this.job.finalMetrics = this.metrics.final();
    if (this.job.trainingStartTime !== undefined) this.job.trainingEndTime = this.options.clock.now();
    if (this.job.failureReason !== undefined) {
      this.enter('Failed', 'Failed', this.job.failureReason);
    } else if (this.stopCause === 'max-runtime') {
      this.enter('Stopped', 'MaxRuntimeExceeded');
    } else if (this.stopCause === 'request') {
      this.enter('Stopped', 'Stopped');
    } else {
      this.enter('Completed', 'Completed');
    }
  }

  private enter(status: TrainingJobStatus, secondaryStatus: SecondaryStatus, message?: string): void {
    const now = this.options.clock.now();
    changeStatus(this.job, status, secondaryStatus, now, message);
    this.save();
  }

  private save(): void {
    this.options.store.save(this.job);
  }
}

/** Ends the transition that is open and begins the next. */
export function changeStatus(
  job: TrainingJob,
  status: TrainingJobStatus,
  secondaryStatus: SecondaryStatus,
  now: number,
  message: string = STATUS_MESSAGES[secondaryStatus],
): void {
  const last = job.transitions.at(-1);
  if (last !== undefined) last.endTime = now;
  const ended = status !== 'InProgress' && status !== 'Stopping';
  job.transitions.push({ status: secondaryStatus, startTime: now, message, ...(ended ? { endTime: now } : {}) });
  job.status = status;
  job.secondaryStatus = secondaryStatus;
  job.lastModifiedTime = now;
}
