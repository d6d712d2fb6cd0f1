import {
  copyFileSync,
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

async function train(command: string[], options: string[], base = mkdtempSync(join(folder, 'base-'))) {
  const env = {
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
  test('an attempt goes on at the epoch of its checkpoint, as if nothing had happened', async () => {
    const whole = await train(command, ['--epochs', '4']);
    expect(whole.stderr).toBe('');
    expect(whole.epochs.map(({ resource }) => resource)).toEqual([1, 2, 3, 4]);
    const first = await train(command, ['--epochs', '2']);
    const second = await train(command, ['--epochs', '4'], first.base);
    expect(second.stdout).toContain('continuing after epoch 2');
    expect([...first.epochs, ...second.epochs]).toEqual(whole.epochs);
    const model = JSON.parse(readFileSync(join(second.base, 'model', 'model.json'), 'utf8')) as Record<string, unknown>;
    expect(model).toMatchObject({ options: { epochs: 4 }, validation_accuracy: whole.epochs[3].accuracy });
    expect(readdirSync(join(second.base, 'checkpoints'))).toEqual(['checkpoint.json']);
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

  test.each([
    [['--optimizer', 'lion'], /optimizer.*lion/],
    [['--hidden_units', '1.5'], /hidden_units.*must be a positive integer, got 1\.5/],
    [['--learning_rate', '-1'], /learning_rate.*at least 0, got -1/],
    [['--width', '8'], /--width/],
  ])('a wrong option is named: %j', async (options, message) => {
    const { code, stderr } = await train(command, options);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});

test('the defaults are decent and tuning is worth it', async () => {
  const node = TWINS[0][1];
  const usual = await train(node, []);
  const tuned = await train(node, ['--learning_rate', '0.1', '--hidden_units', '128', '--weight_decay', '0.001']);
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
