import {
  EvolutionStrategy,
  MAX_FULL_DIMENSION,
} from '../../../../../lambda/core/models/evolution-strategy/evolution-strategy';
import { recombination } from '../../../../../lambda/core/models/evolution-strategy/recombination';
import { defaultPopulationSize } from '../../../../../lambda/core/models/evolution-strategy/strategy-parameters';
import { Random } from '../../../../../lambda/core/random/random';

type Loss = (x: Float64Array) => number;

/** Evaluations until the loss is below the target; Infinity where `most` aren't enough. */
function evaluationsTo(target: number, loss: Loss, n: number, most: number, start = 0.3): number {
  const size = defaultPopulationSize(n);
  const strategy = new EvolutionStrategy(new Array<number>(n).fill(start), size);
  const random = new Random(5, 0, 1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  for (let evaluations = 0; evaluations < most; evaluations += size) {
    const sampled = Array.from({ length: size }, () => strategy.sample(Float64Array.from({ length: n }, normal)))
      .map((point) => ({ point, value: loss(point) }))
      .sort((a, b) => a.value - b.value);
    if (sampled[0].value < target) return evaluations;
    strategy.update(
      sampled.map(({ point }) => point),
      recombination(strategy.parameters.weights, new Array<number>(size).fill(1), size),
    );
  }
  return Infinity;
}

const OPTIMUM = 0.6;
const sphere: Loss = (x) => x.reduce((sum, value) => sum + (value - OPTIMUM) ** 2, 0);

/** Condition number 1e6, its axes turned against the coordinates by reflection at a plane. */
const turnedEllipsoid: Loss = (x) => {
  const n = x.length;
  const projection = (2 / n) * x.reduce((sum, value) => sum + (value - OPTIMUM), 0);
  return x.reduce((sum, value, j) => sum + 1e6 ** (j / (n - 1)) * (value - OPTIMUM - projection) ** 2, 0);
};

// Hansen and Ostermeier, "Completely derandomized self-adaptation in evolution strategies", 2001, need about 1,600 and
// 6,000 evaluations in dimension 10 for 1e-10 of the starting loss; half as much again is allowed.
test('a sphere takes as many evaluations as published', () => {
  expect(evaluationsTo(1e-10, sphere, 10, 10_000)).toBeLessThan(2400);
});

test('an ellipsoid of condition 1e6 whose axes are turned takes as many evaluations as published', () => {
  expect(evaluationsTo(1e-4, turnedEllipsoid, 10, 20_000)).toBeLessThan(9000);
});

test('many dimensions are learned by their variances', () => {
  const n = MAX_FULL_DIMENSION + 1;
  const ellipsoid: Loss = (x) => x.reduce((sum, value, j) => sum + 1e3 ** (j / (n - 1)) * (value - OPTIMUM) ** 2, 0);
  expect(evaluationsTo(1e-2, ellipsoid, n, 5000)).toBeLessThan(4000);
});

test('samples stay in the unit cube, however wide', () => {
  const strategy = new EvolutionStrategy([0, 1, 0.5], 6);
  const random = new Random(1, 0, 1);
  for (let i = 0; i < 1000; i++) {
    for (const value of strategy.sample(Float64Array.from({ length: 3 }, () => 20 * random.normal()))) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
    }
  }
});

test('an optimum at a corner is reached', () => {
  expect(evaluationsTo(1e-6, (x) => x.reduce((sum, value) => sum + value, 0), 5, 400, 0.5)).toBeLessThan(200);
});

test('an optimum at the bounds of some coordinates and inside of others is reached', () => {
  const edge: Loss = (x) => x.reduce((sum, value, j) => sum + (j % 2 === 0 ? 1 - value : (value - OPTIMUM) ** 2), 0);
  expect(evaluationsTo(1e-2, edge, 6, 2000, 0.5)).toBeLessThan(600);
});

test('points far from the distribution move it by no more than its own would', () => {
  const strategy = new EvolutionStrategy([0.5, 0.5], 6);
  const near = Array.from({ length: 6 }, (_, i) => Float64Array.of(0.5 + 1e-6 * i, 0.5 - 1e-6 * (i % 3)));
  const weights = recombination(strategy.parameters.weights, [1, 1, 1, 1, 1, 1], 6);
  for (let i = 0; i < 40; i++) strategy.update(near, weights);
  const narrow = strategy.deviation(0);
  strategy.update(
    near.map(() => Float64Array.of(1, 1)),
    weights,
  );
  expect(narrow).toBeLessThan(1e-2);
  expect(strategy.center(0) - 0.5).toBeLessThan(10 * narrow);
});

test('widening sets a lower bound to the standard deviation of one coordinate', () => {
  const strategy = new EvolutionStrategy([0.5, 0.5], 6);
  strategy.widen(0, 0.4);
  strategy.widen(1, 0.1);
  expect(strategy.deviation(0)).toBeCloseTo(0.4, 12);
  expect(strategy.deviation(1)).toBeCloseTo(0.2, 12);
});
