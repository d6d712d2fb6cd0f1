import { AttemptOutcome } from '../../lib/contract/calls';
import { MemoryItemTable } from './lambda-memory-table';
import { TestStudy } from './lambda-study';

/** The first trial of a study after its first attempt has ended like this. */
export async function ended(outcome: AttemptOutcome, reported?: number) {
  const study = await TestStudy.opened(new MemoryItemTable());
  const first = await study.train();
  if (reported !== undefined) await study.report(first, 3, reported);
  const next = await study.record(first, outcome, 50);
  return { study, first, next, trial: await study.trial(1) };
}

/** A training job's description, as the cause of a failed `.sync` task holds it. */
export const describedAs = (description: object): AttemptOutcome => ({
  error: 'States.TaskFailed',
  cause: JSON.stringify({ TrainingJobName: 'job', TrainingJobArn: 'arn', ...description }),
});

export const failedWith = (failureReason: string): AttemptOutcome => ({
  status: 'Failed',
  secondaryStatus: 'Failed',
  failureReason,
});
