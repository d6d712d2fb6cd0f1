import { PlanAnswer, PlanRequest } from '../../../lib/contract/calls';
import { StudyNotFound } from '../errors';
import { createScheduler } from '../schedulers/create-scheduler';
import { StudyRecord } from '../store/records';
import { StudyStore } from '../store/study-store';
import { endReason } from './completion';
import { planJob } from './plan-job';
import { reopened } from './reopen';
import { scheduleContext } from './scheduled-trials';

/** Opens as many slots as there is work for. */
export async function planRound(request: PlanRequest, store: StudyStore): Promise<PlanAnswer> {
  const study = await reopened(await requireStudy(request.study, store), request, store);
  const trials = await store.loadTrials(study);
  const open =
    endReason(study, trials, request.at) !== undefined
      ? 0
      : trials.filter(({ state }) => state === 'RUNNING' || state === 'QUEUED').length +
        createScheduler(study.tuner.scheduler).openSteps(scheduleContext(study, trials));
  const slots = Math.max(Math.min(study.tuner.maxParallelTrials, open), 0);
  await store.changeStudy(study.study, (record) =>
    record.round >= request.round ? record : { ...record, round: request.round },
  );
  const answer = { round: request.round, slots: Array.from({ length: slots }, (_, slot) => slot) };
  const { cluster, tuning } = study.tuner.compute;
  if (cluster === undefined && tuning === undefined) return answer;
  return { ...answer, job: await planJob({ study, trials, request, slots, store }) };
}

export async function requireStudy(name: string, store: StudyStore): Promise<StudyRecord> {
  return existing(await store.getStudy(name), name);
}

export function existing(study: StudyRecord | undefined, name: string): StudyRecord {
  if (study === undefined) {
    throw new StudyNotFound(`there is no study ${JSON.stringify(name)}; start one with this name first`);
  }
  return study;
}
