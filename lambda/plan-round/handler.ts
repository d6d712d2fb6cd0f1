import { PlanAnswer, PlanRequest } from '../../lib/contract/calls';
import { PLAN_REQUEST_SCHEMA } from '../../lib/contract/schemas';
import { parseRequest, studyStore } from '../core/step';
import { planRound } from '../core/study/plan';

export async function handler(event: unknown): Promise<PlanAnswer> {
  return planRound(parseRequest<PlanRequest>('Plan round', PLAN_REQUEST_SCHEMA, event), studyStore());
}
