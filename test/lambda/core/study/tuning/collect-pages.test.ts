import { costOf } from '../../../../../lambda/core/study/cost';
import { FoundJob } from '../../../../../lambda/core/study/settle';
import {
  TunedJob,
  TunedJobs,
  TunedJobsRequest,
  TuningJobs,
  collectTrials,
} from '../../../../../lambda/core/study/tuning/collect';
import { StudyStore } from '../../../../../lambda/core/store/study-store';
import { Crash, FaultyItemTable } from '../../../../support/lambda-faulty-table';
import { MemoryItemTable } from '../../../../support/lambda-memory-table';
import { computeWith } from '../../../../support/lambda-money';
import { TestStudy, at } from '../../../../support/lambda-study';

const JOB = { round: 1, name: 'tuning', instanceCount: 1, maxRuntimeSeconds: 1000, plannedAt: at(0) };

function tunedJob(number: number, more: Partial<TunedJob> = {}): TunedJob {
  const jobName = `tuning-${number}`;
  const metrics = [{ MetricName: 'accuracy', Value: number / 1000 }];
  return {
    jobName,
    tuned: { learning_rate: '0.01', optimizer: 'adam' },
    createdAt: at(number),
    endedAt: at(number + 100),
    running: false,
    outcome: { jobName, status: 'Completed', billableSeconds: 100, metrics },
    ...more,
  };
}

const tunedJobs = (count: number) => Array.from({ length: count }, (_, i) => tunedJob(i + 1));
const running = (number: number) =>
  tunedJob(number, { running: true, endedAt: undefined, outcome: { status: 'InProgress' } });

/** A tuning job whose training jobs come in pages. */
class PagedJobs implements TuningJobs {
  /** Those that had to be looked at. */
  readonly described: string[] = [];

  constructor(
    readonly trained: TunedJob[],
    private readonly pageSize: number,
    /** Called before each page; may throw, as a function does that runs out of time. */
    private readonly beforePage: (page: number) => void | Promise<void> = () => {},
  ) {}

  find(name: string): Promise<FoundJob> {
    return Promise.resolve({ jobName: name, running: false, outcome: { jobName: name, status: 'Completed' } });
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  async trainingJobs(_name: string, { from = '0', known }: TunedJobsRequest): Promise<TunedJobs> {
    const start = Number(from);
    await this.beforePage(start / this.pageSize + 1);
    const end = start + this.pageSize;
    const wanted = this.trained.slice(start, end).filter(({ jobName }) => !known.has(jobName));
    this.described.push(...wanted.map(({ jobName }) => jobName));
    return { jobs: wanted, ...(end < this.trained.length && { next: String(end) }) };
  }
}

async function opened(tuner: Parameters<typeof TestStudy.opened>[1] = {}) {
  const table = new MemoryItemTable();
  const study = await TestStudy.opened(table, {
    maxTrials: 10_000,
    compute: computeWith({ tuning: { config: {}, parents: [] } }),
    ...tuner,
  });
  const collect = async (tuningJobs: TuningJobs, store = new StudyStore(table), seconds = 5000) =>
    collectTrials(await study.studyRecord(), JOB, at(seconds), { store, tuningJobs });
  const names = async () => (await study.trials()).map(({ attempts }) => attempts[0].jobName);
  return { table, study, collect, names };
}

const allNames = (count: number) => tunedJobs(count).map(({ jobName }) => jobName);

describe('the training jobs of several pages', () => {
  test('are trials in their order', async () => {
    const { study, collect, names } = await opened();
    await collect(new PagedJobs(tunedJobs(25), 10));
    expect(await names()).toEqual(allNames(25));
    expect((await study.trials()).map(({ trial }) => trial)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
  });

  test('are kept before the next page is asked for', async () => {
    const { collect, names } = await opened();
    const kept: number[] = [];
    await collect(
      new PagedJobs(tunedJobs(25), 10, async () => {
        kept.push((await names()).length);
      }),
    );
    expect(kept).toEqual([0, 10, 20]);
  });

  test('of a page that holds nothing new don’t end the collection', async () => {
    const { collect, names } = await opened();
    await collect(new PagedJobs(tunedJobs(10), 10));
    await collect(new PagedJobs(tunedJobs(15), 5));
    expect(await names()).toEqual(allNames(15));
  });
});

describe('a call that ends on its way', () => {
  const outOfTime = (last: number) => (page: number) => {
    if (page > last) throw new Crash('out of time');
  };

  test('leaves what it has found, and the next one goes on there', async () => {
    const { study, table, collect, names } = await opened();
    await expect(collect(new PagedJobs(tunedJobs(45), 10, outOfTime(2)))).rejects.toThrow(Crash);
    expect(await names()).toEqual(allNames(20));
    const before = await study.trials();

    const again = new PagedJobs(tunedJobs(45), 10);
    const insert = jest.spyOn(table, 'insert');
    const replace = jest.spyOn(table, 'replace');
    await collect(again);
    expect(await names()).toEqual(allNames(45));
    expect((await study.trials()).slice(0, 20)).toEqual(before);
    // neither looked at nor written again.
    expect(again.described).toEqual(allNames(45).slice(20));
    expect(insert).toHaveBeenCalledTimes(25);
    expect(replace).not.toHaveBeenCalled();
  });

  test('however often, comes to the end if each gets through a page', async () => {
    const { collect, names } = await opened();
    const described: string[] = [];
    for (let last = 1; last < 5; last++) {
      const jobs = new PagedJobs(tunedJobs(45), 10, outOfTime(last));
      await expect(collect(jobs)).rejects.toThrow(Crash);
      described.push(...jobs.described);
    }
    const last = new PagedJobs(tunedJobs(45), 10);
    await collect(last);
    expect(await names()).toEqual(allNames(45));
    expect([...described, ...last.described]).toEqual(allNames(45));
  });

  test('at any write of a page, each job is one trial', async () => {
    for (let write = 1; write <= 9; write++) {
      for (const when of ['before', 'after'] as const) {
        const { table, collect, names } = await opened();
        const faulty = new FaultyItemTable(table);
        faulty.arm({ write, when });
        await expect(collect(new PagedJobs(tunedJobs(9), 3), new StudyStore(faulty))).rejects.toThrow(Crash);
        await collect(new PagedJobs(tunedJobs(9), 3));
        expect(await names()).toEqual(allNames(9));
      }
    }
  });

  test('and jobs that ran then are looked at again, wherever they stand', async () => {
    const { study, collect, names } = await opened();
    const first = tunedJobs(12).map((job, i) => (i === 1 || i === 6 ? running(i + 1) : job));
    await expect(collect(new PagedJobs(first, 5, outOfTime(2)))).rejects.toThrow(Crash);
    const again = new PagedJobs(tunedJobs(12), 5);
    await collect(again);
    expect(again.described).toEqual(['tuning-2', 'tuning-7', 'tuning-11', 'tuning-12']);
    expect(await names()).toEqual(allNames(12));
    expect((await study.trials()).every(({ state }) => state === 'COMPLETED')).toBe(true);
  });
});

test('two calls at once, of which one sees fewer jobs: each job is one trial', async () => {
  const { collect, names } = await opened();
  const early = tunedJobs(12).filter((_, i) => i !== 3);
  await Promise.all([collect(new PagedJobs(early, 5)), collect(new PagedJobs(tunedJobs(12), 5))]);
  expect((await names()).sort()).toEqual(allNames(12).sort());
});

test('ten thousand jobs, over calls that look at four thousand before they run out of time', async () => {
  const { collect, names } = await opened();
  const jobs = tunedJobs(10_000);
  const call = async () => {
    const paged = new PagedJobs(jobs, 100, () => {
      if (paged.described.length >= 4000) throw new Crash('out of time');
    });
    await collect(paged);
  };
  await expect(call()).rejects.toThrow(Crash);
  await expect(call()).rejects.toThrow(Crash);
  await call();
  expect(await names()).toEqual(allNames(10_000));
}, 120_000);

describe('with fallback instance types', () => {
  const CHEAP = { instanceType: 'ml.m5.xlarge', instanceCount: 1 };
  const DEAR = { instanceType: 'ml.g5.xlarge', instanceCount: 1 };
  const types = { instanceTypes: ['ml.m5.xlarge', 'ml.g5.xlarge'], tuning: { config: {}, parents: [] } };
  const costing = async (...jobs: TunedJob[]) => {
    const { study, collect } = await opened({ compute: computeWith(types) });
    await collect(new PagedJobs(jobs, 2));
    return { study, collect, cost: costOf(await study.studyRecord(), await study.trials()) };
  };

  test('a trial costs what its job ran on', async () => {
    const { study, cost } = await costing(
      tunedJob(1, { instances: CHEAP }),
      tunedJob(2, { instances: DEAR }),
      tunedJob(3, { instances: { ...DEAR, instanceCount: 3 } }),
    );
    // a tenth of a cent a second, two, and two on each of three.
    expect(cost).toEqual({ instanceSeconds: 500, usd: 0.1 + 0.2 + 0.6 });
    expect((await study.trial(2)).attempts[0]).toMatchObject(DEAR);
  });

  test('where that isn’t known, what the first type costs', async () => {
    expect((await costing(tunedJob(1))).cost).toEqual({ instanceSeconds: 100, usd: 0.1 });
  });

  test('a job that was seen first while it waited costs what it ran on in the end', async () => {
    const { study, collect } = await costing({ ...running(1) });
    expect((await study.trial(1)).attempts[0]).not.toHaveProperty('instanceType');
    await collect(new PagedJobs([tunedJob(1, { instances: DEAR })], 2));
    expect(costOf(await study.studyRecord(), await study.trials())).toEqual({ instanceSeconds: 100, usd: 0.2 });
  });
});
