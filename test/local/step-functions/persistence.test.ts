import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../../../local/clock';
import { StepFunctionsService } from '../../../local/step-functions';
import { machineArn, makeService, untilAborted } from './fixtures';

const ROOT = join(__dirname, '../../..');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'step-functions-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Answer {
  readonly executionArn: string;
  readonly events: { readonly id: number; readonly type: string }[];
  readonly executions: { readonly executionArn: string; readonly status: string }[];
  readonly mapRuns: { readonly mapRunArn: string }[];
}
const call = async (service: StepFunctionsService, operation: string, input: Record<string, unknown>) =>
  (await service.handle(operation, input)) as Answer;
const start = async (service: StepFunctionsService, name: string, input: unknown) =>
  (await call(service, 'StartExecution', { stateMachineArn: machineArn(name), input: JSON.stringify(input) }))
    .executionArn;
const histories = () =>
  readdirSync(join(folder, 'executions'))
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => join(folder, 'executions', file));

test('a new service over the same folder lists and describes what ended before', async () => {
  const before = makeService({ folder, clock: new RealClock() });
  const executionArn = await start(before, 'greet', { name: 'Ada' });
  await before.waitForExecution(executionArn);
  const history = (await call(before, 'GetExecutionHistory', { executionArn })).events;
  before.close();

  const after = makeService({ folder, clock: new RealClock() });
  expect(await call(after, 'DescribeExecution', { executionArn })).toMatchObject({
    status: 'SUCCEEDED',
    output: '{"hello":"Ada"}',
  });
  expect((await call(after, 'GetExecutionHistory', { executionArn })).events).toEqual(history);
  expect((await call(after, 'ListExecutions', { stateMachineArn: machineArn('greet') })).executions).toMatchObject([
    { executionArn, status: 'SUCCEEDED' },
  ]);
  await expect(
    after.handle('StartExecution', { stateMachineArn: machineArn('greet'), name: executionArn.split(':').at(-1) }),
  ).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
});

test('what was running when the process was killed is ABORTED, with its children and map run', async () => {
  const script = `
    import { RealClock } from '${ROOT}/local/clock';
    import { makeService, machineArn, untilAborted } from '${ROOT}/test/local/step-functions/fixtures';
    let running = 0;
    const service = makeService({
      folder: process.env.FOLDER,
      clock: new RealClock(),
      task: (request) => {
        if (++running === 2) console.log('running');
        return untilAborted(request);
      },
    });
    void service.handle('StartExecution', { stateMachineArn: machineArn('fan'), input: '[1, 2]', name: 'killed' });
    setInterval(() => undefined, 1000);
  `;
  const file = join(folder, 'killed.ts');
  writeFileSync(file, script);
  const child = spawn(process.execPath, ['--import', 'tsx', file], {
    cwd: ROOT,
    env: { ...process.env, FOLDER: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the process ended with ${code}`)));
  });
  expect(() => makeService({ folder })).toThrow(/in use by process \d+: stop that process, or give another folder/);
  child.removeAllListeners('exit');
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  const service = makeService({ folder, clock: new RealClock() });
  const executionArn = `arn:aws:states:eu-west-1:123456789012:execution:fan:killed`;
  expect(await call(service, 'DescribeExecution', { executionArn })).toMatchObject({
    status: 'ABORTED',
    error: 'Runtime.Ended',
    cause: 'The process of the local runtime ended before the execution did.',
  });
  const { events } = await call(service, 'GetExecutionHistory', { executionArn });
  expect(events.at(-1)).toMatchObject({ id: events.length, type: 'ExecutionAborted' });
  const { mapRuns } = await call(service, 'ListMapRuns', { executionArn });
  const { mapRunArn } = mapRuns[0];
  const { executions } = await call(service, 'ListExecutions', { mapRunArn });
  expect(executions.map((execution) => execution.status)).toEqual(['ABORTED', 'ABORTED']);
  expect(await call(service, 'DescribeMapRun', { mapRunArn })).toMatchObject({
    status: 'ABORTED',
    executionCounts: { aborted: 2, total: 2 },
  });
});

test('a torn last line of a history is cut off', async () => {
  const before = makeService({ folder, clock: new RealClock(), task: untilAborted });
  const executionArn = await start(before, 'train', {});
  await new Promise((resolve) => setTimeout(resolve, 20));
  const whole = (await call(before, 'GetExecutionHistory', { executionArn })).events;
  const [path] = histories();
  appendFileSync(path, '{"timestamp":1,"type":"TaskSucc');

  const after = makeService({ folder, clock: new RealClock() });
  const { events } = await call(after, 'GetExecutionHistory', { executionArn });
  expect(events.slice(0, -1)).toEqual(whole);
  expect(events.at(-1)!.type).toBe('ExecutionAborted');
  // every line is whole again.
  for (const line of readFileSync(path, 'utf8').trim().split('\n')) JSON.parse(line);
});

test('a history that was lost altogether leaves the execution describable', async () => {
  const before = makeService({ folder, clock: new RealClock(), task: untilAborted });
  const executionArn = await start(before, 'train', {});
  for (const path of histories()) rmSync(path);
  const after = makeService({ folder, clock: new RealClock() });
  expect(await call(after, 'DescribeExecution', { executionArn })).toMatchObject({ status: 'ABORTED' });
});
