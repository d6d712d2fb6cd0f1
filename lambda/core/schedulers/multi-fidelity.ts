import { MultiFidelityDefinition } from '../../../lib/contract/tuner-definition';
import { ExpectedImprovement } from '../models/acquisition/expected-improvement';
import { maximize } from '../models/acquisition/maximize';
import { TRENDS } from '../models/gaussian-process/belief';
import { rememberedFit } from '../models/gaussian-process/fit-cache';
import { GaussianProcess } from '../models/gaussian-process/gaussian-process';
import { layoutOf } from '../models/gaussian-process/hyperparameters';
import { ModelInputs } from '../models/gaussian-process/model-inputs';
import { Random } from '../random/random';
import { newnessTest } from '../search/newness';
import { AtResource } from './multi-fidelity/at-resource';
import { CurveDatum, curveDataOf } from './multi-fidelity/curve-data';
import { transformCurves } from './multi-fidelity/curve-transform';
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
    const first = this.nextRung(0, startUp);
    if (trials.length < INITIAL) return { action: 'start', target: num('initTarget', first) };
    const data = trials.flatMap((trial, i) => (trial.failed ? [] : curveDataOf(trial, i))).filter(({ resource }) => resource >= num('minData', 0));
    const paused = trials.filter(({ state, curve }) => state === 'paused' && (curve.at(-1)?.resource ?? 0) < maxResource);
    if (new Set(data.map(({ index }) => index)).size < 3) {
      const low = paused.sort((a, b) => lastResource(a) - lastResource(b))[0];
      if (low) return { action: 'resume', trial: low.trial, target: this.nextRung(lastResource(low), startUp), reason: 'few' };
      return { action: 'start', target: first };
    }
    const inputs = new ModelInputs(space);
    const place = (resource: number) => Math.log(Math.max(resource, 1)) / Math.log(maxResource);
    const pointOf = ({ configuration }: ScheduledTrial) => inputs.toPoint(configuration);
    const points = trials.map(pointOf);
    const capped = cap(data, trials, num('cap', 160));
    const x = capped.map(({ index, resource }) => Float64Array.from([...points[index], place(resource)]));
    const bests = new Map<number, number>();
    for (const { index, losses } of data) bests.set(index, Math.min(bests.get(index) ?? Infinity, losses[0]));
    const y = transformCurves(capped.map(({ losses }) => losses[0]), [...bests.values()]);
    const long = V.prior !== 'gamma';
    const layout = layoutOf([
      ...inputs.dimensions.map(({ isCategorical }) => ({ isCategorical, ...(long && { levels: [] }) })),
      { isCategorical: false, ...(V.tprior !== 'gamma' && { levels: [] }) },
    ]);
    const fitted = cap(data, trials, num('fitcap', 100));
    const inFit = new Set(fitted);
    const sel = capped.map((_, i) => i).filter((i) => inFit.has(capped[i]));
    const belief = V.rate ? { ...TRENDS, lengthscaleRate: Number(V.rate) } : TRENDS;
    const hyper = rememberedFit(layout, sel.map((i) => x[i]), Float64Array.from(sel, (i) => y[i]), belief);
    if (V.debug) {
      const e = [...hyper].map(Math.exp);
      const d = layout.dimensions;
      console.error(`n=${y.length} trials=${trials.length} vj=${e[0].toFixed(2)} va=${e[1].toFixed(2)} noise=${e[2].toExponential(1)} ltj=${e[layout.jointLengthscale + d - 1].toFixed(2)} lta=${e[layout.additiveLengthscale + d - 1].toFixed(2)} at=${e[layout.warpA + d - 1].toFixed(2)} bt=${e[layout.warpB + d - 1].toFixed(2)} lx=${e.slice(layout.jointLengthscale, layout.jointLengthscale + d - 1).map((v) => v.toFixed(1)).join(',')}`);
    }
    const model = new GaussianProcess(layout, hyper, x, y);
    const running = trials.filter(({ state }) => state === 'running');
    const believed = running.map((trial) => Float64Array.from([...pointOf(trial), V.believe === 'target' ? place(trial.target ?? maxResource) : 1]));
    const extended = model.withExpected(believed);
    const best = Math.min(...y, ...believed.map((point) => model.predict(point).mean));
    const full = new AtResource(extended, 1, inputs.size);
    const ei = new ExpectedImprovement(full, best, inputs.size);
    const order = capped.map((_, i) => i).sort((a, b) => y[a] - y[b]);
    const seen = new Set<number>();
    const bestPoints = order.flatMap((i) => (seen.has(capped[i].index) ? [] : (seen.add(capped[i].index), [points[capped[i].index]])));
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
      return { action: 'resume', trial: trial.trial, target: this.nextRung(lastResource(trial), startUp), reason: 'promising' };
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

function cap(data: readonly CurveDatum[], _trials: readonly ScheduledTrial[], limit: number): CurveDatum[] {
  if (data.length <= limit) return [...data];
  // latest of each trial first, best first; then earlier ones of the best trials
  const last = new Map<number, CurveDatum>();
  for (const datum of data) last.set(datum.index, datum);
  const bests = [...last.values()].sort((a, b) => a.losses[0] - b.losses[0]);
  const rank = new Map(bests.map(({ index }, i) => [index, i]));
  const order = [...data].sort(
    (a, b) =>
      Math.floor(rank.get(a.index)! + (last.get(a.index) === a ? 0 : 40)) -
      Math.floor(rank.get(b.index)! + (last.get(b.index) === b ? 0 : 40)),
  );
  const chosen = new Set(order.slice(0, limit));
  return data.filter((datum) => chosen.has(datum));
}
