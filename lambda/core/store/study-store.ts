import { KnownResultDefinition } from '../../../lib/contract/tuner-definition';
import { ItemTable } from './item-table';
import {
  GRANTS_KEY,
  PACE_KEY,
  SPENDING_KEY,
  STOPS_KEY,
  STUDY_KEY,
  TRIAL_PREFIX,
  TUNER_PARTITION,
  executionKey,
  jobsKey,
  knownResultsKey,
  rungKey,
  rungPrefix,
  slotKey,
  trialKey,
  workerKey,
} from './keys';
import { changeItem, putItem } from './put-item';
import { RoomStore } from './room-store';
import { SuggestionStore } from './suggestion-store';
import { WorkerRecord, WorkerStore } from './worker-store';
import { RungRecord, StudyRecord, TrialRecord, Versioned, hasEnded } from './records';

/** The last "no trial" or "wait" that a slot was told, so that asking again gives the same answer. */
export interface SlotRecord extends Versioned {
  readonly claim: string;
  readonly reason: string;
  /** It waits for room and asks again at this time. */
  readonly until?: string;
  /** Its place in the queue of tries, in milliseconds since the epoch. */
  readonly place?: number;
}

interface PaceRecord extends Versioned {
  /** Milliseconds since the epoch. */
  readonly nextStart: number;
}

/** What slots have been granted of a spending cap for attempts that they are about to create. */
export interface GrantsRecord extends Versioned {
  readonly grants: readonly { readonly claim: string; readonly usd: number; readonly at: string }[];
}

/** The studies of one tuner: every change is conditional on what was read before. */
export class StudyStore {
  /** Trials that have ended never change again; kept between invocations of a warm Lambda, by study id. */
  private readonly ended = new Map<string, TrialRecord[]>();

  /** Never change; by study id. */
  private readonly knownResults = new Map<string, KnownResultDefinition[]>();

  /** The room for training jobs. */
  readonly room: RoomStore;

  readonly workers: WorkerStore;

  readonly suggestions: SuggestionStore;

  constructor(private readonly table: ItemTable) {
    this.room = new RoomStore(table);
    this.workers = new WorkerStore(table);
    this.suggestions = new SuggestionStore(table);
  }

  async getStudy(study: string): Promise<StudyRecord | undefined> {
    return (await this.table.get(study, STUDY_KEY)) as StudyRecord | undefined;
  }

  async createStudy(record: StudyRecord): Promise<boolean> {
    return this.table.insert(record.study, STUDY_KEY, record);
  }

  /** Keeps what the study knows from elsewhere; before the study itself, so that no study is ever without. */
  async createKnownResults(study: StudyRecord, results: KnownResultDefinition[]): Promise<void> {
    // as one text: its size is known, and nothing in it is looked for.
    await this.table.insert(study.study, knownResultsKey(study.id), { results: JSON.stringify(results), version: 1 });
  }

  async loadKnownResults({ study, id, knownResults = 0 }: StudyRecord): Promise<KnownResultDefinition[]> {
    if (knownResults === 0) return [];
    let results = this.knownResults.get(id);
    if (results === undefined) {
      const item = await this.table.get(study, knownResultsKey(id));
      results = JSON.parse(item!.results as string) as KnownResultDefinition[];
      this.knownResults.set(id, results);
    }
    return results;
  }

  /** Applies `change` to the study until no one else came in between; unchanged records are not written. */
  async changeStudy(study: string, change: (record: StudyRecord) => StudyRecord): Promise<StudyRecord> {
    return changeItem(this.table, study, STUDY_KEY, change);
  }

  /** All trials of a study, in order of their numbers, which have no gaps. */
  async loadTrials(study: StudyRecord): Promise<TrialRecord[]> {
    const known = this.ended.get(study.id) ?? [];
    const rest = (await this.table.query(
      study.study,
      trialKey(known.length + 1),
      `${TRIAL_PREFIX}~`,
    )) as unknown as TrialRecord[];
    const trials = [...known, ...rest];
    const firstOpen = trials.findIndex((trial) => !hasEnded(trial));
    this.ended.set(study.id, firstOpen === -1 ? trials : trials.slice(0, firstOpen));
    return trials;
  }

  async getTrial(study: string, trial: number): Promise<TrialRecord | undefined> {
    return (await this.table.get(study, trialKey(trial))) as TrialRecord | undefined;
  }

  /** False if there is a trial of this number already. */
  async createTrial(record: TrialRecord): Promise<boolean> {
    return this.table.insert(record.study, trialKey(record.trial), record);
  }

  /** @param known what the caller has just read: saves a read, and is read anew if someone else came in between */
  async changeTrial(
    study: string,
    trial: number,
    change: (record: TrialRecord) => TrialRecord,
    known?: TrialRecord,
  ): Promise<TrialRecord> {
    return changeItem(this.table, study, trialKey(trial), change, known);
  }

  /** The study and one of its trials in one read. */
  async getStudyAndTrial(study: string, trial: number) {
    const [studyRecord, trialRecord] = await this.table.getBoth(study, STUDY_KEY, trialKey(trial));
    return {
      study: studyRecord as StudyRecord | undefined,
      trial: trialRecord as TrialRecord | undefined,
    };
  }

  /** The study and one of its workers in one read. */
  async getStudyAndWorker(study: string, worker: number) {
    const [studyRecord, workerRecord] = await this.table.getBoth(study, STUDY_KEY, workerKey(worker));
    return {
      study: studyRecord as StudyRecord | undefined,
      worker: workerRecord as WorkerRecord | undefined,
    };
  }

  /** Keeps a trial's first result at a rung; a later one, of an attempt that began anew, changes nothing. */
  async createRungEntry(study: string, entry: RungRecord): Promise<boolean> {
    return this.table.insert(study, rungKey(entry.rung, entry.trial), entry);
  }

  /** The results of all trials at one rung, by trial. */
  async rungEntries(study: string, rung: number): Promise<RungRecord[]> {
    const prefix = rungPrefix(rung);
    return (await this.table.query(study, prefix, `${prefix}~`)) as unknown as RungRecord[];
  }

  async getSlot(study: string, slot: number): Promise<SlotRecord | undefined> {
    return (await this.table.get(study, slotKey(slot))) as SlotRecord | undefined;
  }

  /** Remembers what the slot was told; a newer answer replaces an older one. */
  async putSlot(study: string, slot: number, answer: Omit<SlotRecord, 'version'>): Promise<void> {
    await putItem(this.table, study, slotKey(slot), () => answer);
  }

  /**
   * Takes the tuner's next place in the queue of job starts.
   *
   * @returns milliseconds since the epoch, at least `now`, and `interval` after the place before
   */
  async reserveStart(now: number, interval: number): Promise<number> {
    return this.reserve(PACE_KEY, now, interval);
  }

  /** Keeps whose training jobs have names that begin so. */
  async putJobNames(jobNameStart: string, study: string): Promise<void> {
    await this.table.insert(TUNER_PARTITION, jobsKey(jobNameStart), { owner: study, version: 1 });
  }

  /** The study whose training jobs have names that begin so. */
  async studyOfJobs(jobNameStart: string): Promise<string | undefined> {
    const item = await this.table.get(TUNER_PARTITION, jobsKey(jobNameStart));
    return item?.owner as string | undefined;
  }

  async getGrants(study: string): Promise<GrantsRecord | undefined> {
    return (await this.table.get(study, GRANTS_KEY)) as GrantsRecord | undefined;
  }

  /** @param version of the grants that the caller has seen. @returns false if there are others by now */
  async putGrants(study: string, grants: GrantsRecord['grants'], version: number | undefined): Promise<boolean> {
    return version === undefined
      ? this.table.insert(study, GRANTS_KEY, { grants, version: 1 })
      : this.table.replace(study, GRANTS_KEY, { grants, version: version + 1 }, version);
  }

  /** All starts of the tuner's jobs wait until then. */
  async delayStarts(until: number): Promise<void> {
    await putItem<PaceRecord>(this.table, TUNER_PARTITION, PACE_KEY, (before) => ({
      nextStart: Math.max(until, before?.nextStart ?? 0),
    }));
  }

  /** Keeps which study an execution has opened. */
  async putExecution(execution: string, study: string): Promise<void> {
    await this.table.insert(TUNER_PARTITION, executionKey(execution), { owner: study, version: 1 });
  }

  async studyOfExecution(execution: string): Promise<string | undefined> {
    const item = await this.table.get(TUNER_PARTITION, executionKey(execution));
    return item?.owner as string | undefined;
  }

  /**
   * Takes the turn to stop a job, if no other one was taken in the interval before.
   *
   * @returns 0, or how many milliseconds are left to wait
   */
  async takeStop(now: number, interval: number): Promise<number> {
    let wait = 0;
    await putItem<PaceRecord>(this.table, TUNER_PARTITION, STOPS_KEY, (before) => {
      // a clock that is behind must not wait for one that was far ahead.
      wait = Math.min(Math.max((before?.nextStart ?? 0) - now, 0), interval);
      return wait > 0 ? undefined : { nextStart: now + interval };
    });
    return wait;
  }

  /** Keeps the last word of what a study has spent. */
  async putSpending(study: string, spending: object): Promise<void> {
    await putItem(this.table, study, SPENDING_KEY, () => spending);
  }

  private async reserve(key: string, now: number, interval: number): Promise<number> {
    let place = now;
    await putItem<PaceRecord>(this.table, TUNER_PARTITION, key, (before) => {
      place = Math.max(now, before?.nextStart ?? 0);
      return { nextStart: place + interval };
    });
    return place;
  }
}
