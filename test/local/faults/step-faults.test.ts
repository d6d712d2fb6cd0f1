import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatesError, TaskRequest } from '../../../local/asl';
import { VirtualClock } from '../../../local/clock';
import { FaultInjector } from '../../../local/faults';
import type { FaultName, FaultPlan } from '../../../local/faults';
import { LambdaService } from '../../../local/lambda';
import { SageMakerService, SimulatedJobLauncher } from '../../../local/sagemaker';
import { LocalTaskServices } from '../../../local/task-services';

const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:';

let folder: string;
let lambda: LambdaService;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-steps-'));
});

afterEach(async () => {
  await lambda.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Tasks of two Lambda steps, each of which answers how often it was called. */
function serve(...plans: FaultPlan[]) {
  const clock = new VirtualClock();
  const functions = ['Tuner-NextTrial-1', 'Tuner-RecordTrial-2'].map((name) => {
    const codeFolder = join(folder, name);
    mkdirSync(codeFolder);
    writeFileSync(join(codeFolder, 'index.js'), 'let calls = 0; exports.handler = async () => ++calls;');
    return {
      ...{ stackName: 'Hpo', logicalId: name, name, arn: ARN + name, handler: 'index.handler', runtime: 'nodejs22.x' },
      ...{ codeFolder, environment: {}, timeoutSeconds: 10, memoryMb: 128 },
    };
  });
  lambda = new LambdaService({ functions, folder: join(folder, 'lambda'), clock });
  const launcher = new SimulatedJobLauncher({ clock, program: async () => 0 });
  const faults = new FaultInjector(plans);
  const services = new LocalTaskServices({ lambda, sageMaker: new SageMakerService({ clock, launcher }), faults });
  /** @returns what the step answered, or the error that its state sees */
  return async (name: string): Promise<unknown> => {
    const request = {
      resource: 'arn:aws:states:::lambda:invoke',
      arguments: { FunctionName: ARN + name, Payload: {} },
    } as TaskRequest;
    try {
      return ((await services.run(request)) as { Payload: unknown }).Payload;
    } catch (error) {
      return (error as StatesError).error;
    }
  };
}

test.each<[FaultName, string, number]>([
  ['step-throttled', 'Lambda.TooManyRequestsException', 1],
  ['step-crashed', 'Runtime.ExitError', 1],
  ['step-unknown-error', 'Lambda.Unknown', 1],
  ['step-timed-out', 'Sandbox.Timedout', 1],
  // the work was done.
  ['step-answer-lost', 'Lambda.ServiceException', 2],
])('%s: the state sees %s, and its next try is call %d of the function', async (name, error, calls) => {
  const invoke = serve({ name });
  expect(await invoke('Tuner-NextTrial-1')).toBe(error);
  expect(await invoke('Tuner-NextTrial-1')).toBe(calls);
});

test('only calls of the step that is meant count', async () => {
  const invoke = serve({ name: 'step-crashed', step: 'RecordTrial', call: 2 });
  expect(await invoke('Tuner-NextTrial-1')).toBe(1);
  expect(await invoke('Tuner-RecordTrial-2')).toBe(1);
  expect(await invoke('Tuner-NextTrial-1')).toBe(2);
  expect(await invoke('Tuner-RecordTrial-2')).toBe('Runtime.ExitError');
});
