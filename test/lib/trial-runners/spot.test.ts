import { CfnParameter, Duration } from 'aws-cdk-lib';
import { SageMakerTrainingProps, TrainingImage } from '../../../lib';
import {
  checkedTrainingRequest,
  computeOf,
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  tunerDefinitionOf,
} from '../../support/lib-stack';

const HOUR = 3600;
const DAY = 24 * HOUR;

test('no spot unless it is asked for', () => {
  for (const props of [{}, { spot: false }]) {
    const request = checkedTrainingRequest(props);
    expect(request).not.toHaveProperty('EnableManagedSpotTraining');
    expect(request.StoppingCondition).toEqual({ MaxRuntimeInSeconds: '{% $next.maxRuntimeSeconds %}' });
    const compute = computeOf(props);
    expect(compute.spot).toBe(false);
    expect(compute).not.toHaveProperty('maxWaitSeconds');
  }
});

test('a spot job waits as long as Next trial says', () => {
  expect(checkedTrainingRequest({ spot: true })).toMatchObject({
    EnableManagedSpotTraining: true,
    StoppingCondition: {
      MaxRuntimeInSeconds: '{% $next.maxRuntimeSeconds %}',
      MaxWaitTimeInSeconds: '{% $next.maxWaitSeconds %}',
    },
  });
});

test.each<[string, Duration | undefined, Duration | undefined, number]>([
  ['a day more than a day', undefined, undefined, 2 * DAY],
  ['a day more than it may run', Duration.hours(1), undefined, DAY + HOUR],
  ['a day more than the longest run', Duration.days(28), undefined, 29 * DAY],
  ['as long as it may run', Duration.hours(1), Duration.hours(1), HOUR],
  ['30 days', Duration.days(28), Duration.days(30), 30 * DAY],
])('waits and trains %s', (_, maxRuntime, maxWait, seconds) => {
  const compute = computeOf({ spot: true, maxRuntime, maxWait });
  expect(compute).toMatchObject({ spot: true, maxWaitSeconds: seconds });
});

test.each<[string, Partial<SageMakerTrainingProps>, string]>([
  [
    'a wait without spot',
    { maxWait: Duration.days(2) },
    'maxWait must not be given without spot; set spot to true, or remove maxWait',
  ],
  [
    'a wait of less than the default run',
    { spot: true, maxWait: Duration.seconds(DAY - 1) },
    'maxWait must be at least maxRuntime, which is part of it, got 86399 seconds and 86400 seconds; raise maxWait or lower maxRuntime',
  ],
  [
    'a wait of less than the run',
    { spot: true, maxRuntime: Duration.hours(1), maxWait: Duration.minutes(59) },
    'maxWait must be at least maxRuntime, which is part of it, got 3540 seconds and 3600 seconds; raise maxWait or lower maxRuntime',
  ],
  [
    'no wait',
    { spot: true, maxWait: Duration.seconds(0) },
    'maxWait in seconds must be an integer from 1 to 2592000, got 0',
  ],
  [
    'a wait of more than 30 days',
    { spot: true, maxWait: Duration.seconds(30 * DAY + 1) },
    'maxWait in seconds must be an integer from 1 to 2592000, got 2592001',
  ],
])('refuses %s', (_, props, message) => {
  expect(() => sageMakerTraining(props)).toThrow(message);
});

describe('an image that keeps no checkpoints', () => {
  const kmeans = (props: Partial<SageMakerTrainingProps>) => ({
    image: TrainingImage.fromBuiltInAlgorithm('kmeans'),
    spot: true,
    ...props,
  });

  test.each([1, HOUR - 1, HOUR])('waits and trains for an hour at most: it may run for %p seconds', (seconds) => {
    expect(computeOf(kmeans({ maxRuntime: Duration.seconds(seconds) })).maxWaitSeconds).toBe(HOUR);
  });

  test('may be told to wait for less', () => {
    const props = kmeans({ maxRuntime: Duration.minutes(10), maxWait: Duration.minutes(20) });
    expect(computeOf(props).maxWaitSeconds).toBe(1200);
  });

  test.each<[string, Partial<SageMakerTrainingProps>, number]>([
    ['by default', {}, DAY],
    ['for more than an hour', { maxRuntime: Duration.seconds(HOUR + 1) }, HOUR + 1],
    ['and to wait for more than an hour', { maxRuntime: Duration.minutes(1), maxWait: Duration.hours(2) }, 2 * HOUR],
  ])('is not to run %s', (_, props, got) => {
    expect(() => newTuner(newStack(), { trialRunner: sageMakerTraining(kmeans(props)) })).toThrow(
      `maxWait must be at most 3600 seconds for an image that keeps no checkpoints, got ${got}; lower maxWait and maxRuntime, or don't use spot`,
    );
  });

  test('may run as long as it likes without spot', () => {
    expect(computeOf(kmeans({ spot: false })).maxRuntimeSeconds).toBe(DAY);
  });
});

test('an image that keeps checkpoints waits as long as any other', () => {
  const image = TrainingImage.fromBuiltInAlgorithm('xgboost');
  expect(computeOf({ image, spot: true }).maxWaitSeconds).toBe(2 * DAY);
});

test.each<[string, boolean, boolean, number]>([
  ['a run is known at deployment only: it is the wait too', true, false, 600],
  ['a wait is known at deployment only', false, true, 7],
  ['both are known at deployment only', true, true, 7],
])('%s', (_, runIsToken, waitIsToken, seconds) => {
  const stack = newStack();
  const duration = (id: string) => Duration.seconds(new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber);
  newTuner(stack, {
    trialRunner: sageMakerTraining({
      spot: true,
      ...(runIsToken && { maxRuntime: duration('Run') }),
      ...(waitIsToken && { maxWait: duration('Wait') }),
    }),
  });
  // not compared, though a wait of 7 seconds is too short for either run.
  const { compute } = tunerDefinitionOf(new ReadableTemplate(stack, { Run: 600, Wait: 7 }));
  expect(compute.maxWaitSeconds).toBe(seconds);
});
