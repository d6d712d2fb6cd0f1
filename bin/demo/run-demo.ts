import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { StudyInput } from '../../lib/contract/study-input';
import { StudyResult } from '../../lib/contract/calls';
import { FaultPlan } from '../../local/faults';
import { LocalRuntime } from '../../local/runtime';
import { ProcessJobLauncher } from '../../local/sagemaker';
import { createDigitsApp } from '../digits-app';
import { Way } from '../digits-ways';
import { eventsPerTrial } from './events';
import { printUnused, sizedForDemo, strikeText } from './faults';
import { Progress } from './progress';
import { demoCommand, printHowToSeeMore, printSummary } from './summary';
import { StudyView } from './study-view';

export interface DemoOptions {
  readonly study?: string;
  readonly trials?: number;
  readonly parallel?: number;
  readonly seed?: number;
  readonly way: Way;
  readonly folder?: string;
  readonly docker?: boolean;
  readonly fault?: readonly FaultPlan[];
  readonly json?: boolean;
}

/** The demo begins the same each time; what is resumed, and what the search learns, depends on who reports first. */
const DEFAULT_SEED = 3;

/** Jobs of the demo end at once on SIGTERM; a hanging one is killed soon. */
const STOP_GRACE_SECONDS = 5;

/** @returns the exit code of the process */
export async function runDemo(options: DemoOptions): Promise<number> {
  const print = (text: string) => (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  const { way } = options;
  if (options.docker && way !== 'training-jobs') throw new Error('--docker runs training jobs only: leave out --way');
  const folder = path.resolve(options.folder ?? (way === 'training-jobs' ? '.cdk-hpo/demo' : `.cdk-hpo/demo-${way}`));
  print('Synthesizing the app ...');
  const assembly = await synthesize(folder, way);
  let progress: Progress | undefined;
  const runtime = await LocalRuntime.start({
    assembly,
    folder: path.join(folder, 'state'),
    launcher: new ProcessJobLauncher({ docker: options.docker }),
    sageMaker: { stopGraceSeconds: STOP_GRACE_SECONDS },
    faults: options.fault?.map(sizedForDemo),
    onFault: (strike) => progress?.tell(strikeText(strike)),
  });
  const interrupted = firstSignal();
  try {
    const name = options.study ?? `digits-${timestamp()}`;
    print(`Study ${name}: the state machine runs on this machine; its state is kept in ${folder}`);
    if (way === 'managed-tuning') print('One tuning job runs all trials: they are shown when it has ended.');
    const view = new StudyView(name, runtime.app.tables[0].name, runtime.dynamoDb.url);
    // a study keeps its seed when it is resumed.
    const seed = options.seed ?? ((await view.study()) === undefined ? DEFAULT_SEED : undefined);
    progress = new Progress(view, options.json ? process.stderr : process.stdout);
    const executionArn = await startStudy(runtime, name, { ...options, seed });
    const execution = await Promise.race([
      progress.during(runtime.stepFunctions.waitForExecution(executionArn)),
      interrupted,
    ]);
    if (execution === 'interrupted') {
      print(`\nInterrupted. Go on with: ${demoCommand(way)} --study ${name}`);
      return 130;
    }
    printUnused(runtime.unusedFaults(), print);
    if (execution.status !== 'SUCCEEDED') {
      print(`The study ended ${execution.status}: ${execution.error ?? ''} ${execution.cause ?? ''}`);
      return 1;
    }
    const result = JSON.parse(execution.output!) as StudyResult;
    const trials = await view.trials();
    printSummary(result, trials, way, print);
    printHowToSeeMore(result, folder, way, print);
    if (options.json) {
      const { study, status, best, trials: counts } = result;
      const perTrial = await eventsPerTrial(runtime, executionArn);
      const summary = {
        study,
        status,
        trials: counts.total,
        stoppedEarly: counts.stoppedEarly,
        best: best && { trial: best.trial, hyperparameters: best.hyperparameters, value: best.value },
        default: { value: trials[0]?.value ?? null },
        events: { perTrial },
      };
      process.stdout.write(`${JSON.stringify(summary)}\n`);
    }
    return 0;
  } finally {
    await runtime.close();
  }
}

async function synthesize(folder: string, way: Way): Promise<string> {
  // the CDK's own validation of the template takes longer than all the rest; .ci/run has it on.
  process.env.CDK_VALIDATION ??= 'false';
  mkdirSync(folder, { recursive: true });
  const outdir = path.join(folder, 'cdk.out');
  const trainsWithNode = way === 'training-cluster' || way === 'batch';
  (await createDigitsApp({ outdir }, { way, trainsWithNode })).synth();
  return outdir;
}

async function startStudy(runtime: LocalRuntime, study: string, options: DemoOptions): Promise<string> {
  const input: StudyInput = {
    study,
    maxTrials: options.trials,
    maxParallelTrials: options.parallel,
    seed: options.seed,
  };
  const { executionArn } = (await runtime.stepFunctions.handle('StartExecution', {
    stateMachineArn: runtime.app.stateMachines[0].arn,
    name: `${study.slice(0, 60)}-${Date.now()}`,
    input: JSON.stringify(input),
  })) as { executionArn: string };
  return executionArn;
}

/** Resolves at the first Ctrl-C; a second one ends the process at once. */
function firstSignal(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => resolve('interrupted'));
    }
  });
}

function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(':', '').replace('T', '-');
}
