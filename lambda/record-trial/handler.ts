import { NextAnswer, RecordRequest } from '../../lib/contract/calls';
import { RECORD_REQUEST_SCHEMA } from '../../lib/contract/schemas';
import { nextServices } from '../core/aws/next-services';
import { notBeforeNow, parseRequest, studyStore } from '../core/step';
import { recordTrial } from '../core/study/record';

const services = nextServices();

export async function handler(event: unknown): Promise<NextAnswer> {
  const request = parseRequest<RecordRequest>('Record trial', RECORD_REQUEST_SCHEMA, event);
  return recordTrial(notBeforeNow(request), studyStore(), services);
}
