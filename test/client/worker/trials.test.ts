import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'fflate';
import { PYTHON } from '../processes';
import { describeWithPython, FakeStudy, STUDY } from './fake-study';

let study: FakeStudy;

beforeEach(async () => {
  study = await new FakeStudy().listen();
});
afterEach(() => study.close());

/** Prints what the program has been given, for a test to look at. */
const SHOW = [
  'import json, os, sys',
  'base = os.environ["SAGEMAKER_BASE_DIR"]',
  'def read(name): return json.load(open(os.path.join(base, "input", "config", name)))',
  'files = {n: read(n + ".json") for n in ("hyperparameters", "resourceconfig", "inputdataconfig")}',
  'data = os.path.join(base, "input", "data")',
  'inputs = {c: sorted(os.listdir(os.path.join(data, c))) for c in sorted(os.listdir(data))}',
  'there = sorted(n for n in os.listdir(base) if os.path.isdir(os.path.join(base, n)))',
  'print(json.dumps({"env": dict(os.environ), "files": files, "inputs": inputs, "there": there, "args": sys.argv}))',
];

interface Shown {
  readonly env: Record<string, string>;
  readonly files: Record<string, unknown>;
  readonly inputs: Record<string, string[]>;
  readonly there: string[];
  readonly args: string[];
}

function median(values: number[]): number {
  return values.sort((left, right) => left - right)[Math.floor(values.length / 2)];
}

function shown(stdout: string, trial: number): Shown {
  const line = stdout.split('\n').find((candidate) => candidate.startsWith(`[trial ${trial}] {`));
  return JSON.parse(line!.slice(line!.indexOf('{'))) as Shown;
}

describeWithPython('trials', () => {
  test('run as many at a time as there are slots, and the worker ends when the study is over', async () => {
    // each waits until all three run: with fewer slots it would give up.
    const program = [
      'import os, sys, time',
      'open("here-" + os.environ["CDK_HPO_TRIAL"], "w").close()',
      'for _ in range(500):',
      '    if all(os.path.exists("here-%d" % n) for n in (1, 2, 3)): sys.exit(0)',
      '    time.sleep(0.02)',
      'sys.exit(9)',
    ];
    [1, 2, 3].forEach((trial) => study.give(trial));
    const { code, stderr } = await study.worker({ python: program }, ['--slots', '3']).finished;
    expect([code, stderr]).toEqual([0, expect.stringContaining('runs 3 trials at a time')]);
    expect(study.callsOf('join')[0]).toMatchObject({ study: STUDY, slots: 3 });
    expect(study.recorded.map(({ outcome }) => outcome.status)).toEqual(['Completed', 'Completed', 'Completed']);
    expect(study.callsOf('next').map(({ slot }) => slot)).toEqual(expect.arrayContaining([0, 1, 2]));
  });

  test('one slot runs them one after another, its turns counting up', async () => {
    [1, 2].forEach((trial) => study.give(trial));
    await study.worker({ shell: 'exit 0' }).finished;
    const turns = study.calls.filter(({ call }) => call === 'next' || call === 'record');
    expect(turns.map(({ call, turn, trial }) => [call, turn, trial])).toEqual([
      ['next', 0, undefined],
      ['record', 1, 1],
      ['record', 2, 2],
    ]);
    expect(study.recorded[0].outcome).toMatchObject({
      status: 'Completed',
      secondaryStatus: 'Completed',
      trainingSeconds: expect.any(Number),
      jobName: expect.stringContaining('/'),
    });
  });

  test('the next one starts within 30 ms of the end of the one before', async () => {
    const count = 15;
    for (let trial = 1; trial <= count; trial++) study.give(trial);
    // long enough that who looks now and then for its end does not find it by luck.
    const program = (work: string) => `echo "began $(date +%s%N)"; ${work} echo "ended $(date +%s%N)"`;
    const { stdout } = await study.worker({ shell: program('sleep 0.03;') }).finished;
    const times = (word: string) =>
      [...stdout.matchAll(new RegExp(`${word} (\\d+)`, 'g'))].map(([, time]) => Number(BigInt(time) / 1000n) / 1000);
    const [began, ended] = [times('began'), times('ended')];
    expect([began.length, ended.length]).toEqual([count, count]);
    // what this machine, on which others work too, takes just now to start any program is not the worker's.
    const bare = Array.from({ length: count }, () => {
      const begin = performance.now();
      execFileSync('/bin/sh', ['-c', program('')]);
      return performance.now() - begin;
    });
    const gap = median(began.slice(1).map((time, index) => time - ended[index]));
    expect(gap).toBeLessThan(30 + median(bare));
  });

  test("get SageMaker's folders, configuration and environment, and the study's", async () => {
    study.store.put('s3://bucket/data/train/a.csv', 'a');
    study.store.put('s3://bucket/data/train/deep/b.csv', 'b');
    study.store.put('s3://bucket/one.bin', 'one');
    study.job = {
      channels: { train: 's3://bucket/data/train/', one: 's3://bucket/one.bin' },
      environment: { CDK_HPO_PROGRAM: 'train.py', CDK_HPO_OBJECTIVE: 'accuracy' },
      hyperparameters: { epochs: '3', lr: '1' },
      command: [PYTHON, '-c', SHOW.join('\n'), '/opt/ml/input/data/train'],
    };
    study.give(5, { attempt: 2, hyperparameters: { lr: '0.1' }, maxResource: 4, jobName: 'my-job' });
    const host = { SM_CURRENT_HOST: 'algo-7', SM_HP_OLD: '1', RANK: '3', WORLD_SIZE: '8', CDK_HPO_TOKEN: 'host' };
    const { stdout } = await study.launch([PYTHON!, '-m', 'cdk_hpo_worker', 'worker'], { ...host, MINE: 'yes' })
      .finished;
    const { env, files, inputs, there, args } = shown(stdout, 5);
    const base = env.SAGEMAKER_BASE_DIR;
    expect(base).toMatch(/trial-5-2$/);
    expect(args).toEqual(['-c', `${base}/input/data/train`]);
    expect(there).toEqual(['checkpoints', 'input', 'model', 'output']);
    expect(inputs).toEqual({ one: ['one.bin'], train: ['a.csv', 'deep'] });
    expect(files).toEqual({
      hyperparameters: { epochs: '3', lr: '0.1' },
      resourceconfig: { current_host: 'algo-1', hosts: ['algo-1'], network_interface_name: 'eth0' },
      inputdataconfig: {
        one: expect.objectContaining({ TrainingInputMode: 'File' }),
        train: expect.objectContaining({ TrainingInputMode: 'File' }),
      },
    });
    expect(env).toMatchObject({
      MINE: 'yes',
      CDK_HPO_STUDY: STUDY,
      CDK_HPO_TRIAL: '5',
      CDK_HPO_ATTEMPT: '2',
      CDK_HPO_MAX_RESOURCE: '4',
      CDK_HPO_PROGRAM: 'train.py',
      CDK_HPO_OBJECTIVE: 'accuracy',
      SM_MODEL_DIR: `${base}/model`,
      SM_OUTPUT_DATA_DIR: `${base}/output/data`,
      SM_CHANNEL_TRAIN: `${base}/input/data/train`,
      SM_HP_LR: '0.1',
      SM_HP_EPOCHS: '3',
      SM_HOSTS: '["algo-1"]',
      SM_CURRENT_HOST: 'algo-1',
    });
    expect(JSON.parse(env.SM_HPS)).toEqual({ epochs: 3, lr: 0.1 });
    const unwanted = /^(RANK|WORLD_SIZE|SM_HP_OLD|SM_CHECKPOINT_DIR|CUDA_VISIBLE_DEVICES=.+|CDK_HPO_WORKER_.*)$/;
    expect(Object.keys(env).filter((name) => unwanted.test(name))).toEqual([]);
    expect(study.outcomeOf(5)).toMatchObject({ status: 'Completed', jobName: 'my-job' });
    // the temporary folder with all that was in it is gone.
    expect(readdirSync(study.folder).filter((name) => name.startsWith('cdk-hpo-worker-'))).toEqual([]);
  });

  test('use the input that SageMaker has given to the host, and the name that the host has there', async () => {
    const { SAGEMAKER_BASE_DIR: base } = study.environment;
    mkdirSync(join(base, 'input/data/train'), { recursive: true });
    mkdirSync(join(base, 'input/config'), { recursive: true });
    writeFileSync(join(base, 'input/data/train/here.csv'), 'x');
    writeFileSync(join(base, 'input/config/resourceconfig.json'), '{"current_host": "algo-2"}');
    study.job = { channels: { train: 's3://bucket/nothing/' } };
    study.give(1);
    const { stdout } = await study.worker({ python: SHOW }, [], { TRAINING_JOB_NAME: 'cluster' }).finished;
    expect(shown(stdout, 1).inputs).toEqual({ train: ['here.csv'] });
    expect(study.callsOf('join')[0].host).toBe('cluster/algo-2');
    expect(study.s3Calls.filter((call) => call.includes('nothing'))).toEqual([]);
  });

  test.each([
    [1, '4,5,6,7', { 1: '4,5,6,7' }],
    [2, '4,5,6,7', { 1: '4,5', 2: '6,7' }],
    [3, '4,5', { 1: '4', 2: '5', 3: '4' }],
    [2, '', { 1: '', 2: '' }],
  ])('%d slots share the GPUs %j', async (slots, gpus, expected) => {
    // each holds its slot until all have begun; slot 0 asks first only by chance.
    const program =
      'touch here-$CDK_HPO_TRIAL; while [ $(ls here-* | wc -l) -lt $WANTED ]; do sleep 0.02; done; ' +
      'echo "gpus=$CUDA_VISIBLE_DEVICES threads=$OMP_NUM_THREADS"';
    for (let trial = 1; trial <= slots; trial++) study.give(trial);
    const env = { CUDA_VISIBLE_DEVICES: gpus, WANTED: String(slots) };
    const { stdout } = await study.worker({ shell: program }, ['--slots', String(slots)], env).finished;
    const seen = [...stdout.matchAll(/gpus=(.*) threads=(\d+)/g)];
    expect(seen.map(([, devices]) => devices).sort()).toEqual(Object.values(expected).sort());
    expect(new Set(seen.map(([, , threads]) => Number(threads) >= 1))).toEqual(new Set([true]));
  });

  test('auto gives each GPU a slot, and OMP_NUM_THREADS of the worker stays', async () => {
    study.give(1);
    const env = { CUDA_VISIBLE_DEVICES: 'GPU-a,GPU-b', OMP_NUM_THREADS: '7' };
    const { stdout } = await study.worker({ shell: 'echo "threads=$OMP_NUM_THREADS"' }, [], env).finished;
    expect(study.callsOf('join')[0].slots).toBe(2);
    expect(stdout).toContain('[trial 1] threads=7\n');
  });

  test('leave their model at outputUri, and only when they have one', async () => {
    study.give(1);
    study.give(2);
    const program =
      '[ $CDK_HPO_TRIAL = 2 ] || { mkdir $SM_MODEL_DIR/sub; echo weights > $SM_MODEL_DIR/sub/model.bin; }';
    await study.worker({ shell: program }).finished;
    expect(study.outcomeOf(1)?.modelArtifact).toBe('s3://bucket/output/1-1/model.tar.gz');
    expect(study.outcomeOf(2)).not.toHaveProperty('modelArtifact');
    expect(study.keys('output/')).toEqual(['1-1/model.tar.gz']);
    const tar = Buffer.from(gunzipSync(study.store.get('s3://bucket/output/1-1/model.tar.gz'))).toString('latin1');
    expect(tar).toMatch(/^sub\/?\0/);
    expect(tar).toContain('sub/model.bin');
    expect(tar).toContain('weights\n');
  });

  test('end as their exit code and their failure text say', async () => {
    const programs = [
      'echo "the last words" >&2; exit 3',
      'echo "it broke" > $SAGEMAKER_BASE_DIR/output/failure; exit 4',
      'kill -9 $$',
      'exit 5',
    ];
    programs.forEach((_, index) => study.give(index + 1));
    const program = programs.map((text, index) => `[ $CDK_HPO_TRIAL = ${index + 1} ] && { ${text}; }`).join('\n');
    const { code } = await study.worker({ shell: program }).finished;
    expect(code).toBe(0);
    expect([1, 2, 3, 4].map((trial) => study.outcomeOf(trial)?.failureReason)).toEqual([
      'AlgorithmError: the last words, exit code: 3',
      'AlgorithmError: it broke, exit code: 4',
      expect.stringMatching(/^AlgorithmError: .*, exit code: 137$/),
      expect.stringMatching(/^AlgorithmError: .*, exit code: 5$/),
    ]);
    expect(study.recorded.map(({ outcome }) => outcome.status)).toEqual(['Failed', 'Failed', 'Failed', 'Failed']);
  });

  test('with a long traceback keep its end and the exit code in 1024 characters', async () => {
    study.give(1);
    const program = ['import sys', 'sys.stderr.write("x" * 300000 + "\\nValueError: too big\\n")', 'sys.exit(1)'];
    const { stdout } = await study.worker({ python: program }).finished;
    const reason = String(study.outcomeOf(1)?.failureReason);
    expect(reason.length).toBe(1024);
    expect(reason).toMatch(/ValueError: too big, exit code: 1$/);
    expect(stdout).toMatch(/\[trial 1\] ValueError: too big\n$/);
  });

  test('fail with ClientError when the command cannot be started, or a channel is empty', async () => {
    study.give(1);
    await study.launch([PYTHON!, '-m', 'cdk_hpo_worker', 'worker', '--', '/no/such/program']).finished;
    expect(study.outcomeOf(1)).toMatchObject({
      status: 'Failed',
      failureReason: expect.stringMatching(/^ClientError: .*\/no\/such\/program.*cannot be started/),
    });
    study.job = { channels: { train: 's3://bucket/nothing/' } };
    study.give(2);
    await study.worker({ shell: 'exit 0' }).finished;
    expect(study.outcomeOf(2)?.failureReason).toMatch(/^ClientError: .*no S3 object under s3:\/\/bucket\/nothing\//);
  });

  test('that run too long get SIGTERM, and SIGKILL after the grace period', async () => {
    study.give(1, { maxRuntimeSeconds: 0.4 });
    study.give(2, { maxRuntimeSeconds: 0.4 });
    const program = [
      'import os, signal, time',
      'deaf = os.environ["CDK_HPO_TRIAL"] == "1"',
      'signal.signal(signal.SIGTERM, signal.SIG_IGN if deaf else lambda *_: os._exit(0))',
      'time.sleep(60)',
    ];
    await study.worker({ python: program }, [], { CDK_HPO_WORKER_GRACE_SECONDS: '0.2' }).finished;
    const end = { status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded' };
    expect([study.outcomeOf(1), study.outcomeOf(2)]).toEqual([
      expect.objectContaining(end),
      expect.objectContaining(end),
    ]);
  });

  test('leave no process of theirs behind, and one that has left their group holds up nobody', async () => {
    study.give(1);
    study.give(2);
    const program = [
      'import os, subprocess, sys',
      'if os.environ["CDK_HPO_TRIAL"] == "2":',
      '    pid = int(open("helper").read())',
      '    os.kill(pid, 0)',
      '    if open("/proc/%d/stat" % pid).read().split()[2] == "Z": raise ProcessLookupError("a zombie of process 1")',
      'else:',
      '    open("helper", "w").write(str(subprocess.Popen(["sleep", "60"]).pid))',
    ];
    await study.worker({ python: program }).finished;
    expect(study.outcomeOf(1)?.status).toBe('Completed');
    expect(study.outcomeOf(2)?.failureReason).toContain('ProcessLookupError');
  });

  test('never show their token, in no output and no outcome', async () => {
    study.give(1);
    study.give(2);
    const program = 'echo "out $CDK_HPO_TOKEN"; printf "err $CDK_HPO_TOKEN" >&2; exit 1';
    const { stdout, stderr } = await study.worker({ shell: program }).finished;
    const all = JSON.stringify([stdout, stderr, study.recorded]);
    expect(all).not.toContain('secret-of-trial');
    expect(stdout).toContain('[trial 1] out ***\n');
    expect(stdout).toContain('[trial 2] err ***\n');
  });

  test('that print much without a line end are passed on whole, with nobody stuck', async () => {
    study.give(1);
    const program = [
      'import os, sys',
      'os.write(1, b"a" * 1000000 + os.environ["CDK_HPO_TOKEN"].encode() + b"b" * 1000000)',
    ];
    const { stdout } = await study.worker({ python: program }).finished;
    const text = stdout.replaceAll('[trial 1] ', '').replaceAll('\n', '');
    expect([text.length, text.replace(/a+/, 'a').replace(/b+/, 'b')]).toEqual([2000003, 'a***b']);
    expect(study.outcomeOf(1)?.status).toBe('Completed');
  });
});
