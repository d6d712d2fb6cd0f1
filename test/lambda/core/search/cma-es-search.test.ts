import { createSearchAlgorithm } from '../../../../lambda/core/search/create-search-algorithm';
import { Observation } from '../../../../lambda/core/search/search-algorithm';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { SearchAlgorithmDefinition } from '../../../../lib/contract/tuner-definition';
import { CUBE, mean, sphere, testPopulationSearch, unit } from '../../../support/lambda-population-search';
import { contextOf, runSearch } from '../../../support/lambda-search';

const CMA_ES: SearchAlgorithmDefinition = { name: 'cmaEs', populationSize: 6 };

testPopulationSearch(CMA_ES);

test('begins at the best of what is known', () => {
  const space = new SearchSpace(CUBE);
  const known = (place: number, loss: number): Observation => ({
    trial: 0,
    configuration: space.decode([place, place, place, place]),
    status: 'finished',
    losses: [loss],
  });
  const history = [known(0.1, 5), known(0.9, 1), known(0.5, 2)];
  const values = Array.from({ length: 200 }, (_, i) => {
    const suggestion = createSearchAlgorithm(CMA_ES).suggest(contextOf({ space, history, trial: i + 1 }));
    return 'configuration' in suggestion ? (suggestion.configuration.a as number) : NaN;
  });
  expect(mean(values)).toBeGreaterThan(0.8);
});

test('restarts at another place when it has converged', () => {
  const { history } = runSearch(createSearchAlgorithm(CMA_ES), ['a', 'b'].map(unit), sphere, 360);
  const spreadOf = (first: number, last: number) => {
    const values = history.slice(first, last).map(({ configuration }) => configuration.a as number);
    return Math.max(...values) - Math.min(...values);
  };
  const spreads = Array.from({ length: 12 }, (_, i) => spreadOf(30 * i, 30 * i + 30));
  const narrowest = spreads.indexOf(Math.min(...spreads));
  expect(spreads[narrowest]).toBeLessThan(1e-3);
  expect(Math.max(...spreads.slice(narrowest + 1))).toBeGreaterThan(0.3);
});

test('has as many trials in a generation as run at the same time', () => {
  const space = new SearchSpace(CUBE);
  const contextAfter = (trials: number) =>
    contextOf({
      space,
      maxParallelTrials: 40,
      trial: 100,
      history: Array.from({ length: trials }, (_, i): Observation => {
        const configuration = space.decode([0.1, 0.1, 0.1, (i + 1) / 50]);
        return { trial: i + 1, configuration, status: 'finished', losses: [sphere(configuration)] };
      }),
    });
  const suggest = (trials: number) => createSearchAlgorithm({ name: 'cmaEs' }).suggest(contextAfter(trials));
  expect(suggest(39)).toEqual(suggest(0));
  expect(suggest(40)).not.toEqual(suggest(0));
});
