import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { bundle, PYTHON, ROOT, run, start } from './processes';

const { SIGTERM } = constants.signals;
const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-entry-'));
const NODE_ENTRY = join(folder, 'node-entry.mjs');
/** What a training job starts; the local runtime puts its own base folder in place of /opt/ml. */
const NODE_CODE =
  "const d='/opt/ml/input/data/cdk_hpo_entry/',f=require('fs').readdirSync(d).find(n=>n.endsWith('.mjs'));" +
  "import(require('url').pathToFileURL(d+f).href)";
const PYTHON_CODE =
  "import glob,runpy;runpy.run_path(glob.glob('/opt/ml/input/data/cdk_hpo_entry/*.py')[0],run_name='__main__')";

beforeAll(() => bundle('client/entry/node-entry.ts', NODE_ENTRY));
afterAll(() => rmSync(folder, { recursive: true }));

interface Entry {
  readonly name: string;
  readonly program: string;
  readonly file: () => string;
  readonly command: string[];
}

const ENTRIES: Entry[] = [
  {
    name: 'node',
    program: 'train.mjs',
    file: () => NODE_ENTRY,
    command: [process.execPath, '-e', NODE_CODE],
  },
];
if (PYTHON) {
  ENTRIES.push({
    name: 'python',
    program: 'train.py',
    file: () => join(ROOT, 'client/entry/python_entry.py'),
    command: [PYTHON, '-c', PYTHON_CODE],
  });
} else {
  test.skip('python entry: no python3 on this machine', () => undefined);
}

test('the commands fit into SageMaker entry points', () => {
  expect(NODE_CODE.length).toBeLessThanOrEqual(256);
  expect(PYTHON_CODE.length).toBeLessThanOrEqual(256);
});

/** A program of the user for either language. */
interface Program {
  readonly python: string;
  readonly node: string;
}

const SHOW: Program = {
  python: [
    'import json, os, sys',
    'import helper',
    'env = {k: v for k, v in os.environ.items() if k.startswith("SM_")}',
    'print(json.dumps([sys.argv[1:], os.getcwd(), env, helper.NAME, sys.path]))',
  ].join('\n'),
  node: [
    "import { NAME } from './helper.mjs';",
    'const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => k.startsWith("SM_")));',
    'const path = [process.env.PYTHONPATH];',
    'console.log(JSON.stringify([process.argv.slice(2), process.cwd(), env, NAME, path]));',
  ].join('\n'),
};

const HANG: Program = {
  python: [
    'import signal, sys, time',
    'def stop(*_):',
    '    print("saving", flush=True)',
    '    sys.exit(3)',
    'signal.signal(signal.SIGTERM, stop)',
    'print("ready")',
    'while True: time.sleep(0.05)',
  ].join('\n'),
  node: [
    "process.on('SIGTERM', () => { console.log('saving'); process.exit(3); });",
    "console.log('ready');",
    'setInterval(() => {}, 50);',
  ].join('\n'),
};

const UNWATCHED: Program = {
  // one long sleep would miss a SIGINT that comes just before it begins.
  python: 'import time\nprint("ready")\nwhile True: time.sleep(0.05)',
  node: "console.log('ready');\nsetInterval(() => {}, 50);",
};

describe.each(ENTRIES)('$name entry', ({ program, file, command }) => {
  const isNode = program.endsWith('.mjs');

  interface Job {
    readonly base: string;
    start(env?: Record<string, string>): ReturnType<typeof start>;
    failure(): string;
  }

  /** A job's folder as SageMaker lays it out, with the user's files in a real zip. */
  function job(files: Record<string, string> = {}, hyperparameters?: unknown): Job {
    const base = mkdtempSync(join(folder, 'it%20s #1 '));
    const put = (path: string, content: string | Uint8Array): void => {
      mkdirSync(join(base, path, '..'), { recursive: true });
      writeFileSync(join(base, path), content);
    };
    put('input/data/cdk_hpo_entry/0123abcd' + (isNode ? '.mjs' : '.py'), readFileSync(file()));
    const zip = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]));
    put('input/data/cdk_hpo_program/program.zip', zipSync(zip));
    if (hyperparameters !== undefined) {
      const text = typeof hyperparameters === 'string' ? hyperparameters : JSON.stringify(hyperparameters);
      put('input/config/hyperparameters.json', text);
    }
    const [interpreter, flag, code] = command;
    return {
      base,
      start: (env) =>
        start([interpreter, flag, code.replace('/opt/ml', base)], {
          SAGEMAKER_BASE_DIR: base,
          CDK_HPO_PROGRAM: program,
          ...env,
        }),
      failure: () => {
        const path = join(base, 'output', 'failure');
        return existsSync(path) ? readFileSync(path, 'utf8') : '';
      },
    };
  }

  const source = (text: Program): string => (isNode ? text.node : text.python);

  test('runs the program with its hyperparameters, folders and environment', async () => {
    const hyperparameters = { rate: '1e-3', optimizer: '"adam"', bias: '-1e-5', flag: 'true', batch: '32' };
    const {
      base,
      start: go,
      failure,
    } = job(
      {
        'helper.py': 'NAME = "beside"\n',
        'helper.mjs': 'export const NAME = "beside";\n',
        [program]: source(SHOW),
      },
      hyperparameters,
    );
    mkdirSync(join(base, 'input/data/digits'));
    writeFileSync(
      join(base, 'input/config/resourceconfig.json'),
      JSON.stringify({ current_host: 'algo-2', hosts: ['algo-1', 'algo-2'], network_interface_name: 'eth1' }),
    );
    const { code, stdout, stderr } = await go().finished;
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(failure()).toBe('');
    const [argv, cwd, env, name, path] = JSON.parse(stdout) as [
      string[],
      string,
      Record<string, string>,
      string,
      string[],
    ];
    const order = ['--batch', '32', '--bias=-1e-5', '--flag', 'true', '--optimizer', 'adam', '--rate', '1e-3'];
    expect(argv).toEqual(order);
    expect(cwd).toBe(join(base, 'code'));
    expect(name).toBe('beside');
    expect(path).toContain(join(base, 'code'));
    expect(env).toMatchObject({
      SM_MODEL_DIR: join(base, 'model'),
      SM_OUTPUT_DATA_DIR: join(base, 'output/data'),
      SM_CHECKPOINT_DIR: join(base, 'checkpoints'),
      SM_INPUT_DIR: join(base, 'input'),
      SM_INPUT_CONFIG_DIR: join(base, 'input/config'),
      SM_CHANNEL_DIGITS: join(base, 'input/data/digits'),
      SM_CURRENT_HOST: 'algo-2',
      SM_NETWORK_INTERFACE_NAME: 'eth1',
      SM_HP_OPTIMIZER: 'adam',
      SM_HP_RATE: '1e-3',
      SM_MODULE_DIR: join(base, 'code'),
    });
    expect(JSON.parse(env.SM_CHANNELS)).toEqual(['digits']);
    expect(JSON.parse(env.SM_HOSTS)).toEqual(['algo-1', 'algo-2']);
    expect(JSON.parse(env.SM_HPS)).toEqual({ rate: 0.001, optimizer: 'adam', bias: -1e-5, flag: true, batch: 32 });
    expect(JSON.parse(env.SM_USER_ARGS)).toEqual(order);
    expect(Number(env.SM_NUM_CPUS)).toBeGreaterThan(0);
    expect(env.SM_NUM_GPUS).toMatch(/^\d+$/);
    expect(existsSync(join(base, 'checkpoints'))).toBe(true);
  });

  test('what automatic model tuning and the training toolkit put among the hyperparameters stays theirs', async () => {
    const files = {
      'helper.py': 'NAME = 1',
      'helper.mjs': 'export const NAME = 1',
      [program]: source(SHOW),
    };
    const own = { _tuning_objective_metric: 'accuracy', sagemaker_program: 'train.py' };
    const { start: go } = job(files, { rate: '0.1', ...own });
    const { code, stdout } = await go().finished;
    expect(code).toBe(0);
    const [argv, , env] = JSON.parse(stdout) as [string[], unknown, Record<string, string>];
    expect(argv).toEqual(['--rate', '0.1']);
    expect(JSON.parse(env.SM_HPS)).toEqual({ rate: 0.1 });
    expect(Object.keys(env).filter((name) => name.startsWith('SM_HP_'))).toEqual(['SM_HP_RATE']);
  });

  test('a folder that is taken is left alone', async () => {
    const { base, start: go } = job({
      'helper.py': 'NAME = 1',
      'helper.mjs': 'export const NAME = 1',
      [program]: source(SHOW),
    });
    mkdirSync(join(base, 'code'));
    writeFileSync(join(base, 'code', 'own.txt'), 'of the image');
    const temporary = mkdtempSync(join(folder, 'tmp-'));
    const { code, stdout } = await go({ TMPDIR: temporary }).finished;
    expect(code).toBe(0);
    const [, cwd] = JSON.parse(stdout) as [unknown, string];
    expect(cwd.startsWith(join(temporary, 'cdk-hpo-code-'))).toBe(true);
    expect(readdirSync(join(base, 'code'))).toEqual(['own.txt']);
  });

  test("the end of a failed program's stderr becomes the reason", async () => {
    const text = source({
      python: 'import sys\nprint("x" * 3000, file=sys.stderr)\nraise ValueError("the loss is ünkind")',
      node: 'console.error("x".repeat(3000));\nthrow new TypeError("the loss is ünkind");',
    });
    const { start: go, failure } = job({ [program]: text });
    const { code, stderr } = await go().finished;
    expect(code).toBe(1);
    expect(stderr).toContain('x'.repeat(3000));
    expect(failure()).toMatch(new RegExp(`^${program} ended with exit code 1:\n`));
    expect(failure()).toContain('the loss is ünkind');
    expect(failure().length).toBeLessThanOrEqual(1024);
    expect(failure().length).toBeGreaterThan(900);
  });

  test("a program's own reason stays", async () => {
    const text = source({
      python: 'import os, sys\nopen(os.environ["SM_OUTPUT_DIR"] + "/failure", "w").write("mine")\nsys.exit(7)',
      node: "import { writeFileSync } from 'node:fs';\nwriteFileSync(process.env.SM_OUTPUT_DIR + '/failure', 'mine');\nprocess.exit(7);",
    });
    const { start: go, failure } = job({ [program]: text });
    expect((await go().finished).code).toBe(7);
    expect(failure()).toBe('mine');
  });

  test('a killed program ends as the shell would say', async () => {
    const text = source({
      python: 'import os\nos.kill(os.getpid(), 9)',
      node: "process.kill(process.pid, 'SIGKILL');\nsetInterval(() => {}, 50);",
    });
    const { start: go, failure } = job({ [program]: text });
    expect((await go().finished).code).toBe(137);
    expect(failure()).toBe(`${program} ended with exit code 137 (SIGKILL)`);
  });

  test('SIGTERM reaches the program, which may end in its own way', async () => {
    const running = job({ [program]: source(HANG) }).start();
    await running.printed('ready');
    running.kill('SIGTERM');
    const { code, stdout } = await running.finished;
    expect(stdout).toContain('saving');
    expect(code).toBe(3);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s ends a program that does not watch it', async (signal, expected) => {
    const running = job({ [program]: source(UNWATCHED) }).start();
    await running.printed('ready');
    running.kill(signal);
    const { code, stderr } = await running.finished;
    expect(code).toBe(expected);
    expect(stderr).not.toContain('python_entry');
  });

  // where Python can call tgkill(2): Node has no such call.
  (PYTHON && process.platform === 'linux' ? test : test.skip)(
    'a signal that the kernel gives to another thread than the main one reaches the program',
    async () => {
      const running = job({ [program]: source(HANG) }).start();
      await running.printed('ready');
      const others = readdirSync(`/proc/${running.pid}/task`).filter((thread) => Number(thread) !== running.pid);
      expect(others).not.toEqual([]);
      const give = `import ctypes; print(ctypes.CDLL(None).tgkill(${running.pid}, ${others[0]}, ${SIGTERM}))`;
      expect((await run([PYTHON!, '-c', give])).stdout).toBe('0\n');
      expect((await running.finished).code).toBe(3);
    },
  );

  test('what is wrong with the set-up is said, in the log and as the reason', async () => {
    const none = job();
    rmSync(join(none.base, 'input/data/cdk_hpo_program/program.zip'));
    const two = job({ [program]: '' });
    writeFileSync(join(two.base, 'input/data/cdk_hpo_program/b.zip'), zipSync({}));
    const broken = job();
    writeFileSync(join(broken.base, 'input/data/cdk_hpo_program/program.zip'), 'no zip');
    const cases: [Job, RegExp, Record<string, string>?][] = [
      [none, /must hold exactly one \.zip.*it holds: nothing/],
      [two, /must hold exactly one \.zip.*it holds: b\.zip, program\.zip/],
      [broken, /program\.zip cannot be unpacked/],
      [
        job({ 'other.txt': '', 'src/deep.txt': '' }),
        /the program "train\.m?[jp][sy]" is not in the zip; it holds: other\.txt, src\/deep\.txt/,
      ],
      [job({ [program]: '' }), /CDK_HPO_PROGRAM must be a .* file, got "run\.sh"/, { CDK_HPO_PROGRAM: 'run.sh' }],
      [job({ [program]: '' }), /the program "\.\.\/.*" is not in the zip/, { CDK_HPO_PROGRAM: `../${program}` }],
      [job({ [program]: '' }), /CDK_HPO_PROGRAM is not set/, { CDK_HPO_PROGRAM: '' }],
      [job({ [program]: '' }, '{"rate": '), /hyperparameters\.json is not JSON/],
      [job({ [program]: '' }, ['rate']), /hyperparameters\.json must hold an object.*got \["rate"\]/],
      [job({ [program]: '', '../evil.txt': 'x' }), /is refused: its entry "\.\.\/evil\.txt" could write outside/],
      [job({ [program]: '', '/evil.txt': 'x' }), /is refused: its entry "\/evil\.txt" could write outside/],
    ];
    for (const [{ base, start: go, failure }, message, env] of cases) {
      const { code, stderr } = await go(env).finished;
      expect(stderr).toMatch(message);
      expect(stderr.split('\n')).toHaveLength(2);
      expect(failure()).toMatch(message);
      expect(code).toBe(1);
      expect(existsSync(join(base, 'evil.txt'))).toBe(false);
    }
  });
});
