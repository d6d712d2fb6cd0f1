import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeTrainingJobCommand, ListTrainingJobsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { LocalRuntime } from '../../local/runtime';
import { synthesizeSmallStudy, temporaryFolder, trialsOf } from './small-study';

/** Trains until it is told to stop. */
const LONG_PROGRAM = `
import { report } from './cdk-hpo.mjs';
for (let epoch = 1; ; epoch++) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  await report(epoch, { quality: 1 });
}
`;

let runtime: LocalRuntime;
let sfn: SFNClient;
let sageMaker: SageMakerClient;

async function start(program?: string): Promise<void> {
  runtime = await LocalRuntime.start({
    assembly: synthesizeSmallStudy({ program }),
    folder: temporaryFolder(),
    sageMaker: { stopGraceSeconds: 2 },
  });
  const settings = {
    endpoint: runtime.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  sfn = new SFNClient(settings);
  sageMaker = new SageMakerClient(settings);
}

afterEach(async () => {
  sfn.destroy();
  sageMaker.destroy();
  await runtime.close();
});

async function ended(executionArn: string) {
  for (;;) {
    const answer = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (answer.status !== 'RUNNING') return answer;
    await sleep(100);
  }
}

test("AWS's SDK starts a study and follows it to its result", async () => {
  // GIVEN
  await start();
  const stateMachineArn = runtime.app.stateMachines[0].arn;

  // WHEN
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'by-sdk' }));
  const { status, output } = await ended(executionArn!);

  // THEN
  expect(status).toBe('SUCCEEDED');
  const result = JSON.parse(output!);
  // the study has the execution's name where the input gives none.
  expect(result).toMatchObject({
    study: 'by-sdk',
    status: 'SUCCEEDED',
    trials: { total: 4, completed: 4, stoppedEarly: 0, failed: 0, unfinished: 0 },
    best: { metrics: { quality: expect.any(Number) }, trainingJobName: expect.any(String) },
  });
  expect(Buffer.byteLength(output!)).toBeLessThan(2000);

  const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
  expect(events!.at(-1)!.type).toBe('ExecutionSucceeded');
  const { mapRuns } = await sfn.send(new ListMapRunsCommand({ executionArn }));
  const { executions } = await sfn.send(new ListExecutionsCommand({ mapRunArn: mapRuns![0].mapRunArn }));
  expect(executions!.map((child) => child.status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  const job = await sageMaker.send(new DescribeTrainingJobCommand({ TrainingJobName: result.best.trainingJobName }));
  expect(job.TrainingJobStatus).toBe('Completed');
  // the client's lines are read like those of any container: the last resort when reports get lost.
  expect(job.FinalMetricDataList).toEqual([
    expect.objectContaining({ MetricName: 'quality', Value: result.best.value }),
  ]);
});

test("AWS's SDK stops a study: its jobs are stopped, and another execution can go on with it", async () => {
  // GIVEN
  await start(LONG_PROGRAM);
  const stateMachineArn = runtime.app.stateMachines[0].arn;
  const { executionArn } = await sfn.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify({ study: 'stopped', maxTrials: 2 }) }),
  );
  while ((await trialsOf(runtime, 'stopped')).filter(({ lastResource }) => lastResource !== undefined).length < 2) {
    await sleep(100);
  }

  // WHEN another execution wants the same study, THEN it is refused
  const second = await sfn.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify({ study: 'stopped' }) }),
  );
  expect(await ended(second.executionArn!)).toMatchObject({ status: 'FAILED', error: 'StudyInProgress' });

  // WHEN
  await sfn.send(new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'seen enough' }));

  // THEN
  expect(await ended(executionArn!)).toMatchObject({ status: 'ABORTED', error: 'Enough' });
  const statuses = async () =>
    (await sageMaker.send(new ListTrainingJobsCommand({}))).TrainingJobSummaries!.map((job) => job.TrainingJobStatus);
  while ((await statuses()).some((status) => status === 'InProgress' || status === 'Stopping')) await sleep(100);
  expect(await statuses()).toEqual(['Stopped', 'Stopped']);

  // WHEN it is resumed with few seconds left to run
  const third = await sfn.send(
    new StartExecutionCommand({
      stateMachineArn,
      input: JSON.stringify({ study: 'stopped', maxTrials: 2, maxDurationSeconds: 4 }),
    }),
  );

  // THEN
  const { status, output } = await ended(third.executionArn!);
  expect(status).toBe('SUCCEEDED');
  expect(JSON.parse(output!).trials).toMatchObject({ total: 2, completed: 0, failed: 0, stoppedEarly: 2 });
}, 400_000);
