import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { SearchFunctionRequest, SearchFunctionTrial } from '../../lib/contract/search-function';
import { ParameterDefinition } from '../../lib/contract/search-space';
import { suggestionOf } from '../../lambda/core/search-function/answer';
import { OptunaStack } from '../../examples/optuna/optuna-stack';
import { SyneTuneStack } from '../../examples/syne-tune/syne-tune-stack';
import { ReadableTemplate, newApp, tunerDefinitionOf } from '../support/lib-stack';

/** The libraries aren't here: modules of the same names stand in for them. */
const STAND_INS = path.join(__dirname, 'stand-ins');
const EXAMPLES = path.join(__dirname, '..', '..', 'examples');

const OPTUNA = { folder: 'optuna', module: 'optuna' };
const SYNE_TUNE = {
  folder: 'syne-tune',
  module: 'syne_tune.optimizer.schedulers.searchers.conformal.conformal_quantile_regression_searcher',
};
type Adapter = typeof OPTUNA;

/** Runs an adapter's handler in Python. @returns its answer, and what the library was told */
function run({ folder, module }: Adapter, request: SearchFunctionRequest) {
  const program = `
import importlib, json, sys
import handler
answer = handler.handler(json.load(sys.stdin))
print(json.dumps({"answer": answer, "calls": importlib.import_module("${module}").CALLS}))`;
  const { status, stdout, stderr } = spawnSync('python3', ['-B', '-c', program], {
    input: JSON.stringify(request),
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      PYTHONPATH: [STAND_INS, path.join(EXAMPLES, folder, 'function')].join(path.delimiter),
    },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as { answer: unknown; calls: Record<string, unknown> };
}

/** A child before its parent, all scalings, and values that are easily taken for each other. */
const SPACE: ParameterDefinition[] = [
  {
    name: 'momentum',
    type: 'continuous',
    min: 0,
    max: 0.99,
    scaling: 'reverseLogarithmic',
    activeWhen: { parameter: 'optimizer', values: ['sgd'] },
  },
  { name: 'optimizer', type: 'categorical', values: ['sgd', 'adam'] },
  { name: 'rate', type: 'continuous', min: 1e-4, max: 1, scaling: 'logarithmic' },
  { name: 'dropout', type: 'continuous', min: 0, max: 1, scaling: 'linear' },
  { name: 'units', type: 'integer', min: 1, max: 64, scaling: 'logarithmic' },
  { name: 'batch', type: 'ordinal', values: [8, 16, 32] },
  { name: 'flag', type: 'categorical', values: [1, '2', true] },
  { name: 'epochs', type: 'constant', value: 8 },
];

const ADAM = { optimizer: 'adam', rate: 0.01, dropout: 0.5, units: 8, batch: 16, flag: true, epochs: 8 };
const SGD = { ...ADAM, optimizer: 'sgd', momentum: 0.9, rate: 1, flag: 1 };

const TRIALS: SearchFunctionTrial[] = [
  { trial: 1, status: 'finished', configuration: ADAM, values: { accuracy: 0.5 } },
  { trial: 2, status: 'failed', configuration: { ...ADAM, units: 64 }, values: {} },
  { trial: 3, status: 'finished', configuration: SGD, values: { accuracy: 0.75 } },
  { trial: 4, status: 'pending', configuration: { ...SGD, batch: 32 }, values: {} },
];

const requestOf = (more: Partial<SearchFunctionRequest> = {}): SearchFunctionRequest => ({
  version: 1,
  study: 'digits',
  seed: 2 ** 40,
  trial: 5,
  count: 1,
  maxTrials: 10,
  maxParallelTrials: 2,
  space: SPACE,
  parameterConstraints: [],
  objectives: [{ metric: 'accuracy', direction: 'maximize' }],
  outcomeConstraints: [],
  trials: TRIALS,
  omittedTrials: 0,
  ...more,
});

describe.each([OPTUNA, SYNE_TUNE])('the adapter for $folder', (adapter) => {
  test('proposes a configuration that the study takes', () => {
    for (const request of [requestOf(), requestOf({ trials: [] })]) {
      expect(suggestionOf(request, run(adapter, request).answer, false)).toHaveProperty('configuration.epochs', 8);
    }
  });

  test('passes over what a trial has had, whole numbers that were fractions included', () => {
    const space: ParameterDefinition[] = [{ name: 'x', type: 'continuous', min: 0, max: 2, scaling: 'linear' }];
    const trials: SearchFunctionTrial[] = [{ trial: 1, status: 'failed', configuration: { x: 1 }, values: {} }];
    // the stand-ins begin in the middle.
    expect(run(adapter, requestOf({ space, trials: [] })).answer).toEqual({ configurations: [{ x: 1 }] });
    const { answer } = run(adapter, requestOf({ space, trials }));
    expect(suggestionOf(requestOf({ space, trials }), answer, false)).toEqual({
      configuration: { x: expect.closeTo(2 / 3, 9) as number },
    });
  });

  test('ends a space that has been tried', () => {
    const space: ParameterDefinition[] = [{ name: 'x', type: 'categorical', values: ['a', 'b'] }];
    const trials = ['a', 'b'].map((x, i): SearchFunctionTrial => ({
      trial: i + 1,
      status: 'pending',
      configuration: { x },
      values: {},
    }));
    expect(run(adapter, requestOf({ space, trials })).answer).toEqual({
      exhausted: expect.stringContaining('nothing new') as string,
    });
  });

  test('says so when it is asked for what it does not know', () => {
    expect(() => run(adapter, requestOf({ parameterConstraints: ['units * batch < 500'] }))).toThrow(/no constraints/);
  });
});

test('Optuna is told every trial, in its own terms', () => {
  const { calls } = run(OPTUNA, requestOf());
  const numbers = {
    rate: [1e-4, 1, true],
    dropout: [0, 1, false],
    units: [1, 64, true],
    // by its place in the list.
    batch: [0, 2, false],
  };
  const lists = { optimizer: [0, 1], flag: [0, 1, 2] };
  const adam = { optimizer: 1, rate: 0.01, dropout: 0.5, units: 8, batch: 1, flag: 2 };
  const sgd = { ...adam, optimizer: 0, momentum: expect.closeTo(0.1, 12) as number, rate: 1, flag: 0 };
  const reversed = { momentum: [expect.closeTo(0.01, 12), 1, true] };
  expect(calls).toMatchObject({
    directions: ['maximize'],
    sampler: { seed: (2 ** 40 + 5) % 2 ** 32 },
    trials: [
      { state: 'COMPLETE', values: [0.5], params: adam, distributions: { ...numbers, ...lists } },
      { state: 'FAIL', values: null, params: { ...adam, units: 64 } },
      { state: 'COMPLETE', values: [0.75], params: sgd, distributions: { ...numbers, ...lists, ...reversed } },
      { state: 'RUNNING', values: null, params: { ...sgd, batch: 2 } },
    ],
  });
});

test('Syne Tune is told every result as a loss, with a value for parameters that are not active', () => {
  const { calls } = run(SYNE_TUNE, requestOf());
  const adam = { momentum: 0, optimizer: '1', rate: 0.01, dropout: 0.5, units: 8, batch: 1, flag: '2' };
  expect(calls).toMatchObject({
    seed: (2 ** 40 + 5) % 2 ** 31,
    space: {
      momentum: ['reverseloguniform', 0, 0.99],
      optimizer: ['choice', ['0', '1']],
      rate: ['loguniform', 1e-4, 1],
      dropout: ['uniform', 0, 1],
      units: ['lograndint', 1, 64],
      batch: ['randint', 0, 2],
      flag: ['choice', ['0', '1', '2']],
    },
    told: [
      [0, adam, -0.5],
      [2, { ...adam, momentum: 0.9, optimizer: '0', rate: 1, flag: '0' }, -0.75],
    ],
  });
});

test('the example apps synthesize, with their function as the search', () => {
  const app = newApp();
  for (const stack of [new OptunaStack(app, 'OptunaExample'), new SyneTuneStack(app, 'SyneTuneExample')]) {
    const template = new ReadableTemplate(stack);
    expect(tunerDefinitionOf(template).searchAlgorithm).toMatchObject({
      name: 'function',
      functionArn: expect.stringMatching(/^\$\{(Optuna|SyneTune)\.Arn}$/) as string,
    });
  }
});
