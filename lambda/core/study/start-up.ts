import { AttemptRecord, TrialRecord } from '../store/records';

/** Fewer attempts say little. */
const MIN_ATTEMPTS = 3;

/**
 * What starting an attempt takes, as so much of the resource: the median over the attempts of the time from their start to
 * their first report, without what they trained in it, over the time that one unit of the resource takes. 0 while too few
 * attempts are known.
 */
export function startUpOf(trials: readonly TrialRecord[]): number {
  const found = trials.flatMap((trial) =>
    trial.attempts.flatMap((attempt, i) => startUpOfAttempt(attempt, trial.attempts[i - 1]) ?? []),
  );
  if (found.length < MIN_ATTEMPTS) return 0;
  return found.sort((a, b) => a - b)[found.length >> 1];
}

function startUpOfAttempt(attempt: AttemptRecord, before: AttemptRecord | undefined): number | undefined {
  const { startAt, firstReport, lastReport } = attempt;
  if (firstReport === undefined || lastReport === undefined) return undefined;
  const trained = lastReport.resource - firstReport.resource;
  const time = Date.parse(lastReport.at) - Date.parse(firstReport.at);
  if (!(trained > 0 && time > 0)) return undefined;

  const perUnit = time / trained;
  // where it went on from: at most its first report, if the one before had come farther and its checkpoint hadn't.
  const began = Math.min(before?.lastReport?.resource ?? 0, firstReport.resource);
  const untilFirst = Date.parse(firstReport.at) - Date.parse(startAt);
  return Math.max(untilFirst / perUnit - (firstReport.resource - began), 0);
}

/** Resuming may cost so much of all the training before it is worth a word. */
const WORTH_A_NOTE = 0.25;

/** A sentence where starting attempts again cost more than a scheduler that pauses trials is likely to save. */
export function startUpNote(trials: readonly TrialRecord[]): string | undefined {
  const startUp = startUpOf(trials);
  const resumed = trials.reduce(
    (sum, { attempts }) => sum + attempts.filter(({ reason }) => reason !== undefined).length,
    0,
  );
  const trained = trials.reduce((sum, { lastResource = 0 }) => sum + lastResource, 0);
  const share = (resumed * startUp) / (resumed * startUp + trained);
  if (!(share > WORTH_A_NOTE)) return undefined;
  return (
    `starting paused trials again took ${Math.round(share * 100)} % of the time: a start takes as long as ` +
    `${Number(startUp.toPrecision(2))} units of the resource, so a higher minResource or a scheduler that only stops trials would cost less`
  );
}
