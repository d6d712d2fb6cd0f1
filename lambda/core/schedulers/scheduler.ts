/** What other trials have reported at the same resource. */
export interface Peer {
  readonly trial: number;
  /** Mean of the trial's values up to this resource. */
  readonly average: number;
}

/** A report as a scheduler sees it. Values are losses: lower is better. */
export interface ScheduledReport {
  readonly trial: number;
  readonly resource: number;
  /** The best (lowest) loss of the trial so far, this report included. */
  readonly best: number;
}

export interface SchedulerDecision {
  readonly decision: 'continue' | 'stop' | 'pause';
  readonly reason?: string;
}

/** Decides how long a trial trains: a pure function of what was reported. */
export interface Scheduler {
  /** Whether `decide` looks at what other trials reported at this resource; if not, they aren't read. */
  needsPeers(resource: number): boolean;

  /** @param peers the other trials' reports at the same resource, at most one of each */
  decide(report: ScheduledReport, peers: Peer[]): SchedulerDecision;
}

export const CONTINUE: SchedulerDecision = { decision: 'continue' };
