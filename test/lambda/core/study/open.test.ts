import { InvalidStudyInput, StudyChanged, StudyInProgress } from '../../../../lambda/core/errors';
import { StudyInput } from '../../../../lib/contract/study-input';
import { TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { Dynamo, startDynamo } from '../../../support/lambda-dynamo';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { TUNER, TestStudy, at } from '../../../support/lambda-study';

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const newStudy = async (tuner: Partial<TunerDefinition> = {}) => new TestStudy(await dynamo.newTable(), tuner);

describe('a new study', () => {
  test('is created with what the tuner defines', async () => {
    const study = await newStudy();
    expect(await study.open()).toEqual({ study: 'digits', run: 1, round: 0, notes: [] });
    expect(await study.studyRecord()).toMatchObject({
      status: 'RUNNING',
      tuner: TUNER,
      execution: 'arn:execution-1',
      createdAt: at(0),
      startedAt: at(0),
    });
  });

  test('takes what the input changes', async () => {
    const study = await newStudy();
    const input = {
      study: 'digits',
      seed: 9,
      maxTrials: 3,
      maxParallelTrials: 2,
      maxDurationSeconds: 60,
      maxTrialsWithoutImprovement: 5,
      targetValue: 0.9,
    };
    await study.open({ input });
    const { study: _, seed, targetValue, ...criteria } = input;
    expect(await study.studyRecord()).toMatchObject({
      seed,
      tuner: { ...criteria, objective: { metric: 'accuracy', direction: 'maximize', targetValue } },
    });
  });

  test('is named after its execution where the input has no name', async () => {
    const study = await newStudy();
    const open = (executionName: string, execution: string) => study.open({ input: {}, executionName, execution });
    expect(await open('nightly-7', 'a')).toMatchObject({ study: 'nightly-7' });
    expect(await open('nightly 7:b', 'b')).toMatchObject({ study: 'nightly-7-b' });
    expect(await open('_x', 'c')).toMatchObject({ study: 'study-_x' });
    expect((await open(`é${'x'.repeat(79)}`, 'd')).study).toHaveLength(80);
  });

  test('has a seed of its name, and a secret of its own', async () => {
    const [one, two] = [await newStudy(), await newStudy()];
    await one.open();
    await two.open();
    const [a, b] = [await one.studyRecord(), await two.studyRecord()];
    expect(a.seed).toBe(b.seed);
    expect(a.secret).not.toBe(b.secret);
    expect(a.id).not.toBe(b.id);
  });
});

describe('bad input is refused and nothing is written', () => {
  async function refused(tuner: Partial<TunerDefinition>, input: object): Promise<string> {
    const table = new MemoryItemTable();
    const study = new TestStudy(table, tuner);
    const refusal = await study.open({ input: input as StudyInput }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(InvalidStudyInput);
    expect((refusal as Error).name).toBe('InvalidStudyInput');
    expect(table.contents()).toEqual({});
    return (refusal as Error).message;
  }

  test('an unknown field', async () => {
    expect(await refused({}, { trials: 5 })).toContain('unknown field "trials"; allowed are study, seed, maxTrials');
  });

  test('a value out of range', async () => {
    expect(await refused({}, { maxTrials: 0 })).toBe(
      "maxTrials of the study's input must be an integer from 1 to 100000, got 0",
    );
  });

  test('a search space that became bad at deployment', async () => {
    const searchSpace: TunerDefinition['searchSpace'] = [
      { name: 'x', type: 'continuous', min: 1, max: 0, scaling: 'linear' },
    ];
    expect(await refused({ searchSpace }, {})).toContain(
      'min of parameter "x" must be less than max, got min 1 and max 0',
    );
  });

  test('an initial configuration outside of the space', async () => {
    expect(await refused({ initialConfigurations: [{}, { optimizer: 'lion' }] }, {})).toBe(
      'initialConfigurations[1]: "optimizer" must be one of "sgd", "adam", got "lion"',
    );
  });

  test.each<[Partial<TunerDefinition>, string]>([
    [
      { parameterConstraints: ["optimizer != 'sgdd'"] },
      'parameterConstraints[0] "optimizer != \'sgdd\'": optimizer can\'t be \'sgdd\'; its values are "sgd", "adam"',
    ],
    [
      { parameterConstraints: ['learning_rate < 1e-4'] },
      'parameterConstraints allow none of 10000 random configurations; "learning_rate < 1e-4" allows 0. Make them less strict, or the ranges narrower',
    ],
    [
      { parameterConstraints: ['learning_rate < 0.01'], initialConfigurations: [{}, { learning_rate: 0.05 }] },
      'initialConfigurations[1]: it must meet the parameter constraint "learning_rate < 0.01"',
    ],
    [
      {
        parameterConstraints: ['learning_rate * (1 - momentum) > 0.0999'],
        initialConfigurations: [{ optimizer: 'sgd', momentum: 0.5 }],
      },
      'initialConfigurations[0]: no values of its missing parameters were found that meet the parameter constraints',
    ],
    [
      { additionalObjectives: [{ metric: 'accuracy', direction: 'minimize' }] },
      'objectives must have different metrics, got "accuracy" twice',
    ],
    [
      { additionalObjectives: [{ metric: 'size', direction: 'minimize', targetValue: 3 }] },
      'targetValue must be given for the first objective only: it is what ends the study',
    ],
    [
      {
        outcomeConstraints: [1, 2].map((bound) => ({ metric: 'latency', relation: 'atMost', bound })),
      },
      'outcomeConstraints must not hold atMost("latency") twice',
    ],
    [
      { outcomeConstraints: [{ metric: 'latency', relation: 'atMost', bound: null as unknown as number }] },
      'bound of the outcome constraint on "latency" must be a finite number, got null',
    ],
  ])("what the constraints and objectives can't be: %j", async (tuner, message) => {
    expect(await refused(tuner, {})).toBe(message);
  });

  test.each([{ maxTrials: 0 }, { maxTrials: 1e6 }, { maxParallelTrials: 0 }, { maxDurationSeconds: -1 }])(
    'a limit of the tuner that became bad at deployment: %j',
    async (tuner) => {
      expect(await refused(tuner, {})).toContain(Object.keys(tuner)[0]);
    },
  );

  test.each([1e16, 1e200])('a bound of %d is refused by name, or it works', async (max) => {
    const study = await newStudy({
      searchSpace: [{ name: 'x', type: 'continuous', min: 1, max, scaling: 'logarithmic' }],
    });
    const answer = await study.open().then(
      ({ study: name }) => name,
      (error: Error) => error.name,
    );
    expect(['InvalidStudyInput', 'digits']).toContain(answer);
  });
});

describe('an existing study', () => {
  test('opened again by the same execution gives the same answer', async () => {
    const study = await newStudy();
    const first = await study.open();
    const record = await study.studyRecord();
    expect(await study.open()).toEqual(first);
    expect(await study.studyRecord()).toEqual(record);
  });

  test('is not resumed while its execution runs', async () => {
    const study = await newStudy();
    await study.open();
    const record = await study.studyRecord();
    study.executions.running.add('arn:execution-1');

    const second = study.open({ execution: 'arn:execution-2' });

    await expect(second).rejects.toThrow(StudyInProgress);
    await expect(second).rejects.toThrow(
      'is still running in execution arn:execution-1; stop that one or give the study another name',
    );
    expect(await study.studyRecord()).toEqual(record);
  });

  test('resumed by two executions at once is given to one', async () => {
    const study = await newStudy();
    await study.open();
    const opened = await Promise.allSettled(['b', 'c', 'd'].map((execution) => study.open({ execution })));
    expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refusals = opened.flatMap((one) => (one.status === 'rejected' ? [(one.reason as Error).name] : []));
    expect(refusals).toEqual(['StudyInProgress', 'StudyInProgress']);
  });

  test('keeps what its earlier executions were told, but for what it is told itself', async () => {
    const study = await TestStudy.opened(await dynamo.newTable(), {}, { maxTrials: 20, maxSpendUsd: undefined });
    await study.resume(60);
    expect((await study.studyRecord()).tuner.maxTrials).toBe(20);
    await study.resume(120, 'arn:execution-3', { maxTrials: 30 });
    expect((await study.studyRecord()).tuner.maxTrials).toBe(30);
    await study.resume(180, 'arn:execution-4', { maxDurationSeconds: 100 });
    expect((await study.studyRecord()).tuner).toMatchObject({ maxTrials: 30, maxDurationSeconds: 100 });
  });

  test('goes on with a new run, more trials and a new clock', async () => {
    const study = await newStudy({ maxTrials: 1, maxDurationSeconds: 100 });
    await study.open();
    await study.plan();
    await study.complete(await study.train(), 0.5, 10);
    await study.review(20);
    await study.finish(30);

    expect(await study.resume(1000, 'arn:execution-2', { maxTrials: 2 })).toEqual({
      study: 'digits',
      run: 2,
      round: 1,
      notes: [],
    });

    expect(await study.studyRecord()).toMatchObject({
      status: 'RUNNING',
      startedAt: at(1000),
      createdAt: at(0),
      tuner: { maxTrials: 2 },
    });
    expect(await study.train(0, 0, 1000)).toMatchObject({ trial: 2, attempt: 1 });
  });

  test.each<[string, Partial<TunerDefinition>, StudyInput]>([
    ['search space', { searchSpace: TUNER.searchSpace.slice(0, 2) }, {}],
    ['objective', { objective: { metric: 'accuracy', direction: 'minimize' } }, {}],
    ['list of initial configurations', { initialConfigurations: [{ optimizer: 'sgd' }] }, {}],
    ['list of parameter constraints', { parameterConstraints: ['learning_rate < 0.05'] }, {}],
    ['list of additional objectives', { additionalObjectives: [{ metric: 'size', direction: 'minimize' }] }, {}],
    ['list of outcome constraints', { outcomeConstraints: [{ metric: 'latency', relation: 'atMost', bound: 5 }] }, {}],
    ['search algorithm', { searchAlgorithm: { name: 'sobol' } }, {}],
    ['seed', {}, { seed: 5 }],
  ])('is not resumed with another %s', async (part, tuner, input) => {
    const study = await newStudy();
    await study.open();
    const record = await study.studyRecord();
    study.tuner = { ...TUNER, ...tuner };

    const resumed = study.resume(60, 'arn:execution-2', input);

    await expect(resumed).rejects.toThrow(StudyChanged);
    await expect(resumed).rejects.toThrow(
      `study "digits" was created with another ${part}; give the study another name`,
    );
    expect(await study.studyRecord()).toEqual(record);
  });

  test('is resumed with another order of fields, machine, scheduler or limits', async () => {
    const study = await newStudy();
    await study.open();
    study.tuner = {
      ...TUNER,
      searchSpace: TUNER.searchSpace.map((one) => Object.fromEntries(Object.entries(one).reverse()) as typeof one),
      scheduler: { name: 'medianStopping', gracePeriod: 1, minimumTrials: 3 },
      maxTrials: 99,
      compute: { ...TUNER.compute, instanceTypes: ['ml.g5.xlarge'] },
    };
    expect(await study.resume(60)).toMatchObject({ run: 2 });
  });
});
