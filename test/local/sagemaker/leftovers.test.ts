import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../../../local/clock';
import { ObjectStore } from '../../../local/s3';
import { ProcessJobLauncher, SageMakerService } from '../../../local/sagemaker';
import { identify, isAlive } from '../../../local/sagemaker/process-identity';
import { scriptRequest } from './request';

const RUNTIME_ENDED = 'InternalServerError: the local runtime ended while this job ran';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-leftovers-'));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function serve(): SageMakerService {
  return new SageMakerService({
    clock: new RealClock(),
    launcher: new ProcessJobLauncher(),
    folder: join(folder, 'jobs'),
    objectStore: new ObjectStore(join(folder, 's3')),
  });
}

function start(command: string[], stdio: 'pipe' | 'ignore' = 'pipe'): ChildProcess {
  const child = spawn(process.execPath, command, { stdio: ['ignore', stdio, 'inherit'], detached: true });
  children.push(child);
  return child;
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('waited for five seconds in vain.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The state that a runtime leaves which had no time to say anything. */
function leaveJob(name: string, processOfJob: unknown): void {
  const now = Date.now();
  const job = {
    name,
    arn: `arn:aws:sagemaker:us-east-1:123456789012:training-job/${name}`,
    request: scriptRequest(name, ''),
    status: 'InProgress',
    secondaryStatus: 'Training',
    transitions: [{ status: 'Training', startTime: now, message: '' }],
    creationTime: now,
    lastModifiedTime: now,
    trainingStartTime: now,
    finalMetrics: [],
    process: processOfJob,
  };
  mkdirSync(join(folder, 'jobs', name), { recursive: true });
  writeFileSync(join(folder, 'jobs', name, 'job.json'), JSON.stringify(job));
}

test('a job does not outlive a runtime that is killed, and is Failed for the next', async () => {
  const runtime = start([join(__dirname, 'run-job.cjs'), folder]);
  const [line] = (await once(runtime.stdout!, 'data')) as [Buffer];
  const job = identify(Number(line.toString()));
  expect(isAlive(job)).toBe(true);
  expect(serve).toThrow(new RegExp(`is in use by process ${runtime.pid}\\. End the other`));
  runtime.kill('SIGKILL');
  await once(runtime, 'exit');
  await until(() => !isAlive(job));
  const service = serve();
  expect(service.describe('left')).toMatchObject({ TrainingJobStatus: 'Failed', FailureReason: RUNTIME_ENDED });
  expect(service.readLog('left')).toBe(line.toString());
  await service.close();
});

test('of a job on several hosts none outlives a runtime that is killed', async () => {
  const runtime = start([join(__dirname, 'run-job.cjs'), folder, '2']);
  let said = '';
  runtime.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(() => said.split('\n').length === 3);
  const hosts = said
    .trim()
    .split('\n')
    .map((pid) => identify(Number(pid)));
  expect(hosts.map(isAlive)).toEqual([true, true]);
  runtime.kill('SIGKILL');
  await until(() => !hosts.some(isAlive));
});

test("a leftover process that is the job's is ended by the next start", async () => {
  const child = start(['-e', 'setInterval(() => {}, 1000)'], 'ignore');
  const identity = identify(child.pid!);
  leaveJob('left', identity);
  const service = serve();
  await until(() => !isAlive(identity));
  expect(service.describe('left').FailureReason).toBe(RUNTIME_ENDED);
  await service.close();
});

test("a process that only has the job's number lives on", async () => {
  const child = start(['-e', 'setInterval(() => {}, 1000)'], 'ignore');
  leaveJob('left', { pid: child.pid, started: 'linux:another-boot:1' });
  leaveJob('older', { pid: child.pid });
  const service = serve();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(isAlive(identify(child.pid!))).toBe(true);
  expect(service.describe('left').TrainingJobStatus).toBe('Failed');
  expect(service.describe('older').TrainingJobStatus).toBe('Failed');
  await service.close();
});

test('an ended job is as it was, and its name stays used', async () => {
  const first = serve();
  first.createTrainingJob(scriptRequest('done', 'console.log("accuracy=0.5")'));
  const before = await first.waitForEnd('done');
  await first.close();
  const second = serve();
  expect(second.describe('done')).toEqual(before);
  expect(() => second.createTrainingJob(scriptRequest('done', ''))).toThrow(/must be unique/);
  await second.close();
});

test('a state that is no JSON is named', () => {
  leaveJob('torn', undefined);
  writeFileSync(join(folder, 'jobs', 'torn', 'job.json'), '{');
  expect(serve).toThrow(/torn\/job\.json can't be read: .*Delete its folder/);
  // a state that was being written when the runtime was killed is not in the way.
  rmSync(join(folder, 'jobs', 'torn', 'job.json'));
  writeFileSync(join(folder, 'jobs', 'torn', 'job.json.new'), '{');
  expect(serve().readLog).toBeDefined();
  expect(readFileSync(join(folder, 'jobs', 'owner.json'), 'utf8')).toContain(String(process.pid));
});
