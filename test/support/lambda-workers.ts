import { AttemptOutcome, TrainAnswer } from '../../lib/contract/calls';
import { StudyInput } from '../../lib/contract/study-input';
import { ClusterDefinition, TunerDefinition } from '../../lib/contract/tuner-definition';
import { HeartbeatAnswer, WorkerAnswer, WorkerNextAnswer } from '../../lib/contract/worker-calls';
import { ItemTable } from '../../lambda/core/store/item-table';
import { WorkerRecord } from '../../lambda/core/store/worker-store';
import { reviewRound } from '../../lambda/core/study/review';
import { stopStudy } from '../../lambda/core/study/stop';
import { answerWorker } from '../../lambda/core/study/workers/worker-calls';
import { computeWith } from './lambda-money';
import { TestStudy, at } from './lambda-study';

/** Two instances with two slots each, that cost a tenth of a cent a second each. */
export const CLUSTER: ClusterDefinition = {
  instanceCount: 2,
  trialsPerInstance: 2,
  maxRuntimeSeconds: 3600,
  heartbeatSeconds: 20,
  program: {
    command: ['python', '/opt/ml/code/train.py'],
    channels: { train: 's3://bucket/train' },
    environment: { LEVEL: 'info' },
    hyperparameters: { epochs: '3' },
  },
  outputRoot: 's3://bucket/output',
};

/** Heartbeats: after 80 seconds a worker ends its trials by itself, after more than 120 they are given to others. */
export const LOST_SECONDS = 121;

export const clusterCompute = (cluster: Partial<ClusterDefinition> = {}): TunerDefinition['compute'] =>
  computeWith({ cluster: { ...CLUSTER, ...cluster } });

export const ENDED: AttemptOutcome = { status: 'Completed', secondaryStatus: 'Completed' };

/** A study whose trials run in workers. */
export class WorkerStudy extends TestStudy {
  /** The next turn of each slot that asks, by worker and slot. */
  private readonly turns = new Map<string, number>();

  static override async opened(table: ItemTable, tuner: Partial<TunerDefinition> = {}, input: StudyInput = {}) {
    const study = new WorkerStudy(table, { compute: clusterCompute(), ...tuner });
    await study.open({ input: { study: study.name, ...input } });
    return study;
  }

  call(request: unknown, seconds = 0): Promise<WorkerAnswer> {
    return answerWorker(request, at(seconds), this.store, this.services);
  }

  /** @returns the worker's number */
  async join(host = 'laptop', seconds = 0, nonce = `${host} 1`): Promise<number> {
    const answer = await this.call({ call: 'join', study: this.name, host, nonce, slots: 2 }, seconds);
    if (!('worker' in answer)) throw new Error(`expected a number, got ${JSON.stringify(answer)}`);
    return answer.worker;
  }

  /** The next answer of a worker's slot. */
  async ask(worker: number, seconds = 0, slot = 0, turn = this.turnOfSlot(worker, slot)): Promise<WorkerNextAnswer> {
    return (await this.call({ call: 'next', study: this.name, worker, slot, turn }, seconds)) as WorkerNextAnswer;
  }

  async work(worker: number, seconds = 0, slot = 0): Promise<TrainAnswer> {
    return givenOf(await this.ask(worker, seconds, slot));
  }

  /** How a worker's attempt ended, and what its slot does next. */
  async ends(
    worker: number,
    { trial, attempt, turn }: Pick<TrainAnswer, 'trial' | 'attempt' | 'turn'>,
    details: { outcome?: AttemptOutcome; seconds?: number; slot?: number; leaving?: boolean } = {},
  ): Promise<WorkerNextAnswer> {
    const { outcome = ENDED, seconds = 0, slot = 0, leaving } = details;
    return (await this.call(
      {
        call: 'record',
        ...{ study: this.name, worker, slot, turn: turn + 1, trial, attempt, outcome },
        ...(leaving !== undefined && { leaving }),
      },
      seconds,
    )) as WorkerNextAnswer;
  }

  async beat(
    worker: number,
    seconds: number,
    ...running: Pick<TrainAnswer, 'trial' | 'attempt'>[]
  ): Promise<HeartbeatAnswer> {
    const attempts = running.map(({ trial, attempt }) => ({ trial, attempt }));
    return (await this.call(
      { call: 'heartbeat', study: this.name, worker, running: attempts },
      seconds,
    )) as HeartbeatAnswer;
  }

  async worker(worker: number): Promise<WorkerRecord> {
    return (await this.store.workers.get(this.name, worker))!;
  }

  /** Name of a machine of the cluster of this round. */
  host(number: number): string {
    return `${this.clusterName()}-0-0/algo-${number}`;
  }

  clusterName(round = this.round): string {
    return `${this.nameStart}-r${round}`;
  }

  reviewWith(outcome: AttemptOutcome, seconds = 0, redrives = 0) {
    const { name: study, run, round } = this;
    return reviewRound({ study, run, round, redrives, outcome, at: at(seconds) }, this);
  }

  stop(seconds = 0, execution = 'arn:execution-1'): Promise<void> {
    return stopStudy({ study: this.name, execution, at: at(seconds) }, this);
  }

  /** Of its trials. */
  async states(): Promise<string[]> {
    return (await this.trials()).map(({ state }) => state);
  }

  private nameStart = '';

  override async open(...request: Parameters<TestStudy['open']>) {
    const answer = await super.open(...request);
    const { id } = await this.studyRecord();
    this.nameStart = `tuner-digits-${id.replaceAll('-', '').slice(0, 6)}`;
    return answer;
  }

  private turnOfSlot(worker: number, slot: number): number {
    const key = `${worker}/${slot}`;
    const turn = this.turns.get(key) ?? 0;
    // turns of `next` are told apart from those of `record`, which count on from the answer.
    this.turns.set(key, turn + 100);
    return turn;
  }
}

export function givenOf(answer: WorkerNextAnswer): TrainAnswer {
  if (answer.action !== 'train') throw new Error(`expected a trial, got ${JSON.stringify(answer)}`);
  return answer;
}
