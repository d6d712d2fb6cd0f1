import { Observation } from '../search/search-algorithm';
import { CurvePoint, ScheduledTrial } from './scheduler';

/** Results that a model needs beyond one a parameter. */
const SPARE_RESULTS = 2;

/**
 * The trials of a study as a search algorithm sees them, although some trained for longer than others: all of them by their
 * losses at one resource, the highest rung that enough trials have reached.
 *
 * A trial that reached it counts with its loss there. One that ended or waits without having come so far was worth no more
 * training, and counts as the worst that was seen there. Those still on their way have no result yet. Without rungs, a trial
 * counts with the last that it reported, when it has ended.
 *
 * Source: Falkner, Klein, Hutter, "BOHB: robust and efficient hyperparameter optimization at scale", ICML 2018, section 3.2,
 * whose model is that of the highest budget with d + 2 results.
 *
 * @param parameters number of parameters, the d of the paper
 */
export function observationsAt(trials: readonly ScheduledTrial[], parameters: number): Observation[] {
  const level = levelOf(trials, parameters + SPARE_RESULTS);
  const points = trials.map((trial) => (level === undefined ? lastOf(trial) : pointAt(trial, level)));
  const worst = worstOf(points.filter((point) => point !== undefined));
  return trials.map((trial, i) => observationOf(trial, points[i], worst));
}

function observationOf(
  { trial, configuration, state, failed }: ScheduledTrial,
  point: CurvePoint | undefined,
  worst: readonly number[] | undefined,
): Observation {
  const base = { trial, configuration };
  if (failed) return { ...base, status: 'failed' };
  if (point !== undefined) {
    if (!point.losses.every(Number.isFinite)) return { ...base, status: 'failed' };
    const { losses, violations } = point;
    return { ...base, status: 'finished', losses, ...(violations && { violations }) };
  }
  if (state === 'running') return { ...base, status: 'pending' };
  return worst === undefined ? { ...base, status: 'failed' } : { ...base, status: 'finished', losses: worst };
}

/** The highest rung that so many trials have reached; if there is none, the highest that any has. */
function levelOf(trials: readonly ScheduledTrial[], enough: number): number | undefined {
  const rungs = [...new Set(trials.flatMap(({ curve }) => curve.flatMap(({ rung }) => rung ?? [])))];
  rungs.sort((a, b) => b - a);
  const heights = trials
    .filter(({ failed }) => !failed)
    .map(({ curve }) => curve.reduce((highest, point) => Math.max(highest, heightOf(point)), -Infinity))
    .sort((a, b) => b - a);
  return rungs.find((rung) => heights[enough - 1] >= rung) ?? rungs[0];
}

/** What a trial showed at a rung: trials of other brackets pass it without stopping there. */
function pointAt({ curve }: ScheduledTrial, level: number): CurvePoint | undefined {
  return curve.find((point) => heightOf(point) >= level);
}

/** The rung that a point counts for may lie a rounding error above its resource. */
function heightOf({ resource, rung }: CurvePoint): number {
  return rung ?? resource;
}

function lastOf({ state, curve }: ScheduledTrial): CurvePoint | undefined {
  return state === 'ended' ? curve.at(-1) : undefined;
}

/** The worst finite loss of each objective. */
function worstOf(points: readonly CurvePoint[]): number[] | undefined {
  const finite = points.filter(({ losses }) => losses.every(Number.isFinite));
  if (finite.length === 0) return undefined;
  return finite[0].losses.map((_, k) => finite.reduce((worst, { losses }) => Math.max(worst, losses[k]), -Infinity));
}
