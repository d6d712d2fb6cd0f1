/**
 * Reports metrics from training code to a cdk-hpo study and hears whether to go on.
 *
 *     import { latestCheckpoint, maxResource, report, saveCheckpoint } from './cdk-hpo.mjs';
 *
 *     const latest = latestCheckpoint();
 *     if (latest) load(latest.folder);
 *     for (let epoch = (latest?.resource ?? 0) + 1; epoch <= maxResource(epochs); epoch++) {
 *       trainOneEpoch();
 *       await saveCheckpoint(epoch, (folder) => save(folder));
 *       await report(epoch, { validation_accuracy: accuracy, loss });
 *     }
 *
 * Save before you report: when the study stops or pauses the trial, `report` ends the program (exit code 0), and a
 * paused trial later continues from its checkpoint. Outside a study nothing is sent and `report` answers 'continue', so
 * the same script runs by hand. A report that cannot be delivered never ends the training.
 */
import type { Decision, MetricValue, ReportRequest } from '../../lib/contract/calls';
import { METRIC_NAME_PATTERN } from '../../lib/contract/limits';
import { AttemptEnded, invokePatiently, InvalidReport } from './report-function';
import { attemptMaximum, checkResource, reachesMaximum } from './resource';
import { shown, tell, tellOnce } from './tell';
import { isFirstProcess } from './training-job';

export { latestCheckpoint, saveCheckpoint } from './checkpoint';
export type { Checkpoint, CheckpointOptions } from './checkpoint';
export { maxResource } from './resource';
export { checkpointDir, hyperparameters, modelDir } from './training-job';
export type { HyperparameterValue } from './training-job';
export type { Decision };

export interface ReportOptions {
  /**
   * What happens when the decision is stop or pause: 'exit' ends the program, 'return' returns the decision, for code
   * that has more to do before it ends (`process.exit` runs no `finally` blocks). A report at the attempt's maximum
   * resource (see `maxResource`) is answered 'pause', unless the study says stop, or the training ends there by itself.
   *
   * @default 'exit'
   */
  readonly onStop?: 'exit' | 'return';
}

const SIGTERM_EXIT_CODE = 128 + 15;

let decision: Decision = 'continue';
let isTerminated = false;

/** Whether this process is an attempt of a study's trial. */
export function inStudy(): boolean {
  return Boolean(process.env.CDK_HPO_STUDY);
}

/** Whether the trial ends here: the study said stop or pause, or SIGTERM came after `watchSigterm()`. */
export function shouldStop(): boolean {
  return isTerminated || decision !== 'continue';
}

/** Whether this attempt ends here and a later one may go on: the study said so, or its maximum resource is reached. */
export function shouldPause(): boolean {
  return decision === 'pause';
}

/** Tells the study the metrics at a resource (epoch, step: a positive number) and returns its decision. */
export async function report(
  resource: number,
  metrics: Readonly<Record<string, number>>,
  options: ReportOptions = {},
): Promise<Decision> {
  const { onStop = 'exit' } = options;
  if (onStop !== 'exit' && onStop !== 'return') {
    throw new TypeError(`onStop must be 'exit' or 'return', got ${shown(onStop)}`);
  }
  checkResource(resource);
  checkMetrics(metrics);
  // the other processes of a distributed training end with the first one.
  let mayGoOn = !isFirstProcess();
  if (isFirstProcess()) {
    const values = Object.entries(metrics).map(([name, value]) => ` ${name}=${value}`);
    process.stdout.write(`[cdk-hpo] resource=${resource}${values.join('')}\n`);
    if (inStudy() && decision === 'continue') {
      mayGoOn = await ask(resource, metrics);
    }
  }
  if (decision === 'continue' && reachesMaximum(resource, mayGoOn)) {
    pauseAtMaximum(resource);
  }
  let exitCode = 0;
  if (isTerminated && decision === 'continue') {
    decision = 'stop';
    exitCode = SIGTERM_EXIT_CODE;
  }
  if (onStop === 'exit' && decision !== 'continue') {
    await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
    process.exit(exitCode);
  }
  return decision;
}

/**
 * From now on SIGTERM does not kill: `shouldStop()` turns true and the next `report` ends the program. SageMaker sends
 * SIGTERM 120 seconds before it kills (a spot interruption, a stop, the time limit).
 */
export function watchSigterm(): void {
  process.on('SIGTERM', () => {
    isTerminated = true;
  });
}

function checkMetrics(metrics: unknown): void {
  if (typeof metrics !== 'object' || metrics === null || Array.isArray(metrics)) {
    throw new TypeError(`metrics must be an object of names to numbers, got ${shown(metrics)}`);
  }
  const entries = Object.entries(metrics);
  if (entries.length === 0) {
    throw new RangeError('a report needs at least one metric, such as report(1, { validation_accuracy: 0.9 })');
  }
  for (const [name, value] of entries) {
    if (!METRIC_NAME_PATTERN.test(name)) {
      throw new RangeError(
        `metric name ${shown(name)} must start with a letter and hold only letters, digits and _.:/@-`,
      );
    }
    if (typeof value !== 'number') {
      throw new TypeError(`metric ${name} must be a number, got ${shown(value)} (${typeof value})`);
    }
  }
}

/** Sends a report and keeps the decision; answers whether the study said that the trial goes on. */
async function ask(resource: number, metrics: Readonly<Record<string, number>>): Promise<boolean> {
  const call = addressed(resource, metrics);
  if (!call) {
    return false;
  }
  const at = place(resource);
  const objective = process.env.CDK_HPO_OBJECTIVE;
  if (objective && !Object.hasOwn(metrics, objective)) {
    tellOnce(
      `the study's objective is ${shown(objective)}, and a report holds only ${Object.keys(metrics).join(', ')}: ` +
        'report it at least once, or the trial fails',
    );
  }
  try {
    const answer = (await invokePatiently(call.functionName, call.payload)) as {
      decision?: unknown;
      reason?: string;
    } | null;
    if (answer?.decision === 'stop' || answer?.decision === 'pause') {
      end(answer.decision, at, answer.reason);
    } else if (answer?.decision !== 'continue') {
      tellOnce(`the study gave an answer that this client does not know, taken as 'continue': ${shown(answer)}`);
    }
    return answer?.decision === 'continue';
  } catch (error) {
    if (error instanceof InvalidReport) {
      tell(`the study refused the report ${at}: ${error.message}`);
    } else if (error instanceof AttemptEnded) {
      end('stop', at, error.message || 'the study no longer counts on this attempt');
    } else {
      // a report must never end the training, whatever went wrong with it.
      tell(`the report ${at} is lost, the training goes on: ${described(error)}`);
    }
    return false;
  }
}

/** The report with the fields that say who reports, or undefined with a note when the environment is incomplete. */
function addressed(
  resource: number,
  metrics: Readonly<Record<string, number>>,
): { functionName: string; payload: ReportRequest } | undefined {
  const {
    CDK_HPO_STUDY: study,
    CDK_HPO_TRIAL: trial,
    CDK_HPO_ATTEMPT: attempt,
    CDK_HPO_TOKEN: token,
    CDK_HPO_REPORT_FUNCTION: functionName,
  } = process.env;
  if (!study || !trial || !attempt || !token || !functionName) {
    const missing = ['CDK_HPO_TRIAL', 'CDK_HPO_ATTEMPT', 'CDK_HPO_TOKEN', 'CDK_HPO_REPORT_FUNCTION'];
    const list = missing.filter((name) => !process.env[name]).join(', ');
    tellOnce(`the study is not told: environment variable ${list} is not set`);
    return undefined;
  }
  for (const [name, value] of Object.entries({ CDK_HPO_TRIAL: trial, CDK_HPO_ATTEMPT: attempt })) {
    if (!/^-?(0|[1-9][0-9]*)$/.test(value)) {
      tellOnce(`the study is not told: ${name} must be an integer, got ${shown(value)}`);
      return undefined;
    }
  }
  const values = Object.entries(metrics).map(([name, value]) => [name, wireValue(value)]);
  return {
    functionName,
    payload: {
      study,
      trial: Number(trial),
      attempt: Number(attempt),
      token,
      resource,
      metrics: Object.fromEntries(values),
    },
  };
}

/** JSON has no NaN and no infinity, so they travel as strings. */
function wireValue(value: number): MetricValue {
  return Number.isFinite(value) ? value : (String(value) as MetricValue);
}

function end(verdict: 'stop' | 'pause', at: string, reason?: string): void {
  decision = verdict;
  tell(`the study ${verdict === 'pause' ? 'pauses' : 'stops'} the trial ${at}${reason ? `: ${reason}` : ''}`);
}

function pauseAtMaximum(resource: number): void {
  decision = 'pause';
  if (isFirstProcess()) {
    tell(`the trial pauses ${place(resource)}: this attempt was to train up to ${attemptMaximum()}`);
  }
}

function place(resource: number): string {
  return `at ${process.env.CDK_HPO_RESOURCE_NAME || 'resource'} ${resource}`;
}

function described(error: unknown): string {
  const { name, message, code } = error as Error & { code?: string };
  return `${message ? `${name}: ${message}` : (code ?? name)}`;
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
