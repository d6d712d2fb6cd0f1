import { StudyRecord } from '../store/records';

const STUDY_PART_LENGTH = 20;
const ID_PART_LENGTH = 6;

/**
 * Start of a training job's name, unique to the attempt: names of training jobs are taken for good, so the study's id is
 * part of it. The state machine adds `-<retries>-<redrives>`, which leaves it within SageMaker's 63 characters. In lower
 * case, as SageMaker writes them in ARNs: permissions are given by a prefix of the ARN.
 */
export function jobNameOf(study: StudyRecord, trial: number, attempt: number): string {
  return `${jobNameStart(study)}-${trial}-${attempt}`;
}

/** What the names of all training jobs of a study begin with. */
export function jobNameStart(study: Pick<StudyRecord, 'study' | 'id' | 'tuner'>): string {
  const name = study.study.replaceAll('_', '-').slice(0, STUDY_PART_LENGTH).replace(/-+$/, '').toLowerCase();
  const id = study.id.replaceAll('-', '').slice(0, ID_PART_LENGTH);
  return `${study.tuner.compute.jobNamePrefix}-${name}-${id}`;
}

/** A training job's name, taken apart; undefined for one that isn't ours. */
export function parseJobName(name: string): { start: string; trial: number; attempt: number } | undefined {
  const parts = /^(.+-[0-9a-f]{6})-(\d+)-(\d+)-\d+-\d+$/.exec(name);
  return parts === null ? undefined : { start: parts[1], trial: Number(parts[2]), attempt: Number(parts[3]) };
}
