import { Lazy } from 'aws-cdk-lib';
import { SearchAlgorithm } from '../../lib';
import { tunerDefinition } from '../support/lib-stack';

test.each<[string, SearchAlgorithm | undefined, object]>([
  ['its own choice by default', undefined, { name: 'auto' }],
  ['its own choice', SearchAlgorithm.auto(), { name: 'auto' }],
  ['a Gaussian process', SearchAlgorithm.gaussianProcess(), { name: 'gaussianProcess' }],
  ['a tree-structured Parzen estimator', SearchAlgorithm.tpe(), { name: 'tpe' }],
  ['CMA-ES', SearchAlgorithm.cmaEs(), { name: 'cmaEs' }],
  ['CMA-ES with a population', SearchAlgorithm.cmaEs({ populationSize: 20 }), { name: 'cmaEs', populationSize: 20 }],
  ['evolution', SearchAlgorithm.evolution(), { name: 'evolution', populationSize: 50, sampleSize: 10 }],
  [
    'evolution of a few',
    SearchAlgorithm.evolution({ populationSize: 5 }),
    { name: 'evolution', populationSize: 5, sampleSize: 5 },
  ],
  [
    'evolution of a population that is only known later',
    SearchAlgorithm.evolution({ populationSize: Lazy.number({ produce: () => 70 }), sampleSize: 60 }),
    { name: 'evolution', populationSize: 70, sampleSize: 60 },
  ],
  ['NSGA-II', SearchAlgorithm.nsga2(), { name: 'nsga2', populationSize: 50 }],
  ['NSGA-II with a population', SearchAlgorithm.nsga2({ populationSize: 8 }), { name: 'nsga2', populationSize: 8 }],
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

test.each<[string, () => SearchAlgorithm, string]>([
  [
    'CMA-ES',
    () => SearchAlgorithm.cmaEs({ populationSize: 3 }),
    'populationSize of CMA-ES must be an integer from 4 to 1000, got 3',
  ],
  [
    'evolution',
    () => SearchAlgorithm.evolution({ populationSize: 1 }),
    'populationSize of the evolution must be an integer from 2 to 1000, got 1',
  ],
  [
    'evolution',
    () => SearchAlgorithm.evolution({ populationSize: 20, sampleSize: 21 }),
    'sampleSize of the evolution must be an integer from 1 to 20, got 21',
  ],
  [
    'NSGA-II',
    () => SearchAlgorithm.nsga2({ populationSize: 1001 }),
    'populationSize of NSGA-II must be an integer from 4 to 1000, got 1001',
  ],
])('refuses a population that is no good for %s', (_, create, message) => {
  expect(create).toThrow(message);
});
