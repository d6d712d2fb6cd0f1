import { randomUUID } from 'node:crypto';
import { PrepareAnswer } from '../../../../lib/contract/worker-calls';
import { StudyRecord, TrialRecord } from '../../store/records';
import { StudyStore } from '../../store/study-store';
import { PreparedSuggestion } from '../../store/suggestion-store';
import { isWorthPreparing, lastToPrepare } from '../prepared';
import { SearchFunctions, propose } from '../propose';
import { overReason } from './over';

/** Longer than all suggestions of one call take. Whoever takes longer has crashed, and another goes on. */
const LEASE_MS = 60_000;

const MAX_BYTES = 150_000;

/** Works out suggestions for the trials that come next, so that no slot waits for them. One call of a study does at a time. */
export async function prepareSuggestions(
  study: StudyRecord,
  at: string,
  store: StudyStore,
  functions: SearchFunctions,
): Promise<PrepareAnswer> {
  const trials = await store.loadTrials(study);
  if (overReason(study, trials, at) !== undefined || !isWorthPreparing(study, trials, at)) return { prepared: 0 };
  const by = randomUUID();
  const until = new Date(Date.parse(at) + LEASE_MS).toISOString();
  let isMine = false;
  await store.suggestions.change(study.study, (before) => {
    const { run, suggestions = [], preparing } = before ?? {};
    isMine = preparing === undefined || preparing.until <= at;
    if (!isMine) return undefined;
    return { run: study.run, suggestions: run === study.run ? suggestions : [], preparing: { by, until } };
  });
  if (!isMine) return { prepared: 0 };
  // slots may take them as fast as they are worked out: for what is wanted then, there is another call.
  const last = lastToPrepare(study, trials, at);
  try {
    return { prepared: await fill(study, { by, last }, store, functions) };
  } finally {
    await store.suggestions.change(study.study, (before) =>
      before?.preparing?.by === by ? { ...before, preparing: undefined } : undefined,
    );
  }
}

/** @returns how many have been worked out */
async function fill(
  study: StudyRecord,
  { by, last }: { readonly by: string; readonly last: number },
  store: StudyStore,
  functions: SearchFunctions,
): Promise<number> {
  for (let count = 0; ; count++) {
    const [trials, record] = await Promise.all([store.loadTrials(study), store.suggestions.get(study.study)]);
    if (record?.preparing?.by !== by) return count;
    const waiting = record.suggestions.filter(({ trial }) => trial > trials.length);
    const trial = trials.length + waiting.length + 1;
    if (trial <= study.tuner.initialConfigurations.length || trial > last || isLarge(waiting)) return count;
    const known = [...trials, ...waiting.map((suggestion) => asRunning(study, suggestion))];
    const suggestion = await propose(study, trial, known, store, functions);
    // whoever asks for this trial finds it out again, and says so in the study's record.
    if (!('configuration' in suggestion)) return count;
    const prepared = { trial, configuration: suggestion.configuration };
    await store.suggestions.change(study.study, (before) =>
      before?.preparing?.by === by ? { ...before, suggestions: [...waiting, prepared] } : undefined,
    );
  }
}

/** An item of the table holds 400 KB. */
function isLarge(waiting: readonly PreparedSuggestion[]): boolean {
  return Buffer.byteLength(JSON.stringify(waiting)) > MAX_BYTES;
}

/** The search takes it for a trial that runs. */
function asRunning({ study, startedAt }: StudyRecord, suggestion: PreparedSuggestion): TrialRecord {
  const attempt = { attempt: 1, claim: '', jobName: '', tokenHash: '', startAt: startedAt };
  return { study, state: 'RUNNING', attempts: [attempt], createdAt: startedAt, version: 1, ...suggestion };
}
