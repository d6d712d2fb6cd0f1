import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, NUMPY_PYTHON, PYTHON, ROOT, run } from '../client/processes';

const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-digits-'));
const DATA = join(folder, 'data');
const PROGRAM = join(folder, 'program');

/** The example as a training job sees it: its files with the clients beside them, the data elsewhere. */
beforeAll(async () => {
  mkdirSync(PROGRAM);
  for (const name of readdirSync(join(ROOT, 'examples/digits'))) {
    if (/\.(mjs|py)$/.test(name)) {
      copyFileSync(join(ROOT, 'examples/digits', name), join(PROGRAM, name));
    }
  }
  copyFileSync(join(ROOT, 'client/python/cdk_hpo.py'), join(PROGRAM, 'cdk_hpo.py'));
  bundle('client/node/index.ts', join(PROGRAM, 'cdk-hpo.mjs'));
  const { code, stderr } = await prepare();
  expect(stderr).toBe('');
  expect(code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

function prepare() {
  return run([process.execPath, join(ROOT, 'examples/digits/prepare-data.mjs'), DATA]);
}

interface Epoch {
  readonly resource: number;
  readonly accuracy: number;
  readonly loss: number;
}

async function train(
  command: string[],
  options: string[],
  base = mkdtempSync(join(folder, 'base-')),
  more: Record<string, string> = {},
) {
  const env = {
    ...more,
    SM_CHANNEL_DIGITS: DATA,
    SM_CHECKPOINT_DIR: join(base, 'checkpoints'),
    SM_MODEL_DIR: join(base, 'model'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const { code, stdout, stderr } = await run([...command, ...options], env);
  const epochs = [...stdout.matchAll(/^\[cdk-hpo\] resource=(\S+) validation_accuracy=(\S+) training_loss=(\S+)$/gm)];
  return {
    base,
    code,
    stdout,
    stderr,
    epochs: epochs.map(([, resource, accuracy, loss]): Epoch => ({
      resource: +resource,
      accuracy: +accuracy,
      loss: +loss,
    })),
  };
}

/** The state that the newest checkpoint holds, as text: two states are the same only if all their bits are. */
function newestState(base: string): string {
  const checkpoints = join(base, 'checkpoints');
  const saves = readdirSync(checkpoints).map((name) => Number(/-save-(\d+)$/.exec(name)![1]));
  const [newest] = readdirSync(checkpoints).filter((name) => name.endsWith(`-save-${Math.max(...saves)}`));
  return readFileSync(join(checkpoints, newest, 'state.json'), 'utf8');
}

const TWINS: [string, string[]][] = [['node', [process.execPath, join(PROGRAM, 'train.mjs')]]];
if (NUMPY_PYTHON) {
  TWINS.push(['python', [NUMPY_PYTHON, join(PROGRAM, 'train.py')]]);
} else {
  test.skip('train.py: no python3 with NumPy on this machine', () => undefined);
}

test('the data is made once, whole, and again when it is broken', async () => {
  const bin = join(DATA, 'digits.bin');
  const made = readFileSync(bin);
  const {
    training,
    validation,
    test: rest,
  } = JSON.parse(readFileSync(join(DATA, 'digits.json'), 'utf8')) as Record<string, number>;
  expect([training, validation]).toEqual([4000, 1000]);
  expect(made.length).toBe((training + validation + rest) * (14 * 14 + 1));
  const labels = [...made.subarray(-(training + validation + rest)).subarray(0, training)];
  for (let label = 0; label < 10; label++) {
    expect(labels.filter((value) => value === label).length).toBeGreaterThan(300);
  }
  const { mtimeMs } = statSync(bin);
  expect((await prepare()).stdout).toContain('is up to date');
  expect(statSync(bin).mtimeMs).toBe(mtimeMs);
  writeFileSync(bin, made.subarray(0, 1000));
  expect((await prepare()).stdout).toContain('wrote');
  expect(readFileSync(bin).equals(made)).toBe(true);
  expect(readdirSync(DATA).sort()).toEqual(['digits.bin', 'digits.json']);
});

describe.each(TWINS)('%s', (_, command) => {
  test('a trial that pauses twice ends as one that was never interrupted, bit by bit', async () => {
    const options = ['--epochs=5', '--optimizer=adam', '--learning_rate=0.003', '--hidden_units=8', '--batch_size=128'];
    const [whole, first] = await Promise.all([
      train(command, options),
      train(command, options, undefined, { CDK_HPO_MAX_RESOURCE: '2' }),
    ]);
    expect(whole.stderr).toBe('');
    expect(whole.epochs.map(({ resource }) => resource)).toEqual([1, 2, 3, 4, 5]);

    expect([first.code, first.stderr]).toEqual([
      0,
      'cdk-hpo: the trial pauses at resource 2: this attempt was to train up to 2\n',
    ]);
    expect(existsSync(join(first.base, 'model', 'model.json'))).toBe(false);
    const second = await train(command, options, first.base, { CDK_HPO_MAX_RESOURCE: '4' });
    expect(second.stdout).toMatch(/^continuing after epoch 2\n/);
    const third = await train(command, options, first.base, { CDK_HPO_MAX_RESOURCE: '5' });
    expect(third.stdout).toMatch(/^continuing after epoch 4\n/);
    expect(third.stderr).toBe('');

    expect([...first.epochs, ...second.epochs, ...third.epochs]).toEqual(whole.epochs);
    expect(newestState(first.base)).toBe(newestState(whole.base));
    const model = (base: string) => readFileSync(join(base, 'model', 'model.json'), 'utf8');
    expect(model(first.base)).toBe(model(whole.base));
    expect(JSON.parse(model(whole.base))).toMatchObject({
      options: { epochs: 5 },
      validation_accuracy: whole.epochs[4].accuracy,
    });
  });

  test('an attempt that was killed before its last report makes up for it, without training', async () => {
    const first = await train(command, ['--epochs', '2']);
    const state = newestState(first.base);
    const again = await train(command, ['--epochs', '2'], first.base);
    expect(again.epochs).toEqual([first.epochs[1]]);
    const paused = await train(command, ['--epochs', '9'], first.base, { CDK_HPO_MAX_RESOURCE: '2' });
    expect(paused.epochs).toEqual([first.epochs[1]]);
    expect([paused.code, paused.stderr]).toEqual([0, expect.stringContaining('pauses at resource 2') as string]);
    expect(newestState(first.base)).toBe(state);
  });

  test('a checkpoint of another network is not used', async () => {
    const first = await train(command, ['--epochs', '1']);
    const second = await train(command, ['--epochs', '1', '--hidden_units', '8', '--optimizer', 'adam'], first.base);
    expect(second.stderr).toContain('training starts anew');
    expect(second.epochs.map(({ resource }) => resource)).toEqual([1]);
  });

  test('a training that diverges reports NaN and ends', async () => {
    const { code, stdout, stderr, epochs } = await train(command, ['--learning_rate', '1e200', '--epochs', '3']);
    expect(code).toBe(0);
    expect(stdout).toContain('validation_accuracy=NaN training_loss=');
    expect(epochs).toHaveLength(1);
    expect(stderr).toContain('the training diverged at epoch 1');
  });

  test('a wrong option is named', async () => {
    const mistakes: [string[], RegExp][] = [
      [['--optimizer', 'lion'], /optimizer.*lion/],
      [['--hidden_units', '1.5'], /hidden_units.*must be a positive integer, got 1\.5/],
      [['--learning_rate', '-1'], /learning_rate.*at least 0, got -1/],
      [['--width', '8'], /--width/],
    ];
    const runs = await Promise.all(mistakes.map(([options]) => train(command, options)));
    runs.forEach(({ code, stderr }, index) => {
      expect(code).not.toBe(0);
      expect(stderr).toMatch(mistakes[index][1]);
    });
  });
});

test('the defaults are decent and tuning is worth it', async () => {
  const node = TWINS[0][1];
  const [usual, tuned] = await Promise.all([
    train(node, []),
    train(node, ['--learning_rate', '0.1', '--hidden_units', '128', '--weight_decay', '0.001']),
  ]);
  expect(usual.epochs).toHaveLength(8);
  expect(usual.epochs[7].accuracy).toBeGreaterThan(0.88);
  expect(usual.epochs[7].accuracy).toBeLessThan(0.92);
  expect(tuned.epochs[7].accuracy).toBeGreaterThan(0.935);
});

if (NUMPY_PYTHON) {
  test.each([
    ['--learning_rate=0.03', '--momentum=0.5', '--batch_size=48', '--weight_decay=0.01'],
    ['--optimizer=adam', '--learning_rate=0.003', '--hidden_units=64', '--weight_decay=0.1'],
  ])('the twins agree: %s %s', async (...options) => {
    const [node, python] = await Promise.all(TWINS.map(([, command]) => train(command, [...options, '--epochs=3'])));
    expect(python.epochs).toHaveLength(3);
    node.epochs.forEach(({ accuracy, loss }, epoch) => {
      expect(Math.abs(python.epochs[epoch].accuracy - accuracy)).toBeLessThan(0.02);
      expect(python.epochs[epoch].loss).toBeCloseTo(loss, 2);
    });
  });

  test('a twin goes on from the checkpoint of the other', async () => {
    const [node, python] = TWINS.map(([, command]) => command);
    const whole = await train(node, ['--epochs', '2']);
    const first = await train(node, ['--epochs', '1']);
    const second = await train(python, ['--epochs', '2'], first.base);
    expect(second.epochs.map(({ resource }) => resource)).toEqual([2]);
    expect(second.epochs[0].loss).toBeCloseTo(whole.epochs[1].loss, 6);
  });
}

(PYTHON ? test : test.skip)('the twins have the same options and defaults (needs python3)', async () => {
  const python = [PYTHON as string, '-c', 'import json, options; print(json.dumps(options.DEFAULTS))'];
  const node = [
    process.execPath,
    '--input-type=module',
    '-e',
    'import { DEFAULTS } from "./options.mjs"; console.log(JSON.stringify(DEFAULTS));',
  ];
  const [ours, theirs] = await Promise.all([node, python].map((command) => run(command, {}, PROGRAM)));
  expect(JSON.parse(theirs.stdout)).toEqual(JSON.parse(ours.stdout));
});
