import { survivorsOf } from './hyperband-brackets';
import { rankEntries } from './rank-entries';
import { CurvePoint, RungEntry, ScheduledTrial, entryOf, highestRung } from './scheduler';

/** Where a bracket of successive halving stands. */
export type BracketProgress =
  /** These paused trials go on to the target, in this order. */
  | {
      readonly is: 'open';
      readonly trials: readonly ScheduledTrial[];
      readonly target: number;
      readonly reason: string;
    }
  /** So many trials are on their way to the rung at this resource. */
  | { readonly is: 'busy'; readonly running: number; readonly level: number }
  | { readonly is: 'over' };

/**
 * Goes through the rungs of a bracket, as far as its trials have come: a rung is complete when all of its trials have paused
 * or ended, and then the best of them are the trials of the next one.
 *
 * What was handed out stands: a trial whose target lies beyond a rung has its place among those that go on from there,
 * whatever became of its results or of itself since then.
 *
 * @param trials all trials of the bracket
 * @param levels resource of each rung, ascending
 */
export function bracketProgress(
  trials: readonly ScheduledTrial[],
  levels: readonly number[],
  reductionFactor: number,
): BracketProgress {
  const maxResource = levels[levels.length - 1];
  const goal = ({ target = maxResource }: ScheduledTrial) => target;
  let rung = trials;
  let reason = 'it waits before the first rung';
  for (const level of levels) {
    const waiting = rung.filter(
      (trial) => trial.state === 'paused' && goal(trial) < level && highestRung(trial) < level,
    );
    if (waiting.length > 0) return { is: 'open', trials: waiting, target: level, reason };

    const running = rung.filter((trial) => trial.state === 'running' && goal(trial) <= level).length;
    if (running > 0) return { is: 'busy', running, level };

    const beyond = rung.filter((trial) => goal(trial) > level);
    const compared = rung.filter((trial) => goal(trial) > level || (!trial.failed && trial.curve.length > 0));
    const places = survivorsOf(compared.length, reductionFactor);
    rung = [...new Set([...beyond, ...ranked(compared, level, places)])].slice(0, Math.max(places, beyond.length));
    reason = `among the best ${places} of ${compared.length} trials at resource ${level}`;
  }
  return { is: 'over' };
}

function ranked(trials: readonly ScheduledTrial[], level: number, places: number): ScheduledTrial[] {
  const entries: (RungEntry & { readonly scheduled: ScheduledTrial })[] = [];
  for (const scheduled of trials) {
    const point = pointAt(scheduled, level);
    if (point !== undefined) entries.push({ scheduled, ...entryOf(scheduled.trial, point) });
  }
  return rankEntries(entries, places).map(({ scheduled }) => scheduled);
}

/** What it showed at the rung, or if it has ended before it, at its end. */
function pointAt({ curve }: ScheduledTrial, level: number): CurvePoint | undefined {
  // coarse reports may pass a rung and mark only a later one.
  return curve.find(({ rung = 0 }) => rung >= level) ?? curve.at(-1);
}
