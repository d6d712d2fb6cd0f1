import { Configuration } from '../../../lib/contract/search-space';
import { SearchSpace } from '../space/search-space';

/** What a trial showed at a rung, to be ranked among others. Losses: lower is better. */
export interface RungEntry {
  readonly trial: number;
  /** One for each objective; Infinity where the trial diverged. */
  readonly losses: readonly number[];
  /** By how much each outcome constraint is missed; at most 0 where it holds. */
  readonly violations?: readonly number[];
}

/** What a trial reported at a resource. */
export interface CurvePoint {
  readonly resource: number;
  readonly losses: readonly number[];
  readonly violations?: readonly number[];
  /** The rung that the trial reached with this report: the first one at or beyond it. */
  readonly rung?: number;
}

/** A trial as schedulers see it. */
export interface ScheduledTrial {
  readonly trial: number;
  readonly configuration: Configuration;
  /**
   * `paused`: it can go on from its checkpoint; `ended`: it came to its own end, failed, or was stopped. A trial that waits
   * for a slot is running.
   */
  readonly state: 'running' | 'paused' | 'ended';
  /** It ended without a result, so that it takes part in no comparison. */
  readonly failed: boolean;
  /** The bracket that it was started in; 0 where there is only one. */
  readonly bracket: number;
  /** Where its last attempt is to pause; undefined if it is to train to its end. */
  readonly target: number | undefined;
  /** Ascending by resource, without those of an attempt that was repeated. */
  readonly curve: readonly CurvePoint[];
  /** The trial whose checkpoint it began with, and the one whose place it took. */
  readonly parent?: number;
  readonly replaces?: number;
}

/** A report as a scheduler sees it, when the training code waits for its decision. */
export interface ScheduledReport {
  readonly trial: number;
  readonly bracket: number;
  /** Where the attempt is to pause. */
  readonly target: number | undefined;
  /** What the trial reported before, ascending. */
  readonly curve: readonly CurvePoint[];
  /** This report. */
  readonly point: CurvePoint;
  /** Best (lowest) value of the first objective so far, this report included. */
  readonly best: number;
}

/** Another trial at the rung of a report. */
export interface Peer extends RungEntry {
  readonly bracket: number;
}

export interface SchedulerDecision {
  readonly decision: 'continue' | 'stop' | 'pause';
  readonly reason?: string;
}

export const CONTINUE: SchedulerDecision = { decision: 'continue' };

/** All that a scheduler knows when a slot is free. */
export interface ScheduleContext {
  readonly space: SearchSpace;
  readonly seed: number;
  /** In order of their numbers, 1, 2, ... */
  readonly trials: readonly ScheduledTrial[];
  readonly objectives: number;
  /** No more trials than this are started. */
  readonly maxTrials: number;
  readonly maxParallelTrials: number;
  /** What starting an attempt takes, as so much of the resource; 0 where nothing is known of it yet. */
  readonly startUp: number;
}

/** What a free slot does. */
export type NextStep =
  /** A new trial. Without a configuration the search algorithm proposes it; without a target it trains to its end. */
  | {
      readonly action: 'start';
      readonly configuration?: Configuration;
      readonly target?: number;
      readonly bracket?: number;
    }
  /** A paused trial goes on from its checkpoint. */
  | { readonly action: 'resume'; readonly trial: number; readonly target?: number; readonly reason: string }
  /** A new trial that begins with a copy of the parent's checkpoint. */
  | {
      readonly action: 'branch';
      readonly parent: number;
      readonly configuration: Configuration;
      readonly target?: number;
      readonly reason: string;
      /** The trial whose place it takes: if it is paused it is stopped, else it has ended already. */
      readonly replaces: number;
    }
  /** Nothing before other trials have ended. */
  | { readonly action: 'wait'; readonly reason: string }
  /** Nothing any more: paused trials are stopped, with this reason. */
  | { readonly action: 'none'; readonly reason: string };

/**
 * Decides how long a trial trains and which one trains next: a pure function of the definition and of what was reported.
 * Trials that have ended before their target, or failed, are facts that it copes with.
 */
export interface Scheduler {
  /** The rung that the trial reaches with this report, if it does: its result there is kept, and no other one. */
  rungOf(report: ScheduledReport): number | undefined;

  /** Whether `decide` compares with the other trials at the rung; if not, they aren't read. */
  readonly comparesAtRungs: boolean;

  /** @param peers other trials that have reached the rung of this report, at most one entry of each; empty without a rung */
  decide(report: ScheduledReport, peers: readonly Peer[]): SchedulerDecision;

  next(context: ScheduleContext): NextStep;

  /**
   * How many slots can be given something to do now, if all ask at once: rounds open as many.
   */
  openSteps(context: ScheduleContext): number;
}

/** The result of a trial at a rung, if it has reached it. */
export function entryAt(
  { trial, curve }: Pick<ScheduledTrial, 'trial' | 'curve'>,
  rung: number,
): RungEntry | undefined {
  const point = curve.find((candidate) => candidate.rung === rung);
  return point && entryOf(trial, point);
}

/** What a trial showed at a point of its curve, to be ranked among others. */
export function entryOf(trial: number, { losses, violations }: CurvePoint): RungEntry {
  return { trial, losses, ...(violations && { violations }) };
}

/** The highest rung that a trial has reached; 0 before the first. */
export function highestRung({ curve }: Pick<ScheduledTrial, 'curve'>): number {
  return curve.reduce((highest, { rung = 0 }) => Math.max(highest, rung), 0);
}
