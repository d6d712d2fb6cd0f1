import { TaskRequest } from '../../../local/asl';
import { Clock, VirtualClock } from '../../../local/clock';
import { StepFunctionsOptions, StepFunctionsService } from '../../../local/step-functions';

export const REGION = 'eu-west-1';
export const ACCOUNT = '123456789012';
export const machineArn = (name: string) => `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${name}`;

const jsonata = (states: Record<string, unknown>) => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0],
  States: states,
});

export const MACHINES = {
  greet: jsonata({
    Greet: { Type: 'Pass', Output: { hello: '{% $states.input.name %}' }, Assign: { n: 1 }, Next: 'Call' },
    Call: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true },
  }),
  train: jsonata({
    Train: { Type: 'Task', Resource: 'arn:aws:states:::sagemaker:createTrainingJob.sync', End: true },
  }),
  fan: jsonata({
    Fan: {
      Type: 'Map',
      Items: '{% $states.input %}',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Train',
        States: { Train: { Type: 'Task', Resource: 'arn:aws:states:::sagemaker:createTrainingJob.sync', End: true } },
      },
      End: true,
    },
  }),
  outer: jsonata({
    Inner: {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Arguments: { StateMachineArn: machineArn('greet'), Input: '{% $states.input %}' },
      Output: '{% $states.result.Output %}',
      End: true,
    },
  }),
};

export interface FixtureOptions {
  readonly clock?: Clock;
  readonly folder?: string;
  readonly task?: (request: TaskRequest) => unknown;
  readonly machines?: StepFunctionsOptions['stateMachines'];
}

/** The service over the machines above; a task answers its arguments unless told otherwise. */
export function makeService({ clock = new VirtualClock(), folder, task, machines }: FixtureOptions = {}) {
  return new StepFunctionsService({
    clock,
    folder,
    region: REGION,
    account: ACCOUNT,
    services: {
      supports: (resource) => /lambda|sagemaker/.test(resource),
      run: async (request) => (task === undefined ? request.arguments : task(request)),
    },
    stateMachines:
      machines ?? Object.entries(MACHINES).map(([name, definition]) => ({ arn: machineArn(name), name, definition })),
  });
}

/** A task that never ends by itself. */
export const untilAborted = ({ signal }: TaskRequest) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
