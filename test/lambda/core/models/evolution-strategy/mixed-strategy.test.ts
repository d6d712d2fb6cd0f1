import { CategoricalStrategy } from '../../../../../lambda/core/models/evolution-strategy/categorical-strategy';
import { MixedStrategy } from '../../../../../lambda/core/models/evolution-strategy/mixed-strategy';
import { Random } from '../../../../../lambda/core/random/random';
import { SearchSpace } from '../../../../../lambda/core/space/search-space';
import { SearchSpaceDefinition } from '../../../../../lib/contract/search-space';

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

describe('categorical strategy', () => {
  test('begins uniform, moves to what the good points have, and keeps every category alive', () => {
    const strategy = new CategoricalStrategy(4, 2, 0.5);
    expect([...strategy.probabilities]).toEqual([0.25, 0.25, 0.25, 0.25]);
    for (let i = 0; i < 50; i++) strategy.update([2, 2, 1], [0.6, 0.4, 0]);
    expect(strategy.probabilities[2]).toBeGreaterThan(0.8);
    expect(Math.min(...strategy.probabilities)).toBeCloseTo((1 - Math.sqrt(0.73)) / 3, 6);
    expect(sum(strategy.probabilities)).toBeCloseTo(1, 12);
    expect(strategy.isConverged).toBe(true);
  });

  test('points that have no category leave it as it is', () => {
    const strategy = new CategoricalStrategy(3, 1, 0.5);
    strategy.update([-1, -1], [0.5, 0.5]);
    for (const probability of strategy.probabilities) expect(probability).toBeCloseTo(1 / 3, 12);
  });

  test('samples each category as often as it is likely', () => {
    const strategy = new CategoricalStrategy(3, 1, 0.9);
    strategy.update([0], [1]);
    const counts = [0, 0, 0];
    for (let i = 0; i < 10_000; i++) counts[strategy.sample((i + 0.5) / 10_000)]++;
    counts.forEach((count, k) => expect(count / 10_000).toBeCloseTo(strategy.probabilities[k], 3));
  });
});

const SIZE = 8;

/** Updates with the best of what the strategy samples, by the loss of a configuration. */
function evolve(definition: SearchSpaceDefinition, loss: (point: number[]) => number, generations: number) {
  const space = new SearchSpace(definition);
  const { parameters } = space;
  const strategy = new MixedStrategy(parameters, new Array<number>(parameters.length).fill(0.5), SIZE);
  const random = new Random(3, 0, 1);
  let convergedAt = Infinity;
  for (let i = 0; i < generations; i++) {
    // a history knows configurations only, so discrete coordinates come back as the centres of their cells.
    const points = Array.from({ length: SIZE }, () => space.encode(space.decode(strategy.sample(random))) as number[]);
    points.sort((a, b) => loss(a) - loss(b));
    strategy.update(points, new Array<number>(SIZE).fill(1), SIZE, random);
    if (strategy.isConverged) convergedAt = Math.min(convergedAt, i);
  }
  return { convergedAt, samples: Array.from({ length: 1000 }, () => strategy.sample(random)) };
}

test('a discrete coordinate never freezes: samples keep leaving the cell at the mean', () => {
  const definition: SearchSpaceDefinition = [
    { name: 'n', type: 'integer', min: 1, max: 9, scaling: 'linear' },
    { name: 'x', type: 'continuous', min: 0, max: 1, scaling: 'linear' },
  ];
  const cellOf = (value: number) => Math.floor(9 * value);
  const { samples } = evolve(definition, ([n, x]) => Math.abs(cellOf(n) - 6) + (x - 0.3) ** 2, 60);
  const inside = samples.filter(([n]) => cellOf(n) === 6).length;
  expect(inside).toBeGreaterThan(700);
  // at least 1 / (n λ) = 1 / 16 of them in theory.
  expect(inside).toBeLessThan(970);
  for (const [, x] of samples) expect(Math.abs(x - 0.3)).toBeLessThan(0.05);
});

test('is converged when categories and numbers are, and not before', () => {
  const definition: SearchSpaceDefinition = [
    { name: 'c', type: 'categorical', values: ['a', 'b'] },
    { name: 'o', type: 'ordinal', values: [1, 2, 3] },
    { name: 'x', type: 'continuous', min: 0, max: 1, scaling: 'linear' },
  ];
  const loss = ([c, o, x]: number[]) => (c < 0.5 ? 0 : 1) + (o > 0.67 ? 0 : 1) + (x - 0.3) ** 2;
  const { convergedAt } = evolve(definition, loss, 200);
  expect(convergedAt).toBeGreaterThan(20);
  expect(convergedAt).toBeLessThan(200);
});

test('a coordinate that no point has neither narrows nor runs away', () => {
  const { parameters } = new SearchSpace([
    { name: 'x', type: 'continuous', min: 0, max: 1, scaling: 'linear' },
    { name: 'y', type: 'continuous', min: 0, max: 1, scaling: 'linear' },
  ]);
  const strategy = new MixedStrategy(parameters, [0.5, 0.5], SIZE);
  const random = new Random(3, 0, 1);
  for (let i = 0; i < 30; i++) {
    const points = Array.from({ length: SIZE }, () => [strategy.sample(random)[0], undefined]);
    points.sort((a, b) => Math.abs(a[0]! - 0.2) - Math.abs(b[0]! - 0.2));
    strategy.update(points, new Array<number>(SIZE).fill(1), SIZE, random);
  }
  const samples = Array.from({ length: 1000 }, () => strategy.sample(random));
  const deviation = (k: number) => {
    const mean = sum(samples.map((point) => point[k])) / 1000;
    return Math.sqrt(sum(samples.map((point) => (point[k] - mean) ** 2)) / 1000);
  };
  expect(deviation(0)).toBeLessThan(0.02);
  expect(deviation(1)).toBeGreaterThan(5 * deviation(0));
});

test('a space with nothing to choose has a strategy all the same', () => {
  const { parameters } = new SearchSpace([{ name: 'c', type: 'constant', value: 1 }]);
  const strategy = new MixedStrategy(parameters, [0.5], SIZE);
  strategy.update(new Array<number[]>(SIZE).fill([0.5]), [SIZE], SIZE, new Random(1, 0, 1));
  expect(strategy.sample(new Random(1, 0, 1))).toHaveLength(1);
});
