import { FinishRequest, StudyResult } from '../../lib/contract/calls';
import { FINISH_REQUEST_SCHEMA } from '../../lib/contract/schemas';
import { parseRequest, studyStore, tableName } from '../core/step';
import { finishStudy } from '../core/study/finish';

export async function handler(event: unknown): Promise<StudyResult> {
  return finishStudy(
    parseRequest<FinishRequest>('Finish study', FINISH_REQUEST_SCHEMA, event),
    studyStore(),
    tableName(),
  );
}
