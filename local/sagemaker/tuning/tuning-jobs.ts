import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import type { FaultInjector } from '../../faults';
import { ServiceError } from '../../service';
import { internalFailure } from '../injected-errors';
import { RUNTIME_ENDED } from '../job-runner';
import { throttled } from '../request-limits';
import { validationError } from '../validate-request';
import { describeTuningJob } from './describe-tuning-job';
import type { DescribeTuningJobAnswer } from './describe-tuning-job';
import { listChildren, validateListChildren } from './list-children';
import { listTuningJobs } from './list-tuning-jobs';
import type { FindJob } from './objective';
import { checkTuningQuota } from './tuning-quota';
import type { TuningQuota } from './tuning-quota';
import type { TrainingJobs } from './training-jobs';
import { hasTuningEnded } from './tuning-job';
import type { TuningChild, TuningJob } from './tuning-job';
import { TuningRun } from './tuning-run';
import { TuningStore } from './tuning-store';
import { validateCreateTuningJob, validateTuningJobName } from './validate-tuning-job';
import { findParents } from './validate-warm-start';

export interface TuningJobsOptions {
  readonly jobs: TrainingJobs;
  /** The folder of the training jobs. @default - in memory */
  readonly folder?: string;
  /** Everything of an ARN before its kind of resource. */
  readonly arnPrefix: string;
  readonly quota?: TuningQuota;
  readonly faults: FaultInjector;
}

/** Automatic model tuning: jobs that launch training jobs and look for the best hyperparameters. */
export class TuningJobs {
  private readonly store: TuningStore;
  private readonly running = new Map<string, { readonly run: TuningRun; readonly ended: Promise<void> }>();
  private readonly events = new EventEmitter();

  constructor(private readonly options: TuningJobsOptions) {
    this.events.setMaxListeners(0);
    this.store = new TuningStore(options.folder === undefined ? undefined : join(options.folder, '.tuning-jobs'));
    this.settleLeftovers();
  }

  /** Answers an operation; undefined for one that is none of tuning jobs. */
  handle(operation: string, input: Record<string, unknown>): unknown {
    switch (operation) {
      case 'CreateHyperParameterTuningJob':
        return this.create(input);
      case 'DescribeHyperParameterTuningJob':
        return this.describe(validateTuningJobName(input));
      case 'StopHyperParameterTuningJob':
        this.stop(validateTuningJobName(input));
        return {};
      case 'ListHyperParameterTuningJobs':
        return listTuningJobs(this.store.all(), input, this.seen);
      case 'ListTrainingJobsForHyperParameterTuningJob':
        return listChildren(this.find(validateListChildren(input)), input, this.seen);
      default:
        return undefined;
    }
  }

  create(input: Record<string, unknown>): { readonly HyperParameterTuningJobArn: string } {
    const { faults, jobs, quota } = this.options;
    const fault = faults.next('create-tuning', { job: String(input.HyperParameterTuningJobName) });
    if (fault?.name === 'tuning-create-throttled') throw throttled();
    if (fault?.name === 'tuning-create-internal-error') throw internalFailure();
    const request = validateCreateTuningJob(copyOf(input));
    const name = request.HyperParameterTuningJobName;
    const arn = this.arnOf(name);
    if (this.store.get(name) !== undefined) {
      throw new ServiceError(
        'ResourceInUse',
        `Tuning job names must be unique within an AWS account and region, and a tuning job with this name already exists (${arn})`,
      );
    }
    const parents = findParents(request, (parent) => this.store.get(parent));
    checkTuningQuota(quota, request, parents);
    const now = jobs.clock.now();
    const tuning: TuningJob = {
      name,
      arn,
      request,
      status: 'InProgress',
      creationTime: now,
      lastModifiedTime: now,
      children: [],
    };
    this.store.save(tuning);
    this.start(tuning, parents);
    return { HyperParameterTuningJobArn: arn };
  }

  describe(name: string): DescribeTuningJobAnswer {
    return this.answer(this.find(name), this.seen);
  }

  stop(name: string): void {
    const tuning = this.find(name);
    if (hasTuningEnded(tuning)) {
      throw validationError(
        `The request was rejected because the tuning job is in status ${tuning.status}. ` +
          `Only a job that is InProgress can be stopped (${tuning.arn}).`,
      );
    }
    this.running.get(name)?.run.stop();
  }

  /** Resolves with the Describe answer once the tuning job and all its training jobs have ended. */
  async waitForEnd(name: string): Promise<DescribeTuningJobAnswer> {
    if (!hasTuningEnded(this.find(name))) {
      await new Promise<void>((resolve) => this.events.once(jobEnded(name), () => resolve()));
    }
    return this.answer(this.find(name), (child) => this.options.jobs.find(child));
  }

  /** Takes a line that a training job has printed, of a tuning job or not. */
  readLine(trainingJob: string, line: string): void {
    for (const { child, run } of this.childrenNamed(trainingJob)) run.readLine(child, line);
  }

  /** Ends the tuning jobs that run, as failed; their training jobs are ended with the service that runs them. */
  async close(): Promise<void> {
    for (const { run } of this.running.values()) run.endWithRuntime();
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
  }

  private readonly seen: FindJob = (name) => this.options.jobs.seen(name);

  private *childrenNamed(trainingJob: string): Generator<{ child: TuningChild; run: TuningRun }> {
    for (const [name, { run }] of this.running) {
      const child = trainingJob.startsWith(`${name}-`)
        ? this.store.get(name)!.children.find((one) => one.name === trainingJob)
        : undefined;
      if (child !== undefined) yield { child, run };
    }
  }

  private answer(tuning: TuningJob, find: FindJob): DescribeTuningJobAnswer {
    return describeTuningJob(tuning, this.parentsOf(tuning), find);
  }

  private parentsOf({ request }: TuningJob): TuningJob[] {
    const parents = request.WarmStartConfig?.ParentHyperParameterTuningJobs ?? [];
    return parents.flatMap(({ HyperParameterTuningJobName: name }) => this.store.get(name) ?? []);
  }

  private start(tuning: TuningJob, parents: readonly TuningJob[]): void {
    const { faults, jobs } = this.options;
    const fault = faults.next('tuning', { job: tuning.name });
    const run = new TuningRun(tuning, { jobs, store: this.store, parents, fault });
    // begins in a turn of its own: the request is answered before the search works.
    const ended = Promise.resolve()
      .then(() => run.run())
      .finally(() => {
        this.running.delete(tuning.name);
        this.events.emit(jobEnded(tuning.name));
      });
    this.running.set(tuning.name, { run, ended });
  }

  // what a killed runtime left: its training jobs have failed with it, and nobody waits for the tuning job any more.
  private settleLeftovers(): void {
    for (const tuning of this.store.all()) {
      if (hasTuningEnded(tuning)) continue;
      const now = this.options.jobs.clock.now();
      tuning.status = 'Failed';
      tuning.failureReason = RUNTIME_ENDED;
      tuning.lastModifiedTime = now;
      tuning.endTime = now;
      this.store.save(tuning);
    }
  }

  private find(name: string): TuningJob {
    const tuning = this.store.get(name);
    if (tuning === undefined) {
      throw new ServiceError(
        'ResourceNotFound',
        `Amazon SageMaker can't find a tuning job with the name ${name}. Review the job name and try your request again.`,
      );
    }
    return tuning;
  }

  private arnOf(name: string): string {
    return `${this.options.arnPrefix}:hyper-parameter-tuning-job/${name.toLowerCase()}`;
  }
}

/** A copy, so that nothing the caller changes later changes the job; a field that is null counts as left out. */
function copyOf(input: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(input), function (this: unknown, _key, value: unknown) {
    return value === null && !Array.isArray(this) ? undefined : value;
  }) as Record<string, unknown>;
}

function jobEnded(name: string): string {
  return `ended:${name}`;
}
