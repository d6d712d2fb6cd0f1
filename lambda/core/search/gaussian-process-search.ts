import { Configuration } from '../../../lib/contract/search-space';
import { fitHyperparameters } from '../models/gaussian-process/fit';
import { GaussianProcess } from '../models/gaussian-process/gaussian-process';
import { layoutOf } from '../models/gaussian-process/hyperparameters';
import { ModelInputs } from '../models/gaussian-process/model-inputs';
import { transformLosses } from '../models/gaussian-process/output-transform';
import { T } from '../models/gaussian-process/tuning';
import { minimizeInBox } from '../numerics/lbfgs';
import { logExpectedImprovement, logExpectedImprovementSlope } from '../numerics/normal';
import { Purpose, Random } from '../random/random';
import { SearchAlgorithm, SearchContext, Suggestion, finished } from './search-algorithm';
import { SobolSearch } from './sobol-search';

let memo: { key: string; p: Float64Array } | undefined;

export class GaussianProcessSearch implements SearchAlgorithm {
  suggest(context: SearchContext): Suggestion {
    const { space, seed, trial, history } = context;
    const done = finished(history).sort((a, b) => a.trial - b.trial);
    const inputs = new ModelInputs(space);
    if (history.length < T.n0 || done.length < 2 || inputs.size === 0) return new SobolSearch().suggest(context);
    const x = done.map(({ configuration }) => inputs.toPoint(configuration));
    const y = transformLosses(done.map(({ losses }) => losses![0]));
    const layout = layoutOf(inputs.dimensions);
    const step = T.refit ? Math.max(1, Math.floor(x.length / T.refit)) : 1;
    const m = Math.floor(x.length / step) * step;
    const fx = x.slice(0, m);
    const fy = transformLosses(done.slice(0, m).map(({ losses }) => losses![0]));
    const key = JSON.stringify([fx.map((v) => [...v]), [...fy]]);
    const p = memo?.key === key ? memo.p : fitHyperparameters(layout, fx, fy);
    memo = { key, p };
    const base = new GaussianProcess(layout, p, x, y);
    const pending = history.filter((o) => o.status === 'pending').map((o) => inputs.toPoint(o.configuration));
    const model = T.batch === 'ignore' ? base : base.withExpected(pending);
    const exploit = T.batch === 'mix' && pending.length % 2 === 1 ? (T.mixk ?? 0.3) : 0;
    const best = Math.min(...y, ...pending.map((pt) => base.predict(pt).mean));
    const taken = new Set(history.map((o) => space.key(o.configuration)));
    const random = new Random(seed, trial, Purpose.SEARCH);
    const acq = (pt: Float64Array) => {
      const { mean, variance } = model.predict(pt);
      const sd = Math.sqrt(variance);
      if (exploit) return -mean + exploit * sd;
      return logExpectedImprovement((best - mean) / sd) + Math.log(sd);
    };
    const d = inputs.size;
    // candidates
    const order = done.map((_, i) => i).sort((a, b) => y[a] - y[b] || a - b);
    const candidates: Float64Array[] = [];
    for (let i = 0; i < T.ncand; i++) {
      const pt = inputs.fromUnitCube(random.point(space.dimension));
      if (T.edge && i % 2 === 1) {
        inputs.dimensions.forEach((dim, c) => {
          if (!dim.isCategorical && random.uniform() < T.edge) pt[c] = pt[c] < 0.5 ? 0 : 1;
        });
        inputs.snap(pt);
      }
      candidates.push(pt);
    }
    if (T.cross) {
      const m = Math.max(2, Math.min(Math.ceil(order.length / 5), 20));
      for (let i = 0; i < T.cross; i++) {
        const u = x[order[random.integer(m)]];
        const v = x[order[random.integer(Math.min(order.length, 2 * m))]];
        candidates.push(inputs.snap(u.map((value, c) => (random.uniform() < 0.5 ? value : v[c]))));
      }
    }
    const perturb = (src: Float64Array, scale: number, rate: number) => {
      const pt = Float64Array.from(src);
      inputs.dimensions.forEach((dim, c) => {
        if (random.uniform() > rate) return;
        if (dim.isCategorical) pt[c] = random.integer(dim.levels!.length);
        else pt[c] = Math.min(Math.max(pt[c] + scale * random.normal(), 0), 1);
      });
      return inputs.snap(pt);
    };
    for (let i = 0; i < 100; i++) candidates.push(perturb(x[order[i % Math.min(5, order.length)]], [0.2, 0.1, 0.03][i % 3], Math.max(0.3, Math.min(1, 3 / d))));
    const scored = candidates.map((pt) => ({ pt, a: acq(pt) })).sort((u, v) => v.a - u.a);
    const starts = scored.slice(0, T.nstart ?? 5).map(({ pt }) => pt);
    starts.push(perturb(x[order[0]], 0.02, 1));
    const lower = new Float64Array(d);
    const upper = new Float64Array(d);
    const results: { configuration: Configuration; a: number }[] = [];
    const add = (pt: Float64Array) => {
      const configuration = inputs.toConfiguration(pt);
      if (taken.has(space.key(configuration)) || !space.isAllowed(configuration)) return;
      results.push({ configuration, a: acq(inputs.toPoint(configuration)) });
    };
    scored.slice(0, 30).forEach(({ pt }) => add(pt));
    const mg = new Float64Array(d);
    const vg = new Float64Array(d);
    for (const start of starts) {
      let pt = Float64Array.from(start);
      let value = acq(pt);
      for (let round = 0; round < (T.rounds ?? 4); round++) {
        const before = value;
        inputs.dimensions.forEach((dim, c) => {
          lower[c] = dim.levels ? pt[c] : 0;
          upper[c] = dim.levels ? pt[c] : 1;
        });
        if (inputs.dimensions.some((dim) => !dim.levels)) {
          const r = minimizeInBox(
            (z, g) => {
              const { mean, variance } = model.predictWithGradient(z, mg, vg);
              const sd = Math.sqrt(variance);
              const u = (best - mean) / sd;
              if (exploit) {
                for (let c = 0; c < d; c++) g[c] = mg[c] - (exploit * vg[c]) / (2 * sd);
                return mean - exploit * sd;
              }
              const slope = logExpectedImprovementSlope(u);
              for (let c = 0; c < d; c++) {
                const dsd = vg[c] / (2 * sd);
                g[c] = -(slope * ((-mg[c] - u * dsd) / sd) + dsd / sd);
              }
              return -(logExpectedImprovement(u) + Math.log(sd));
            },
            pt,
            { lower, upper, maxIterations: T.aiters ?? 20, gradientTolerance: 1e-4, valueTolerance: 1e-6 },
          );
          if (-r.value > value) {
            pt = Float64Array.from(r.x);
            value = -r.value;
          }
        }
        inputs.dimensions.forEach((dim, c) => {
          if (!dim.levels) return;
          for (const level of dim.levels) {
            if (level === pt[c]) continue;
            const other = Float64Array.from(pt);
            other[c] = level;
            inputs.snap(other);
            const a = acq(other);
            // a configuration that was tried must not hold the climb
            if (a > value) {
              const configuration = inputs.toConfiguration(other);
              if (taken.has(space.key(configuration))) continue;
              add(other);
              pt = other;
              value = a;
            }
          }
        });
        if (value - before < 1e-6) break;
      }
      add(pt);
    }
    if (results.length === 0) return new SobolSearch().suggest(context);
    results.sort((u, v) => v.a - u.a);
    return { configuration: results[0].configuration };
  }
}
