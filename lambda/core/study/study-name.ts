import { STUDY_NAME_PATTERN } from '../../../lib/contract/limits';
import { StudyInput } from '../../../lib/contract/study-input';

/** The study that an execution runs: as its input says, else by its own name. */
export function studyNameFor({ study }: StudyInput, executionName: string): string {
  if (study !== undefined) return study;

  // names of executions may hold signs that ours may not.
  const name = executionName.replace(/[^0-9A-Za-z_-]/g, '-');
  return STUDY_NAME_PATTERN.test(name) ? name : `study-${name}`.slice(0, 80);
}
