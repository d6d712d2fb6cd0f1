import { FakeTuningJobs } from './lambda-tuning';
import { TuningJobs } from '../../lambda/core/study/tuning/collect';
import {
  AttemptOutcome,
  MetricValue,
  NextAnswer,
  OpenAnswer,
  OpenRequest,
  PlanAnswer,
  ReportAnswer,
  ReviewAnswer,
  StudyResult,
  TrainAnswer,
  WaitAnswer,
} from '../../lib/contract/calls';
import { StudyInput } from '../../lib/contract/study-input';
import { TunerDefinition } from '../../lib/contract/tuner-definition';
import { ItemTable } from '../../lambda/core/store/item-table';
import { StudyRecord, TrialRecord } from '../../lambda/core/store/records';
import { StudyStore } from '../../lambda/core/store/study-store';
import { finishStudy } from '../../lambda/core/study/finish';
import { Checkpoints } from '../../lambda/core/study/checkpoints';
import { nextTrial } from '../../lambda/core/study/next';
import { NextServices } from '../../lambda/core/study/turn';
import { Executions, openStudy } from '../../lambda/core/study/open';
import { InstanceQuota, Quotas } from '../../lambda/core/study/preflight';
import { planRound } from '../../lambda/core/study/plan';
import { SearchFunctions } from '../../lambda/core/study/propose';
import { recordTrial } from '../../lambda/core/study/record';
import { report } from '../../lambda/core/study/report';
import { reviewRound } from '../../lambda/core/study/review';
import { FoundJob, TrainingJobs } from '../../lambda/core/study/settle';

/** A time of the tests: seconds after the study's begin. */
export function at(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 31, 12) + seconds * 1000).toISOString();
}

export const TUNER: TunerDefinition = {
  searchSpace: [
    { name: 'learning_rate', type: 'continuous', min: 1e-4, max: 1e-1, scaling: 'logarithmic' },
    { name: 'optimizer', type: 'categorical', values: ['sgd', 'adam'] },
    {
      name: 'momentum',
      type: 'continuous',
      min: 0,
      max: 0.99,
      scaling: 'linear',
      activeWhen: { parameter: 'optimizer', values: ['sgd'] },
    },
  ],
  parameterConstraints: [],
  objective: { metric: 'accuracy', direction: 'maximize' },
  additionalObjectives: [],
  outcomeConstraints: [],
  searchAlgorithm: { name: 'random' },
  scheduler: { name: 'none' },
  initialConfigurations: [],
  knownResults: [],
  maxTrials: 10,
  maxParallelTrials: 4,
  maxAttempts: 3,
  compute: {
    jobNamePrefix: 'tuner',
    instanceTypes: ['ml.m5.xlarge'],
    instanceCount: 1,
    prices: [],
    spot: false,
    maxRuntimeSeconds: 86_400,
    quotaCheck: 'off',
    checkpointRoot: 's3://bucket/checkpoints',
  },
};

export class FakeExecutions implements Executions {
  readonly running = new Set<string>();

  async isRunning(executionArn: string): Promise<boolean> {
    return this.running.has(executionArn);
  }
}

/** For studies whose search isn't a function of the user's. */
export const NO_SEARCH_FUNCTIONS: SearchFunctions = {
  ask: () => Promise.reject(new Error('no search function was expected to be asked')),
};

/** Checkpoints by prefix: the resource that each has trained for. */
export class FakeCheckpoints implements Checkpoints {
  readonly kept = new Map<string, number>();

  async exist(uri: string): Promise<boolean> {
    return this.kept.has(uri);
  }

  async copy(from: string, to: string): Promise<void> {
    const resource = this.kept.get(from);
    if (resource !== undefined) this.kept.set(to, resource);
  }
}

/** Quotas of instances by name; without any, Service Quotas knows none. */
export class FakeQuotas implements Quotas {
  readonly values = new Map<string, number>();

  async find(names: readonly string[]): Promise<Map<string, InstanceQuota>> {
    return new Map(
      names.flatMap((name) => {
        const value = this.values.get(name);
        return value === undefined ? [] : [[name, { value, code: 'L-1' }] as const];
      }),
    );
  }
}

/** Training jobs as the service knows them, by the attempt's job name. */
export class FakeJobs implements TrainingJobs {
  readonly jobs = new Map<string, FoundJob>();
  readonly stopped: string[] = [];

  async find(jobName: string): Promise<FoundJob | undefined> {
    return this.jobs.get(jobName);
  }

  async stop(jobName: string): Promise<void> {
    this.stopped.push(jobName);
  }

  add(jobName: string, outcome: AttemptOutcome): void {
    const name = `${jobName}-0-0`;
    const running = outcome.status === 'InProgress' || outcome.status === 'Stopping';
    this.jobs.set(jobName, { jobName: name, running, outcome: { jobName: name, ...outcome } });
  }
}

/** The calls of one study's executions, with what a test doesn't care about filled in. */
export class TestStudy {
  readonly name = 'digits';
  readonly executions = new FakeExecutions();
  readonly jobs = new FakeJobs();
  readonly tuningJobs: TuningJobs = new FakeTuningJobs();
  readonly quotas = new FakeQuotas();
  readonly checkpoints = new FakeCheckpoints();
  searchFunctions = NO_SEARCH_FUNCTIONS;
  readonly store: StudyStore;
  tuner: TunerDefinition;
  run = 1;
  round = 1;

  constructor(
    readonly table: ItemTable,
    tuner: Partial<TunerDefinition> = {},
  ) {
    this.tuner = { ...TUNER, ...tuner };
    this.store = new StudyStore(table);
  }

  get services(): NextServices {
    return { functions: this.searchFunctions, checkpoints: this.checkpoints, jobs: this.jobs };
  }

  static async opened(table: ItemTable, tuner: Partial<TunerDefinition> = {}, input: StudyInput = {}) {
    const study = new TestStudy(table, tuner);
    await study.open({ input: { study: study.name, ...input } });
    return study;
  }

  async open(request: Partial<OpenRequest> = {}): Promise<OpenAnswer> {
    const answer = await openStudy(
      {
        input: { study: this.name },
        tuner: this.tuner,
        execution: 'arn:execution-1',
        executionName: 'execution-1',
        at: at(0),
        ...request,
      },
      this,
    );
    this.run = answer.run;
    this.round = answer.round + 1;
    return answer;
  }

  /** The execution is aborted, and another one opens the study. */
  resume(seconds: number, execution = 'arn:execution-2', input: StudyInput = {}): Promise<OpenAnswer> {
    this.executions.running.clear();
    return this.open({ execution, at: at(seconds), input: { study: this.name, ...input } });
  }

  plan(seconds = 0): Promise<PlanAnswer> {
    return planRound({ study: this.name, run: this.run, round: this.round, at: at(seconds) }, this.store);
  }

  next(slot = 0, turn = 0, seconds = 0): Promise<NextAnswer> {
    return nextTrial(this.turnOf(slot, turn, seconds), this.store, this.services);
  }

  /** The slot's next trial, where there must be one. */
  async train(slot = 0, turn = 0, seconds = 0): Promise<TrainAnswer> {
    return trainOf(await this.next(slot, turn, seconds));
  }

  report(
    { trial, attempt, token }: Pick<TrainAnswer, 'trial' | 'attempt' | 'token'>,
    resource: number,
    accuracy: MetricValue,
    seconds = 0,
    others: Record<string, MetricValue> = {},
  ): Promise<ReportAnswer> {
    const metrics = { accuracy, ...others };
    return report({ study: this.name, trial, attempt, token, resource, metrics }, this.store, at(seconds), this.jobs);
  }

  /** Records how the slot's attempt ended and asks for its next turn. */
  record(answer: TrainAnswer, outcome: AttemptOutcome, seconds = 0, slot = 0): Promise<NextAnswer> {
    const { trial, attempt, turn } = answer;
    return recordTrial({ ...this.turnOf(slot, turn + 1, seconds), trial, attempt, outcome }, this.store, this.services);
  }

  /** A trial from its start to this value; the answer is the slot's next turn. */
  async complete(
    answer: TrainAnswer,
    accuracy: number,
    seconds = 0,
    slot = 0,
    others: Record<string, MetricValue> = {},
  ): Promise<NextAnswer> {
    await this.report(answer, 1, accuracy, seconds, others);
    return this.record(answer, completed(), seconds, slot);
  }

  async review(seconds = 0): Promise<ReviewAnswer> {
    return reviewRound({ study: this.name, run: this.run, round: this.round, at: at(seconds) }, this);
  }

  finish(seconds = 0): Promise<StudyResult> {
    return finishStudy({ study: this.name, run: this.run, at: at(seconds) }, this.store, 'the-table');
  }

  async studyRecord(): Promise<StudyRecord> {
    return (await this.store.getStudy(this.name))!;
  }

  async trial(trial: number): Promise<TrialRecord> {
    return (await this.store.getTrial(this.name, trial))!;
  }

  async trials(): Promise<TrialRecord[]> {
    return this.store.loadTrials(await this.studyRecord());
  }

  private turnOf(slot: number, turn: number, seconds: number) {
    return { study: this.name, run: this.run, round: this.round, slot, turn, at: at(seconds) };
  }
}

export function trainOf(answer: NextAnswer): TrainAnswer {
  if (answer.action !== 'train') throw new Error(`expected a trial, got ${answer.action}: ${answer.reason}`);
  return answer;
}

export function waitOf(answer: NextAnswer): WaitAnswer {
  if (answer.action !== 'wait') throw new Error(`expected to wait, got ${JSON.stringify(answer)}`);
  return answer;
}

/** Seconds after the study's begin. */
export function secondsOf(time: string): number {
  return (Date.parse(time) - Date.parse(at(0))) / 1000;
}

/** No room by quota: no job was created. */
export const NO_ROOM: AttemptOutcome = {
  error: 'SageMaker.ResourceLimitExceededException',
  cause: "The account-level service limit 'ml.m5.xlarge for training job usage' is 1 Instances",
};

export function completed(seconds = 60): AttemptOutcome {
  return { status: 'Completed', secondaryStatus: 'Completed', jobName: 'job', billableSeconds: seconds };
}
