import { checkedTrainingRequest, definitionOf, slotOf, State, templateOf } from '../support/lib-stack';
import { evaluate, evaluateAll } from '../support/lib-jsonata';

function train(): State {
  return slotOf(definitionOf(templateOf({}))).States.Train!;
}

describe('the request', () => {
  test('has texts where SageMaker wants texts', async () => {
    const next = {
      trial: 12,
      attempt: 2,
      token: 'secret',
      hyperparameters: {},
      checkpointUri: 's3://bucket/checkpoints/x',
    };
    const { Environment, CheckpointConfig } = checkedTrainingRequest({});
    expect(await evaluateAll(Environment, { study: 'digits', next })).toMatchObject({
      CDK_HPO_STUDY: 'digits',
      CDK_HPO_TRIAL: '12',
      CDK_HPO_ATTEMPT: '2',
      CDK_HPO_TOKEN: 'secret',
    });
    expect(await evaluateAll(CheckpointConfig, { next })).toEqual({ S3Uri: 's3://bucket/checkpoints/x' });
  });
});

test('an attempt is not begun again by a redrive of its execution, but a new one is', async () => {
  const { TrainingJobName } = checkedTrainingRequest({});
  const name = (redrives: number, given: number) =>
    evaluate(TrainingJobName, {
      next: { jobName: 'hpo-1', redrives: given },
      states: { context: { State: { RetryCount: 0 }, Execution: { RedriveCount: redrives } } },
    });
  await expect(name(1, 0)).rejects.toMatchObject({ message: 'the execution was redriven' });
  expect(await name(1, 1)).toBe('hpo-1-0-1');
  expect(await name(0, 0)).toBe('hpo-1-0-0');
});

describe('hyperparameters', () => {
  const searched = { learning_rate: '0.01', optimizer: 'sgd' };

  test('are the searched ones', async () => {
    const { HyperParameters } = checkedTrainingRequest({});
    expect(await evaluate(HyperParameters, { next: { hyperparameters: searched } })).toEqual(searched);
  });

  test('are static and searched ones together', async () => {
    const hyperparameters = { epochs: '8', prompt: 'say "hi" \\ {% $x %} it\'s\t\u00e9', empty: '' };
    const { HyperParameters } = checkedTrainingRequest({ hyperparameters });
    expect(await evaluate(HyperParameters, { next: { hyperparameters: searched } })).toEqual({
      ...hyperparameters,
      ...searched,
    });
  });

  test('may be the static ones alone', async () => {
    const { HyperParameters } = checkedTrainingRequest({ hyperparameters: { epochs: '8' } });
    expect(await evaluate(HyperParameters, { next: { hyperparameters: {} } })).toEqual({ epochs: '8' });
  });
});

describe('the outcome', () => {
  async function outcomeOf(result: unknown): Promise<unknown> {
    return evaluate(train().Assign!.outcome, { states: { result } });
  }

  const job = { TrainingJobName: 'hpo-1', TrainingJobStatus: 'Completed', SecondaryStatus: 'Completed' };
  const outcome = { jobName: 'hpo-1', status: 'Completed', secondaryStatus: 'Completed' };

  test('of a whole answer', async () => {
    const result = {
      ...job,
      BillableTimeInSeconds: 70,
      TrainingTimeInSeconds: 100,
      WarmPoolStatus: { Status: 'Reused', ResourceRetainedBillableTimeInSeconds: 12 },
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
      trainingSeconds: 100,
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
    const { Assign } = train().Catch![0]!;
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
