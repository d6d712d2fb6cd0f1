import { ReportAnswer, ReportRequest } from '../../lib/contract/calls';
import { runnerJobs } from '../core/aws/runner-jobs';
import { studyStore } from '../core/step';
import { report } from '../core/study/report';

const jobs = runnerJobs();

/** Called by training code: what comes is checked by `report` itself. */
export async function handler(event: unknown): Promise<ReportAnswer> {
  return report(event as ReportRequest, studyStore(), new Date().toISOString(), jobs);
}
