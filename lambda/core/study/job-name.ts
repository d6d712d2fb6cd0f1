import { StudyRecord } from '../store/records';

const STUDY_PART_LENGTH = 20;
const ID_PART_LENGTH = 6;

/**
 * Start of a training job's name, unique to the attempt: names of training jobs are taken for good, so the study's id is
 * part of it. The state machine adds `-<retries>-<redrives>`, which leaves it within SageMaker's 63 characters. In lower
 * case, as SageMaker writes them in ARNs: permissions are given by a prefix of the ARN.
 */
export function jobNameOf(study: StudyRecord, trial: number, attempt: number): string {
  const name = study.study.replaceAll('_', '-').slice(0, STUDY_PART_LENGTH).replace(/-+$/, '').toLowerCase();
  const id = study.id.replaceAll('-', '').slice(0, ID_PART_LENGTH);
  return `${study.tuner.compute.jobNamePrefix}-${name}-${id}-${trial}-${attempt}`;
}
