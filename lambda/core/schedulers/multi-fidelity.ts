import { MultiFidelityDefinition } from '../../../lib/contract/tuner-definition';
import { ExpectedImprovement } from '../models/acquisition/expected-improvement';
import { maximize } from '../models/acquisition/maximize';
import { DETAILS, TRENDS } from '../models/gaussian-process/belief';
import { rememberedFit } from '../models/gaussian-process/fit-cache';
import { selectForModel } from '../models/gaussian-process/model-data';
import { standardize } from '../models/gaussian-process/output-transform';
import { CurveExtrapolation } from './multi-fidelity/extrapolation';
import { GaussianProcess } from '../models/gaussian-process/gaussian-process';
import { layoutOf } from '../models/gaussian-process/hyperparameters';
import { ModelInputs } from '../models/gaussian-process/model-inputs';
import { Random } from '../random/random';
import { newnessTest } from '../search/newness';
import { curveDataOf } from './multi-fidelity/curve-data';
import { transformCurves } from './multi-fidelity/curve-transform';
import { firstRung } from './multi-fidelity/first-rung';
import { V, num } from './multi-fidelity/variant';
import { rungBetween, rungLevels } from './rungs';
import { CONTINUE, NextStep, ScheduleContext, ScheduledReport, ScheduledTrial, Scheduler, SchedulerDecision, highestRung } from './scheduler';

const INITIAL = num('init', 8);

export class MultiFidelity implements Scheduler {
  readonly comparesAtRungs = false;
  private readonly levels: number[];

  constructor(private readonly definition: Omit<MultiFidelityDefinition, 'name'>) {
    this.levels = V.levels ? JSON.parse(V.levels) : rungLevels(definition);
  }

  rungOf({ curve, point }: ScheduledReport): number | undefined {
    return rungBetween(this.levels, highestRung({ curve }), point.resource);
  }

  decide({ point, target }: ScheduledReport): SchedulerDecision {
    if (point.resource >= this.definition.maxResource) return { decision: 'stop', reason: 'trained to the end' };
    if (target !== undefined && point.resource >= target) return { decision: 'pause', reason: `reached ${target}` };
    return CONTINUE;
  }

  openSteps(context: ScheduleContext): number {
    return context.maxTrials - context.trials.length;
  }

  next(context: ScheduleContext): NextStep {
    const { space, trials, startUp, seed } = context;
    const { maxResource } = this.definition;
    let first = this.nextRung(0, startUp);
    if (trials.length < INITIAL) return { action: 'start', target: num('initTarget', first) };
    const data = trials.flatMap((trial, i) => (trial.failed ? [] : curveDataOf(trial, i))).filter(({ resource }) => resource >= num('minData', 0));
    const paused = trials.filter(({ state, curve }) => state === 'paused' && (curve.at(-1)?.resource ?? 0) < maxResource);
    if (new Set(data.map(({ index }) => index)).size < 3) {
      const low = paused.sort((a, b) => lastResource(a) - lastResource(b))[0];
      if (low) return { action: 'resume', trial: low.trial, target: Math.max(first, this.nextRung(lastResource(low), startUp)), reason: 'few' };
      return { action: 'start', target: first };
    }
    const inputs = new ModelInputs(space);
    const pointOf = ({ configuration }: ScheduledTrial) => inputs.toPoint(configuration);
    const bests = new Map<number, number>();
    for (const { index, losses } of data) bests.set(index, Math.min(bests.get(index) ?? Infinity, losses[0]));
    const y = transformCurves(data.map(({ losses }) => losses[0]), [...bests.values()]);
    const curves = trials.map(() => [] as (number | undefined)[]);
    const tbest = trials.map(() => Infinity);
    data.forEach(({ index, resource }, i) => {
      const at = this.levels.findIndex((level) => Math.abs(level - resource) < 1e-9 * level);
      if (at >= 0) curves[index][at] = y[i];
      tbest[index] = Math.min(tbest[index], y[i]);
    });
    const full = curves.map((values, i) => ({ values, x: pointOf(trials[i]) }));
    const extrapolation = new CurveExtrapolation(full, this.levels.length);
    const correlations = this.levels.map((_, rung) => extrapolation.correlation(rung));
    if (V.learn) first = Math.max(first, this.levels[firstRung(trials, this.levels, correlations)]);
    if (V.debug) console.error('first', first, correlations.map((c) => c.toFixed(2)).join(' '));
    const obs = trials.flatMap((trial, index) => {
      const rung = curves[index].length - 1;
      if (rung < 0) return [];
      const { mean, variance } = extrapolation.toEnd(full[index], rung);
      const { population } = extrapolation;
      if (variance === 0) return [{ index, x: pointOf(trial), z: mean, noise: 0 }];
      const precision = 1 / variance - 1 / population.variance;
      if (precision <= 1e-2 / population.variance) return [];
      return [{ index, x: pointOf(trial), z: (mean / variance - population.mean / population.variance) / precision, noise: 1 / precision }];
    });
    const cap = num('cap', 150);
    const order = obs.map((_, i) => i).sort((a, b) => obs[a].z - obs[b].z || a - b);
    const selected = selectForModel(order, cap).map((i) => obs[i]);
    const fitted = selectForModel(order, num('fitcap', 80)).map((i) => obs[i]);
    const { mean: shift, deviation: scale } = standardize(Float64Array.from(selected, ({ z }) => z));
    const unit = scale || 1;
    const vec = (list: typeof obs) => [list.map(({ x }) => x), Float64Array.from(list, ({ z }) => (z - shift) / unit), Float64Array.from(list, ({ noise }) => noise / unit ** 2)] as const;
    const gamma = V.prior === 'gamma' || (V.alt && trials.length % num('turns', 2) > 0);
    const layout = layoutOf(inputs.dimensions.map(({ isCategorical, levels }) => (gamma ? { isCategorical, ...(levels && { levels }) } : { isCategorical, levels: [] })));
    const belief = V.turns && trials.length % num('turns', 2) === 2 ? DETAILS : V.rate ? { ...TRENDS, lengthscaleRate: Number(V.rate) } : TRENDS;
    const [fx, fy, fn] = vec(fitted);
    const hyper = rememberedFit(layout, fx, fy, belief, fn);
    if (V.debug) {
      const e = [...hyper].map(Math.exp);
      const d = layout.dimensions;
      console.error(`n=${selected.length} trials=${trials.length} vj=${e[0].toFixed(2)} va=${e[1].toFixed(2)} noise=${e[2].toExponential(1)} lx=${e.slice(layout.jointLengthscale, layout.jointLengthscale + d).map((v) => v.toFixed(1)).join(',')} unit ${unit.toFixed(2)} steps ${extrapolation.toString()}`);
    }
    const model = new GaussianProcess(layout, hyper, ...vec(selected));
    const running = trials.filter(({ state }) => state === 'running');
    const believed = running.map(pointOf);
    const extended = model.withExpected(believed);
    const best = Math.min(...tbest.map((v) => (v - shift) / unit), ...believed.map((point) => model.predict(point).mean));
    const ei = new ExpectedImprovement(extended, best, inputs.size);
    const bestPoints = order.map((i) => obs[i].x);
    const history = trials.map(({ trial, configuration }) => ({ trial, configuration, status: 'pending' as const }));
    const candidates = paused
      .map((trial) => {
        const at = lastResource(trial);
        const cost = (maxResource - at + startUp) / (maxResource + startUp);
        return { trial, value: ei.value(pointOf(trial)) - num('cost', 1) * Math.log(cost) };
      })
      .sort((a, b) => b.value - a.value || a.trial.trial - b.trial.trial);
    const configuration =
      trials.length < context.maxTrials
        ? maximize(ei, inputs, bestPoints, newnessTest({ space, history }), new Random(seed, trials.length + 1, 8))
        : undefined;
    const value = configuration === undefined ? -Infinity : ei.value(inputs.toPoint(configuration)) + num('bonus', 0);
    if (candidates.length > 0 && candidates[0].value >= value) {
      const { trial } = candidates[0];
      if (V.debug) console.error(`  resume ${trial.trial} at ${lastResource(trial)} ${candidates[0].value.toFixed(2)} new ${value.toFixed(2)} best=${Math.min(...bests.values())}`);
      return { action: 'resume', trial: trial.trial, target: Math.max(first, this.nextRung(lastResource(trial), startUp)), reason: 'promising' };
    }
    if (V.debug) console.error(`  new ${value.toFixed(2)} resume ${candidates[0]?.value.toFixed(2)}`);
    return { action: 'start', target: first, ...(configuration && { configuration }) };
  }

  private nextRung(resource: number, startUp: number): number {
    return this.levels.find((level) => level > resource && level - resource >= startUp) ?? this.definition.maxResource;
  }
}

function lastResource({ curve }: ScheduledTrial): number {
  return curve.at(-1)?.resource ?? 0;
}

