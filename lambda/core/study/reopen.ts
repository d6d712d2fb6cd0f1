import { NextRequest } from '../../../lib/contract/calls';
import { StudyRecord } from '../store/records';
import { StudyStore } from '../store/study-store';

/** A stopped execution that is redriven goes on with its study. */
export async function reopened(
  study: StudyRecord,
  { run, redrives = 0 }: Pick<NextRequest, 'run' | 'redrives'>,
  store: StudyStore,
): Promise<StudyRecord> {
  if (study.status !== 'STOPPED' || run !== study.run || redrives <= (study.redrives ?? 0)) return study;
  return store.changeStudy(study.study, (record) =>
    record.status === 'STOPPED' && record.run === run
      ? { ...record, status: 'RUNNING', redrives, endedAt: undefined }
      : record,
  );
}
