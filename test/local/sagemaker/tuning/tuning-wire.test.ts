import {
  CreateHyperParameterTuningJobCommand,
  DescribeHyperParameterTuningJobCommand,
  ListHyperParameterTuningJobsCommand,
  ListTrainingJobsForHyperParameterTuningJobCommand,
  ResourceNotFound,
  SageMakerClient,
  StopHyperParameterTuningJobCommand,
} from '@aws-sdk/client-sagemaker';
import type { CreateHyperParameterTuningJobRequest } from '@aws-sdk/client-sagemaker';
import { zipSync } from 'fflate';
import { LocalHttpServer } from '../../../../local/http-server';
import type { SageMakerService } from '../../../../local/sagemaker';
import { serveProcesses } from '../serve';
import { tuningRequest } from './tuning-request';

/** Prints its x in three epochs; an x of "stuck" waits until it is stopped. */
const PROGRAM = `
const { x } = JSON.parse(process.env.SM_HPS);
if (x === 'stuck') { console.log('waits'); setInterval(() => {}, 1000); }
else for (const epoch of [1, 2, 3]) console.log('accuracy=' + (x + epoch / 1000));
`;

let service: SageMakerService;
let server: LocalHttpServer;
let client: SageMakerClient;

beforeEach(async () => {
  const served = serveProcesses([]);
  service = served.service;
  served.objectStore.put('s3://bucket/code/program.zip', Buffer.from(zipSync({ 'train.mjs': Buffer.from(PROGRAM) })));
  server = new LocalHttpServer({ services: [service] });
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  client = new SageMakerClient({ endpoint: await server.start(), region: 'us-east-1', credentials });
});

afterEach(async () => {
  client.destroy();
  await service.close();
  await server.close();
});

/** Training jobs with a program of this machine, as TrainingProgram.fromScript gives it to an image. */
const S3DataSource = { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/code/' };
const WITH_PROGRAM = {
  InputDataConfig: [{ ChannelName: 'cdk_hpo_program', DataSource: { S3DataSource } }],
  Environment: { CDK_HPO_LOCAL_PROGRAM: 'train.mjs' },
};

function request(name: string, config: Record<string, unknown> = {}) {
  const more = { config: { ResourceLimits: { MaxParallelTrainingJobs: 2, MaxNumberOfTrainingJobs: 3 }, ...config } };
  return tuningRequest(name, { ...more, definition: WITH_PROGRAM }) as unknown as CreateHyperParameterTuningJobRequest;
}

test('a tuning job of real processes is created, watched and listed by the SDK', async () => {
  const { HyperParameterTuningJobArn } = await client.send(new CreateHyperParameterTuningJobCommand(request('real')));
  expect(HyperParameterTuningJobArn).toMatch(/:hyper-parameter-tuning-job\/real$/);
  await service.tuning.waitForEnd('real');
  const HyperParameterTuningJobName = 'real';
  const job = await client.send(new DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName }));
  expect(job).toMatchObject({
    HyperParameterTuningJobStatus: 'Completed',
    TrainingJobStatusCounters: { Completed: 3 },
    ObjectiveStatusCounters: { Succeeded: 3 },
  });
  expect(job.CreationTime).toBeInstanceOf(Date);
  expect(job.HyperParameterTuningEndTime!.getTime()).toBeGreaterThanOrEqual(job.CreationTime!.getTime());
  const { TrainingJobSummaries = [] } = await client.send(
    new ListTrainingJobsForHyperParameterTuningJobCommand({
      HyperParameterTuningJobName,
      SortBy: 'FinalObjectiveMetricValue',
      SortOrder: 'Descending',
    }),
  );
  expect(TrainingJobSummaries).toHaveLength(3);
  expect(TrainingJobSummaries[0]).toEqual(job.BestTrainingJob);
  for (const { TunedHyperParameters, FinalHyperParameterTuningJobObjectiveMetric: metric } of TrainingJobSummaries) {
    // the last epoch's value, of a program that got its hyperparameters as SageMaker gives them.
    expect(metric!.Value).toBeCloseTo(Number(TunedHyperParameters!.x) + 0.003, 9);
  }
  const { HyperParameterTuningJobSummaries: list = [] } = await client.send(
    new ListHyperParameterTuningJobsCommand({}),
  );
  expect(list.map(({ HyperParameterTuningJobName: name, Strategy }) => [name, Strategy])).toEqual([['real', 'Random']]);
});

test('StopHyperParameterTuningJob ends the processes that run', async () => {
  const ParameterRanges = { CategoricalParameterRanges: [{ Name: 'x', Values: ['stuck'] }] };
  await client.send(new CreateHyperParameterTuningJobCommand(request('stuck', { ParameterRanges })));
  const HyperParameterTuningJobName = 'stuck';
  const list = () =>
    client.send(new ListTrainingJobsForHyperParameterTuningJobCommand({ HyperParameterTuningJobName }));
  for (;;) {
    const { TrainingJobSummaries: [job] = [] } = await list();
    if (job !== undefined && service.readLog(job.TrainingJobName!).includes('waits')) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await client.send(new StopHyperParameterTuningJobCommand({ HyperParameterTuningJobName }));
  expect(await service.tuning.waitForEnd('stuck')).toMatchObject({
    HyperParameterTuningJobStatus: 'Stopped',
    TrainingJobStatusCounters: { Stopped: 1, InProgress: 0 },
  });
  const { TrainingJobSummaries: [job] = [] } = await list();
  expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', ObjectiveStatus: 'Failed' });
});

test('an unknown tuning job is ResourceNotFound', async () => {
  const describe = new DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName: 'nobody' });
  await expect(client.send(describe)).rejects.toBeInstanceOf(ResourceNotFound);
});
