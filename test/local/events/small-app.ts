import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, aws_lambda as lambda, aws_stepfunctions as sfn } from 'aws-cdk-lib';
import { VirtualClock } from '../../../local/clock';
import { LocalRuntime, LocalRuntimeOptions } from '../../../local/runtime';
import { SimulatedJobLauncher, SimulatedProgram } from '../../../local/sagemaker';

/** Prints each event that it gets, as a line of its log. */
export const PRINTS_ITS_EVENT = 'exports.handler = async (event) => console.log(JSON.stringify(event));';
/** Prints the time and fails. */
export const FAILS = 'exports.handler = async () => { console.log(Date.now()); throw new RangeError("no luck"); };';

export function functionOf(stack: Stack, name: string, code: string = PRINTS_ITS_EVENT, retryAttempts?: number) {
  return new lambda.Function(stack, name, {
    functionName: name,
    code: lambda.Code.fromInline(code),
    handler: 'index.handler',
    runtime: lambda.Runtime.NODEJS_22_X,
    ...(retryAttempts !== undefined && { retryAttempts }),
  });
}

export function machineOf(stack: Stack, name: string, states: Record<string, unknown>, more: object = {}) {
  const definition = { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...more };
  return new sfn.StateMachine(stack, name, {
    stateMachineName: name,
    definitionBody: sfn.DefinitionBody.fromString(JSON.stringify(definition)),
  });
}

/** @returns the `cdk.out` folder of an app with one stack, `Small` */
export function synthesize(build: (stack: Stack) => void): string {
  const app = new App({ outdir: join(temporaryFolder(), 'cdk.out') });
  build(new Stack(app, 'Small'));
  return app.synth().directory;
}

const opened: LocalRuntime[] = [];
const folders: string[] = [];

// a test that fails must not keep the process from its end.
afterEach(async () => {
  for (const runtime of opened.splice(0)) await runtime.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-app-'));
  folders.push(folder);
  return folder;
}

export interface StartedApp {
  readonly runtime: LocalRuntime;
  readonly clock: VirtualClock;
  readonly notices: string[];
}

/** Runs an app on the virtual clock; its training jobs run `program`, in no time unless it sleeps. */
export async function startApp(
  build: (stack: Stack) => void,
  options: Partial<LocalRuntimeOptions> = {},
  program: SimulatedProgram = async () => 0,
): Promise<StartedApp> {
  const clock = new VirtualClock();
  const notices: string[] = [];
  const runtime = await LocalRuntime.start({
    assembly: synthesize(build),
    folder: temporaryFolder(),
    clock,
    launcher: new SimulatedJobLauncher({ clock, startupSeconds: 0, program }),
    inMemory: true,
    onNotice: (text) => notices.push(text),
    ...options,
  });
  const close = runtime.close.bind(runtime);
  let closing: Promise<void> | undefined;
  runtime.close = () => (closing ??= close());
  opened.push(runtime);
  return { runtime, clock, notices };
}

/** Starts an execution. @returns its ARN */
export async function start(runtime: LocalRuntime, machine: string, input: unknown = {}, name?: string) {
  const { arn } = runtime.app.stateMachines.find((candidate) => candidate.name === machine)!;
  const answer = await runtime.stepFunctions.handle('StartExecution', {
    stateMachineArn: arn,
    input: JSON.stringify(input),
    ...(name !== undefined && { name }),
  });
  return (answer as { executionArn: string }).executionArn;
}

/** What a function has printed, a JSON value a line. */
export function printed<T>(runtime: LocalRuntime, functionName: string): T[] {
  const lines = runtime.lambda.readLog(functionName).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}
