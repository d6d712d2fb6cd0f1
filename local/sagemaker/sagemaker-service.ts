import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import type { Clock } from '../clock';
import type { ServiceEndpoints } from '../lambda/endpoints';
import type { ObjectStore } from '../s3/object-store';
import { ServiceError } from '../service';
import type { JsonService } from '../service';
import type { AssetLookup } from '../template/description';
import { describeTrainingJob } from './describe-training-job';
import type { DescribeTrainingJobAnswer } from './describe-training-job';
import { leaveFolder, takeFolder } from './folder-owner';
import { checkQuota } from './instance-quota';
import type { InstanceQuota } from './instance-quota';
import type { JobLauncher } from './job-launcher';
import { changeStatus, JobRunner, RUNTIME_ENDED } from './job-runner';
import { JobStore } from './job-store';
import { listTrainingJobs } from './list-training-jobs';
import { killGroup } from './process-identity';
import { RequestRate } from './request-rate';
import { hasEnded } from './training-job';
import type { CreateTrainingJobRequest, TrainingJob } from './training-job';
import { validateCreateTrainingJob, validateJobName, validationError } from './validate-request';

export interface SageMakerServiceOptions {
  readonly clock: Clock;
  readonly launcher: JobLauncher;
  /** Keeps the jobs' state, output and files. @default - in memory, for launchers that need no files */
  readonly folder?: string;
  /** The local S3; needed by a launcher that needs files. */
  readonly objectStore?: ObjectStore;
  /** Finds the app's assets behind input channels. */
  readonly assets?: AssetLookup;
  /** Read whenever a job starts, so that it may be filled once the servers listen. */
  readonly endpoints?: ServiceEndpoints;
  /** @default us-east-1 */
  readonly region?: string;
  /** @default 123456789012 */
  readonly accountId?: string;
  /** @default - no limit */
  readonly instanceQuota?: InstanceQuota;
  /** CreateTrainingJob requests a second; 1 on AWS. @default - no limit */
  readonly createRatePerSecond?: number;
  /** Between SIGTERM and SIGKILL. @default 120 */
  readonly stopGraceSeconds?: number;
  /** Takes each line that a job prints. */
  readonly onLine?: (jobName: string, line: string) => void;
}

const DEFAULT_STOP_GRACE_SECONDS = 120;

/** Training jobs, as far as a tuner needs them of SageMaker. */
export class SageMakerService implements JsonService {
  readonly targetPrefix = 'SageMaker';
  private readonly store: JobStore;
  private readonly rate?: RequestRate;
  private readonly running = new Map<string, { readonly runner: JobRunner; readonly ended: Promise<void> }>();
  private readonly events = new EventEmitter();
  private closed = false;

  constructor(private readonly options: SageMakerServiceOptions) {
    const { folder, launcher, objectStore, clock, createRatePerSecond } = options;
    if (launcher.needsFiles && (folder === undefined || objectStore === undefined)) {
      throw new Error('SageMakerService: a launcher of processes needs the options folder and objectStore.');
    }
    // one listener for each job that somebody waits for.
    this.events.setMaxListeners(0);
    if (folder !== undefined) takeFolder(folder);
    this.store = new JobStore(folder);
    if (createRatePerSecond !== undefined) this.rate = new RequestRate(clock, createRatePerSecond);
    this.settleLeftovers();
  }

  async handle(operation: string, input: Record<string, unknown>): Promise<unknown> {
    switch (operation) {
      case 'CreateTrainingJob':
        return this.createTrainingJob(input);
      case 'DescribeTrainingJob':
        return this.describe(validateJobName(input));
      case 'StopTrainingJob':
        this.stop(validateJobName(input));
        return {};
      case 'ListTrainingJobs':
        return listTrainingJobs(this.store.all(), input);
      default:
        throw new ServiceError('UnknownOperationException', `The local SageMaker knows no operation ${operation}.`);
    }
  }

  createTrainingJob(input: Record<string, unknown>): { readonly TrainingJobArn: string } {
    if (this.closed) throw new ServiceError('InternalFailure', 'The local SageMaker is closed.', 500);
    if (this.rate !== undefined && !this.rate.take()) throw new ServiceError('ThrottlingException', 'Rate exceeded');
    // kept as JSON, so that nothing the caller changes later changes the job.
    const request = validateCreateTrainingJob(JSON.parse(JSON.stringify(input)) as Record<string, unknown>);
    if (this.store.get(request.TrainingJobName) !== undefined) {
      const message = `Training job names must be unique within an AWS account and region, and a training job with this name already exists (${this.arnOf(request.TrainingJobName)})`;
      throw new ServiceError('ResourceInUse', message);
    }
    const { instanceQuota } = this.options;
    if (instanceQuota !== undefined) checkQuota(instanceQuota, request, this.store.all());
    const job = this.newJob(request);
    this.store.save(job);
    this.start(job);
    return { TrainingJobArn: job.arn };
  }

  describe(jobName: string): DescribeTrainingJobAnswer {
    return describeTrainingJob(this.find(jobName));
  }

  stop(jobName: string): void {
    const job = this.find(jobName);
    if (hasEnded(job)) {
      throw validationError(
        `The request was rejected because the training job is in status ${job.status}. ` +
          `Only a job that is InProgress can be stopped (${job.arn}).`,
      );
    }
    this.running.get(jobName)?.runner.stop('request');
  }

  /** Resolves with the Describe answer once the job has ended, well or badly. */
  async waitForEnd(jobName: string): Promise<DescribeTrainingJobAnswer> {
    if (!hasEnded(this.find(jobName))) {
      await new Promise<void>((resolve) => this.events.once(jobEnded(jobName), () => resolve()));
    }
    return this.describe(jobName);
  }

  /** All that a job has printed. */
  readLog(jobName: string): string {
    return this.store.readLog(this.find(jobName).name);
  }

  /** Ends the jobs that run, as failed, and lets go of the folder. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { runner } of this.running.values()) runner.stop('runtime-end');
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
    await this.options.launcher.close();
    if (this.options.folder !== undefined) leaveFolder(this.options.folder);
  }

  private newJob(request: CreateTrainingJobRequest): TrainingJob {
    const now = this.options.clock.now();
    const job: TrainingJob = {
      name: request.TrainingJobName,
      arn: this.arnOf(request.TrainingJobName),
      request,
      status: 'InProgress',
      secondaryStatus: 'Starting',
      transitions: [],
      creationTime: now,
      lastModifiedTime: now,
      finalMetrics: [],
    };
    changeStatus(job, 'InProgress', 'Starting', now);
    return job;
  }

  private start(job: TrainingJob): void {
    const { clock, launcher, objectStore, assets, folder, endpoints, region, stopGraceSeconds, onLine } = this.options;
    const runner = new JobRunner(job, {
      clock,
      launcher,
      store: this.store,
      objectStore,
      assets,
      cacheFolder: folder === undefined ? '' : join(folder, '.assets'),
      endpoints: endpoints ?? {},
      region: region ?? 'us-east-1',
      stopGraceSeconds: stopGraceSeconds ?? DEFAULT_STOP_GRACE_SECONDS,
      onLine,
    });
    // begins in a turn of its own: the request is answered before the input is copied.
    const ended = Promise.resolve()
      .then(() => runner.run())
      .finally(() => {
        this.running.delete(job.name);
        this.events.emit(jobEnded(job.name));
      });
    this.running.set(job.name, { runner, ended });
  }

  // what a killed runtime left: its jobs can't be taken up again, their output had nobody to read it.
  private settleLeftovers(): void {
    for (const job of this.store.all()) {
      if (hasEnded(job)) continue;
      if (job.process !== undefined) killGroup(job.process);
      const now = this.options.clock.now();
      job.process = undefined;
      job.failureReason = RUNTIME_ENDED;
      if (job.trainingStartTime !== undefined) job.trainingEndTime = Math.max(now, job.trainingStartTime);
      changeStatus(job, 'Failed', 'Failed', now, RUNTIME_ENDED);
      this.store.save(job);
    }
  }

  private find(jobName: string): TrainingJob {
    const job = this.store.get(jobName);
    // SageMaker answers this, and not ResourceNotFound, for a job that does not exist.
    if (job === undefined)
      throw validationError(`Requested resource not found: no training job ${this.arnOf(jobName)}.`);
    return job;
  }

  private arnOf(jobName: string): string {
    const { region = 'us-east-1', accountId = '123456789012' } = this.options;
    return `arn:aws:sagemaker:${region}:${accountId}:training-job/${jobName.toLowerCase()}`;
  }
}

function jobEnded(jobName: string): string {
  return `ended:${jobName}`;
}
