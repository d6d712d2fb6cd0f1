import { IntervalLevels } from './interval-levels';
import { CurvePoint, RungEntry, ScheduledTrial, highestRung } from './scheduler';

/**
 * Who is in the population, of all trials of a study under population based training.
 *
 * A member runs, is paused, or has come to an end of its own. A trial whose place has been taken was stopped while it was
 * paused: it has ended where its last attempt was to pause. That one and a failed trial have left the population.
 */
export class Population {
  readonly members: readonly ScheduledTrial[];
  /** Trials that have left it. */
  readonly departed: readonly ScheduledTrial[];
  private readonly byNumber: ReadonlyMap<number, ScheduledTrial>;

  /** @param trials all of the study, in order of their numbers */
  constructor(
    private readonly trials: readonly ScheduledTrial[],
    private readonly levels: IntervalLevels,
  ) {
    const hasLeft = (trial: ScheduledTrial) =>
      trial.state === 'ended' && (trial.failed || (this.hasPaused(trial) && this.goalOf(trial) < levels.maxResource));
    this.members = trials.filter((trial) => !hasLeft(trial));
    this.departed = trials.filter(hasLeft);
    this.byNumber = new Map(trials.map((trial) => [trial.trial, trial]));
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

  /** Whether it came to where its last attempt was to pause. */
  hasPaused(trial: ScheduledTrial): boolean {
    return trial.state !== 'running' && highestRung(trial) >= (trial.target ?? this.levels.maxResource);
  }

  /** What the members have shown at a rung, one entry for each that has come so far. */
  entriesAt(rung: number): RungEntry[] {
    return entriesOf(this.members, (member) => this.resultAt(member, rung));
  }

  /** The highest rung that so many trials have reached, and their results there, those of former members too. */
  frontier(enough: number): { readonly rung: number; readonly entries: RungEntry[] } | undefined {
    const sound = this.trials.filter(({ failed }) => !failed);
    const rung = sound.map(highestRung).sort((a, b) => b - a)[enough - 1] ?? 0;
    if (rung === 0) return undefined;
    return { rung, entries: entriesOf(sound, ({ curve }) => curve.find((point) => (point.rung ?? 0) >= rung)) };
  }

  /**
   * Whether a new trial can begin with its checkpoint at a rung, or a newer one, and has something left to train. A running
   * one must have paused there before; since when it is overtaken by the copy isn't known, what it is on its way to must not
   * be the maximum.
   */
  canBeParent(trial: number, rung: number): boolean {
    const parent = this.byNumber.get(trial)!;
    if (highestRung(parent) < rung || this.goalOf(parent) >= this.levels.maxResource) return false;
    return parent.state === 'running' ? this.goalOf(parent) > rung : this.hasPaused(parent);
  }

  /** A trial's result at a rung; before it began, that of the trial whose checkpoint it goes on from. */
  private resultAt({ curve, parent, target = 0 }: ScheduledTrial, rung: number): CurvePoint | undefined {
    // coarse reports may pass a rung and mark only a later one.
    const own = curve.find((point) => (point.rung ?? 0) >= rung);
    const first = curve.find((point) => point.rung !== undefined)?.rung ?? target;
    const origin = parent === undefined ? undefined : this.byNumber.get(parent);
    if (origin === undefined || rung >= first) return own;
    return this.resultAt(origin, rung) ?? own;
  }
}

function entriesOf(
  trials: readonly ScheduledTrial[],
  pointOf: (trial: ScheduledTrial) => CurvePoint | undefined,
): RungEntry[] {
  const entries: RungEntry[] = [];
  for (const trial of trials) {
    const point = pointOf(trial);
    if (point === undefined) continue;
    const { losses, violations } = point;
    entries.push({ trial: trial.trial, losses, ...(violations && { violations }) });
  }
  return entries;
}
