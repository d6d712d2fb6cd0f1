import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { StudyStore } from '../../lambda/core/store/study-store';
import { DynamoItemTable } from '../../lambda/core/store/item-table';
import { AttemptRecord, TrialRecord } from '../../lambda/core/store/records';
import {
  Objective,
  Parameter,
  Scaling,
  Scheduler,
  SearchAlgorithm,
  TrainingImage,
  TrialRunner,
  Tuner,
} from '../../lib';
import { MAX_SLOTS_PER_WORKER } from '../../lib/contract/limits';
import { LocalRuntime } from '../../local/runtime';

export interface ClusterBenchOptions {
  readonly trials: number;
  /** How long each trial sleeps. */
  readonly seconds: number;
  readonly hosts: number;
  /** Trials at the same time on each host. */
  readonly slots: number;
  /** Null: the search that the library chooses. */
  readonly search: 'random' | null;
  /** An empty or new folder for all that is written. */
  readonly folder: string;
}

/** An attempt in its slot; in seconds since the epoch. */
export interface SlotTime {
  readonly slot: number;
  readonly trial: number;
  readonly start: number;
  readonly end: number;
}

export interface ClusterBenchResult {
  readonly status: string;
  readonly cause?: string;
  readonly trials: TrialRecord[];
  readonly times: SlotTime[];
  /** Share of the slots' time, from the first start to the last end, in which a trial's process ran. */
  readonly busy: number;
  /** Between the end of a trial's process and the start of the next one's in the same slot, in seconds. */
  readonly gaps: number[];
  /** What a trial's process takes beside its sleep: the interpreter, the client, the report. */
  readonly overheads: number[];
  /** Calls of functions for each trial, by function or call. */
  readonly calls: Record<string, number>;
  readonly lines: string[];
}

const CLIENT = path.join(__dirname, '..', '..', 'client', 'dist', 'python', 'cdk_hpo.py');

/** Prints when it starts: with the length that its worker has measured, that places it in time. */
const PROGRAM = (seconds: number) => `
import time
print('began %.4f' % time.time(), flush=True)
import cdk_hpo
time.sleep(${seconds})
cdk_hpo.report(1, quality=cdk_hpo.hyperparameters()['x'])
`;

/** Runs a study of short trials in a training cluster of the local runtime, and takes the times. */
export async function measureCluster(options: ClusterBenchOptions): Promise<ClusterBenchResult> {
  const lines: string[] = [];
  const counts: Record<string, number> = {};
  const runtime = await LocalRuntime.start({
    assembly: synthesize(options),
    folder: path.join(options.folder, 'state'),
    inMemory: true,
    sageMaker: { onLine: (_, line) => lines.push(line) },
  });
  countCalls(runtime, counts);
  try {
    const { executionArn } = (await runtime.stepFunctions.handle('StartExecution', {
      stateMachineArn: runtime.app.stateMachines[0].arn,
      input: JSON.stringify({ study: 'bench', seed: 1 }),
    })) as { executionArn: string };
    const { status, cause } = await runtime.stepFunctions.waitForExecution(executionArn);
    const trials = await loadTrials(runtime);
    const times = timesOf(trials, lines);
    const calls = Object.entries(counts).map(([name, count]) => [name, count / Math.max(trials.length, 1)]);
    return { status, cause, trials, times, lines, calls: Object.fromEntries(calls), ...figuresOf(times, options) };
  } finally {
    await runtime.close();
  }
}

function synthesize({ trials, seconds, hosts, slots, search, folder }: ClusterBenchOptions): string {
  const code = path.join(folder, 'code');
  mkdirSync(code, { recursive: true });
  const program = path.join(code, 'train.py');
  writeFileSync(program, PROGRAM(seconds));
  copyFileSync(CLIENT, path.join(code, 'cdk_hpo.py'));
  const app = new App({ outdir: path.join(folder, 'cdk.out') });
  const stack = new Stack(app, 'Bench');
  new Tuner(stack, 'Tuner', {
    searchSpace: {
      x: Parameter.continuous({ min: 0, max: 1 }),
      y: Parameter.continuous({ min: 1e-4, max: 1, scaling: Scaling.LOGARITHMIC }),
    },
    objective: Objective.maximize('quality'),
    ...(search === 'random' && { searchAlgorithm: SearchAlgorithm.random() }),
    scheduler: Scheduler.none(),
    trialRunner: TrialRunner.trainingCluster({
      image: TrainingImage.fromUri('123456789012.dkr.ecr.us-east-1.amazonaws.com/any:1'),
      // one interpreter a trial: script mode would start another one before it.
      command: ['python3', program],
      instanceCount: hosts,
      trialsPerInstance: slots,
    }),
    maxTrials: trials,
  });
  return app.synth().directory;
}

/** By the worker's call, or by the function's name where it has no such calls. */
function countCalls({ lambda }: LocalRuntime, counts: Record<string, number>): void {
  const invoke = lambda.invoke.bind(lambda);
  lambda.invoke = (name, payload) => {
    const call = (payload as { call?: string } | null)?.call ?? lambda.describe(name).logicalId;
    counts[call] = (counts[call] ?? 0) + 1;
    return invoke(name, payload);
  };
}

async function loadTrials(runtime: LocalRuntime): Promise<TrialRecord[]> {
  const store = new StudyStore(
    new DynamoItemTable(runtime.app.tables[0].name, {
      endpoint: runtime.dynamoDb.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
  );
  const study = await store.getStudy('bench');
  return study === undefined ? [] : store.loadTrials(study);
}

function timesOf(trials: readonly TrialRecord[], lines: readonly string[]): SlotTime[] {
  const began = new Map<number, number>();
  for (const line of lines) {
    const [, trial, time] = /^\[trial (\d+)\] began ([\d.]+)$/.exec(line) ?? [];
    if (trial !== undefined) began.set(Number(trial), Number(time));
  }
  return trials.flatMap(({ trial, attempts }) => {
    const { claim, outcome } = attempts.at(-1)!;
    const start = began.get(trial);
    if (start === undefined || outcome?.trainingSeconds === undefined) return [];
    return [{ slot: slotOf({ claim }), trial, start, end: start + outcome.trainingSeconds }];
  });
}

/** The worker's number and that of its slot, in one. */
function slotOf({ claim }: Pick<AttemptRecord, 'claim'>): number {
  return Number(claim.split('/')[2]);
}

function figuresOf(times: readonly SlotTime[], { seconds, hosts, slots }: ClusterBenchOptions) {
  const bySlot = new Map<number, SlotTime[]>();
  for (const time of times) bySlot.set(time.slot, [...(bySlot.get(time.slot) ?? []), time]);
  const gaps = [...bySlot.values()].flatMap((inSlot) => {
    const sorted = inSlot.sort((a, b) => a.start - b.start);
    // the interpreter's own start is in both times, and cancels out.
    return sorted.slice(1).map(({ start }, i) => start - sorted[i].end);
  });
  const wall = Math.max(...times.map(({ end }) => end)) - Math.min(...times.map(({ start }) => start));
  const training = times.reduce((sum, { start, end }) => sum + end - start, 0);
  return {
    busy: training / (hosts * slots * wall),
    gaps,
    overheads: times.map(({ start, end }) => end - start - seconds),
  };
}

/** Which host a slot belongs to, for those who look at the order of things. */
export function workerOf({ slot }: SlotTime): number {
  return Math.floor(slot / MAX_SLOTS_PER_WORKER);
}
