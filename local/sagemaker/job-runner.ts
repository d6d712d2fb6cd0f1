import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock';
import type { ServiceEndpoints } from '../lambda/endpoints';
import type { ObjectStore } from '../s3/object-store';
import type { AssetLookup } from '../template/description';
import { modelUri, uploadArtifacts } from './artifacts';
import { failureReasonOf } from './failure-reason';
import { JobFailure } from './job-failure';
import type { JobFaults } from './job-faults';
import { layOutJobFolder, removeInput } from './job-folder';
import type { JobFolder } from './job-folder';
import type { JobExit, JobLauncher } from './job-launcher';
import { changeStatus } from './job-status';
import type { JobStore } from '../job-store';
import { MetricScanner } from './metrics';
import { ProgramRun } from './program-run';
import type { RunEnd } from './program-run';
import { DEFAULT_MAX_RUNTIME_SECONDS } from './training-job';
import type { SecondaryStatus, TrainingJob, TrainingJobStatus } from './training-job';
import { beginRun, endRun, endTraining, trainedSeconds } from './training-time';
import { keepWarm } from './warm-pool';

export interface JobRunnerOptions {
  readonly clock: Clock;
  readonly launcher: JobLauncher;
  readonly store: JobStore<TrainingJob>;
  readonly objectStore?: ObjectStore;
  readonly assets?: AssetLookup;
  readonly cacheFolder: string;
  readonly endpoints: ServiceEndpoints;
  readonly region: string;
  readonly stopGraceSeconds: number;
  readonly spotDiscount: number;
  /** Start-up on the instances of a warm pool; undefined for a job that has none. */
  readonly warmStartSeconds?: number;
  readonly faults: JobFaults;
  readonly onLine?: (jobName: string, line: string) => void;
}

/** Why a job is to stop: a person or a program asked, its time is over, or the runtime ends. */
export type StopCause = 'request' | 'max-runtime' | 'max-wait' | 'runtime-end';

export const RUNTIME_ENDED = 'InternalServerError: the local runtime ended while this job ran';

const INTERNAL_ERROR = 'InternalServerError: an internal error ended the job. Try again.';

/** Takes one training job from its start to its end. */
export class JobRunner {
  private readonly metrics: MetricScanner;
  private readonly stopping = new AbortController();
  private readonly over = new AbortController();
  private stopCause?: StopCause;
  private current?: ProgramRun;
  private retriesLeft: number;

  constructor(
    private readonly job: TrainingJob,
    private readonly options: JobRunnerOptions,
  ) {
    this.metrics = new MetricScanner(job.request.AlgorithmSpecification.MetricDefinitions);
    this.retriesLeft = job.request.RetryStrategy?.MaximumRetryAttempts ?? 0;
  }

  stop(cause: StopCause): void {
    if (cause === 'runtime-end') {
      // goes before any other cause: nobody waits out a grace period then.
      this.stopCause = cause;
      this.current?.kill();
    } else if (this.stopCause !== undefined) {
      return;
    } else {
      this.stopCause = cause;
      this.enter('Stopping', 'Stopping');
      this.current?.stop();
    }
    this.stopping.abort(new Error(cause));
  }

  /** The managed spot instance is taken away; nothing happens to a job that does not train. */
  interrupt(): void {
    this.current?.interrupt();
  }

  /** Resolves when the job has ended, well or badly; never rejects. */
  async run(): Promise<void> {
    try {
      this.watchMaxWait();
      while (!(await this.runOnce()));
    } catch (error) {
      this.fail(error instanceof JobFailure ? error.failureReason : `InternalServerError: ${(error as Error).message}`);
    } finally {
      this.over.abort(new Error('the job has ended.'));
      this.end();
    }
  }

  /** One start and one run; false when the job has to start again. */
  private async runOnce(): Promise<boolean> {
    if (!(await this.startUp())) return true;
    const folder = this.layOut();
    try {
      if (this.stopCause !== undefined) return true;
      this.enter(this.job.status, 'Training');
      const end = await this.train(folder);
      this.job.process = undefined;
      if (this.stopCause === undefined && this.startsAgain(end)) return false;
      await this.upload(folder, typeof end === 'string' ? { failureReason: INTERNAL_ERROR } : end);
      return true;
    } finally {
      if (folder.base !== '') removeInput(folder.base);
    }
  }

  /** A container that starts again finds its checkpoints, and nothing else of the last run. */
  private startsAgain(end: RunEnd): boolean {
    if (end === 'interrupted') {
      this.enter('InProgress', 'Interrupted');
    } else if (end === 'internal-error' && this.retriesLeft > 0) {
      this.retriesLeft--;
      this.enter('InProgress', 'Restarting');
    } else {
      return false;
    }
    endRun(this.job, this.options.clock.now());
    if (end === 'interrupted') this.enter('InProgress', 'Starting');
    return true;
  }

  private watchMaxWait(): void {
    const { job } = this;
    const seconds = job.request.StoppingCondition?.MaxWaitTimeInSeconds;
    if (!job.request.EnableManagedSpotTraining || seconds === undefined) return;
    const left = Math.max(0, job.creationTime + seconds * 1000 - this.options.clock.now());
    this.options.clock.sleep(left, this.over.signal).then(
      () => this.stop('max-wait'),
      () => undefined,
    );
  }

  private async startUp(): Promise<boolean> {
    const { clock, faults } = this.options;
    try {
      const seconds = this.startupSeconds();
      if (seconds > 0) await clock.sleep(seconds * 1000, this.stopping.signal);
    } catch (error) {
      if (this.stopCause === undefined) throw error;
    }
    if (this.stopCause !== undefined) return false;
    faults.checkStart();
    faults.checkImage(this.job.request);
    beginRun(this.job, clock.now());
    return true;
  }

  private startupSeconds(): number {
    const { launcher, faults, warmStartSeconds } = this.options;
    // MaxWaitTimeInSeconds ends the job before it has waited twice as long.
    if (faults.has('spot-wait-exceeded')) return 2 * this.job.request.StoppingCondition!.MaxWaitTimeInSeconds!;
    const slow = faults.find('slow-start')?.lastsSeconds;
    if (slow !== undefined) return slow;
    const cold = launcher.startupSeconds(this.job);
    return warmStartSeconds === undefined ? cold : Math.min(warmStartSeconds, cold);
  }

  private layOut(): JobFolder {
    const { launcher, store, objectStore, assets, cacheFolder, faults } = this.options;
    if (launcher.needsFiles || faults.has('data-missing')) this.enter(this.job.status, 'Downloading');
    faults.checkData(this.job.request);
    if (!launcher.needsFiles) return { base: '' };
    const base = join(store.folderOf(this.job.name), 'ml');
    rmSync(base, { recursive: true, force: true });
    try {
      return layOutJobFolder(this.job.request, base, { objectStore: objectStore!, assets, cacheFolder });
    } catch (error) {
      removeInput(base);
      throw error;
    }
  }

  private async train({ base, checkpoints }: JobFolder): Promise<RunEnd> {
    const { job } = this;
    const { clock, launcher, endpoints, region, stopGraceSeconds, faults } = this.options;
    const trained = trainedSeconds(job, clock.now());
    const limit = job.request.StoppingCondition?.MaxRuntimeInSeconds ?? DEFAULT_MAX_RUNTIME_SECONDS;
    const hang = faults.find('program-hangs');
    this.current = new ProgramRun({
      clock,
      launcher,
      context: {
        job,
        baseFolder: base,
        checkpointFolder: checkpoints,
        endpoints,
        region,
        onLine: (line) => this.print(line),
        onProcess: (identity) => {
          job.process = identity;
          this.save();
        },
      },
      stopGraceSeconds,
      faults: { hangs: hang !== undefined, ignoresStop: faults.has('ignores-stop') },
      strike: faults.nextStrike(),
      trainedSeconds: trained,
      maxSeconds: Math.max(0, Math.min(limit, hang?.lastsSeconds ?? limit) - trained),
      onMaxRuntime: () => this.stop('max-runtime'),
      onStoppedByPerson: () => this.stop('request'),
    });
    // a program may have asked for its own end while it was launched.
    if (this.stopCause !== undefined) this.current.stop();
    try {
      return await this.current.ended;
    } finally {
      this.current = undefined;
    }
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
    const { clock, faults, spotDiscount } = this.options;
    const { job } = this;
    if (this.stopCause === 'runtime-end') job.failureReason = RUNTIME_ENDED;
    job.process = undefined;
    job.finalMetrics = faults.has('metrics-missing') ? [] : this.metrics.final();
    if (faults.has('checkpoint-lost')) this.loseCheckpoints();
    endTraining(job, clock.now(), spotDiscount);
    if (this.stopCause !== 'runtime-end') keepWarm(job, clock.now());
    if (job.failureReason !== undefined) {
      this.enter('Failed', 'Failed', job.failureReason);
    } else if (this.stopCause === 'max-runtime') {
      this.enter('Stopped', 'MaxRuntimeExceeded');
    } else if (this.stopCause === 'max-wait') {
      this.enter('Stopped', 'MaxWaitTimeExceeded');
    } else if (this.stopCause === 'request') {
      this.enter('Stopped', 'Stopped');
    } else {
      this.enter('Completed', 'Completed');
    }
  }

  private loseCheckpoints(): void {
    const { objectStore } = this.options;
    const uri = this.job.request.CheckpointConfig?.S3Uri;
    if (objectStore === undefined || uri === undefined) return;
    const bucket = uri.split('/').slice(0, 3).join('/');
    for (const { key } of objectStore.list(`${uri.replace(/\/+$/, '')}/`)) objectStore.delete(`${bucket}/${key}`);
  }

  private enter(status: TrainingJobStatus, secondaryStatus: SecondaryStatus, message?: string): void {
    changeStatus(this.job, status, secondaryStatus, this.options.clock.now(), message);
    this.save();
  }

  private save(): void {
    this.options.store.save(this.job);
  }
}
