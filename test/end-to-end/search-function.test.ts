import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SearchAlgorithm } from '../../lib';
import { StudyResult } from '../../lib/contract/calls';
import { VirtualClock } from '../../local/clock';
import { LocalRuntime } from '../../local/runtime';
import { SimulatedJobLauncher } from '../../local/sagemaker';
import { startExecution, synthesizeSmallStudy, temporaryFolder, trialsOf } from './small-study';

/** Halves the learning rate of the best trial so far, in the way that docs/own-search-algorithm.md begins. */
const HALVING = `
exports.handler = async ({ trial, space, trials, objectives: [{ metric }] }) => {
  if (trial > 3) return { exhausted: 'three are enough' };
  const [{ name, max }] = space;
  const best = trials
    .filter(({ status }) => status === 'finished')
    .sort((a, b) => b.values[metric] - a.values[metric])[0];
  return { configurations: [{ [name]: best === undefined ? max : best.configuration[name] / 2 }] };
};`;

function newFunction(stack: Stack, code: lambda.Code, runtime = lambda.Runtime.NODEJS_22_X): lambda.Function {
  return new lambda.Function(stack, 'Search', { runtime, code, handler: 'index.handler' });
}

function codeFolder(program: string): string {
  const folder = path.join(temporaryFolder(), 'search');
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'index.js'), program);
  return folder;
}

/** Runs a study of one slot on the virtual clock: the smaller the learning rate, the better. */
async function run(searchAlgorithm: (stack: Stack) => SearchAlgorithm) {
  const clock = new VirtualClock();
  const launcher = new SimulatedJobLauncher({
    clock,
    startupSeconds: 60,
    program: async ({ request }) => {
      const { CDK_HPO_REPORT_FUNCTION, CDK_HPO_STUDY, CDK_HPO_TRIAL, CDK_HPO_ATTEMPT, CDK_HPO_TOKEN } =
        request.Environment!;
      await runtime.lambda.invoke(CDK_HPO_REPORT_FUNCTION, {
        study: CDK_HPO_STUDY,
        trial: Number(CDK_HPO_TRIAL),
        attempt: Number(CDK_HPO_ATTEMPT),
        token: CDK_HPO_TOKEN,
        resource: 1,
        metrics: { quality: -Number(request.HyperParameters!.learning_rate) },
      });
      return 0;
    },
  });
  const runtime = await LocalRuntime.start({
    assembly: synthesizeSmallStudy({ searchAlgorithm, tuner: { maxTrials: 6, maxParallelTrials: 1 } }),
    folder: temporaryFolder(),
    clock,
    launcher,
    inMemory: true,
  });
  try {
    const execution = await startExecution(runtime, { study: 'own' });
    const { status, output, cause } = await runtime.stepFunctions.waitForExecution(execution);
    const rates = (await trialsOf(runtime, 'own')).map(({ configuration }) => configuration.learning_rate);
    return { status, cause, rates, result: output === undefined ? undefined : (JSON.parse(output) as StudyResult) };
  } finally {
    await runtime.close();
  }
}

test('a study is searched by a function of its own app, behind an alias, until that has nothing left', async () => {
  const { rates, result } = await run((stack) =>
    SearchAlgorithm.fromFunction(newFunction(stack, lambda.Code.fromAsset(codeFolder(HALVING))).addAlias('live')),
  );
  expect(rates).toEqual([1, 0.5, 0.25]);
  expect(result).toMatchObject({ status: 'SUCCEEDED', reason: 'three are enough', best: { trial: 3, value: -0.25 } });
});

test('a wrong answer, here of a function in the template, ends the study with what is wrong, and keeps its results', async () => {
  const program = HALVING.replace('/ 2', '- 2');
  const { rates, result } = await run((stack) =>
    SearchAlgorithm.fromFunction(newFunction(stack, lambda.Code.fromInline(program))),
  );
  expect(rates).toEqual([1]);
  expect(result).toMatchObject({
    status: 'SUCCEEDED',
    reason: 'InvalidSuggestion: configurations[0]: "learning_rate" must be a number from 0.0001 to 1, got -1',
    best: { trial: 1 },
  });
});

test('a function that cannot run on this machine says why', async () => {
  const python = lambda.Code.fromInline('def handler(event, context): pass');
  const { status, cause } = await run((stack) =>
    SearchAlgorithm.fromFunction(newFunction(stack, python, lambda.Runtime.PYTHON_3_12)),
  );
  expect(status).toBe('FAILED');
  expect(cause).toMatch(
    /InvalidRuntimeException: The function .* has the runtime "python3\.12"; only nodejs runtimes run/,
  );
});
