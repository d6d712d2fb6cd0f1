import { runnerJobs } from '../core/aws/runner-jobs';
import { SageMakerTuningJobs } from '../core/aws/tuning-jobs';
import { studyStore } from '../core/step';
import { stopStudy } from '../core/study/stop';

const jobs = runnerJobs();
const tuningJobs = new SageMakerTuningJobs();

/**
 * What EventBridge tells of an execution.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
interface StatusChange {
  readonly time: string;
  /** Its input isn't there where the state machine's data has a key of the user's. */
  readonly detail: { readonly executionArn: string };
}

/** Called by a rule when an execution of the state machine has ended without success. */
export async function handler({ time, detail }: StatusChange): Promise<void> {
  const store = studyStore();
  const study = await store.studyOfExecution(detail.executionArn);
  // one that has opened no study has nothing to stop.
  if (study === undefined) return;
  await stopStudy(
    { study, execution: detail.executionArn, at: new Date(time).toISOString() },
    { store, jobs, tuningJobs },
  );
}
