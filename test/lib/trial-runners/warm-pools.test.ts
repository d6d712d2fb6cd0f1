import { CfnParameter, Duration } from 'aws-cdk-lib';
import { SageMakerTrainingProps } from '../../../lib';
import {
  checkedTrainingRequest,
  computeOf,
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  trainingRequestOf,
} from '../../support/lib-stack';

test('instances are given back at once unless they are asked for', () => {
  expect(checkedTrainingRequest({}).ResourceConfig).not.toHaveProperty('KeepAlivePeriodInSeconds');
  expect(computeOf({})).not.toHaveProperty('keepAliveSeconds');
});

test.each([1, 600, 3600])('instances are kept for %p seconds, which each job says', (seconds) => {
  const props = { keepAlivePeriod: Duration.seconds(seconds) };
  expect(checkedTrainingRequest(props).ResourceConfig).toMatchObject({ KeepAlivePeriodInSeconds: seconds });
  expect(computeOf(props).keepAliveSeconds).toBe(seconds);
});

test('instances that differ from trial to trial may be kept', () => {
  const props = { keepAlivePeriod: Duration.minutes(10), fallbackInstanceTypes: ['ml.m5.2xlarge'] };
  expect(checkedTrainingRequest(props).ResourceConfig).toMatchObject({ KeepAlivePeriodInSeconds: 600 });
});

test.each<[string, Partial<SageMakerTrainingProps>, string]>([
  [
    'no time',
    { keepAlivePeriod: Duration.seconds(0) },
    'keepAlivePeriod in seconds must be an integer from 1 to 3600, got 0',
  ],
  [
    'more than an hour',
    { keepAlivePeriod: Duration.seconds(3601) },
    'keepAlivePeriod in seconds must be an integer from 1 to 3600, got 3601',
  ],
  [
    'spot instances',
    { keepAlivePeriod: Duration.minutes(1), spot: true },
    'keepAlivePeriod must not be given together with spot, which has no warm pools; remove one of them',
  ],
  [
    'instances of several types in one job',
    {
      keepAlivePeriod: Duration.minutes(1),
      instanceGroups: [{ name: 'all', instanceType: 'ml.m5.xlarge', instanceCount: 2 }],
    },
    'keepAlivePeriod must not be given together with instanceGroups, which have no warm pools; remove one of them',
  ],
])('refuses to keep instances: %s', (_, props, message) => {
  expect(() => sageMakerTraining(props)).toThrow(message);
});

test('spot that is switched off goes with a warm pool', () => {
  expect(() => sageMakerTraining({ keepAlivePeriod: Duration.minutes(1), spot: false })).not.toThrow();
});

test('takes a time that is only known at deployment', () => {
  const stack = newStack();
  const seconds = new CfnParameter(stack, 'Seconds', { type: 'Number' }).valueAsNumber;
  newTuner(stack, { trialRunner: sageMakerTraining({ keepAlivePeriod: Duration.seconds(seconds) }) });
  const request = trainingRequestOf(new ReadableTemplate(stack, { Seconds: 60 }));
  expect(request.ResourceConfig).toMatchObject({ KeepAlivePeriodInSeconds: 60 });
});
