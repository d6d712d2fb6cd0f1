import type { Clock } from '../clock';
import { FaultInjector } from '../faults';
import { ServiceError } from '../service';
import { leaveFolder, takeFolder } from '../sagemaker/folder-owner';
import { killGroup } from '../sagemaker/process-identity';
import { RequestRate } from '../sagemaker/request-rate';
import type { JobQueueDescription } from '../template/description';
import { Account } from './account';
import { hasEnded, needOf } from './batch-job';
import type { BatchJob } from './batch-job';
import { clientException, serverException, tooManyRequests } from './client-exception';
import { describeJob } from './describe-job';
import type { JobDetail } from './describe-job';
import { RUNTIME_ENDED_REASON } from './exits';
import { JobRunner } from './job-runner';
import { JobStore } from '../job-store';
import { validateDescribeJobs, validateJobAndReason } from './job-requests';
import { listJobs, validateListJobs } from './list-jobs';
import { newJob } from './new-job';
import { Scheduler } from './scheduler';
import { timeLimitFor } from './time-limit';
import {
  checkOptions,
  DEFAULT_IDLE_SECONDS,
  DEFAULT_STOP_GRACE_SECONDS,
  SIMULATED_START_SECONDS,
} from './service-options';
import type { BatchServiceOptions } from './service-options';
import { validateSubmitJob } from './submit-job-request';

export interface SubmitJobAnswer {
  readonly jobArn: string;
  readonly jobId: string;
  readonly jobName: string;
}

/** AWS Batch, as far as a tuner needs it: jobs of one container in the queues of the app. */
export class BatchService {
  private readonly account: Account;
  private readonly store: JobStore<BatchJob>;
  private readonly scheduler: Scheduler;
  private readonly faults: FaultInjector;
  private readonly submitRate?: RequestRate;
  private readonly running = new Map<string, { readonly runner: JobRunner; readonly ended: Promise<void> }>();
  private jobs = 0;
  private closed = false;

  constructor(private readonly options: BatchServiceOptions) {
    const { clock, launcher, folder, submitRatePerSecond, onNotice } = options;
    checkOptions(options);
    if (launcher.needsFiles && folder === undefined) {
      throw new Error('BatchService: a launcher of processes needs the option folder.');
    }
    this.account = new Account(options, {
      clock,
      instanceStartSeconds: options.instanceStartSeconds ?? (launcher.needsFiles ? 0 : SIMULATED_START_SECONDS),
      idleSeconds: options.idleSeconds ?? DEFAULT_IDLE_SECONDS,
      maxGpus: options.maxGpus ?? Infinity,
    });
    this.scheduler = new Scheduler(
      (queue) => this.account.environmentsOf(queue),
      (job, queue) => {
        onNotice?.(neverFits(job, queue));
        this.running.get(job.id)?.runner.limitWait();
      },
    );
    this.faults = options.faults ?? new FaultInjector();
    if (submitRatePerSecond !== undefined) this.submitRate = new RequestRate(() => clock.now(), submitRatePerSecond);
    if (folder !== undefined) takeFolder(folder);
    this.store = new JobStore({ folder, kind: 'Batch job', keyOf: ({ id }) => id });
    this.settleLeftovers();
  }

  get clock(): Clock {
    return this.options.clock;
  }

  async handle(operation: string, input: Record<string, unknown>): Promise<unknown> {
    switch (operation) {
      case 'submitjob':
        return this.submitJob(input);
      case 'describejobs':
        return this.describeJobs(input);
      case 'terminatejob':
        return this.terminateJob(input);
      case 'canceljob':
        return this.cancelJob(input);
      case 'listjobs':
        return this.listJobs(input);
      default:
        throw new ServiceError('UnknownOperationException', `The local Batch knows no operation ${operation}.`, 404);
    }
  }

  submitJob(input: Record<string, unknown>): SubmitJobAnswer {
    if (this.closed) throw serverException();
    const fault = this.faults.next('batch-submit', { job: String(input.jobName) });
    if (fault?.name === 'batch-submit-throttled' || this.submitRate?.take() === false) throw tooManyRequests();
    // kept as JSON, so that nothing the caller changes later changes the job.
    const request = validateSubmitJob(JSON.parse(JSON.stringify(input)) as Record<string, unknown>);
    const queue = this.account.queue(request.jobQueue);
    const definition = this.account.definition(request.jobDefinition);
    if (!queue.enabled) throw clientException(`JobQueue ${queue.arn} is not in ENABLED state`);
    if (fault?.name === 'batch-submit-refused') {
      throw clientException(`JobDefinition ${definition.arn} is not in ACTIVE status`);
    }
    const job = newJob(request, { queue, definition, number: ++this.jobs, now: this.clock.now() });
    this.store.save(job);
    this.options.onStatus?.(describeJob(job));
    this.start(job, queue);
    if (fault?.name === 'batch-answer-lost') throw serverException();
    return { jobArn: job.arn, jobId: job.id, jobName: job.name };
  }

  /** Jobs that there are not are left out. */
  describeJobs(input: Record<string, unknown>): { readonly jobs: readonly JobDetail[] } {
    const jobs = validateDescribeJobs(input).flatMap((id) => this.store.get(id) ?? []);
    return { jobs: jobs.map(describeJob) };
  }

  /** Ends a job, wherever it is; nothing happens to one that has ended. */
  terminateJob(input: Record<string, unknown>): Record<string, never> {
    const { jobId, reason } = validateJobAndReason(input);
    this.terminate(jobId, reason);
    return {};
  }

  terminate(jobId: string, reason: string): void {
    const job = this.find(jobId);
    if (hasEnded(job)) return;
    job.isTerminated = true;
    this.running.get(jobId)?.runner.stop(reason);
  }

  /** Takes a job out of its queue; one that starts or runs goes on, and the answer is the same. */
  cancelJob(input: Record<string, unknown>): Record<string, never> {
    const { jobId, reason } = validateJobAndReason(input);
    const job = this.find(jobId);
    if (hasEnded(job) || job.status === 'STARTING' || job.status === 'RUNNING') return {};
    job.isCancelled = true;
    this.running.get(jobId)?.runner.stop(reason);
    return {};
  }

  listJobs(input: Record<string, unknown>): Record<string, unknown> {
    const request = validateListJobs(input);
    const { arn } = this.account.queue(request.jobQueue);
    return listJobs(
      [...this.store.all()].filter(({ jobQueue }) => jobQueue === arn),
      request,
    );
  }

  /** Takes the instance of a running job away, as EC2 does with spot capacity; all jobs on it lose their host. */
  loseHost(jobId: string): void {
    this.find(jobId);
    this.running.get(jobId)?.runner.loseHost();
  }

  /** Resolves with the job's description once it has ended, well or badly. */
  async waitForEnd(jobId: string): Promise<JobDetail> {
    const job = this.find(jobId);
    await this.running.get(jobId)?.ended;
    return describeJob(job);
  }

  /** vCPUs of the instances that run for a queue at present, idle ones among them. */
  launchedVcpus(jobQueue: string): number {
    const environments = this.account.environmentsOf(this.account.queue(jobQueue));
    return environments.reduce((sum, environment) => sum + environment.launchedVcpus(), 0);
  }

  /** All that a job has printed, over all its attempts. */
  readLog(jobId: string): string {
    return this.store.readLog(this.find(jobId).id);
  }

  /** Ends the jobs that are under way, as failed, and lets go of the folder. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { runner } of this.running.values()) runner.kill(RUNTIME_ENDED_REASON);
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
    await this.options.launcher.close();
    if (this.options.folder !== undefined) leaveFolder(this.options.folder);
  }

  private start(job: BatchJob, queue: JobQueueDescription): void {
    const { clock, launcher, endpoints, region, stopGraceSeconds, onLine, onStatus } = this.options;
    const runner = new JobRunner(job, {
      clock,
      launcher,
      store: this.store,
      scheduler: this.scheduler,
      queue,
      endpoints: endpoints ?? {},
      region: region ?? 'us-east-1',
      stopGraceSeconds: stopGraceSeconds ?? DEFAULT_STOP_GRACE_SECONDS,
      strikes: this.faults.all('batch-job', { job: job.name }),
      onLine,
      onStatus: (changed) => onStatus?.(describeJob(changed)),
    });
    // begins in a turn of its own: the request is answered before the job goes anywhere.
    const ended = Promise.resolve()
      .then(() => runner.run())
      .finally(() => this.running.delete(job.id));
    this.running.set(job.id, { runner, ended });
  }

  // what a killed runtime left: its jobs can't be taken up again, their output had nobody to read it.
  private settleLeftovers(): void {
    for (const job of this.store.all()) {
      this.jobs = Math.max(this.jobs, job.number);
      if (hasEnded(job)) continue;
      if (job.process !== undefined) killGroup(job.process);
      Object.assign(job, {
        process: undefined,
        status: 'FAILED',
        statusReason: RUNTIME_ENDED_REASON,
        stoppedAt: this.clock.now(),
      });
      this.store.save(job);
    }
  }

  private find(jobId: string): BatchJob {
    const job = this.store.get(jobId);
    if (job === undefined) throw clientException(`Job ${jobId} not found`);
    return job;
  }
}

function neverFits(job: BatchJob, queue: JobQueueDescription): string {
  const { vcpus, gpus } = needOf(job);
  const limit = timeLimitFor(queue, job.statusReason);
  const time = limit === undefined ? '' : ` for ${limit.maxTimeSeconds} seconds, after which its queue cancels it`;
  return (
    `the Batch job ${job.name} stays RUNNABLE${time}: it asks for ${vcpus} vCPUs and ${gpus} GPUs, more than any instance of ` +
    'its queue has. Ask for less, or raise MaxvCpus, InstanceTypes or the option maxGpus. Jobs behind it wait as well.'
  );
}
