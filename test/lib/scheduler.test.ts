import { Lazy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AshaMode, Parameter, Scheduler } from '../../lib';
import {
  ReadableTemplate,
  definitionOf,
  newStack,
  newTuner,
  sageMakerTraining,
  slotOf,
  tunerDefinition,
} from '../support/lib-stack';

const RUNGS = { minResource: 1, maxResource: 27, reductionFactor: 3 };

test.each<[string, Scheduler | undefined, object]>([
  ['to its end by default', undefined, { name: 'none' }],
  ['to its end', Scheduler.none(), { name: 'none' }],
  [
    'until the median stopping rule stops it',
    Scheduler.medianStopping(),
    { name: 'medianStopping', gracePeriod: 1, minimumTrials: 5 },
  ],
  [
    'until a patient median stopping rule stops it',
    Scheduler.medianStopping({ gracePeriod: 0.5, minimumTrials: 1 }),
    { name: 'medianStopping', gracePeriod: 0.5, minimumTrials: 1 },
  ],
  [
    'until a rule that is only known later stops it',
    Scheduler.medianStopping({ gracePeriod: Lazy.number({ produce: () => 3 }) }),
    { name: 'medianStopping', gracePeriod: 3, minimumTrials: 5 },
  ],
  [
    'until it no longer improves',
    Scheduler.patience({ patience: 3 }),
    { name: 'patience', patience: 3, minimumImprovement: 0, gracePeriod: 3 },
  ],
  [
    'until it is worse at a rung',
    Scheduler.asha({ maxResource: 27 }),
    { name: 'asha', ...RUNGS, mode: 'stop', brackets: 1 },
  ],
  [
    'while it is promoted, by several brackets',
    Scheduler.asha({
      maxResource: 50,
      minResource: 2,
      reductionFactor: 4,
      mode: AshaMode.PROMOTE,
      brackets: 3,
      resourceParameter: 'epochs',
    }),
    {
      name: 'asha',
      minResource: 2,
      maxResource: 50,
      reductionFactor: 4,
      mode: 'promote',
      brackets: 3,
      resourceParameter: 'epochs',
    },
  ],
  ['as far as need be', Scheduler.pasha({ maxResource: 27 }), { name: 'pasha', ...RUNGS }],
  [
    'while it is among the best of its round',
    Scheduler.successiveHalving({ maxResource: 27 }),
    { name: 'successiveHalving', ...RUNGS },
  ],
  ['by brackets in rounds', Scheduler.hyperband({ maxResource: 27 }), { name: 'hyperband', ...RUNGS }],
  [
    'as one of a population',
    Scheduler.populationBased({ maxResource: 20, interval: 4 }),
    {
      name: 'populationBased',
      populationSize: 10,
      interval: 4,
      maxResource: 20,
      quantile: 0.25,
      perturbation: 0.2,
      resampleProbability: 0.25,
    },
  ],
  [
    'as long as a model of the curves thinks it is worth it',
    Scheduler.multiFidelity({ maxResource: 27 }),
    { name: 'multiFidelity', ...RUNGS, reductionFactor: 2 },
  ],
])('a trial trains %s', (_, scheduler, expected) => {
  expect(tunerDefinition({ scheduler }).scheduler).toEqual(expected);
});

test.each([0, -1, NaN])('refuses a grace period of %p', (gracePeriod) => {
  expect(() => Scheduler.medianStopping({ gracePeriod })).toThrow(
    `gracePeriod of median stopping must be a number greater than 0, got ${gracePeriod}`,
  );
});

test('refuses an infinite grace period', () => {
  expect(() => Scheduler.medianStopping({ gracePeriod: Infinity })).toThrow(
    /gracePeriod of median stopping must be .*got Infinity/,
  );
});

test.each([0, 10_001, 1.5])('refuses a minimum of %p trials', (minimumTrials) => {
  expect(() => Scheduler.medianStopping({ minimumTrials })).toThrow(
    `minimumTrials of median stopping must be an integer from 1 to 10000, got ${minimumTrials}`,
  );
});

test.each<[string, () => Scheduler, string]>([
  [
    'no maximum',
    () => Scheduler.asha({ maxResource: 0 }),
    'maxResource of asha must be a number greater than 0, got 0',
  ],
  [
    'a first rung beyond the maximum',
    () => Scheduler.hyperband({ maxResource: 9, minResource: 10 }),
    'minResource of hyperband must be at most maxResource, which is 9, got 10',
  ],
  [
    'a factor that reduces nothing',
    () => Scheduler.pasha({ maxResource: 9, reductionFactor: 1 }),
    'reductionFactor of pasha must be a number greater than 1, got 1',
  ],
  [
    'rungs without end',
    () => Scheduler.multiFidelity({ maxResource: 1000, reductionFactor: 1.01 }),
    'reductionFactor of multiFidelity must leave at most 50 rungs from 1 to 1000, got 1.01, which makes 696',
  ],
  [
    'more brackets than rungs',
    () => Scheduler.asha({ maxResource: 9, brackets: 4 }),
    'brackets of asha must be an integer from 1 to 3, got 4',
  ],
  ['no patience', () => Scheduler.patience({ patience: 0 }), 'patience must be a number greater than 0, got 0'],
  [
    'an improvement below nothing',
    () => Scheduler.patience({ patience: 1, minimumImprovement: -1 }),
    'minimumImprovement of patience must be a number of at least 0, got -1',
  ],
  [
    'an interval that leaves no second one',
    () => Scheduler.populationBased({ maxResource: 10, interval: 6 }),
    'interval of population based training must be a number greater than 0 and at most 5, half of maxResource, got 6',
  ],
  [
    'a quantile of more than half',
    () => Scheduler.populationBased({ maxResource: 10, interval: 5, quantile: 0.6 }),
    'quantile must be a number above 0 and at most 0.5, got 0.6',
  ],
  [
    'a resource parameter that is no name',
    () => Scheduler.asha({ maxResource: 9, resourceParameter: 'num round' }),
    'resourceParameter must be the name of a hyperparameter, got "num round"',
  ],
])('refuses %s', (_, create, message) => {
  expect(create).toThrow(message);
});

test('as many rungs as there may be are taken', () => {
  expect(() => Scheduler.asha({ maxResource: 2 ** 49, reductionFactor: 2, brackets: 50 })).not.toThrow();
  expect(() => Scheduler.asha({ maxResource: 2 ** 50, reductionFactor: 2 })).toThrow(/at most 50 rungs/);
});

test('what trials train up to is no hyperparameter of the search', () => {
  const tuner = () =>
    tunerDefinition({
      searchSpace: { epochs: Parameter.integer({ min: 1, max: 9 }) },
      scheduler: Scheduler.asha({ maxResource: 9, resourceParameter: 'epochs' }),
    });
  expect(tuner).toThrow(
    'resourceParameter of the scheduler must not be a parameter of the search space, got "epochs"; remove it from the space',
  );
});

/** What the template of a tuner with this scheduler says. */
function synthesized(scheduler: Scheduler, encrypted = false) {
  const stack = newStack();
  const key = encrypted ? new kms.Key(stack, 'Key') : undefined;
  const checkpointBucket = new s3.Bucket(stack, 'Checkpoints', { encryptionKey: key });
  newTuner(stack, { scheduler, trialRunner: sageMakerTraining({ checkpointBucket, checkpointPrefix: 'kept' }) });
  return new ReadableTemplate(stack);
}

const environmentOf = (template: ReadableTemplate) =>
  (slotOf(definitionOf(template)).States.Train!.Arguments as unknown as { Environment: Record<string, string> })
    .Environment;

test('training jobs are told what to train up to, where the scheduler has a maximum', () => {
  expect(environmentOf(synthesized(Scheduler.asha({ maxResource: 9 })))).toMatchObject({
    CDK_HPO_MAX_RESOURCE: '{% $string($next.maxResource) %}',
  });
  expect(environmentOf(synthesized(Scheduler.medianStopping()))).not.toHaveProperty('CDK_HPO_MAX_RESOURCE');
});

const LIST = {
  Effect: 'Allow',
  Action: 's3:ListBucket',
  Resource: '${Checkpoints.Arn}',
  Condition: { StringLike: { 's3:prefix': 'kept/*' } },
};
const COPY = {
  Effect: 'Allow',
  Action: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
  Resource: '${Checkpoints.Arn}/kept/*',
};

test.each<[string, Scheduler, object[]]>([
  ['one that only stops trials may do nothing', Scheduler.asha({ maxResource: 9 }), []],
  ['none may do nothing', Scheduler.none(), []],
  ['one that resumes trials may look', Scheduler.asha({ maxResource: 9, mode: AshaMode.PROMOTE }), [LIST]],
  ['a model of the curves may look', Scheduler.multiFidelity({ maxResource: 9 }), [LIST]],
  ['a population may look and copy', Scheduler.populationBased({ maxResource: 8, interval: 2 }), [LIST, COPY]],
])('with checkpoints, the steps of %s', (_, scheduler, expected) => {
  const template = synthesized(scheduler);
  for (const step of ['NextTrial', 'RecordTrial', 'ReviewRound']) {
    const statements = template
      .statementsOf(`Tuner/${step}/Role`)
      .filter(({ Action }) => [Action].flat().some((action) => action.startsWith('s3:')));
    expect(statements).toEqual(step === 'ReviewRound' ? [] : expected);
  }
});

test('steps that copy checkpoints have ten minutes more, others a minute', () => {
  const timeoutsOf = (scheduler: Scheduler) => {
    const template = synthesized(scheduler);
    return ['NextTrial', 'RecordTrial', 'PlanRound'].map((step) => template.properties(`Tuner/${step}`).Timeout);
  };
  expect(timeoutsOf(Scheduler.populationBased({ maxResource: 8, interval: 2 }))).toEqual([660, 660, 60]);
  expect(timeoutsOf(Scheduler.none())).toEqual([60, 60, 60]);
});

test('a population copies encrypted checkpoints with the key of their bucket', () => {
  const template = synthesized(Scheduler.populationBased({ maxResource: 8, interval: 2 }), true);
  expect(template.statementsOf('Tuner/NextTrial/Role')).toContainEqual({
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'],
    Resource: '${Key.Arn}',
  });
});
