import { AttemptOutcome } from '../../../../../lib/contract/calls';
import { SearchSpaceDefinition } from '../../../../../lib/contract/search-space';
import { FoundJob } from '../../../../../lambda/core/study/settle';
import { TunedJob, TunedJobs, TuningJobs, collectTrials } from '../../../../../lambda/core/study/tuning/collect';
import { StudyStore } from '../../../../../lambda/core/store/study-store';
import { Dynamo, startDynamo } from '../../../../support/lambda-dynamo';
import { Crash, FaultyItemTable } from '../../../../support/lambda-faulty-table';
import { MemoryItemTable } from '../../../../support/lambda-memory-table';
import { TestStudy, at } from '../../../../support/lambda-study';
import { ItemTable } from '../../../../../lambda/core/store/item-table';
import { computeWith } from '../../../../support/lambda-money';

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const SPACE: SearchSpaceDefinition = [
  { name: 'rate', type: 'continuous', min: 1e-5, max: 1, scaling: 'logarithmic' },
  { name: 'units', type: 'integer', min: 8, max: 256, scaling: 'linear' },
  { name: 'optimizer', type: 'categorical', values: ['sgd', 'adam'] },
  { name: 'nesterov', type: 'categorical', values: [true, false] },
  { name: 'batch', type: 'ordinal', values: [16, 32, 64] },
  { name: 'version', type: 'constant', value: 3 },
];
const TUNED = { rate: '0.001', units: '64', optimizer: 'adam', nesterov: 'true', batch: '32' };

const outcomeOf = (status: string, value?: number, more: AttemptOutcome = {}): AttemptOutcome => ({
  status,
  billableSeconds: 100,
  ...(value !== undefined && { metrics: [{ MetricName: 'accuracy', Value: value }] }),
  ...more,
});

function tunedJob(number: number, outcome: AttemptOutcome, more: Partial<TunedJob> = {}): TunedJob {
  const jobName = `tuning-00${number}-abc`;
  const running = outcome.status === 'InProgress';
  return {
    jobName,
    tuned: TUNED,
    createdAt: at(number),
    ...(!running && { endedAt: at(number + 100) }),
    running,
    outcome: { jobName, ...outcome },
    ...more,
  };
}

/** One tuning job, by its whole name. */
class Jobs implements TuningJobs {
  readonly asked: string[] = [];
  trained: TunedJob[] = [];
  isThere = true;

  find(name: string, _at: string, fullName = `${name}-0-0`): Promise<FoundJob | undefined> {
    const outcome = { jobName: fullName, status: 'Completed' };
    return Promise.resolve(this.isThere ? { jobName: fullName, running: false, outcome } : undefined);
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  trainingJobs(name: string): Promise<TunedJobs> {
    this.asked.push(name);
    return Promise.resolve({ jobs: this.trained });
  }
}

const JOB = { round: 1, name: 'tuning', instanceCount: 1, maxRuntimeSeconds: 1000, plannedAt: at(0) };

async function opened(table?: ItemTable) {
  const study = await TestStudy.opened(table ?? (await dynamo.newTable()), {
    searchSpace: SPACE,
    compute: computeWith({ tuning: { config: {}, parents: [] } }),
  });
  const jobs = new Jobs();
  const collect = async (trained: TunedJob[], seconds = 500, store = study.store) => {
    jobs.trained = trained;
    await collectTrials(await study.studyRecord(), JOB, at(seconds), { store, tuningJobs: jobs });
  };
  return { study, jobs, collect };
}

test('a trial is made of each training job, in their order', async () => {
  const { study, collect } = await opened();
  await collect([
    tunedJob(1, outcomeOf('Completed', 0.5, { modelArtifact: 's3://bucket/1' })),
    tunedJob(2, outcomeOf('Failed', undefined, { failureReason: 'AlgorithmError: exit code: 1' })),
    tunedJob(3, outcomeOf('Stopped', 0.3)),
    tunedJob(4, outcomeOf('InProgress')),
    tunedJob(5, outcomeOf('Stopped')),
    tunedJob(6, outcomeOf('Completed')),
  ]);
  expect(await study.trials()).toMatchObject([
    {
      trial: 1,
      state: 'COMPLETED',
      value: 0.5,
      createdAt: at(1),
      endedAt: at(101),
      attempts: [
        { attempt: 1, jobName: 'tuning-001-abc', startAt: at(1), outcome: { modelArtifact: 's3://bucket/1' } },
      ],
    },
    { trial: 2, state: 'FAILED', failureClass: 'userCode', message: 'AlgorithmError: exit code: 1' },
    { trial: 3, state: 'STOPPED', value: 0.3, message: 'automatic model tuning stopped it' },
    { trial: 4, state: 'RUNNING' },
    { trial: 5, state: 'STOPPED', message: 'automatic model tuning stopped it' },
    { trial: 6, state: 'FAILED', failureClass: 'noMetric' },
  ]);
  expect((await study.trials()).map(({ attempts }) => attempts.length)).toEqual([1, 1, 1, 1, 1, 1]);
});

test.each(['InternalServerError: again', 'CapacityError: Unable to provision'])(
  'a job that failed by %s has failed: tuning tries by itself',
  async (failureReason) => {
    const { study, collect } = await opened();
    await collect([tunedJob(1, outcomeOf('Failed', undefined, { failureReason }))]);
    expect(await study.trial(1)).toMatchObject({ state: 'FAILED', endedAt: at(101), message: failureReason });
  },
);

test('an objective that isn’t finite has diverged', async () => {
  const { study, collect } = await opened();
  await collect([tunedJob(1, outcomeOf('Completed', NaN))]);
  expect(await study.trial(1)).toMatchObject({ state: 'FAILED', failureClass: 'diverged' });
});

describe('the hyperparameters are values of the space again', () => {
  test.each<[string, Record<string, string>, object | undefined]>([
    [
      'numbers, texts, booleans, and what is constant',
      TUNED,
      { rate: 0.001, units: 64, optimizer: 'adam', nesterov: true, batch: 32, version: 3 },
    ],
    [
      'in another pair of quotes, as SageMaker’s own SDK writes them',
      { rate: '"0.001"', units: '"64"', optimizer: '"sgd"', nesterov: '"false"', batch: '"16"' },
      { rate: 0.001, units: 64, optimizer: 'sgd', nesterov: false, batch: 16, version: 3 },
    ],
    [
      'in other words for the same numbers',
      { ...TUNED, rate: '1.0E-3', units: '64.0', batch: '32.0' },
      { rate: 0.001, units: 64, optimizer: 'adam', nesterov: true, batch: 32, version: 3 },
    ],
    [
      'without what isn’t the study’s',
      { ...TUNED, _tuning_objective_metric: 'accuracy', sagemaker_program: '"train.py"' },
      { rate: 0.001, units: 64, optimizer: 'adam', nesterov: true, batch: 32, version: 3 },
    ],
    ['a rounding error outside of the range', { ...TUNED, rate: '1.0000000001' }, expect.objectContaining({ rate: 1 })],
    ['what is in no way of the space is none', { ...TUNED, optimizer: 'lion' }, {}],
    ['nothing at all', {}, {}],
  ])('%s', async (_, tuned, configuration) => {
    const { study, collect } = await opened();
    await collect([tunedJob(1, outcomeOf('Completed', 0.5), { tuned })]);
    expect((await study.trial(1)).configuration).toEqual(configuration);
  });

  test('a study with a trial of no configuration finishes all the same', async () => {
    const { study, collect } = await opened();
    await collect(
      Array.from({ length: 12 }, (_, i) =>
        tunedJob(i + 1, outcomeOf('Completed', i / 12), { tuned: i === 3 ? {} : { ...TUNED, units: String(64 + i) } }),
      ),
    );
    expect(await study.finish(600)).toMatchObject({ status: 'SUCCEEDED', best: { trial: 12 }, trials: { total: 12 } });
  });
});

describe('collected again', () => {
  const ALL = [
    tunedJob(1, outcomeOf('Completed', 0.5)),
    tunedJob(2, outcomeOf('Failed', undefined, { failureReason: 'AlgorithmError' })),
    tunedJob(3, outcomeOf('Stopped', 0.3)),
  ];

  test('nothing changes', async () => {
    const table = new MemoryItemTable();
    const { collect } = await opened(table);
    await collect(ALL);
    const before = table.contents();
    await collect(ALL, 999);
    await collect([tunedJob(1, outcomeOf('Completed', 0.9)), ...ALL.slice(1)], 999);
    expect(table.contents()).toEqual(before);
  });

  test('what has ended meanwhile ends, as if it had been seen at its end only', async () => {
    const { study, collect } = await opened();
    await collect([1, 2, 3].map((number) => tunedJob(number, outcomeOf('InProgress'))));
    expect((await study.trials()).map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING', 'RUNNING']);
    await collect(ALL);
    const late = await study.trials();
    const { study: another, collect: collectAll } = await opened();
    await collectAll(ALL);
    const comparable = (trials: typeof late) => trials.map(({ version: _, ...trial }) => ({ ...trial }));
    expect(comparable(late)).toEqual(comparable(await another.trials()));
  });

  test('jobs that have come meanwhile are trials after those that are known', async () => {
    const { study, collect } = await opened();
    await collect(ALL.slice(0, 1));
    await collect(ALL);
    expect((await study.trials()).map(({ attempts }) => attempts[0].jobName)).toEqual(
      ALL.map(({ jobName }) => jobName),
    );
  });

  test('after a crash at any write, each job is one trial', async () => {
    for (let write = 1; write <= 4; write++) {
      for (const when of ['before', 'after'] as const) {
        const table = new MemoryItemTable();
        const faulty = new FaultyItemTable(table);
        const { study, collect } = await opened(table);
        await collect([tunedJob(1, outcomeOf('InProgress'))]);
        faulty.arm({ write, when });
        await collect(ALL, 500, new StudyStore(faulty)).catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error;
        });
        await collect(ALL, 600);
        expect((await study.trials()).map(({ state, attempts }) => `${attempts[0].jobName} ${state}`)).toEqual([
          'tuning-001-abc COMPLETED',
          'tuning-002-abc FAILED',
          'tuning-003-abc STOPPED',
        ]);
      }
    }
  });

  test('by two at once, each job is one trial', async () => {
    const { study, collect } = await opened();
    const others = () => new StudyStore(study.table);
    await Promise.all([collect(ALL, 500, others()), collect(ALL, 500, others()), collect(ALL, 500, others())]);
    expect((await study.trials()).map(({ attempts }) => attempts[0].jobName)).toEqual(
      ALL.map(({ jobName }) => jobName),
    );
  });
});

test('of a tuning job that never began there is nothing', async () => {
  const { study, jobs, collect } = await opened();
  jobs.isThere = false;
  await collect([tunedJob(1, outcomeOf('Completed', 0.5))]);
  expect(await study.trials()).toEqual([]);
  expect(jobs.asked).toEqual([]);
});

test('the job is the one whose whole name is known', async () => {
  const { study, jobs } = await opened();
  const job = { ...JOB, outcome: { jobName: 'tuning-2-1' } };
  await collectTrials(await study.studyRecord(), job, at(5), { store: study.store, tuningJobs: jobs });
  expect(jobs.asked).toEqual(['tuning-2-1']);
});
