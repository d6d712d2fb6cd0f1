import { AttemptOutcome, ReportRequest, TrainAnswer } from '../../lib/contract/calls';
import { TunerDefinition } from '../../lib/contract/tuner-definition';
import { ItemTable } from '../../lambda/core/store/item-table';
import { RungRecord, TrialRecord, hasEnded } from '../../lambda/core/store/records';
import { StudyStore } from '../../lambda/core/store/study-store';
import { finishStudy } from '../../lambda/core/study/finish';
import { nextTrial } from '../../lambda/core/study/next';
import { openStudy } from '../../lambda/core/study/open';
import { planRound } from '../../lambda/core/study/plan';
import { recordTrial } from '../../lambda/core/study/record';
import { report } from '../../lambda/core/study/report';
import { reviewRound } from '../../lambda/core/study/review';
import { Crash, Fault, FaultyItemTable } from './lambda-faulty-table';
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

/** A state machine and its training jobs around a table, whose Lambda steps may crash at any write. */
export class World {
  readonly executions = new FakeExecutions();
  readonly jobs = new FakeJobs();
  /** Which slot got an attempt, as `trial/attempt`. */
  readonly givenTo = new Map<string, string>();
  /** Billable seconds of the attempts that were recorded or found by a resume. */
  readonly billed = new Map<string, number>();
  readonly checkpoints = new FakeCheckpoints();
  private readonly services = {
    functions: NO_SEARCH_FUNCTIONS,
    checkpoints: this.checkpoints,
    // a task that fails leaves no job behind; those of lost slots are found by `jobs`.
    jobs: new FakeJobs(),
  };
  private slots: Slot[] = [];
  private execution = 0;
  private run = 0;
  private round = 0;
  private at = at(0);

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
      openStudy(request, { store, jobs, executions, quotas: new FakeQuotas() }),
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

  /** The slot asks for its first trial, or records the end of its current one and gets the next. */
  async step(index: number, ending: AttemptOutcome, fate: Fate): Promise<void> {
    const slot = this.slots[index % Math.max(this.slots.length, 1)];
    if (slot === undefined || slot.over) return;
    const turn = { study: STUDY, run: this.run, round: this.round, slot: slot.slot, turn: slot.turn, at: this.at };
    const { current } = slot;
    if (current !== undefined) this.billed.set(`${current.trial}/${current.attempt}`, ending.billableSeconds ?? 0);
    const answer = await this.call(fate, (store) =>
      current === undefined
        ? nextTrial(turn, store, this.services)
        : recordTrial(
            { ...turn, trial: current.trial, attempt: current.attempt, outcome: ending },
            store,
            this.services,
          ),
    );
    slot.current = undefined;
    slot.resource = 0;
    slot.turn++;
    if (answer.action === 'none') {
      slot.over = true;
      return;
    }
    if (answer.action === 'wait') {
      // time passes only where someone waits for it.
      if (Date.parse(answer.until) > Date.parse(this.at)) this.at = answer.until;
      return;
    }
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
    await this.call(fate, (store) => report(request, store, this.at, this.services.jobs));
  }

  /** One of the attempt's reports is delivered once more. */
  async reportAgain(index: number, which: number, fate: Fate): Promise<void> {
    const slot = this.slots[index % Math.max(this.slots.length, 1)];
    const request = slot?.reported[which % Math.max(slot.reported.length, 1)];
    if (slot?.current === undefined || request === undefined) return;
    const before = await this.trials();
    await this.call(fate, (store) => report(request, store, this.at, this.services.jobs));
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
    const answer = await this.call(fate, (store) => reviewRound(request, { store, jobs: this.jobs }));
    return answer.complete;
  }

  finish(fate: Fate) {
    return this.call(fate, (store) => finishStudy({ study: STUDY, run: this.run, at: this.at }, store, 'table'));
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

  async ended(): Promise<Map<number, TrialRecord>> {
    return new Map((await this.trials()).filter(hasEnded).map((trial) => [trial.trial, trial]));
  }

  private leave(slot: Slot, job: AttemptOutcome | undefined): void {
    const { current } = slot;
    slot.current = undefined;
    if (current === undefined || job === undefined) return;
    this.jobs.add(current.jobName, job);
    if (job.status !== 'InProgress') this.billed.set(`${current.trial}/${current.attempt}`, job.billableSeconds ?? 0);
  }

  /** A Lambda step with its retries: a new process after each crash. The answers of all must be the same. */
  private async call<T>(fate: Fate, step: (store: StudyStore) => Promise<T>): Promise<T> {
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
