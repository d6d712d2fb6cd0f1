import * as fc from 'fast-check';
import { jobNameOf } from '../../lambda/core/study/job-name';
import { StudyRecord } from '../../lambda/core/store/records';
import { MAX_TRIALS, STUDY_NAME_PATTERN, TRAINING_JOB_NAME_PATTERN } from '../../lib/contract/limits';
import { evaluate } from '../support/lib-jsonata';
import { definitionOf, slotOf, templateOf, tunerDefinitionOf } from '../support/lib-stack';

/** Starts that find no room are attempts too, so there can be this many. */
const MAX_ATTEMPTS = 100_000;
/** Step Functions: an execution is redriven a thousand times at most. */
const MAX_REDRIVES = 1000;

/** All that a job's name is made of. */
interface Job {
  readonly study: string;
  readonly id: string;
  readonly trial: number;
  readonly attempt: number;
  readonly retries: number;
  readonly redrives: number;
}

let nameOf: (job: Job) => Promise<string>;

beforeAll(() => {
  const template = templateOf({});
  const { Arguments, Retry } = slotOf(definitionOf(template)).States.Train!;
  const { compute } = tunerDefinitionOf(template);
  // the longest names that the numbers below can make.
  expect(Retry!.map(({ MaxAttempts }) => MaxAttempts)).toEqual([8]);
  nameOf = async ({ study, id, trial, attempt, retries, redrives }) => {
    const record = { study, id, tuner: { compute } } as unknown as StudyRecord;
    const context = { State: { RetryCount: retries }, Execution: { RedriveCount: redrives } };
    const variables = { next: { jobName: jobNameOf(record, trial, attempt) }, states: { context } };
    return (await evaluate(Arguments!.TrainingJobName, variables)) as string;
  };
});

/** Small, large, and such as read the same one after another: 1 and 11, 11 and 1. */
const upTo = (max: number, min = 1) =>
  fc.oneof(fc.constantFrom(min, 1, 11, 111, max), fc.integer({ min, max })).filter((n) => n >= min && n <= max);

const studyName = fc.oneof(
  fc.constantFrom(
    'a',
    'a-1',
    'a-1-1',
    'A_1',
    'nightly',
    'a-very-long-study---_name',
    's'.repeat(80),
    `s${'_'.repeat(79)}`,
  ),
  fc.stringMatching(STUDY_NAME_PATTERN),
);

const job: fc.Arbitrary<Job> = fc.record({
  study: studyName,
  id: fc.uuid(),
  trial: upTo(MAX_TRIALS),
  attempt: upTo(MAX_ATTEMPTS),
  retries: upTo(8, 0),
  redrives: upTo(MAX_REDRIVES, 0),
});

test('names are such as SageMaker takes, and tell trial, attempt, retry and redrive', async () => {
  await fc.assert(
    fc.asyncProperty(job, async (one) => {
      const name = await nameOf(one);
      expect(name).toMatch(TRAINING_JOB_NAME_PATTERN);
      expect(name.length).toBeLessThanOrEqual(63);
      // permissions are given by this prefix, in lower case as SageMaker writes its ARNs.
      expect(name).toMatch(/^hpo-[0-9a-z]{8}-/);
      expect(name).toBe(name.toLowerCase());
      expect(name.endsWith(`-${one.trial}-${one.attempt}-${one.retries}-${one.redrives}`)).toBe(true);
    }),
  );
});

test('no two jobs have the same name: names are taken for good', async () => {
  // a resumed study keeps its id and goes on with its attempts; another study, of the same name too, has another id.
  const study = fc.record({ study: studyName, id: fc.uuid() });
  const studies = fc.uniqueArray(study, { minLength: 1, maxLength: 3, selector: ({ id }) => id.slice(0, 6) });
  const numbers = job.map(({ trial, attempt, retries, redrives }) => ({ trial, attempt, retries, redrives }));
  const jobs = fc
    .tuple(studies, fc.array(numbers, { minLength: 2, maxLength: 8 }))
    .map(([owners, runs]) => owners.flatMap((owner) => runs.map((run): Job => ({ ...owner, ...run }))));
  await fc.assert(
    fc.asyncProperty(jobs, async (all) => {
      const distinct = new Set(all.map((one) => JSON.stringify(one)));
      const names = await Promise.all([...distinct].map((one) => nameOf(JSON.parse(one) as Job)));
      expect(new Set(names).size).toBe(distinct.size);
    }),
  );
});

test('a difference in one part alone makes another name', async () => {
  await fc.assert(
    fc.asyncProperty(job, job, fc.constantFrom('trial', 'attempt', 'retries', 'redrives'), async (one, other, part) => {
      fc.pre(one[part] !== other[part]);
      expect(await nameOf({ ...one, [part]: other[part] })).not.toBe(await nameOf(one));
    }),
  );
});
