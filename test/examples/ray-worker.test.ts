import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RayWorkerStack } from '../../examples/ray-worker/ray-worker-stack';
import { FakeStudy, FUNCTION, STUDY, describeWithPython, eventually } from '../client/worker/fake-study';
import { PYTHON, ROOT, Running, start } from '../client/processes';
import { ReadableTemplate, Statement, newApp, tunerDefinitionOf } from '../support/lib-stack';

const EXAMPLE = join(ROOT, 'examples', 'ray-worker');
const PROGRAM = join(EXAMPLE, 'start_workers.py');
const GIVEN = ['--study', 'night', '--function', 'arn:worker'];

const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-ray-worker-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A client whose worker, in its n-th run, ends at once with the n-th of STUB_CODES, or after STUB_SECONDS with code 0. */
const STUB_CLIENT = `
import os, signal, sys, time
home = os.environ['STUB_HOME']
for run in range(100):
    try:
        # two may start at the same time.
        with open(os.path.join(home, 'run-%d' % run), 'x') as file:
            file.write(' '.join(sys.argv[1:]))
        break
    except FileExistsError:
        pass
def leave(number, _frame):
    with open(os.path.join(home, 'left-%d' % run), 'w') as file:
        file.write(signal.Signals(number).name)
    sys.exit(0)
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, leave)
print('worker', run, 'runs', flush=True)
codes = os.environ.get('STUB_CODES', '').split()
if run < len(codes):
    sys.exit(int(codes[run]))
time.sleep(float(os.environ.get('STUB_SECONDS', '0')))
`;
const STUBS = join(folder, 'stubs');
mkdirSync(STUBS);
writeFileSync(join(STUBS, 'cdk_hpo.py'), STUB_CLIENT);

/** What an expression of `start_workers` gives; `v` is the value. */
function valueOf(expression: string, value: unknown = null): unknown {
  const program = `import json, sys\nfrom start_workers import *\nv = json.load(sys.stdin)\nprint(json.dumps(${expression}))`;
  const { status, stdout, stderr } = spawnSync(PYTHON!, ['-B', '-c', program], {
    input: JSON.stringify(value),
    encoding: 'utf8',
    cwd: EXAMPLE,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Starts the program with the stub of the worker. */
function launch(options: string[], env: Record<string, string> = {}): { running: Running; home: string } {
  const home = mkdtempSync(join(folder, 'home-'));
  const variables = { PYTHONPATH: STUBS, PYTHONDONTWRITEBYTECODE: '1', STUB_HOME: home, ...env };
  return { running: start([PYTHON!, PROGRAM, ...GIVEN, ...options], variables), home };
}

const read = (home: string, name: string) => readFileSync(join(home, name), 'utf8');

describeWithPython('start_workers.py', () => {
  test('is Python that 3.8 knows', () => {
    const compile = 'import ast, sys; ast.parse(open(sys.argv[1], encoding="utf-8").read(), feature_version=(3, 8))';
    expect(spawnSync(PYTHON!, ['-c', compile, PROGRAM], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  test('runs the worker with what it is given, by the Python of the node', () => {
    const [python, ...words] = valueOf('command(parse(v))', [...GIVEN, '--here']) as string[];
    expect(python).toBe(valueOf('sys.executable'));
    expect(words.join(' ')).toBe('-m cdk_hpo worker --study night --function arn:worker --slots auto');
  });

  test('hands on the number of slots, the folder and the command of a trial', () => {
    const more = ['--slots', '2', '--folder', '/big', '--', 'python3', 'train.py', '--here'];
    const words = valueOf('[command(parse(v)), parse(v).here]', [...GIVEN, ...more]) as [string[], boolean];
    expect(words[0].slice(-8).join(' ')).toBe('--slots 2 --folder /big -- python3 train.py --here');
    expect(words[1]).toBe(false);
  });

  test('leaves GPUs as they are given, and takes back the cores that Ray has given to one process', () => {
    const given = { CUDA_VISIBLE_DEVICES: '0,1', OMP_NUM_THREADS: '32', PATH: '/bin' };
    expect(valueOf('environment(v, in_ray=True)', given)).toEqual({ CUDA_VISIBLE_DEVICES: '0,1', PATH: '/bin' });
    expect(valueOf('environment(v, in_ray=False)', given)).toEqual(given);
  });

  test.each([
    ['the study has ended', [[0, 5]], [null]],
    ['it has died after a while', Array(8).fill([137, 1000]), Array(8).fill(1)],
    ['it dies at once, again and again', Array(6).fill([1, 1]), [2, 4, 8, 16, 32, null]],
    ['a long run lies between quick ends', [...Array(2).fill([1, 1]), [1, 500], [1, 1]], [2, 4, 1, 2]],
  ])('whether it starts the worker again: %s', (_, ends, pauses) => {
    expect(valueOf('(lambda restarts: [restarts.pause(*end) for end in v])(Restarts())', ends)).toEqual(pauses);
  });

  test('takes nodes with GPUs, others only if it is told so, and all that they have', () => {
    const node = (Alive: boolean, Resources: object) => ({ Alive, Resources });
    const nodes = [node(true, { CPU: 8, GPU: 4 }), node(true, { CPU: 2 }), node(false, { CPU: 8, GPU: 4 })];
    const [gpus, all, claims] = valueOf(
      '[[takes_part(n, False) for n in v], [takes_part(n, True) for n in v], [claim(n) for n in v[:2]]]',
      nodes,
    ) as unknown[][];
    expect(gpus).toEqual([true, false, false]);
    expect(all).toEqual([true, true, false]);
    expect(claims).toEqual([
      { num_cpus: 8, num_gpus: 4 },
      { num_cpus: 2, num_gpus: 0 },
    ]);
  });

  describe('on this machine', () => {
    test('starts a worker again that has died, until the study has ended', async () => {
      const { running, home } = launch(['--here'], { STUB_CODES: '3' });
      const { code, stderr } = await running.finished;
      expect([code, readdirSync(home).sort()]).toEqual([0, ['run-0', 'run-1']]);
      expect(stderr).toContain('exit code 3, starting it again in 2 s');
      expect(read(home, 'run-1')).toBe('worker --study night --function arn:worker --slots auto');
    });

    test.each(['SIGTERM', 'SIGINT'] as const)('passes %s on, and ends with the worker', async (signal) => {
      const { running, home } = launch(['--here'], { STUB_SECONDS: '30' });
      await running.printed('worker 0 runs');
      running.kill(signal);
      expect((await running.finished).code).toBe(0);
      expect(readdirSync(home).sort()).toEqual(['left-0', 'run-0']);
      expect(read(home, 'left-0')).toBe(signal);
    });

    (process.platform === 'linux' ? test : test.skip)('takes the worker with it when it is killed', async () => {
      const { running, home } = launch(['--here'], { STUB_SECONDS: '30' });
      await running.printed('worker 0 runs');
      running.kill('SIGKILL');
      await eventually(() => existsSync(join(home, 'left-0')));
    });

    test('says what is missing', async () => {
      const running = start([PYTHON!, PROGRAM, '--here'], {});
      expect((await running.finished).stderr).toMatch(/required: --study, --function/);
    });
  });

  describe('in Ray, which a stand-in plays', () => {
    const RAY = { PYTHONPATH: `${STUBS}:${join(ROOT, 'test/examples/stand-ins')}` };
    const node = (name: string, Resources: object) => ({
      NodeID: name,
      NodeManagerAddress: '10.0.0.1',
      Alive: true,
      Resources,
    });
    const nodesFile = (...nodes: object[]) => {
      const file = join(mkdtempSync(join(folder, 'nodes-')), 'nodes.json');
      writeFileSync(file, JSON.stringify(nodes));
      return file;
    };
    const head = node('head', { CPU: 2 });

    test('each node with GPUs gets one worker, and all end with the study', async () => {
      const STUB_NODES = nodesFile(head, node('one', { CPU: 8, GPU: 4 }), node('two', { CPU: 4, GPU: 1 }));
      const { running, home } = launch([], { ...RAY, STUB_NODES });
      const { code, stdout, stderr } = await running.finished;
      expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
      expect(stdout.match(/^actor .*$/gm)).toEqual([
        'actor one {"max_concurrency": 2, "num_cpus": 8, "num_gpus": 4}',
        'actor two {"max_concurrency": 2, "num_cpus": 4, "num_gpus": 1}',
      ]);
      expect(stdout).toMatch(/^init auto\n[^]*\nshutdown\n$/);
      expect(readdirSync(home)).toHaveLength(2);
    });

    test('an actor that is lost gets a successor, if its node is there', async () => {
      const STUB_NODES = nodesFile(node('frail', { CPU: 8, GPU: 4 }));
      const { running } = launch([], { ...RAY, STUB_NODES });
      const { code, stdout, stderr } = await running.finished;
      expect([code, stdout.match(/^actor frail/gm)]).toEqual([0, ['actor frail', 'actor frail']]);
      expect(stderr).toContain('node frail is lost: ActorDiedError');
    });

    test('SIGTERM has all workers leave', async () => {
      const STUB_NODES = nodesFile(head, node('one', { CPU: 8, GPU: 4 }));
      const { running, home } = launch(['--cpu-nodes'], { ...RAY, STUB_NODES, STUB_SECONDS: '60' });
      await eventually(() => readdirSync(home).length === 2);
      await running.printed('runs\n');
      running.kill('SIGTERM');
      // between two looks for new nodes.
      expect((await running.finished).code).toBe(0);
      expect(readdirSync(home).filter((name) => name.startsWith('left'))).toHaveLength(2);
    });

    test('workers that give up make it end with an error', async () => {
      const STUB_NODES = nodesFile(node('one', { CPU: 8, GPU: 4 }));
      // in place of a minute.
      const program = `import start_workers as s, sys\ns.MOST_QUICK_ENDS = 1\nsys.exit(s.main(${JSON.stringify(GIVEN)}))`;
      const STUB_HOME = mkdtempSync(join(folder, 'home-'));
      const env = { ...RAY, STUB_NODES, STUB_HOME, STUB_CODES: '1', PYTHONDONTWRITEBYTECODE: '1' };
      const { code, stderr } = await start([PYTHON!, '-c', program], env, EXAMPLE).finished;
      expect([code, stderr]).toEqual([1, expect.stringContaining('node one has ended with exit code 1') as string]);
    });

    test('without Ray it says so', async () => {
      const { running } = launch([]);
      const { code, stderr } = await running.finished;
      expect([code, stderr]).toEqual([1, expect.stringContaining('needs Ray (pip install ray), or --here') as string]);
    });
  });

  test('works with the worker itself', async () => {
    const study = await new FakeStudy().listen();
    try {
      study.give(1);
      study.give(2);
      const options = ['--study', STUDY, '--function', FUNCTION, '--slots', '2', '--here'];
      const { code, stderr } = await study.launch([PYTHON!, PROGRAM, ...options, '--', '/bin/true']).finished;
      expect([code, stderr]).toEqual([0, expect.stringContaining('runs 2 trials at a time') as string]);
      expect([1, 2].map((trial) => study.outcomeOf(trial)?.status)).toEqual(['Completed', 'Completed']);
    } finally {
      await study.close();
    }
  });
});

describe('worker.sbatch', () => {
  const script = join(EXAMPLE, 'worker.sbatch');
  const run = (options: string[], env: Record<string, string> = {}) =>
    spawnSync('bash', [script, ...options], { env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' });

  test('is a shell script', () => {
    expect(spawnSync('bash', ['-n', script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    expect(read(EXAMPLE, 'worker.sbatch')).toMatch(/^#!\/bin\/bash\n/);
  });

  test('starts one worker on each node', () => {
    const bin = mkdtempSync(join(folder, 'bin-'));
    writeFileSync(join(bin, 'srun'), '#!/bin/bash\nprintf "%s\\n" "$CDK_HPO_WORKER_GRACE_SECONDS" "$@"\n');
    chmodSync(join(bin, 'srun'), 0o755);
    const env = { PATH: `${bin}:${process.env.PATH}`, SLURM_SUBMIT_DIR: '/a b' };
    const [grace, ...words] = run(['night', 'arn:worker', '--folder', '/scratch'], env).stdout.trim().split('\n');
    expect(grace).toBe('15');
    expect(words).toEqual([
      ...['--kill-on-bad-exit=0', '--wait=0', 'python3', '/a b/examples/ray-worker/start_workers.py', '--here'],
      ...['--study', 'night', '--function', 'arn:worker', '--slots', 'auto', '--folder', '/scratch'],
    ]);
  });

  test('says how it is called', () => {
    expect(run(['night'])).toMatchObject({ status: 2, stderr: expect.stringMatching(/^usage: sbatch/) as string });
  });
});

describe('the stack', () => {
  const WORKER = 'Tuner/Worker';
  const invokes = (statements: Statement[]) =>
    statements
      .filter(({ Action }) => [Action].flat().includes('lambda:InvokeFunction'))
      .flatMap(({ Resource }) => Resource);
  const policyOf = (template: ReadableTemplate, property: string, value: string) =>
    Object.values(template.ofType('AWS::IAM::Policy'))
      .filter(({ Properties }) => (Properties[property] as string[] | undefined)?.includes(value))
      .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement);

  test('has one instance in AWS, and a user that may run workers', () => {
    const template = new ReadableTemplate(new RayWorkerStack(newApp(), 'RayWorker'));
    const { compute, scheduler } = tunerDefinitionOf(template);
    expect(compute.cluster).toMatchObject({ instanceCount: 1, trialsPerInstance: 1 });
    expect(scheduler).toMatchObject({ name: 'asha', mode: 'promote' });
    const statements = policyOf(template, 'Users', '${Nodes}');
    expect(invokes(statements)).toEqual(expect.arrayContaining([`\${${WORKER}.Arn}`, '${Tuner/Report.Arn}']));
    const actions = statements.flatMap(({ Action }) => Action);
    expect(actions).toEqual(expect.arrayContaining(['s3:PutObject', 's3:GetObject']));
    expect(actions.join()).not.toMatch(/sagemaker|states|dynamodb|iam/);
    expect(template.outputs).toMatchObject({
      WorkerFunction: { Value: `\${${WORKER}.Arn}` },
      NodesUser: { Value: '${Nodes}' },
    });
  });

  test('or the role that the nodes have', () => {
    const template = new ReadableTemplate(new RayWorkerStack(newApp(), 'RayWorker', { nodeRole: 'MyNodes' }));
    expect(invokes(policyOf(template, 'Roles', 'MyNodes'))).toContain(`\${${WORKER}.Arn}`);
    expect(template.ofType('AWS::IAM::User')).toEqual({});
    expect(template.outputs).not.toHaveProperty('NodesUser');
  });
});

test('the README names files that there are', () => {
  for (const [, name] of read(EXAMPLE, 'README.md').matchAll(/`([a-z_-]+\.(?:py|ts|sbatch))`/g)) {
    expect(existsSync(join(EXAMPLE, name))).toBe(true);
  }
});
