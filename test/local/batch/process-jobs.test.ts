import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchService, ProcessBatchLauncher } from '../../../local/batch';
import { RealClock } from '../../../local/clock';
import { identify, isAlive, killGroup } from '../../../local/sagemaker/process-identity';
import { attemptsOf, DEFINITION, ENVIRONMENT, jobRequest, QUEUE, serveProcesses, temporaryFolder } from './serve';

/** Waits until a condition holds, as a program of its own makes it hold. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; !condition(); i++) {
    if (i > 500) throw new Error('the program never did what the test waits for');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a container knows its job, its queue, its attempt and where AWS is, and nothing of the parent', async () => {
  process.env.PARENT_SECRET = 'secret';
  const { service, run, lines } = serveProcesses({
    endpoints: { lambda: 'http://127.0.0.1:1', batch: 'http://127.0.0.1:2' },
  });
  const job = await run(['node', '-e', 'console.log(JSON.stringify(process.env))'], {
    containerOverrides: {
      command: ['node', '-e', 'console.log(JSON.stringify({ ...process.env, CWD: process.cwd() }))'],
      environment: [{ name: 'CHANGED', value: 'request' }],
    },
  });
  delete process.env.PARENT_SECRET;
  expect(job.status).toBe('SUCCEEDED');
  const environment = JSON.parse(lines[0]) as Record<string, string>;
  expect(environment).toMatchObject({
    AWS_BATCH_JOB_ID: job.jobId,
    AWS_BATCH_JOB_ATTEMPT: '1',
    AWS_BATCH_JQ_NAME: 'queue',
    AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:1',
    AWS_ENDPOINT_URL_BATCH: 'http://127.0.0.1:2',
    AWS_REGION: 'us-east-1',
    KEPT: 'definition',
    CHANGED: 'request',
    CWD: expect.stringMatching(new RegExp(`jobs/${job.jobId}/attempt-1$`)),
  });
  expect(environment).not.toHaveProperty('PARENT_SECRET');
  expect(environment).not.toHaveProperty('CDK_HPO_WORKER_COMMAND');
  expect(service.readLog(job.jobId)).toBe(`${lines[0]}\n`);
  await service.close();
});

test.each([
  ['train.mjs', process.execPath, 'node-entry.mjs'],
  ['train.py', 'python3', 'python_entry.py'],
])('a worker is told to start the twin %s with %s', async (twin, interpreter, entry) => {
  const { service, run, lines } = serveProcesses();
  const script = 'console.log(process.env.CDK_HPO_PROGRAM); console.log(process.env.CDK_HPO_WORKER_COMMAND)';
  await run([], {
    containerOverrides: {
      command: ['node', '-e', script],
      environment: [
        { name: 'CDK_HPO_PROGRAM', value: 'other.py' },
        { name: 'CDK_HPO_LOCAL_PROGRAM', value: twin },
      ],
    },
  });
  expect(lines[0]).toBe(twin);
  expect(JSON.parse(lines[1])).toEqual([interpreter, expect.stringMatching(new RegExp(`client/dist/entry/${entry}$`))]);
  await service.close();
});

test('a Python command runs', async () => {
  const { service, run, lines } = serveProcesses();
  const job = await run(['python3', '-c', 'import os; print(os.environ["AWS_BATCH_JOB_ATTEMPT"])']);
  expect([job.status, ...lines]).toEqual(['SUCCEEDED', '1']);
  await service.close();
});

test('each attempt begins in an empty folder', async () => {
  const { service, run, lines } = serveProcesses();
  const script =
    'const fs = require("fs"); console.log(fs.readdirSync(".").length); fs.writeFileSync("left", ""); process.exit(3)';
  const job = await run(['node', '-e', script], { retryStrategy: { attempts: 2 } });
  expect(lines).toEqual(['0', '0']);
  expect(attemptsOf(job).map(({ container }) => container.exitCode)).toEqual([3, 3]);
  await service.close();
});

test('a program killed by the machine has run out of memory', async () => {
  const { service, run } = serveProcesses();
  const job = await run(['node', '-e', 'process.kill(process.pid, "SIGKILL")']);
  expect(job).toMatchObject({
    status: 'FAILED',
    statusReason: 'Essential container in task exited',
    container: { exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' },
  });
  await service.close();
});

test.each([
  [
    'a program that there is not',
    ['no-such-program'],
    /CannotStartContainerError: the program "no-such-program" .*ENOENT.*Command/,
  ],
  ['a command with a NUL', ['node', 'a\0b'], /CannotStartContainerError: the program .* can't be started/],
])('%s fails to start', async (_what, command, reason) => {
  const { service, run } = serveProcesses();
  const job = await run(command);
  expect(job).toMatchObject({ status: 'FAILED', statusReason: 'Task failed to start' });
  expect(job).not.toHaveProperty('startedAt');
  expect(attemptsOf(job)[0].container).toEqual({ reason: expect.stringMatching(reason) });
  await service.close();
});

test('a container that leaves its command to the image is refused by name', async () => {
  const jobDefinitions = [{ ...DEFINITION, container: { ...DEFINITION.container!, command: [] } }];
  const { service } = serveProcesses({ jobDefinitions });
  const job = await service.waitForEnd(service.submitJob(jobRequest('job')).jobId);
  expect(attemptsOf(job)[0].container.reason).toMatch(
    /image:latest brings its own program.*ContainerOverrides, a Command/,
  );
  await service.close();
});

test('terminating sends SIGTERM, and what ignores it is killed with its children', async () => {
  const { service, submit, lines } = serveProcesses();
  const child = 'setInterval(() => {}, 1000)';
  const script = `
    process.on('SIGTERM', () => console.log('SIGTERM'));
    console.log(require('child_process').spawn(process.execPath, ['-e', '${child}']).pid);
    setInterval(() => {}, 1000);`;
  const jobId = submit(['node', '-e', script], { retryStrategy: { attempts: 3 } });
  await until(() => lines.length > 0);
  const grandchild = identify(Number(lines[0]));
  expect(isAlive(grandchild)).toBe(true);
  service.terminateJob({ jobId, reason: 'enough' });
  const job = await service.waitForEnd(jobId);
  expect(lines).toContain('SIGTERM');
  expect(job).toMatchObject({ status: 'FAILED', statusReason: 'enough', container: { exitCode: 137 } });
  // killed by us, not by want of memory.
  expect(attemptsOf(job)[0].container).not.toHaveProperty('reason');
  await until(() => !isAlive(grandchild));
  await service.close();
});

test('what a killed runtime left behind is ended, and known as a lost host', async () => {
  const folder = join(temporaryFolder(), 'jobs');
  const open = () =>
    new BatchService({
      ...{ clock: new RealClock(), launcher: new ProcessBatchLauncher(), folder },
      ...{ jobQueues: [QUEUE], computeEnvironments: [ENVIRONMENT], jobDefinitions: [DEFINITION] },
    });
  const first = open();
  const command = ['node', '-e', 'setInterval(() => {}, 1000)'];
  const { jobId } = first.submitJob(jobRequest('left', { containerOverrides: { command } }));
  const state = join(folder, jobId, 'job.json');
  const read = () => JSON.parse(readFileSync(state, 'utf8')) as { process?: { pid: number } };
  await until(() => read().process !== undefined);
  const left = identify(read().process!.pid);
  // a second service over the same folder, as after a kill.
  const second = open();
  await until(() => !isAlive(left));
  expect(second.describeJobs({ jobs: [jobId] }).jobs[0]).toMatchObject({
    status: 'FAILED',
    statusReason: expect.stringMatching(/^Host EC2 /),
  });
  const next = second.submitJob(jobRequest('next'));
  expect((await second.waitForEnd(next.jobId)).status).toBe('SUCCEEDED');
  const listed = second.listJobs({ jobQueue: 'queue', filters: [{ name: 'AFTER_CREATED_AT', values: ['0'] }] });
  expect((listed.jobSummaryList as { jobName: string }[]).map(({ jobName }) => jobName)).toEqual(['next', 'left']);
  killGroup(left);
  await Promise.all([first.close(), second.close()]);
});

test('a launcher of processes needs a folder', () => {
  expect(() => serveProcesses({ folder: undefined })).toThrow(/needs the option folder/);
});
