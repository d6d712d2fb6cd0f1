import { Duration } from 'aws-cdk-lib';
import { TrainingImage, TrialRunner } from '../../lib';
import { StudyResult } from '../../lib/contract/calls';
import { LocalRuntime } from '../../local/runtime';
import { SmallStudyOptions, startExecution, synthesizeSmallStudy, temporaryFolder, trialsOf } from './small-study';

const image = TrainingImage.fromUri('123456789012.dkr.ecr.us-east-1.amazonaws.com/any:1');

let runtime: LocalRuntime;
afterEach(() => runtime.close());

async function run(options: SmallStudyOptions, lines: string[] = []): Promise<StudyResult> {
  runtime = await LocalRuntime.start({
    assembly: synthesizeSmallStudy({
      trialRunner: (_, program) =>
        TrialRunner.trainingCluster({
          image,
          program,
          instanceCount: 2,
          trialsPerInstance: 2,
          heartbeat: Duration.seconds(3),
        }),
      ...options,
    }),
    folder: temporaryFolder(),
    inMemory: true,
    sageMaker: { onLine: (_, line) => lines.push(line) },
  });
  const executionArn = await startExecution(runtime, { study: 'cluster' });
  const { status, output, cause } = await runtime.stepFunctions.waitForExecution(executionArn);
  if (status !== 'SUCCEEDED') console.log(lines.join('\n'));
  expect([status, cause]).toEqual(['SUCCEEDED', undefined]);
  return JSON.parse(output!) as StudyResult;
}

test('a study runs in the workers of one training job', async () => {
  const lines: string[] = [];
  const result = await run({ tuner: { maxTrials: 8, maxParallelTrials: undefined } }, lines);
  expect(result.trials).toEqual({ total: 8, completed: 8, stoppedEarly: 0, failed: 0, unfinished: 0 });
  const trials = await trialsOf(runtime, 'cluster');
  expect(trials.map(({ state }) => state)).toEqual(Array(8).fill('COMPLETED'));
});
