import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { PYTHON } from '../processes';
import { describeWithPython, FakeStudy, PACKAGE_FOLDER, refusal, STUDY } from './fake-study';

let study: FakeStudy;

beforeEach(async () => {
  study = await new FakeStudy().listen();
});
afterEach(() => study.close());

const WORKER = [PYTHON!, '-m', 'cdk_hpo_worker', 'worker'];

describeWithPython('the command line', () => {
  test('a function that is not there gives one line, exit code 1, and the reason for SageMaker', async () => {
    mkdirSync(join(study.environment.SAGEMAKER_BASE_DIR, 'output'));
    const { code, stdout, stderr } = await study.worker({ shell: '' }, ['--function', 'nobody']).finished;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^cdk-hpo worker: cannot join the study my-study .*there is no function nobody.*--function.*\n$/,
    );
    const failure = readFileSync(join(study.environment.SAGEMAKER_BASE_DIR, 'output/failure'), 'utf8');
    expect(failure).toContain('there is no function nobody');
  });

  test('a study that is not there, or is over, is said in one line', async () => {
    study.intercept = () => refusal('StudyNotFound', 'there is no study my-study');
    const missing = await study.worker({ shell: '' }).finished;
    expect([missing.code, missing.stderr.split('\n').length]).toEqual([1, 2]);
    expect(missing.stderr).toContain('StudyNotFound: there is no study my-study');
    study.intercept = () => ({ body: { ended: true, reason: 'it has ended yesterday' } });
    const over = await study.worker({ shell: '' }).finished;
    expect([over.code, over.stderr]).toEqual([0, expect.stringContaining('it has ended yesterday')]);
  });

  test.each([
    [['--slots', '0'], {}, /--slots must be an integer of at least 1, or auto, got '0'/],
    [['--slots', 'many'], {}, /--slots/],
    [['--max-seconds', '-1'], {}, /--max-seconds must be a positive number/],
    [['--what'], {}, /--what.*--help/],
    [[], { CDK_HPO_WORKER_STUDY: '' }, /give --study or set CDK_HPO_WORKER_STUDY/],
    [[], { CDK_HPO_WORKER_COMMAND: 'python3 train.py' }, /CDK_HPO_WORKER_COMMAND must be a JSON list/],
    [[], {}, /the study my-study has no command of its own: give one after --/],
  ])('%j with %j is refused in one line', async (args, env, message) => {
    const { code, stderr } = await study.launch([...WORKER, ...args], env).finished;
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(stderr).toMatch(/^cdk-hpo worker: [^\n]+\n$/);
  });

  test('the command comes from the double dash, the environment, or the study, in this order', async () => {
    study.job = { command: ['echo', 'of the study'] };
    const env = { CDK_HPO_WORKER_COMMAND: '["echo", "of the environment"]' };
    const outputs: string[] = [];
    for (const [args, variables] of [
      [['--', 'echo', 'given', '--slots'], env] as const,
      [[], env] as const,
      [[], {}] as const,
    ]) {
      study.give(outputs.length);
      outputs.push((await study.launch([...WORKER, ...args], variables).finished).stdout);
    }
    expect(outputs).toEqual([
      '[trial 0] given --slots\n',
      '[trial 1] of the environment\n',
      '[trial 2] of the study\n',
    ]);
  });

  test.each([
    // of five slots on two hosts the first has three; of one on two each has one; none has more than it can run.
    ['algo-1', '3', '5', 3],
    ['algo-2', '3', '5', 2],
    ['algo-2', '3', '1', 1],
    ['algo-1', '2', '5', 2],
    ['algo-1', '3', '', 3],
    ['somebody', '3', '5', 3],
  ])('host %s that could run %s takes its share of the %s slots of all', async (host, slots, ofAll, expected) => {
    const folder = join(study.folder, 'host/input/config');
    mkdirSync(folder, { recursive: true });
    const config = { current_host: host, hosts: ['algo-2', 'algo-1'] };
    writeFileSync(join(folder, 'resourceconfig.json'), JSON.stringify(config));
    const env = { CDK_HPO_WORKER_SLOTS: slots, CDK_HPO_WORKER_SLOTS_OF_ALL_HOSTS: ofAll };
    await study.worker({ shell: 'exit 0' }, [], env).finished;
    expect(study.callsOf('join')).toMatchObject([{ slots: expected }]);
  });

  test('two workers of a machine never have the same name, not even as first processes of two containers', async () => {
    await Promise.all([1, 2].map(() => study.worker({ shell: 'exit 0' }).finished));
    const hosts = study.callsOf('join').map(({ host }) => String(host));
    expect(new Set(hosts).size).toBe(2);
    for (const host of hosts) expect(host).toMatch(/^[^/]+\/\d+-[0-9a-f]{6}$/);
  });

  test('a folder that was given stays, without what was in it', async () => {
    study.job = { channels: { train: 's3://bucket/data' } };
    study.store.put('s3://bucket/data/a', 'a');
    [1, 2].forEach((trial) => study.give(trial));
    const { stdout } = await study.worker({ shell: 'echo $SAGEMAKER_BASE_DIR' }, ['--folder', 'mine/deep']).finished;
    expect(stdout).toContain(join(study.folder, 'mine/deep/trial-1-1'));
    expect(readdirSync(join(study.folder, 'mine/deep'))).toEqual([]);
  });

  test('the package runs from inside a zip', async () => {
    const files = readdirSync(join(PACKAGE_FOLDER, 'cdk_hpo_worker')).filter((name) => name.endsWith('.py'));
    const content = files.map((name) => [
      `cdk_hpo_worker/${name}`,
      strToU8(readFileSync(join(PACKAGE_FOLDER, 'cdk_hpo_worker', name), 'utf8')),
    ]);
    const zip = join(study.folder, 'worker.zip');
    writeFileSync(zip, zipSync(Object.fromEntries(content) as Record<string, Uint8Array>));
    study.give(1);
    const code = `import runpy,sys;sys.path.insert(0,${JSON.stringify(zip)});runpy.run_module('cdk_hpo_worker',run_name='__main__')`;
    const env = { PYTHONPATH: '', CDK_HPO_WORKER_COMMAND: '["echo", "from a zip"]' };
    const finished = await study.launch([PYTHON!, '-c', code], env).finished;
    expect([finished.code, finished.stdout]).toEqual([0, '[trial 1] from a zip\n']);
  });

  test('python -m cdk_hpo hands over to the worker, and says so where there is none', async () => {
    study.give(1);
    const handed = await study.launch([PYTHON!, '-m', 'cdk_hpo', 'worker', '--', 'echo', 'hello']).finished;
    expect([handed.code, handed.stdout]).toEqual([0, '[trial 1] hello\n']);
    copyFileSync(join(PACKAGE_FOLDER, 'cdk_hpo.py'), join(study.folder, 'cdk_hpo.py'));
    const alone = await study.launch([PYTHON!, '-m', 'cdk_hpo', 'worker'], { PYTHONPATH: study.folder }).finished;
    expect([alone.code, alone.stderr]).toEqual([
      1,
      expect.stringMatching(/^cdk-hpo: the worker is not installed.*\n$/),
    ]);
  });
});

describeWithPython('a job of AWS Batch', () => {
  /** Starts a job as the study submits it. */
  function batchJob(shell: string, answer: Record<string, unknown> = {}, env: Record<string, string> = {}) {
    const command = ['/bin/sh', '-c', shell];
    const job = { command, channels: {}, environment: { MINE: 'yes' }, hyperparameters: { epochs: '3' } };
    return study.launch([PYTHON!, '-m', 'cdk_hpo_worker', 'batch-job'], {
      CDK_HPO_JOB: JSON.stringify(job),
      CDK_HPO_ATTEMPT_JSON: JSON.stringify({
        trial: 5,
        attempt: 2,
        hyperparameters: { lr: '0.1' },
        checkpointUri: 's3://bucket/checkpoints/5/',
        outputUri: 's3://bucket/output/5-2/',
        ...answer,
      }),
      CDK_HPO_STUDY: STUDY,
      CDK_HPO_TOKEN: 'secret-of-trial-5',
      CDK_HPO_WORKER_FOLDER: join(study.folder, 'batch'),
      ...env,
    });
  }

  test('runs its one attempt, with checkpoints and model, and calls nobody', async () => {
    study.store.put('s3://bucket/checkpoints/5/state', 'before');
    const program =
      'cd $SAGEMAKER_BASE_DIR; cat checkpoints/state; echo " $CDK_HPO_TRIAL $CDK_HPO_ATTEMPT $MINE $SM_HPS $CDK_HPO_TOKEN"; ' +
      'printf after > checkpoints/state; echo x > model/weights; echo "$CDK_HPO_JOB$CDK_HPO_ATTEMPT_JSON"';
    const { code, stdout, stderr } = await batchJob(program).finished;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe('before 5 2 yes {"epochs": 3, "lr": 0.1} ***\n\n');
    expect(study.object('checkpoints/5/state')).toBe('after');
    expect(study.keys('output/')).toEqual(['5-2/model.tar.gz']);
    expect(study.calls).toEqual([]);
    expect(readdirSync(join(study.folder, 'batch'))).toEqual([]);
  });

  test("ends with the program's exit code, and says why on stderr", async () => {
    const { code, stderr } = await batchJob('echo "out of luck $CDK_HPO_TOKEN" >&2; exit 7').finished;
    expect(code).toBe(7);
    expect(stderr).toBe('out of luck ***\ncdk-hpo worker: AlgorithmError: out of luck ***, exit code: 7\n');
  });

  test('hands SIGTERM on, keeps the last checkpoint, and ends with 143', async () => {
    const program =
      'trap "echo saved > $SAGEMAKER_BASE_DIR/checkpoints/state; exit 0" TERM; echo ready; while :; do sleep 0.05; done';
    const job = batchJob(program);
    await job.printed('ready');
    job.kill('SIGTERM');
    expect((await job.finished).code).toBe(143);
    expect(study.object('checkpoints/5/state')).toBe('saved\n');
  });

  test('that cannot be set up ends with a code that is not 0', async () => {
    study.interceptS3 = () => 403;
    const { code, stderr } = await batchJob('exit 0').finished;
    expect([code, stderr]).toEqual([1, expect.stringContaining('InternalServerError')]);
    const missing = await batchJob('exit 0', {}, { CDK_HPO_JOB: '' }).finished;
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringMatching(/^cdk-hpo worker: CDK_HPO_JOB is not set/),
    ]);
  });
});
