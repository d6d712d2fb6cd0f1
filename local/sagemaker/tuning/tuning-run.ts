import type { DueFault } from '../../faults';
import { RUNTIME_ENDED } from '../job-runner';
import { ChildPlanner } from './child-planner';
import type { ChildPlan } from './child-request';
import { hasConverged, isComplete } from './completion';
import { launch } from './launch';
import { childResults } from './objective';
import type { ChildResult } from './objective';
import { ObjectiveSeries } from './objective-series';
import { isHopeless, outcomeOf } from './outcome';
import type { Ending } from './outcome';
import { stopChild } from './stop-child';
import { trainingJobLimit } from './training-job-limit';
import type { TrainingJobs } from './training-jobs';
import type { TuningStore } from './tuning-store';
import { definitionsOf, instanceConfigsOf } from './tuning-job';
import type { TuningChild, TuningJob, TuningJobStatus } from './tuning-job';

export interface TuningRunOptions {
  readonly jobs: TrainingJobs;
  readonly store: TuningStore;
  /** Those of a warm start. */
  readonly parents: readonly TuningJob[];
  /** The service's own fault that fails this tuning job. */
  readonly fault?: DueFault;
}

/** How long a tuning job waits for capacity, or is throttled, before it gives up. */
const MAX_WAIT_MS = 24 * 3600 * 1000;

/** How often it asks again where the service has an internal error. */
const MAX_INTERNAL_ERRORS = 5;

const INTERNAL_ERROR = 'InternalServerError: an internal error ended the tuning job. Try again.';

/** Takes one tuning job from its start to its end. */
export class TuningRun {
  private readonly planner: ChildPlanner;
  private readonly limit: number;
  private readonly series: ObjectiveSeries;
  private readonly running = new Map<string, Promise<void>>();
  private readonly stopped = new Set<string>();
  private readonly over = new AbortController();
  private readonly retries: ChildPlan[] = [];
  private ending?: Ending;
  private waitingSince?: number;
  private internalErrors = 0;
  private exhausted = false;
  private runtimeEnds = false;
  private wake = () => {};

  constructor(
    private readonly tuning: TuningJob,
    private readonly options: TuningRunOptions,
  ) {
    const { jobs, parents } = options;
    this.planner = new ChildPlanner(tuning, parents, (name) => jobs.find(name));
    this.limit = trainingJobLimit(tuning.request);
    this.series = new ObjectiveSeries(tuning.request);
  }

  /** Resolves when the tuning job has ended, well or badly; never rejects. */
  async run(): Promise<void> {
    try {
      this.watchTime();
      while (this.ending === undefined) {
        const waitMs = this.launchAll();
        if (this.ending !== undefined || (this.running.size === 0 && waitMs === undefined)) break;
        await this.changed(waitMs);
      }
    } catch (error) {
      this.end({ status: 'Failed', reason: `InternalServerError: ${(error as Error).message}` });
    }
    this.over.abort(new Error('the tuning job launches no more.'));
    const left = [...this.running.values()];
    if (!this.runtimeEnds) for (const name of this.running.keys()) this.stopEarly(name);
    await Promise.all(left);
    this.settle(this.ending ?? outcomeOf(this.results()));
  }

  /** StopHyperParameterTuningJob: the training jobs are stopped with it. */
  stop(): void {
    if (this.ending !== undefined) return;
    this.enter('Stopping');
    this.end({ status: 'Stopped' });
  }

  /** The runtime ends, and its training jobs with it. */
  endWithRuntime(): void {
    this.runtimeEnds = true;
    this.ending = { status: 'Failed', reason: RUNTIME_ENDED };
    this.wake();
  }

  /** Takes a line that one of its training jobs has printed. */
  readLine(child: TuningChild, line: string): void {
    this.strikeNow();
    if (this.series.read(child, line)) this.stopEarly(child.name);
  }

  /** Launches what there is room for; answers after how long to try again where something is in the way. */
  private launchAll(): number | undefined {
    const { jobs } = this.options;
    while (this.ending === undefined && this.hasRoom()) {
      const plan = this.retries[0] ?? this.planner.next();
      if (plan === undefined) {
        this.exhausted = true;
        return undefined;
      }
      const result = launch(jobs, this.tuning, plan, this.internalErrors);
      if ('created' in result) {
        if (this.retries[0] === plan) this.retries.shift();
        this.add(result.created, plan);
      } else if ('refused' in result) {
        this.end({ status: 'Failed', reason: `A training job could not be created: ${result.refused.message}` });
      } else {
        if (this.retries[0] !== plan) this.retries.unshift(plan);
        if (this.hasWaitedEnough(result.reason)) {
          this.end({ status: 'Failed', reason: `A training job could not be created: ${result.error.message}` });
        }
        return result.waitMs;
      }
    }
    return undefined;
  }

  private hasRoom(): boolean {
    const { MaxParallelTrainingJobs } = this.tuning.request.HyperParameterTuningJobConfig.ResourceLimits;
    const isOpen = this.tuning.children.length < this.limit && !(this.exhausted && this.retries.length === 0);
    return isOpen && this.running.size < MaxParallelTrainingJobs;
  }

  private hasWaitedEnough(reason: 'capacity' | 'throttled' | 'internal'): boolean {
    if (reason === 'internal') return ++this.internalErrors > MAX_INTERNAL_ERRORS;
    this.waitingSince ??= this.options.jobs.clock.now();
    return this.options.jobs.clock.now() - this.waitingSince >= MAX_WAIT_MS;
  }

  private add(name: string, plan: ChildPlan): void {
    this.waitingSince = undefined;
    this.internalErrors = 0;
    const { jobs } = this.options;
    const child: TuningChild = { name, definition: plan.definition, tuned: plan.tuned };
    this.tuning.children.push(child);
    this.series.begin(child);
    this.save();
    const ended = jobs.waitForEnd(name).then(() => this.childEnded(child, plan));
    this.running.set(name, ended);
  }

  private childEnded(child: TuningChild, plan: ChildPlan): void {
    const { jobs } = this.options;
    this.running.delete(child.name);
    const job = jobs.find(child.name)!;
    if (job.status === 'Completed') this.series.complete(child);
    if (job.failureReason?.startsWith('CapacityError')) this.replace(child, plan);
    this.save();
    this.strikeNow();
    if (this.ending === undefined) this.judge();
    this.wake();
  }

  // on the next instances of the list, where there are any: the configuration has not been tried yet.
  private replace(child: TuningChild, plan: ChildPlan): void {
    const count = instanceConfigsOf(definitionsOf(this.tuning.request)[plan.definition])?.length ?? 1;
    if (plan.instances + 1 >= count) return;
    child.replaced = true;
    this.retries.push({ ...plan, instances: plan.instances + 1 });
  }

  /** Whether what has ended so far ends the tuning job. */
  private judge(): void {
    const { HyperParameterTuningJobConfig: config } = this.tuning.request;
    const results = this.results();
    if (this.tuning.convergenceTime === undefined && hasConverged(results)) {
      this.tuning.convergenceTime = this.options.jobs.clock.now();
    }
    if (isComplete(config, results)) {
      this.end({ status: 'Completed' });
    } else if (isHopeless(results)) {
      this.end(outcomeOf(results));
    }
  }

  private results(): ChildResult[] {
    return childResults(this.tuning, (name) => this.options.jobs.find(name));
  }

  private watchTime(): void {
    const { jobs, fault } = this.options;
    const seconds = this.tuning.request.HyperParameterTuningJobConfig.ResourceLimits.MaxRuntimeInSeconds;
    const after = (ms: number, action: () => void) =>
      jobs.clock.sleep(ms, this.over.signal).then(action, () => undefined);
    // as a training job that has trained too long: Stopped.
    if (seconds !== undefined) void after(seconds * 1000, () => this.stop());
    if (fault?.afterSeconds !== undefined) void after(fault.afterSeconds * 1000, () => this.strike());
  }

  private strikeNow(): void {
    if (this.options.fault !== undefined && this.options.fault.afterSeconds === undefined) this.strike();
  }

  private strike(): void {
    if (this.ending !== undefined) return;
    this.options.fault!.announce();
    this.end({ status: 'Failed', reason: INTERNAL_ERROR });
  }

  private end(ending: Ending): void {
    this.ending ??= ending;
    this.wake();
  }

  private stopEarly(name: string): void {
    if (this.stopped.has(name)) return;
    this.stopped.add(name);
    const { jobs } = this.options;
    // it may have ended, and the line was its last one.
    void stopChild(jobs, name);
  }

  /** Resolves when a training job has ended, somebody has ended the tuning job, or after `ms`. */
  private changed(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const waiting = new AbortController();
      this.wake = () => {
        waiting.abort(new Error('something has changed'));
        resolve();
      };
      if (ms !== undefined) this.options.jobs.clock.sleep(ms, waiting.signal).then(resolve, resolve);
    });
  }

  private settle({ status, reason }: Ending): void {
    this.tuning.failureReason = reason?.slice(0, 1024);
    this.tuning.endTime = this.options.jobs.clock.now();
    this.enter(status);
  }

  private enter(status: TuningJobStatus): void {
    this.tuning.status = status;
    this.save();
  }

  private save(): void {
    this.tuning.lastModifiedTime = this.options.jobs.clock.now();
    this.options.store.save(this.tuning);
  }
}
