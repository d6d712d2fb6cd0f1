import { readFileSync } from 'node:fs';
import path from 'node:path';
import { TrialRecord } from '../../../lambda/core/store/records';
import { FAILURE_CASES, FailureCase } from './failure-cases';
import { FaultyStudy, runFaultyStudy } from './study-with-faults';

/** A job that is asked to stop has two minutes, and its end is billed. */
const STOP_SECONDS = 180;

test.each(FAILURE_CASES.map((one) => [one.fault, one] as const))('%s', async (_, one) => {
  const study = await runFaultyStudy(one);

  expect([study.status, one.status === undefined ? study.cause : undefined]).toEqual([
    one.status ?? 'SUCCEEDED',
    undefined,
  ]);
  if (!one.mayMiss) expect(study.unused).toEqual([]);
  expectStates(study, one);
  expectNothingLeft(study);
  expectNothingPaidTwice(study);
  if (!one.trainsAgain) expect(new Set(study.trained).size).toBe(study.trained.length);
  one.check?.(study);
});

function expectStates({ trials }: FaultyStudy, { states }: FailureCase): void {
  const found = trials.map(({ state }) => state);
  if (states !== undefined) expect(found).toEqual(states);
  else expect(found.every((state) => state === 'COMPLETED' || state === 'PAUSED')).toBe(true);
}

/** No attempt runs, in the record or at SageMaker. */
function expectNothingLeft({ trials, jobs }: FaultyStudy): void {
  expect(trials.filter(({ state }) => state === 'RUNNING')).toEqual([]);
  expect(jobs.filter(({ TrainingJobStatus: status }) => status === 'InProgress' || status === 'Stopping')).toEqual([]);
}

/** Each job counts once in the records, and no two of a trial trained at once. */
function expectNothingPaidTwice({ trials, jobs }: FaultyStudy): void {
  const recorded = trials
    .flatMap(({ attempts }) => attempts)
    .reduce((sum, { outcome }) => sum + (outcome?.billableSeconds ?? 0), 0);
  const billed = jobs.reduce((sum, { BillableTimeInSeconds = 0 }) => sum + BillableTimeInSeconds, 0);
  const stopped = jobs.filter(({ TrainingJobStatus }) => TrainingJobStatus === 'Stopped').length;
  expect(Math.abs(billed - recorded)).toBeLessThanOrEqual(stopped * STOP_SECONDS);
  for (const trial of trials) expectOneAtATime(trial, jobs);
}

function expectOneAtATime({ attempts }: TrialRecord, jobs: FaultyStudy['jobs']): void {
  const prefix = attempts[0].jobName.replace(/\d+$/, '');
  const times = jobs
    .filter(({ TrainingJobName }) => TrainingJobName.startsWith(prefix))
    .map(({ TrainingStartTime, TrainingEndTime }) => [TrainingStartTime ?? Infinity, TrainingEndTime ?? Infinity])
    .sort(([a], [b]) => a - b);
  times.slice(1).forEach(([from], i) => expect(from).toBeGreaterThanOrEqual(Math.min(times[i][1], from)));
}

test('docs/failures.md tells of these faults, and of no other', () => {
  const page = readFileSync(path.join(__dirname, '../../../docs/failures.md'), 'utf8');
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s:-]+\|/.test(line))
    .map(cells)
    .filter(([first]) => first !== 'fault' && first !== 'class');
  const told = rows.filter((row) => row.length === 4);
  expect(told).toEqual(FAILURE_CASES.map(({ fault, injected, answer, read }) => [fault, injected, answer, read]));
});
