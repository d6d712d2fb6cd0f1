import { ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { awsEnvironment } from '../../local/lambda';
import { TrialRecord, currentAttempt } from '../../lambda/core/store/records';
import { RESUMING_PROGRAM, STUDY, WayRun, expectAllOnce, expectNoGaps } from './ways';

const EPOCHS = 4;
const PACKAGES = path.join(__dirname, '..', '..', 'client', 'dist', 'python');

let cluster: WayRun | undefined;
const workers: HandStarted[] = [];
afterEach(async () => {
  for (const { child } of workers.splice(0)) child.kill('SIGKILL');
  await cluster?.close();
  cluster = undefined;
});

interface HandStarted {
  readonly child: ChildProcess;
  readonly lines: () => string;
  readonly ended: Promise<number | null>;
}

/** A worker as a person would start it on a machine of their own. */
function startWorker({ runtime, folder }: WayRun, ...options: string[]): HandStarted {
  const name = runtime.app.functions.find(({ logicalId }) => /Worker/.test(logicalId))!.name;
  const { dynamoDb, url } = runtime;
  const endpoints = { dynamodb: dynamoDb.url, lambda: url, s3: url };
  const words = ['-m', 'cdk_hpo', 'worker', '--study', STUDY, '--function', name, ...options];
  const child = spawn('python3', words, {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      PYTHONPATH: PACKAGES,
      PYTHONUNBUFFERED: '1',
      CDK_HPO_WORKER_CHECKPOINT_SECONDS: '1',
      ...awsEnvironment(endpoints, 'us-east-1'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      // its trials are the study's as well.
      (cluster!.lines as { job: string; line: string }[]).push(
        ...chunk
          .toString()
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => ({ job: 'by hand', line })),
      );
    });
  }
  const started = {
    child,
    lines: () => text,
    ended: new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code))),
  };
  workers.push(started);
  return started;
}

/** The attempts that workers outside of the cluster ran. */
async function ofOthers(run: WayRun) {
  const numbers = (await run.workers()).filter(({ host }) => !host.startsWith('hpo-')).map(({ worker }) => worker);
  return (trial: TrialRecord) => trial.attempts.filter(({ worker }) => numbers.includes(worker!));
}

async function begin(maxTrials: number): Promise<string> {
  cluster = await WayRun.start('training cluster', {
    program: RESUMING_PROGRAM(EPOCHS, 700),
    cluster: { instanceCount: 1, trialsPerInstance: 1, heartbeat: Duration.seconds(3) },
    tuner: { maxTrials, maxParallelTrials: undefined },
  });
  return cluster.begin();
}

test('a worker that was started by hand joins a running study, takes trials, and hands back what it runs when it leaves', async () => {
  const execution = await begin(8);
  const run = cluster!;
  await run.until('the cluster runs a trial', async () => (await run.trials()).length > 0);
  const worker = startWorker(run, '--slots', '2');
  await run.until('it has completed a trial, and another one has a report', async () => {
    const mine = await ofOthers(run);
    const trials = (await run.trials()).filter((trial) => mine(trial).length > 0);
    return (
      trials.some(({ state }) => state === 'COMPLETED') &&
      // with most of it still to train.
      trials.some((trial) => trial.state === 'RUNNING' && currentAttempt(trial).lastReport?.resource === 1)
    );
  });
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
  expect(worker.lines()).toContain('got SIGTERM, hands back what it runs');
  const result = await run.succeed(execution);
  expect(result.trials).toEqual({ total: 8, completed: 8, stoppedEarly: 0, failed: 0, unfinished: 0 });
  const trials = await run.trials();
  expectAllOnce(trials, 8);
  expectNoGaps(run, trials, EPOCHS);
  // what it had not finished the cluster's worker went on with.
  const mine = await ofOthers(run);
  const handedBack = trials.filter((trial) => mine(trial).length > 0 && trial.attempts.length > mine(trial).length);
  expect(handedBack.length).toBeGreaterThan(0);
  expect((await run.study()).jobs).toHaveLength(1);
}, 240_000);

test('a worker that was killed is missed by its heartbeats: the cluster goes on with its trial', async () => {
  const execution = await begin(4);
  const run = cluster!;
  await run.until('the cluster runs a trial', async () => (await run.trials()).length > 0);
  const worker = startWorker(run, '--slots', '1');
  let lost: TrialRecord | undefined;
  await run.until('it runs a trial', async () => {
    const mine = await ofOthers(run);
    lost = (await run.trials()).find((trial) => mine(trial).length > 0 && trial.lastReport !== undefined);
    return lost?.state === 'RUNNING';
  });
  worker.child.kill('SIGKILL');
  const result = await run.succeed(execution);
  expect(result.trials).toEqual({ total: 4, completed: 4, stoppedEarly: 0, failed: 0, unfinished: 0 });
  const trials = await run.trials();
  expectAllOnce(trials, 4);
  expectNoGaps(run, trials, EPOCHS);
  const { attempts } = trials[lost!.trial - 1];
  expect(attempts.map(({ message }) => message)).toEqual(['its worker was lost', undefined]);
  const hosts = await run.workers();
  expect(hosts.find(({ host }) => !host.startsWith('hpo-'))!.gone).toBe('its worker was lost');
  expect((await run.study()).jobs).toHaveLength(1);
}, 240_000);

test('a worker that comes when the study is over has nothing to do', async () => {
  const execution = await begin(1);
  await cluster!.succeed(execution);
  const worker = startWorker(cluster!);
  expect(await worker.ended).toBe(0);
  expect(worker.lines()).toContain('there is nothing to do: the study has ended');
}, 240_000);
