import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
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
import { StudyRecord, TrialRecord } from '../../lambda/core/store/records';
import { StudyStore } from '../../lambda/core/store/study-store';
import { DynamoItemTable } from '../../lambda/core/store/item-table';
import { LocalHttpServer } from '../../local/http-server';
import { ServiceQuotasService } from '../../local/service-quotas';
import { FakeSageMaker } from '../support/lambda-sagemaker';
import { Dynamo, startDynamo } from '../support/lambda-dynamo';
import { TUNER, at, completed, trainOf } from '../support/lambda-study';

const ROOT = path.join(__dirname, '..', '..');
const STEPS = [
  'open-study',
  'plan-round',
  'next-trial',
  'report',
  'record-trial',
  'review-round',
  'finish-study',
  'stop-study',
  'report-log',
];
const bundle = (step: string) => path.join(ROOT, 'lambda', 'dist', step, 'index.js');

/** Calls a built Lambda as the service does: JSON in, JSON out, a failure as the error's name and message. */
async function invoke<T>(step: string, event: unknown): Promise<T> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- bundles are CommonJS files, built before.
  const { handler } = require(bundle(step)) as { handler: (event: unknown) => Promise<T> };
  const answer = await handler(event === undefined ? undefined : JSON.parse(JSON.stringify(event)));
  return (answer === undefined ? undefined : JSON.parse(JSON.stringify(answer))) as T;
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

/** Quotas of an account: those that matter stand behind two hundred others. */
const QUOTAS = {
  ...Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`ml.x${i}.large for training job usage`, 1])),
  'ml.m5.xlarge for training job usage': 2,
  'ml.g5.xlarge for training job usage': { default: 0 },
};
const JOB_NAME_PREFIX = TUNER.compute.jobNamePrefix;

let dynamo: Dynamo;
let executions: Server;
const sagemaker = new FakeSageMaker();
const services = new LocalHttpServer({
  services: [sagemaker, new ServiceQuotasService({ quotas: QUOTAS, region: 'eu-central-1', account: '123456789012' })],
});
const SERVICES = ['AWS_ENDPOINT_URL_SAGEMAKER', 'AWS_ENDPOINT_URL_SERVICE_QUOTAS'];
beforeAll(async () => {
  if (!STEPS.every((step) => existsSync(bundle(step)))) {
    execFileSync(process.execPath, ['bin/bundle.mjs'], { cwd: ROOT, stdio: 'inherit' });
  }
  dynamo = await startDynamo();
  executions = await startExecutions();
  const url = await services.start();
  for (const name of SERVICES) process.env[name] = url;
  process.env[STEP_ENVIRONMENT.JOB_NAME_PREFIX] = JOB_NAME_PREFIX;
  process.env[STEP_ENVIRONMENT.TABLE] = await dynamo.createTable();
});
afterAll(async () => {
  executions.closeAllConnections();
  executions.close();
  await services.close();
  for (const name of ['AWS_ENDPOINT_URL_SFN', STEP_ENVIRONMENT.JOB_NAME_PREFIX, ...SERVICES]) delete process.env[name];
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
  expect(opened).toEqual({ study: 'whole', run: 1, round: 0, notes: [] });
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

describe('open-study asks Service Quotas', () => {
  const openOn = (study: string, compute: object) => ({
    ...openRequest(study),
    execution: `arn:aws:states:eu-central-1:123456789012:execution:tuner:${study}`,
    tuner: { ...TUNER, compute: { ...TUNER.compute, ...compute } },
  });

  test('page by page, and tells what is too little', async () => {
    const { notes } = await invoke<OpenAnswer>('open-study', openOn('few', { quotaCheck: 'fail' }));
    const result = await invoke<StudyResult>('finish-study', { study: 'few', run: 1, at: at(9) });
    expect(result.notes).toEqual(notes);
    expect(notes).toEqual([
      expect.stringMatching(
        /^the quota "ml\.m5\.xlarge for training job usage" of account 123456789012 in eu-central-1 is 2, so at most 2 trials train at the same time, .* ask for 3 at https:.*\/L-[0-9A-F]{8}$/,
      ),
    ]);
  });

  test('also for what the account has by default, and fails by name', async () => {
    const request = openOn('none', { quotaCheck: 'fail', instanceTypes: ['ml.g5.xlarge'] });
    expect(await refusal('open-study', request)).toEqual({
      errorType: 'QuotaTooSmall',
      message: expect.stringContaining('"ml.g5.xlarge for training job usage" of account 123456789012'),
    });
    expect(await recordOf('none')).toBeUndefined();
  });
});

const tableStore = () => new StudyStore(new DynamoItemTable(process.env[STEP_ENVIRONMENT.TABLE]!));
const recordOf = (study: string): Promise<StudyRecord | undefined> => tableStore().getStudy(study);
const trialOf = (study: string, trial: number): Promise<TrialRecord | undefined> => tableStore().getTrial(study, trial);

/** Opens a study and starts its first trial, whose job runs. */
async function running(study: string, tuner: object = {}) {
  await invoke('open-study', { ...openRequest(study), input: { study }, tuner: { ...TUNER, ...tuner } });
  const request = { study, run: 1, round: 1, slot: 0, turn: 0, at: at(1) };
  const answer = trainOf(await invoke<NextAnswer>('next-trial', request));
  const jobName = `${answer.jobName}-0-0`;
  sagemaker.jobs.set(jobName, { TrainingJobStatus: 'InProgress', TrainingStartTime: Date.parse(at(10)) / 1000 });
  return { ...answer, jobName };
}

describe('stop-study', () => {
  /** What EventBridge sends: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html. */
  const statusChange = (name: string, input: string | undefined, executionArn = `arn:execution-of-${name}`) => ({
    version: '0',
    id: '315c1398-40ff-a850-213b-158f73e60175',
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    account: '123456789012',
    time: '2026-01-31T12:01:00Z',
    region: 'eu-central-1',
    resources: [executionArn],
    detail: {
      executionArn,
      stateMachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:tuner',
      name,
      status: 'ABORTED',
      startDate: 1769860800000,
      stopDate: 1769860860000,
      ...(input !== undefined && { input }),
      inputDetails: { included: input !== undefined },
      output: null,
    },
  });

  test('stops the jobs of an execution that was stopped, and keeps its trials for a resume', async () => {
    const { jobName } = await running('aborted');
    await invoke('stop-study', statusChange('aborted', JSON.stringify({ study: 'aborted' })));
    expect(sagemaker.stopped).toContain(jobName);
    expect(await recordOf('aborted')).toMatchObject({ status: 'STOPPED', endedAt: '2026-01-31T12:01:00.000Z' });
    expect(await trialOf('aborted', 1)).toMatchObject({
      state: 'QUEUED',
      attempts: [{ outcome: { jobName, billableSeconds: 50 } }],
    });
  });

  test.each([
    ['no study', '{}'],
    // as EventBridge sends it where a key of the user's encrypts the execution's data.
    ['nothing', undefined],
  ])('finds the study of the execution where its input says %s', async (_, input) => {
    const name = `by-execution-${String(input).length}`;
    await running(name);
    await invoke('stop-study', statusChange(name, input));
    expect(await recordOf(name)).toMatchObject({ status: 'STOPPED' });
  });

  test('has nothing to stop where the execution has opened no study', async () => {
    const event = statusChange('no-study', '{"study":7}');
    await expect(invoke('stop-study', event)).resolves.toBeUndefined();
  });

  test('leaves the study of another execution alone', async () => {
    await running('taken');
    await invoke('stop-study', statusChange('taken', undefined, 'arn:earlier'));
    expect(await recordOf('taken')).toMatchObject({ status: 'RUNNING' });
  });
});

describe('report-log', () => {
  const logReports = { metricRegexes: { accuracy: 'accuracy=(\\S+)' }, resourceOffset: 0 };
  /** What CloudWatch Logs sends to a subscription. */
  const delivery = (logStream: string, messages: string[], messageType = 'DATA_MESSAGE') => {
    const logEvents = messages.map((message, i) => ({
      id: String(i).padStart(56, '0'),
      timestamp: Date.parse(at(20 + i)),
      message,
    }));
    const data = { messageType, owner: '123456789012', logGroup: '/aws/sagemaker/TrainingJobs', logStream, logEvents };
    return { awslogs: { data: gzipSync(JSON.stringify(data)).toString('base64') } };
  };

  test('reports what a training job prints, in any language', async () => {
    const { jobName } = await running('printed', { logReports });
    const lines = ['Überprüfung läuft', 'accuracy=0.5', 'accuracy=0.75'];
    await invoke('report-log', delivery(`${jobName}/algo-1-1769860800`, lines));
    await invoke('report-log', delivery(`${jobName}/algo-1-1769860800`, lines));
    expect(await trialOf('printed', 1)).toMatchObject({
      value: 0.75,
      lastResource: 2,
      curve: [{ resource: 1 }, { resource: 2 }],
    });
  });

  test('stops a job that has diverged', async () => {
    const { jobName } = await running('exploded', { logReports });
    await invoke('report-log', delivery(`${jobName}/algo-1-1769860800`, ['accuracy=nan', 'accuracy=0.75']));
    expect(sagemaker.stopped).toContain(jobName);
    expect(await trialOf('exploded', 1)).toMatchObject({ decision: 'stop', failureClass: 'diverged' });
  });

  test('warns in its log about a line that is no report', async () => {
    const { jobName } = await running('zero', { logReports: { ...logReports, resourceOffset: -1 } });
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    await invoke('report-log', delivery(`${jobName}/algo-1-1769860800`, ['accuracy=0.5', 'accuracy=0.75']));
    expect(warn.mock.calls).toEqual([[expect.stringContaining('trial 1 of study zero: InvalidReport: resource')]]);
    warn.mockRestore();
    expect(await trialOf('zero', 1)).toMatchObject({ value: 0.75, lastResource: 1 });
  });

  test.each<[string, (jobName: string) => [string, string[], string?]]>([
    ['other hosts of a distributed training', (jobName) => [`${jobName}/algo-2-1769860800`, ['accuracy=0.5']]],
    ['the tenth host', (jobName) => [`${jobName}/algo-10-1769860800`, ['accuracy=0.5']]],
    ['a stream without a host', (jobName) => [jobName, ['accuracy=0.5']]],
    ['control messages', (jobName) => [`${jobName}/algo-1-1769860800`, ['accuracy=0.5'], 'CONTROL_MESSAGE']],
    ['jobs of other programs', (jobName) => [`x${jobName}/algo-1-1769860800`, ['accuracy=0.5']]],
  ])('leaves alone %s', async (title, streamOf) => {
    const study = `alone-${title.length}`;
    const { jobName } = await running(study, { logReports });
    const before = await trialOf(study, 1);
    await invoke('report-log', delivery(...streamOf(jobName)));
    expect(await trialOf(study, 1)).toEqual(before);
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
