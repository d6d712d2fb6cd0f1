import { StudyRecord, TrialRecord } from '../../store/records';
import { completionReason } from '../completion';

/** Why a worker has nothing more to do in the study, or undefined. */
export function overReason(study: StudyRecord, trials: readonly TrialRecord[], at: string): string | undefined {
  switch (study.status) {
    case 'RUNNING':
      return completionReason(study, trials, at);
    case 'STOPPED':
      return 'the execution of the study was stopped';
    default:
      return 'the study has ended';
  }
}
