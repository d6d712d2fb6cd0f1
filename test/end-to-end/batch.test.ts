import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { TrainingImage, TrialRunner } from '../../lib';
import { StudyResult } from '../../lib/contract/calls';
import { LocalRuntime, LocalRuntimeOptions } from '../../local/runtime';
import { SmallStudyOptions, failuresOf, startExecution, synthesizeSmallStudy, temporaryFolder } from './small-study';

const image = TrainingImage.fromUri('123456789012.dkr.ecr.us-east-1.amazonaws.com/any:1');

let runtime: LocalRuntime;
afterEach(() => runtime.close());

async function run(
  options: SmallStudyOptions = {},
  runtimeOptions: Partial<LocalRuntimeOptions> = {},
): Promise<StudyResult> {
  const lines: string[] = [];
  runtime = await LocalRuntime.start({
    assembly: synthesizeSmallStudy({
      trialRunner: (stack, program) =>
        TrialRunner.batch({ image, program, vpc: new Vpc(stack, 'Vpc'), pricePerTrialHour: 0.1 }),
      ...options,
    }),
    folder: temporaryFolder(),
    inMemory: true,
    ...runtimeOptions,
    batch: { onLine: (_, line) => lines.push(line), ...runtimeOptions.batch },
  });
  const executionArn = await startExecution(runtime, { study: 'batch' });
  const { status, output, cause } = await runtime.stepFunctions.waitForExecution(executionArn);
  if (status !== 'SUCCEEDED') console.log(lines.join('\n'));
  expect(await failuresOf(runtime, executionArn)).toBe('');
  expect([status, cause]).toEqual(['SUCCEEDED', undefined]);
  return JSON.parse(output!) as StudyResult;
}

test('each trial is a job of AWS Batch, and reports to the study', async () => {
  const result = await run();
  expect(result.trials).toEqual({ total: 4, completed: 4, stoppedEarly: 0, failed: 0, unfinished: 0 });
  expect(result.cost.usd).not.toBeNull();
});
