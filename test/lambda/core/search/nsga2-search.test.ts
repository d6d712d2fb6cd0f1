import { hypervolume } from '../../../../lambda/core/models/pareto/hypervolume';
import { createSearchAlgorithm } from '../../../../lambda/core/search/create-search-algorithm';
import { Configuration } from '../../../../lib/contract/search-space';
import { SearchAlgorithmDefinition } from '../../../../lib/contract/tuner-definition';
import { mean, testPopulationSearch, unit } from '../../../support/lambda-population-search';
import { runSearch } from '../../../support/lambda-search';

testPopulationSearch({ name: 'nsga2', populationSize: 10 });

describe('two objectives', () => {
  /** Zitzler, Deb, Thiele, 2000: the front is f2 = 1 - sqrt(f1), where all coordinates but the first are 0. */
  const zdt1 = (configuration: Configuration) => {
    const [first, ...rest] = Object.values(configuration) as number[];
    const g = 1 + 9 * mean(rest);
    return [first, g * (1 - Math.sqrt(first / g))];
  };
  const space = Array.from({ length: 6 }, (_, i) => unit(`x${i}`));
  const volume = (definition: SearchAlgorithmDefinition, trials: number, seed: number) => {
    const run = runSearch(createSearchAlgorithm(definition), space, zdt1, trials, { seed, objectives: 2 });
    return hypervolume(
      run.history.map(({ losses }) => losses!),
      [1.1, 1.1],
    );
  };
  // of the whole front up to (1.1, 1.1): 1.21 - 1/3.
  const FRONT = 1.21 - 1 / 3;

  test('NSGA-II comes near the front of ZDT1, where random search is nowhere near', () => {
    const reached = mean([1, 2].map((seed) => volume({ name: 'nsga2', populationSize: 20 }, 400, seed)));
    expect(reached).toBeGreaterThan(0.75 * FRONT);
    expect(mean([1, 2].map((seed) => volume({ name: 'random' }, 400, seed)))).toBeLessThan(0.1 * FRONT);
  });
});
