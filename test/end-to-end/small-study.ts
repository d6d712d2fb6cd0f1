import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import {
  Objective,
  Parameter,
  Scaling,
  Scheduler,
  SageMakerTrainingProps,
  SearchAlgorithm,
  TrainingImage,
  TrainingProgram,
  TrialRunner,
  Tuner,
  TunerProps,
} from '../../lib';
import { DynamoItemTable } from '../../lambda/core/store/item-table';
import { TrialRecord } from '../../lambda/core/store/records';
import { StudyStore } from '../../lambda/core/store/study-store';
import { LocalRuntime } from '../../local/runtime';

/** A program that reports `quality` for three epochs; better with a learning rate near 0.01. */
export const GOOD_PROGRAM = `
import { hyperparameters, report } from './cdk-hpo.mjs';
const { learning_rate } = hyperparameters();
for (let epoch = 1; epoch <= 3; epoch++) {
  await new Promise((resolve) => setTimeout(resolve, 30));
  await report(epoch, { quality: 1 - Math.abs(Math.log10(learning_rate) + 2) / 4 - 1 / (epoch + 1) });
}
`;

export interface SmallStudyOptions {
  /** Text of the training program. @default GOOD_PROGRAM */
  readonly program?: string;
  /** In place of the script. */
  readonly trainingProgram?: TrainingProgram;
  readonly maxRuntime?: Duration;
  readonly tuner?: Partial<TunerProps>;
  /** Further details of the training jobs. */
  readonly runner?: Partial<SageMakerTrainingProps>;
  /** In place of training jobs. */
  readonly trialRunner?: (stack: Stack, program: TrainingProgram) => TrialRunner;
  /** What proposes configurations, where it needs a stack. */
  readonly searchAlgorithm?: (stack: Stack) => SearchAlgorithm;
}

export function temporaryFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'cdk-hpo-test-'));
}

/** Synthesizes an app with one tuner. @returns the `cdk.out` folder */
export function synthesizeSmallStudy(options: SmallStudyOptions = {}, folder = temporaryFolder()): string {
  const code = path.join(folder, 'code');
  mkdirSync(code, { recursive: true });
  writeFileSync(path.join(code, 'train.mjs'), options.program ?? GOOD_PROGRAM);
  const app = new App({ outdir: path.join(folder, 'cdk.out') });
  const stack = new Stack(app, 'Small');
  const image = TrainingImage.fromUri('123456789012.dkr.ecr.us-east-1.amazonaws.com/any:1');
  const program = options.trainingProgram ?? TrainingProgram.fromScript(code, 'train.mjs');
  const runner = options.trialRunner?.(stack, program);
  new Tuner(stack, 'Tuner', {
    searchSpace: { learning_rate: Parameter.continuous({ min: 1e-4, max: 1, scaling: Scaling.LOGARITHMIC }) },
    objective: Objective.maximize('quality'),
    searchAlgorithm: options.searchAlgorithm?.(stack) ?? SearchAlgorithm.sobol(),
    scheduler: Scheduler.none(),
    trialRunner:
      runner ?? TrialRunner.sageMakerTraining({ image, program, maxRuntime: options.maxRuntime, ...options.runner }),
    maxTrials: 4,
    maxParallelTrials: 2,
    ...options.tuner,
  });
  return app.synth().directory;
}

export async function startExecution(runtime: LocalRuntime, input: object, name?: string): Promise<string> {
  const { executionArn } = (await runtime.stepFunctions.handle('StartExecution', {
    stateMachineArn: runtime.app.stateMachines[0].arn,
    input: JSON.stringify(input),
    ...(name !== undefined && { name }),
  })) as { executionArn: string };
  return executionArn;
}

export function storeOf(runtime: LocalRuntime): StudyStore {
  const settings = {
    endpoint: runtime.dynamoDb.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  return new StudyStore(new DynamoItemTable(runtime.app.tables[0].name, settings));
}

export async function trialsOf(runtime: LocalRuntime, name: string): Promise<TrialRecord[]> {
  const store = storeOf(runtime);
  const study = await store.getStudy(name);
  return study === undefined ? [] : store.loadTrials(study);
}

/** Every event of an execution and of its children. */
export async function eventsOf(runtime: LocalRuntime, executionArn: string): Promise<{ type: string }[]> {
  const call = (operation: string, input: Record<string, unknown>) =>
    runtime.stepFunctions.handle(operation, input) as Promise<Record<string, Record<string, string>[]>>;
  const executions = [executionArn];
  for (const { mapRunArn } of (await call('ListMapRuns', { executionArn })).mapRuns) {
    const { executions: children } = await call('ListExecutions', { mapRunArn, maxResults: 1000 });
    executions.push(...children.map((child) => child.executionArn));
  }
  const events: { type: string }[] = [];
  for (const arn of executions) {
    const page = await call('GetExecutionHistory', { executionArn: arn, maxResults: 1000 });
    expect(page.nextToken).toBeUndefined();
    events.push(...(page.events as unknown as { type: string }[]));
  }
  return events;
}

/** For a person who looks for what went wrong. */
export async function failuresOf(runtime: LocalRuntime, executionArn: string): Promise<string> {
  const events = (await eventsOf(runtime, executionArn)) as { type: string }[];
  return events
    .filter(({ type }) => /Failed|TimedOut|Aborted/.test(type))
    .map((event) => JSON.stringify(event).slice(0, 1500))
    .join('\n');
}
