import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedTuningProps, TrainingClusterProps, TrainingImage, TrainingProgram, TrialRunner } from '../../lib';
import { spareShims } from '../../bin/bench-cluster/interpreter';
import { StudyResult } from '../../lib/contract/calls';
import { StudyInput } from '../../lib/contract/study-input';
import { StudyRecord, TrialRecord } from '../../lambda/core/store/records';
import { WorkerRecord } from '../../lambda/core/store/worker-store';
import { LocalRuntime, LocalRuntimeOptions } from '../../local/runtime';
import {
  SmallStudyOptions,
  startExecution,
  storeOf,
  synthesizeSmallStudy,
  temporaryFolder,
  trialsOf,
} from './small-study';

/** The ways to run trials. */
export type Way = 'training jobs' | 'training cluster' | 'batch' | 'managed tuning';

export const STUDY = 'ways';

const image = TrainingImage.fromUri('123456789012.dkr.ecr.us-east-1.amazonaws.com/any:1');

spareShims();

/** Goes on from its newest checkpoint. Whoever looks for it finds its process by what it prints. */
export const RESUMING_PROGRAM = (epochs: number, milliseconds: number) => `
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { hyperparameters, latestCheckpoint, report, saveCheckpoint } from './cdk-hpo.mjs';
const { learning_rate } = hyperparameters();
const latest = latestCheckpoint();
console.log('process ' + process.pid);
let epoch = latest?.resource ?? 0;
if (epoch > 0) console.log('continuing after epoch ' + epoch);
const quality = () => ({ quality: 1 - Math.abs(Math.log10(learning_rate) + 2) / 4 - 1 / (epoch + 1) });
if (epoch >= ${epochs}) await report(epoch, quality());
while (epoch < ${epochs}) {
  epoch++;
  await new Promise((resolve) => setTimeout(resolve, ${milliseconds}));
  await saveCheckpoint(epoch, (folder) => writeFileSync(folder + '/state.json', String(epoch)));
  await report(epoch, quality());
}
`;

/** As GOOD_PROGRAM of the small study: the training toolkit of an image starts scripts in Python only. */
export const PYTHON_PROGRAM = (milliseconds = 30) => `
import math, time, cdk_hpo
rate = cdk_hpo.hyperparameters()['learning_rate']
for epoch in range(1, 4):
    time.sleep(${milliseconds / 1000})
    cdk_hpo.report(epoch, quality=1 - abs(math.log10(rate) + 2) / 4 - 1 / (epoch + 1))
`;

export interface WayOptions extends SmallStudyOptions {
  readonly cluster?: Partial<TrainingClusterProps>;
  readonly managed?: Partial<ManagedTuningProps>;
  readonly runtime?: Partial<LocalRuntimeOptions>;
}

interface Line {
  readonly job: string;
  readonly line: string;
}

export interface Ended {
  readonly status: string;
  readonly cause?: string;
  readonly result?: StudyResult;
}

/** A study in the local runtime, with what its trials have printed. */
export class WayRun {
  static async start(way: Way, options: WayOptions = {}): Promise<WayRun> {
    const lines: Line[] = [];
    const onLine = (job: string, line: string) => lines.push({ job, line });
    const folder = temporaryFolder();
    const { runtime: runtimeOptions = {} } = options;
    const runtime = await LocalRuntime.start({
      assembly: synthesizeSmallStudy(studyOptions(way, options)),
      folder,
      inMemory: true,
      ...runtimeOptions,
      sageMaker: { onLine, ...runtimeOptions.sageMaker },
      batch: { onLine, ...runtimeOptions.batch },
    });
    return new WayRun(way, runtime, folder, lines);
  }

  private constructor(
    readonly way: Way,
    readonly runtime: LocalRuntime,
    readonly folder: string,
    readonly lines: readonly Line[],
  ) {}

  begin(input: StudyInput = {}): Promise<string> {
    return startExecution(this.runtime, { study: STUDY, ...input });
  }

  async end(executionArn: string): Promise<Ended> {
    const { status, cause, output } = await this.runtime.stepFunctions.waitForExecution(executionArn);
    return { status, cause, result: output === undefined ? undefined : (JSON.parse(output) as StudyResult) };
  }

  /** To the end, which must be a good one. */
  async succeed(executionArn?: string): Promise<StudyResult> {
    const { status, cause, result } = await this.end(executionArn ?? (await this.begin()));
    if (status !== 'SUCCEEDED') console.log(this.log());
    expect([status, cause]).toEqual(['SUCCEEDED', undefined]);
    return result!;
  }

  async stop(executionArn: string): Promise<void> {
    await this.runtime.stepFunctions.handle('StopExecution', { executionArn });
    expect((await this.end(executionArn)).status).toBe('ABORTED');
    // what the rule's function does then.
    await this.until('the study is stopped', async () => {
      const { status, endedAt } = await this.study();
      return status === 'STOPPED' && endedAt !== undefined;
    });
  }

  trials(): Promise<TrialRecord[]> {
    return trialsOf(this.runtime, STUDY);
  }

  async study(): Promise<StudyRecord> {
    return (await storeOf(this.runtime).getStudy(STUDY))!;
  }

  workers(): Promise<WorkerRecord[]> {
    return storeOf(this.runtime).workers.load(STUDY);
  }

  log(): string {
    return this.lines.map(({ job, line }) => `${job}: ${line}`).join('\n');
  }

  /** What a trial has printed, over all its attempts. */
  printedBy({ trial, attempts }: TrialRecord): string[] {
    if (this.way === 'training cluster') {
      const prefix = `[trial ${trial}] `;
      return this.lines.flatMap(({ line }) => (line.startsWith(prefix) ? line.slice(prefix.length) : []));
    }
    const jobs = attempts.map(({ jobName }) => jobName);
    return this.lines.flatMap(({ job, line }) =>
      jobs.some((name) => job === name || job.startsWith(`${name}-`)) ? line : [],
    );
  }

  /** The epochs that a trial has trained, and those that it went on after, in order. */
  historyOf(trial: TrialRecord): { readonly trained: number[]; readonly continued: number[] } {
    const printed = this.printedBy(trial);
    const all = (pattern: RegExp) => printed.flatMap((line) => pattern.exec(line)?.[1] ?? []).map(Number);
    return {
      trained: all(/^\[cdk-hpo\] resource=([0-9]+)/),
      continued: all(/^continuing after epoch ([0-9]+)/),
    };
  }

  async until(what: string, isSo: () => boolean | Promise<boolean>, seconds = 120): Promise<void> {
    const latest = Date.now() + seconds * 1000;
    while (!(await isSo())) {
      if (Date.now() > latest) throw new Error(`waited for ${seconds} seconds: ${what}\n${this.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Until trials have come so far that an end now is one in the middle. */
  async untilInTheMiddle(): Promise<void> {
    await this.until('a trial has ended and another one has a report', async () => {
      const trials = await this.trials();
      const isUnderWay = ({ state, lastResource = 0 }: TrialRecord) => state === 'RUNNING' && lastResource >= 1;
      return trials.some(({ state }) => state === 'COMPLETED') && trials.some(isUnderWay);
    });
  }

  close(): Promise<void> {
    return this.runtime.close();
  }
}

function studyOptions(way: Way, options: WayOptions): SmallStudyOptions {
  const { cluster, managed, runner, ...rest } = options;
  switch (way) {
    case 'training jobs':
      return { ...rest, runner };
    case 'training cluster':
      return {
        ...rest,
        tuner: { maxParallelTrials: undefined, ...rest.tuner },
        trialRunner: (_, program) =>
          TrialRunner.trainingCluster({
            image,
            program,
            instanceCount: 2,
            trialsPerInstance: 2,
            // of a busy machine none may be missed; a resume waits for four.
            heartbeat: Duration.seconds(6),
            checkpointInterval: Duration.seconds(1),
            pricePerInstanceHour: 0.1,
            ...cluster,
          }),
      };
    case 'batch':
      return {
        ...rest,
        trialRunner: (stack, program) =>
          TrialRunner.batch({
            image,
            program,
            vpc: new Vpc(stack, 'Vpc'),
            checkpointInterval: Duration.seconds(1),
            pricePerTrialHour: 0.1,
          }),
      };
    case 'managed tuning':
      return {
        ...rest,
        trainingProgram: rest.trainingProgram ?? pythonProgram(rest.program),
        tuner: { ...rest.tuner, searchAlgorithm: undefined, scheduler: undefined },
        trialRunner: (_, program) => TrialRunner.managedTuning({ image, program, ...managed }),
      };
  }
}

function pythonProgram(text = PYTHON_PROGRAM()): TrainingProgram {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'train.py'), text);
  return TrainingProgram.fromScript(folder, 'train.py');
}

export const upTo = (epochs: number, from = 1) => Array.from({ length: epochs - from + 1 }, (_, i) => from + i);

/** No trial is lost, and none counts twice: each number once, each with one attempt that came to its end. */
export function expectAllOnce(trials: readonly TrialRecord[], total: number): void {
  expect(trials.map(({ trial }) => trial)).toEqual(upTo(total));
  expect(trials.map(({ state }) => state)).toEqual(Array<string>(total).fill('COMPLETED'));
  for (const { attempts } of trials) {
    expect(attempts.filter(({ outcome }) => outcome?.status === 'Completed')).toHaveLength(1);
  }
}

/** After an end in the middle epochs may be trained again, but none is left out, and each goes on from a checkpoint. */
export function expectNoGaps(run: WayRun, trials: readonly TrialRecord[], epochs: number): void {
  for (const trial of trials) {
    const { trained, continued } = run.historyOf(trial);
    expect([...new Set(trained)].sort((a, b) => a - b)).toEqual(upTo(epochs));
    // what was trained again is what had come after a checkpoint that went on.
    for (const after of continued) expect(trained).toContain(after);
  }
}
