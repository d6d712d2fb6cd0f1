import { unzipSync } from 'fflate';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../../../local/clock';
import { ObjectStore } from '../../../local/s3';
import { ProcessJobLauncher, SageMakerService } from '../../../local/sagemaker';
import type { ProcessJobLauncherOptions, SageMakerServiceOptions } from '../../../local/sagemaker';
import type { Asset } from '../../../local/template';
import { commandRequest, scriptRequest, trainingJobRequest } from './request';

let folder: string;
let store: ObjectStore;
let service: SageMakerService;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-sagemaker-'));
  store = new ObjectStore(join(folder, 's3'));
  service = serve();
});

afterEach(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

function serve(
  more: Partial<SageMakerServiceOptions> = {},
  launcher: ProcessJobLauncherOptions = {},
): SageMakerService {
  return new SageMakerService({
    clock: new RealClock(),
    launcher: new ProcessJobLauncher(launcher),
    folder: join(folder, 'jobs'),
    objectStore: store,
    stopGraceSeconds: 0.3,
    ...more,
  });
}

async function run(request: Record<string, unknown>) {
  service.createTrainingJob(request);
  return service.waitForEnd(request.TrainingJobName as string);
}

async function untilPrinted(name: string, text: string): Promise<void> {
  while (!service.readLog(name).includes(text)) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('a program that prints nothing and exits 0 is Completed', async () => {
  const job = await run(scriptRequest('quiet', ''));
  expect(job).toMatchObject({
    TrainingJobStatus: 'Completed',
    SecondaryStatus: 'Completed',
    TrainingJobArn: 'arn:aws:sagemaker:us-east-1:123456789012:training-job/quiet',
    BillableTimeInSeconds: 1,
  });
  expect(job).not.toHaveProperty('FinalMetricDataList');
  expect(job).not.toHaveProperty('ModelArtifacts');
  const transitions = job.SecondaryStatusTransitions as { Status: string; StartTime: number; EndTime: number }[];
  expect(transitions.map(({ Status }) => Status)).toEqual([
    'Starting',
    'Downloading',
    'Training',
    'Uploading',
    'Completed',
  ]);
  expect(transitions.every(({ StartTime, EndTime }) => EndTime >= StartTime)).toBe(true);
});

test('the last value of a metric in either output stream is the final one', async () => {
  const script = 'console.log("accuracy=0.5"); console.error("accuracy=7e-1"); process.stdout.write("accuracy=nope")';
  const job = await run(scriptRequest('metric', script));
  const metrics = job.FinalMetricDataList as { MetricName: string; Value: number }[];
  expect(metrics).toHaveLength(1);
  expect(metrics[0]).toMatchObject({ MetricName: 'accuracy' });
  expect([0.5, 0.7]).toContain(metrics[0].Value);
});

test('a program that exits 1 is Failed with its failure file, cut to 1024 characters', async () => {
  const write =
    'require("fs").writeFileSync("output/failure", "Exception: no data " + "x".repeat(5000)); process.exit(1)';
  const job = await run(scriptRequest('fails', write));
  expect(job.TrainingJobStatus).toBe('Failed');
  expect(job.FailureReason).toMatch(/^AlgorithmError: Exception: no data x+, exit code: 1$/);
  expect(job.FailureReason!.length).toBe(1024);
});

test('a program that exits 1 in silence is Failed by its exit code', async () => {
  const job = await run(scriptRequest('fails-silently', 'process.exit(1)'));
  expect(job.FailureReason).toMatch(/^AlgorithmError: .*, exit code: 1$/);
});

test('a program that something else kills is Failed, likely out of memory', async () => {
  const job = await run(scriptRequest('oom', 'process.kill(process.pid, "SIGKILL")'));
  expect(job.FailureReason).toMatch(/^AlgorithmError: .*exit code: 137 \(killed by SIGKILL, likely out of memory\)$/);
});

test('a program that this machine does not have is Failed by name', async () => {
  const job = await run(commandRequest('missing', ['no-such-program']));
  expect(job.TrainingJobStatus).toBe('Failed');
  expect(job.FailureReason).toMatch(/^ClientError: the program "no-such-program" can't be started: .*ENOENT/);
});

test("an image's own program is Failed with what to do", async () => {
  const job = await run(trainingJobRequest('image'));
  expect(job.FailureReason).toMatch(
    /^ClientError: the training image image:latest brings its own program, .*docker: true/,
  );
});

test('a program that hangs past MaxRuntimeInSeconds is Stopped, MaxRuntimeExceeded', async () => {
  const script = 'setInterval(() => {}, 1000)';
  const job = await run(scriptRequest('hangs', script, { StoppingCondition: { MaxRuntimeInSeconds: 1 } }));
  expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxRuntimeExceeded' });
});

test('a program that handles SIGTERM saves its model and is Stopped', async () => {
  const script = `process.on('SIGTERM', () => {
      require('fs').writeFileSync('model/weights', 'w'); process.exit(0);
    }); setInterval(() => {}, 1000); console.log('ready')`;
  service.createTrainingJob(scriptRequest('stops', script));
  await untilPrinted('stops', 'ready');
  service.stop('stops');
  expect(service.describe('stops')).toMatchObject({ TrainingJobStatus: 'Stopping', SecondaryStatus: 'Stopping' });
  const job = await service.waitForEnd('stops');
  expect(job).toMatchObject({
    TrainingJobStatus: 'Stopped',
    SecondaryStatus: 'Stopped',
    ModelArtifacts: { S3ModelArtifacts: 's3://bucket/models/stops/output/model.tar.gz' },
  });
  expect(() => service.stop('stops')).toThrow(/in status Stopped/);
});

test('a program that ignores SIGTERM is killed with its children after the grace', async () => {
  const child = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("child " + process.pid)';
  const script = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);
    require('child_process').spawn(process.execPath, ['-e', process.env.CHILD], { stdio: 'inherit' })`;
  service.createTrainingJob(scriptRequest('ignores', script, { Environment: { CHILD: child } }));
  await untilPrinted('ignores', 'child ');
  const pid = Number(/child (\d+)/.exec(service.readLog('ignores'))![1]);
  const started = Date.now();
  service.stop('ignores');
  expect((await service.waitForEnd('ignores')).TrainingJobStatus).toBe('Stopped');
  expect(Date.now() - started).toBeGreaterThanOrEqual(290);
  // it has no parent left that would have reaped it.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(isRunning(pid)).toBe(false);
});

test("a job gets SageMaker's folders and variables, and nothing of the environment outside", async () => {
  process.env.AWS_PROFILE = 'secret';
  process.env.SOME_SECRET = 'secret';
  try {
    const script = `
      const fs = require('fs'), base = process.env.SAGEMAKER_BASE_DIR;
      const read = (name) => JSON.parse(fs.readFileSync(base + '/input/config/' + name));
      console.log(JSON.stringify({ env: process.env, cwd: process.cwd(), argv: process.argv.slice(1),
        hyperparameters: read('hyperparameters.json'), channels: read('inputdataconfig.json'),
        resource: read('resourceconfig.json') }))`;
    store.put('s3://bucket/data/train/a.csv', '1');
    store.put('s3://bucket/data/train/sub/b.csv', '2');
    await service.close();
    service = serve({ endpoints: { lambda: 'http://127.0.0.1:1' } });
    const file = join(folder, 'contract.js');
    writeFileSync(file, script);
    const request = commandRequest('contract', ['node', file], {
      HyperParameters: { 'learning-rate': '0.1', name: 'x' },
      Environment: { OWN: 'yes' },
      InputDataConfig: [
        {
          ChannelName: 'train',
          DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/data/train' } },
        },
      ],
    });
    const AlgorithmSpecification = {
      ...(request.AlgorithmSpecification as object),
      ContainerArguments: ['--data=/opt/ml/input/data'],
    };
    await run({ ...request, AlgorithmSpecification });
    const seen = JSON.parse(service.readLog('contract')) as Record<string, Record<string, unknown>> & { cwd: string };
    expect(seen.env).toMatchObject({
      TRAINING_JOB_NAME: 'contract',
      TRAINING_JOB_ARN: 'arn:aws:sagemaker:us-east-1:123456789012:training-job/contract',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:1',
      OWN: 'yes',
      SM_MODEL_DIR: `${seen.cwd}/model`,
      SM_CHANNEL_TRAIN: `${seen.cwd}/input/data/train`,
      SM_HPS: '{"learning-rate":0.1,"name":"x"}',
      'SM_HP_LEARNING-RATE': '0.1',
      SM_HOSTS: '["algo-1"]',
      SM_CURRENT_HOST: 'algo-1',
      PATH: process.env.PATH,
    });
    expect(service.readLog('contract')).not.toContain('secret');
    expect(seen.hyperparameters).toEqual({ 'learning-rate': '0.1', name: 'x' });
    expect(seen.channels).toMatchObject({ train: { TrainingInputMode: 'File' } });
    expect(seen.resource).toMatchObject({ current_host: 'algo-1', hosts: ['algo-1'] });
    expect(seen.argv).toEqual([file, `--data=${seen.cwd}/input/data`]);
  } finally {
    delete process.env.AWS_PROFILE;
    delete process.env.SOME_SECRET;
  }
});

describe('channels', () => {
  const channel = (S3Uri: string, more: Record<string, unknown> = {}) => [
    { ChannelName: 'code', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri } }, ...more },
  ];
  const list = `const fs = require('fs'); fs.cpSync('input/data', 'output/seen', { recursive: true })`;

  test('an asset that is a folder comes as a zip, one that is a file as it is', async () => {
    const source = join(folder, 'asset.1');
    mkdirSync(join(source, 'sub'), { recursive: true });
    writeFileSync(join(source, 'sub', 'train.js'), 'train');
    writeFileSync(join(folder, 'data.bin'), 'data');
    const assets: Record<string, Asset> = {
      'hash1.zip': { path: source, packaging: 'zip' },
      'hash2.bin': { path: join(folder, 'data.bin'), packaging: 'file' },
    };
    await service.close();
    service = serve({ assets: { byKey: (key) => assets[key] } });
    const prefix = 's3://cdk-hnb659fds-assets-123456789012-us-east-1';
    await run(scriptRequest('zip', list, { InputDataConfig: channel(`${prefix}/hash1.zip`) }));
    await run(scriptRequest('file', list, { InputDataConfig: channel(`${prefix}/hash2.bin`) }));
    const seen = (job: string, name: string) => readFileSync(join(folder, 'jobs', job, 'ml/output/seen/code', name));
    const unzipped = unzipSync(seen('zip', 'hash1.zip'));
    expect(Buffer.from(unzipped['sub/train.js']).toString()).toBe('train');
    expect(seen('file', 'hash2.bin').toString()).toBe('data');
  });

  test('data that is not there is named', async () => {
    const job = await run(scriptRequest('no-data', list, { InputDataConfig: channel('s3://bucket/nothing') }));
    expect(job.FailureReason).toMatch(/^ClientError: Data download failed: no S3 object under s3:\/\/bucket\/nothing/);
  });

  test('a mode that needs AWS is named', async () => {
    const more = { InputDataConfig: channel('s3://bucket/x', { InputMode: 'Pipe' }) };
    expect((await run(scriptRequest('pipe', list, more))).FailureReason).toMatch(/channel code has InputMode Pipe/);
  });
});

test('a file system that only AWS has is named', async () => {
  const job = await run(
    scriptRequest('efs', '', {
      VpcConfig: { SecurityGroupIds: ['sg-1'], Subnets: ['subnet-1'] },
      InputDataConfig: [
        {
          ChannelName: 'images',
          DataSource: {
            FileSystemDataSource: {
              FileSystemId: 'fs-0123456789abcdef0',
              FileSystemAccessMode: 'ro',
              FileSystemType: 'FSxLustre',
              DirectoryPath: '/data',
            },
          },
        },
      ],
    }),
  );
  expect(job.FailureReason).toMatch(
    /^ClientError: the channel images is the folder \/data of the FSxLustre file system fs-.*Use an S3DataSource/,
  );
});

test('with network isolation no service answers', async () => {
  await service.close();
  service = serve({ endpoints: { lambda: 'http://127.0.0.1:1', s3: 'http://127.0.0.1:1' } });
  const script = 'console.log(process.env.AWS_ENDPOINT_URL_LAMBDA, process.env.AWS_ENDPOINT_URL_S3)';
  await run(scriptRequest('isolated', script, { EnableNetworkIsolation: true }));
  await run(scriptRequest('open', script));
  expect(service.readLog('isolated')).toBe('http://127.0.0.1:9 http://127.0.0.1:9\n');
  expect(service.readLog('open')).toBe('http://127.0.0.1:1 http://127.0.0.1:1\n');
});

test('the model and the output data are packed to S3 where there are any', async () => {
  const script = `const fs = require('fs'); fs.mkdirSync('model/deep'); fs.writeFileSync('model/deep/w', 'weights');
    fs.writeFileSync('output/data/log', 'log')`;
  const job = await run(scriptRequest('packs', script));
  const uri = 's3://bucket/models/packs/output/model.tar.gz';
  expect(job.ModelArtifacts).toEqual({ S3ModelArtifacts: uri });
  const content = execFileSync('tar', ['-xzOf', store.pathOf(uri), 'deep/w'], { encoding: 'utf8' });
  expect(content).toBe('weights');
  expect(store.exists('s3://bucket/models/packs/output/output.tar.gz')).toBe(true);
});

test('a checkpoint of one job is there in the next, and at once in S3', async () => {
  const script = `const fs = require('fs'), file = 'checkpoints/epoch';
    const epoch = fs.existsSync(file) ? Number(fs.readFileSync(file)) : 0;
    fs.writeFileSync(file, String(epoch + 1)); console.log('epoch ' + epoch)`;
  const more = { CheckpointConfig: { S3Uri: 's3://bucket/checkpoints/trial-1' } };
  await run(scriptRequest('first', script, more));
  expect(store.get('s3://bucket/checkpoints/trial-1/epoch').toString()).toBe('1');
  await run(scriptRequest('second', script, more));
  expect(service.readLog('second')).toBe('epoch 1\n');
});

test('a checkpoint folder outside of /opt/ml is refused by name', async () => {
  const CheckpointConfig = { S3Uri: 's3://bucket/c', LocalPath: '/opt/ml/../../tmp/x' };
  expect((await run(scriptRequest('outside', '', { CheckpointConfig }))).FailureReason).toMatch(/LocalPath is/);
});

test('docker that has no engine is a clear failure', async () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const words = join(folder, 'words');
  const fake = `#!/bin/sh\nprintf '%s\\n' "$@" > ${words}\necho 'docker: Cannot connect to the Docker daemon.' >&2\nexit 125\n`;
  writeFileSync(join(bin, 'docker'), fake, { mode: 0o755 });
  const { PATH } = process.env;
  process.env.PATH = `${bin}:${PATH}`;
  try {
    await service.close();
    service = serve({}, { docker: true });
    const job = await run(trainingJobRequest('docker'));
    expect(job.FailureReason).toMatch(/^ClientError: docker could not run the training image: docker: Cannot connect/);
    const said = readFileSync(words, 'utf8').split('\n');
    expect(said).toContain(`${join(folder, 'jobs/docker/ml')}:/opt/ml`);
    expect(said.slice(-3)).toEqual(['image:latest', 'train', '']);
  } finally {
    process.env.PATH = PATH;
  }
});

test('a job that runs when the service closes is ended and Failed', async () => {
  service.createTrainingJob(scriptRequest('closed', 'setInterval(() => {}, 1000); console.log("ready")'));
  await untilPrinted('closed', 'ready');
  await service.close();
  service = serve();
  expect(service.describe('closed')).toMatchObject({
    TrainingJobStatus: 'Failed',
    FailureReason: 'InternalServerError: the local runtime ended while this job ran',
  });
});

test('input copies are removed at the end, what the job wrote stays', async () => {
  store.put('s3://bucket/in/x', 'x');
  const InputDataConfig = [
    { ChannelName: 'in', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/in/' } } },
  ];
  await run(scriptRequest('cleans', 'require("fs").writeFileSync("output/data/y", "y")', { InputDataConfig }));
  expect(existsSync(join(folder, 'jobs/cleans/ml/input/data'))).toBe(false);
  expect(existsSync(join(folder, 'jobs/cleans/ml/output/data/y'))).toBe(true);
});

function isRunning(pid: number): boolean {
  try {
    // a zombie is no running process.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
