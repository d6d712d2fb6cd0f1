import { CfnParameter, Lazy } from 'aws-cdk-lib';
import { InstanceGroup, SageMakerTrainingProps } from '../../../lib';
import {
  checkedTrainingRequest,
  computeOf,
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  trainingRequestOf,
} from '../../support/lib-stack';

type Props = Partial<SageMakerTrainingProps>;

const TYPES = ['ml.g5.xlarge', 'ml.g5.2xlarge', 'ml.g6.xlarge', 'ml.g6.2xlarge', 'ml.g4dn.xlarge', 'ml.g4dn.2xlarge'];

function groups(count: number): InstanceGroup[] {
  return TYPES.slice(0, count).map((instanceType, i) => ({ name: `group ${i}`, instanceType, instanceCount: i + 1 }));
}

describe('one type', () => {
  test.each([1, 2, 20])('on %p instances', (instanceCount) => {
    const props = { instanceType: 'ml.p4d.24xlarge', instanceCount };
    expect(checkedTrainingRequest(props).ResourceConfig).toEqual({
      InstanceType: 'ml.p4d.24xlarge',
      InstanceCount: instanceCount,
      VolumeSizeInGB: 30,
    });
    expect(computeOf(props)).toMatchObject({ instanceTypes: ['ml.p4d.24xlarge'], instanceCount });
  });
});

describe('fallback types', () => {
  test('each job runs on the type that Next trial says', () => {
    const props = { instanceType: TYPES[0], fallbackInstanceTypes: TYPES.slice(1), instanceCount: 2 };
    expect(checkedTrainingRequest(props).ResourceConfig).toEqual({
      InstanceType: '{% $next.instanceType %}',
      InstanceCount: 2,
      VolumeSizeInGB: 30,
    });
    expect(computeOf(props).instanceTypes).toEqual(TYPES);
  });

  test('follow the default type', () => {
    expect(computeOf({ fallbackInstanceTypes: ['ml.m5.2xlarge'] }).instanceTypes).toEqual([
      'ml.m5.xlarge',
      'ml.m5.2xlarge',
    ]);
  });

  test('an empty list is none', () => {
    const { ResourceConfig } = checkedTrainingRequest({ fallbackInstanceTypes: [] });
    expect(ResourceConfig).toMatchObject({ InstanceType: 'ml.m5.xlarge' });
  });
});

describe('groups', () => {
  test('each job has all of them', () => {
    const props = { instanceGroups: groups(5) };
    expect(checkedTrainingRequest(props).ResourceConfig).toEqual({
      InstanceGroups: [
        { InstanceGroupName: 'group 0', InstanceType: 'ml.g5.xlarge', InstanceCount: 1 },
        { InstanceGroupName: 'group 1', InstanceType: 'ml.g5.2xlarge', InstanceCount: 2 },
        { InstanceGroupName: 'group 2', InstanceType: 'ml.g6.xlarge', InstanceCount: 3 },
        { InstanceGroupName: 'group 3', InstanceType: 'ml.g6.2xlarge', InstanceCount: 4 },
        { InstanceGroupName: 'group 4', InstanceType: 'ml.g4dn.xlarge', InstanceCount: 5 },
      ],
      VolumeSizeInGB: 30,
    });
    expect(computeOf(props).instanceGroups).toEqual(
      groups(5).map(({ instanceType, instanceCount }) => ({ instanceType, instanceCount })),
    );
  });

  test('may be of the same type', () => {
    const instanceGroups = ['a', 'b'].map((name) => ({ name, instanceType: 'ml.m5.xlarge', instanceCount: 1 }));
    expect(checkedTrainingRequest({ instanceGroups }).ResourceConfig).toMatchObject({
      InstanceGroups: [{ InstanceGroupName: 'a' }, { InstanceGroupName: 'b' }],
    });
  });

  test('the steps know of none unless there are some', () => {
    expect(computeOf({})).not.toHaveProperty('instanceGroups');
  });
});

const TYPE_RULE = 'must be a SageMaker instance type such as ml.g5.xlarge';
const group = (more: Partial<InstanceGroup>): Props => ({ instanceGroups: [{ ...groups(1)[0]!, ...more }] });

test.each<[string, Props, string]>([
  [
    'six fallbacks',
    { fallbackInstanceTypes: TYPES },
    'number of fallbackInstanceTypes must be an integer from 0 to 5, got 6',
  ],
  [
    'a fallback of EC2',
    { fallbackInstanceTypes: ['g5.xlarge'] },
    `fallbackInstanceTypes ${TYPE_RULE}, got "g5.xlarge"`,
  ],
  [
    'a fallback that is the type itself',
    { instanceType: TYPES[0], fallbackInstanceTypes: [TYPES[1]!, TYPES[0]!] },
    'fallbackInstanceTypes must be other types than instanceType, each once, got ml.g5.xlarge twice',
  ],
  [
    'a fallback that is the default type',
    { fallbackInstanceTypes: ['ml.m5.xlarge'] },
    'fallbackInstanceTypes must be other types than instanceType, each once, got ml.m5.xlarge twice',
  ],
  [
    'the same fallback twice',
    { fallbackInstanceTypes: [TYPES[1]!, TYPES[1]!] },
    'fallbackInstanceTypes must be other types than instanceType, each once, got ml.g5.2xlarge twice',
  ],
  ['no group', { instanceGroups: [] }, 'number of instanceGroups must be an integer from 1 to 5, got 0'],
  ['six groups', { instanceGroups: groups(6) }, 'number of instanceGroups must be an integer from 1 to 5, got 6'],
  [
    'a group without a name',
    group({ name: '' }),
    'name of instanceGroups must be a name of 1 to 64 characters, got ""',
  ],
  [
    'a group with a long name',
    group({ name: 'n'.repeat(65) }),
    'name of instanceGroups must be a name of 1 to 64 characters, got "nnn',
  ],
  [
    'a group whose name is an expression',
    group({ name: '{% $x %}' }),
    'name of instanceGroups must not start with "{%", got "{% $x %}"',
  ],
  [
    'a group of EC2',
    group({ instanceType: 'g5.xlarge' }),
    `instanceType of instanceGroups ${TYPE_RULE}, got "g5.xlarge"`,
  ],
  [
    'a group without instances',
    group({ instanceCount: 0 }),
    'instanceCount of instanceGroups must be an integer from 1 to 20, got 0',
  ],
  [
    'a group of 21 instances',
    group({ instanceCount: 21 }),
    'instanceCount of instanceGroups must be an integer from 1 to 20, got 21',
  ],
  [
    'two groups of one name',
    { instanceGroups: [groups(1)[0]!, groups(1)[0]!] },
    'names of instanceGroups must differ, got group 0 twice',
  ],
])('refuses %s', (_, props, message) => {
  expect(() => sageMakerTraining(props)).toThrow(message);
});

const GIVEN = {
  instanceType: 'ml.g5.xlarge',
  instanceTypeParameter: 'machine',
  instanceCount: 1,
  instanceCountParameter: 'machines',
  instanceGroups: groups(1),
  fallbackInstanceTypes: ['ml.g6.xlarge'],
};

test.each<[keyof typeof GIVEN, keyof typeof GIVEN]>([
  ['instanceType', 'instanceTypeParameter'],
  ['instanceCount', 'instanceCountParameter'],
  ['instanceGroups', 'instanceType'],
  ['instanceGroups', 'instanceCount'],
  ['instanceGroups', 'instanceTypeParameter'],
  ['instanceGroups', 'instanceCountParameter'],
  ['instanceGroups', 'fallbackInstanceTypes'],
  ['instanceTypeParameter', 'fallbackInstanceTypes'],
])('%s and %s exclude each other', (one, other) => {
  expect(() => sageMakerTraining({ [one]: GIVEN[one], [other]: GIVEN[other] })).toThrow(
    `${one} must not be given together with ${other}; remove one of the two`,
  );
});

test.each<[string, Props]>([
  ['a name of 64 characters', group({ name: 'n'.repeat(64) })],
  ['a name of one', group({ name: 'n' })],
  ['20 instances', group({ instanceCount: 20 })],
  ['what is only known later', group({ name: lazyText(), instanceType: lazyText(), instanceCount: lazyNumber() })],
])('takes a group with %s', (_, props) => {
  expect(() => sageMakerTraining(props)).not.toThrow();
});

function lazyText(): string {
  return Lazy.string({ produce: () => '' });
}

function lazyNumber(): number {
  return Lazy.number({ produce: () => 99 });
}

test('takes fallbacks that are only known at deployment, without comparing them', () => {
  const stack = newStack();
  const type = (id: string) => new CfnParameter(stack, id).valueAsString;
  newTuner(stack, {
    trialRunner: sageMakerTraining({ instanceType: type('First'), fallbackInstanceTypes: [type('Second')] }),
  });
  const template = new ReadableTemplate(stack, { First: 'ml.m5.xlarge', Second: 'ml.m5.xlarge' });
  expect(trainingRequestOf(template).ResourceConfig).toMatchObject({ InstanceType: '{% $next.instanceType %}' });
});
