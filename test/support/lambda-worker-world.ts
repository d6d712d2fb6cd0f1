import { AttemptOutcome, TrainAnswer } from '../../lib/contract/calls';
import { TunerDefinition } from '../../lib/contract/tuner-definition';
import { HeartbeatAnswer, JoinAnswer, WorkerAnswer, WorkerNextAnswer } from '../../lib/contract/worker-calls';
import { TrialRecord, currentAttempt, hasEnded } from '../../lambda/core/store/records';
import { StudyStore } from '../../lambda/core/store/study-store';
import { answerWorker } from '../../lambda/core/study/workers/worker-calls';
import { Crash, Fault, FaultyItemTable } from './lambda-faulty-table';
import { MemoryItemTable } from './lambda-memory-table';
import { at } from './lambda-study';
import { CLUSTER, WorkerStudy, clusterCompute } from './lambda-workers';

const FENCE_SECONDS = 4 * CLUSTER.heartbeatSeconds;

/** How a call fares: its process dies at a write and the worker asks again, or the worker asks twice. */
export interface Fate {
  readonly fault?: Fault;
  readonly twice: boolean;
}

export const NO_FATE: Fate = { twice: false };

interface Slot {
  turn: number;
  current?: TrainAnswer;
  resource: number;
}

/** A worker's process, as it sees itself. */
interface Process {
  readonly host: string;
  readonly nonce: string;
  readonly inCluster: boolean;
  worker: number;
  heardAt: number;
  readonly slots: Slot[];
}

/** Machines with worker processes, a training cluster and executions around a study. */
export class WorkerWorld {
  private readonly processes = new Map<number, Process>();
  private seconds = 0;
  private execution = 1;
  private processCount = 0;
  /** Who got an attempt. */
  private readonly givenTo = new Map<string, string>();
  /** Attempts that have ended, as they were recorded. */
  private readonly recorded = new Map<string, string>();
  isComplete = false;

  private constructor(private readonly study: WorkerStudy) {}

  static async opened(tuner: Partial<TunerDefinition>): Promise<WorkerWorld> {
    const study = new WorkerStudy(new MemoryItemTable(), { compute: clusterCompute(), ...tuner });
    const world = new WorkerWorld(study);
    await study.open();
    await world.plan();
    return world;
  }

  pass(seconds: number): void {
    this.seconds += seconds;
    // who hasn't got through for so long ends its trials by itself.
    for (const [machine, process] of this.processes) {
      if (this.seconds - process.heardAt >= FENCE_SECONDS) this.processes.delete(machine);
    }
  }

  /** A process starts on a machine, in place of the one there. Machine 2 isn't the cluster's. */
  async join(machine: number, fate: Fate): Promise<void> {
    if (this.isComplete) return;
    const inCluster = machine !== 2;
    const host = inCluster ? this.study.host(machine + 1) : 'laptop';
    this.processes.delete(machine);
    const nonce = `process ${++this.processCount}`;
    const request = { call: 'join', study: this.study.name, host, nonce, slots: 2 };
    const answer = (await this.call(request, fate)) as JoinAnswer | undefined;
    if (answer?.worker === undefined) return;
    const slots = [0, 1].map(() => ({ turn: 0, resource: 0 }));
    this.processes.set(machine, { host, nonce, inCluster, worker: answer.worker, heardAt: this.seconds, slots });
  }

  /** The machine is lost, and says nothing. */
  kill(machine: number): void {
    this.processes.delete(machine);
  }

  /** A free slot asks for a trial. */
  async next(machine: number, slot: number, fate: Fate): Promise<void> {
    const process = this.processes.get(machine);
    if (process === undefined || process.slots[slot].current !== undefined) return;
    const { turn } = process.slots[slot];
    await this.answered(machine, slot, { call: 'next', ...this.slotOf(process, slot), turn }, fate);
  }

  async report(machine: number, slot: number, accuracy: number): Promise<void> {
    const running = this.processes.get(machine)?.slots[slot];
    if (running?.current === undefined) return;
    try {
      await this.study.report(running.current, ++running.resource, accuracy, this.seconds);
    } catch (error) {
      if ((error as Error).name !== 'AttemptEnded') throw error;
    }
  }

  /** What runs in a slot ends; or it is handed back, and the process ends. */
  async record(machine: number, slot: number, outcome: AttemptOutcome, fate: Fate): Promise<void> {
    const process = this.processes.get(machine);
    const running = process?.slots[slot];
    if (process === undefined || running?.current === undefined) return;
    const { trial, attempt } = running.current;
    running.current = undefined;
    const leaving = outcome.secondaryStatus === 'HandedBack';
    const turn = ++running.turn;
    const request = { call: 'record', ...this.slotOf(process, slot), turn, trial, attempt, outcome, leaving };
    await this.answered(machine, slot, request, fate);
    if (leaving) this.processes.delete(machine);
  }

  /** A worker that still counts says how another's attempt has ended. */
  async recordOfOther(machine: number, other: number, slot: number): Promise<void> {
    const process = this.processes.get(machine);
    const running = this.processes.get(other)?.slots[slot].current;
    if (machine === other || process === undefined || running === undefined) return;
    const { trial, attempt } = running;
    const before = JSON.stringify((await this.trials())[trial - 1]);
    const request = { call: 'record', ...this.slotOf(process, 0), turn: 1_000_000, trial, attempt };
    const outcome = { status: 'Failed', failureReason: 'not its own' };
    await this.call({ ...request, outcome, leaving: true }, NO_FATE);
    expect(JSON.stringify((await this.trials())[trial - 1])).toBe(before);
  }

  /** What comes next is worked out, whether or not an answer has asked for it. */
  async prepare(machine: number, fate: Fate): Promise<void> {
    const process = this.processes.get(machine);
    if (process === undefined) return;
    await this.call({ call: 'prepare', study: this.study.name, worker: process.worker }, { ...fate, twice: false });
    if (fate.twice) await this.call({ call: 'prepare', study: this.study.name, worker: process.worker }, NO_FATE);
  }

  async heartbeat(machine: number, fate: Fate): Promise<void> {
    const process = this.processes.get(machine);
    if (process === undefined) return;
    const running = process.slots.flatMap(({ current }) =>
      current === undefined ? [] : [{ trial: current.trial, attempt: current.attempt }],
    );
    const { name: study } = this.study;
    const request = { call: 'heartbeat', study, worker: process.worker, running };
    const answer = (await this.call(request, fate)) as HeartbeatAnswer | undefined;
    if (answer === undefined) return void this.processes.delete(machine);
    process.heardAt = this.seconds;
    for (const { trial, superseded } of answer.stop) {
      const slot = process.slots.findIndex(({ current }) => current?.trial === trial);
      if (!superseded) await this.record(machine, slot, { status: 'Stopped' }, fate);
      else Object.assign(process.slots[slot], { current: undefined, turn: process.slots[slot].turn + 1 });
    }
    if (answer.ended && process.slots.every(({ current }) => current === undefined)) this.processes.delete(machine);
  }

  /** The round's cluster ends, and the next round begins. Without a certain end its machines are still there for a while. */
  async endCluster(isCertain: boolean): Promise<void> {
    if (this.isComplete) return;
    const outcome = isCertain ? { status: 'Completed', billableSeconds: 60 } : { error: 'States.Timeout', cause: '' };
    if (isCertain) this.killCluster();
    else this.study.jobs.add(this.study.clusterName(), { status: 'InProgress', billableSeconds: 60 });
    const { complete } = await this.study.reviewWith(outcome, this.seconds);
    this.isComplete = complete;
    if (!complete) await this.nextRound();
  }

  /** The execution is stopped, or lost without a word, and another one resumes the study. */
  async resume(isStopped: boolean): Promise<void> {
    if (isStopped) await this.study.stop(this.seconds, `arn:execution-${this.execution}`);
    this.execution++;
    await this.study.resume(this.seconds, `arn:execution-${this.execution}`);
    this.isComplete = false;
    await this.plan();
  }

  trials(): Promise<TrialRecord[]> {
    return this.study.trials();
  }

  /** Nothing is lost, nothing counts twice, and no trial is two workers'. */
  async check(maxTrials: number): Promise<void> {
    const trials = await this.trials();
    expect(trials.map(({ trial }) => trial)).toEqual(trials.map((_, i) => i + 1));
    expect(trials.length).toBeLessThanOrEqual(maxTrials);
    // prepared or not, no two trials are the same.
    expect(new Set(trials.map(({ configuration }) => JSON.stringify(configuration))).size).toBe(trials.length);
    const workers = await this.study.store.workers.load(this.study.name);
    expect(workers.map(({ worker }) => worker)).toEqual(workers.map((_, i) => i + 1));
    for (const { trial, state, attempts } of trials) {
      expect(attempts.map(({ attempt }) => attempt)).toEqual(attempts.map((_, i) => i + 1));
      attempts.forEach((attempt, i) => {
        const isLast = i === attempts.length - 1;
        expect(attempt.endedAt === undefined).toBe(isLast && state === 'RUNNING');
        if (attempt.endedAt === undefined) return;
        // what has been recorded once stays.
        const key = `${trial}/${attempt.attempt}`;
        const end = `${attempt.endedAt} ${attempt.failureClass} ${attempt.outcome?.status}`;
        expect(this.recorded.get(key) ?? end).toBe(end);
        this.recorded.set(key, end);
      });
    }
    // a trial that runs is that of a worker that counts.
    for (const trial of trials.filter(({ state }) => state === 'RUNNING')) {
      expect(workers[currentAttempt(trial).worker! - 1].gone).toBeUndefined();
    }
  }

  /** A laptop does all that is left. */
  async toTheEnd(): Promise<void> {
    const done: AttemptOutcome = { status: 'Completed' };
    for (let turn = 0; !this.isComplete; turn++) {
      expect(turn).toBeLessThan(200);
      this.pass(20);
      if (!this.processes.has(2)) await this.join(2, NO_FATE);
      if (!this.processes.has(2)) break;
      await this.heartbeat(2, NO_FATE);
      for (const slot of [0, 1]) {
        await this.next(2, slot, NO_FATE);
        for (let epoch = 0; epoch < 9; epoch++) await this.report(2, slot, 0.5);
        await this.record(2, slot, done, NO_FATE);
      }
    }
    await this.study.reviewWith({ status: 'Completed', billableSeconds: 60 }, this.seconds);
  }

  private async plan(): Promise<void> {
    await this.study.plan(this.seconds);
  }

  private async nextRound(): Promise<void> {
    this.study.round++;
    await this.plan();
  }

  private killCluster(): void {
    for (const [machine, { inCluster }] of this.processes) if (inCluster) this.processes.delete(machine);
  }

  private slotOf({ worker }: Process, slot: number) {
    return { study: this.study.name, worker, slot };
  }

  private async answered(machine: number, slot: number, request: object, fate: Fate): Promise<void> {
    const process = this.processes.get(machine)!;
    const answer = (await this.call(request, fate)) as WorkerNextAnswer | undefined;
    if (answer === undefined) return void this.processes.delete(machine);
    const own = process.slots[slot];
    if (answer.action === 'wait') own.turn++;
    if (answer.action !== 'train') return;
    await this.expectAlone(process, answer);
    Object.assign(own, { current: answer, resource: 0 });
  }

  private async expectAlone(process: Process, { trial, attempt }: TrainAnswer): Promise<void> {
    const key = `${trial}/${attempt}`;
    const holder = `${process.host} ${process.nonce}`;
    if (this.givenTo.has(key)) throw new Error(`attempt ${key} was given to ${this.givenTo.get(key)} and ${holder}`);
    this.givenTo.set(key, holder);
    for (const other of this.processes.values()) {
      for (const { current } of other.slots) {
        if (current?.trial === trial) throw new Error(`${holder} gets trial ${trial}, which ${other.host} still runs`);
      }
    }
    expect(currentAttempt((await this.trials())[trial - 1])).toMatchObject({ attempt, worker: process.worker });
  }

  /** @returns undefined where the worker no longer counts */
  private async call(request: object, { fault, twice }: Fate): Promise<WorkerAnswer | undefined> {
    const attempt = (store: StudyStore) => answerWorker(request, at(this.seconds), store, this.study.services);
    try {
      if (fault !== undefined) {
        const table = new FaultyItemTable(this.study.table);
        table.arm(fault);
        try {
          await attempt(new StudyStore(table));
        } catch (error) {
          if (!(error instanceof Crash)) throw error;
        }
      }
      const answer = await attempt(this.study.store);
      // whether to prepare more is said once.
      if (twice)
        expect({ ...(await attempt(this.study.store)), prepare: undefined }).toEqual({ ...answer, prepare: undefined });
      return answer;
    } catch (error) {
      if ((error as Error).name === 'WorkerUnknown') return undefined;
      throw error;
    }
  }
}

export function allEnded(trials: readonly TrialRecord[]): boolean {
  return trials.every(hasEnded);
}
