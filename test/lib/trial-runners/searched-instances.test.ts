import { Lazy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ActiveWhen, Parameter, SageMakerTrainingProps } from '../../../lib';
import { checkedTrainingRequest, computeOf, newStack, newTuner, sageMakerTraining } from '../../support/lib-stack';

type Space = Record<string, Parameter>;

function create(props: Partial<SageMakerTrainingProps>, searchSpace: Space): () => unknown {
  return () => newTuner(newStack(), { searchSpace, trialRunner: sageMakerTraining(props) });
}

const machine = Parameter.categorical(['ml.m5.xlarge', 'ml.c5.xlarge', 'ml.x9.xlarge']);
const machines = Parameter.integer({ min: 1, max: 20 });

test('each trial runs on the type of its configuration', () => {
  const [props, tuner] = [{ instanceTypeParameter: 'machine' }, { searchSpace: { machine } }];
  expect(checkedTrainingRequest(props, tuner).ResourceConfig).toEqual({
    InstanceType: '{% $next.instanceType %}',
    InstanceCount: 1,
    VolumeSizeInGB: 30,
  });
  const compute = computeOf(props, tuner);
  expect(compute).toMatchObject({
    instanceTypes: ['ml.m5.xlarge', 'ml.c5.xlarge', 'ml.x9.xlarge'],
    instanceTypeParameter: 'machine',
    prices: [
      { instanceType: 'ml.m5.xlarge', usdPerHour: 0.23 },
      { instanceType: 'ml.c5.xlarge', usdPerHour: 0.204 },
    ],
  });
  expect(compute).not.toHaveProperty('instanceCountParameter');
});

test('each trial runs on as many instances as its configuration says', () => {
  const [props, tuner] = [{ instanceCountParameter: 'machines' }, { searchSpace: { machines } }];
  expect(checkedTrainingRequest(props, tuner).ResourceConfig).toEqual({
    InstanceType: 'ml.m5.xlarge',
    InstanceCount: '{% $next.instanceCount %}',
    VolumeSizeInGB: 30,
  });
  const compute = computeOf(props, tuner);
  expect(compute.instanceCountParameter).toBe('machines');
  expect(compute).not.toHaveProperty('instanceTypeParameter');
});

test('type and number may be searched together, and a number with fallback types', () => {
  const both = { instanceTypeParameter: 'machine', instanceCountParameter: 'machines' };
  expect(checkedTrainingRequest(both, { searchSpace: { machine, machines } }).ResourceConfig).toMatchObject({
    InstanceType: '{% $next.instanceType %}',
    InstanceCount: '{% $next.instanceCount %}',
  });
  const fallback = { fallbackInstanceTypes: ['ml.c5.xlarge'], instanceCountParameter: 'machines' };
  expect(create(fallback, { machines })).not.toThrow();
});

test.each<[string, Parameter]>([
  ['a categorical', Parameter.categorical(['ml.m5.xlarge'])],
  ['an ordinal', Parameter.ordinal(['ml.m5.xlarge', 'ml.m5.2xlarge'])],
  ['a constant', Parameter.constant('ml.m5.xlarge')],
  [
    'a categorical that is only known later',
    Parameter.categorical([Lazy.string({ produce: () => 'x' }), 'ml.m5.large']),
  ],
])('a type may be %s parameter', (_, parameter) => {
  expect(create({ instanceTypeParameter: 'machine' }, { machine: parameter })).not.toThrow();
});

test.each<[string, Parameter]>([
  ['an integer', machines],
  ['an ordinal', Parameter.ordinal([1, 2, 4, 8])],
  ['a categorical', Parameter.categorical([1, 20])],
  ['a constant', Parameter.constant(2)],
  ['a categorical that is only known later', Parameter.categorical([Lazy.number({ produce: () => 99 }), 2])],
])('a number of instances may be %s parameter', (_, parameter) => {
  expect(create({ instanceCountParameter: 'machines' }, { machines: parameter })).not.toThrow();
});

const NAMED = 'must name a categorical, ordinal or integer parameter of the search space that every trial has';
const TYPES = 'instanceTypeParameter must name a parameter whose values are instance types such as ml.g5.xlarge';
const COUNTS = 'instanceCountParameter must name a parameter whose values are integers from 1 to 20';

test.each<[string, Space, string]>([
  [
    'a parameter that is not there',
    { other: machine },
    `instanceTypeParameter ${NAMED}, got "machine"; there are other`,
  ],
  [
    'a continuous parameter',
    { machine: Parameter.continuous({ min: 1, max: 2 }) },
    `instanceTypeParameter ${NAMED}, got "machine"; there are none`,
  ],
  [
    'a parameter that not every trial has',
    {
      large: Parameter.categorical([true, false]),
      machine: Parameter.categorical(['ml.m5.xlarge'], { activeWhen: ActiveWhen.is('large', true) }),
    },
    `instanceTypeParameter ${NAMED}, got "machine"; there are large`,
  ],
  [
    'types of EC2',
    { machine: Parameter.categorical(['ml.m5.xlarge', 'm5.xlarge']) },
    `${TYPES}, got "m5.xlarge" in machine`,
  ],
  ['numbers', { machine: machines }, `${TYPES}, got 1 in machine`],
])('refuses as a type %s', (_, searchSpace, message) => {
  expect(create({ instanceTypeParameter: 'machine' }, searchSpace)).toThrow(message);
});

test.each<[string, Space, string]>([
  [
    'a parameter that is not there',
    { other: machine },
    `instanceCountParameter ${NAMED}, got "machines"; there are other`,
  ],
  [
    'a wide range',
    { machines: Parameter.integer({ min: 1, max: 1001 }) },
    `instanceCountParameter ${NAMED}, got "machines"; there are none`,
  ],
  ['none', { machines: Parameter.integer({ min: 0, max: 2 }) }, `${COUNTS}, got 0 in machines`],
  ['more than 20', { machines: Parameter.integer({ min: 1, max: 21 }) }, `${COUNTS}, got 21 in machines`],
  ['halves', { machines: Parameter.ordinal([1, 1.5]) }, `${COUNTS}, got 1.5 in machines`],
  ['texts', { machines: Parameter.categorical(['1']) }, `${COUNTS}, got "1" in machines`],
])('refuses as a number of instances %s', (_, searchSpace, message) => {
  expect(create({ instanceCountParameter: 'machines' }, searchSpace)).toThrow(message);
});

test('no type of the search may have local storage where the volumes have a key', () => {
  const stack = newStack();
  const trialRunner = sageMakerTraining({ instanceTypeParameter: 'machine', volumeKey: new kms.Key(stack, 'Key') });
  const searchSpace = { machine: Parameter.categorical(['ml.m5.xlarge', 'ml.g5.xlarge']) };
  expect(() => newTuner(stack, { searchSpace, trialRunner })).toThrow(
    'volumeKey must not be given for instance types with local storage, which its own hardware encrypts, got ml.g5.xlarge; remove volumeKey',
  );
});
