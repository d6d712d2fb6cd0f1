import { FakeTuningJobs } from './lambda-tuning';
import { AttemptOutcome, ReportRequest, TrainAnswer } from '../../lib/contract/calls';
import { TunerDefinition } from '../../lib/contract/tuner-definition';
import { ItemTable } from '../../lambda/core/store/item-table';
import { RungRecord, StudyRecord, TrialRecord, hasEnded } from '../../lambda/core/store/records';
import { StudyStore } from '../../lambda/core/store/study-store';
import { finishStudy } from '../../lambda/core/study/finish';
import { nextTrial } from '../../lambda/core/study/next';
import { openStudy } from '../../lambda/core/study/open';
import { planRound } from '../../lambda/core/study/plan';
import { recordTrial } from '../../lambda/core/study/record';
import { report } from '../../lambda/core/study/report';
import { reviewRound } from '../../lambda/core/study/review';
import { Crash, Fault, FaultyItemTable } from './lambda-faulty-table';
import { committedUsd } from './lambda-money';
import { FakeCheckpoints, FakeExecutions, FakeJobs, FakeQuotas, NO_SEARCH_FUNCTIONS, TUNER, at } from './lambda-study';

const STUDY = 'crashes';
export const MAX_TRIALS = 6;

/** How the process of a call fares: dies at these writes, one after another, and may be asked again after its answer. */
export interface Fate {
  readonly faults: Fault[];
  readonly twice: boolean;
}

export const NO_FATE: Fate = { faults: [], twice: false };

/** A slot of the running round, as the state machine keeps it. */
interface Slot {
  readonly slot: number;
  turn: number;
  current?: TrainAnswer;
  resource: number;
  /** What its attempt has reported. */
  reported: ReportRequest[];
  over: boolean;
}

/** A task that failed without saying whether there is a job. */
export const LOST_TASK: AttemptOutcome = { error: 'SageMaker.AmazonSageMakerException', cause: 'InternalFailure' };

/** Training jobs that are asked to stop, and go on for a while. */
class StoppingJobs extends FakeJobs {
  /** When each was first asked. */
  readonly asked = new Map<string, string>();

  constructor(private readonly now: () => string) {
    super();
  }

  override stop(jobName: string): Promise<void> {
    if (!this.asked.has(jobName)) this.asked.set(jobName, this.now());
    return super.stop(jobName);
  }
}

/** A state machine and its training jobs around a table, whose Lambda steps may crash at any write. */
export class World {
  readonly executions = new FakeExecutions();
  readonly jobs = new StoppingJobs(() => this.at);
  /** Which slot got an attempt, as `trial/attempt`. */
  readonly givenTo = new Map<string, string>();
  /** Billable seconds of the jobs of all attempts that have ended, or were left behind. */
  readonly billed = new Map<string, number>();
  readonly checkpoints = new FakeCheckpoints();
  private readonly services = {
    functions: NO_SEARCH_FUNCTIONS,
    checkpoints: this.checkpoints,
    jobs: this.jobs,
  };
  private slots: Slot[] = [];
  private execution = 0;
  private run = 0;
  private round = 0;
  private at = at(0);
  /** The latest time that a slot waits for. */
  private awaited = at(0);
  private calls = 0;

  /** A process that has survived all its calls so far. */
  private readonly warm: StudyStore;

  constructor(
    private readonly table: ItemTable,
    private readonly tuner: Partial<TunerDefinition> = {},
  ) {
    this.warm = new StudyStore(table);
  }

  /** A new execution opens the study; the one before was aborted with all its slots. */
  async open(fate: Fate): Promise<void> {
    this.execution++;
    this.slots = [];
    const request = {
      input: { study: STUDY },
      tuner: { ...TUNER, maxTrials: MAX_TRIALS, maxParallelTrials: 3, ...this.tuner },
      execution: `arn:${this.execution}`,
      executionName: 'x',
      at: this.at,
    };
    const { jobs, executions } = this;
    const answer = await this.call(fate, (store) =>
      openStudy(request, { store, jobs, tuningJobs: new FakeTuningJobs(), executions, quotas: new FakeQuotas() }),
    );
    this.run = answer.run;
    this.round = answer.round;
    await this.openRound(NO_FATE);
  }

  async openRound(fate: Fate): Promise<void> {
    const request = { study: STUDY, run: this.run, round: this.round + 1, at: this.at };
    const answer = await this.call(fate, (store) => planRound(request, store));
    this.round = answer.round;
    this.slots = answer.slots.map((slot) => ({ slot, turn: 0, resource: 0, reported: [], over: false }));
  }

  /**
   * The slot asks for its first trial, or records the end of its current one and gets the next.
   *
   * @param left the job that a lost task leaves behind
   */
  async step(index: number, ending: AttemptOutcome, fate: Fate, left?: AttemptOutcome): Promise<void> {
    const slot = this.slots[index % Math.max(this.slots.length, 1)];
    if (slot === undefined || slot.over) return;
    this.pass();
    const turn = { study: STUDY, run: this.run, round: this.round, slot: slot.slot, turn: slot.turn, at: this.at };
    const { current } = slot;
    const outcome = current === undefined || ending === LOST_TASK ? ending : within(current, ending);
    if (current !== undefined) this.end(current, ending === LOST_TASK ? left : outcome);
    const answer = await this.call(fate, (store) =>
      current === undefined
        ? nextTrial(turn, store, this.services)
        : recordTrial({ ...turn, trial: current.trial, attempt: current.attempt, outcome }, store, this.services),
    );
    slot.current = undefined;
    slot.resource = 0;
    slot.turn++;
    if (answer.action === 'none') {
      slot.over = true;
      return;
    }
    if (answer.action === 'wait') {
      this.awaited = answer.until > this.awaited ? answer.until : this.awaited;
      return;
    }
    this.expectAlone(answer);
    this.jobs.add(answer.jobName, { status: 'InProgress', billableSeconds: 0 });
    slot.current = answer;
    slot.reported = [];
    slot.resource = this.checkpoints.kept.get(answer.checkpointUri) ?? 0;
    const attempt = `${answer.trial}/${answer.attempt}`;
    const holder = `${this.run}/${this.round}/${slot.slot}/${slot.turn}`;
    if (this.givenTo.has(attempt)) {
      throw new Error(`attempt ${attempt} was given to ${this.givenTo.get(attempt)} and to ${holder}`);
    }
    this.givenTo.set(attempt, holder);
  }

  /** The slot's training code saves a checkpoint and reports. */
  async report(index: number, accuracy: number, fate: Fate): Promise<void> {
    const slot = this.slots[index % Math.max(this.slots.length, 1)];
    if (slot?.current === undefined) return;
    const { trial, attempt, token, checkpointUri } = slot.current;
    const request = { study: STUDY, trial, attempt, token, resource: ++slot.resource, metrics: { accuracy } };
    this.checkpoints.kept.set(checkpointUri, slot.resource);
    slot.reported.push(request);
    await this.call(fate, (store) => report(request, store, this.at, this.jobs));
  }

  /** One of the attempt's reports is delivered once more. */
  async reportAgain(index: number, which: number, fate: Fate): Promise<void> {
    const slot = this.slots[index % Math.max(this.slots.length, 1)];
    const request = slot?.reported[which % Math.max(slot.reported.length, 1)];
    if (slot?.current === undefined || request === undefined) return;
    const before = await this.trials();
    await this.call(fate, (store) => report(request, store, this.at, this.jobs));
    expect(await this.trials()).toEqual(before);
  }

  loseCheckpoint(trial: number): void {
    const uri = [...this.checkpoints.kept.keys()][trial % Math.max(this.checkpoints.kept.size, 1)];
    if (uri !== undefined) this.checkpoints.kept.delete(uri);
  }

  /** Results at rungs that are kept for comparisons. */
  async rungEntries(): Promise<RungRecord[]> {
    return (await this.table.query(STUDY, 'RUNG#', 'RUNG#~')) as unknown as RungRecord[];
  }

  /** The slot's execution dies; what its training job does is found out later. */
  loseSlot(index: number, job: AttemptOutcome | undefined): void {
    const slot = this.slots[index % Math.max(this.slots.length, 1)];
    if (slot === undefined) return;
    slot.over = true;
    this.leave(slot, job);
  }

  loseAll(job: AttemptOutcome | undefined): void {
    this.slots.forEach((slot) => this.leave(slot, job));
    this.slots = [];
  }

  /** The barrier of a round, once its slots are over. */
  async review(fate: Fate): Promise<boolean> {
    const request = { study: STUDY, run: this.run, round: this.round, at: this.at };
    const answer = await this.call(fate, (store) =>
      reviewRound(request, { store, jobs: this.jobs, tuningJobs: new FakeTuningJobs() }),
    );
    return answer.complete;
  }

  finish(fate: Fate) {
    return this.call(fate, (store) => finishStudy({ study: STUDY, run: this.run, at: this.at }, store, 'table'));
  }

  get isCapped(): boolean {
    return this.tuner.maxSpendUsd !== undefined;
  }

  get roundIsOver(): boolean {
    return this.slots.every(({ over }) => over);
  }

  get slotCount(): number {
    return this.slots.length;
  }

  /** Trials that live slots hold, one entry for each slot. */
  get held(): number[] {
    return this.slots.flatMap(({ current }) => (current === undefined ? [] : [current.trial]));
  }

  async trials(): Promise<TrialRecord[]> {
    return (await this.table.query(STUDY, 'TRIAL#', 'TRIAL#~')) as unknown as TrialRecord[];
  }

  /** What is spent and what running attempts may still cost is within the spending cap. */
  async expectWithinCap(): Promise<void> {
    const { maxSpendUsd } = this.tuner;
    if (maxSpendUsd === undefined) return;
    const study = (await this.table.get(STUDY, 'STUDY')) as unknown as StudyRecord;
    expect(committedUsd(study, await this.trials())).toBeLessThanOrEqual(maxSpendUsd + 1e-9);
  }

  async ended(): Promise<Map<number, TrialRecord>> {
    return new Map((await this.trials()).filter(hasEnded).map((trial) => [trial.trial, trial]));
  }

  private leave(slot: Slot, job: AttemptOutcome | undefined): void {
    const { current } = slot;
    slot.current = undefined;
    if (current !== undefined) this.end(current, job);
  }

  /** The attempt's job has ended like this, or nobody looks after it any more; undefined if there was never one. */
  private end({ trial, attempt, jobName, maxRuntimeSeconds }: TrainAnswer, job: AttemptOutcome | undefined): void {
    const outcome = job && within({ maxRuntimeSeconds }, job);
    if (outcome === undefined || outcome.error !== undefined) this.jobs.jobs.delete(jobName);
    else this.jobs.add(jobName, outcome);
    this.billed.set(`${trial}/${attempt}`, outcome?.billableSeconds ?? 0);
  }

  /** No other job of the trial runs on, but one that has been asked to stop three minutes before. */
  private expectAlone({ trial, attempt, startAt }: TrainAnswer): void {
    for (const [start, { jobName, running }] of this.jobs.jobs) {
      const [ofTrial, ofAttempt] = start.split('-').slice(-2).map(Number);
      if (!running || ofTrial !== trial || ofAttempt === attempt) continue;
      const asked = this.jobs.asked.get(jobName);
      if (asked === undefined) throw new Error(`attempt ${trial}/${attempt} begins while ${jobName} runs`);
      expect(Date.parse(startAt) - Date.parse(asked)).toBeGreaterThanOrEqual(180_000);
    }
  }

  /** Time passes only where someone waits for it, and not while calls are on their way. */
  private pass(): void {
    if (this.calls === 0 && this.awaited > this.at) this.at = this.awaited;
  }

  private async call<T>(fate: Fate, step: (store: StudyStore) => Promise<T>): Promise<T> {
    this.calls++;
    try {
      return await this.callWithRetries(fate, step);
    } finally {
      this.calls--;
    }
  }

  /** A Lambda step with its retries: a new process after each crash. The answers of all must be the same. */
  private async callWithRetries<T>(fate: Fate, step: (store: StudyStore) => Promise<T>): Promise<T> {
    const attempt = async (fault?: Fault) => {
      if (fault === undefined) return step(this.warm);
      const table = new FaultyItemTable(this.table);
      table.arm(fault);
      return step(new StudyStore(table));
    };
    for (const fault of fate.faults) {
      try {
        return await this.answer(fate, attempt, await attempt(fault));
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
    return this.answer(fate, attempt, await attempt());
  }

  private async answer<T>(fate: Fate, attempt: () => Promise<T>, answer: T): Promise<T> {
    if (fate.twice) expect(await attempt()).toEqual(answer);
    return answer;
  }
}

/** SageMaker ends a job at its limit. */
function within({ maxRuntimeSeconds }: Pick<TrainAnswer, 'maxRuntimeSeconds'>, job: AttemptOutcome): AttemptOutcome {
  const { billableSeconds } = job;
  return billableSeconds === undefined
    ? job
    : { ...job, billableSeconds: Math.min(billableSeconds, maxRuntimeSeconds) };
}
