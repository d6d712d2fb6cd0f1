import {
  CurvePoint,
  Peer,
  ScheduledReport,
  ScheduledTrial,
  Scheduler,
  entryAt,
} from '../../lambda/core/schedulers/scheduler';
import { Observation } from '../../lambda/core/search/search-algorithm';
import { ended } from '../../lambda/core/study/history';
import { curvePointOf } from '../../lambda/core/study/learning-curve';
import { Goals, lossesOf, objectivesOf } from '../../lambda/core/study/objective';
import { Configuration } from '../../lib/contract/search-space';

/** A trial of a session with all that was told of it. */
export class Trial {
  state: ScheduledTrial['state'] = 'running';
  failed = false;
  curve: CurvePoint[] = [];
  /** The newest value of each metric that was reported on the way. */
  reported: Record<string, unknown> = {};
  /** The values that the trial is judged by. */
  metrics: Record<string, unknown> = {};
  /** What the last report was told. */
  decision: 'continue' | 'stop' | 'pause' = 'continue';

  constructor(
    readonly trial: number,
    readonly configuration: Configuration,
    readonly bracket: number,
    public target: number | undefined,
    readonly parent?: number,
    readonly replaces?: number,
  ) {}

  get resource(): number {
    return this.curve.at(-1)?.resource ?? 0;
  }

  toScheduled(): ScheduledTrial {
    const { trial, configuration, state, failed, bracket, target, curve, parent, replaces } = this;
    return {
      trial,
      configuration,
      state,
      failed,
      bracket,
      target,
      curve,
      ...(parent !== undefined && { parent }),
      ...(replaces !== undefined && { replaces }),
    };
  }

  /** As the search sees it where all trials train to their end. */
  toObservation(goals: Goals): Observation {
    const { trial, configuration } = this;
    if (this.state !== 'ended') return { trial, configuration, status: 'pending' };
    return this.failed ? { trial, configuration, status: 'failed' } : ended(goals, trial, configuration, this.metrics);
  }

  /** Adds a report to the curve, at the rung that it reaches. */
  report(goals: Goals, scheduler: Scheduler, resource: number, metrics: Record<string, unknown>): ScheduledReport {
    this.reported = { ...this.reported, ...metrics };
    const losses = lossesOf(goals, this.reported) ?? objectivesOf(goals).map(() => Infinity);
    // a loss that isn't known ends the trial here, so it is no mere unknown.
    const point: CurvePoint = { ...curvePointOf(goals, resource, this.reported), losses };
    const before = this.curve;
    const values = [...before, point].map(({ losses: [first] }) => first).filter(Number.isFinite);
    const report = {
      trial: this.trial,
      bracket: this.bracket,
      target: this.target,
      curve: before,
      point,
      best: Math.min(...values),
    };
    const rung = scheduler.rungOf(report);
    const reached = { ...report, point: { ...point, ...(rung !== undefined && { rung }) } };
    this.curve = [...before, reached.point];
    return reached;
  }

  /** What the others at a rung are compared with. */
  peerAt(rung: number): Peer | undefined {
    const entry = entryAt(this, rung);
    if (entry === undefined || this.failed) return undefined;
    return { ...entry, bracket: this.bracket };
  }
}
