import { PopulationBasedDefinition } from '../../../lib/contract/tuner-definition';
import { Purpose, Random } from '../random/random';
import { bettersOf, enoughFor, quantileOf } from './exploit';
import { explored } from './explore';
import { IntervalLevels } from './interval-levels';
import { pauseAtTarget } from './pause-at-target';
import { Population } from './population';
import { rankEntries } from './rank-entries';
import {
  NextStep,
  ScheduleContext,
  ScheduledReport,
  ScheduledTrial,
  Scheduler,
  SchedulerDecision,
  highestRung,
} from './scheduler';

/**
 * Population based training: a fixed number of trials train at once and pause at every interval. One that is to go on and is
 * among the worst gives its place to a new trial, which begins with a copy of the checkpoint of one of the best and with
 * that one's hyperparameters, slightly changed. So a schedule of hyperparameters is found, not only their values.
 *
 * Each trial is compared when its turn comes, the least trained first, without waiting for others: at the rung where it has
 * paused, with what all places of the population have shown there so far, so that none is at a disadvantage for being behind,
 * and none is the worst only because another one has just been replaced. What is copied is the newest checkpoint, which may
 * be of a later rung.
 *
 * A failed member's place goes to a copy of one of the best at the highest rung that enough have come to, or if there is none
 * that could be copied, to a new configuration. Once all trials of the study have been started, nobody is replaced
 * any more and all members train to the maximum.
 *
 * Source: Jaderberg et al., "Population based training of neural networks", arXiv 1711.09846, 2017, with truncation selection
 * as `exploit` and, as `explore`, perturb and resample. There a worker compares with the latest results of the others,
 * however long they have trained; here at the same rung.
 */
export class PopulationBased implements Scheduler {
  private readonly levels: IntervalLevels;

  constructor(private readonly definition: Omit<PopulationBasedDefinition, 'name'>) {
    this.levels = new IntervalLevels(definition.interval, definition.maxResource);
  }

  readonly comparesAtRungs = false;

  rungOf({ curve, point, target }: ScheduledReport): number | undefined {
    // a copy's first report doesn't show what it was like at the rung where it began: an interval before its target.
    const before = curve.at(-1)?.resource ?? (target === undefined ? 0 : this.levels.before(target));
    const rung = this.levels.upTo(point.resource);
    return rung > this.levels.upTo(before) ? rung : undefined;
  }

  decide(report: ScheduledReport): SchedulerDecision {
    return pauseAtTarget(report, this.levels.maxResource);
  }

  next(context: ScheduleContext): NextStep {
    const population = new Population(context.trials, this.levels);
    if (this.freePlaces(population, context) > 0) return this.newMember(population, context);

    const [member] = population.waiting;
    if (member !== undefined) return this.replacement(member, population, context) ?? this.resumed(member, population);

    return population.members.some(({ state }) => state === 'running')
      ? { action: 'wait', reason: 'all members of the population that have something left to train are running' }
      : { action: 'none', reason: 'all members of the population have ended' };
  }

  openSteps(context: ScheduleContext): number {
    const population = new Population(context.trials, this.levels);
    return this.freePlaces(population, context) + population.waiting.length;
  }

  private freePlaces({ members }: Population, { trials, maxTrials }: ScheduleContext): number {
    return Math.max(Math.min(this.definition.populationSize - members.length, maxTrials - trials.length), 0);
  }

  private newMember(population: Population, context: ScheduleContext): NextStep {
    const { populationSize, quantile } = this.definition;
    const start: NextStep = { action: 'start', target: this.levels.after(0) };
    const rung = population.frontier(enoughFor(quantile));
    // of several free places the first belongs to the one that left first; those that nobody has had yet come before.
    const departed = population.departed.at(population.members.length - populationSize);
    if (rung === undefined || departed === undefined) return start;

    const entries = population.entriesAt(rung);
    const count = quantileOf(entries.length, quantile);
    const parents = rankEntries(entries, count).filter(({ trial }) => population.canBeParent(trial, rung));
    if (parents.length === 0) return start;
    const reason = `in the place of trial ${departed.trial}, which has ${departed.failed ? 'failed' : 'ended'}`;
    return this.branch(parents.slice(0, count), departed, reason, population, context);
  }

  private replacement(member: ScheduledTrial, population: Population, context: ScheduleContext): NextStep | undefined {
    const rung = highestRung(member);
    if (rung === 0 || context.trials.length >= context.maxTrials) return undefined;

    const entries = population.entriesAt(rung);
    const parents = bettersOf(member.trial, entries, this.definition.quantile).filter(({ trial }) =>
      population.canBeParent(trial, rung),
    );
    if (parents.length === 0) return undefined;
    const worst = quantileOf(entries.length, this.definition.quantile);
    const reason = `in the place of trial ${member.trial}, which was among the worst ${worst} of ${entries.length} at resource ${rung}`;
    return this.branch(parents, member, reason, population, context);
  }

  private branch(
    parents: readonly { readonly trial: number }[],
    replaced: ScheduledTrial,
    reason: string,
    population: Population,
    { trials, space, seed }: ScheduleContext,
  ): NextStep {
    const number = trials.length + 1;
    const drawn = parents[new Random(seed, number, Purpose.EXPLOIT).integer(parents.length)];
    const parent = trials.find(({ trial }) => trial === drawn.trial)!;
    return {
      action: 'branch',
      parent: parent.trial,
      configuration: explored(space, parent.configuration, this.definition, new Random(seed, number, Purpose.EXPLORE)),
      target: this.levels.after(population.goalOf(parent)),
      reason: `${reason}: goes on from trial ${parent.trial}`,
      replaces: replaced.trial,
    };
  }

  private resumed(member: ScheduledTrial, population: Population): NextStep {
    const target = this.levels.after(population.goalOf(member));
    return { action: 'resume', trial: member.trial, target, reason: 'keeps its place in the population' };
  }
}
