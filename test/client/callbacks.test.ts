import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installClients, runWithModules, studyEnvironment } from './clients';
import { fakeLambda, FakeLambda, PYTHON } from './processes';

const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-callbacks-'));
let lambda: FakeLambda;

beforeAll(() => installClients(folder));
beforeEach(async () => {
  lambda = await fakeLambda();
});
afterEach(() => lambda.close());
afterAll(() => rmSync(folder, { recursive: true }));

const HUGGING_FACE = { 'transformers.py': 'class TrainerCallback: pass\n' };
const KERAS = {
  'tensorflow/__init__.py': '',
  'tensorflow/keras/__init__.py': '',
  'tensorflow/keras/callbacks.py': 'class Callback: pass\n',
};
const XGBOOST = { 'xgboost/__init__.py': '', 'xgboost/callback.py': 'class TrainingCallback: pass\n' };

/** Runs a program in a trial, with a fake of a framework that only has the callbacks' base class. */
function withModules(modules: Record<string, string>, lines: string[], env: Record<string, string> = {}) {
  return runWithModules(folder, modules, lines, { ...studyEnvironment(lambda.endpoint), ...env });
}

/** What the program printed, without the lines of the reports. */
function printed(stdout: string): string[] {
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('['));
}

(PYTHON ? describe : describe.skip)('callbacks of the Python client', () => {
  test('the callback for Hugging Face reports evaluations and stops the trainer', async () => {
    lambda.answer = (_, call) => ({ body: { decision: call < 2 ? 'continue' : 'pause' } });
    const lines = [
      'from types import SimpleNamespace as N',
      'callback = cdk_hpo.hugging_face_callback()',
      'args = N(eval_strategy="epoch")',
      'for epoch in (0, 0.998, 1.998):',
      '    control = N(should_save=False, should_training_stop=False)',
      '    metrics = {"accuracy": epoch / 4, "eval_table": [1], "epoch": epoch}',
      '    callback.on_evaluate(args, N(epoch=epoch, global_step=5), control, metrics=metrics)',
      '    print(control.should_training_stop, control.should_save)',
      'by_step = cdk_hpo.hugging_face_callback(resource="step")',
      'print(type(by_step).__mro__[1].__name__)',
    ];
    const { code, stdout, stderr } = await withModules(HUGGING_FACE, lines);
    expect(stderr).not.toContain('Traceback');
    expect(code).toBe(0);
    expect(lambda.payloads).toMatchObject([
      { resource: 1, metrics: { accuracy: 0.998 / 4 } },
      { resource: 2, metrics: { accuracy: 1.998 / 4 } },
    ]);
    expect(printed(stdout)).toEqual(['False False', 'False False', 'True True', 'TrainerCallback']);
  });

  test('the callback for Keras counts epochs from 1 and stops the fit', async () => {
    lambda.answer = (_, call) => ({ body: { decision: call < 2 ? 'continue' : 'stop' } });
    const lines = [
      'from types import SimpleNamespace as N',
      'callback = cdk_hpo.keras_callback()',
      'callback.model = N(stop_training=False)',
      'for epoch in range(2):',
      '    callback.on_epoch_end(epoch, {"accuracy": 0.5, "loss": 1.5})',
      '    print(callback.model.stop_training)',
    ];
    const { stdout } = await withModules(KERAS, lines);
    expect(lambda.payloads.map(({ resource }) => resource)).toEqual([1, 2]);
    expect(stdout).toMatch(/False\n.*\nTrue\n$/);
  });

  test('the callback for XGBoost names metrics as XGBoost does, in training and in cross-validation', async () => {
    lambda.answer = (_, call) => ({ body: { decision: call < 2 ? 'continue' : 'stop' } });
    const lines = [
      'from types import SimpleNamespace as N',
      'callback = cdk_hpo.xgboost_callback(every=10)',
      'for rounds in (5, 10, 20):',
      '    model = N(num_boosted_rounds=lambda: rounds)',
      '    print(callback.after_iteration(model, 0, {"validation": {"auc": [0.1, 0.9]}}))',
    ];
    const { stdout } = await withModules(XGBOOST, lines);
    expect(lambda.payloads).toMatchObject([
      { resource: 10, metrics: { 'validation-auc': 0.9 } },
      { resource: 20, metrics: { 'validation-auc': 0.9 } },
    ]);
    expect(printed(stdout)).toEqual(['False', 'False', 'True']);
    await withModules(XGBOOST, [
      'cdk_hpo.xgboost_callback().after_iteration(object(), 2, {"test": {"rmse": [(0.5, 0.1)]}})',
    ]);
    expect(lambda.payloads[2]).toMatchObject({ resource: 3, metrics: { 'test-rmse': 0.5 } });
  });

  test('Hugging Face: at the maximum of the attempt the trainer evaluates, saves and ends; its checkpoints are found', async () => {
    const checkpoints = mkdtempSync(join(folder, 'checkpoints-'));
    const lines = [
      'import os',
      'from types import SimpleNamespace as N',
      'def train(resource, args, states, wanted):',
      '    callback = cdk_hpo.hugging_face_callback(resource)',
      '    for index, (epoch, step) in enumerate(states):',
      '        state = N(epoch=epoch, global_step=step, max_steps=wanted, num_train_epochs=wanted)',
      '        control = N(should_evaluate=False, should_save=False, should_training_stop=False)',
      '        if not index: callback.on_train_begin(args, state, control)',
      '        callback.on_step_end(args, state, control)',
      '        callback.on_epoch_end(args, state, control)',
      '        print(control.should_evaluate, control.should_save, control.should_training_stop)',
      '        if control.should_evaluate: callback.on_evaluate(args, state, control, metrics={"accuracy": 0.5})',
      '        if control.should_save:',
      '            folder = os.path.join(args.output_dir, "checkpoint-%d" % step)',
      '            os.makedirs(folder)',
      '            open(os.path.join(folder, "model.bin"), "w").write("weights")',
      '            callback.on_save(args, state, control)',
      '        if control.should_training_stop: return',
      'args = N(eval_strategy="epoch", output_dir=cdk_hpo.checkpoint_dir())',
      'train("epoch", args, [(0.998, 5), (1.998, 10), (2.998, 15)], wanted=2)',
      'print(cdk_hpo.should_stop(), cdk_hpo.latest_checkpoint())',
      'train("epoch", args, [(0.998, 5), (1.998, 10), (2.998, 15)], wanted=9)',
      'print(cdk_hpo.should_pause(), os.path.basename(cdk_hpo.latest_checkpoint().folder))',
      'args.eval_strategy = "no"',
      'train("step", args, [(0.5, 1), (0.6, 2)], wanted=9)',
      'print(cdk_hpo.latest_checkpoint().resource)',
      'args.output_dir = os.path.join(args.output_dir, "..", "elsewhere")',
      'train("step", args, [(0.7, 3)], wanted=9)',
      'print("there:", os.listdir(os.path.join(args.output_dir, "checkpoint-3")))',
    ];
    const env = { SM_CHECKPOINT_DIR: checkpoints, CDK_HPO_MAX_RESOURCE: '2' };
    const { code, stdout, stderr } = await withModules(HUGGING_FACE, lines, env);
    expect([code, stderr]).toEqual([0, 'cdk-hpo: the trial pauses at resource 2: this attempt was to train up to 2\n']);
    expect(printed(stdout)).toEqual([
      ...['False False False', 'False False False', 'False False False', 'False None'],
      ...['False False False', 'True True True', 'True checkpoint-10'],
      ...['False False False', 'False True True', '2'],
      ...['False True True', "there: ['model.bin']"],
    ]);
    expect(lambda.payloads).toMatchObject([{ resource: 2 }]);
  });

  test('Hugging Face: the list of files waits for all processes', async () => {
    const modules = {
      ...HUGGING_FACE,
      'torch/__init__.py': 'from . import distributed\n',
      'torch/distributed.py': [
        'def is_available(): return True',
        'def is_initialized(): return True',
        'def get_world_size(): return 2',
        'def barrier(): open("rng_state_1.pth", "w").write("late")',
      ].join('\n'),
    };
    const lines = [
      'import os, torch',
      'from types import SimpleNamespace as N',
      'home = cdk_hpo.checkpoint_dir()',
      'os.makedirs(os.path.join(home, "checkpoint-7"))',
      'os.chdir(os.path.join(home, "checkpoint-7"))',
      'cdk_hpo.hugging_face_callback().on_save(N(output_dir=home), N(global_step=7, epoch=0.5), None)',
      'print(cdk_hpo.latest_checkpoint().resource, os.listdir("."))',
    ];
    const { stdout } = await withModules(modules, lines, { SM_CHECKPOINT_DIR: mkdtempSync(join(folder, 'ddp-')) });
    expect(stdout).toContain('0.5 [');
    expect(stdout).toContain('rng_state_1.pth');
  });

  test('Keras: saves before it reports, and the fit ends at the maximum of the attempt unless it ends there by itself', async () => {
    const lines = [
      'import os',
      'from types import SimpleNamespace as N',
      'def fit(epochs):',
      '    callback = cdk_hpo.keras_callback(save=True)',
      '    callback.model = N(stop_training=False, save=lambda path: open(path, "w").write("weights"))',
      '    callback.params = {"epochs": epochs}',
      '    callback.on_train_begin()',
      '    for epoch in range(2):',
      '        callback.on_epoch_end(epoch, {"accuracy": 0.5})',
      '    latest = cdk_hpo.latest_checkpoint()',
      '    print(callback.model.stop_training, latest.resource, os.listdir(latest.folder))',
      'fit(2)',
      'fit(8)',
    ];
    const checkpoints = mkdtempSync(join(folder, 'checkpoints-'));
    const env = { SM_CHECKPOINT_DIR: checkpoints, CDK_HPO_MAX_RESOURCE: '2' };
    const { stdout } = await withModules(KERAS, lines, env);
    expect(printed(stdout).map((line) => line.slice(0, 8))).toEqual(['False 2 ', 'True 2 [']);
    expect(stdout.match(/'model\.keras'/g)).toHaveLength(2);
  });

  test('XGBoost: saves before it reports, and reports at the maximum of the attempt whatever the rhythm', async () => {
    const lines = [
      'from types import SimpleNamespace as N',
      'callback = cdk_hpo.xgboost_callback(every=10, save=True)',
      'for rounds in (9, 10, 15, 16):',
      '    save = lambda path: open(path, "w").write("trees")',
      '    model = N(num_boosted_rounds=lambda: rounds, save_model=save)',
      '    ends = callback.after_iteration(model, 0, {"validation": {"auc": [0.5]}})',
      '    latest = cdk_hpo.latest_checkpoint()',
      '    print(ends, latest and latest.resource)',
    ];
    const checkpoints = mkdtempSync(join(folder, 'checkpoints-'));
    const env = { SM_CHECKPOINT_DIR: checkpoints, CDK_HPO_MAX_RESOURCE: '16' };
    const { stdout } = await withModules(XGBOOST, lines, env);
    expect(printed(stdout)).toEqual(['False None', 'False 10', 'False 10', 'True 16']);
    expect(lambda.payloads).toMatchObject([{ resource: 10 }, { resource: 16 }]);
    expect(readdirSync(checkpoints)).toHaveLength(2);
  });
});
