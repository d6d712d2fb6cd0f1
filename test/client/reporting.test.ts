import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientsIn, installClients, runWithModules, studyEnvironment as environmentAt, TOKEN } from './clients';
import { fakeLambda, FakeLambda, PYTHON, ROOT, run, start } from './processes';

const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-client-'));
const CLIENTS = clientsIn(folder);
let lambda: FakeLambda;

beforeAll(() => installClients(folder));
beforeEach(async () => {
  lambda = await fakeLambda();
});
afterEach(() => lambda.close());
afterAll(() => rmSync(folder, { recursive: true }));

const studyEnvironment = () => environmentAt(lambda.endpoint);

const THREE_EPOCHS = {
  python: [
    'try:',
    '    for epoch in range(1, 4):',
    '        print("decision", hpo.report(epoch, accuracy=0.25 * epoch, loss=1 / 3), hpo.should_stop())',
    '    print("trained on")',
    'finally:',
    '    print("finally")',
  ].join('\n'),
  node: [
    'for (let epoch = 1; epoch <= 3; epoch++) {',
    '  console.log("decision", await hpo.report(epoch, { accuracy: 0.25 * epoch, loss: 1 / 3 }), hpo.shouldStop());',
    '}',
    'console.log("trained on");',
  ].join('\n'),
};

describe.each(CLIENTS)('$name client', ({ command }) => {
  const threeEpochs = () => command(THREE_EPOCHS);

  test('reports go to the function, and continue goes on', async () => {
    const { code, stdout, stderr } = await run(threeEpochs(), studyEnvironment());
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(lambda.paths[0]).toBe(
      'POST /2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A111122223333%3Afunction%3AReport/invocations',
    );
    expect(lambda.payloads).toHaveLength(3);
    expect(lambda.payloads[1]).toEqual({
      study: 'my-study',
      trial: 7,
      attempt: 2,
      token: TOKEN,
      resource: 2,
      metrics: { accuracy: 0.5, loss: 1 / 3 },
    });
    expect(stdout).toContain('[cdk-hpo] resource=2 accuracy=0.5 loss=0.3333333333333333\n');
    expect(stdout).toMatch(/decision continue [Ff]alse/);
    expect(stdout).toContain('trained on');
  });

  test.each(['stop', 'pause'])('%s ends the program with exit code 0', async (decision) => {
    lambda.answer = (_, call) => ({ body: call < 2 ? { decision: 'continue' } : { decision, reason: 'rung 2' } });
    const { code, stdout, stderr } = await run(threeEpochs(), {
      ...studyEnvironment(),
      CDK_HPO_RESOURCE_NAME: 'epoch',
    });
    expect(code).toBe(0);
    expect(lambda.payloads).toHaveLength(2);
    expect(stdout).not.toContain('trained on');
    expect(stderr).toBe(`cdk-hpo: the study ${decision}s the trial at epoch 2: rung 2\n`);
  });

  test('a stop can be returned instead, and further reports do not ask again', async () => {
    lambda.answer = () => ({ body: { decision: 'pause' } });
    const { code, stdout } = await run(
      command({
        python: 'd = [hpo.report(e, accuracy=0.5, on_stop="return") for e in (1, 2)]\nprint(d == ["pause"] * 2, d[0])',
        node: [
          'const options = { onStop: "return" };',
          'const d = [await hpo.report(1, { accuracy: 0.5 }, options), await hpo.report(2, { accuracy: 0.5 }, options)];',
          'console.log(d.every((x) => x === "pause") ? "True" : "False", d[0]);',
        ].join('\n'),
      }),
      studyEnvironment(),
    );
    expect(code).toBe(0);
    expect(stdout).toContain('True pause');
    expect(stdout).toContain('resource=2');
    expect(lambda.payloads).toHaveLength(1);
  });

  test('a refused report is shown, not repeated, and does not end the training', async () => {
    lambda.answer = () => ({
      functionError: true,
      body: { errorType: 'InvalidReport', errorMessage: `metrics.loss must be finite (${TOKEN})` },
    });
    const { code, stdout, stderr } = await run(threeEpochs(), studyEnvironment());
    expect(code).toBe(0);
    expect(stdout).toContain('trained on');
    expect(lambda.payloads).toHaveLength(3);
    expect(stderr).toContain('cdk-hpo: the study refused the report at resource 1: metrics.loss must be finite (***)');
  });

  test('an attempt that the study has given up ends', async () => {
    lambda.answer = () => ({
      functionError: true,
      body: { errorType: 'AttemptEnded', errorMessage: 'attempt 3 has taken over' },
    });
    const { code, stdout, stderr } = await run(threeEpochs(), studyEnvironment());
    expect(code).toBe(0);
    expect(lambda.payloads).toHaveLength(1);
    expect(stdout).not.toContain('trained on');
    expect(stderr).toBe('cdk-hpo: the study stops the trial at resource 1: attempt 3 has taken over\n');
  });

  test('other errors are tried again', async () => {
    lambda.answer = (_, call) =>
      call === 1
        ? { status: 429, body: { message: 'Rate exceeded' } }
        : call === 2
          ? { functionError: true, body: { errorType: 'Runtime.ExitError', errorMessage: 'crashed' } }
          : { body: { decision: 'continue' } };
    const { code, stdout, stderr } = await run(threeEpochs(), studyEnvironment());
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain('trained on');
    expect(lambda.payloads.map(({ resource }) => resource)).toEqual([1, 1, 1, 2, 3]);
  });

  test('outside a study nothing is sent', async () => {
    const { code, stdout, stderr } = await run(threeEpochs(), { AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint });
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain('trained on');
    expect(lambda.payloads).toHaveLength(0);
  });

  test('an incomplete environment is named once, and the training goes on', async () => {
    const env = { ...studyEnvironment(), CDK_HPO_TRIAL: '' };
    const { code, stdout, stderr } = await run(threeEpochs(), env);
    expect(code).toBe(0);
    expect(stdout).toContain('trained on');
    expect(stderr).toBe('cdk-hpo: the study is not told: environment variable CDK_HPO_TRIAL is not set\n');
  });

  test('numbers that are not finite travel as strings', async () => {
    const program = command({
      python: 'hpo.report(0.5, accuracy=math.nan, up=math.inf, down=-math.inf)',
      node: 'await hpo.report(0.5, { accuracy: NaN, up: Infinity, down: -Infinity });',
    });
    const { stdout } = await run(program, studyEnvironment());
    expect(lambda.payloads[0]).toMatchObject({
      resource: 0.5,
      metrics: { accuracy: 'NaN', up: 'Infinity', down: '-Infinity' },
    });
    expect(stdout).toBe('[cdk-hpo] resource=0.5 accuracy=NaN up=Infinity down=-Infinity\n');
  });

  test('a report without the objective earns one hint', async () => {
    const program = command({
      python: 'hpo.report(1, loss=1)\nhpo.report(2, loss=1)',
      node: 'await hpo.report(1, { loss: 1 });\nawait hpo.report(2, { loss: 1 });',
    });
    const { stderr } = await run(program, studyEnvironment());
    expect(stderr).toMatch(/^cdk-hpo: the study's objective is .accuracy., and a report holds only loss: .*\n$/);
  });

  test.each([
    ['text', 'hpo.report(1, loss="low")', 'await hpo.report(1, { loss: "low" })', /metric loss must be a number.*low/],
    [
      'true',
      'hpo.report(1, loss=True)',
      'await hpo.report(1, { loss: true })',
      /metric loss must be a number.*[Tt]rue/,
    ],
    ['a name', 'hpo.report(1, {"a b": 1})', 'await hpo.report(1, { "a b": 1 })', /metric name .a b. must start/],
    ['none', 'hpo.report(1)', 'await hpo.report(1, {})', /needs at least one metric/],
    ['resource 0', 'hpo.report(0, loss=1)', 'await hpo.report(0, { loss: 1 })', /resource must be a positive.*got 0/],
    ['resource x', 'hpo.report("x", loss=1)', 'await hpo.report("x", { loss: 1 })', /resource must be a number.*x/],
  ])('a mistake is named where it is made: %s', async (_, python, node, message) => {
    const { code, stderr } = await run(command({ python, node }));
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  test('of a distributed job only the first process reports', async () => {
    const hosts = '["algo-2", "algo-1"]';
    await run(threeEpochs(), { ...studyEnvironment(), RANK: '1' });
    await run(threeEpochs(), { ...studyEnvironment(), OMPI_COMM_WORLD_RANK: '1' });
    await run(threeEpochs(), { ...studyEnvironment(), SM_HOSTS: hosts, SM_CURRENT_HOST: 'algo-2' });
    expect(lambda.payloads).toHaveLength(0);
    await run(threeEpochs(), { ...studyEnvironment(), SM_HOSTS: hosts, SM_CURRENT_HOST: 'algo-1', RANK: '0' });
    expect(lambda.payloads).toHaveLength(3);
  });

  test('hyperparameters have types, and the folders are those of the job', async () => {
    const base = mkdtempSync(join(folder, 'base-'));
    mkdirSync(join(base, 'input', 'config'), { recursive: true });
    const texts = {
      rate: '1e-3',
      units: '32',
      flag: 'True',
      name: 'adam',
      quoted: '"5"',
      zip: '01234',
      negative: '-2',
    };
    writeFileSync(join(base, 'input', 'config', 'hyperparameters.json'), JSON.stringify(texts));
    const program = command({
      python: 'import json\nprint(json.dumps([hpo.hyperparameters(), hpo.checkpoint_dir(), hpo.model_dir()]))',
      node: 'console.log(JSON.stringify([hpo.hyperparameters(), hpo.checkpointDir(), hpo.modelDir()]));',
    });
    const { stdout } = await run(program, { SAGEMAKER_BASE_DIR: base });
    expect(JSON.parse(stdout)).toEqual([
      { rate: 0.001, units: 32, flag: true, name: 'adam', quoted: '5', zip: '01234', negative: -2 },
      join(base, 'checkpoints'),
      join(base, 'model'),
    ]);
    expect(existsSync(join(base, 'checkpoints'))).toBe(true);
  });

  test('outside a job there are no hyperparameters and no checkpoints', async () => {
    const cwd = mkdtempSync(join(folder, 'cwd-'));
    const program = command({
      python: 'import json\nprint(json.dumps([hpo.hyperparameters(), hpo.checkpoint_dir(), hpo.in_study()]))',
      node: 'console.log(JSON.stringify([hpo.hyperparameters(), hpo.checkpointDir() ?? null, hpo.inStudy()]));',
    });
    const { stdout } = await run(program, {}, cwd);
    expect(JSON.parse(stdout)).toEqual([{}, null, false]);
  });

  test('with SIGTERM watched, the next report ends the program', async () => {
    const running = start(
      command({
        python: [
          'import time',
          'hpo.watch_sigterm()',
          'print("ready", flush=True)',
          'while not hpo.should_stop(): time.sleep(0.01)',
          'hpo.report(1, accuracy=0.5)',
          'print("trained on")',
        ].join('\n'),
        node: [
          'hpo.watchSigterm();',
          'console.log("ready");',
          'while (!hpo.shouldStop()) await new Promise((resolve) => setTimeout(resolve, 10));',
          'await hpo.report(1, { accuracy: 0.5 });',
          'console.log("trained on");',
        ].join('\n'),
      }),
      studyEnvironment(),
    );
    await running.printed('ready');
    running.kill('SIGTERM');
    const { code, stdout } = await running.finished;
    expect(code).toBe(143);
    expect(stdout).not.toContain('trained on');
    expect(lambda.payloads).toHaveLength(1);
  });
});

// both clients at once, since these spend their time waiting.
test('an unreachable study costs patience, not the training', async () => {
  lambda.answer = () => ({ status: 500, body: {} });
  const runs = CLIENTS.map(({ command }) => run(command(THREE_EPOCHS), studyEnvironment()));
  for (const { code, stdout, stderr } of await Promise.all(runs)) {
    expect(code).toBe(0);
    expect(stdout).toContain('trained on');
    expect(stderr.match(/the report at resource \d is lost, the training goes on: .*500/g)).toHaveLength(3);
  }
  // four tries each, and after two lost reports one.
  expect(lambda.payloads).toHaveLength(9 * CLIENTS.length);
});

test('a server that is down is said so, and the token is never shown', async () => {
  const env = { ...studyEnvironment(), AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:9' };
  const program = {
    python: 'hpo.report(1, accuracy=0.5)\nprint("trained on")',
    node: 'await hpo.report(1, { accuracy: 0.5 });\nconsole.log("trained on");',
  };
  const began = performance.now();
  for (const { code, stdout, stderr } of await Promise.all(
    CLIENTS.map((client) => run(client.command(program), env)),
  )) {
    expect(code).toBe(0);
    expect(stdout).toContain('trained on');
    expect(stderr).toMatch(/^cdk-hpo: the report at resource 1 is lost, the training goes on: .*refused/i);
    expect(stdout + stderr).not.toContain(TOKEN);
  }
  // three waits of at least half of 0.5, 1 and 2 seconds.
  expect(performance.now() - began).toBeGreaterThan(1700);
});

test('on AWS the node client signs its calls and hears stop as well as refusals', async () => {
  // the SDK obeys AWS_ENDPOINT_URL, our short way to a local server does not: so this takes the way that AWS takes.
  const { AWS_ENDPOINT_URL_LAMBDA, ...rest } = studyEnvironment();
  const env = {
    ...rest,
    AWS_ENDPOINT_URL: AWS_ENDPOINT_URL_LAMBDA,
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
  };
  lambda.answer = (_, call) =>
    call === 1
      ? { functionError: true, body: { errorType: 'InvalidReport', errorMessage: 'not so' } }
      : { body: { decision: 'stop', reason: 'by the SDK' } };
  const { code, stdout, stderr } = await run(CLIENTS[0].command(THREE_EPOCHS), env);
  // the SDK itself warns of old versions of Node there.
  expect(stderr).toContain('cdk-hpo: the study refused the report at resource 1: not so\n');
  expect(stderr).toContain('cdk-hpo: the study stops the trial at resource 2: by the SDK\n');
  expect(code).toBe(0);
  expect(stdout).not.toContain('trained on');
  expect(lambda.paths[0]).toMatch(/^POST \/2015-03-31\/functions\/.*Report\/invocations$/);
  expect(lambda.payloads.map(({ resource }) => resource)).toEqual([1, 2]);
});

const python = PYTHON ? describe : describe.skip;
python('python client only', () => {
  function withModules(modules: Record<string, string>, lines: string[], env = studyEnvironment()) {
    return runWithModules(folder, modules, lines, env);
  }

  test('a stop runs finally blocks', async () => {
    lambda.answer = () => ({ body: { decision: 'stop', reason: 'no good' } });
    const lines = [
      'try:',
      '    cdk_hpo.report(1, accuracy=0.5)',
      'except Exception:',
      '    print("caught as an error")',
      'except cdk_hpo.TrialStopped as stopped:',
      '    print(stopped.decision, stopped.reason, stopped.code)',
      '    raise',
      'finally:',
      '    print("finally")',
    ];
    const { code, stdout } = await withModules({}, lines);
    expect(code).toBe(0);
    expect(stdout).toMatch(/stop no good 0\nfinally\n$/);
  });

  test('scalars of NumPy and tensors of one element are numbers', async () => {
    const lines = [
      'class Scalar:',
      '    def __init__(self, value): self.value = value',
      '    def item(self): return self.value',
      'cdk_hpo.report(Scalar(2), accuracy=Scalar(0.5))',
      'try:',
      '    cdk_hpo.report(1, accuracy=Scalar([1, 2]))',
      'except TypeError as error:',
      '    print(error)',
    ];
    const { stdout } = await withModules({}, lines);
    expect(lambda.payloads[0]).toMatchObject({ resource: 2, metrics: { accuracy: 0.5 } });
    expect(stdout).toContain('metric accuracy must be a number');
  });

  test('without boto3 the reports are lost, with a word on what to install', async () => {
    const { AWS_ENDPOINT_URL_LAMBDA: _, ...env } = studyEnvironment();
    const blocked = { 'boto3.py': 'raise ImportError("no boto3 here")' };
    const { code, stdout, stderr } = await withModules(
      blocked,
      ['cdk_hpo.report(1, accuracy=0.5)', 'print("trained on")'],
      env as Record<string, string>,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('trained on');
    expect(stderr).toContain('boto3 is not installed');
  });

  test('on AWS boto3 invokes the function in the region of its ARN', async () => {
    const { AWS_ENDPOINT_URL_LAMBDA: _, ...env } = studyEnvironment();
    const modules = {
      'botocore/__init__.py': '',
      'botocore/config.py': 'class Config:\n    def __init__(self, **options): self.options = options\n',
      'boto3.py': [
        'import io',
        'class Client:',
        '    def invoke(self, FunctionName, InvocationType, Payload):',
        '        print(FunctionName, InvocationType, b"my-study" in Payload)',
        '        return {"Payload": io.BytesIO(b\'{"decision": "stop", "reason": "by boto3"}\')}',
        'def client(service, region_name, config):',
        '    print(service, region_name, config.options["read_timeout"])',
        '    return Client()',
      ].join('\n'),
    };
    const { code, stdout, stderr } = await withModules(
      modules,
      ['cdk_hpo.report(1, accuracy=0.5)', 'print("trained on")'],
      env as Record<string, string>,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('lambda eu-west-1 10\n');
    expect(stdout).toContain('function:Report RequestResponse True\n');
    expect(stderr).toContain('by boto3');
  });

  test('with all_ranks the other processes hear the decision of the first', async () => {
    const modules = {
      'torch/__init__.py': 'from . import distributed\n',
      'torch/distributed.py': [
        'def is_available(): return True',
        'def is_initialized(): return True',
        'def get_world_size(): return 2',
        'def broadcast_object_list(box, src): box[:] = ["stop", "said rank %d" % src, False]',
      ].join('\n'),
    };
    const lines = ['import torch', 'cdk_hpo.report(1, accuracy=0.5, all_ranks=True)', 'print("trained on")'];
    const { code, stdout } = await withModules(modules, lines, { ...studyEnvironment(), RANK: '1' });
    expect(code).toBe(0);
    expect(stdout).toBe('');
    expect(lambda.payloads).toHaveLength(0);
  });

  test('the module stays one file of plain Python 3.8', () => {
    const source = readFileSync(join(ROOT, 'client/python/cdk_hpo.py'), 'utf8');
    // these came with 3.9 and 3.10; no older Python may be at hand to ask.
    expect(source).not.toMatch(/removeprefix|removesuffix|^\s*match .*:$/m);
  });
});
