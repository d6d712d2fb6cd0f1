import { NextRequest, NoTrialAnswer, WaitAnswer } from '../../../lib/contract/calls';
import { StudyRecord, TrialRecord } from '../store/records';
import { GrantsRecord, StudyStore } from '../store/study-store';
import { Checkpoints } from './checkpoints';
import { SearchFunctions } from './propose';
import { TrainingJobs } from './settle';

/** What giving out trials needs besides the table. */
export interface NextServices {
  readonly functions: SearchFunctions;
  readonly checkpoints: Checkpoints;
  readonly jobs: TrainingJobs;
}

/** The instances that the slot's last job has just given back. */
export interface FreedInstances {
  readonly instanceType: string;
  /** So often they are tried again, should they not count as free yet. */
  readonly tries: number;
  /** They aren't tried before, in milliseconds since the epoch. */
  readonly from: number;
}

/** What has just been read, or written, by who asks for the slot. */
export interface Seen {
  readonly study: StudyRecord;
  readonly trials: readonly TrialRecord[];
}

/** A turn of a slot that has asked for a trial. */
export interface Turn {
  readonly study: StudyRecord;
  readonly trials: readonly TrialRecord[];
  readonly claim: string;
  readonly request: NextRequest;
  readonly freed: FreedInstances | undefined;
  /** What has been granted of the study's spending cap, read before the trials; without a cap undefined. */
  readonly grants: GrantsRecord | undefined;
  /** Takes the tuner's next place in the queue of job starts. */
  readonly start: () => Promise<number>;
  readonly store: StudyStore;
  readonly services: NextServices;
}

/** Remembers the answer, so that asking again gives the same. */
export async function tell({ study, claim, request, store }: Turn, reason: string): Promise<NoTrialAnswer> {
  await store.putSlot(study.study, request.slot, { claim, reason });
  return { action: 'none', reason };
}

/** Remembers that the slot asks again later. */
export async function wait({ study, claim, request, store }: Turn, time: number, reason: string): Promise<WaitAnswer> {
  const until = new Date(time).toISOString();
  await store.putSlot(study.study, request.slot, { claim, reason, until });
  return { action: 'wait', until, reason, turn: request.turn };
}
