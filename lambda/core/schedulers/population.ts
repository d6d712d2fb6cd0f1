import { IntervalLevels } from './interval-levels';
import { CurvePoint, RungEntry, ScheduledTrial, entryOf, highestRung } from './scheduler';

/**
 * Who is in the population, of all trials of a study under population based training, and what its places have shown.
 *
 * A member runs, is paused, or has come to an end of its own. Others have left: those that failed, those whose place has
 * been taken, and those that were stopped where they had paused, as the end of a study does.
 */
export class Population {
  readonly members: readonly ScheduledTrial[];
  /** Trials that have left it and whose place no copy has taken yet. */
  readonly departed: readonly ScheduledTrial[];
  private readonly byNumber: ReadonlyMap<number, ScheduledTrial>;
  private readonly replaced: ReadonlySet<number | undefined>;

  /** @param trials all of the study, in order of their numbers */
  constructor(
    private readonly trials: readonly ScheduledTrial[],
    private readonly levels: IntervalLevels,
  ) {
    this.byNumber = new Map(trials.map((trial) => [trial.trial, trial]));
    this.replaced = new Set(trials.map(({ replaces }) => replaces));
    const hasLeft = (trial: ScheduledTrial) =>
      this.replaced.has(trial.trial) || (trial.state === 'ended' && (trial.failed || this.wasStopped(trial)));
    this.members = trials.filter((trial) => !hasLeft(trial));
    this.departed = trials.filter((trial) => hasLeft(trial) && !this.replaced.has(trial.trial));
  }

  /** Paused members that have something left to train, the least trained first. */
  get waiting(): ScheduledTrial[] {
    return this.members
      .filter((trial) => trial.state === 'paused' && this.goalOf(trial) < this.levels.maxResource)
      .sort((a, b) => this.goalOf(a) - this.goalOf(b) || a.trial - b.trial);
  }

  /** How far it has trained, or is on its way. */
  goalOf(trial: ScheduledTrial): number {
    return Math.max(trial.target ?? this.levels.maxResource, highestRung(trial));
  }

  /**
   * What each place of the population has shown at a rung, if it has come so far: the result of the trial that was in it
   * then. A copy begins at the checkpoint of its parent, which may be of a later rung than the one where it took its place;
   * at rungs in between its place has shown what the parent has.
   */
  entriesAt(rung: number): RungEntry[] {
    const entries: RungEntry[] = [];
    for (const trial of this.trials) {
      const point = trial.failed || this.tookPlaceAfter(trial, rung) ? undefined : this.resultAt(trial, rung);
      if (point !== undefined) entries.push(entryOf(trial.trial, point));
    }
    return entries;
  }

  /** The highest rung that so many places have come to. */
  frontier(enough: number): number | undefined {
    const rungs = new Set(this.trials.filter(({ failed }) => !failed).map(highestRung));
    return [...rungs]
      .filter((rung) => rung > 0)
      .sort((a, b) => b - a)
      .find((rung) => this.entriesAt(rung).length >= enough);
  }

  /**
   * Whether a new trial can begin with its checkpoint of a rung, or a newer one, and has something left to train. A running
   * one must have paused there before. How far it comes until it is copied isn't known, so it mustn't be on its way to the
   * maximum.
   */
  canBeParent(trial: number, rung: number): boolean {
    const parent = this.byNumber.get(trial)!;
    if (parent.failed || this.replaced.has(trial) || highestRung(parent) < rung) return false;
    if (this.goalOf(parent) >= this.levels.maxResource) return false;
    switch (parent.state) {
      case 'running':
        return this.goalOf(parent) > rung;
      case 'paused':
        return true;
      case 'ended':
        return this.wasStopped(parent);
    }
  }

  /** Whether it has ended where it had paused, and not by itself. */
  private wasStopped(trial: ScheduledTrial): boolean {
    return highestRung(trial) >= this.goalOf(trial) && this.goalOf(trial) < this.levels.maxResource;
  }

  /** Whether another trial was in its place when that one came to a rung. */
  private tookPlaceAfter(trial: ScheduledTrial, rung: number): boolean {
    if (trial.parent === undefined || rung >= beginningOf(trial)) return false;
    const before = trial.replaces === undefined ? undefined : this.byNumber.get(trial.replaces);
    return before === undefined || (!before.failed && highestRung(before) >= rung);
  }

  /** A trial's result at a rung; before it began, that of the trial whose checkpoint it began with. */
  private resultAt(trial: ScheduledTrial, rung: number): CurvePoint | undefined {
    const parent = trial.parent === undefined ? undefined : this.byNumber.get(trial.parent);
    if (parent !== undefined && rung < beginningOf(trial)) return this.resultAt(parent, rung);
    // coarse reports may pass a rung and mark only a later one.
    return trial.curve.find((point) => (point.rung ?? 0) >= rung);
  }
}

/** The first rung that a trial comes to. */
function beginningOf({ curve, target = Infinity }: ScheduledTrial): number {
  return curve.find(({ rung }) => rung !== undefined)?.rung ?? target;
}
