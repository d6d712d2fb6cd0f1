import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  ListTrainingJobsCommand,
  ResourceInUse,
  SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import type { CreateTrainingJobRequest, ListTrainingJobsRequest } from '@aws-sdk/client-sagemaker';
import { VirtualClock } from '../../../local/clock';
import { LocalHttpServer } from '../../../local/http-server';
import { SageMakerService, SimulatedJobLauncher } from '../../../local/sagemaker';
import type { SageMakerServiceOptions, SimulatedJobLauncherOptions, SimulatedProgram } from '../../../local/sagemaker';
import { trainingJobRequest } from './request';

const MINUTE = 60_000;

const tenMinutes: SimulatedProgram = async (_job, clock, { log, signal }) => {
  await clock.sleep(10 * MINUTE, signal);
  log('accuracy=0.9');
  return 0;
};

function serve(
  program: SimulatedProgram = tenMinutes,
  more: Partial<SageMakerServiceOptions> = {},
  launcher: Partial<SimulatedJobLauncherOptions> = {},
) {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const simulated = new SimulatedJobLauncher({ clock, program, ...launcher });
  return { clock, service: new SageMakerService({ clock, launcher: simulated, ...more }) };
}

const withMetric = {
  AlgorithmSpecification: {
    TrainingImage: 'image',
    TrainingInputMode: 'File',
    MetricDefinitions: [{ Name: 'accuracy', Regex: 'accuracy=(?P<value>[0-9.]+)' }],
  },
  StoppingCondition: { MaxRuntimeInSeconds: 3600 },
};

describe('on a virtual clock', () => {
  test('a simulated job takes its start-up and its work, and bills the work', async () => {
    const { service } = serve();
    service.createTrainingJob(trainingJobRequest('job', withMetric));
    const start = Date.UTC(2026, 0, 1) / 1000;
    expect(await service.waitForEnd('job')).toMatchObject({
      TrainingJobStatus: 'Completed',
      CreationTime: start,
      TrainingStartTime: start + 120,
      TrainingEndTime: start + 720,
      TrainingTimeInSeconds: 600,
      BillableTimeInSeconds: 600,
      FinalMetricDataList: [{ MetricName: 'accuracy', Value: 0.9, Timestamp: start + 720 }],
    });
  });

  test('a thousand jobs of ten minutes, 32 at once, take seconds', async () => {
    const { clock, service } = serve(tenMinutes, { instanceQuota: 32 });
    const began = Date.now();
    let next = 0;
    const slot = async () => {
      while (next < 1000) {
        const name = `job-${next++}`;
        service.createTrainingJob(trainingJobRequest(name, withMetric));
        await service.waitForEnd(name);
      }
    };
    await Promise.all(Array.from({ length: 32 }, slot));
    expect(clock.now() - Date.UTC(2026, 0, 1)).toBe(32 * 12 * MINUTE);
    expect(Date.now() - began).toBeLessThan(15_000);
  });

  test('MaxRuntimeInSeconds counts from the start of training', async () => {
    const { service } = serve();
    service.createTrainingJob(trainingJobRequest('job', { StoppingCondition: { MaxRuntimeInSeconds: 60 } }));
    expect(await service.waitForEnd('job')).toMatchObject({
      TrainingJobStatus: 'Stopped',
      SecondaryStatus: 'MaxRuntimeExceeded',
      BillableTimeInSeconds: 60,
    });
  });

  test('a program that does not listen is killed two minutes after a stop', async () => {
    const { clock, service } = serve((_job, time) => time.sleep(1e9).then(() => 0));
    service.createTrainingJob(trainingJobRequest('job', withMetric));
    await clock.sleep(5 * MINUTE);
    service.stop('job');
    const stopped = clock.now();
    expect((await service.waitForEnd('job')).TrainingJobStatus).toBe('Stopped');
    expect(clock.now() - stopped).toBe(2 * MINUTE);
  });

  test('a job that is stopped while its instance starts ends at once and is not billed', async () => {
    const { clock, service } = serve();
    service.createTrainingJob(trainingJobRequest('job', withMetric));
    await clock.sleep(MINUTE);
    service.stop('job');
    const job = await service.waitForEnd('job');
    expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' });
    expect(job).not.toHaveProperty('BillableTimeInSeconds');
    expect(clock.now() - Date.UTC(2026, 0, 1)).toBe(MINUTE);
  });

  test.each<[string, SimulatedProgram, RegExp]>([
    ['exits 2', async () => 2, /^AlgorithmError: .*exit code: 2$/],
    ['throws', () => Promise.reject(new Error('no data')), /^AlgorithmError: no data, exit code: 1$/],
    [
      'has no capacity',
      async () => ({ failureReason: 'CapacityError: Unable to provision' }),
      /^CapacityError: Unable/,
    ],
  ])('a program that %s is Failed', async (_what, program, reason) => {
    const { service } = serve(program);
    service.createTrainingJob(trainingJobRequest('job'));
    const job = await service.waitForEnd('job');
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toMatch(reason);
  });

  test('closing ends the jobs that run', async () => {
    const { clock, service } = serve(tenMinutes, {}, { startupSeconds: ({ name }) => (name === 'starting' ? 1e6 : 1) });
    service.createTrainingJob(trainingJobRequest('starting'));
    service.createTrainingJob(trainingJobRequest('training'));
    await clock.sleep(MINUTE / 2);
    await service.close();
    for (const name of ['starting', 'training']) {
      expect(service.describe(name).FailureReason).toMatch(/^InternalServerError: the local runtime ended/);
    }
  });
});

describe('a request is refused', () => {
  const refusal = (more: Record<string, unknown>, name: string = 'job') => {
    try {
      serve().service.createTrainingJob(trainingJobRequest(name, more));
    } catch (error) {
      return error as { code: string; message: string };
    }
    throw new Error('the request was accepted.');
  };

  const many = (count: number, value: unknown) =>
    Object.fromEntries(Array.from({ length: count }, (_none, index) => [`key_${index}`, value]));
  const channel = (ChannelName: string, S3Uri: string) => ({
    InputDataConfig: [{ ChannelName, DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri } } }],
  });
  const s3Channel = (more: Record<string, unknown>) => ({
    InputDataConfig: [
      {
        ChannelName: 'x',
        DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/x', ...more } },
      },
    ],
  });
  const fileSystemChannel = (more: Record<string, unknown> = {}) => ({
    InputDataConfig: [
      {
        ChannelName: 'x',
        DataSource: {
          FileSystemDataSource: {
            FileSystemId: 'fs-0123456789abcdef0',
            FileSystemAccessMode: 'ro',
            FileSystemType: 'EFS',
            DirectoryPath: '/data',
          },
        },
        ...more,
      },
    ],
  });
  const resources = (more: Record<string, unknown>) => ({
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1, ...more },
  });
  const groups = (named: [string, number][], more: Record<string, unknown> = {}) => ({
    ResourceConfig: {
      InstanceGroups: named.map(([InstanceGroupName, InstanceCount]) => ({
        InstanceGroupName,
        InstanceType: 'ml.m5.large',
        InstanceCount,
      })),
      VolumeSizeInGB: 1,
      ...more,
    },
  });
  const algorithm = (more: Record<string, unknown>) => ({
    AlgorithmSpecification: { TrainingImage: 'image', TrainingInputMode: 'File', ...more },
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['a missing field', { RoleArn: undefined }, /Value null at 'roleArn' failed .* must not be null/],
    ['an unknown field', { Rolearn: 'x' }, /Value 'x' at 'rolearn' failed .* one of the known: TrainingJobName/],
    ['an unknown inner field', algorithm({ Image: 'x' }), /at 'algorithmSpecification\.image'/],
    [
      'a wrong type',
      { ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: '1' } },
      /'1' at 'resourceConfig\.instanceCount'.*integer/,
    ],
    [
      'an instance type that is none',
      { ResourceConfig: { InstanceType: 'm5.large', InstanceCount: 1 } },
      /instanceType'.*pattern/,
    ],
    [
      'a hyperparameter that is no string',
      { HyperParameters: { lr: 0.1 } },
      /'0\.1' at 'hyperParameters\.lr\.value'.*string/,
    ],
    ['a long hyperparameter', { HyperParameters: { lr: 'x'.repeat(2501) } }, /length less than or equal to 2500/],
    [
      'too many hyperparameters',
      { HyperParameters: many(101, 'x') },
      /at 'hyperParameters'.*less than or equal to 100/,
    ],
    ['a long variable', { Environment: { A: 'x'.repeat(513) } }, /'environment\.A\.value'.*512/],
    ['a bad variable name', { Environment: { 'A-B': 'x' } }, /'environment\.key'.*pattern/],
    ['a long argument', algorithm({ ContainerEntrypoint: ['x'.repeat(257)] }), /containerEntrypoint\.1\.member'.*256/],
    ['no image', algorithm({ TrainingImage: undefined }), /exactly one of TrainingImage and AlgorithmName/],
    [
      'a bad regex',
      algorithm({ MetricDefinitions: [{ Name: 'm', Regex: '(' }] }),
      /the Regex '\(' of 'm' can't be read/,
    ],
    ['a channel name with a path', channel('../x', 's3://bucket/x'), /channelName'.*pattern/],
    ['a channel name of dots', channel('..', 's3://bucket/x'), /ChannelName '\.\.' is repeated or made of dots/],
    ['a file URI', channel('x', 'file:///etc/passwd'), /'file:\/\/\/etc\/passwd' at '.*s3Uri'/],
    ['a URI that leaves its bucket', channel('x', 's3://bucket/../../x'), /InputDataConfig\.x\.S3Uri: S3 key/],
    [
      'an output that leaves its bucket',
      { OutputDataConfig: { S3OutputPath: 's3://bucket/..' } },
      /S3OutputPath: S3 key/,
    ],
    ['a checkpoint that leaves its bucket', { CheckpointConfig: { S3Uri: 's3://../x' } }, /CheckpointConfig\.S3Uri: /],
    ['spot without a wait', { EnableManagedSpotTraining: true }, /Invalid MaxWaitTimeInSeconds null/],
    [
      'spot that waits longer than a job lives',
      { EnableManagedSpotTraining: true, StoppingCondition: { MaxWaitTimeInSeconds: 31 * 86_400 } },
      /maxWaitTimeInSeconds'.*2592000/,
    ],
    ['a wait on demand', { StoppingCondition: { MaxWaitTimeInSeconds: 1 } }, /only supported with EnableManagedSpot/],
    ['a keep-alive of two hours', resources({ KeepAlivePeriodInSeconds: 7200 }), /keepAlivePeriodInSeconds'.*3600/],
    [
      'a keep-alive on spot',
      {
        ...resources({ KeepAlivePeriodInSeconds: 60 }),
        EnableManagedSpotTraining: true,
        StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 60 },
      },
      /KeepAlivePeriodInSeconds 60 is not supported with EnableManagedSpotTraining/,
    ],
    [
      'a keep-alive of instance groups',
      groups([['a', 1]], { KeepAlivePeriodInSeconds: 60 }),
      /KeepAlivePeriodInSeconds 60 is not supported with InstanceGroups/,
    ],
    [
      'instance groups of one name',
      groups([
        ['a', 1],
        ['a', 1],
      ]),
      /InstanceGroupName 'a' is repeated/,
    ],
    ['instance groups without an instance', groups([['a', 0]]), /InstanceCount is 0 in every group/],
    ['no instances', resources({ InstanceCount: 0 }), /InstanceCount is 0. It must be at least 1/],
    [
      'a channel for a group that is not there',
      { ...groups([['a', 1]]), ...s3Channel({ InstanceGroupNames: ['b'] }) },
      /InputDataConfig\.x: InstanceGroupNames has 'b', which is none of/,
    ],
    ...['p4d.24xlarge', 'g4dn.xlarge', 'g5.xlarge', 'g6e.xlarge', 'm5d.large', 'trn1.2xlarge'].map(
      (type): [string, Record<string, unknown>, RegExp] => [
        `a volume key on ml.${type}`,
        resources({ InstanceType: `ml.${type}`, VolumeKmsKeyId: 'key' }),
        /VolumeKmsKeyId is not supported for ml\./,
      ],
    ),
    ['attributes of no augmented manifest', s3Channel({ AttributeNames: ['a'] }), /AttributeNames is only supported/],
    ['a channel with no source', { InputDataConfig: [{ ChannelName: 'x', DataSource: {} }] }, /exactly one of S3Data/],
    ['a file system without a VPC', fileSystemChannel(), /FileSystemDataSource needs VpcConfig/],
    [
      'a file system by pipe',
      { ...fileSystemChannel({ InputMode: 'Pipe' }), VpcConfig: { SecurityGroupIds: ['sg-1'], Subnets: ['subnet-1'] } },
      /InputMode Pipe is not supported with FileSystemDataSource. Use File/,
    ],
    [
      'a tag twice',
      {
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'a', Value: '2' },
        ],
      },
      /Tags: the Key 'a' is repeated/,
    ],
    ['a tag of AWS', { Tags: [{ Key: 'aws:a', Value: '1' }] }, /Tags: the Key 'aws:a' begins with aws:/],
    ['no instance', { ResourceConfig: {} }, /needs InstanceType and InstanceCount, or InstanceGroups/],
    ['a long run', { StoppingCondition: { MaxRuntimeInSeconds: 1e9 } }, /maxRuntimeInSeconds'.*2419200/],
  ])('for %s', (_what, more, message) => {
    const error = refusal(more);
    expect(error.code).toBe('ValidationException');
    expect(error.message).toMatch(message);
  });

  test.each(['', '../x', 'a/b', 'a_b', '-a', 'a-', 'a'.repeat(64), 'a\n'])('for the job name %j', (name) => {
    expect(refusal({}, name).message).toMatch(/at 'trainingJobName' failed to satisfy constraint/);
  });

  test('with the number of all that is wrong', () => {
    expect(refusal({ RoleArn: 'x', Environment: { A: 1 } }).message).toMatch(/^2 validation errors detected: /);
  });

  test('and not for a volume key where the volume is a network one, nor for a file system in a VPC', async () => {
    const { service } = serve();
    for (const type of ['m5.xlarge', 'c5n.large', 'p3.2xlarge', 'r5.large']) {
      const name = `on-${type.replace('.', '-')}`;
      const ResourceConfig = { InstanceType: `ml.${type}`, InstanceCount: 1, VolumeSizeInGB: 1, VolumeKmsKeyId: 'key' };
      service.createTrainingJob(trainingJobRequest(name, { ResourceConfig }));
    }
    const VpcConfig = { SecurityGroupIds: ['sg-1'], Subnets: ['subnet-1'] };
    const StoppingCondition = { MaxRuntimeInSeconds: 3600 };
    const request = trainingJobRequest('on-efs', { ...fileSystemChannel(), VpcConfig, StoppingCondition });
    service.createTrainingJob(request);
    expect((await service.waitForEnd('on-efs')).TrainingJobStatus).toBe('Completed');
  });

  test('when the name was used before', () => {
    const { service } = serve();
    service.createTrainingJob(trainingJobRequest('job'));
    expect(() => service.createTrainingJob(trainingJobRequest('job'))).toThrow(
      expect.objectContaining({ code: 'ResourceInUse' }),
    );
  });

  test('when the instances are used up, and no more when they are free', async () => {
    const { service } = serve(tenMinutes, { instanceQuota: { 'ml.m5.xlarge': 1 } });
    service.createTrainingJob(trainingJobRequest('one'));
    expect(() => service.createTrainingJob(trainingJobRequest('two'))).toThrow(
      expect.objectContaining({
        code: 'ResourceLimitExceeded',
        message: expect.stringMatching(
          /'ml\.m5\.xlarge for training job usage' is 1 Instances, with current utilization of 1/,
        ),
      }),
    );
    await service.waitForEnd('one');
    service.createTrainingJob(trainingJobRequest('two'));
  });

  test('when requests come too fast, and no more a second later', async () => {
    const { clock, service } = serve(tenMinutes, { createRatePerSecond: 1 });
    service.createTrainingJob(trainingJobRequest('one'));
    expect(() => service.createTrainingJob(trainingJobRequest('two'))).toThrow(
      expect.objectContaining({ code: 'ThrottlingException', message: 'Rate exceeded' }),
    );
    await clock.sleep(1000);
    service.createTrainingJob(trainingJobRequest('two'));
  });
});

describe('the AWS SDK', () => {
  let server: LocalHttpServer;
  let client: SageMakerClient;
  let service: SageMakerService;
  let clock: VirtualClock;

  beforeEach(async () => {
    ({ clock, service } = serve());
    server = new LocalHttpServer({ services: [service] });
    const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
    client = new SageMakerClient({ endpoint: await server.start(), region: 'us-east-1', credentials });
  });

  afterEach(async () => {
    client.destroy();
    await server.close();
  });

  // the virtual clock runs on while the client waits for its answer; a tracked call keeps it where it is.
  const create = (name: string, more: Record<string, unknown> = {}) => {
    const request = trainingJobRequest(name, { ...withMetric, ...more }) as unknown as CreateTrainingJobRequest;
    return clock.track(client.send(new CreateTrainingJobCommand(request)));
  };

  test('creates, describes and stops a job', async () => {
    const { TrainingJobArn } = await create('job');
    expect(TrainingJobArn).toBe('arn:aws:sagemaker:us-east-1:123456789012:training-job/job');
    await service.waitForEnd('job');
    const job = await client.send(new DescribeTrainingJobCommand({ TrainingJobName: 'job' }));
    expect(job).toMatchObject({ TrainingJobStatus: 'Completed', BillableTimeInSeconds: 600 });
    expect(job.TrainingStartTime).toEqual(new Date(Date.UTC(2026, 0, 1, 0, 2)));
    expect(job.FinalMetricDataList![0].Value).toBe(0.9);
    expect(job.ModelArtifacts!.S3ModelArtifacts).toBe('s3://bucket/models/job/output/model.tar.gz');
    await expect(client.send(new StopTrainingJobCommand({ TrainingJobName: 'job' }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(/is in status Completed/),
    });
  });

  test('gets the errors by their names', async () => {
    await create('job');
    await expect(create('job')).rejects.toThrow(ResourceInUse);
    await expect(create('a_b')).rejects.toMatchObject({ name: 'ValidationException' });
    const unknown = client.send(new DescribeTrainingJobCommand({ TrainingJobName: 'nobody' }));
    await expect(unknown).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('lists jobs by name, status and time, in pages', async () => {
    for (const name of ['b-1', 'a-2', 'a-1']) {
      await create(name);
      await service.waitForEnd(name);
    }
    await create('a-3');
    const list = async (input: ListTrainingJobsRequest) => {
      const answer = await clock.track(client.send(new ListTrainingJobsCommand(input)));
      return { names: answer.TrainingJobSummaries!.map((job) => job.TrainingJobName), token: answer.NextToken };
    };
    expect((await list({ NameContains: 'a-', SortBy: 'Name' })).names).toEqual(['a-1', 'a-2', 'a-3']);
    expect((await list({ SortBy: 'CreationTime', SortOrder: 'Descending' })).names).toEqual([
      'a-3',
      'a-1',
      'a-2',
      'b-1',
    ]);
    expect((await list({ CreationTimeAfter: new Date(Date.UTC(2026, 0, 1, 0, 20)), SortBy: 'Name' })).names).toEqual([
      'a-1',
      'a-3',
    ]);
    const first = await list({ MaxResults: 3, SortBy: 'Name' });
    expect(first.names).toEqual(['a-1', 'a-2', 'a-3']);
    expect((await list({ MaxResults: 3, SortBy: 'Name', NextToken: first.token })).names).toEqual(['b-1']);
    await expect(list({ NextToken: 'nonsense' })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(list({ MaxResults: 101 })).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('gets UnknownOperationException for what is not served', async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}`, {
      method: 'POST',
      headers: { 'x-amz-target': 'SageMaker.CreateEndpoint' },
      body: '{}',
    });
    expect(await answer.json()).toMatchObject({ __type: 'UnknownOperationException' });
  });
});
