import { AttemptOutcome } from '../../../../lib/contract/calls';
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
}

/** What a study asks of automatic model tuning. */
export interface TuningJobs extends TrainingJobs {
  /** All training jobs of a tuning job, the first one first. */
  trainingJobs(tuningJobName: string): Promise<TunedJob[]>;
}

/** Makes a trial of each training job of a tuning job, so that results, reports and warm starts are those of any study. */
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
  const found = await tuningJobs.trainingJobs(tuningJob);
  for (const [index, job] of found.entries()) {
    const trials = await store.loadTrials(study);
    const known = trials.find((trial) => currentAttempt(trial).jobName === job.jobName);
    if (known !== undefined && hasEnded(known)) continue;
    const trial = known ?? newTrial(study, job, trials.length + 1, `${study.run}/${round}/0/${index}`);
    const ended = job.running ? trial : endedTrial(study, trial, job, at);
    if (known === undefined) await store.createTrial(ended);
    else await store.changeTrial(study.study, known.trial, (record) => (hasEnded(record) ? record : ended), known);
  }
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

function newTrial(study: StudyRecord, job: TunedJob, number: number, claim: string): TrialRecord {
  const space = new SearchSpace(study.tuner.searchSpace);
  const { configuration = {} } = adaptConfiguration(space, unquoted(job.tuned));
  return {
    study: study.study,
    trial: number,
    state: 'RUNNING',
    configuration,
    attempts: [{ attempt: 1, claim, jobName: job.jobName, tokenHash: '', startAt: job.createdAt }],
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
