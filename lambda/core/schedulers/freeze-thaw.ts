import { Configuration } from '../../../lib/contract/search-space';
import { MultiFidelityDefinition } from '../../../lib/contract/tuner-definition';
import { maximize } from '../models/acquisition/maximize';
import { ModelInputs } from '../models/gaussian-process/model-inputs';
import { Purpose, Random } from '../random/random';
import { newnessTest } from '../search/newness';
import { CurveExtrapolation } from './freeze-thaw/curve-extrapolation';
import { curveValues } from './freeze-thaw/curve-values';
import { EndModel } from './freeze-thaw/end-model';
import { firstRung } from './freeze-thaw/first-rung';
import { pauseAtTarget } from './pause-at-target';
import { rungLevels } from './rungs';
import { newlyReachedRung } from './rungs-reached';
import { NextStep, ScheduleContext, ScheduledReport, ScheduledTrial, Scheduler, SchedulerDecision } from './scheduler';

/** Trials that come before the model, and trials with a result without which it isn't asked. */
const INITIAL_TRIALS = 8;
const MIN_RESULTS = 3;

/** Once all trials are started, a paused one goes on if it has at least this chance to become the best. */
const LEAST_CHANCE = 0.01;

/**
 * Chooses, whenever a slot is free, between a new configuration and going on with a paused trial, by one measure: the
 * improvement that is expected at the end of training, for what it costs to get there. Trials pause at each rung.
 *
 * A regression along the rungs tells where each curve ends, and how surely; a Gaussian process over the configurations takes
 * the ends as observations with that much noise. Where early rungs turn out to tell little, new trials train farther before
 * they are judged.
 *
 * Sources: Swersky, Snoek, Adams, "Freeze-thaw Bayesian optimization", arXiv 1406.3896, 2014, for the choice between new and
 * paused trials by where curves end; Snoek, Larochelle, Adams, NIPS 2012, for expected improvement for its cost.
 */
export class FreezeThaw implements Scheduler {
  readonly comparesAtRungs = false;
  private readonly levels: readonly number[];
  private readonly maxResource: number;

  constructor(definition: Omit<MultiFidelityDefinition, 'name'>) {
    this.levels = rungLevels(definition);
    this.maxResource = definition.maxResource;
  }

  rungOf(report: ScheduledReport): number | undefined {
    return newlyReachedRung(this.levels, report);
  }

  decide(report: ScheduledReport): SchedulerDecision {
    return pauseAtTarget(report, this.maxResource);
  }

  openSteps(context: ScheduleContext): number {
    const { action } = this.next(context);
    if (action === 'wait' || action === 'none') return 0;
    return Math.max(context.maxTrials - context.trials.length, 0) + this.paused(context).length;
  }

  next(context: ScheduleContext): NextStep {
    const { trials, maxTrials, startUp, space } = context;
    const mayStart = trials.length < maxTrials;
    const lowest = this.rungAfter(0, startUp);
    if (mayStart && trials.length < INITIAL_TRIALS) return { action: 'start', target: lowest };

    const { atRungs, best } = curveValues(trials, this.levels);
    const paused = this.paused(context);
    const inputs = new ModelInputs(space);
    if (inputs.size === 0 || atRungs.filter(({ length }) => length > 0).length < MIN_RESULTS) {
      if (mayStart) return { action: 'start', target: lowest };
      return paused.length > 0 ? this.resume(paused[0], lowest, startUp) : end(context);
    }

    const extrapolation = new CurveExtrapolation(atRungs, this.levels.length);
    const spent = trials.reduce((sum, trial) => sum + lastResource(trial), 0);
    const correlations = this.levels.map((_, rung) => extrapolation.correlation(rung));
    const first = Math.max(lowest, this.levels[firstRung(spent, this.levels, correlations)]);
    const points = trials.map(({ configuration }) => inputs.toPoint(configuration));
    const running = points.filter((_, i) => trials[i].state === 'running');
    const results = atRungs.reduce((sum, values) => sum + values.filter((value) => value !== undefined).length, 0);
    const model = new EndModel(
      inputs,
      { curves: atRungs, points, best: Math.min(...best), running },
      extrapolation,
      // each result throws a coin for one of two beliefs: where the one is stuck, the other isn't. Taking turns, attempts
      // that pass two rungs each would never change sides.
      new Random(context.seed, results, Purpose.BELIEF).uniform() < 0.5,
    );
    const candidates = paused
      .filter(({ trial }) => mayStart || model.chance(points[trial - 1]) >= LEAST_CHANCE)
      .map((trial) => {
        const cost = (this.maxResource - lastResource(trial) + startUp) / (this.maxResource + startUp);
        return { trial, value: model.improvement.value(points[trial.trial - 1]) - Math.log(cost) };
      })
      .sort((a, b) => b.value - a.value || a.trial.trial - b.trial.trial);

    const configuration = mayStart ? this.newConfiguration(context, inputs, model) : undefined;
    const value = configuration && model.improvement.value(inputs.toPoint(configuration));
    if (candidates.length > 0 && !(value !== undefined && value > candidates[0].value)) {
      return this.resume(candidates[0].trial, first, startUp);
    }
    // without a configuration the search algorithm is asked: it knows when a space is exhausted.
    return mayStart ? { action: 'start', target: first, ...(configuration && { configuration }) } : end(context);
  }

  private newConfiguration(
    { space, seed, trials }: ScheduleContext,
    inputs: ModelInputs,
    model: EndModel,
  ): Configuration | undefined {
    if (model.bestPoints.length === 0) return undefined;
    return maximize(
      model.improvement,
      inputs,
      model.bestPoints,
      newnessTest({ space, history: trials }),
      new Random(seed, trials.length + 1, Purpose.SEARCH),
    );
  }

  private paused({ trials }: ScheduleContext): ScheduledTrial[] {
    return trials.filter((trial) => trial.state === 'paused' && lastResource(trial) < this.maxResource);
  }

  private resume(trial: ScheduledTrial, first: number, startUp: number): NextStep {
    const from = lastResource(trial);
    const target = Math.max(first, this.rungAfter(from, startUp));
    return {
      action: 'resume',
      trial: trial.trial,
      target,
      reason: `going on from resource ${from} to ${target} is expected to gain the most for what it costs`,
    };
  }

  /** The next rung that is worth the start of an attempt. */
  private rungAfter(resource: number, startUp: number): number {
    return this.levels.find((level) => level > resource && level - resource >= startUp) ?? this.maxResource;
  }
}

function lastResource({ curve }: ScheduledTrial): number {
  return curve.at(-1)?.resource ?? 0;
}

function end({ trials, maxTrials }: ScheduleContext): NextStep {
  return trials.some(({ state }) => state === 'running')
    ? { action: 'wait', reason: 'what comes next depends on the trials that run' }
    : {
        action: 'none',
        reason: `all ${maxTrials} trials have been started, and no paused one has a chance of ${100 * LEAST_CHANCE} % to become the best`,
      };
}
