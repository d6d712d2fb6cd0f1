import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { TrainingImage, TrainingProgram, TrialRunner } from '../../lib';
import { StudyResult } from '../../lib/contract/calls';
import { LocalRuntime, LocalRuntimeOptions } from '../../local/runtime';
import { SmallStudyOptions, startExecution, synthesizeSmallStudy, temporaryFolder } from './small-study';

const image = TrainingImage.fromUri('123456789012.dkr.ecr.us-east-1.amazonaws.com/any:1');

/** As GOOD_PROGRAM of the small study: the training toolkit of an image starts scripts in Python only. */
const PROGRAM = `
import math, time, cdk_hpo
rate = cdk_hpo.hyperparameters()['learning_rate']
for epoch in range(1, 4):
    time.sleep(0.03)
    cdk_hpo.report(epoch, quality=1 - abs(math.log10(rate) + 2) / 4 - 1 / (epoch + 1))
`;

let runtime: LocalRuntime;
afterEach(() => runtime.close());

async function run(
  options: SmallStudyOptions = {},
  runtimeOptions: Partial<LocalRuntimeOptions> = {},
  input: object = {},
): Promise<StudyResult> {
  const lines: string[] = [];
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'train.py'), PROGRAM);
  runtime = await LocalRuntime.start({
    assembly: synthesizeSmallStudy({
      trainingProgram: TrainingProgram.fromScript(folder, 'train.py'),
      trialRunner: (_, program) => TrialRunner.managedTuning({ image, program }),
      ...options,
      tuner: { searchAlgorithm: undefined, scheduler: undefined, ...options.tuner },
    }),
    folder: temporaryFolder(),
    inMemory: true,
    ...runtimeOptions,
    sageMaker: { onLine: (_, line) => lines.push(line), ...runtimeOptions.sageMaker },
  });
  const executionArn = await startExecution(runtime, { study: 'managed', ...input });
  const { status, output, cause } = await runtime.stepFunctions.waitForExecution(executionArn);
  expect([status, cause]).toEqual(['SUCCEEDED', undefined]);
  return JSON.parse(output!) as StudyResult;
}

test('automatic model tuning runs the study, and its jobs come back as trials', async () => {
  const result = await run();
  expect(result.trials).toEqual({ total: 4, completed: 4, stoppedEarly: 0, failed: 0, unfinished: 0 });
});
