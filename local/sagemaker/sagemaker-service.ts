import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import type { Clock } from '../clock';
import { FaultInjector } from '../faults';
import { ServiceError } from '../service';
import type { JsonService } from '../service';
import { describeTrainingJob } from './describe-training-job';
import type { DescribeTrainingJobAnswer } from './describe-training-job';
import { leaveFolder, takeFolder } from './folder-owner';
import { internalFailure, throwBeforeJob } from './injected-errors';
import { checkQuotas } from './instance-quota';
import { jobAsOf } from './job-as-of';
import { JobFaults } from './job-faults';
import { JobRunner, RUNTIME_ENDED } from './job-runner';
import { changeStatus } from './job-status';
import { JobStore } from '../job-store';
import { listTrainingJobs } from './list-training-jobs';
import { killGroup } from './process-identity';
import { RequestLimits, throttled } from './request-limits';
import {
  checkOptions,
  DEFAULT_SPOT_DISCOUNT,
  DEFAULT_STOP_GRACE_SECONDS,
  DEFAULT_WARM_POOL_STARTUP_SECONDS,
} from './service-options';
import type { SageMakerServiceOptions } from './service-options';
import { hasEnded } from './training-job';
import type { CreateTrainingJobRequest, TrainingJob } from './training-job';
import { endTraining } from './training-time';
import { TuningJobs } from './tuning';
import type { LaunchedBy } from './tuning/training-jobs';
import { validateCreateTrainingJob, validateJobName, validationError } from './validate-request';
import { findWarmPool, reusePool } from './warm-pool';

/** Training jobs, as far as a tuner needs them of SageMaker. */
export class SageMakerService implements JsonService {
  readonly targetPrefix = 'SageMaker';
  /** Automatic model tuning, over these training jobs. */
  readonly tuning: TuningJobs;
  private readonly store: JobStore<TrainingJob>;
  private readonly limits: RequestLimits;
  private readonly faults: FaultInjector;
  private readonly running = new Map<string, { readonly runner: JobRunner; readonly ended: Promise<void> }>();
  private readonly events = new EventEmitter();
  private closed = false;

  constructor(private readonly options: SageMakerServiceOptions) {
    const { folder, launcher, objectStore, clock } = options;
    checkOptions(options);
    if (launcher.needsFiles && (folder === undefined || objectStore === undefined)) {
      throw new Error('SageMakerService: a launcher of processes needs the options folder and objectStore.');
    }
    // one listener for each job that somebody waits for.
    this.events.setMaxListeners(0);
    if (folder !== undefined) takeFolder(folder);
    this.store = new JobStore({ folder, kind: 'training job', keyOf: ({ name }) => name });
    this.limits = new RequestLimits(clock, {
      create: options.createRatePerSecond,
      stop: options.stopRatePerSecond,
      describe: options.describeRatePerSecond,
      list: options.listRatePerSecond,
    });
    this.faults = options.faults ?? new FaultInjector();
    this.settleLeftovers();
    this.tuning = this.tuningJobs();
  }

  get clock(): Clock {
    return this.options.clock;
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
        return this.list(input);
      default:
        return this.handleTuning(operation, input);
    }
  }

  /** @param launchedBy what a tuning job gives its training jobs beside the request */
  createTrainingJob(input: Record<string, unknown>, launchedBy?: LaunchedBy): { readonly TrainingJobArn: string } {
    if (this.closed) throw new ServiceError('InternalFailure', 'The local SageMaker is closed.', 500);
    const fault = this.faults.next('create', { job: String(input.TrainingJobName) });
    if (fault?.name === 'create-throttled') throw throttled();
    this.limits.take('create');
    // kept as JSON, so that nothing the caller changes later changes the job.
    const request = validateCreateTrainingJob(JSON.parse(JSON.stringify(input)) as Record<string, unknown>);
    throwBeforeJob(fault, request);
    if (this.store.get(request.TrainingJobName) !== undefined) {
      const message = `Training job names must be unique within an AWS account and region, and a training job with this name already exists (${this.arnOf(request.TrainingJobName)})`;
      throw new ServiceError('ResourceInUse', message);
    }
    const pool = findWarmPool(request, this.store.all(), this.clock.now());
    this.checkQuotas(request, pool);
    const job = this.newJob(request, launchedBy);
    if (pool !== undefined) {
      reusePool(pool, job, this.clock.now());
      this.store.save(pool);
    }
    this.store.save(job);
    this.start(job, pool !== undefined);
    if (fault?.name === 'create-answer-lost') throw internalFailure();
    return { TrainingJobArn: job.arn };
  }

  describe(jobName: string): DescribeTrainingJobAnswer {
    const fault = this.faults.next('describe', { job: jobName });
    if (fault?.name === 'describe-throttled') throw throttled();
    this.limits.take('describe');
    const job = this.find(jobName);
    return describeTrainingJob(jobAsOf(job, this.seenAt(fault?.lastsSeconds)), this.clock.now());
  }

  list(input: Record<string, unknown>): Record<string, unknown> {
    const fault = this.faults.next('list', { job: String(input.NameContains ?? '') });
    if (fault?.name === 'list-throttled') throw throttled();
    this.limits.take('list');
    const seenAt = this.seenAt();
    // a job is listed as soon as it is created, but for a stale list.
    const newest = fault?.name === 'list-stale' ? this.seenAt(fault.lastsSeconds) : Infinity;
    const jobs = [...this.store.all()].filter(({ creationTime }) => creationTime <= newest);
    return listTrainingJobs(
      jobs.map((job) => jobAsOf(job, seenAt)),
      input,
      this.clock.now(),
    );
  }

  stop(jobName: string): void {
    const fault = this.faults.next('stop', { job: jobName });
    if (fault?.name === 'stop-throttled') throw throttled();
    this.limits.take('stop');
    const job = this.find(jobName);
    if (hasEnded(job)) {
      throw validationError(
        `The request was rejected because the training job is in status ${job.status}. ` +
          `Only a job that is InProgress can be stopped (${job.arn}).`,
      );
    }
    if (fault?.name === 'stop-lost') return;
    this.running.get(jobName)?.runner.stop('request');
  }

  /** Takes the instances of a job on managed spot away, as EC2 does when it needs them. */
  interruptSpot(jobName: string): void {
    const job = this.find(jobName);
    if (!job.request.EnableManagedSpotTraining) {
      throw new Error(
        `interruptSpot: the job ${jobName} runs on demand; give it EnableManagedSpotTraining to interrupt it.`,
      );
    }
    this.running.get(jobName)?.runner.interrupt();
  }

  /** Resolves with the Describe answer once the job has ended, well or badly. */
  async waitForEnd(jobName: string): Promise<DescribeTrainingJobAnswer> {
    if (!hasEnded(this.find(jobName))) {
      await new Promise<void>((resolve) => this.events.once(jobEnded(jobName), () => resolve()));
    }
    return describeTrainingJob(this.find(jobName), this.clock.now());
  }

  /** All that a job has printed. */
  readLog(jobName: string): string {
    return this.store.readLog(this.find(jobName).name);
  }

  /** Ends the jobs that run, as failed, and lets go of the folder. */
  async close(): Promise<void> {
    this.closed = true;
    // they wait for their training jobs, which end next.
    const tuned = this.tuning.close();
    for (const { runner } of this.running.values()) runner.stop('runtime-end');
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
    await tuned;
    await this.options.launcher.close();
    if (this.options.folder !== undefined) leaveFolder(this.options.folder);
  }

  /** The time up to which Describe and List know what has happened. */
  private seenAt(staleSeconds: number = 0): number {
    return this.clock.now() - Math.max(staleSeconds, this.options.describeLagSeconds ?? 0) * 1000;
  }

  private checkQuotas(request: CreateTrainingJobRequest, pool: TrainingJob | undefined): void {
    const { instanceQuota, spotInstanceQuota, warmPoolQuota, quotaReleaseSeconds = 0 } = this.options;
    const quotas = {
      training: instanceQuota,
      spot: spotInstanceQuota,
      warmPool: warmPoolQuota,
      releaseSeconds: quotaReleaseSeconds,
    };
    checkQuotas(quotas, request, this.store.all(), this.clock.now(), pool);
  }

  private newJob(request: CreateTrainingJobRequest, launchedBy: LaunchedBy | undefined): TrainingJob {
    const now = this.options.clock.now();
    const job: TrainingJob = {
      name: request.TrainingJobName,
      arn: this.arnOf(request.TrainingJobName),
      request:
        launchedBy === undefined
          ? request
          : { ...request, HyperParameters: { ...request.HyperParameters, ...launchedBy.hyperParameters } },
      ...(launchedBy && { tuningJobArn: launchedBy.tuningJobArn }),
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

  private start(job: TrainingJob, isWarm: boolean): void {
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
      spotDiscount: this.options.spotDiscount ?? DEFAULT_SPOT_DISCOUNT,
      warmStartSeconds: isWarm ? (this.options.warmPoolStartupSeconds ?? DEFAULT_WARM_POOL_STARTUP_SECONDS) : undefined,
      faults: this.faultsOf(job),
      onLine: (jobName, line) => {
        if (job.tuningJobArn !== undefined) this.tuning.readLine(jobName, line);
        onLine?.(jobName, line);
      },
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

  private faultsOf({ name, request }: TrainingJob): JobFaults {
    const managedSpot = request.EnableManagedSpotTraining === true;
    const checkpoints = request.CheckpointConfig !== undefined;
    return new JobFaults(this.faults.all('job', { job: name, managedSpot, checkpoints }));
  }

  // what a killed runtime left: its jobs can't be taken up again, their output had nobody to read it.
  private settleLeftovers(): void {
    for (const job of this.store.all()) {
      if (hasEnded(job)) continue;
      if (job.process !== undefined) killGroup(job.process);
      const now = this.options.clock.now();
      job.process = undefined;
      job.failureReason = RUNTIME_ENDED;
      endTraining(job, now, this.options.spotDiscount ?? DEFAULT_SPOT_DISCOUNT);
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

  private tuningJobs(): TuningJobs {
    const { clock, folder, tuningQuota } = this.options;
    return new TuningJobs({
      folder,
      arnPrefix: this.arnPrefix(),
      quota: tuningQuota,
      faults: this.faults,
      jobs: {
        clock,
        create: (request, launchedBy) => void this.createTrainingJob(request, launchedBy),
        stop: (name) => this.stop(name),
        find: (name) => this.store.get(name),
        seen: (name) => {
          const job = this.store.get(name);
          return job && jobAsOf(job, this.seenAt());
        },
        waitForEnd: (name) => this.waitForEnd(name),
      },
    });
  }

  private handleTuning(operation: string, input: Record<string, unknown>): unknown {
    const answer = this.tuning.handle(operation, input);
    if (answer !== undefined) return answer;
    throw new ServiceError('UnknownOperationException', `The local SageMaker knows no operation ${operation}.`);
  }

  private arnOf(jobName: string): string {
    return `${this.arnPrefix()}:training-job/${jobName.toLowerCase()}`;
  }

  private arnPrefix(): string {
    const { region = 'us-east-1', accountId = '123456789012' } = this.options;
    return `arn:aws:sagemaker:${region}:${accountId}`;
  }
}

function jobEnded(jobName: string): string {
  return `ended:${jobName}`;
}
