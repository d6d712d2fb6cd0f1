import { StudyInput } from '../../lib/contract/study-input';
import { SageMakerTrainingJobs } from '../core/aws/training-jobs';
import { studyStore } from '../core/step';
import { studyNameFor } from '../core/study/study-name';
import { stopStudy } from '../core/study/stop';

const jobs = new SageMakerTrainingJobs();

/**
 * What EventBridge tells of an execution.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
interface StatusChange {
  readonly time: string;
  readonly detail: { readonly executionArn: string; readonly name: string; readonly input?: string };
}

/** Called by a rule when an execution of the state machine has ended without success. */
export async function handler({ time, detail }: StatusChange): Promise<void> {
  const study = studyNameFor(inputOf(detail.input), detail.name);
  await stopStudy(
    { study, execution: detail.executionArn, at: new Date(time).toISOString() },
    { store: studyStore(), jobs },
  );
}

/** An input that was no study's made none, so there is nothing to stop. */
function inputOf(text: string = '{}'): StudyInput {
  try {
    return (JSON.parse(text) as StudyInput | null) ?? {};
  } catch {
    return {};
  }
}
