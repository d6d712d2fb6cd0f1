import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { jobNameOf } from '../../lambda/core/study/job-name';
import { StudyRecord } from '../../lambda/core/store/records';
import { MAX_TRIALS, TRAINING_JOB_NAME_PATTERN } from '../../lib/contract/limits';
import { TrainingChannel, TrainingProgram } from '../../lib';
import {
  definitionOf,
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  slotOf,
  State,
  trainingRequest,
  trainingRequestOf,
  tunerDefinitionOf,
} from '../support/lib-stack';
import { evaluate, evaluateAll } from '../support/lib-jsonata';
import { unknownFields } from '../support/lib-request-shape';

function train(): { state: State; jobNamePrefix: string } {
  const stack = newStack();
  newTuner(stack);
  const template = new ReadableTemplate(stack);
  return {
    state: slotOf(definitionOf(template)).States.Train!,
    jobNamePrefix: tunerDefinitionOf(template).compute.jobNamePrefix,
  };
}

describe('the request', () => {
  test('has only fields that CreateTrainingJob knows', () => {
    const stack = newStack();
    const bucket = s3.Bucket.fromBucketName(stack, 'Data', 'data');
    newTuner(stack, {
      trialRunner: sageMakerTraining({
        program: TrainingProgram.fromScript(join(__dirname, '../../examples/digits'), 'train.py'),
        channels: { train: TrainingChannel.fromBucket(bucket) },
        checkpointLocalPath: '/opt/checkpoints',
        maxRuntime: Duration.hours(1),
        environment: { A: 'b' },
      }),
    });
    expect(unknownFields(trainingRequestOf(new ReadableTemplate(stack)))).toEqual([]);
    expect(unknownFields(trainingRequest({}))).toEqual([]);
  });

  test('would be told of fields that CreateTrainingJob does not know', () => {
    const request = {
      TrainingJobNam: 'x',
      ResourceConfig: { InstanceCount: 1, InstanceTyp: 'x' },
      InputDataConfig: [{ Channel: 'x' }],
      Environment: { anything: 'goes' },
      StoppingCondition: 5,
      AlgorithmSpecification: { ContainerEntrypoint: 'python3' },
    };
    expect(unknownFields(request)).toEqual([
      'request.TrainingJobNam is unknown',
      'request.ResourceConfig.InstanceTyp is unknown',
      'request.InputDataConfig[0].Channel is unknown',
      'request.StoppingCondition has another structure',
      'request.AlgorithmSpecification.ContainerEntrypoint has another structure',
    ]);
  });

  test('has texts where SageMaker wants texts', async () => {
    const next = {
      trial: 12,
      attempt: 2,
      token: 'secret',
      hyperparameters: {},
      checkpointUri: 's3://bucket/checkpoints/x',
    };
    const { Environment, CheckpointConfig } = trainingRequest({});
    expect(await evaluateAll(Environment, { study: 'digits', next })).toMatchObject({
      CDK_HPO_STUDY: 'digits',
      CDK_HPO_TRIAL: '12',
      CDK_HPO_ATTEMPT: '2',
      CDK_HPO_TOKEN: 'secret',
    });
    expect(await evaluateAll(CheckpointConfig, { next })).toEqual({ S3Uri: 's3://bucket/checkpoints/x' });
  });
});

describe("a training job's name", () => {
  async function nameOf(study: string, trial: number, attempt: number, retries = 0, redrives = 0): Promise<string> {
    const { state, jobNamePrefix } = train();
    const record = { study, id: 'A1B2C3D4-0000-4000-8000-000000000000', tuner: { compute: { jobNamePrefix } } };
    const jobName = jobNameOf(record as unknown as StudyRecord, trial, attempt);
    const context = { State: { RetryCount: retries }, Execution: { RedriveCount: redrives } };
    return (await evaluate(state.Arguments!.TrainingJobName, { next: { jobName }, states: { context } })) as string;
  }

  test.each([
    ['digits', 1, 1, 0, 0],
    ['s'.repeat(80), MAX_TRIALS, 1000, 1448, 1000],
    ['a-very-long-study---_name', 99_999, 3, 1440, 999],
    ['A_B', 1, 1, 8, 1],
  ])('for study %p, trial %p, attempt %p, retry %p, redrive %p fits', async (study, trial, attempt, retry, redrive) => {
    const name = await nameOf(study, trial, attempt, retry, redrive);
    expect(name).toMatch(TRAINING_JOB_NAME_PATTERN);
    expect(name.length).toBeLessThanOrEqual(63);
    expect(name).toContain(`-${trial}-${attempt}-${retry}-${redrive}`);
    expect(name).toMatch(/^hpo-[0-9a-z]{8}-/);
  });

  test('never repeats', async () => {
    const names = await Promise.all([
      nameOf('digits', 1, 1),
      nameOf('digits', 11, 1),
      nameOf('digits', 1, 2),
      nameOf('digits', 1, 1, 1),
      nameOf('digits', 1, 1, 0, 1),
      nameOf('digits', 1, 1, 11),
    ]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('hyperparameters', () => {
  const searched = { learning_rate: '0.01', optimizer: 'sgd' };

  test('are the searched ones', async () => {
    const { HyperParameters } = trainingRequest({});
    expect(await evaluate(HyperParameters, { next: { hyperparameters: searched } })).toEqual(searched);
  });

  test('are static and searched ones together', async () => {
    const hyperparameters = { epochs: '8', prompt: 'say "hi" \\ {% $x %} it\'s\n\u00e9 \u2028', empty: '' };
    const { HyperParameters } = trainingRequest({ hyperparameters });
    expect(await evaluate(HyperParameters, { next: { hyperparameters: searched } })).toEqual({
      ...hyperparameters,
      ...searched,
    });
  });

  test('may be the static ones alone', async () => {
    const { HyperParameters } = trainingRequest({ hyperparameters: { epochs: '8' } });
    expect(await evaluate(HyperParameters, { next: { hyperparameters: {} } })).toEqual({ epochs: '8' });
  });
});

describe('the outcome', () => {
  async function outcomeOf(result: unknown): Promise<unknown> {
    return evaluate(train().state.Assign!.outcome, { states: { result } });
  }

  const job = { TrainingJobName: 'hpo-1', TrainingJobStatus: 'Completed', SecondaryStatus: 'Completed' };
  const outcome = { jobName: 'hpo-1', status: 'Completed', secondaryStatus: 'Completed' };

  test('of a whole answer', async () => {
    const result = {
      ...job,
      BillableTimeInSeconds: 70,
      TrainingTimeInSeconds: 70,
      ModelArtifacts: { S3ModelArtifacts: 's3://bucket/output/model.tar.gz' },
      FinalMetricDataList: [
        { MetricName: 'accuracy', Value: 0.9, Timestamp: 1.7e9 },
        { MetricName: 'loss', Value: 0.1, Timestamp: 1.7e9 },
      ],
      HyperParameters: { learning_rate: '0.1' },
    };
    expect(await outcomeOf(result)).toEqual({
      ...outcome,
      billableSeconds: 70,
      modelArtifact: 's3://bucket/output/model.tar.gz',
      metrics: [
        { MetricName: 'accuracy', Value: 0.9 },
        { MetricName: 'loss', Value: 0.1 },
      ],
    });
  });

  test.each([
    ['no metrics', { ModelArtifacts: { S3ModelArtifacts: 's3://m' } }, { modelArtifact: 's3://m', metrics: [] }],
    ['an empty list of metrics', { FinalMetricDataList: [] }, { metrics: [] }],
    [
      'one metric',
      { FinalMetricDataList: [{ MetricName: 'accuracy', Value: 0 }] },
      { metrics: [{ MetricName: 'accuracy', Value: 0 }] },
    ],
    ['a reason', { FailureReason: 'AlgorithmError: exit 1' }, { failureReason: 'AlgorithmError: exit 1', metrics: [] }],
    ['no model', { ModelArtifacts: {} }, { metrics: [] }],
  ])('of an answer with %s', async (_, more, expected) => {
    expect(await outcomeOf({ ...job, ...more })).toEqual({ ...outcome, ...expected });
  });

  test('of an error is its name and cause', async () => {
    const { Assign } = train().state.Catch![0]!;
    const states = { errorOutput: { Error: 'States.TaskFailed', Cause: '{"TrainingJobStatus":"Failed"}' } };
    expect(await evaluate(Assign!.outcome, { states })).toEqual({
      error: 'States.TaskFailed',
      cause: '{"TrainingJobStatus":"Failed"}',
    });
    expect(await evaluate(Assign!.outcome, { states: { errorOutput: { Error: 'States.Timeout' } } })).toEqual({
      error: 'States.Timeout',
    });
  });
});
