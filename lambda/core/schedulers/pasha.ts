import { PashaDefinition } from '../../../lib/contract/tuner-definition';
import { AshaPromotion, firstTarget } from './asha-promotion';
import { rankEntries } from './rank-entries';
import { rungLevels } from './rungs';
import {
  CurvePoint,
  NextStep,
  RungEntry,
  ScheduleContext,
  ScheduledReport,
  ScheduledTrial,
  Scheduler,
  SchedulerDecision,
  entryAt,
  highestRung,
} from './scheduler';

/** N of the paper: this share of the differences that noise makes is regarded as noise. */
const NOISE_QUANTILE = 0.9;

/**
 * Progressive ASHA: trials are promoted as in ASHA, but only up to a ceiling, at first the second rung. It is raised by a
 * rung whenever the trials at the ceiling don't rank there as they did at the rung below. Once the ranking is settled
 * no trial trains for longer, so that a study with an easy ranking costs a fraction of the maximum.
 *
 * Source: Bohdal et al., "PASHA: efficient HPO and NAS with progressive resource allocation", ICLR 2023. R_0 = η r; trials
 * whose losses differ by no more than ε may swap places (soft ranking, section 4.2); ε is the 90th percentile of the
 * differences between trials whose learning curves cross and cross again (section 4.3), or 0 where none do. With several
 * objectives, which the paper leaves out, each has its own ε and trials are alike if they are in all of them.
 *
 * Nothing but the trials is remembered: the ceiling is where they have got to, or the rung above if the ranking there is not
 * settled.
 */
export class Pasha implements Scheduler {
  private readonly levels: readonly number[];
  private readonly asha: AshaPromotion;

  constructor(definition: PashaDefinition) {
    this.levels = rungLevels(definition);
    this.asha = new AshaPromotion({ ...definition, name: 'asha', mode: 'promote', brackets: 1 }, (context) =>
      this.ceiling(context),
    );
  }

  readonly comparesAtRungs = false;

  rungOf(report: ScheduledReport): number | undefined {
    return this.asha.rungOf(report);
  }

  decide(report: ScheduledReport): SchedulerDecision {
    return this.asha.decide(report);
  }

  next(context: ScheduleContext): NextStep {
    return this.asha.next(context);
  }

  openSteps(context: ScheduleContext): number {
    return this.asha.openSteps(context);
  }

  /** The highest rung that trials are promoted to as things stand. */
  ceiling({ trials, startUp, objectives }: ScheduleContext): number {
    const { levels } = this;
    const comparable = trials.filter(({ failed }) => !failed);
    const reached = comparable.reduce((most, trial) => Math.max(most, highestRung(trial), trial.target ?? 0), 0);
    // two rungs at least: the first one where trials pause, and the one above it.
    const first = levels.indexOf(firstTarget(levels, startUp));
    const highest = levels.filter((level) => level <= reached).length - 1;
    const top = Math.min(Math.max(first + 1, highest), levels.length - 1);
    if (top === levels.length - 1 || top === 0) return levels[top];
    return isSettled(comparable, levels[top - 1], levels[top], objectives) ? levels[top] : levels[top + 1];
  }
}

/** Whether the trials of a rung rank there as they did at the rung below, but for those that noise can tell apart. */
function isSettled(trials: readonly ScheduledTrial[], below: number, rung: number, objectives: number): boolean {
  const both = trials.flatMap((trial) => {
    const now = entryAt(trial, rung);
    const before = now && entryAt(trial, below);
    return now && before ? [{ before, now }] : [];
  });
  const [before, now] = (['before', 'now'] as const).map((at) =>
    rankEntries(
      both.map((entries) => entries[at]),
      both.length,
    ),
  );
  const moved = now.flatMap(({ trial }, place) => (before[place].trial === trial ? [] : [{ trial, place }]));
  if (moved.length === 0) return true;

  const beyond = trials.filter(({ curve }) => (curve.at(-1)?.resource ?? 0) > below);
  const noise = noiseOf(beyond, below, rung, objectives);
  const entryBefore = new Map(before.map((entry) => [entry.trial, entry]));
  return moved.every(({ trial, place }) => isAlike(entryBefore.get(trial)!, before[place], noise));
}

/** Trials that break constraints are ranked by how much they do, which says nothing of their losses: they are all alike. */
function isAlike(a: RungEntry, b: RungEntry, noise: readonly number[]): boolean {
  const [breaks, otherBreaks] = [a, b].map(({ violations = [] }) => violations.some((violation) => violation > 0));
  if (breaks || otherBreaks) return breaks === otherBreaks;
  return a.losses.every((loss, i) => loss === b.losses[i] || Math.abs(loss - b.losses[i]) <= noise[i]);
}

/** ε of each objective. */
function noiseOf(trials: readonly ScheduledTrial[], below: number, rung: number, objectives: number): number[] {
  // from the end, since the last comparison counts.
  const curves = trials.map(({ curve }) => curve.filter(({ resource }) => resource <= rung).reverse());
  return Array.from({ length: objectives }, (_, objective) => {
    const differences: number[] = [];
    curves.forEach((curve, i) => {
      for (let j = 0; j < i; j++) {
        const difference = crissCross(curve, curves[j], objective, below);
        if (difference !== undefined && Number.isFinite(difference)) differences.push(difference);
      }
    });
    return quantileOf(differences, NOISE_QUANTILE);
  });
}

/**
 * How far two curves are apart where they were last compared beyond a resource, if they had crossed and crossed back
 * before that.
 *
 * @param a with its last point first, as b
 */
function crissCross(
  a: readonly CurvePoint[],
  b: readonly CurvePoint[],
  objective: number,
  beyond: number,
): number | undefined {
  let last: number | undefined;
  let hasCrossed = false;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i].resource > b[j].resource) i++;
    else if (a[i].resource < b[j].resource) j++;
    else {
      const difference = a[i].losses[objective] - b[j].losses[objective];
      if (last === undefined) {
        if (a[i].resource <= beyond) return undefined;
        last = difference;
      } else if (Math.sign(difference) * Math.sign(last) < 0) hasCrossed = true;
      else if (Math.sign(difference) * Math.sign(last) > 0 && hasCrossed) return Math.abs(last);
      i++;
      j++;
    }
  }
  return undefined;
}

/** Interpolated between the two values next to it; 0 of none. */
function quantileOf(values: readonly number[], quantile: number): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const place = quantile * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}
