import { createSearchAlgorithm } from '../../../../lambda/core/search/create-search-algorithm';
import { Observation } from '../../../../lambda/core/search/search-algorithm';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { SearchAlgorithmDefinition } from '../../../../lib/contract/tuner-definition';
import { CUBE, testPopulationSearch } from '../../../support/lambda-population-search';
import { contextOf } from '../../../support/lambda-search';

const EVOLUTION: SearchAlgorithmDefinition = { name: 'evolution', populationSize: 10, sampleSize: 4 };

testPopulationSearch(EVOLUTION);

test('forgets a lucky result when it is old', () => {
  const space = new SearchSpace(CUBE);
  const at = (trial: number, place: number, loss: number): Observation => ({
    trial,
    configuration: space.decode([place, place, place, place]),
    status: 'finished',
    losses: [loss],
  });
  // the lucky one is the eleventh newest.
  const history = [at(1, 0.1, -100), ...Array.from({ length: 10 }, (_, i) => at(i + 2, 0.8 + i / 100, i))];
  for (let trial = 12; trial < 60; trial++) {
    const suggestion = createSearchAlgorithm(EVOLUTION).suggest(contextOf({ space, history, trial }));
    const values = 'configuration' in suggestion ? (Object.values(suggestion.configuration) as number[]) : [];
    expect(values.filter((value) => value >= 0.8 - 1e-9 && value < 0.9).length).toBeGreaterThanOrEqual(3);
  }
});
