import { AttemptOutcome, MetricValue } from '../../../../lib/contract/calls';
import { TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { historyOf } from '../../../../lambda/core/study/history';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { TestStudy, completed, trainOf } from '../../../support/lambda-study';

const CONSTRAINED: Partial<TunerDefinition> = {
  outcomeConstraints: [
    { metric: 'latency', relation: 'atMost', bound: 50 },
    { metric: 'recall', relation: 'atLeast', bound: 0.9 },
  ],
};
const SEVERAL: Partial<TunerDefinition> = { additionalObjectives: [{ metric: 'size', direction: 'minimize' }] };

type Others = Record<string, MetricValue>;

const opened = (tuner: Partial<TunerDefinition>) => TestStudy.opened(new MemoryItemTable(), tuner);

/** A study whose trials ended one after another with these accuracies and other metrics. */
async function studyOf(tuner: Partial<TunerDefinition>, ...results: [number, Others][]): Promise<TestStudy> {
  const study = await opened({ maxTrials: results.length, ...tuner });
  let answer = await study.next();
  for (const [i, [accuracy, others]] of results.entries()) {
    answer = await study.complete(trainOf(answer), accuracy, i, 0, others);
  }
  return study;
}

async function history(study: TestStudy) {
  return historyOf(await study.studyRecord(), await study.trials());
}

describe('a trial that completed', () => {
  test.each<[string, Partial<TunerDefinition>, Others, string]>([
    ['an outcome constraint', CONSTRAINED, { latency: 3 }, 'recall'],
    ['an additional objective', SEVERAL, {}, 'size'],
  ])('without the metric of %s has failed, and hears what to do', async (_, tuner, others, metric) => {
    const study = await studyOf(tuner, [0.5, others]);
    expect(await study.trial(1)).toMatchObject({
      state: 'FAILED',
      failureClass: 'noMetric',
      message: `the training program ended without reporting "${metric}"; call report(step, ${metric}=...) of the cdk-hpo client, or give it a regular expression that finds it in the log`,
    });
  });

  test('with a metric that is not finite has failed', async () => {
    const study = await studyOf(SEVERAL, [0.5, { size: 'NaN' }]);
    expect(await study.trial(1)).toMatchObject({ state: 'FAILED', failureClass: 'diverged', message: 'size was NaN' });
  });

  test('may have reported the metric once, at any time', async () => {
    const study = await opened(CONSTRAINED);
    const answer = await study.train();
    await study.report(answer, 1, 0.1, 1, { latency: 70, note: 1 });
    await study.report(answer, 2, 0.2, 2, { recall: 0.95, latency: 40 });
    await study.report(answer, 3, 0.3, 3);
    await study.record(answer, completed());
    expect(await study.trial(1)).toMatchObject({ state: 'COMPLETED', value: 0.3 });
    expect((await study.trial(1)).metrics).toEqual({ accuracy: 0.3, recall: 0.95, latency: 40 });
  });

  test('may have printed it: what SageMaker read off the log counts where nothing was reported', async () => {
    const study = await opened(CONSTRAINED);
    const answer = await study.train();
    await study.report(answer, 1, 0.1, 1, { latency: 70 });
    const metrics = [
      { MetricName: 'recall', Value: 0.97 },
      { MetricName: 'latency', Value: 1 },
    ];
    await study.record(answer, { ...completed(), metrics });
    expect(await study.trial(1)).toMatchObject({ state: 'COMPLETED', metrics: { latency: 70, recall: 0.97 } });
  });
});

describe('the search sees', () => {
  test('a loss for each objective', async () => {
    const study = await studyOf(SEVERAL, [0.5, { size: 7 }], [0.6, {}]);
    expect(await history(study)).toMatchObject([{ status: 'finished', losses: [-0.5, 7] }, { status: 'failed' }]);
  });

  test('by how much each outcome constraint is missed', async () => {
    const study = await studyOf(CONSTRAINED, [0.5, { latency: 60, recall: 1 }], [0.5, { latency: 40, recall: 0.5 }]);
    const [first, second] = await history(study);
    expect(first.violations).toEqual([10, expect.closeTo(-0.1)]);
    expect(second.violations).toEqual([-10, expect.closeTo(0.4)]);
  });

  test('no violations where there are no outcome constraints', async () => {
    const [observation] = await history(await studyOf({}, [0.5, {}]));
    expect(observation).not.toHaveProperty('violations');
  });

  test('a stopped trial that has not measured everything as what it has', async () => {
    const stopped: AttemptOutcome = { status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded' };
    const study = await opened({ ...CONSTRAINED, ...SEVERAL });
    const answer = await study.train();
    await study.report(answer, 1, 0.1, 1, { size: 3, latency: 70 });
    const next = trainOf(await study.record(answer, stopped));
    await study.report(next, 1, 0.1, 1);
    await study.record(next, stopped);
    expect((await history(study)).slice(0, 2)).toMatchObject([
      { status: 'finished', losses: [-0.1, 3], violations: [20, 0] },
      { status: 'failed' },
    ]);
  });
});

describe('the best trial', () => {
  test('meets the outcome constraints, if any does', async () => {
    const study = await studyOf(
      CONSTRAINED,
      [0.9, { latency: 51, recall: 0.95 }],
      [0.5, { latency: 50, recall: 0.9 }],
      [0.6, { latency: 10, recall: 0.95 }],
      [0.7, { latency: 10, recall: 0.89 }],
    );
    const { best } = await study.finish();
    expect(best).toMatchObject({ trial: 3, value: 0.6, feasible: true });
    expect(best).not.toHaveProperty('unmetConstraints');
  });

  test('otherwise misses them by the least, and says so', async () => {
    const study = await studyOf(
      CONSTRAINED,
      [0.9, { latency: 1050, recall: 0.89 }],
      [0.8, { latency: 60, recall: 0.85 }],
      [0.7, { latency: 40, recall: 0.5 }],
    );
    expect((await study.finish()).best).toMatchObject({
      trial: 2,
      feasible: false,
      unmetConstraints: ['latency is 60, it must be at most 50', 'recall is 0.85, it must be at least 0.9'],
    });
  });

  test('that was stopped before a metric was known does not meet its constraint', async () => {
    const study = await opened(CONSTRAINED);
    const answer = await study.train();
    await study.report(answer, 1, 0.1, 1, { latency: 10 });
    await study.record(answer, { status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded' });
    expect((await study.finish()).best).toMatchObject({
      feasible: false,
      unmetConstraints: ['recall is not known, it must be at least 0.9'],
    });
  });

  test('says nothing of constraints where there are none', async () => {
    const { best } = await (await studyOf({}, [0.5, {}])).finish();
    expect(best).not.toHaveProperty('feasible');
  });

  test('of several objectives is that of the first', async () => {
    const study = await studyOf(SEVERAL, [0.5, { size: 1 }], [0.9, { size: 100 }]);
    expect((await study.finish()).best).toMatchObject({ trial: 2, value: 0.9, metrics: { accuracy: 0.9, size: 100 } });
  });

  test('reaches the target only within the outcome constraints', async () => {
    const objective = { metric: 'accuracy', direction: 'maximize', targetValue: 0.8 } as const;
    const study = await studyOf({ ...CONSTRAINED, objective, maxTrials: 9 }, [0.9, { latency: 99, recall: 1 }]);
    const second = await study.train(1);
    expect(second.trial).toBe(3);
    study.jobs.add((await study.trial(2)).attempts[0].jobName, { status: 'InProgress' });
    const reason = 'trial 3 reached the target value 0.8 with 0.85';
    expect(await study.complete(second, 0.85, 5, 1, { latency: 9, recall: 1 })).toEqual({ action: 'none', reason });
  });
});

describe('the Pareto front', () => {
  const front = async (study: TestStudy) => (await study.finish()).paretoFront!;

  test('is there with several objectives only', async () => {
    expect(await (await studyOf({}, [0.5, {}])).finish()).not.toHaveProperty('paretoFront');
  });

  test('holds the trials that no other one beats, best first objective first', async () => {
    const study = await studyOf(
      SEVERAL,
      [0.5, { size: 1 }],
      [0.9, { size: 100 }],
      [0.8, { size: 100 }],
      [0.7, { size: 30 }],
      [0.5, { size: 2 }],
      [0.7, { size: 30 }],
      [0.99, {}],
    );
    const { configuration } = await study.trial(2);
    expect((await front(study)).map(({ trial }) => trial)).toEqual([2, 4, 1]);
    expect((await front(study))[0]).toEqual({
      trial: 2,
      values: { accuracy: 0.9, size: 100 },
      hyperparameters: configuration,
    });
  });

  test('holds only trials that meet the outcome constraints', async () => {
    const latency = [{ metric: 'latency', relation: 'atMost', bound: 50 }] as const;
    const study = await studyOf(
      { ...SEVERAL, outcomeConstraints: [...latency] },
      [0.5, { size: 1, latency: 1 }],
      [0.9, { size: 1, latency: 99 }],
    );
    expect((await front(study)).map(({ trial }) => trial)).toEqual([1]);
  });

  test('of many trials is a part of it that reaches from end to end', async () => {
    const results = Array.from({ length: 130 }, (_, i): [number, Others] => [i / 1000, { size: i }]);
    const found = await front(await studyOf(SEVERAL, ...results));
    expect(found).toHaveLength(50);
    expect(found[0].trial).toBe(130);
    expect(found[49].trial).toBe(1);
    expect(new Set(found.map(({ trial }) => trial)).size).toBe(50);
  });

  test('with long hyperparameters stays within what a state machine can hand over', async () => {
    const searchSpace = Array.from({ length: 20 }, (_, i) => ({
      name: `p${i}`,
      type: 'categorical' as const,
      values: ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(2000)),
    }));
    const results = Array.from({ length: 12 }, (_, i): [number, Others] => [i / 1000, { size: i }]);
    const study = await studyOf({ ...SEVERAL, searchSpace }, ...results);
    const result = await study.finish();
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(200_000);
    expect(result.paretoFront!.length).toBeGreaterThan(0);
  });
});
