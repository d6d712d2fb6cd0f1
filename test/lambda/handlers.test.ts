import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import path from 'node:path';
import {
  NextAnswer,
  OpenAnswer,
  PlanAnswer,
  ReportAnswer,
  ReviewAnswer,
  StudyResult,
  TrainAnswer,
} from '../../lib/contract/calls';
import { STEP_ENVIRONMENT } from '../../lib/contract/environment';
import { Dynamo, startDynamo } from '../support/lambda-dynamo';
import { TUNER, at, completed, trainOf } from '../support/lambda-study';

const ROOT = path.join(__dirname, '..', '..');
const STEPS = ['open-study', 'plan-round', 'next-trial', 'report', 'record-trial', 'review-round', 'finish-study'];
const bundle = (step: string) => path.join(ROOT, 'lambda', 'dist', step, 'index.js');

/** Calls a built Lambda as the service does: JSON in, JSON out, a failure as the error's name and message. */
async function invoke<T>(step: string, event: unknown): Promise<T> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- bundles are CommonJS files, built before.
  const { handler } = require(bundle(step)) as { handler: (event: unknown) => Promise<T> };
  const answer = await handler(event === undefined ? undefined : JSON.parse(JSON.stringify(event)));
  return JSON.parse(JSON.stringify(answer)) as T;
}

const refusal = (step: string, event: unknown) =>
  invoke(step, event).then(
    () => undefined,
    ({ name, message }: Error) => ({ errorType: name, message }),
  );

/** Step Functions, in which every execution runs. */
async function startExecutions(): Promise<Server> {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify({ status: 'RUNNING' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env.AWS_ENDPOINT_URL_SFN = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return server;
}

let dynamo: Dynamo;
let executions: Server;
beforeAll(async () => {
  if (!STEPS.every((step) => existsSync(bundle(step)))) {
    execFileSync(process.execPath, ['bin/bundle.mjs'], { cwd: ROOT, stdio: 'inherit' });
  }
  dynamo = await startDynamo();
  executions = await startExecutions();
  process.env[STEP_ENVIRONMENT.TABLE] = await dynamo.createTable();
});
afterAll(async () => {
  executions.closeAllConnections();
  executions.close();
  delete process.env.AWS_ENDPOINT_URL_SFN;
  delete process.env[STEP_ENVIRONMENT.TABLE];
  await dynamo.stop();
});

const openRequest = (study: string) => ({
  input: { study, maxTrials: 3 },
  tuner: TUNER,
  execution: `arn:execution-of-${study}`,
  executionName: study,
  at: at(0),
});

test('the bundles run a study from its begin to its end', async () => {
  const opened = await invoke<OpenAnswer>('open-study', openRequest('whole'));
  expect(opened).toEqual({ study: 'whole', run: 1, round: 0 });
  const place = { study: 'whole', run: 1, round: 1 };
  expect(await invoke<PlanAnswer>('plan-round', { ...place, at: at(0) })).toEqual({ round: 1, slots: [0, 1, 2] });

  const turn = { ...place, slot: 0, at: at(1) };
  const values = [0.5, 0.9, 0.7];
  let answer = await invoke<NextAnswer>('next-trial', { ...turn, turn: 0 });
  for (const [i, accuracy] of values.entries()) {
    const { trial, attempt, token } = trainOf(answer) as TrainAnswer;
    expect(trial).toBe(i + 1);
    const report = { study: 'whole', trial, attempt, token, resource: 1, metrics: { accuracy } };
    expect(await invoke<ReportAnswer>('report', report)).toEqual({ decision: 'continue' });
    const outcome = completed(100);
    answer = await invoke<NextAnswer>('record-trial', { ...turn, turn: i + 1, trial, attempt, outcome });
  }
  expect(answer).toEqual({ action: 'none', reason: 'all 3 trials have been started' });

  const reason = 'all 3 trials have ended';
  expect(await invoke<ReviewAnswer>('review-round', { ...place, at: at(9) })).toEqual({ complete: true, reason });
  const result = await invoke<StudyResult>('finish-study', { study: 'whole', run: 1, at: at(9) });
  expect(result).toMatchObject({
    study: 'whole',
    status: 'SUCCEEDED',
    reason,
    best: { trial: 2, value: 0.9, metrics: { accuracy: 0.9 } },
    trials: { total: 3, completed: 3, stoppedEarly: 0, failed: 0, unfinished: 0 },
    cost: { instanceSeconds: 300, usd: null },
    records: { table: process.env[STEP_ENVIRONMENT.TABLE], study: 'whole' },
  });
});

describe('a bad request is refused by name:', () => {
  test.each<[string, string, unknown, string, string]>([
    [
      'an unknown field in the input',
      'open-study',
      { ...openRequest('bad'), input: { maxTrails: 3 } },
      'InvalidStudyInput',
      '"maxTrails"',
    ],
    [
      'a value out of range',
      'open-study',
      { ...openRequest('bad'), input: { maxTrials: 0 } },
      'InvalidStudyInput',
      'got 0',
    ],
    [
      'a space that is none',
      'open-study',
      { ...openRequest('bad'), tuner: { ...TUNER, searchSpace: [] } },
      'InvalidStudyInput',
      'searchSpace must have at least one parameter, got none',
    ],
    [
      'a request without an execution',
      'open-study',
      { ...openRequest('bad'), execution: undefined },
      'InvalidRequest',
      'execution of the request of Open study is missing',
    ],
    [
      'a time that is none',
      'plan-round',
      { study: 's', run: 1, round: 1, at: 'now' },
      'InvalidRequest',
      'at of the request of Plan round must be a time',
    ],
    [
      'an unknown study',
      'plan-round',
      { study: 's', run: 1, round: 1, at: at(0) },
      'StudyNotFound',
      'there is no study "s"',
    ],
    [
      'a slot out of range',
      'next-trial',
      { study: 's', run: 1, round: 1, slot: 1000, turn: 0, at: at(0) },
      'InvalidRequest',
      'slot of the request of Next trial',
    ],
    [
      'an unknown study',
      'next-trial',
      { study: 's', run: 1, round: 1, slot: 0, turn: 0, at: at(0) },
      'StudyNotFound',
      '"s"',
    ],
    [
      'a request without an outcome',
      'record-trial',
      { study: 's', run: 1, round: 1, slot: 0, turn: 1, trial: 1, attempt: 1, at: at(0) },
      'InvalidRequest',
      'outcome',
    ],
    ['no request', 'review-round', undefined, 'InvalidRequest', 'the request of Review round must be an object'],
    ['an unknown study', 'finish-study', { study: 's', run: 1, at: at(0) }, 'StudyNotFound', '"s"'],
    ['no report', 'report', undefined, 'InvalidReport', 'the report must be an object'],
    [
      'a report for an unknown trial',
      'report',
      { study: 's', trial: 1, attempt: 1, token: 't', resource: 1, metrics: { accuracy: 1 } },
      'InvalidReport',
      'trial 1 of study "s" doesn\'t exist',
    ],
  ])('%s of %s', async (_, step, event, errorType, words) => {
    expect(await refusal(step, event)).toEqual({ errorType, message: expect.stringContaining(words) });
  });

  test('a study whose other execution still runs', async () => {
    await invoke('open-study', openRequest('busy'));
    expect(await refusal('open-study', { ...openRequest('busy'), execution: 'arn:other' })).toEqual({
      errorType: 'StudyInProgress',
      message: expect.stringContaining('arn:execution-of-busy'),
    });
  });

  test('an input that is no object', async () => {
    expect(await refusal('open-study', { ...openRequest('bad'), input: [1] })).toMatchObject({
      errorType: 'InvalidStudyInput',
    });
  });

  test('and the table has no trace of it', async () => {
    expect(await refusal('plan-round', { study: 'bad', run: 1, round: 1, at: at(0) })).toMatchObject({
      errorType: 'StudyNotFound',
    });
  });
});
