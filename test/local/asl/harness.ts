import { VirtualClock } from '../../../local/clock';
import {
  Execution,
  ExecutionHost,
  Expressions,
  MapRun,
  StateMachineDefinition,
  TaskRequest,
  TaskTokens,
  validate,
} from '../../../local/asl';

export interface Run {
  readonly execution: Execution;
  readonly children: Execution[];
  readonly mapRuns: MapRun[];
  readonly clock: VirtualClock;
  readonly host: ExecutionHost;
  readonly output: unknown;
  /** Types of the events, in order. */
  readonly types: string[];
  /** Milliseconds of virtual time that it took. */
  readonly took: number;
}

export interface RunOptions {
  readonly input?: unknown;
  readonly task?: (request: TaskRequest, clock: VirtualClock, host: ExecutionHost) => Promise<unknown> | unknown;
  readonly random?: () => number;
  readonly objects?: Readonly<Record<string, string>>;
  readonly onStart?: (execution: Execution, clock: VirtualClock) => void;
}

/** Runs a JSONata machine on the virtual clock. */
export async function run(states: Record<string, unknown>, options: RunOptions = {}): Promise<Run> {
  const definition: unknown = {
    QueryLanguage: 'JSONata',
    StartAt: Object.keys(states)[0],
    States: states,
  };
  return runMachine(definition, options);
}

export async function runMachine(definition: unknown, options: RunOptions = {}): Promise<Run> {
  validate(definition, () => true);
  const clock = new VirtualClock();
  const children: Execution[] = [];
  const mapRuns: MapRun[] = [];
  const random = options.random ?? (() => 0.5);
  let names = 0;
  const host: ExecutionHost = {
    clock,
    services: {
      supports: () => true,
      run: async (request) => options.task?.(request, clock, host) ?? request.arguments,
    },
    expressions: new Expressions(clock, random),
    tokens: new TaskTokens(),
    random,
    uniqueName: () => `name-${++names}`,
    region: 'eu-west-1',
    account: '123456789012',
    readObject: async (bucket, key) => options.objects![`${bucket}/${key}`],
    executionStarted: (execution) => {
      if (execution.mapRunArn !== undefined) children.push(execution);
    },
    mapRunStarted: (mapRun) => {
      mapRuns.push(mapRun);
    },
  };
  const execution = new Execution(host, {
    arn: 'arn:aws:states:eu-west-1:123456789012:execution:machine:run',
    stateMachine: { arn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:machine', name: 'machine' },
    definition: definition as StateMachineDefinition,
    input: JSON.stringify(options.input ?? {}),
  });
  const start = clock.now();
  const ended = execution.run();
  options.onStart?.(execution, clock);
  await ended;
  return {
    execution,
    children,
    mapRuns,
    clock,
    host,
    output: execution.output === undefined ? undefined : (JSON.parse(execution.output) as unknown),
    types: execution.history.events.map((event) => event.type),
    took: clock.now() - start,
  };
}

export const LAMBDA = 'arn:aws:states:::lambda:invoke';
export const TRAINING = 'arn:aws:states:::sagemaker:createTrainingJob.sync';
export const CALLBACK = 'arn:aws:states:::sqs:sendMessage.waitForTaskToken';
