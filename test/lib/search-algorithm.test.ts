import { Lazy } from 'aws-cdk-lib';
import { SearchAlgorithm } from '../../lib';
import { tunerDefinition } from '../support/lib-stack';

test.each<[string, SearchAlgorithm | undefined, object]>([
  ['a Sobol sequence by default', undefined, { name: 'sobol' }],
  ['random search', SearchAlgorithm.random(), { name: 'random' }],
  ['a Sobol sequence', SearchAlgorithm.sobol(), { name: 'sobol' }],
  ['a grid of 5 points by default', SearchAlgorithm.grid(), { name: 'grid', pointsPerParameter: 5 }],
  [
    'a grid of other points',
    SearchAlgorithm.grid({ pointsPerParameter: 1000 }),
    { name: 'grid', pointsPerParameter: 1000 },
  ],
  [
    'a grid of points that are only known later',
    SearchAlgorithm.grid({ pointsPerParameter: Lazy.number({ produce: () => 3 }) }),
    { name: 'grid', pointsPerParameter: 3 },
  ],
])('proposes configurations by %s', (_, searchAlgorithm, expected) => {
  expect(tunerDefinition({ searchAlgorithm }).searchAlgorithm).toEqual(expected);
});

test.each([0, 1001, 2.5, NaN])('refuses %p points of a grid', (pointsPerParameter) => {
  expect(() => SearchAlgorithm.grid({ pointsPerParameter })).toThrow(
    `pointsPerParameter of the grid search must be an integer from 1 to 1000, got ${JSON.stringify(pointsPerParameter)}`,
  );
});
