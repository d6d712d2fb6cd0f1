import { AttemptOutcome } from '../../../../lib/contract/calls';
import { InstancesDefinition } from '../../../../lib/contract/tuner-definition';
import { adaptConfiguration } from '../../space/adapt-configuration';
import { SearchSpace } from '../../space/search-space';
import { RoundJob, StudyRecord, TrialRecord, currentAttempt, hasEnded } from '../../store/records';
import { StudyStore } from '../../store/study-store';
import { withOutcome } from '../outcome';
import { TrainingJobs } from '../settle';

/** A training job that automatic model tuning has started. */
export interface TunedJob {
  readonly jobName: string;
  /** The hyperparameters that it chose. */
  readonly tuned: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly endedAt?: string;
  readonly running: boolean;
  readonly outcome: AttemptOutcome;
  /** What it runs on, where that is known: with several types, the first that had room. */
  readonly instances?: InstancesDefinition;
}

/** Some training jobs of a tuning job. */
export interface TunedJobs {
  readonly jobs: readonly TunedJob[];
  /** Where the jobs after these begin; without it there are none. */
  readonly next?: string;
}

/** Which training jobs of a tuning job are wanted. */
export interface TunedJobsRequest {
  /** `next` of the answer before; without it the first ones are wanted. */
  readonly from?: string;
  /** Jobs whose end the study knows: nobody has to look at them again. */
  readonly known: ReadonlySet<string>;
}

/** What a study asks of automatic model tuning. */
export interface TuningJobs extends TrainingJobs {
  /** Some training jobs of a tuning job, the first one first, without those that are known. */
  trainingJobs(tuningJobName: string, request: TunedJobsRequest): Promise<TunedJobs>;
}

/**
 * Makes a trial of each training job of a tuning job, so that results, reports and warm starts are those of any study.
 *
 * Thousands of jobs take longer than a function may run. What is found is kept before more is asked for: a call that ran out of
 * time is made again, and goes on where that one stopped.
 */
export async function collectTrials(
  study: StudyRecord,
  { name, round, outcome }: RoundJob,
  at: string,
  { store, tuningJobs }: { readonly store: StudyStore; readonly tuningJobs: TuningJobs },
): Promise<void> {
  // a task that failed knows the name of its job, whether or not there is one.
  const tuningJob = (await tuningJobs.find(name, at, outcome?.jobName))?.jobName;
  // it never began.
  if (tuningJob === undefined) return;
  const collection = { study, round, at, store };
  let from: string | undefined;
  do {
    const trials = await store.loadTrials(study);
    const known = new Set(trials.filter(hasEnded).map((trial) => currentAttempt(trial).jobName));
    const { jobs, next } = await tuningJobs.trainingJobs(tuningJob, { from, known });
    await keepTrials(collection, jobs);
    from = next;
  } while (from !== undefined);
}

interface Collection {
  readonly study: StudyRecord;
  readonly round: number;
  readonly at: string;
  readonly store: StudyStore;
}

async function keepTrials(collection: Collection, jobs: readonly TunedJob[]): Promise<void> {
  const load = async () => [...(await collection.store.loadTrials(collection.study))];
  let trials = await load();
  for (const job of jobs) {
    // another call that collects at the same time may take the number for another job.
    while (!(await keepTrial(collection, job, trials))) trials = await load();
  }
}

/** @returns false if there is a trial of the new one's number already */
async function keepTrial(
  { study, round, at, store }: Collection,
  job: TunedJob,
  trials: TrialRecord[],
): Promise<boolean> {
  const known = trials.find((trial) => currentAttempt(trial).jobName === job.jobName);
  if (known === undefined) {
    const created = withJob(study, newTrial(study, job, trials.length + 1, round), job, at);
    trials.push(created);
    return store.createTrial(created);
  }
  if (hasEnded(known) || job.running) return true;
  const change = (record: TrialRecord) => (hasEnded(record) ? record : withJob(study, record, job, at));
  await store.changeTrial(study.study, known.trial, change, known);
  return true;
}

/** The trial as its job tells of it. */
function withJob(study: StudyRecord, trial: TrialRecord, job: TunedJob, at: string): TrialRecord {
  const attempt = { ...currentAttempt(trial), ...job.instances };
  const told = { ...trial, attempts: [...trial.attempts.slice(0, -1), attempt] };
  return job.running ? told : endedTrial(study, told, job, at);
}

/** Tuning tries a job again by itself, as often as it was told to: what has failed has failed. */
function endedTrial(study: StudyRecord, trial: TrialRecord, { outcome, endedAt }: TunedJob, at: string): TrialRecord {
  // tuning stops jobs by rules of its own, and all of them at its end.
  const decision = { decision: 'stop', decisionReason: 'automatic model tuning stopped it' } as const;
  const told = outcome.status === 'Stopped' ? { ...trial, ...decision } : trial;
  const ended = withOutcome(study, told, outcome, endedAt ?? at);
  const { failureClass, message } = currentAttempt(ended);
  return hasEnded(ended) ? ended : { ...ended, state: 'FAILED', failureClass, message, endedAt: endedAt ?? at };
}

function newTrial(study: StudyRecord, job: TunedJob, number: number, round: number): TrialRecord {
  const space = new SearchSpace(study.tuner.searchSpace);
  const { configuration = {} } = adaptConfiguration(space, unquoted(job.tuned));
  return {
    study: study.study,
    trial: number,
    state: 'RUNNING',
    configuration,
    attempts: [
      {
        attempt: 1,
        claim: `${study.run}/${round}/0/${number}`,
        jobName: job.jobName,
        tokenHash: '',
        startAt: job.createdAt,
      },
    ],
    createdAt: job.createdAt,
    version: 1,
  };
}

/** SageMaker's own SDK puts texts into one more pair of quotes. */
function unquoted(tuned: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tuned).map(([name, value]) => [name, /^".*"$/s.test(value) ? value.slice(1, -1) : value]),
  );
}
