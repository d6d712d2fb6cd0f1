import { NextAnswer, NextRequest } from '../../lib/contract/calls';
import { NEXT_REQUEST_SCHEMA } from '../../lib/contract/schemas';
import { nextServices } from '../core/aws/next-services';
import { notBeforeNow, parseRequest, studyStore } from '../core/step';
import { nextTrial } from '../core/study/next';

const services = nextServices();

export async function handler(event: unknown): Promise<NextAnswer> {
  const request = parseRequest<NextRequest>('Next trial', NEXT_REQUEST_SCHEMA, event);
  return nextTrial(notBeforeNow(request), studyStore(), services);
}
