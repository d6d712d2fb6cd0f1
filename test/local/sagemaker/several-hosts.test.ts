import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultPlan } from '../../../local/faults';
import { ProcessJobLauncher } from '../../../local/sagemaker';
import type { SageMakerService, SageMakerServiceOptions } from '../../../local/sagemaker';
import { commandRequest, trainingJobRequest } from './request';
import { WITH_METRIC, passed, serveProcesses, serveSimulated } from './serve';

const scripts = mkdtempSync(join(tmpdir(), 'cdk-hpo-hosts-'));
const services: SageMakerService[] = [];

afterAll(() => rmSync(scripts, { recursive: true, force: true }));

afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
});

function serve(plans: readonly FaultPlan[] = [], more: Partial<SageMakerServiceOptions> = {}) {
  const served = serveProcesses(plans, more);
  services.push(served.service);
  return served;
}

/** Hosts that end by themselves have time for it, on a slow machine too. */
const PATIENT = { stopGraceSeconds: 30 };

/** What every host's program begins with: `host` is its name, `config` what it was told, `write` writes a file. */
const PRELUDE = `
  const fs = require('fs');
  const config = JSON.parse(fs.readFileSync('input/config/resourceconfig.json'));
  const host = config.current_host;
  const write = (file, text) => fs.writeFileSync(file, text);
  const forever = () => setInterval(() => {}, 1000);
`;

/** A command is short: the script lies in a file. */
function programRequest(name: string, script: string, more: Record<string, unknown>) {
  const file = join(scripts, `${name}.js`);
  writeFileSync(file, PRELUDE + script);
  return commandRequest(name, ['node', file], more);
}

function hostsRequest(name: string, count: number, script: string, more: Record<string, unknown> = {}) {
  const ResourceConfig = { InstanceType: 'ml.m5.xlarge', InstanceCount: count, VolumeSizeInGB: 10 };
  return programRequest(name, script, { ResourceConfig, ...more });
}

function groupsRequest(name: string, script: string, more: Record<string, unknown> = {}) {
  const InstanceGroups = [
    { InstanceGroupName: 'data', InstanceType: 'ml.c5.xlarge', InstanceCount: 1 },
    { InstanceGroupName: 'spare', InstanceType: 'ml.c5.xlarge', InstanceCount: 0 },
    { InstanceGroupName: 'train', InstanceType: 'ml.g5.xlarge', InstanceCount: 2 },
  ];
  return programRequest(name, script, { ResourceConfig: { InstanceGroups, VolumeSizeInGB: 10 }, ...more });
}

function channel(name: string, more: Record<string, unknown> = {}) {
  const S3DataSource = { S3DataType: 'S3Prefix', S3Uri: `s3://bucket/${name}/`, ...more };
  return { ChannelName: name, DataSource: { S3DataSource } };
}

async function run(service: SageMakerService, request: Record<string, unknown>) {
  service.createTrainingJob(request);
  return service.waitForEnd(request.TrainingJobName as string);
}

function linesOf(service: SageMakerService, name: string): string[] {
  return service.readLog(name).split('\n').filter(Boolean).sort();
}

async function untilPrinted(service: SageMakerService, name: string, lines: readonly string[]): Promise<void> {
  while (!lines.every((line) => service.readLog(name).includes(line))) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function unpack(archive: string): Record<string, string> {
  const tar = (...words: string[]) => execFileSync('tar', words, { encoding: 'utf8' });
  const files = tar('-tzf', archive)
    .split('\n')
    .filter((name) => name !== '' && !name.endsWith('/'));
  return Object.fromEntries(files.map((name) => [name, tar('-xzOf', archive, name)]));
}

test('each host is told its own name and those of all', async () => {
  const { service } = serve();
  const script = 'console.log(JSON.stringify([config, process.env.SM_CURRENT_HOST, process.env.SM_HOSTS]))';
  expect((await run(service, hostsRequest('two', 2, script))).TrainingJobStatus).toBe('Completed');
  const told = linesOf(service, 'two').map((line) => JSON.parse(line) as unknown);
  const hosts = ['algo-1', 'algo-2'];
  const group = { instance_group_name: 'homogeneousCluster', instance_type: 'ml.m5.xlarge', hosts };
  expect(told).toEqual(
    hosts.map((host) => [
      {
        current_host: host,
        current_instance_type: 'ml.m5.xlarge',
        current_group_name: 'homogeneousCluster',
        hosts,
        instance_groups: [group],
        network_interface_name: 'lo',
      },
      host,
      JSON.stringify(hosts),
    ]),
  );
});

test('hosts are counted over the instance groups, each with the type and the channels of its own', async () => {
  const { service, objectStore } = serve();
  objectStore.put('s3://bucket/all/a', 'a');
  objectStore.put('s3://bucket/images/b', 'b');
  const script = `console.log(host, config.current_group_name, config.current_instance_type,
    fs.readdirSync('input/data').join(), Object.keys(process.env).filter((name) => name.startsWith('SM_CHANNEL_')).join(),
    JSON.stringify(config.instance_groups))`;
  const InputDataConfig = [channel('all'), channel('images', { InstanceGroupNames: ['train'] })];
  await run(service, groupsRequest('groups', script, { InputDataConfig }));
  const groups = JSON.stringify([
    { instance_group_name: 'data', instance_type: 'ml.c5.xlarge', hosts: ['algo-1'] },
    { instance_group_name: 'train', instance_type: 'ml.g5.xlarge', hosts: ['algo-2', 'algo-3'] },
  ]);
  expect(linesOf(service, 'groups')).toEqual([
    `algo-1 data ml.c5.xlarge all SM_CHANNEL_ALL ${groups}`,
    `algo-2 train ml.g5.xlarge all,images SM_CHANNEL_ALL,SM_CHANNEL_IMAGES ${groups}`,
    `algo-3 train ml.g5.xlarge all,images SM_CHANNEL_ALL,SM_CHANNEL_IMAGES ${groups}`,
  ]);
});

test('the data and the hyperparameters reach every host, and what one removes the others keep', async () => {
  const { service, objectStore } = serve();
  objectStore.put('s3://bucket/train/a.csv', '1');
  objectStore.put('s3://bucket/train/deep/b.csv', '2');
  const script = `
    const read = (name) => fs.readFileSync(process.env.SM_CHANNEL_TRAIN + '/' + name, 'utf8');
    const hyperparameters = JSON.parse(fs.readFileSync('input/config/hyperparameters.json'));
    console.log(host, read('a.csv'), read('deep/b.csv'), hyperparameters.lr);
    if (host === 'algo-1') { fs.rmSync('input/data/train/a.csv'); write('checkpoints/removed', ''); process.exit(0); }
    const timer = setInterval(() => {
      if (!fs.existsSync('checkpoints/removed')) return;
      clearInterval(timer);
      console.log(host, 'still', read('a.csv'));
    }, 10);`;
  const request = hostsRequest('data', 2, script, {
    HyperParameters: { lr: '0.1' },
    InputDataConfig: [channel('train')],
    CheckpointConfig: { S3Uri: 's3://bucket/checkpoints/' },
  });
  expect((await run(service, request)).TrainingJobStatus).toBe('Completed');
  expect(linesOf(service, 'data')).toEqual(['algo-1 1 2 0.1', 'algo-2 1 2 0.1', 'algo-2 still 1']);
  expect(objectStore.get('s3://bucket/train/a.csv').toString()).toBe('1');
});

test('of a sharded channel each object reaches one host', async () => {
  const { service, objectStore } = serve();
  for (const key of ['a', 'b', 'c', 'd', 'e']) objectStore.put(`s3://bucket/train/${key}`, key);
  const InputDataConfig = [channel('train', { S3DataDistributionType: 'ShardedByS3Key' })];
  await run(
    service,
    hostsRequest('sharded', 2, 'console.log(host, fs.readdirSync("input/data/train").join())', { InputDataConfig }),
  );
  expect(linesOf(service, 'sharded')).toEqual(['algo-1 a,c,e', 'algo-2 b,d']);
});

test('a host that fails fails the job with its own words, and the others get SIGTERM', async () => {
  const { service } = serve([], PATIENT);
  const script = `
    if (host === 'algo-2') {
      process.on('SIGTERM', () => { console.log(host + ' told to end'); process.exit(9); });
      write('checkpoints/ready', '');
      forever();
    } else if (host === 'algo-3') {
      const timer = setInterval(() => {
        if (!fs.existsSync('checkpoints/ready')) return;
        write('output/failure', 'lost its data');
        process.exit(3);
      }, 10);
    }`;
  const CheckpointConfig = { S3Uri: 's3://bucket/checkpoints/' };
  const job = await run(service, hostsRequest('fails', 3, script, { CheckpointConfig }));
  expect(job).toMatchObject({
    TrainingJobStatus: 'Failed',
    FailureReason: 'AlgorithmError: lost its data, exit code: 3',
  });
  expect(linesOf(service, 'fails')).toEqual(['algo-2 told to end']);
});

test('a host that does not end when another has failed is killed after the grace period', async () => {
  const { service } = serve([], { stopGraceSeconds: 1 });
  const script = `
    if (host === 'algo-1') { process.on('SIGTERM', () => console.log('no')); write('checkpoints/ready', ''); forever(); }
    else setInterval(() => fs.existsSync('checkpoints/ready') && process.exit(1), 10);`;
  const CheckpointConfig = { S3Uri: 's3://bucket/checkpoints/' };
  const job = await run(service, hostsRequest('stubborn', 2, script, { CheckpointConfig }));
  expect(job.FailureReason).toMatch(/^AlgorithmError: .*, exit code: 1$/);
  expect(linesOf(service, 'stubborn')).toEqual(['no']);
});

test('a job goes on until its last host has ended', async () => {
  const { service } = serve();
  const script = `
    if (host === 'algo-1') write('checkpoints/done', '');
    else setInterval(() => {
      if (!fs.existsSync('checkpoints/done')) return;
      setTimeout(() => { console.log(host + ' is last'); process.exit(0); }, 100);
    }, 10);`;
  const CheckpointConfig = { S3Uri: 's3://bucket/checkpoints/' };
  const job = await run(service, hostsRequest('long', 2, script, { CheckpointConfig }));
  expect(job.TrainingJobStatus).toBe('Completed');
  expect(service.readLog('long')).toContain('algo-2 is last');
});

test('a stop reaches every host once', async () => {
  const { service } = serve([], PATIENT);
  // the second host ends badly, while the first still saves: that must not be taken for a failure that ends it again.
  const script = `
    process.on('SIGTERM', () => {
      console.log(host + ' SIGTERM');
      if (host === 'algo-2') process.exit(1);
      setTimeout(() => process.exit(0), 100);
    });
    console.log(host + ' ready'); forever();`;
  service.createTrainingJob(hostsRequest('stops', 2, script));
  await untilPrinted(service, 'stops', ['algo-1 ready', 'algo-2 ready']);
  service.stop('stops');
  expect(await service.waitForEnd('stops')).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' });
  expect(linesOf(service, 'stops').filter((line) => line.endsWith('SIGTERM'))).toEqual([
    'algo-1 SIGTERM',
    'algo-2 SIGTERM',
  ]);
});

test('hosts that ignore a stop are all killed after the grace period', async () => {
  const { service } = serve();
  const script = "process.on('SIGTERM', () => {}); console.log(host + ' ready ' + process.pid); forever()";
  service.createTrainingJob(hostsRequest('ignores', 2, script));
  await untilPrinted(service, 'ignores', ['algo-1 ready', 'algo-2 ready']);
  service.stop('ignores');
  expect((await service.waitForEnd('ignores')).TrainingJobStatus).toBe('Stopped');
  const pids = linesOf(service, 'ignores').map((line) => Number(line.split(' ')[2]));
  expect(pids).toHaveLength(2);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('a spot interruption takes all hosts, which start again with their checkpoints and nothing else', async () => {
  const { service } = serve([{ name: 'spot-interrupted' }]);
  const script = `
    const mine = 'checkpoints/' + host;
    if (fs.existsSync(mine)) {
      console.log(host + ' goes on, model ' + fs.readdirSync('model').length);
    } else {
      write('model/half', ''); write(mine, '');
      // the first line draws the fault: not before both hosts have their checkpoint.
      const both = () => config.hosts.every((name) => fs.existsSync('checkpoints/' + name));
      setInterval(() => { if (host === 'algo-1' && both()) console.log('struck'); }, 10);
    }`;
  const request = hostsRequest('spot', 2, script, {
    EnableManagedSpotTraining: true,
    StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 120 },
    CheckpointConfig: { S3Uri: 's3://bucket/checkpoints/' },
  });
  const job = await run(service, request);
  expect(job.TrainingJobStatus).toBe('Completed');
  expect(passed(job)).toContain('Interrupted');
  expect(linesOf(service, 'spot').filter((line) => line.includes('goes on'))).toEqual([
    'algo-1 goes on, model 0',
    'algo-2 goes on, model 0',
  ]);
});

test('a host that hangs stands still while the others go on, and then goes on itself', async () => {
  const { service } = serve([{ name: 'host-hangs', lastsSeconds: 1 }]);
  // the second host counts; the first draws the fault, sees the count stand still, and waits for it to go on.
  const script = `
    const count = () => fs.existsSync('checkpoints/count') ? Number(fs.readFileSync('checkpoints/count')) : 0;
    if (host === 'algo-2') {
      let n = 0;
      setInterval(() => {
        if (fs.existsSync('checkpoints/end')) process.exit(0);
        write('checkpoints/next', String(++n)); fs.renameSync('checkpoints/next', 'checkpoints/count');
      }, 5);
    } else {
      let before = 0, still = 0, stood = false;
      setInterval(() => {
        const now = count();
        if (now === 0) return;
        if (before === 0) console.log('counting');
        still = now === before ? still + 1 : 0;
        if (still === 20 && !stood) { stood = true; console.log('stands still'); }
        if (stood && now > before) { console.log('goes on'); write('checkpoints/end', ''); process.exit(0); }
        before = now;
      }, 20);
    }`;
  const CheckpointConfig = { S3Uri: 's3://bucket/checkpoints/' };
  const job = await run(service, hostsRequest('hangs', 2, script, { CheckpointConfig }));
  expect(job.TrainingJobStatus).toBe('Completed');
  expect(service.readLog('hangs')).toBe('counting\nstands still\ngoes on\n');
});

test('the fault of a host that hangs is refused for a job that is no process', async () => {
  const { service } = serveSimulated({ plans: [{ name: 'host-hangs' }] });
  service.createTrainingJob(trainingJobRequest('simulated', WITH_METRIC));
  expect((await service.waitForEnd('simulated')).FailureReason).toMatch(/^ClientError: the fault host-hangs .*Plan it/);
});

test('an instance that is lost fails the job as an internal error, with no host left', async () => {
  const { service, objectStore } = serve([{ name: 'internal-error' }]);
  const script = `
    write('checkpoints/' + host, String(process.pid));
    const both = () => config.hosts.every((name) => fs.existsSync('checkpoints/' + name));
    setInterval(() => { if (host === 'algo-1' && both()) console.log('struck'); }, 10);`;
  const CheckpointConfig = { S3Uri: 's3://bucket/checkpoints/' };
  const job = await run(service, hostsRequest('lost', 2, script, { CheckpointConfig }));
  expect(job.FailureReason).toMatch(/^InternalServerError: /);
  for (const host of ['algo-1', 'algo-2']) {
    const pid = Number(objectStore.get(`s3://bucket/checkpoints/${host}`).toString());
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  }
});

test('the model and the output of all hosts are packed together, a later host before an earlier one', async () => {
  const { service, objectStore } = serve();
  const script = `
    fs.mkdirSync('model/shards');
    write('model/shards/' + host, host);
    write('model/same', host);
    if (host === 'algo-2') write('output/data/log', host);`;
  const job = await run(service, hostsRequest('packs', 3, script));
  const uri = 's3://bucket/models/packs/output';
  expect(job.ModelArtifacts).toEqual({ S3ModelArtifacts: `${uri}/model.tar.gz` });
  expect(unpack(objectStore.pathOf(`${uri}/model.tar.gz`))).toEqual({
    same: 'algo-3',
    'shards/algo-1': 'algo-1',
    'shards/algo-2': 'algo-2',
    'shards/algo-3': 'algo-3',
  });
  expect(unpack(objectStore.pathOf(`${uri}/output.tar.gz`))).toEqual({ log: 'algo-2' });
});

test('models that can not be packed together are named, with what to do', async () => {
  const { service } = serve();
  const script = "if (host === 'algo-1') fs.mkdirSync('model/x'); else write('model/x', '')";
  const job = await run(service, hostsRequest('clash', 2, script));
  expect(job.FailureReason).toMatch(
    /^ClientError: the model folders of the job's hosts can't be packed together: .*Let each host write names of its own/,
  );
});

test('more hosts than a machine can bear are refused by number', async () => {
  const { service } = serve();
  expect((await run(service, hostsRequest('many', 17, ''))).FailureReason).toMatch(
    /^ClientError: ResourceConfig\.InstanceCount asks for 17 instances; this machine runs at most 16 hosts .*fewer/,
  );
});

test('a program that this machine does not have is named, whatever the number of hosts', async () => {
  const { service } = serve();
  const request = hostsRequest('missing', 2, '');
  const AlgorithmSpecification = {
    ...(request.AlgorithmSpecification as object),
    ContainerEntrypoint: ['no-such-program'],
  };
  const job = await run(service, { ...request, AlgorithmSpecification });
  expect(job.FailureReason).toMatch(/^ClientError: the program "no-such-program" can't be started/);
});

test('in Docker a job on two instances is refused with what to do', async () => {
  const { service } = serve([], { launcher: new ProcessJobLauncher({ docker: true }) });
  const ResourceConfig = { InstanceType: 'ml.m5.xlarge', InstanceCount: 2, VolumeSizeInGB: 10 };
  expect((await run(service, trainingJobRequest('docker', { ResourceConfig }))).FailureReason).toMatch(
    /^ClientError: ResourceConfig asks for 2 instances; with the option docker: true a job runs on one\. .*leave docker out/,
  );
});
