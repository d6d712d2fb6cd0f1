import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DistributedStack } from '../../examples/distributed/distributed-stack';
import { ROOT, run } from '../client/processes';
import { ReadableTemplate, newApp, trainingRequestOf, tunerDefinitionOf } from '../support/lib-stack';

const EXAMPLE = join(ROOT, 'examples', 'distributed');
const FILES = ['launch.py', 'train.py'];

/** The example as a training job sees it: its files with the client beside them. */
const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-distributed-'));
for (const name of FILES) copyFileSync(join(EXAMPLE, name), join(folder, name));
copyFileSync(join(ROOT, 'client/python/cdk_hpo.py'), join(folder, 'cdk_hpo.py'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A Python with torch, or undefined: TORCH_PYTHON may name one. */
const TORCH_PYTHON = [process.env.TORCH_PYTHON, 'python3', '/usr/bin/python3'].find(
  (python) => python && spawnSync(python, ['-c', 'import torch']).status === 0,
);

/** What `launch.py` makes of an environment: the command after the interpreter, and the variables for networks. */
function launched(environment: Record<string, string>): { command: string[]; networks: Record<string, string> } {
  const program = `
import json, sys, launch
env = json.load(sys.stdin)
found = launch.variables(env)
networks = {name: found[name] for name in found if name.endswith('_IFNAME')}
print(json.dumps({'command': launch.command(env, 'train.py', ['--epochs', '3'])[1:], 'networks': networks}))`;
  const { status, stdout, stderr } = spawnSync('python3', ['-B', '-c', program], {
    input: JSON.stringify({ SAGEMAKER_BASE_DIR: folder, ...environment }),
    encoding: 'utf8',
    cwd: folder,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as { command: string[]; networks: Record<string, string> };
}

const torchrun = (nodes: number, rank: number, processes: number, first: string) =>
  `-m torch.distributed.run --nnodes ${nodes} --node_rank ${rank} --nproc_per_node ${processes} ` +
  `--master_addr ${first} --master_port 29500 train.py --epochs 3`;

test('all files are Python', async () => {
  const compile = 'import ast, sys; [ast.parse(open(name, encoding="utf-8").read(), name) for name in sys.argv[1:]]';
  expect(readdirSync(EXAMPLE)).toEqual(expect.arrayContaining(FILES));
  expect(await run(['python3', '-c', compile, ...FILES], {}, folder)).toMatchObject({ code: 0, stderr: '' });
});

describe('launch.py', () => {
  const hosts = { SM_HOSTS: '["algo-2", "algo-1"]', SM_NUM_GPUS: '4', SM_NETWORK_INTERFACE_NAME: 'eth0' };

  test('gives each instance its place, and all of them the same first one', () => {
    const [first, second] = ['algo-1', 'algo-2'].map((host) => launched({ ...hosts, SM_CURRENT_HOST: host }));
    expect(first.command.join(' ')).toBe(torchrun(2, 0, 4, 'algo-1'));
    expect(second.command.join(' ')).toBe(torchrun(2, 1, 4, 'algo-1'));
    expect(second.networks).toEqual({ NCCL_SOCKET_IFNAME: 'eth0', GLOO_SOCKET_IFNAME: 'eth0' });
  });

  test('starts one process where there is no GPU, and one node where there are no instances', () => {
    expect(launched({}).command.join(' ')).toBe(torchrun(1, 0, 1, 'localhost'));
    expect(launched({}).networks).toEqual({});
    expect(launched({ ...hosts, SM_CURRENT_HOST: 'algo-1', SM_NUM_GPUS: '0' }).command).toContain('1');
  });

  test('reads the file of SageMaker where there are no variables', () => {
    const base = join(folder, 'job');
    mkdirSync(join(base, 'input', 'config'), { recursive: true });
    const config = { current_host: 'algo-2', hosts: ['algo-1', 'algo-2', 'algo-3'], network_interface_name: 'ethwe' };
    writeFileSync(join(base, 'input', 'config', 'resourceconfig.json'), JSON.stringify(config));
    const { command, networks } = launched({ SAGEMAKER_BASE_DIR: base });
    expect(command.join(' ')).toBe(torchrun(3, 1, 1, 'algo-1'));
    expect(networks).toHaveProperty('NCCL_SOCKET_IFNAME', 'ethwe');
  });

  test('leaves networks alone that are chosen', () => {
    const { networks } = launched({ ...hosts, SM_CURRENT_HOST: 'algo-1', NCCL_SOCKET_IFNAME: 'ib0' });
    expect(networks).toEqual({ NCCL_SOCKET_IFNAME: 'ib0', GLOO_SOCKET_IFNAME: 'eth0' });
  });

  test('says so if the host is none of the job', () => {
    expect(() => launched({ ...hosts, SM_CURRENT_HOST: 'algo-9' })).toThrow(
      /algo-9, is none of the job: algo-1, algo-2/,
    );
  });
});

describe('the stack', () => {
  test('runs each trial on two instances', () => {
    const template = new ReadableTemplate(new DistributedStack(newApp(), 'Distributed'));
    expect(trainingRequestOf(template).ResourceConfig).toMatchObject({ InstanceCount: 2 });
    expect(tunerDefinitionOf(template).searchSpace.map(({ name }) => name)).toEqual(['learning_rate', 'hidden_units']);
  });

  test('or searches their number, with what an epoch costs as a second objective', () => {
    const template = new ReadableTemplate(new DistributedStack(newApp(), 'Searched', { searchMachines: true }));
    const { InstanceCount } = trainingRequestOf(template).ResourceConfig as Record<string, unknown>;
    expect(InstanceCount).toMatch(/^\{%.*%\}$/);
    expect(tunerDefinitionOf(template)).toMatchObject({
      compute: { instanceCountParameter: 'machines' },
      additionalObjectives: [{ metric: 'instance_seconds_per_epoch', direction: 'minimize' }],
    });
  });
});

if (TORCH_PYTHON === undefined) {
  test.skip('train.py: no Python here has torch; TORCH_PYTHON may name one', () => undefined);
} else {
  /** Runs one trial on two "instances" of this machine, of which the second has a folder for checkpoints of its own. */
  async function trial(options: string[], base: string, env: Record<string, string> = {}) {
    const hosts = ['127.0.0.1', '127.0.0.2'];
    // no fixed port: another test may have it.
    const port = await freePort();
    const program = `import sys, launch\nlaunch.PORT = ${port}\nsys.argv = ['launch.py'] + sys.argv[1:]\nlaunch.main()`;
    return Promise.all(
      hosts.map((host) =>
        run(
          [TORCH_PYTHON as string, '-B', '-c', program, '--rows', '2000', ...options],
          {
            ...env,
            SM_HOSTS: JSON.stringify(hosts),
            SM_CURRENT_HOST: host,
            SM_NETWORK_INTERFACE_NAME: 'lo',
            SM_CHECKPOINT_DIR: join(base, host, 'checkpoints'),
            SM_MODEL_DIR: join(base, host, 'model'),
            PYTHONDONTWRITEBYTECODE: '1',
            OMP_NUM_THREADS: '1',
          },
          folder,
        ),
      ),
    );
  }
  const epochsOf = (stdout: string) =>
    [...stdout.matchAll(/^\[cdk-hpo\] resource=(\d+) validation_accuracy=(\S+)/gm)].map(([, epoch, value]) => [
      Number(epoch),
      Number(value),
    ]);

  describe('with torch', () => {
    test('two instances train one network; the first reports, saves and goes on', async () => {
      const base = mkdtempSync(join(folder, 'trial-'));
      const paused = await trial(['--epochs', '3'], base, { CDK_HPO_MAX_RESOURCE: '2' });
      // a pause ends all processes, as a success.
      expect(paused.map(({ code }) => code)).toEqual([0, 0]);
      const ended = await trial(['--epochs', '3'], base);
      expect(ended.map(({ code }) => code)).toEqual([0, 0]);
      const whole = await trial(['--epochs', '3'], mkdtempSync(join(folder, 'trial-')));

      const reports = [...epochsOf(paused[0].stdout), ...epochsOf(ended[0].stdout)];
      expect(reports.map(([epoch]) => epoch)).toEqual([1, 2, 3]);
      expect(reports).toEqual(epochsOf(whole[0].stdout));
      expect([paused[1], ended[1], whole[1]].flatMap(({ stdout }) => epochsOf(stdout))).toEqual([]);
      expect(readdirSync(join(base, '127.0.0.1', 'checkpoints'))).toHaveLength(2);
      expect(existsSync(join(base, '127.0.0.1', 'model', 'model.pt'))).toBe(true);
      expect(existsSync(join(base, '127.0.0.2', 'model', 'model.pt'))).toBe(false);
    }, 300_000);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
